//! A schedule done again: to show it, to be sure of it, or because somebody pasted its token.

use std::sync::Arc;

use super::apart::told_apart;
use super::choice::{Choice, Resolved};
use super::pilot::pilot;
use super::program::Program;
use super::runner::Runner;
use super::setup::Setup;
use crate::backend::sim::Record;
use crate::detect::{Finding, findings};
use crate::event::{Ending, Exit, GoroutineInfo, LockCycle, crash_text};
use crate::report::{Run, Trace};
use crate::schedule::Schedule;
use crate::strategy::{Factory, Guided, Pilot, Strategy, Strict};

/// How exactly a schedule is to be followed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Follow {
    /// Choice by choice: the first that is impossible is a divergence.
    Strictly,
    /// As far as the program still goes that way.
    Guided,
}

/// A schedule that was done again.
#[derive(Debug)]
pub(super) struct Again {
    pub(super) run: Run,
    pub(super) trace: Trace,
    /// Locks that were taken in different orders.
    pub(super) lock_orders: Vec<LockCycle>,
    /// The first choice that could not be followed.
    pub(super) difference: Option<String>,
}

/// Does a schedule again, with its own seed, time model and strategy.
///
/// # Errors
///
/// There is no strategy of that name, or a strategy panicked.
pub(super) fn again(
    program: &Program,
    setup: &Setup,
    schedule: &Schedule,
    follow: Follow,
) -> Result<Again, String> {
    let setup = setup_of(setup, schedule);
    let Follower { strategy, difference, gated } = follower(program, &setup, schedule, follow)?;
    let (program, schedule) = (program.clone(), schedule.clone());
    told_apart(setup.told, move || {
        let name = schedule.strategy().to_owned();
        let mut runner = Runner::new(&program, &setup, move |_| name.clone()).explaining();
        let (mut record, moments) = runner.again(schedule.index(), gated, strategy);
        let data = record.trace.take().expect("it was asked for");
        let trace = Trace::new(data.events, data.goroutines, data.objects);
        let trace = trace.standing(moments).then(data.late);
        let schedule = runner.schedule(schedule.strategy().to_owned(), true);
        let lock_orders = record.ending.lock_orders.clone();
        let run = run_of(record, schedule);
        (Again { run, trace, lock_orders, difference: difference() }, Some(runner))
    })
}

/// The settings that belong to the schedule.
pub(super) fn setup_of(setup: &Setup, schedule: &Schedule) -> Setup {
    let recipe = &schedule.0;
    Setup { seed: recipe.seed, time: recipe.time, preempt: recipe.preempt, ..setup.clone() }
}

/// Who made the schedule, if it samples, and whether a search did.
fn strategy_of(
    setup: &Setup,
    schedule: &Schedule,
) -> Result<(Option<Arc<dyn Factory>>, bool), String> {
    if let Ok(Resolved::Sample(factory)) = setup.strategy.resolve()
        && factory.resolved(schedule.index()) == schedule.strategy()
    {
        return Ok((Some(factory), false));
    }
    match Choice::Text(schedule.strategy().to_owned()).resolve() {
        Ok(Resolved::Sample(factory)) => Ok((Some(factory), false)),
        Ok(Resolved::Search(..)) => Ok((None, true)),
        Err(_) if schedule.0.picks.is_some() => Ok((None, false)),
        Err(error) => Err(error),
    }
}

/// Whether a search made the schedule: then only those whose operation can be done are chosen.
pub(super) fn is_gated(setup: &Setup, schedule: &Schedule) -> Result<bool, String> {
    strategy_of(setup, schedule).map(|(_, gated)| gated)
}

fn no_choices(schedule: &Schedule) -> String {
    format!(
        "a schedule of {} can be done again only if its choices are written out",
        schedule.strategy()
    )
}

/// The pilot's figures, if they are needed.
pub(super) fn pilot_if(needed: bool, program: &Program, setup: &Setup) -> Result<Pilot, String> {
    match needed {
        true => pilot(program, setup),
        false => Ok(Pilot { points: 1, goroutines: 1 }),
    }
}

/// Who does a schedule again.
pub(super) struct Follower {
    pub(super) strategy: Box<dyn Strategy>,
    /// Says, after the run, what could not be followed.
    pub(super) difference: Box<dyn FnOnce() -> Option<String> + Send>,
    /// Whether a search made the schedule.
    pub(super) gated: bool,
}

/// Whoever does this schedule again: the strategy that made it, or its choices where they are written out.
pub(super) fn follower(
    program: &Program,
    setup: &Setup,
    schedule: &Schedule,
    follow: Follow,
) -> Result<Follower, String> {
    let (sampled, gated) = strategy_of(setup, schedule)?;
    let Some(picks) = &schedule.0.picks else {
        let factory = sampled.ok_or_else(|| no_choices(schedule))?;
        let needed = factory.needs_pilot_at(schedule.index());
        let pilot = pilot_if(needed, program, setup)?;
        let strategy = factory.make(setup.seed, schedule.index(), pilot);
        return Ok(Follower { strategy, difference: Box::new(|| None), gated });
    };
    if follow == Follow::Guided {
        let strategy = Box::new(Guided::new(picks));
        return Ok(Follower { strategy, difference: Box::new(|| None), gated });
    }
    let (strict, divergence) = Strict::new(picks);
    let difference = Box::new(move || divergence.text());
    Ok(Follower { strategy: Box::new(strict), difference, gated })
}

/// What a run gives back.
pub(super) fn run_of(record: Record, schedule: Schedule) -> Run {
    let findings = findings(&record.ending);
    let stderr = record.stderr_dated + &crash(&record.ending);
    Run {
        exit: record.ending.exit,
        stdout: record.stdout,
        stderr,
        findings,
        goroutines: record.ending.goroutines.into_iter().map(|(info, _)| info).collect(),
        steps: record.steps,
        elapsed: record.elapsed,
        schedule,
    }
}

/// What Go prints: the goroutine that crashed, or all of them if all are asleep.
pub(super) fn crash(ending: &Ending) -> String {
    let all = matches!(ending.exit, Exit::Deadlock | Exit::StepLimit);
    let shown = |info: &&GoroutineInfo| all || Some(info.id) == ending.culprit;
    let goroutines = ending.goroutines.iter().map(|(info, _)| info);
    crash_text(&ending.exit, ending.main_gone, goroutines.filter(shown))
}

/// Whether a schedule still shows what was found in it; if not, what became of it instead.
pub(super) fn confirm(finding: &Finding, again: &Again) -> Result<(), Box<Finding>> {
    let same = |other: &Finding| other.signature == finding.signature;
    match &again.difference {
        Some(difference) => Err(Box::new(Finding::divergence(finding, difference))),
        None if again.run.findings.iter().any(same) => Ok(()),
        None => {
            let what = format!("it ended with `{}` and without the finding", again.run.exit);
            Err(Box::new(Finding::divergence(finding, &what)))
        }
    }
}
