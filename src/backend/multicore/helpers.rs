//! Threads for work that blocks: system calls and whatever else cannot be interrupted.
//!
//! They belong to the process, not to a run, and end when they have had nothing to do for a while.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use super::shared::lock;
use crate::backend::{Body, Quiet};

/// How long a helper waits for more.
const PATIENCE: Duration = Duration::from_secs(5);

#[derive(Default)]
struct Queue {
    work: VecDeque<Body>,
    /// Helpers that wait for work.
    idle: usize,
}

static QUEUE: Mutex<Queue> = Mutex::new(Queue { work: VecDeque::new(), idle: 0 });
static MORE: Condvar = Condvar::new();

/// Has a helper run `work`, at once.
pub(super) fn run(work: Body) {
    let mut queue = lock(&QUEUE);
    queue.work.push_back(work);
    let enough = queue.idle >= queue.work.len();
    drop(queue);
    if enough {
        return MORE.notify_one();
    }
    let helper = thread::Builder::new().name("goseed-blocking".to_owned()).spawn(help);
    if helper.is_err()
        && let Some(work) = lock(&QUEUE).work.pop_front()
    {
        // No thread is to be had: it blocks this worker, which is slow but right.
        work.call();
    }
}

fn help() {
    let _quiet = Quiet::new();
    while let Some(work) = next() {
        work.call();
    }
}

fn next() -> Option<Body> {
    let mut queue = lock(&QUEUE);
    queue.idle += 1;
    let nothing = |queue: &mut Queue| queue.work.is_empty();
    let waited = MORE.wait_timeout_while(queue, PATIENCE, nothing);
    let mut queue = waited.unwrap_or_else(PoisonError::into_inner).0;
    queue.idle -= 1;
    queue.work.pop_front()
}
