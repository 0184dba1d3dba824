//! The `defer` statement.

use std::fmt;
use std::panic::{self, AssertUnwindSafe};

use crate::backend;

/// Runs its body at the end of the scope, also while a panic unwinds it. In Go, `defer`.
///
/// A panic in the body replaces the one under way and is shown after it, as Go does:
/// `panic: first`, then `panic: second`. Bodies run in reverse order of their statements. Where panics abort, one
/// skips them.
///
/// ```
/// use goseed::prelude::*;
///
/// goseed::check(|| {
///     let wg = WaitGroup::new();
///     wg.add(1);
///     go!(wg => {
///         defer! { wg.done() }
///         // … work that may return early or panic
///     });
///     wg.wait();
/// });
/// ```
#[macro_export]
macro_rules! defer {
    ($($body:tt)*) => {
        let _deferred = $crate::__Deferred::new(|| { $($body)* });
    };
}

/// A body that runs when this is dropped.
#[doc(hidden)]
pub struct Deferred<F: FnOnce()>(Option<F>);

impl<F: FnOnce()> Deferred<F> {
    /// Defers `body`.
    pub fn new(body: F) -> Self {
        Self(Some(body))
    }
}

impl<F: FnOnce()> Drop for Deferred<F> {
    fn drop(&mut self) {
        let Some(body) = self.0.take() else { return };
        match backend::current() {
            Some(rt) if rt.unwinding() => {
                rt.in_defer(1);
                let result = panic::catch_unwind(AssertUnwindSafe(body));
                rt.in_defer(-1);
                if let Err(payload) = result {
                    rt.replaced(payload);
                }
            }
            None if std::thread::panicking() => {
                let _ = panic::catch_unwind(AssertUnwindSafe(body));
            }
            _ => body(),
        }
    }
}

impl<F: FnOnce()> fmt::Debug for Deferred<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Deferred")
    }
}
