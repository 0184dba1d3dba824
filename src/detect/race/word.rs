//! One shared word, and the accesses of it that a later one could race with.

use super::clock::{Epoch, View};
use crate::event::{Access, Place};

/// An access that was made.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mark {
    pub(super) epoch: Epoch,
    pub(super) place: Place,
}

/// The latest accesses of one sort. Of atomic ones some may come after others.
#[derive(Debug, Default)]
struct Marks {
    all: Vec<Mark>,
    /// So many atomic ones there may be before those that others come after are sorted out.
    room: usize,
}

/// How many atomic accesses are kept at least.
const ROOM: usize = 16;

impl Marks {
    #[inline]
    fn has(&self, epoch: Epoch) -> bool {
        self.all.iter().any(|mark| mark.epoch == epoch)
    }

    /// The same for atomic ones, as far as it costs nothing.
    #[inline]
    fn ends_with(&self, epoch: Epoch) -> bool {
        self.all.last().is_some_and(|mark| mark.epoch == epoch)
    }

    fn clear(&mut self) {
        self.all.clear();
        self.room = ROOM;
    }

    /// Adds one that comes after all that `seen` covers.
    #[inline]
    fn add(&mut self, mark: Mark, seen: View<'_>) {
        self.all.retain(|old| !seen.covers(old.epoch));
        self.all.push(mark);
    }

    /// The same for an atomic one: only plain accesses look at those, so they are seldom sorted out.
    #[inline]
    fn add_atomic(&mut self, mark: Mark, seen: View<'_>) {
        if self.all.len() < self.room {
            return self.all.push(mark);
        }
        self.add(mark, seen);
        self.room = ROOM.max(2 * self.all.len());
    }

    /// Those that `seen` does not come after.
    #[inline]
    fn unordered(&self, seen: View<'_>, found: &mut impl FnMut(Mark)) {
        for mark in &self.all {
            if !seen.covers(mark.epoch) {
                found(*mark);
            }
        }
    }
}

/// Reads and writes of one sort.
#[derive(Debug, Default)]
struct Accesses {
    reads: Marks,
    writes: Marks,
}

impl Accesses {
    /// Looks for races of `access` with these.
    #[inline]
    fn check(&self, access: Access, seen: View<'_>, found: &mut impl FnMut(Access, Mark)) {
        self.writes.unordered(seen, &mut |mark| found(Access::Write, mark));
        if access == Access::Write {
            self.reads.unordered(seen, &mut |mark| found(Access::Read, mark));
        }
    }

    /// Whether `access` adds nothing to what its own moment has done.
    #[inline]
    fn repeats(&self, access: Access, mark: Mark) -> bool {
        self.writes.has(mark.epoch) || access == Access::Read && self.reads.has(mark.epoch)
    }

    fn clear(&mut self) {
        self.reads.clear();
        self.writes.clear();
    }
}

/// A word that is accessed plainly, and perhaps atomically too.
#[derive(Debug, Default)]
pub(super) struct Word {
    plain: Accesses,
    atomic: Accesses,
}

impl Word {
    pub(super) fn clear(&mut self) {
        self.plain.clear();
        self.atomic.clear();
    }

    /// A plain access, by one who has seen this; `found` is told what it races with.
    #[inline]
    pub(super) fn plain(
        &mut self,
        access: Access,
        mark: Mark,
        seen: View<'_>,
        mut found: impl FnMut(Access, Mark),
    ) {
        if self.plain.repeats(access, mark) {
            return;
        }
        self.plain.check(access, seen, &mut found);
        self.atomic.check(access, seen, &mut found);
        match access {
            Access::Read => self.plain.reads.add(mark, seen),
            // What was unordered with it has been told: from here on it stands for all before it.
            Access::Write => {
                self.plain.clear();
                self.plain.writes.all.push(mark);
            }
        }
    }

    /// An atomic access: it races with plain ones only.
    pub(super) fn atomic(
        &mut self,
        access: Access,
        mark: Mark,
        seen: View<'_>,
        mut found: impl FnMut(Access, Mark),
    ) {
        self.plain.check(access, seen, &mut found);
        let marks = match access {
            Access::Read => &mut self.atomic.reads,
            Access::Write => &mut self.atomic.writes,
        };
        if !marks.ends_with(mark.epoch) {
            marks.add_atomic(mark, seen);
        }
    }
}
