//! A schedule as what is special about it, so that parts of it can be left out.
//!
//! Without anything special, whoever runs goes on until it blocks, ends or steps back, then the first by
//! path runs, and each data choice is 0. A plan says where a run departs from that, each time relative to
//! a goroutine and not to the run as a whole: so an entry keeps its meaning when others are taken out.

use super::Name;

/// Where a run departs from the default.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Plan {
    /// As in [`Picks`](super::Picks).
    pub(crate) names: Vec<Name>,
    /// In the order in which they came to pass.
    pub(crate) entries: Vec<Entry>,
}

/// One departure; goroutines are positions in the list of names, or the clock's.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) enum Entry {
    /// When `from` has been chosen `after` times in all and would go on, or would be followed by another
    /// one, `to` runs.
    Switch { from: u32, after: u32, to: u32 },
    /// A data choice of `of`.
    Pick { of: u32, ordinal: u32, value: u32 },
}

impl Plan {
    /// The same with other entries.
    pub(crate) fn with(&self, entries: Vec<Entry>) -> Self {
        Self { names: self.names.clone(), entries }
    }
}
