//! What is at the bottom of every goroutine's stack.

use std::any::Any;
use std::panic::{self, AssertUnwindSafe};
use std::sync::atomic::Ordering;

use super::ending::Culprit;
use super::raw;
use super::shared::{END, Shared};
use super::worker::Worker;
use crate::backend::unwind::passes_through;
use crate::backend::{Backend, Body};
use crate::coroutine::Suspender;
use crate::event::{Exit, Panic, Place};

/// How often main lets a goroutine that panics go first, before it returns.
const COURTESY: u32 = 1_000;

/// Runs the goroutine that has become current, and then those that follow it on this stack.
pub(super) fn run(suspender: &Suspender) {
    let worker = raw::current().expect("goroutines run on workers");
    loop {
        worker.on_stack(suspender.handle());
        let main = worker.number() == 1;
        let body = worker.take_body();
        if worker.attention() & END == 0 {
            live(worker, body);
        } else {
            // It has never run: its closure is dropped here, where a destructor can use primitives.
            (worker as &dyn Backend).look(|unwind| unwind.killed = true);
            let _ = panic::catch_unwind(AssertUnwindSafe(|| drop(body))).map_err(forget_quietly);
        }
        worker.retire();
        // Main's stack is larger than the others.
        if main || !worker.follow() {
            return;
        }
    }
}

fn live(worker: &Worker, body: Body) {
    match panic::catch_unwind(AssertUnwindSafe(|| body.call())) {
        Ok(()) if worker.number() == 1 => returned(worker),
        Ok(()) => {}
        Err(payload) if passes_through(&*payload) => {
            forget_quietly(payload);
            cut_short(worker);
        }
        Err(payload) => {
            let panic = (worker as &dyn Backend).caught().panic(payload);
            crash(&worker.shared, worker.number(), panic);
        }
    }
}

/// Drops a payload that may panic when it is dropped.
fn forget_quietly(payload: Box<dyn Any + Send>) {
    if let Err(second) = panic::catch_unwind(AssertUnwindSafe(|| drop(payload))) {
        // Whoever wrote a payload whose destructor panics with another such payload keeps it.
        let _ = Box::leak(second);
    }
}

/// Main has come to its last line. Whoever panics meanwhile gets a little time, as in Go.
fn returned(worker: &Worker) {
    for _ in 0..COURTESY {
        if worker.shared.panicking.load(Ordering::Relaxed) == 0 || worker.attention() & END != 0 {
            break;
        }
        worker.step_back();
    }
    worker.shared.finish(Exit::Returned, None);
}

/// `goexit` or the end of the run has unwound the body; a deferred call may have panicked meanwhile.
fn cut_short(worker: &Worker) {
    if worker.number() == 1 {
        worker.shared.main_gone.store(true, Ordering::Relaxed);
    }
    if let Some(panic) = (worker as &dyn Backend).look(|unwind| unwind.late()) {
        crash(&worker.shared, worker.number(), panic);
    }
}

/// A goroutine ends the program with a panic.
pub(super) fn crash(shared: &Shared, number: u64, panic: Panic) {
    let place = panic.location().map(Place::from);
    let culprit = Culprit { number, place };
    shared.finish(Exit::Panicked(panic), Some(culprit));
}
