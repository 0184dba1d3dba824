//! Who has stopped: how the caller of a run waits for its workers.

use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

use super::shared::lock;

/// How many workers have stopped.
#[derive(Debug, Default)]
pub(super) struct Exits {
    stopped: Mutex<Vec<usize>>,
    changed: Condvar,
}

impl Exits {
    /// The worker at this position has stopped.
    pub(super) fn add(&self, worker: usize) {
        lock(&self.stopped).push(worker);
        self.changed.notify_all();
    }

    /// Something has changed that is waited for.
    pub(super) fn notify(&self) {
        drop(lock(&self.stopped));
        self.changed.notify_all();
    }

    /// Waits until `all()` have stopped, or for this long: whether they have.
    pub(super) fn wait(&self, all: impl Fn() -> usize, patience: Duration) -> bool {
        let stopped = lock(&self.stopped);
        let running = |stopped: &mut Vec<usize>| stopped.len() < all();
        let result = self.changed.wait_timeout_while(stopped, patience, running);
        !result.unwrap_or_else(PoisonError::into_inner).1.timed_out()
    }

    pub(super) fn stopped(&self) -> Vec<usize> {
        lock(&self.stopped).clone()
    }
}
