//! One thread, one seed: the simulator.
//!
//! Goroutines are coroutines. The one that runs stops before each visible operation, announces it and
//! asks the strategy who runs next, right there on its own stack: only if that is somebody else does it
//! leave for the machine's loop, which resumes the other one.
//!
//! ```text
//! machine                 goroutine 1                      goroutine 2
//! resume(g1) ───────────► lock()
//!                           point: strategy says g1
//!                           ... locked
//!                         send()
//!                           point: strategy says g2
//!            ◄───────────   suspend
//! resume(g2) ────────────────────────────────────────────► ...
//! ```
//!
//! - `state`: what a run consists of. - `choices`: who runs next. - `events`: what has happened, with its hash in
//!   `fingerprint`. - `views`: what can be seen of it.
//! - `seam`: the contract of [`Backend`](super::Backend). - `root`: the bottom of each stack.
//! - `machine`: the loop, and how the rest dies.

mod choices;
mod events;
mod fingerprint;
mod goroutine;
mod machine;
mod raw;
mod root;
mod seam;
mod spans;
mod state;
mod views;

use std::time::Duration;

pub(crate) use crate::coroutine::DEFAULT_STACK_SIZE;
pub(crate) use machine::Machine;
pub(crate) use raw::leak_location;

use crate::event::{Ending, Event, GoId, GoroutineInfo, ObjectInfo, Op};
use crate::schedule::{Picks, Preempt, TimeModel};
use crate::strategy::{Search, Strategy};

/// What a run is told.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) seed: u64,
    pub(crate) index: u64,
    pub(crate) time: TimeModel,
    pub(crate) preempt: Preempt,
    /// The most steps.
    pub(crate) steps: u64,
    /// Choose only among those whose operation can be done, as searches do.
    pub(crate) gated: bool,
    /// Keep all events.
    pub(crate) trace: bool,
    /// Goroutines run in spans.
    pub(crate) spans: bool,
    /// Look at the stacks of those that are left at the end.
    pub(crate) stacks: bool,
}

/// Gives the token of the schedule with this index, and with these choices if they are to be written out.
pub(crate) type TokenOf = dyn Fn(u64, Option<Picks>) -> String + Send + Sync;

/// Who decides.
pub(crate) enum Decider<'a> {
    Sample(Box<dyn Strategy>),
    Search(&'a mut dyn Search),
}

/// What a run gives back.
#[derive(Debug)]
pub(crate) struct Record {
    pub(crate) ending: Ending,
    pub(crate) stdout: String,
    /// What the program wrote to standard error, without `log!`'s date and time, without crash text.
    pub(crate) stderr: String,
    /// The same with `log!`'s date and time.
    pub(crate) stderr_dated: String,
    pub(crate) steps: u64,
    /// Points with a choice.
    pub(crate) points: u64,
    /// Goroutines ever made, main included.
    pub(crate) made: u32,
    pub(crate) elapsed: Duration,
    /// Hash of the order of all conflicting events: equal for equivalent runs.
    pub(crate) fingerprint: u64,
    /// Goroutines whose destructors never came back in this run.
    pub(crate) stranded: usize,
    /// A search gave up on this run: what it would show has been seen.
    pub(crate) abandoned: bool,
    /// A search had others go on before somebody who spun: what that one might have done meanwhile is not seen.
    pub(crate) passed_over: bool,
    /// Goroutines left with an operation that could not be done, for a search.
    pub(crate) blocked: Vec<(GoId, Op)>,
    pub(crate) trace: Option<TraceData>,
}

/// The events of a run, with the names that go with them.
#[derive(Clone, Debug)]
pub(crate) struct TraceData {
    pub(crate) events: Vec<Event>,
    /// Where goroutines came to be blocked for ever after main's return.
    pub(crate) late: Vec<Event>,
    /// By number, from g1 on.
    pub(crate) goroutines: Vec<GoroutineInfo>,
    /// By number.
    pub(crate) objects: Vec<ObjectInfo>,
}

/// A run that goroutines are in.
pub(crate) struct Sim {
    slot: raw::Slot,
}

impl Sim {
    #[inline]
    fn state(&self) -> &mut state::State {
        self.slot.state()
    }
}
