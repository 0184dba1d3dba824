//! What happened: the vocabulary that every other part reads.
//!
//! A run is a sequence of [`Event`]s; an event is an [`Op`] that took effect. Strategies look at the
//! *announced* operations of all goroutines, observers at the operations done, searches at whether two
//! of them [`conflict`](Op::conflicts). Identity is stable ([`Path`]): a goroutine *is* its parent and
//! the number of its `go` under that parent; `g3` and `chan#2` are numbers for display within one run.

mod dump;
mod ending;
mod heartbeat;
mod id;
mod op;
mod panic;
mod place;
mod slots;
mod stack;
mod time;

pub(crate) use dump::{crash_text, full_dump, grouped_dump};
pub(crate) use ending::{Accessed, DataRace, Ending, Fate, Holding, LockCycle, LockEdge, Use};
pub use ending::{Exit, GoroutineInfo, GoroutineState};
pub(crate) use heartbeat::Heartbeat;
pub use id::{GoId, ObjectId, ObjectKind};
pub(crate) use id::{ObjectInfo, Path, objects};
pub use op::{Action, Op};
pub(crate) use op::{Announced, Effect, ObjectSet};
pub use panic::Panic;
pub use place::Place;
pub(crate) use slots::Slots;
pub(crate) use stack::{Frame, frames};
pub use time::Instant;

/// One operation that took effect.
#[derive(Clone, Copy, Debug)]
pub struct Event {
    /// Which step of the run it was, counted from 1.
    pub step: u64,
    /// The virtual time at which it happened.
    pub now: Instant,
    /// Who did it.
    pub go: GoId,
    /// What was done, on what, from which line.
    pub op: Op,
    /// What else belongs to it.
    pub detail: Detail,
}

/// What an event says beyond its operation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Detail {
    /// The operation was done.
    Done,
    /// The operation cannot go on yet: its goroutine is blocked from here.
    Blocked,
    /// The operation was done together with that of a blocked goroutine, which goes on now.
    With(GoId),
    /// The goroutine that this `go` started.
    Started(GoId),
}

/// What observers are told beside events: about an object, while nothing visible happens.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Note {
    /// A channel has room for so many values; empty ones carry nothing.
    Room { cap: usize, empty: bool },
    /// Who observes it comes after this.
    Publishes,
    /// The clock fires what was published, and comes after nothing else.
    Fires,
    /// A plain access of a word that is part of the object.
    Accesses(Access),
}

/// What an access does to a word.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) enum Access {
    Read,
    Write,
}

/// Somebody who watches a run; its findings are its own business.
///
/// Observers are handed to the backend by `check`. They see each event right after it took effect and
/// may not call back into the run.
pub(crate) trait Observer {
    /// A run begins, with main and the clock in it.
    fn begin(&mut self);
    /// The program has made an object, on this line; numbers are dense.
    fn made(&mut self, object: ObjectId, info: ObjectInfo, place: Place);
    /// `event` has just taken effect; `announced` says what the others are at.
    fn event(&mut self, event: &Event, announced: Announced<'_>);
    /// `go` has said this about an object.
    fn note(&mut self, go: GoId, object: ObjectId, note: Note, place: Place);
}
