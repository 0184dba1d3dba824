//! The deciding pair: two steps of which one order gives the finding, and the other does not.
//!
//! Only what was tried is said: both orders are completed at random many times, and a pair is one only if
//! nearly all runs of the one order show the finding and nearly none of the other. The two are looked for
//! among the steps of the schedule, and then among those of one that does not show the finding and went the
//! same way for a while: what is missing in the one may have come too late (Choi, Zeller, ISSTA 2002). Where
//! no such schedule turns up, there is nothing to decide, and that is said.

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
/// From where in the schedule it is left for another one, in parts of its length, and how often from each.
const LEFT_AT: [(usize, usize); 5] = [(7, 8), (3, 4), (1, 2), (1, 4), (0, 1)];
const LEFT: u64 = 10;

/// Two steps that decide.
#[derive(Clone, Copy, Debug)]
struct Pair {
    first: Step,
    second: Step,
    /// How many runs failed with the first one first, and with the second one first.
    failed: (u64, u64),
}

/// What decides.
#[derive(Clone, Copy, Debug)]
enum Decided {
    By(Pair),
    /// Nothing that a schedule could do.
    Before,
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
        let unseen = trace.accesses(finding).contains(&None);
        let after = if unseen { "; one of them comes after main has returned" } else { "" };
        return Some(format!("{UNORDERED}{after}"));
    }
    match decided(program, setup, schedule, finding).ok().flatten()? {
        Decided::By(pair) => Some(pair.text(trace)),
        Decided::Before => Some(format!(
            "order hardly matters: {} other schedules, drawn from here and there on, fail this way too",
            LEFT * LEFT_AT.len() as u64
        )),
    }
}

/// What decides that a schedule shows the finding.
fn decided(
    program: &Program,
    setup: &Setup,
    schedule: &Schedule,
    finding: &Finding,
) -> Result<Option<Decided>, String> {
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
        let decided = trial.decided();
        (decided, Some(trial.runner))
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
    fn decided(&mut self) -> Option<Decided> {
        let (true, heard) = self.run(Order::Keep, 0)? else { return None };
        let steps = heard.list();
        if let Some(pair) = self.pair(&steps, &candidates(&steps))? {
            return Some(Decided::By(pair));
        }
        let Some(passing) = self.passing(steps.len())? else { return Some(Decided::Before) };
        let pair = self.pair(&steps, &candidates_beside(&steps, &passing))?;
        pair.map(Decided::By)
    }

    /// The first of these pairs that decides. Nothing if no more runs can be done.
    fn pair(&mut self, steps: &[Step], pairs: &[(usize, Step)]) -> Option<Option<Pair>> {
        let mut counted = 0;
        for &(a, second) in pairs.iter().take(TRIED) {
            let other = Order::Second(a, second);
            if self.shows(other, 0)? {
                continue;
            }
            counted += 1;
            if let Some(failed) = self.count(Order::First(a), other)? {
                return Some(Some(Pair { first: steps[a], second, failed }));
            }
            if counted == COUNTED {
                break;
            }
        }
        Some(None)
    }

    /// The steps of a schedule that goes this way for a while and then does not show the finding, if there
    /// is one: the longer they go together, the better. Nothing if no more runs can be done.
    fn passing(&mut self, steps: usize) -> Option<Option<Vec<Step>>> {
        for (part, of) in LEFT_AT {
            for n in 0..LEFT {
                let (shown, heard) = self.run(Order::First(steps * part / of), n)?;
                if !shown {
                    return Some(Some(heard.list()));
                }
            }
        }
        Some(None)
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
fn candidates(steps: &[Step]) -> Vec<(usize, Step)> {
    let from = steps.len().saturating_sub(LATEST);
    let partners = |b: usize| {
        let others = (from..b).rev().filter(move |&a| may_decide(&steps[a], &steps[b]));
        others.take(PARTNERS).map(move |a| (a, b))
    };
    let mut pairs: Vec<(usize, usize)> = (from..steps.len()).flat_map(partners).collect();
    let switches_after = |a: usize| steps.get(a + 1).is_some_and(|next| next.switch);
    pairs.sort_by_key(|&(a, b)| {
        let at_a_switch = steps[b].switch || switches_after(a);
        (!at_a_switch, Reverse(b), b - a)
    });
    pairs.into_iter().map(|(a, b)| (a, steps[b])).collect()
}

/// Steps of the schedule, and those of one that passes which could have come before and did not. Late ones
/// of the first come first, and early ones of the other.
fn candidates_beside(steps: &[Step], passing: &[Step]) -> Vec<(usize, Step)> {
    let common = steps.iter().zip(passing).take_while(|(a, b)| is_same(a, b)).count();
    let from = steps.len().saturating_sub(LATEST).max(common.saturating_sub(1));
    let beside = |a: usize| {
        let late = move |b: &&Step| !steps[..a].iter().any(|step| is_same(step, b));
        let others = passing[common..].iter().filter(move |b| may_decide(&steps[a], b));
        others.filter(late).take(PARTNERS).map(move |b| (a, *b))
    };
    (from..steps.len()).rev().flat_map(beside).collect()
}

/// Whether the order of two steps can be observed, and is worth a sentence.
fn may_decide(a: &Step, b: &Step) -> bool {
    a.go != b.go && a.op.conflicts(&b.op) && !is_end(a) && !is_end(b)
}

fn is_same(a: &Step, b: &Step) -> bool {
    (a.go, a.op.action(), a.op.object(), a.op.place)
        == (b.go, b.op.action(), b.op.object(), b.op.place)
}

/// An end says nothing about the program's lines.
fn is_end(step: &Step) -> bool {
    step.op.action() == Action::End
}

impl Pair {
    /// The sentence: which step must not come before which, and how surely.
    fn text(&self, trace: &Trace) -> String {
        let say = |step: &Step| {
            let (words, who) = (trace.words_of(&step.op), trace.name(step.go));
            match step.op.action() {
                Action::Return => "main's return".to_owned(),
                _ => format!("`{words}` at {} in {who}", step.op.place),
            }
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
