//! One shared word, and the accesses of it that a later one could race with.

use super::clock::{Epoch, View};
use crate::event::{Access, Place};

/// An access that was made.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mark {
    pub(super) epoch: Epoch,
    pub(super) place: Place,
}

/// The latest accesses of one sort, none of which comes after another.
#[derive(Debug, Default)]
struct Marks(Vec<Mark>);

impl Marks {
    #[inline]
    fn has(&self, epoch: Epoch) -> bool {
        self.0.iter().any(|mark| mark.epoch == epoch)
    }

    /// Adds one that comes after all that `seen` covers.
    #[inline]
    fn add(&mut self, mark: Mark, seen: View<'_>) {
        self.0.retain(|old| !seen.covers(old.epoch));
        self.0.push(mark);
    }

    /// Those that `seen` does not come after.
    #[inline]
    fn unordered(&self, seen: View<'_>, found: &mut impl FnMut(Mark)) {
        for mark in &self.0 {
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
        self.reads.0.clear();
        self.writes.0.clear();
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
                self.plain.writes.0.push(mark);
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
        if self.atomic.repeats(access, mark) {
            return;
        }
        match access {
            Access::Read => self.atomic.reads.add(mark, seen),
            Access::Write => self.atomic.writes.add(mark, seen),
        }
    }
}
