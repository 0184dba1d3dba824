//! Panics: `recover`, and what passes through it.

use std::panic::{self, AssertUnwindSafe};

use crate::backend;
use crate::event::Panic;

/// Runs `f` and gives back what it returned, or the panic that ended it.
///
/// What Go's `recover` does in a deferred function: the panic stops here, in the goroutine that raised
/// it. `goexit` and the end of the run pass through.
///
/// Where panics abort (`panic = "abort"`), it says that it needs unwinding and ends the process with 2.
///
/// # Errors
///
/// The panic that `f` raised.
///
/// # Examples
///
/// ```
/// goseed::check(|| {
///     let result = goseed::recover(|| panic!("something went wrong"));
///     assert_eq!(result.unwrap_err().message(), "something went wrong");
/// });
/// ```
pub fn recover<T>(f: impl FnOnce() -> T) -> Result<T, Panic> {
    backend::needs_unwinding("recover");
    recovered(f)
}

/// The same for those who only pass the panic on: where panics abort they never see one.
pub(crate) fn recovered<T>(f: impl FnOnce() -> T) -> Result<T, Panic> {
    let payload = match panic::catch_unwind(AssertUnwindSafe(f)) {
        Ok(value) => return Ok(value),
        Err(payload) => payload,
    };
    let Some(rt) = backend::current() else { return Err(Panic::new(payload, None)) };
    if rt.passes_through(&*payload) {
        panic::resume_unwind(payload);
    }
    Err(rt.caught().panic(payload))
}

/// Whether the running goroutine unwinds because of a panic.
///
/// `std::thread::panicking` cannot say: it is true for all goroutines of a thread while one unwinds.
pub fn panicking() -> bool {
    match backend::current() {
        Some(rt) => rt.panicking(),
        None => std::thread::panicking(),
    }
}
