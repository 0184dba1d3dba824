//! What a run writes down of its choices: enough to do the same again.
//!
//! Recording is always on, so it must cost next to nothing: while the run goes on there are only
//! numbers, one entry for each stretch in which the same goroutine is chosen. The stable names that
//! survive in another run are looked up at the end, and only if somebody wants them.

use super::{Datum, Name, Picks, Turn};
use crate::event::GoId;

/// The choices of the run so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct Recorder {
    runs: Vec<(GoId, u32)>,
    /// (whose, which of its data choices, value).
    data: Vec<(GoId, u32, u32)>,
}

impl Recorder {
    /// `go` was chosen.
    #[inline]
    pub(crate) fn push(&mut self, go: GoId) {
        match self.runs.last_mut() {
            Some((last, count)) if *last == go && *count < u32::MAX => *count += 1,
            _ => self.runs.push((go, 1)),
        }
    }

    /// The `ordinal`-th data choice of `go` was this one, and not drawn from the stream for those.
    #[inline]
    pub(crate) fn data(&mut self, go: GoId, ordinal: u32, value: u32) {
        self.data.push((go, ordinal, value));
    }

    /// How many stretches there were in which the same goroutine was chosen.
    pub(crate) fn stretches(&self) -> u32 {
        self.runs.len() as u32
    }

    /// Forgets all of it, for the next run.
    pub(crate) fn clear(&mut self) {
        self.runs.clear();
        self.data.clear();
    }

    /// The choices under stable names. `parent_of` tells who started a goroutine other than main, the
    /// clock included, and as which one.
    pub(crate) fn picks(&self, parent_of: impl Fn(GoId) -> (GoId, u32)) -> Picks {
        let mut names = Names::new(parent_of);
        let turn = |&(go, count): &(GoId, u32)| Turn { name: names.of(go), count };
        let runs = self.runs.iter().map(turn).collect();
        let datum =
            |&(go, ordinal, value): &(GoId, u32, u32)| Datum { name: names.of(go), ordinal, value };
        let data = self.data.iter().map(datum).collect();
        Picks { names: names.list, runs, data }
    }
}

/// The list of names as it grows: main, then whoever is used first, after its parents.
pub(crate) struct Names<F> {
    parent_of: F,
    list: Vec<Name>,
    /// By number: the position in the list, or [`UNNAMED`].
    positions: Vec<u32>,
}

/// No position that a list could have, nor the clock's.
const UNNAMED: u32 = u32::MAX - 1;

impl<F: Fn(GoId) -> (GoId, u32)> Names<F> {
    pub(crate) fn new(parent_of: F) -> Self {
        let main = Name { parent: 0, ordinal: 0 };
        Self { parent_of, list: vec![main], positions: vec![Turn::CLOCK, 0] }
    }

    /// The position of `go`, which it has from now on.
    pub(crate) fn of(&mut self, go: GoId) -> u32 {
        let mut unnamed = Vec::new();
        let mut at = go;
        while self.position(at) == UNNAMED {
            let (parent, ordinal) = (self.parent_of)(at);
            unnamed.push((at, ordinal));
            at = parent;
        }
        let known = self.position(at);
        unnamed.into_iter().rev().fold(known, |parent, (go, ordinal)| {
            self.positions[go.index()] = self.list.len() as u32;
            self.list.push(Name { parent, ordinal });
            self.positions[go.index()]
        })
    }

    /// All of them.
    pub(crate) fn list(self) -> Vec<Name> {
        self.list
    }

    fn position(&mut self, go: GoId) -> u32 {
        if go.index() >= self.positions.len() {
            self.positions.resize(go.index() + 1, UNNAMED);
        }
        self.positions[go.index()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn go(number: u32) -> GoId {
        GoId::new(number)
    }

    /// Main starts g2 and g4, g2 starts g3, the clock starts g5.
    fn parent_of(go: GoId) -> (GoId, u32) {
        match go.number() {
            2 => (GoId::MAIN, 0),
            3 => (GoId::new(2), 0),
            4 => (GoId::MAIN, 1),
            5 => (GoId::CLOCK, 0),
            _ => panic!("nobody asks for main's or the clock's parent"),
        }
    }

    #[test]
    fn parents_are_named_before_their_children_and_only_those_who_count() {
        let mut recorder = Recorder::default();
        for number in [3, 3, 1, 0, 5, 0] {
            recorder.push(go(number));
        }
        recorder.data(go(2), 7, 1);
        let picks = recorder.picks(parent_of);
        let names: Vec<_> = picks.names.iter().map(|name| (name.parent, name.ordinal)).collect();
        assert_eq!(names, [(0, 0), (0, 0), (1, 0), (Turn::CLOCK, 0)]);
        let runs: Vec<_> = picks.runs.iter().map(|turn| (turn.name, turn.count)).collect();
        let clock = Turn::CLOCK;
        assert_eq!(runs, [(2, 2), (0, 1), (clock, 1), (3, 1), (clock, 1)]);
        assert_eq!(picks.data, [Datum { name: 1, ordinal: 7, value: 1 }]);
    }

    #[test]
    fn a_cleared_recorder_knows_main_only() {
        let mut recorder = Recorder::default();
        recorder.push(go(4));
        recorder.data(go(4), 0, 1);
        recorder.clear();
        let main = vec![Name { parent: 0, ordinal: 0 }];
        assert_eq!(recorder.picks(parent_of), Picks { names: main, ..Picks::default() });
    }

    #[test]
    fn a_long_chain_of_goroutines_is_named_at_once() {
        let mut recorder = Recorder::default();
        recorder.push(go(100_000));
        let picks = recorder.picks(|go| (GoId::new(go.number() - 1), 0));
        assert_eq!(picks.names.len(), 100_000);
        assert_eq!(picks.runs, [Turn { name: 99_999, count: 1 }]);
    }
}
