//! A hash of the order of conflicting events: equal for runs that nothing can tell apart.
//!
//! Each event hashes its goroutine's history and what it found on its object; reads between two writes
//! commute (their hashes are added up), and so do additions. Sends come one after the other, and so do
//! receives; what a goroutine does next comes after the other end of what it has sent or received. The run's
//! fingerprint is the sum over all events, so it does not depend on how independent events were interleaved.

use std::num::NonZeroU32;

use crate::event::{Effect, Op, Path};

/// What an object has seen.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct History {
    /// Hash of all that can no longer commute with what comes.
    past: u64,
    /// What has come since: the sum over reads or over additions, the hash of the last send, and that of the
    /// last receive.
    since: [u64; 2],
    /// What that is.
    commuting: Commuting,
    /// The slots through which its values go, if it is a channel that has any.
    pub(super) slots: Option<NonZeroU32>,
}

/// Events of an object that do not come one after the other.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
enum Commuting {
    #[default]
    Reads,
    Adds,
    /// Sends and receives, each of which come one after the other.
    Passes,
}

impl History {
    /// Events of this sort come now.
    #[inline]
    fn turn(&mut self, to: Commuting) {
        if self.commuting != to {
            self.fold();
            self.commuting = to;
        }
    }

    #[inline]
    fn fold(&mut self) {
        match self.since {
            [0, 0] => return,
            [sum, 0] => self.past = fold(self.past, sum),
            [sends, recvs] => self.past = fold(self.past, fold(sends, recvs)),
        }
        self.since = [0, 0];
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
                object.turn(if adds { Commuting::Adds } else { Commuting::Reads });
                let hash = fold(head, object.past);
                object.since[0] = object.since[0].wrapping_add(hash);
                hash
            }
            Effect::Send | Effect::Recv => {
                object.turn(Commuting::Passes);
                let last = &mut object.since[usize::from(effect == Effect::Recv)];
                let hash = fold(head, if *last == 0 { object.past } else { *last });
                *last = hash;
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
