//! The deciding pair: two steps of which one order gives the finding, and the other does not.
//!
//! Only what was tried is said: both orders are completed at random many times, and a pair is one only if
//! nearly all runs of the one order show the finding and nearly none of the other.

use std::cmp::Reverse;

use super::again::{is_gated, setup_of};
use super::apart::apart;
use super::program::Program;
use super::runner::Runner;
use super::setup::Setup;
use crate::detect::{Finding, Kind, findings};
use crate::event::Action;
use crate::report::Trace;
use crate::schedule::{Dice, Picks, Purpose, Schedule};
use crate::strategy::{Heard, Order, Step, Swapped};

/// Runs of each order.
const RUNS: u64 = 200;
/// In percent: at least so many of the one order fail, at most so many of the other.
const NEARLY_ALL: u64 = 95;
const NEARLY_NONE: u64 = 5;
/// Pairs that are tried once, and those of them that are tried again and again.
const TRIED: usize = 100;
const COUNTED: usize = 8;
/// How many steps at the end of a schedule are looked at.
const LATEST: usize = 1_000;
/// Steps of all runs together.
const STEPS: u64 = 4_000_000;
/// With how many steps before it a step is paired.
const PARTNERS: usize = 4;

/// Two steps that decide.
#[derive(Clone, Copy, Debug)]
struct Pair {
    first: Step,
    second: Step,
    /// How many runs failed with the first one first, and with the second one first.
    failed: (u64, u64),
}

/// What there is to say of a data race: both orders may be harmless, and that is not the point.
const UNORDERED: &str = "nothing orders these two: no lock, channel, WaitGroup or `go` makes one of \
                         them happen before the other";

/// In a sentence, why a schedule shows the finding: the two steps whose order decides, if two do.
pub(super) fn why(
    program: &Program,
    setup: &Setup,
    schedule: &Schedule,
    finding: &Finding,
    trace: &Trace,
) -> Option<String> {
    if finding.kind == Kind::Race {
        return Some(UNORDERED.to_owned());
    }
    let pair = pair(program, setup, schedule, finding).ok().flatten()?;
    Some(pair.text(trace))
}

/// The deciding pair of a schedule that shows the finding.
fn pair(
    program: &Program,
    setup: &Setup,
    schedule: &Schedule,
    finding: &Finding,
) -> Result<Option<Pair>, String> {
    let Some(picks) = schedule.0.picks.clone() else { return Ok(None) };
    if matches!(finding.kind, Kind::Stranded | Kind::Divergence | Kind::StepLimit) {
        return Ok(None);
    }
    let setup = Setup { races: false, ..setup_of(setup, schedule) };
    let (program, schedule) = (program.clone(), schedule.clone());
    let (signature, gated) = (finding.signature.clone(), is_gated(&setup, &schedule)?);
    apart(move || {
        let name = schedule.strategy().to_owned();
        let runner = Runner::new(&program, &setup, move |_| name.clone());
        let mut trial = Trial { runner, schedule, picks, signature, gated, steps: 0 };
        let pair = trial.pair();
        (pair, Some(trial.runner))
    })
}

struct Trial {
    runner: Runner,
    schedule: Schedule,
    picks: Picks,
    signature: String,
    gated: bool,
    steps: u64,
}

impl Trial {
    fn pair(&mut self) -> Option<Pair> {
        let (true, heard) = self.run(Order::Keep, 0)? else { return None };
        let steps = heard.list();
        let mut counted = 0;
        for (a, b) in candidates(&steps).into_iter().take(TRIED) {
            let second = Order::Second(a, steps[b]);
            if self.shows(second, 0)? {
                continue;
            }
            counted += 1;
            if let Some(failed) = self.count(Order::First(a), second)? {
                return Some(Pair { first: steps[a], second: steps[b], failed });
            }
            if counted == COUNTED {
                break;
            }
        }
        None
    }

    /// How many runs of each order fail, if that decides.
    fn count(&mut self, first: Order, second: Order) -> Option<Option<(u64, u64)>> {
        let (mut one, mut other) = (0, 0);
        for n in 0..RUNS {
            one += u64::from(self.shows(first, n)?);
            other += u64::from(self.shows(second, n)?);
            if other * 100 > RUNS * NEARLY_NONE || (n + 1 - one) * 100 > RUNS * (100 - NEARLY_ALL) {
                return Some(None);
            }
        }
        Some(Some((one, other)))
    }

    /// Whether a run of this order shows the finding; also if the order could not be had.
    fn shows(&mut self, order: Order, n: u64) -> Option<bool> {
        let (shown, heard) = self.run(order, n)?;
        Some(shown || heard.impossible())
    }

    /// Nothing if no more runs can be done.
    fn run(&mut self, order: Order, n: u64) -> Option<(bool, Heard)> {
        if self.runner.tainted() || self.steps >= STEPS {
            return None;
        }
        let dice = Dice::new(self.schedule.seed(), n, Purpose::Pair);
        let (swapped, heard) = Swapped::new(&self.picks, order, dice);
        let record = self.runner.scripted(self.schedule.index(), self.gated, Box::new(swapped));
        self.steps += record.steps;
        let same = |other: &Finding| other.signature == self.signature;
        Some((findings(&record.ending).iter().any(same), heard))
    }
}

/// Pairs of steps of different goroutines whose order can be observed. Those at a switch come first, later
/// ones before earlier ones, close ones before distant ones.
fn candidates(steps: &[Step]) -> Vec<(usize, usize)> {
    let from = steps.len().saturating_sub(LATEST);
    let partners = |b: usize| {
        let other = move |a: &usize| {
            steps[*a].go != steps[b].go
                && steps[*a].op.conflicts(&steps[b].op)
                && !is_end(&steps[*a])
                && !is_end(&steps[b])
        };
        (from..b).rev().filter(other).take(PARTNERS).map(move |a| (a, b))
    };
    let mut pairs: Vec<(usize, usize)> = (from..steps.len()).flat_map(partners).collect();
    let switches_after = |a: usize| steps.get(a + 1).is_some_and(|next| next.switch);
    pairs.sort_by_key(|&(a, b)| {
        let at_a_switch = steps[b].switch || switches_after(a);
        (!at_a_switch, Reverse(b), b - a)
    });
    pairs
}

/// An end says nothing about the program's lines.
fn is_end(step: &Step) -> bool {
    step.op.action == Action::End
}

impl Pair {
    /// The sentence: which step must not come before which, and how surely.
    fn text(&self, trace: &Trace) -> String {
        let say = |step: &Step| {
            let (words, who) = (trace.words_of(&step.op), trace.name(step.go));
            format!("`{words}` at {} in {who}", step.op.place)
        };
        format!(
            "{} must not come before {}: {} of {RUNS} runs fail this way, {} of {RUNS} the other way",
            say(&self.first),
            say(&self.second),
            self.failed.0,
            self.failed.1,
        )
    }
}
