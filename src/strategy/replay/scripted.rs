//! Runs that are written down as plans, and plans that are run.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::roster::{Life, Roster};
use crate::event::GoId;
use crate::schedule::{Dice, Entry, Name, Names, Plan};
use crate::strategy::{Point, Ready, Strategy};

/// Decides as somebody else does, or by a plan, and writes down what came of it.
pub(crate) struct Scripted {
    source: Source,
    course: Course,
    script: Script,
}

/// Who decides.
enum Source {
    /// Another strategy; data choices that it leaves open are drawn from these dice, as they would have
    /// been without us.
    Other(Box<dyn Strategy>, Dice),
    Plan {
        /// From (who, how often it was chosen) to (who runs, which entry says so).
        switches: BTreeMap<(u32, u32), (u32, usize)>,
        /// From (whose, which) to (value, which entry says so).
        picks: BTreeMap<(u32, u32), (u32, usize)>,
    },
}

/// What came of it; whoever runs it keeps this.
#[derive(Clone, Debug, Default)]
pub(crate) struct Script(Arc<Mutex<Written>>);

#[derive(Debug, Default)]
struct Written {
    departures: Vec<Departure>,
    /// The entries of the plan that came to pass, in that order.
    taken: Vec<usize>,
    preemptions: u32,
    /// By number: who started it, as which one.
    parents: Vec<(GoId, u32)>,
    /// By number: how often it was chosen.
    turns: Vec<u32>,
    /// By number: its position in the plan's list of names.
    names: Vec<Option<u32>>,
}

#[derive(Clone, Copy, Debug)]
enum Departure {
    Switch(GoId, u32, GoId),
    Pick(GoId, u32, u32),
}

impl Script {
    fn written(&self) -> MutexGuard<'_, Written> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How often somebody was interrupted who could have gone on.
    pub(crate) fn preemptions(&self) -> u32 {
        self.written().preemptions
    }

    /// A run of somebody else's as a plan.
    pub(crate) fn plan(&self) -> Plan {
        let written = self.written();
        let mut names = Names::new(|go: GoId| written.parents[go.index()]);
        let entry = |departure: &Departure| match *departure {
            Departure::Switch(from, after, to) => {
                Entry::Switch { from: names.of(from), after, to: names.of(to) }
            }
            Departure::Pick(of, ordinal, value) => Entry::Pick { of: names.of(of), ordinal, value },
        };
        let entries = written.departures.iter().map(entry).collect();
        Plan { entries, names: names.list() }
    }

    /// What a run of `plan` made of it.
    pub(crate) fn taken(&self, plan: &Plan) -> Plan {
        plan.with(self.written().taken.iter().map(|&at| plan.entries[at]).collect())
    }

    /// How often each goroutine with a name was chosen.
    pub(crate) fn turns(&self) -> Vec<(u32, u32)> {
        let written = self.written();
        let named = written.names.iter().zip(&written.turns);
        named.filter_map(|(name, turns)| Some(((*name)?, *turns))).collect()
    }
}

impl Scripted {
    /// Writes down what `other` decides, whose data choices are drawn from `dice`.
    pub(crate) fn following(other: Box<dyn Strategy>, dice: Dice) -> (Self, Script) {
        Self::new(Source::Other(other, dice), &[])
    }

    /// Does what the plan says as far as it can be done, and never fails.
    pub(crate) fn by(plan: &Plan) -> (Self, Script) {
        let (mut switches, mut picks) = (BTreeMap::new(), BTreeMap::new());
        for (at, entry) in plan.entries.iter().enumerate() {
            match *entry {
                Entry::Switch { from, after, to } => switches.insert((from, after), (to, at)),
                Entry::Pick { of, ordinal, value } => picks.insert((of, ordinal), (value, at)),
            };
        }
        Self::new(Source::Plan { switches, picks }, &plan.names)
    }

    fn new(source: Source, names: &[Name]) -> (Self, Script) {
        let script = Script::default();
        let course = Course::new(names);
        (Self { source, course, script: script.clone() }, script)
    }

    fn departs(&mut self, from: GoId, to: GoId, entry: Option<usize>) {
        let after = self.course.turns(from);
        let mut written = self.script.written();
        written.departures.push(Departure::Switch(from, after, to));
        written.taken.extend(entry);
    }

    /// Who runs by the plan, and which entry says so.
    fn planned(&self, point: &Point<'_>) -> Option<(GoId, usize)> {
        let Source::Plan { switches, .. } = &self.source else { return None };
        let last = self.course.last?;
        let at = (self.course.roster.name(last)?, self.course.turns(last));
        let &(to, entry) = switches.get(&at)?;
        let to = self.course.roster.find(to)?;
        (self.course.roster.life(to) == Life::Ready && point.enabled.contains(&to))
            .then_some((to, entry))
    }
}

impl Strategy for Scripted {
    fn choose(&mut self, point: &Point<'_>) -> GoId {
        let default = self.course.default(point);
        let planned = self.planned(point);
        let go = match &mut self.source {
            Source::Other(..) if point.enabled.len() == 1 => point.enabled[0],
            Source::Other(other, _) => other.choose(point),
            Source::Plan { .. } => planned.map_or(default, |(go, _)| go),
        };
        if let Some(last) = self.course.last
            && go != default
        {
            self.departs(last, go, planned.map(|(_, entry)| entry));
            let interrupted = point.current == Some(last) && !self.course.stepped_back;
            self.script.written().preemptions += u32::from(interrupted && go != last);
        }
        self.course.goes(go, &mut self.script.written());
        go
    }

    fn ready(&mut self, go: GoId, why: Ready) {
        self.course.roster.ready(go, why);
        if let Source::Other(other, _) = &mut self.source {
            other.ready(go, why);
        }
        let mut written = self.script.written();
        if go.index() >= written.parents.len() {
            written.parents.resize(go.index() + 1, (GoId::CLOCK, 0));
            written.names.resize(go.index() + 1, None);
        }
        written.parents[go.index()] = self.course.roster.parent(go);
        written.names[go.index()] = self.course.roster.name(go);
    }

    fn block(&mut self, go: GoId) {
        self.course.roster.set(go, Life::Blocked);
        if let Source::Other(other, _) = &mut self.source {
            other.block(go);
        }
    }

    fn exit(&mut self, go: GoId) {
        self.course.roster.set(go, Life::Ended);
        if let Source::Other(other, _) = &mut self.source {
            other.exit(go);
        }
    }

    fn yielded(&mut self, go: GoId) {
        self.course.stepped_back = true;
        if let Source::Other(other, _) = &mut self.source {
            other.yielded(go);
        }
    }

    fn pick(&mut self, go: GoId, count: u32) -> Option<u32> {
        let ordinal = self.course.asked(go);
        let (value, entry) = match &mut self.source {
            Source::Other(other, dice) => {
                (other.pick(go, count).unwrap_or_else(|| dice.below(count)), None)
            }
            Source::Plan { picks, .. } => {
                let name = self.course.roster.name(go);
                let planned = name.and_then(|name| picks.get(&(name, ordinal)));
                let planned = planned.filter(|(value, _)| *value < count);
                planned.map_or((0, None), |&(value, entry)| (value, Some(entry)))
            }
        };
        if value != 0 {
            let mut written = self.script.written();
            written.departures.push(Departure::Pick(go, ordinal, value));
            written.taken.extend(entry);
        }
        Some(value)
    }

    fn asked_always(&self) -> bool {
        true
    }
}

/// How a run has gone so far, and how it goes on without anything special.
#[derive(Debug)]
struct Course {
    roster: Roster,
    /// Who was chosen last.
    last: Option<GoId>,
    /// It has stepped back since.
    stepped_back: bool,
    /// By number: how often it was chosen, and when last.
    turns: Vec<(u32, u64)>,
    now: u64,
    /// By number: how many data choices it has had.
    asked: Vec<u32>,
}

impl Course {
    fn new(names: &[Name]) -> Self {
        Self {
            roster: Roster::new(names),
            last: None,
            stepped_back: false,
            turns: Vec::new(),
            now: 0,
            asked: Vec::new(),
        }
    }

    fn turns(&self, go: GoId) -> u32 {
        self.turns.get(go.index()).map_or(0, |(count, _)| *count)
    }

    /// Who has just run, else the first by path; after stepping back, whoever has not run for longest.
    fn default(&mut self, point: &Point<'_>) -> GoId {
        if !self.stepped_back || point.current != self.last {
            return self.roster.default(point);
        }
        let since = |go: &&GoId| self.turns.get(go.index()).map_or(0, |(_, when)| *when);
        let others = point.enabled.iter().filter(|go| **go != GoId::CLOCK);
        others.min_by_key(|go| (since(go), **go)).copied().unwrap_or(GoId::CLOCK)
    }

    fn goes(&mut self, go: GoId, written: &mut Written) {
        if go.index() >= self.turns.len() {
            self.turns.resize(go.index() + 1, (0, 0));
            written.turns.resize(go.index() + 1, 0);
        }
        self.now += 1;
        let turns = &mut self.turns[go.index()];
        *turns = (turns.0 + 1, self.now);
        written.turns[go.index()] += 1;
        (self.last, self.stepped_back) = (Some(go), false);
    }

    /// Which data choice of `go` it is.
    fn asked(&mut self, go: GoId) -> u32 {
        if go.index() >= self.asked.len() {
            self.asked.resize(go.index() + 1, 0);
        }
        self.asked[go.index()] += 1;
        self.asked[go.index()] - 1
    }
}
