//! Runs and reports as values.

use std::collections::BTreeMap;
use std::time::Duration;

use super::{grouped, plural};
use crate::detect::{Finding, Kind};
use crate::event::{Exit, GoroutineInfo};
use crate::schedule::Schedule;

/// One execution of a program.
#[derive(Clone, Debug)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Run {
    /// How it ended.
    pub exit: Exit,
    /// What it wrote to standard output.
    pub stdout: String,
    /// What it wrote to standard error, with what Go would print for a crash.
    pub stderr: String,
    /// What is wrong with it.
    pub findings: Vec<Finding>,
    /// The goroutines that were left when it ended.
    pub goroutines: Vec<GoroutineInfo>,
    /// How many visible operations it did.
    pub steps: u64,
    /// How long it took; virtual in the simulator.
    pub elapsed: Duration,
    /// Its choices.
    pub schedule: Schedule,
}

impl Run {
    /// The first finding of this kind.
    pub fn found(&self, k: Kind) -> Option<&Finding> {
        self.findings.iter().find(|finding| finding.kind == k)
    }
}

/// What a run showed from outside.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Outcome {
    /// How it ended: `returned`, `exit 3`, `panic: …`, `deadlock`, ….
    pub exit: String,
    /// What it wrote to standard output.
    pub stdout: String,
    /// What the program wrote to standard error, without crash text and without `log!`'s date and time.
    pub stderr: String,
}

/// How often an outcome was seen.
#[derive(Clone, Debug)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Seen {
    /// In how many schedules.
    pub count: u64,
    /// The index of the first of them.
    pub first: u64,
    /// The choices of the first of them.
    pub schedule: Schedule,
}

/// A finding, with where it was found.
#[derive(Clone, Debug)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Found {
    /// What is wrong, as `schedule` shows it.
    pub finding: Finding,
    /// Whether it fails the exploration.
    pub fails: bool,
    /// The index of the first schedule that shows it, from 0.
    pub first: u64,
    /// In how many schedules it was found; in none if it took a schedule that was directed there.
    pub count: u64,
    /// The choices of the first that shows it, made as few as still show it.
    pub schedule: Schedule,
    /// How much smaller that made it, if that was tried.
    pub shrunk: Option<Shrunk>,
}

/// What became of a schedule that was shrunk.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Shrunk {
    /// What it had at first.
    pub before: Switches,
    /// What is left.
    pub after: Switches,
}

/// How often another goroutine was chosen in a schedule.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Switches {
    /// In all.
    pub all: usize,
    /// While the one that ran could have gone on.
    pub preemptions: u32,
}

impl std::fmt::Display for Switches {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let preemptions = plural(self.preemptions.into(), "preemption");
        write!(f, "{preemptions} in {}", switches(self.all))
    }
}

/// `1 context switch`.
pub(super) fn switches(count: usize) -> String {
    match count {
        1 => "1 context switch".to_owned(),
        n => format!("{} context switches", grouped(n as u64)),
    }
}

/// What an exploration found.
///
/// Its `Display` is stable: the same program, settings and seed give the same text, so that it can be
/// kept as a snapshot.
#[derive(Clone, Debug)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Report {
    /// How many schedules were run.
    pub schedules: u64,
    /// How many steps they did together.
    pub steps: u64,
    /// How many of them really differ: in the order of operations that conflict.
    pub distinct: u64,
    /// All that was seen from outside.
    #[cfg_attr(feature = "serde", serde(serialize_with = "super::serial::pairs"))]
    pub outcomes: BTreeMap<Outcome, Seen>,
    /// All that is wrong: what fails first, then in the order in which it was found.
    pub findings: Vec<Found>,
    /// Who decided.
    pub strategy: String,
    /// The seed of all schedules.
    pub seed: u64,
    /// Whether there are no other schedules: only a search can know.
    pub complete: bool,
}

impl Report {
    /// Whether something was found that fails a check.
    pub fn failed(&self) -> bool {
        self.findings.iter().any(|found| found.fails)
    }

    /// The first finding of this kind.
    pub fn found(&self, k: Kind) -> Option<&Found> {
        self.findings.iter().find(|found| found.finding.kind == k)
    }
}
