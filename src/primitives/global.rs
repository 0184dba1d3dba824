//! Package-level variables: one value per run, made when it is first used.

use std::fmt;
use std::sync::Arc;

use super::in_a_run;
use crate::backend;
use crate::event::Place;

/// A package-level variable, declared by [`global!`](crate::global).
///
/// A static of Rust would live longer than a run and carry state from one schedule into the next; this
/// one is made anew in each run, by whoever uses it first.
pub struct Global<T> {
    init: fn() -> T,
}

impl<T: Clone + Send + Sync + 'static> Global<T> {
    /// A variable whose value in each run is what `init` gives.
    #[doc(hidden)]
    pub const fn new(init: fn() -> T) -> Self {
        Self { init }
    }

    /// This run's handle.
    ///
    /// # Panics
    ///
    /// Outside of any run, and if the initialiser does anything but make things.
    #[track_caller]
    pub fn get(&'static self) -> T {
        let rt = in_a_run("a global");
        let key = std::ptr::from_ref(self).addr();
        let value = match rt.global(key) {
            Some(value) => value,
            None => rt.set_global(key, Arc::new(self.make())),
        };
        value.downcast_ref::<T>().expect("a global keeps its type").clone()
    }

    #[track_caller]
    fn make(&'static self) -> T {
        let rt = in_a_run("a global");
        let _restore = Restore {
            place: rt.in_global(Some(Place::here())),
            forbidden: backend::forbid(Some("the initialiser of a global!")),
        };
        (self.init)()
    }
}

/// Puts back what was the case before an initialiser ran, also if it panics.
struct Restore {
    place: Option<Place>,
    forbidden: Option<&'static str>,
}

impl Drop for Restore {
    fn drop(&mut self) {
        backend::forbid(self.forbidden);
        if let Some(rt) = backend::current() {
            rt.in_global(self.place);
        }
    }
}

impl<T> fmt::Debug for Global<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Global")
    }
}

/// Declares package-level variables, as Go's `var` outside of functions.
///
/// ```
/// use goseed::prelude::*;
///
/// goseed::global! {
///     static JOBS: Chan<u32> = chan(8);
/// }
///
/// goseed::check(|| {
///     JOBS.get().send(1);
///     assert_eq!(JOBS.get().recv(), Some(1));
/// });
/// ```
#[macro_export]
macro_rules! global {
    ($($(#[$attr:meta])* $vis:vis static $name:ident: $type:ty = $init:expr;)+) => {
        $($(#[$attr])* $vis static $name: $crate::__Global<$type> =
            $crate::__Global::new(|| $init);)+
    };
}
