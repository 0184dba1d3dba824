//! What is due when.

use std::collections::BTreeMap;

use super::{Timed, TimerId};
use crate::event::Instant;

/// The armed timers, in the order in which they are due; equal ones in the order of arming.
#[derive(Default)]
pub(super) struct Timers {
    queue: BTreeMap<(Instant, u64), Timed>,
    due: BTreeMap<u64, Instant>,
    armed: u64,
}

impl Timers {
    pub(super) fn arm(&mut self, due: Instant, what: Timed) -> TimerId {
        self.armed += 1;
        self.queue.insert((due, self.armed), what);
        self.due.insert(self.armed, due);
        TimerId(self.armed)
    }

    /// Disarms a timer, unless it has fired. What it would have done is for the caller to drop.
    pub(super) fn disarm(&mut self, timer: TimerId) -> Option<Timed> {
        let due = self.due.remove(&timer.0)?;
        self.queue.remove(&(due, timer.0))
    }

    /// When the earliest timer that keeps the program alive is due.
    pub(super) fn next_that_counts(&self) -> Option<Instant> {
        let counts = |what: &Timed| match what {
            Timed::Wake(_) => true,
            Timed::Fire(timer) => timer.counts(),
        };
        let first = self.queue.iter().find(|(_, what)| counts(what))?;
        Some(first.0.0).filter(|&due| due != Instant::NEVER)
    }

    /// When the earliest timer of all is due.
    pub(super) fn next(&self) -> Option<Instant> {
        self.queue.keys().next().map(|key| key.0).filter(|&due| due != Instant::NEVER)
    }

    /// Takes out the next timer that is due by `now`.
    pub(super) fn pop_due(&mut self, now: Instant) -> Option<(Instant, Timed)> {
        let entry = self.queue.first_entry().filter(|entry| entry.key().0 <= now)?;
        let ((due, number), what) = entry.remove_entry();
        self.due.remove(&number);
        Some((due, what))
    }

    pub(super) fn clear(&mut self) {
        self.queue.clear();
        self.due.clear();
        self.armed = 0;
    }
}
