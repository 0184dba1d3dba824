//! From a note that locks are taken in different orders to the deadlock, if there is one.

use super::again::setup_of;
use super::apart::apart;
use super::program::Program;
use super::runner::Runner;
use super::setup::Setup;
use crate::detect::{Finding, Kind, findings};
use crate::event::{LockCycle, Place};
use crate::schedule::{Dice, Purpose, Schedule};
use crate::strategy::Directed;

/// Schedules that are tried for a cycle.
const SCHEDULES: u64 = 50;
/// Who decides them, as it is printed.
const NAME: &str = "directed";

/// The lines that take the second locks of a cycle.
pub(super) fn lines(cycle: &LockCycle) -> Vec<Place> {
    cycle.0.iter().map(|edge| edge.who.place).collect()
}

/// Whether these goroutines are lost, each at one of the lines.
pub(super) fn is_deadlock(finding: &Finding, lines: &[Place]) -> bool {
    let lost = matches!(finding.kind, Kind::Deadlock | Kind::Leak);
    lost && lines.iter().all(|line| finding.places.contains(&line.to_string()))
}

/// The deadlock that a cycle leads to, and its schedule. `noted` is the schedule that shows the cycle.
pub(super) fn deadlock(
    program: &Program,
    setup: &Setup,
    noted: &Schedule,
    cycle: &LockCycle,
) -> Result<Option<(Finding, Schedule)>, String> {
    let setup = Setup { races: false, ..setup_of(setup, noted) };
    let (program, seed, lines) = (program.clone(), noted.seed(), lines(cycle));
    apart(move || {
        let mut runner = Runner::new(&program, &setup, |_| NAME.to_owned());
        let mut found = None;
        for n in 0..SCHEDULES {
            let strategy = Directed::new(&lines, Dice::new(seed, n, Purpose::Directed));
            let record = runner.scripted(n, false, Box::new(strategy));
            let mut all = findings(&record.ending).into_iter();
            found = all.find(|finding| is_deadlock(finding, &lines));
            if found.is_some() || runner.tainted() {
                break;
            }
        }
        let found = found.map(|finding| (finding, runner.schedule(NAME.to_owned(), true)));
        (found, Some(runner))
    })
}
