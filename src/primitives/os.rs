//! The process, as Go's package `os` sees it.

use super::in_a_run;
use crate::backend::Always;
use crate::event::{Action, Op, Place};

/// Ends the program at once with this code; no deferred call runs.
///
/// # Panics
///
/// Outside of any run.
#[track_caller]
pub fn exit(code: i32) -> ! {
    let rt = in_a_run("os::exit");
    let op = Op::local(Action::Exit, Place::here());
    rt.point(op, &Always);
    rt.did(op, crate::event::Detail::Done);
    rt.exit(code)
}
