//! What a worker does when it has nothing to do: it looks for goroutines to start, and sleeps.

use std::sync::atomic::Ordering;
use std::thread;
use std::time::Duration;

use super::handoff::Unstarted;
use super::shared::{END, Phase, Port, SLICE};
use super::worker::Worker;

/// From so many unstarted goroutines on, a queue is there for everybody.
const BULK: usize = 16;
/// How long a worker has to be in the same goroutine before others may start its children.
const PATIENCE: Duration = Duration::from_micros(15);
/// How long a worker looks for work before it sleeps.
const SPIN: Duration = Duration::from_micros(40);
/// How often a worker glances at what is sent to it before it looks around, and again: a microsecond or so.
/// Each look around takes what others are about to write out of their caches.
const GLANCES: u32 = 128;
/// How long it sleeps before it gives the memory of the others back.
const REST: Duration = Duration::from_millis(100);
/// Stacks whose memory a worker keeps when it has slept for a while.
const KEPT_STACKS: usize = 256;

impl Worker {
    #[cold]
    pub(super) fn idle(&self) {
        let alone = self.shared.config.procs == 1 || self.shared.crowded;
        if !alone && self.is_called_within(GLANCES) {
            return;
        }
        let mut left = false;
        // A second round for what somebody has made while this one was giving up.
        for _ in 0..2 {
            if let Some(task) = self.search() {
                return self.start(task);
            }
            left = self.others_have_work();
            if self.has_work() || !left {
                break;
            }
        }
        if !self.has_work() {
            self.sleep(left);
        }
    }

    /// Looks for a goroutine to start, for a while.
    fn search(&self) -> Option<Unstarted> {
        if self.is_spare() {
            let mut told =
                self.others().filter(|port| port.attention.load(Ordering::Relaxed) & SLICE != 0);
            return told.find_map(Port::steal_one);
        }
        if self.shared.config.procs == 1 {
            return None;
        }
        let patience = if self.shared.crowded { Duration::ZERO } else { SPIN };
        let found = self.shared.idle.search(|| self.search_for(patience));
        if found.is_some() && self.others_have_work() {
            self.shared.notify();
        }
        found
    }

    fn search_for(&self, patience: Duration) -> Option<Unstarted> {
        let began = self.shared.clock.elapsed();
        let victims = self.shared.active();
        let mut ticks = self.ticks.borrow_mut();
        ticks.clear();
        ticks.extend(victims.iter().map(|v| v.tick.load(Ordering::Relaxed)));
        loop {
            let waited = self.shared.clock.elapsed() - began;
            for (at, victim) in victims.iter().enumerate().filter(|(at, _)| *at != self.index) {
                let told = victim.attention.load(Ordering::Relaxed) & SLICE != 0;
                let same = || victim.tick.load(Ordering::Relaxed) == ticks[at];
                let stuck = told || waited >= PATIENCE && same();
                if (stuck || victim.stealable() >= BULK)
                    && let Some(found) = victim.steal(&self.unstarted)
                {
                    return Some(found);
                }
            }
            if self.has_work() || waited >= patience || self.is_called_within(GLANCES) {
                return None;
            }
        }
    }

    /// Waits for so many glances, or until something is sent here.
    fn is_called_within(&self, glances: u32) -> bool {
        let port = self.port();
        (0..glances).any(|_| {
            std::hint::spin_loop();
            !port.inbox.is_empty() || !port.given.is_empty()
        })
    }

    /// Whether there is something for this worker alone.
    fn has_work(&self) -> bool {
        let port = self.port();
        let due = port.due.load(Ordering::Relaxed);
        let new_phase = self.attention() & END != 0 && !self.killing.get();
        !port.inbox.is_empty()
            || !port.given.is_empty()
            || !self.unstarted.is_empty()
            || new_phase
            || self.shared.phase() == Phase::Gone
            || due != u64::MAX && !self.killing.get() && due <= self.shared.clock.now().nanos()
    }

    fn others_have_work(&self) -> bool {
        !self.is_spare() && self.others().any(|port| port.stealable() > 0)
    }

    /// The ports of the other workers.
    fn others(&self) -> impl Iterator<Item = &Port> {
        let all = self.shared.active().iter().enumerate();
        all.filter(|(at, _)| *at != self.index).map(|(_, port)| &**port)
    }

    fn is_spare(&self) -> bool {
        self.index >= self.shared.config.procs
    }

    /// Sleeps, unless something has come up meanwhile; with the others only if nothing was `left` there before.
    fn sleep(&self, left: bool) {
        let (sleeper, shared) = (&self.port().sleeper, &self.shared);
        let has_work = || self.has_work() || !left && self.others_have_work();
        shared.idle.sleep(sleeper, has_work, |workers| shared.asleep(workers), || self.park());
    }

    /// Sleeps until somebody calls, or the next timer is due. After a while it gives memory back.
    fn park(&self) {
        let excess = || self.stacks.borrow().excess(KEPT_STACKS) > 0;
        let due = self.port().due.load(Ordering::Relaxed);
        let timed = due != u64::MAX && !self.killing.get();
        let left = if timed { self.left_until(due) } else { Duration::MAX };
        if excess() && left > REST {
            thread::park_timeout(REST);
            if self.port().sleeper.sleeps() {
                self.stacks.borrow_mut().shrink(KEPT_STACKS);
            }
        } else if timed {
            thread::park_timeout(left);
        } else {
            thread::park();
        }
    }

    fn left_until(&self, due: u64) -> Duration {
        Duration::from_nanos(due.saturating_sub(self.shared.clock.now().nanos()))
    }
}
