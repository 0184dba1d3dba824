//! What every object carries: its run, its number and where it was made.

use std::fmt;

use crate::backend::{self, Backend};
use crate::event::{Action, Note, ObjectId, ObjectKind, Op, Place, objects};

/// The header of an object. It holds the number of the run that made it, never a pointer to a
/// scheduler, so that a handle that outlives its run can do no harm.
#[derive(Clone, Copy)]
pub(crate) struct Object {
    /// 0 if it was made outside any run.
    run: u64,
    id: ObjectId,
    kind: ObjectKind,
    made: Place,
}

impl Object {
    /// Registers a new object with the current run, if there is one.
    #[track_caller]
    pub(crate) fn new(kind: ObjectKind) -> Self {
        let made = Place::here();
        match backend::current() {
            Some(rt) => Self { run: rt.run(), id: rt.make(kind, made), kind, made },
            None => Self { run: 0, id: objects::NONE, kind, made },
        }
    }

    /// The current run, which must be the object's own.
    ///
    /// # Panics
    ///
    /// If it is not: the object is used from another run, or by no goroutine at all.
    #[track_caller]
    #[inline]
    pub(crate) fn enter(&self) -> &'static dyn Backend {
        match backend::current() {
            Some(rt) if backend::current_run() == self.run => rt,
            Some(_) => self.foreign("in another run"),
            None => self.seen_from_outside().unwrap_or_else(|| self.foreign("outside its run")),
        }
    }

    /// The same for destructors, which never panic: nothing if the run is not the object's own.
    #[inline]
    pub(crate) fn enter_if_own(&self) -> Option<&'static dyn Backend> {
        match backend::current() {
            Some(rt) => (backend::current_run() == self.run).then_some(rt),
            None => self.seen_from_outside(),
        }
    }

    /// Whether this is the object's run and nothing is to be done at points and effects, so that an operation
    /// that can be done at once just happens.
    #[inline(always)]
    pub(crate) fn is_quiet(&self) -> bool {
        backend::quiet() && backend::current_run() == self.run
    }

    /// The object's run, from a thread that is no goroutine: on cores, while it lasts.
    #[cold]
    fn seen_from_outside(&self) -> Option<&'static dyn Backend> {
        backend::multicore::find(self.run)
    }

    /// `action` on this object.
    #[inline]
    pub(crate) fn op(&self, action: Action, place: Place) -> Op {
        Op::new(action, self.id, place)
    }

    /// Tells observers something about this object that no event says.
    #[inline]
    pub(crate) fn note(&self, rt: &dyn Backend, note: Note, place: Place) {
        rt.note(self.id, note, place);
    }

    /// Where it was made.
    pub(crate) fn made(&self) -> Place {
        self.made
    }

    #[inline]
    pub(crate) fn id(&self) -> ObjectId {
        self.id
    }

    #[track_caller]
    #[cold]
    fn foreign(&self, user: &str) -> ! {
        let origin = if self.run == 0 { ", outside any run" } else { "" };
        let word = self.kind.word();
        panic!("{word} made at {}{origin} was used {user}", self.made)
    }
}

impl fmt::Debug for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}({})", self.kind.word(), self.made)
    }
}
