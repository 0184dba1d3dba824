//! Who has which lock, and since which line.

use crate::event::{Action, GoId, ObjectId, Op, Place};

/// A lock that a goroutine has, or waits for as the next writer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Hold {
    pub(super) object: ObjectId,
    /// The line that took it.
    pub(super) place: Place,
    pub(super) reads: bool,
}

/// The locks of all goroutines of a run, by goroutine.
#[derive(Debug, Default)]
pub(super) struct Holds(Vec<Vec<Hold>>);

impl Holds {
    pub(super) fn clear(&mut self) {
        self.0.iter_mut().for_each(Vec::clear);
    }

    /// Those of one goroutine, in the order in which it took them.
    pub(super) fn of(&mut self, go: GoId) -> &mut Vec<Hold> {
        if self.0.len() <= go.index() {
            self.0.resize_with(go.index() + 1, Vec::new);
        }
        &mut self.0[go.index()]
    }

    /// Notes that a lock is taken. Nothing if it is the second step of a writer, who has it already.
    pub(super) fn take(&mut self, go: GoId, op: &Op) -> Option<Hold> {
        let reads = matches!(op.action(), Action::RLock | Action::TryRLock);
        let hold = Hold { object: op.object(), place: op.place, reads };
        let held = self.of(go);
        if held.iter().any(|held| held.object == op.object()) {
            return None;
        }
        held.push(hold);
        Some(hold)
    }

    /// Notes that a lock is free: anybody may unlock what another one has locked.
    pub(super) fn release(&mut self, go: GoId, object: ObjectId) {
        let is = |held: &Hold| held.object == object;
        let own = self.of(go).iter().rposition(is);
        if let Some(at) = own {
            self.of(go).remove(at);
            return;
        }
        for held in &mut self.0 {
            if let Some(at) = held.iter().rposition(is) {
                held.remove(at);
                return;
            }
        }
    }

    /// All of them, with who has each.
    pub(super) fn all(&self) -> impl Iterator<Item = (GoId, &Hold)> {
        let numbered = self.0.iter().enumerate();
        numbered.flat_map(|(n, held)| held.iter().map(move |hold| (GoId::new(n as u32), hold)))
    }

    /// How many goroutines there are to know of.
    pub(super) fn goroutines(&self) -> usize {
        self.0.len()
    }
}
