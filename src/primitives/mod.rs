//! What Go offers, written once for both schedulers.
//!
//! Each primitive has two halves: a pure state machine, which knows no runtime and can be tested by
//! itself, and a thin handle, which announces the operation, tries it, parks and tries again (see
//! [`backend`](crate::backend)).

pub(crate) mod chan;
pub mod context;
pub(crate) mod defer;
pub(crate) mod fmt;
pub(crate) mod global;
pub(crate) mod go;
mod guarded;
mod object;
pub mod os;
pub(crate) mod panic;
pub mod rand;
pub mod runtime;
pub(crate) mod select;
pub mod sync;
pub mod time;
pub(crate) mod var;

/// The current run.
///
/// # Panics
///
/// Outside of any run.
#[track_caller]
#[inline]
fn in_a_run(what: &str) -> &'static dyn crate::backend::Backend {
    match crate::backend::current() {
        Some(rt) => rt,
        None => panic!("{what} outside of any run: use it inside goseed::check or goseed::Sim"),
    }
}
