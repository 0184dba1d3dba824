//! When an exploration ends early, and whom it tells how far it has come.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::tally::Tally;
use super::verdict::Verdict;

/// How far an exploration has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Progress {
    /// Schedules that were run and counted.
    pub schedules: u64,
    /// Different findings.
    pub findings: u64,
    /// Whether one of them fails.
    pub failed: bool,
}

/// Told after each block of schedules.
pub(super) type Listener = Arc<dyn Fn(Progress) + Send + Sync>;

/// What can end an exploration before its last schedule.
#[derive(Clone, Default)]
pub(super) struct Limits {
    pub(super) verdict: Verdict,
    pub(super) keep_going: bool,
    deadline: Option<Instant>,
    pub(super) stop: Option<Arc<AtomicBool>>,
    pub(super) listener: Option<Listener>,
}

impl Limits {
    /// The same, from now on for this long.
    pub(super) fn starting(mut self, budget: Option<Duration>) -> Self {
        self.deadline = budget.and_then(|budget| now().checked_add(budget));
        self
    }

    /// Whether the time is up or somebody wants it to end.
    pub(super) fn reached(&self) -> bool {
        self.stopped() || self.deadline.is_some_and(|deadline| now() >= deadline)
    }

    /// Whether somebody wants it to end.
    pub(super) fn stopped(&self) -> bool {
        self.stop.as_ref().is_some_and(|stop| stop.load(Ordering::Relaxed))
    }

    pub(super) fn tell(&self, tally: &Tally) {
        if let Some(listener) = &self.listener {
            listener(Progress {
                schedules: tally.schedules,
                findings: tally.found.len() as u64,
                failed: tally.failed,
            });
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "a budget is real time; no run sees it")]
fn now() -> Instant {
    Instant::now()
}

impl fmt::Debug for Limits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Limits")
            .field("verdict", &self.verdict)
            .field("keep_going", &self.keep_going)
            .finish_non_exhaustive()
    }
}
