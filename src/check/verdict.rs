//! Which kinds of findings fail.

use std::collections::BTreeMap;

use crate::detect::Kind;

/// The kinds whose part was changed by `allow` or `deny`.
#[derive(Clone, Debug, Default)]
pub(super) struct Verdict(BTreeMap<Kind, bool>);

impl Verdict {
    pub(super) fn set(&mut self, kind: Kind, fails: bool) {
        self.0.insert(kind, fails);
    }

    pub(super) fn fails(&self, kind: Kind) -> bool {
        self.0.get(&kind).copied().unwrap_or_else(|| kind.fails_by_default())
    }
}
