//! A hash of the order of conflicting events: equal for runs that nothing can tell apart.
//!
//! Each event hashes its goroutine's history and what it found on its object; reads between two writes
//! commute (their hashes are added up), and so do additions. The run's fingerprint is the sum over all
//! events, so it does not depend on how independent events were interleaved.

use crate::event::{Effect, Op, Path};

/// What an object has seen.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct History {
    /// Hash of all that can no longer commute with what comes.
    past: u64,
    /// Sum over the commuting events since.
    sum: u64,
    /// Whether those are additions.
    adds: bool,
}

impl History {
    fn fold(&mut self) {
        if self.sum != 0 {
            self.past = fold(self.past, self.sum);
            self.sum = 0;
        }
    }
}

/// The fingerprint of a run so far.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Fingerprint {
    sum: u64,
    /// Hash of the last event that is ordered with everything.
    barrier: u64,
}

impl Fingerprint {
    /// Adds an event of a goroutine with hash `of`, on an object; returns the hash of the event.
    #[inline(always)]
    pub(super) fn event(
        &mut self,
        of: u64,
        op: Op,
        effect: Effect,
        on: Path,
        object: &mut History,
    ) -> u64 {
        let head = fold(of ^ self.barrier, on.hash() ^ op.action_number());
        let hash = match effect {
            Effect::Local => return of,
            Effect::Read | Effect::Add => {
                let adds = effect == Effect::Add;
                if object.adds != adds {
                    object.fold();
                    object.adds = adds;
                }
                let hash = fold(head, object.past);
                object.sum = object.sum.wrapping_add(hash);
                hash
            }
            Effect::Write => {
                object.fold();
                let hash = fold(head, object.past);
                object.past = hash;
                hash
            }
            Effect::All => {
                let hash = fold(head, self.sum);
                self.barrier = hash;
                hash
            }
        };
        self.sum = self.sum.wrapping_add(hash);
        hash
    }

    pub(super) fn value(self) -> u64 {
        self.sum
    }
}

/// Two words into one: the folded product, which costs one multiplication.
#[inline]
pub(super) fn fold(a: u64, b: u64) -> u64 {
    let product = u128::from(a ^ 0x9e37_79b9_7f4a_7c15) * u128::from(b ^ 0xd6e8_feb8_6659_fd93);
    (product as u64) ^ (product >> 64) as u64
}
