//! One wait of one goroutine: who may wake it, once.
//!
//! ```text
//!            arm              park
//!   stale ────────► armed ───────────► parked
//!     ▲               │ wake              │ wake: whoever wins puts it into its worker's queue
//!     │               ▼                   ▼
//!     └──────────── woken, with the case that won
//! ```
//!
//! A ticket names the wait, so that whoever comes late with an old one does nothing. The goroutine's own
//! worker is the only one that arms, parks and takes the case; anybody may wake.

use super::sync::{AtomicU64, Ordering};

/// The case of a goroutine that is interrupted because the run is over.
pub(super) const KILLED: u32 = CASES;
/// The case of one that nobody will ever wake any more.
pub(super) const ENDED: u32 = CASES - 1;

const CASES: u32 = (1 << 30) - 1;

const STALE: u64 = 0;
const ARMED: u64 = 1;
const PARKED: u64 = 2;
const WOKEN: u64 = 3;

/// Ticket, phase and case in one word.
#[derive(Debug, Default)]
pub(super) struct Wait(AtomicU64);

/// What a wake did.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Woken {
    /// Nothing: it no longer waits on this ticket.
    No,
    /// It has not parked yet, and will not.
    Running,
    /// It is parked: whoever gets this has to put it into its worker's queue.
    Parked,
}

impl Wait {
    /// Begins a wait, which makes earlier tickets stale.
    #[inline]
    pub(super) fn arm(&self) -> u32 {
        let ticket = ticket(self.0.load(Ordering::Relaxed)).wrapping_add(1);
        self.0.store(pack(ticket, ARMED, 0), Ordering::Release);
        ticket
    }

    /// Gives the wait up before it has parked; the case if it was woken by then.
    pub(super) fn retract(&self) -> Option<u32> {
        self.leave_armed(STALE)
    }

    /// Parks; the case if it was woken by then.
    #[inline]
    pub(super) fn park(&self) -> Option<u32> {
        self.leave_armed(PARKED)
    }

    #[inline]
    fn leave_armed(&self, to: u64) -> Option<u32> {
        let word = self.0.load(Ordering::Relaxed);
        let armed = pack(ticket(word), ARMED, 0);
        let parked = pack(ticket(word), to, 0);
        match self.0.compare_exchange(armed, parked, Ordering::AcqRel, Ordering::Acquire) {
            Ok(_) => None,
            Err(_) => Some(self.take()),
        }
    }

    /// The case with which it was woken.
    #[inline]
    pub(super) fn take(&self) -> u32 {
        let word = self.0.load(Ordering::Acquire);
        debug_assert_eq!(phase(word), WOKEN, "it was woken");
        self.0.store(pack(ticket(word), STALE, 0), Ordering::Relaxed);
        word as u32 & CASES
    }

    /// Whether it still waits on this ticket.
    #[inline]
    pub(super) fn waits(&self, on: u32) -> bool {
        let word = self.0.load(Ordering::Acquire);
        ticket(word) == on && matches!(phase(word), ARMED | PARKED)
    }

    /// Whether it is parked.
    pub(super) fn is_parked(&self) -> bool {
        phase(self.0.load(Ordering::Acquire)) == PARKED
    }

    /// Wakes it with this case if it still waits on this ticket.
    #[inline]
    pub(super) fn wake(&self, on: u32, case: u32) -> Woken {
        // A guess that it is parked: a look first would fetch the line twice.
        let mut word = pack(on, PARKED, 0);
        loop {
            let woken = match phase(word) {
                ARMED => Woken::Running,
                PARKED => Woken::Parked,
                _ => return Woken::No,
            };
            if ticket(word) != on {
                return Woken::No;
            }
            let next = pack(on, WOKEN, case);
            match self.0.compare_exchange_weak(word, next, Ordering::AcqRel, Ordering::Acquire) {
                Ok(_) => return woken,
                Err(now) => word = now,
            }
        }
    }

    /// Wakes it with this case if it is parked, on whatever ticket.
    pub(super) fn interrupt(&self, case: u32) -> bool {
        let word = self.0.load(Ordering::Acquire);
        phase(word) == PARKED && self.wake(ticket(word), case) == Woken::Parked
    }
}

#[inline]
fn pack(ticket: u32, phase: u64, case: u32) -> u64 {
    u64::from(ticket) << 32 | phase << 30 | u64::from(case)
}

#[inline]
fn ticket(word: u64) -> u32 {
    (word >> 32) as u32
}

#[inline]
fn phase(word: u64) -> u64 {
    word >> 30 & 3
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_wake_wins_and_the_second_does_nothing() {
        let wait = Wait::default();
        let ticket = wait.arm();
        assert_eq!(wait.park(), None);
        assert!(wait.waits(ticket));
        assert_eq!(wait.wake(ticket, 3), Woken::Parked);
        assert_eq!(wait.wake(ticket, 4), Woken::No);
        assert!(!wait.waits(ticket));
        assert_eq!(wait.take(), 3);
    }

    #[test]
    fn who_is_woken_before_parking_does_not_park() {
        let wait = Wait::default();
        let ticket = wait.arm();
        assert_eq!(wait.wake(ticket, 7), Woken::Running);
        assert_eq!(wait.park(), Some(7));
        assert_eq!(wait.wake(ticket, 7), Woken::No);
    }

    #[test]
    fn an_old_ticket_wakes_nobody() {
        let wait = Wait::default();
        let old = wait.arm();
        assert_eq!(wait.retract(), None);
        assert_eq!(wait.wake(old, 0), Woken::No);
        let new = wait.arm();
        assert_eq!(wait.park(), None);
        assert_eq!(wait.wake(old, 0), Woken::No);
        assert!(wait.interrupt(ENDED) && !wait.waits(new));
        assert_eq!(wait.take(), ENDED);
        assert!(!wait.interrupt(KILLED), "it is not parked");
    }
}
