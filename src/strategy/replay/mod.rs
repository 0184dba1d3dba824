//! Choices fed back: a run that was recorded, a token, a candidate of the shrinker.
//!
//! Both replays are ordinary strategies over [`Picks`]. [`Strict`] is for the same program: it says where
//! a run first differs from its schedule. [`Guided`] is for a program or a schedule that was changed: it
//! follows as far as that makes sense and never fails. Where there is nothing to follow, both do what is
//! nobody's choice: stay with who runs, else take the first by path.

mod roster;
mod scripted;
mod swapped;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use self::roster::{Life, Roster};
pub(crate) use self::scripted::Scripted;
pub(crate) use self::swapped::{Heard, Order, Step, Swapped};
use super::{Point, Ready, Strategy};
use crate::event::GoId;
use crate::schedule::{Datum, Picks, Turn};

/// For how many choices [`Guided`] waits until whose turn it is can run.
const PATIENCE: u32 = 64;

/// Does exactly what is written, and notes the first place where that is not possible.
#[derive(Debug)]
pub(crate) struct Strict {
    roster: Roster,
    turns: Turns,
    data: Data,
    shared: Arc<Shared>,
    /// Nothing has differed yet.
    faithful: bool,
}

/// Where a strict replay left its schedule; whoever runs it keeps this.
#[derive(Clone, Debug)]
pub(crate) struct Divergence(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    first: Mutex<Option<String>>,
    total: u64,
    done: AtomicU64,
}

impl Divergence {
    /// What differed first, once the run has ended: nothing if it was the same from beginning to end.
    pub(crate) fn text(&self) -> Option<String> {
        let first = self.0.first.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let (done, total) = (self.0.done.load(Ordering::Relaxed), self.0.total);
        let early = || format!("the run ended after choice {done} of {total}");
        first.or_else(|| (done < total).then(early))
    }
}

impl Strict {
    /// A replay of these choices, and where it will be told whether they could be done.
    pub(crate) fn new(picks: &Picks) -> (Self, Divergence) {
        let total = picks.runs.iter().map(|turn| u64::from(turn.count)).sum();
        let shared = Arc::new(Shared { total, ..Shared::default() });
        let strict = Self {
            roster: Roster::new(&picks.names),
            turns: Turns::new(picks),
            data: Data::new(picks),
            shared: Arc::clone(&shared),
            faithful: true,
        };
        (strict, Divergence(shared))
    }

    /// Whose turn it is, if that one can go on.
    #[inline]
    fn follow(&mut self, point: &Point<'_>) -> Option<GoId> {
        let turn = self.turns.current()?;
        let go = self.roster.find(turn.name)?;
        if !self.roster.may(go, point) {
            return None;
        }
        self.turns.take();
        self.shared.done.store(self.turns.done, Ordering::Relaxed);
        Some(go)
    }

    #[cold]
    fn differs(&mut self, how: &str) {
        self.faithful = false;
        let text = format!("choice {}: {how}", self.turns.done + 1);
        *self.shared.first.lock().unwrap_or_else(PoisonError::into_inner) = Some(text);
    }

    fn why_not(&self) -> String {
        let Some(Turn { name, .. }) = self.turns.current() else {
            return "the schedule ends here, and the run goes on".to_owned();
        };
        if name == Turn::CLOCK {
            return "the schedule wants the clock, which has no reason to move".to_owned();
        }
        let path = self.roster.path(name);
        match self.roster.find(name) {
            None => format!("the schedule wants {path}, which has not been started"),
            Some(go) if self.roster.life(go) == Life::Ended => {
                format!("the schedule wants {go} ({path}), which has ended")
            }
            Some(go) => format!("the schedule wants {go} ({path}), which is blocked"),
        }
    }
}

impl Strategy for Strict {
    fn choose(&mut self, point: &Point<'_>) -> GoId {
        if self.faithful {
            if let Some(go) = self.follow(point) {
                return go;
            }
            self.differs(&self.why_not());
        }
        self.roster.default(point)
    }

    fn ready(&mut self, go: GoId, why: Ready) {
        self.roster.ready(go, why);
    }

    fn block(&mut self, go: GoId) {
        self.roster.set(go, Life::Blocked);
    }

    fn exit(&mut self, go: GoId) {
        self.roster.set(go, Life::Ended);
    }

    fn pick(&mut self, go: GoId, count: u32) -> Option<u32> {
        let value = self.data.next(go, self.roster.name(go))?;
        if value >= count && self.faithful {
            self.differs(&format!("the schedule wants alternative {value} of {count} for {go}"));
        }
        (value < count).then_some(value)
    }
}

/// Does what is written as far as it can be done, and never fails: a turn whose goroutine cannot run is
/// waited for a while and then dropped, one that is cut short is over.
#[derive(Debug)]
pub(crate) struct Guided {
    roster: Roster,
    turns: Turns,
    data: Data,
    /// For how many choices the present turn has been waited.
    waited: u32,
}

impl Guided {
    /// A replay of these choices.
    pub(crate) fn new(picks: &Picks) -> Self {
        let (roster, turns, data) =
            (Roster::new(&picks.names), Turns::new(picks), Data::new(picks));
        Self { roster, turns, data, waited: 0 }
    }

    /// Whose turn it is, dropping the turns that nobody can take any more.
    fn follow(&mut self, point: &Point<'_>) -> Option<GoId> {
        while let Some(turn) = self.turns.current() {
            let found = self.roster.find(turn.name);
            if let Some(go) = found.filter(|&go| self.roster.may(go, point)) {
                self.turns.take();
                self.waited = 0;
                return Some(go);
            }
            if self.may_come(found) {
                self.waited += 1;
                return None;
            }
            self.turns.skip();
            self.waited = 0;
        }
        None
    }

    /// Whether it is worth waiting for the goroutine whose turn it is.
    fn may_come(&self, found: Option<GoId>) -> bool {
        let ended = found.is_some_and(|go| self.roster.life(go) == Life::Ended);
        !ended && !self.turns.begun() && self.waited < PATIENCE
    }
}

impl Strategy for Guided {
    fn choose(&mut self, point: &Point<'_>) -> GoId {
        match self.follow(point) {
            Some(go) => go,
            None => self.roster.default(point),
        }
    }

    fn ready(&mut self, go: GoId, why: Ready) {
        self.roster.ready(go, why);
    }

    fn block(&mut self, go: GoId) {
        self.roster.set(go, Life::Blocked);
    }

    fn exit(&mut self, go: GoId) {
        self.roster.set(go, Life::Ended);
    }

    fn pick(&mut self, go: GoId, count: u32) -> Option<u32> {
        self.data.next(go, self.roster.name(go)).filter(|&value| value < count)
    }
}

/// The turns, and how far they have been taken.
#[derive(Debug)]
struct Turns {
    list: Vec<Turn>,
    at: usize,
    /// How many choices of the present turn have been made; less than it has.
    taken: u32,
    /// How many choices have been made of all turns.
    done: u64,
}

impl Turns {
    fn new(picks: &Picks) -> Self {
        Self { list: picks.runs.clone(), at: 0, taken: 0, done: 0 }
    }

    #[inline]
    fn current(&self) -> Option<Turn> {
        self.list.get(self.at).copied()
    }

    fn begun(&self) -> bool {
        self.taken > 0
    }

    #[inline]
    fn take(&mut self) {
        self.taken += 1;
        self.done += 1;
        if self.taken >= self.list[self.at].count {
            self.skip();
        }
    }

    fn skip(&mut self) {
        self.at += 1;
        self.taken = 0;
    }
}

/// The data choices, by whose they are.
#[derive(Debug)]
struct Data {
    /// From (name, which data choice of that goroutine) to the value.
    values: BTreeMap<(u32, u32), u32>,
    /// By number: how many data choices that goroutine has had.
    asked: Vec<u32>,
}

impl Data {
    fn new(picks: &Picks) -> Self {
        let value = |datum: &Datum| ((datum.name, datum.ordinal), datum.value);
        Self { values: picks.data.iter().map(value).collect(), asked: Vec::new() }
    }

    /// What the next data choice of `go` is, if that is written.
    fn next(&mut self, go: GoId, name: Option<u32>) -> Option<u32> {
        if self.values.is_empty() {
            return None;
        }
        if go.index() >= self.asked.len() {
            self.asked.resize(go.index() + 1, 0);
        }
        let ordinal = self.asked[go.index()];
        self.asked[go.index()] += 1;
        self.values.get(&(name?, ordinal)).copied()
    }
}
