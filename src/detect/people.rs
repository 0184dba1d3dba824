//! Whom a report names: where each goroutine stands, who started it, and whether it has ended.

use crate::event::{Access, Accessed, GoId, Place};

#[derive(Clone, Copy, Debug)]
struct Person {
    parent: GoId,
    ordinal: u32,
    started: u32,
    created: Option<Place>,
    ended: bool,
}

/// All goroutines of a run, by number.
#[derive(Debug, Default)]
pub(super) struct People(Vec<Person>);

impl People {
    /// The clock and main.
    pub(super) fn clear(&mut self) {
        let root = |go| Person { parent: go, ordinal: 0, started: 0, created: None, ended: false };
        self.0.clear();
        self.0.extend([GoId::CLOCK, GoId::MAIN].map(root));
    }

    pub(super) fn start(&mut self, parent: GoId, created: Place) {
        let ordinal = self.0[parent.index()].started;
        self.0[parent.index()].started += 1;
        let created = Some(created);
        self.0.push(Person { parent, ordinal, started: 0, created, ended: false });
    }

    pub(super) fn end(&mut self, go: GoId) {
        self.0[go.index()].ended = true;
    }

    /// An access with all that a report says of whoever made it.
    pub(super) fn accessed(&self, access: Access, place: Place, go: GoId) -> Accessed {
        let Person { created, ended, .. } = self.0[go.index()];
        Accessed { access, place, go, path: self.path(go), created, running: !ended }
    }

    /// `g3 main/0/2`, and whether it is still there.
    pub(super) fn label(&self, go: GoId) -> String {
        let ended = if self.0[go.index()].ended { ", which has ended" } else { "" };
        format!("{go} {}{ended}", self.path(go))
    }

    fn path(&self, go: GoId) -> String {
        match go {
            GoId::MAIN => "main".to_owned(),
            GoId::CLOCK => "clock".to_owned(),
            go => {
                let Person { parent, ordinal, .. } = self.0[go.index()];
                format!("{}/{ordinal}", self.path(parent))
            }
        }
    }
}
