//! A finding's schedule made small: as few switches as still show it.

use super::again::{Follow, follower, setup_of};
use super::apart::apart;
use super::program::Program;
use super::runner::Runner;
use super::setup::Setup;
use crate::backend::sim::Record;
use crate::detect::{Kind, findings};
use crate::report::{Found, Shrunk, Switches};
use crate::schedule::{Cost, Dice, Entry, Plan, Purpose, Schedule, Trial, Tried, shrink};
use crate::strategy::{Scripted, Strategy};

/// Candidates that are run for a finding, and their steps in all: counted, so that the result is the same
/// on every machine.
const RUNS: u32 = 1_000;
const STEPS: u64 = 20_000_000;
/// How many more steps than the first schedule a candidate may take.
const ASTRAY: u64 = 10_000;

/// The smallest schedule found that shows the finding, if it is smaller than the one that is known.
pub(super) fn shrunk(
    program: &Program,
    setup: &Setup,
    found: &Found,
    steps: u64,
) -> Result<Option<(Schedule, Shrunk)>, String> {
    if matches!(found.finding.kind, Kind::Stranded | Kind::Divergence | Kind::StepLimit) {
        return Ok(None);
    }
    let schedule = &found.schedule;
    let setup = Setup { steps: steps.saturating_add(ASTRAY), ..setup_of(setup, schedule) };
    let follower = follower(program, &setup, schedule, Follow::Strictly)?;
    let (program, schedule) = (program.clone(), schedule.clone());
    let signature = found.finding.signature.clone();
    apart(move || {
        let name = schedule.strategy().to_owned();
        let runner = Runner::new(&program, &setup, move |_| name.clone());
        let gated = follower.gated;
        let mut shrinking = Shrinking { runner, schedule, signature, gated, runs: 0, steps: 0 };
        let smaller = shrinking.shrink(follower.strategy);
        (smaller, Some(shrinking.runner))
    })
}

struct Shrinking {
    runner: Runner,
    schedule: Schedule,
    signature: String,
    gated: bool,
    runs: u32,
    steps: u64,
}

impl Shrinking {
    fn shrink(&mut self, strategy: Box<dyn Strategy>) -> Option<(Schedule, Shrunk)> {
        let dice = Dice::new(self.schedule.seed(), self.schedule.index(), Purpose::Select);
        let (scripted, script) = Scripted::following(strategy, dice);
        self.run(scripted)?;
        let before = Switches { all: self.schedule.switches(), preemptions: script.preemptions() };
        // As a plan it may go another way already.
        let start = self.attempt(&script.plan())?;
        let best = shrink(start, self);
        let preemptions = self.attempt(&best.plan)?.cost.preemptions;
        let schedule = self.runner.schedule(self.schedule.strategy().to_owned(), true);
        let after = Switches { all: schedule.switches(), preemptions };
        let smaller = (after.preemptions, after.all) <= (before.preemptions, before.all);
        smaller.then_some((schedule, Shrunk { before, after }))
    }

    /// The record, if it shows what it should.
    fn run(&mut self, scripted: Scripted) -> Option<Record> {
        if self.runner.tainted() {
            return None;
        }
        self.runs += 1;
        let record = self.runner.scripted(self.schedule.index(), self.gated, Box::new(scripted));
        self.steps += record.steps;
        let same = findings(&record.ending).iter().any(|other| other.signature == self.signature);
        same.then_some(record)
    }

    fn attempt(&mut self, plan: &Plan) -> Option<Tried> {
        let (scripted, script) = Scripted::by(plan);
        let record = self.run(scripted)?;
        let taken = script.taken(plan);
        let is_pick = |entry: &&Entry| matches!(entry, Entry::Pick { .. });
        let turns = script.turns();
        let cost = Cost {
            preemptions: script.preemptions(),
            stretches: self.runner.stretches(),
            picks: taken.entries.iter().filter(is_pick).count() as u32,
            people: turns.iter().filter(|(_, turns)| *turns > 0).count() as u32,
            steps: record.steps,
        };
        Some(Tried { plan: taken, cost, turns })
    }
}

impl Trial for Shrinking {
    fn run(&mut self, plan: &Plan) -> Option<Tried> {
        self.attempt(plan)
    }

    fn is_over(&self) -> bool {
        self.runs >= RUNS || self.steps >= STEPS || self.runner.tainted()
    }
}
