//! What is at the bottom of every goroutine's stack.

use std::any::Any;
use std::panic::{self, AssertUnwindSafe};

use super::state::Phase;
use super::{Sim, raw};
use crate::backend::unwind::passes_through;
use crate::coroutine::Suspender;
use crate::event::{Action, Exit, GoId, Op, Panic, Place, objects};

/// Runs the goroutine that has become current, from its first line to its end.
pub(super) fn run(suspender: &Suspender) {
    let sim = raw::current().expect("goroutines run inside a run");
    sim.state().me().suspender = Some(suspender.handle());
    let body = sim.state().me().body.take().expect("a goroutine starts once");
    if sim.state().phase == Phase::Dying {
        // It has never run: its closure is dropped here, where a destructor can use primitives.
        sim.state().me().unwind.killed = true;
        let _ = panic::catch_unwind(AssertUnwindSafe(|| drop(body))).map_err(forget_quietly);
    } else {
        match panic::catch_unwind(AssertUnwindSafe(|| body.call())) {
            Ok(()) => returned(sim),
            Err(payload) if passes_through(&*payload) => {
                forget_quietly(payload);
                cut_short(sim);
            }
            Err(payload) => crashed(sim, payload),
        }
    }
    sim.state().retire();
    sim.leave();
}

/// Drops a payload that may panic when it is dropped.
fn forget_quietly(payload: Box<dyn Any + Send>) {
    if let Err(second) = panic::catch_unwind(AssertUnwindSafe(|| drop(payload))) {
        // Whoever wrote a payload whose destructor panics with another such payload keeps it.
        let _ = Box::leak(second);
    }
}

/// The body has come to its last line.
fn returned(sim: &'static Sim) {
    if sim.state().current == GoId::MAIN {
        let op = Op::new(Action::Return, objects::STDOUT, sim.state().me().created);
        if attempt(sim, op) {
            sim.state().main_returned();
        }
    } else {
        ended(sim);
    }
}

/// The goroutine ends, by its last line or by `goexit`.
fn ended(sim: &'static Sim) {
    let place = sim.state().ops[sim.state().current.index()].place;
    if sim.state().current == GoId::MAIN {
        sim.state().main_gone = true;
    }
    attempt(sim, Op::new(Action::End, objects::GOROUTINES, place));
}

/// `goexit` or the end of the run has unwound the body; a deferred call may have panicked meanwhile.
fn cut_short(sim: &'static Sim) {
    match sim.state().me().unwind.late() {
        Some(panic) => crash(sim, panic),
        None => ended(sim),
    }
}

/// A panic has got past everything that could have recovered it.
fn crashed(sim: &'static Sim, payload: Box<dyn Any + Send>) {
    let raised = sim.state().me().unwind.panics.last().cloned().unwrap_or_default();
    crash(sim, raised.panic(payload));
}

fn crash(sim: &'static Sim, panic: Panic) {
    let line = panic.location().map(Place::from);
    let line = line.unwrap_or(sim.state().me().created);
    if attempt(sim, Op::local(Action::Crash, line)) {
        sim.state().me().unwind.panics.clear();
        sim.state().me().unwind.crashed = true;
        sim.state().program_ends(Exit::Panicked(panic), Some(line));
    }
}

/// Does one of the steps that have no operation of the user's; false if the run is over before it.
fn attempt(sim: &'static Sim, op: Op) -> bool {
    if sim.state().phase == Phase::Dying {
        return false;
    }
    let step = panic::catch_unwind(AssertUnwindSafe(|| {
        sim.seam().step(op);
    }));
    step.map_err(forget_quietly).is_ok()
}
