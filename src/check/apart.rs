//! Threads of the simulator's own.
//!
//! A run never happens on the caller's thread: a goroutine that is stranded takes its thread with it. Test
//! output capture is inherited, so what a test prints stays with that test.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc;
use std::thread;

use tracing::dispatcher::{self, Dispatch};

use super::muted::muted;
use super::runner::Runner;

/// Does `task` on a thread of its own and waits for what it gives. If it also gives back a runner with a
/// stranded goroutine, that thread never ends. What the program tells a `tracing` subscriber is not heard.
///
/// # Errors
///
/// The text of the panic that `task` ended with: an error in a strategy, or our own.
pub(super) fn apart<R: Send + 'static>(
    task: impl FnOnce() -> (R, Option<Runner>) + Send + 'static,
) -> Result<R, String> {
    match dispatcher::has_been_set() {
        true => on_a_thread(|| dispatcher::with_default(muted(), task)),
        false => on_a_thread(task),
    }
}

/// The same, heard by the caller's subscriber if this run is to be `told`.
pub(super) fn told_apart<R: Send + 'static>(
    told: bool,
    task: impl FnOnce() -> (R, Option<Runner>) + Send + 'static,
) -> Result<R, String> {
    if !told {
        return apart(task);
    }
    let listener = dispatcher::get_default(Dispatch::clone);
    on_a_thread(move || dispatcher::with_default(&listener, task))
}

fn on_a_thread<R: Send + 'static>(
    task: impl FnOnce() -> (R, Option<Runner>) + Send + 'static,
) -> Result<R, String> {
    let (sender, receiver) = mpsc::sync_channel(1);
    let thread = thread::Builder::new().name(name()).spawn(move || {
        let (result, stranded) = match catch_unwind(AssertUnwindSafe(task)) {
            Ok((result, runner)) => (Ok(result), runner.filter(Runner::tainted)),
            Err(payload) => (Err(text(&*payload)), None),
        };
        let _ = sender.send((result, stranded.is_some()));
        if let Some(runner) = stranded {
            park_forever(&runner);
        }
    });
    let thread = thread.map_err(|error| format!("no thread for the simulator: {error}"))?;
    let (result, stranded) = receiver.recv().expect("the thread sends before it ends");
    if !stranded {
        let _ = thread.join();
    }
    result
}

/// The thread of a test keeps its name, so that whatever prints it says which test it was.
fn name() -> String {
    thread::current().name().unwrap_or("goseed").to_owned()
}

/// The stranded stacks refer to this thread and to the runner.
fn park_forever(_runner: &Runner) -> ! {
    loop {
        thread::park();
    }
}

fn text(payload: &(dyn Any + Send)) -> String {
    if let Some(text) = payload.downcast_ref::<&'static str>() {
        (*text).to_owned()
    } else {
        payload.downcast_ref::<String>().cloned().unwrap_or_else(|| "a panic".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_task_gives_its_result_or_the_text_of_its_panic() {
        assert_eq!(apart(|| (7, None)), Ok(7));
        let quiet = crate::backend::Quiet::new();
        let broken = apart::<()>(|| std::panic::resume_unwind(Box::new("boom")));
        drop(quiet);
        assert_eq!(broken, Err("boom".to_owned()));
    }
}
