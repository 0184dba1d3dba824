//! The scheduler, as Go's package `runtime` shows it.

use std::sync::Arc;

use super::guarded::Guarded;
use super::in_a_run;
use super::panic::recovered;
use crate::backend::{self, Always, Backend, Body};
use crate::event::{Action, Detail, GoroutineInfo, Op, Place, full_dump, grouped_dump, objects};

/// Lets others run first. In Go, `runtime.Gosched`.
///
/// # Panics
///
/// Outside of any run.
#[track_caller]
#[inline(always)]
pub fn gosched() {
    let rt = in_a_run("runtime::gosched");
    rt.yields(Op::local(Action::Gosched, Place::here()));
}

/// Ends the running goroutine, after its deferred calls. In Go, `runtime.Goexit`.
///
/// In main the others run on, and when none is left the program ends as deadlocked.
///
/// Where panics abort (`panic = "abort"`), it says that it needs unwinding and ends the process with 2.
///
/// # Panics
///
/// Outside of any run.
#[track_caller]
pub fn goexit() -> ! {
    backend::needs_unwinding("runtime::goexit");
    let rt = in_a_run("runtime::goexit");
    rt.step(Op::local(Action::Goexit, Place::here()));
    rt.goexit()
}

/// How many goroutines there are, main included. In Go, `runtime.NumGoroutine`.
///
/// # Panics
///
/// Outside of any run.
#[track_caller]
pub fn num_goroutine() -> usize {
    look().count()
}

/// How many goroutines can run at the same time: 1 in the simulator and outside of any run. In Go,
/// `runtime.GOMAXPROCS(0)`.
pub fn gomaxprocs() -> usize {
    backend::current().map_or(1, |rt| rt.procs())
}

/// How many processors the machine has: 1 in the simulator, so that programs which ask replay anywhere,
/// and outside of any run.
pub fn num_cpu() -> usize {
    backend::current().map_or(1, |rt| rt.cpus())
}

/// The running goroutine's number, as reports and dumps show it; main's is 1.
///
/// # Panics
///
/// Outside of any run.
#[track_caller]
pub fn goroutine_id() -> u64 {
    in_a_run("runtime::goroutine_id").number()
}

/// The form of a dump.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Dump {
    /// Equal stacks once, with their number (Go's `debug=1`).
    Grouped,
    /// Each goroutine by itself (Go's `debug=2`).
    Full,
}

/// All goroutines, as Go prints them.
///
/// # Panics
///
/// Outside of any run.
#[track_caller]
pub fn goroutine_dump(form: Dump) -> String {
    let all: Vec<GoroutineInfo> = look().goroutines();
    match form {
        Dump::Grouped => grouped_dump(&all),
        Dump::Full => full_dump(&all),
    }
}

#[track_caller]
fn look() -> &'static dyn Backend {
    let rt = in_a_run("the number of goroutines");
    rt.step(Op::new(Action::Count, objects::GOROUTINES, Place::here()));
    rt
}

/// Runs `f`, which may block the thread, as a system call: others run meanwhile.
///
/// On cores it runs on a thread of its own, while the goroutine waits. In the simulator it runs where it
/// stands, and others may run before and after it.
///
/// # Panics
///
/// Outside of any run, and with whatever `f` panics with.
#[track_caller]
pub fn blocking<R: Send + 'static, F: FnOnce() -> R + Send + 'static>(f: F) -> R {
    let rt = in_a_run("runtime::blocking");
    let op = Op::local(Action::Blocking, Place::here());
    rt.point(op, &Always);
    let result = Arc::new(Guarded::new(None));
    let to = Arc::clone(&result);
    let work = move || {
        let outcome = recovered(f);
        *to.lock() = Some(outcome);
    };
    rt.block(op, Body::new(work));
    let outcome = result.lock().take().expect("it is done, with a value or a panic");
    outcome.unwrap_or_else(|panic| panic.raise())
}

/// Waits until all other goroutines are blocked and nothing more can happen without time passing.
///
/// In Go, `synctest.Wait`; unlike there, a goroutine blocked on a mutex counts as blocked.
///
/// # Panics
///
/// Outside of any run.
#[track_caller]
pub fn wait_idle() {
    let rt = in_a_run("runtime::wait_idle");
    let op = Op::new(Action::WaitIdle, objects::CLOCK, Place::here());
    rt.point(op, &Always);
    rt.wait_idle(op);
    rt.did(op, Detail::Done);
}
