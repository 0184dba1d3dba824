//! One goroutine of a run, and the table of all of them.

use super::raw;
use crate::backend::{Body, Object, Unwind};
use crate::coroutine::SuspendHandle;
use crate::event::{GoId, GoroutineState, ObjectSet, Path, Place};

/// Where a goroutine is in its life.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Life {
    /// It has not run yet: its closure waits in `body`.
    Unstarted,
    /// It runs, or stands at a point and could.
    Alive,
    /// It is parked, in this state.
    Parked(GoroutineState),
    /// It is parked, somebody has woken it, and it has not run since.
    Woken,
    /// Its destructors can never go on.
    Stranded,
    /// It has ended.
    Dead,
}

/// One goroutine. What each of its steps looks at is on one line of the cache, and comes first.
#[repr(C, align(64))]
pub(super) struct Goroutine {
    /// Hash over its events so far.
    pub(super) hash: u64,
    pub(super) suspender: Option<SuspendHandle>,
    /// The progress count at which it last stepped back, and that at which it did so for the second time.
    pub(super) yielded_at: u64,
    pub(super) spun_at: u64,
    /// Position in the list of those that can run, or [`NOWHERE`].
    pub(super) position: u32,
    /// Its latest wait; older tickets are stale.
    pub(super) ticket: u32,
    /// The case with which it was woken.
    pub(super) case: u32,
    /// Operations in a row that changed nothing.
    pub(super) idle: u32,
    /// Visible operations since main's return.
    pub(super) rest: u32,
    /// How many data choices it has had, and how many goroutines and objects it has made.
    pub(super) data: u32,
    pub(super) life: Life,

    pub(super) started: u32,
    pub(super) made: u32,
    /// For searches: what it has looked at since it, or another one in what it looks at, last changed something, and
    /// how often it has stepped back since then.
    pub(super) watched: ObjectSet,
    pub(super) rounds: u32,
    /// What its announced operation is done on; looked at only by searches, while it is suspended.
    pub(super) object: *const dyn Object,
    pub(super) body: Option<Body>,
    pub(super) parent: GoId,
    /// Which `go` of its parent it is.
    pub(super) ordinal: u32,
    pub(super) path: Path,
    pub(super) created: Place,
    pub(super) name: Option<Box<str>>,
    pub(super) unwind: Unwind,
}

const _: () = assert!(std::mem::offset_of!(Goroutine, started) <= 64, "a step looks at one line");

pub(super) const NOWHERE: u32 = u32::MAX;

impl Goroutine {
    pub(super) fn new(parent: GoId, ordinal: u32, path: Path, created: Place) -> Self {
        Self {
            life: Life::Unstarted,
            body: None,
            suspender: None,
            object: raw::ALWAYS,
            parent,
            ordinal,
            path,
            created,
            name: None,
            watched: ObjectSet::EMPTY,
            rounds: 0,
            started: 0,
            made: 0,
            data: 0,
            position: NOWHERE,
            ticket: 0,
            case: 0,
            hash: path.hash(),
            idle: 0,
            yielded_at: u64::MAX,
            spun_at: u64::MAX,
            rest: 0,
            unwind: Unwind::default(),
        }
    }

    pub(super) fn is_alive(&self) -> bool {
        !matches!(self.life, Life::Dead)
    }
}

/// Those that can run: dense, so that one of them is drawn in constant time, and in an order that
/// depends on nothing but the run.
#[derive(Debug, Default)]
pub(super) struct Enabled(pub(super) Vec<GoId>);

impl Enabled {
    #[inline]
    pub(super) fn insert(&mut self, goroutines: &mut [Goroutine], go: GoId) {
        debug_assert_eq!(goroutines[go.index()].position, NOWHERE, "{go} is in the list already");
        goroutines[go.index()].position = self.0.len() as u32;
        self.0.push(go);
    }

    #[inline]
    pub(super) fn remove(&mut self, goroutines: &mut [Goroutine], go: GoId) {
        let position = goroutines[go.index()].position as usize;
        goroutines[go.index()].position = NOWHERE;
        let last = self.0.pop().expect("whoever is removed is in the list");
        if last != go {
            self.0[position] = last;
            goroutines[last.index()].position = position as u32;
        }
    }
}
