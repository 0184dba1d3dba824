//! Who decides: one algorithm per file, named after its paper.
//!
//! A [`Strategy`] samples: it is made afresh for each schedule, from the seed and the schedule's index
//! alone, so that schedule *i* can be run by itself on any machine. A [`Search`] enumerates: it is asked
//! for the next schedule until none is left. Both see the same [`Point`]; neither knows whether the
//! goroutines behind it are coroutines or the model machine of the tests.

mod dfs;
mod directed;
mod dpor;
mod fifo;
mod name;
mod pct;
mod random;
mod replay;
mod round_robin;
mod sampler;
#[cfg(test)]
mod tests;

pub use dfs::Dfs;
pub(crate) use directed::Directed;
pub use dpor::Dpor;
pub use fifo::Fifo;
pub(crate) use name::{Kind, parse};
pub use pct::Pct;
pub use random::Random;
pub(crate) use replay::{Guided, Heard, Order, Scripted, Step, Strict, Swapped};
pub use round_robin::RoundRobin;
pub(crate) use sampler::Sampler;

use std::any::Any;

use crate::event::{Action, Announced, GoId, ObjectId, Op};
#[expect(unused_imports, reason = "named in the docs")]
use crate::schedule::Dice;

/// What a strategy sees when it must choose.
#[derive(Clone, Copy, Debug)]
pub struct Point<'a> {
    /// Who can go on, in no particular order that may be relied upon between versions; at least two.
    pub enabled: &'a [GoId],
    /// Who has just run, if it can go on.
    pub current: Option<GoId>,
    pub(crate) announced: Announced<'a>,
}

impl<'a> Point<'a> {
    /// The operation that `go` has announced: what it does as soon as it is chosen.
    #[inline]
    pub fn op(&self, go: GoId) -> &'a Op {
        self.announced.of(go)
    }
}

/// Why a goroutine has become able to go on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Ready {
    /// The goroutine in the field has just started it.
    Started(GoId),
    /// The goroutine in the field has just woken it.
    Woken(GoId),
    /// The goroutine in the field hands over to it and steps back (mutex in starvation mode).
    Handed(GoId),
    /// A timer has woken it.
    Timer,
}

/// A sampling strategy: one value decides one schedule.
///
/// It is told who becomes able to run and who no longer is, and chooses whenever at least two are. All
/// its randomness comes from the [`Dice`] it was made with.
pub trait Strategy: Any + Send {
    /// Who runs next: one of `point.enabled`.
    fn choose(&mut self, point: &Point<'_>) -> GoId;
    /// `go` can go on from here.
    fn ready(&mut self, _go: GoId, _why: Ready) {}
    /// `go`, which ran, has to wait.
    fn block(&mut self, _go: GoId) {}
    /// `go`, which ran, has ended.
    fn exit(&mut self, _go: GoId) {}
    /// `go`, which runs, wants others to run first: `gosched`, or a loop that waits for somebody.
    fn yielded(&mut self, _go: GoId) {}
    /// One of `count` alternatives that belong to an operation of `go`, or `None` to have it drawn from
    /// the stream for such choices. Only replay answers.
    fn pick(&mut self, _go: GoId, _count: u32) -> Option<u32> {
        None
    }
    /// Whether [`choose`](Strategy::choose) must be asked also when a single goroutine can go on, because
    /// the strategy keeps queues that have to follow.
    fn asked_always(&self) -> bool {
        false
    }
}

/// A systematic strategy: one value enumerates schedules until none is left.
pub trait Search: Send {
    /// A new schedule begins.
    fn begin(&mut self);
    /// Who runs next, or nobody: what follows has been explored already.
    ///
    /// Here `point.enabled` holds only goroutines whose announced operation can be done now, and may
    /// hold a single one.
    fn choose(&mut self, point: &Point<'_>) -> Option<GoId>;
    /// One of `count` alternatives that belong to the operation of `go`: a `select` case, a random number.
    fn pick(&mut self, go: GoId, count: u32) -> u32;
    /// `go` did `op`; `with` is who took part on the other side.
    fn did(&mut self, _go: GoId, _op: &Op, _with: Option<GoId>) {}
    /// This channel has room for so many values; others have none.
    fn room(&mut self, _channel: ObjectId, _room: usize) {}
    /// The schedule has ended; `blocked` are the goroutines that were left with an operation that
    /// could not be done. Returns whether there is another schedule.
    fn end(&mut self, blocked: &[(GoId, Op)]) -> bool;
    /// Whether it leaves out schedules that nothing can tell from others, by the operations that are announced.
    fn reduces(&self) -> bool {
        false
    }
    /// Whether something could have happened that no schedule of a search shows.
    fn misses(&self) -> bool {
        false
    }
}

/// Whether the next step takes a wait group up (or below zero) while somebody who waits for it could go on.
/// That one would then find the group reused, if it had been parked; a search parks nobody who waits.
fn reuses(point: &Point<'_>, go: GoId) -> bool {
    let op = point.op(go);
    let waits = |other: &GoId| {
        point.op(*other).action() == Action::Wait && point.op(*other).object() == op.object()
    };
    matches!(op.action(), Action::Add | Action::Done) && point.enabled.iter().any(waits)
}

/// Somebody whose step nothing can tell from being done at any other moment, if there is one: a search
/// takes it at once. Ends can be told by programs that look at the number of goroutines.
fn invisible(point: &Point<'_>, counts: bool) -> Option<GoId> {
    let hidden = |go: &&GoId| {
        let action = point.op(**go).action();
        action.is_invisible() || !counts && action == Action::End
    };
    point.enabled.iter().find(hidden).copied()
}

/// What is known of a program before its schedules are drawn: from a few pilot runs, which depend on the
/// seed and on nothing else.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Pilot {
    /// The most points with a choice that a pilot run had.
    pub points: u32,
    /// The most goroutines that a pilot run had.
    pub goroutines: u32,
}

/// Makes the strategy of each schedule.
pub trait Factory: Send + Sync {
    /// The name under which it is known: `pct:3`.
    fn name(&self) -> String;
    /// The name of the strategy that makes the schedule with this index; another one only for mixes.
    fn resolved(&self, _index: u64) -> String {
        self.name()
    }
    /// Whether [`make`](Factory::make) needs to know a pilot's figures.
    fn needs_pilot(&self) -> bool {
        false
    }
    /// Whether it needs to know them for this index.
    fn needs_pilot_at(&self, _index: u64) -> bool {
        self.needs_pilot()
    }
    /// The strategy of the schedule with this index; all that is random comes from [`Dice`] of
    /// (seed, index).
    fn make(&self, seed: u64, index: u64, pilot: Pilot) -> Box<dyn Strategy>;
}
