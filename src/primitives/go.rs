//! The `go` statement.

use super::in_a_run;
use crate::backend::{Always, Body};
use crate::event::{Action, GoId, Op, Place, objects};

/// Starts a goroutine that runs `f`; the caller goes on at once.
///
/// Nothing else is promised, least of all when it runs: main's return ends it wherever it is. A result
/// comes back through a channel, or through what the closure shares. In Go, `go f()`.
///
/// # Panics
///
/// Outside of any run.
///
/// # Examples
///
/// ```
/// use goseed::prelude::*;
///
/// goseed::check(|| {
///     let answer = chan(0);
///     let to = answer.clone();
///     go(move || to.send(42));
///     assert_eq!(answer.recv(), Some(42));
/// });
/// ```
#[track_caller]
pub fn go<F: FnOnce() + Send + 'static>(f: F) {
    spawn_from(Place::here(), None, f);
}

/// As [`go`], with a name that reports and dumps show.
///
/// # Panics
///
/// Outside of any run.
#[track_caller]
pub fn go_named<F: FnOnce() + Send + 'static>(name: impl Into<String>, f: F) {
    spawn_from(Place::here(), Some(name.into()), f);
}

/// The `go` operation at `place`: others may run before the goroutine is made.
#[track_caller]
pub(crate) fn spawn_from<F>(place: Place, name: Option<String>, f: F) -> GoId
where
    F: FnOnce() + Send + 'static,
{
    let rt = in_a_run("go");
    rt.point(Op::new(Action::Go, objects::GOROUTINES, place), &Always);
    rt.spawn(Body::new(f), name, place)
}

/// Starts a goroutine; the handles in front of `=>` are cloned into it.
///
/// ```
/// use goseed::prelude::*;
///
/// goseed::check(|| {
///     let (wg, total) = (WaitGroup::new(), Mutex::new(0));
///     wg.add(2);
///     go!(wg, total => {
///         *total.lock() += 1;
///         wg.done();
///     });
///     go!("second"; wg, total => {
///         *total.lock() += 2;
///         wg.done();
///     });
///     wg.add(1);
///     go!(wg => wg.done());
///     wg.wait();
///     assert_eq!(*total.lock(), 3);
/// });
/// ```
#[macro_export]
macro_rules! go {
    ($name:literal; $($handle:ident),+ $(,)? => $body:expr) => {{
        $(let $handle = $handle.clone();)+
        $crate::go_named($name, move || $body)
    }};
    ($name:literal; $body:expr) => {
        $crate::go_named($name, move || $body)
    };
    ($($handle:ident),+ $(,)? => $body:expr) => {{
        $(let $handle = $handle.clone();)+
        $crate::go(move || $body)
    }};
    ({ $($body:tt)* }) => {
        $crate::go(move || { $($body)* })
    };
    ($($body:tt)*) => {
        $crate::go(move || { $($body)* })
    };
}
