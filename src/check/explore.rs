//! Many schedules.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::again::{Again, Follow, again, confirm, pilot_if};
use super::choice::Resolved;
use super::config::{Config, Shard};
use super::limits::Limits;
use super::program::Program;
use super::sampling::{Sampling, State};
use super::searching::{Progress, Searching};
use super::setup::{Setup, setters};
use super::shrinking::shrunk;
use super::tally::{Tally, sort};
use super::{command, deciding, directing, or_panic, out, verdict::Verdict};
use crate::detect::{Finding, Kind};
use crate::event::LockCycle;
use crate::report::{Failure, Found, Report, Trace};
use crate::schedule::Schedule;
use crate::strategy::{Factory, Search};

/// Schedules that are sampled unless told otherwise.
const SCHEDULES: u64 = 1_000;
/// Schedules after which a search ends unless told otherwise.
const SEARCHED: u64 = 100_000;

/// Explores schedules of a program on the simulator.
///
/// The same settings, seed and program give the same report, whatever the number of jobs.
///
/// ```
/// use goseed::{Explore, chan, go};
///
/// let report = Explore::new().schedules(100).run(|| {
///     let ch = chan(0);
///     let sender = ch.clone();
///     go(move || sender.send(1));
///     ch.recv();
/// });
/// assert!(!report.failed());
/// ```
#[derive(Clone, Debug, Default)]
#[must_use = "it does nothing until it runs a program"]
pub struct Explore {
    setup: Setup,
    schedules: Option<u64>,
    budget: Option<Duration>,
    jobs: Option<usize>,
    shard: Option<Shard>,
    /// A token, or a file with one; without it, what `GOSEED_REPLAY` asks for.
    replay: Option<String>,
    pub(super) limits: Limits,
}

/// A report, with the run that shows its first failing finding.
#[derive(Debug)]
pub(super) struct Explored {
    pub(super) report: Report,
    trace: Option<Trace>,
}

impl Explore {
    /// 1,000 schedules of seed 0, by `mix`, until the first that fails.
    pub fn new() -> Self {
        Self::default()
    }

    /// The same with what the environment asks for: `GOSEED_SEED`, `GOSEED_SCHEDULES`,
    /// `GOSEED_SECONDS`, `GOSEED_STRATEGY`, `GOSEED_TIME`, `GOSEED_JOBS`, `GOSEED_SHARD`,
    /// `GOSEED_STACK` and, for [`check`](Self::check), `GOSEED_REPLAY`.
    ///
    /// # Panics
    ///
    /// If one of them has a bad value; the text names it.
    #[track_caller]
    pub fn from_env() -> Self {
        let config = or_panic(Config::from_env());
        Self {
            setup: Setup::from_config(&config),
            schedules: config.schedules,
            budget: config.budget,
            jobs: config.jobs,
            shard: config.shard,
            replay: None,
            limits: Limits::default(),
        }
    }

    setters!();

    /// How many schedules; 1,000 by default, without a limit if there is a budget, and at most 100,000
    /// for a search.
    pub fn schedules(mut self, n: u64) -> Self {
        self.schedules = Some(n);
        self
    }

    /// This many schedules, unless told otherwise.
    #[cfg(feature = "proptest")]
    pub(super) fn schedules_or(mut self, n: u64) -> Self {
        self.schedules.get_or_insert(n);
        self
    }

    /// How long it may take. It ends with the schedules that are under way then, so that how many there
    /// were depends on the machine.
    pub fn budget(mut self, d: Duration) -> Self {
        self.budget = Some(d);
        self
    }

    /// On how many threads; 1 by default. A search always uses one.
    pub fn jobs(mut self, n: usize) -> Self {
        self.jobs = Some(n.max(1));
        self
    }

    /// Findings of this kind do not fail the exploration.
    pub fn allow(mut self, k: Kind) -> Self {
        self.limits.verdict.set(k, false);
        self
    }

    /// Findings of this kind fail the exploration.
    pub fn deny(mut self, k: Kind) -> Self {
        self.limits.verdict.set(k, true);
        self
    }

    /// Goes on after the first failing finding, to the last schedule.
    pub fn keep_going(mut self) -> Self {
        self.limits.keep_going = true;
        self
    }

    /// Explores `main`.
    ///
    /// # Panics
    ///
    /// If there is no strategy of the given name, or if a strategy panics. What goes wrong in the program
    /// is told by the [`Report`].
    #[track_caller]
    pub fn run<F: Fn() + Send + Sync + 'static>(&self, main: F) -> Report {
        let program = Program::new(main, self.setup.name.as_deref());
        or_panic(self.explored(&program)).report
    }

    /// As [`check`](crate::check()), with these settings. It replays what `GOSEED_REPLAY` asks for, since its
    /// failures end with such a line, and reads nothing else from the environment.
    ///
    /// # Panics
    ///
    /// With the failure, if something is found that fails; and if it is to run no schedule at all, which would
    /// prove nothing.
    #[track_caller]
    pub fn check<F: Fn() + Send + Sync + 'static>(&self, main: F) {
        let program = Program::counted(main, self.setup.name.as_deref());
        let _report = self.checked(&program);
    }

    /// As [`check`](Self::check); the report, unless a token was replayed instead.
    #[track_caller]
    pub(super) fn checked(&self, program: &Program) -> Option<Report> {
        if let Some(failure) = self.replayed(program) {
            match failure {
                Ok(None) => return None,
                Ok(Some(text)) | Err(text) => panic!("{text}"),
            }
        }
        assert!(self.schedules != Some(0), "a check of 0 schedules: at least one is needed");
        let explored = or_panic(self.explored(program));
        if let Some(text) = self.failure(program, &explored, Pages::Written) {
            panic!("{text}");
        }
        Some(explored.report)
    }

    /// The same with so many times the budget.
    pub(super) fn longer(&self, times: u64) -> Self {
        let schedules = self.schedules.or(self.budget.is_none().then_some(SCHEDULES));
        Self {
            schedules: schedules.map(|n| n.saturating_mul(times)),
            budget: self.budget.map(|time| time.saturating_mul(times as u32)),
            ..self.clone()
        }
    }

    #[cfg(test)]
    pub(super) fn only(&mut self, shard: Shard) {
        self.shard = Some(shard);
    }

    #[cfg(test)]
    pub(super) fn replaying(&mut self, token: &str) {
        self.replay = Some(token.to_owned());
    }

    /// All schedules, and each finding done again.
    pub(super) fn explored(&self, program: &Program) -> Result<Explored, String> {
        let setup = &self.setup;
        let strategy =
            setup.strategy.resolve().map_err(|error| format!("no such strategy: {error}"))?;
        let (name, tally, complete) = match strategy {
            Resolved::Sample(factory) => {
                (factory.name(), self.sample(program, Arc::clone(&factory))?, false)
            }
            Resolved::Search(name, make) => {
                let (tally, complete) = self.search(program, name.clone(), make())?;
                (name, tally, complete)
            }
        };
        self.confirmed(program, tally.report(name, setup.seed, complete))
    }

    fn sample(&self, program: &Program, factory: Arc<dyn Factory>) -> Result<Tally, String> {
        let unlimited = self.budget.map_or(SCHEDULES, |_| u64::MAX / 2);
        let shard = self.shard.unwrap_or(Shard::ALL);
        let sampling = Sampling {
            program: program.clone(),
            setup: self.setup.clone(),
            pilot: pilot_if(factory.needs_pilot(), program, &self.setup)?,
            factory,
            shard,
            schedules: shard.size(self.schedules.unwrap_or(unlimited)),
            limits: self.limits.clone().starting(self.budget),
            state: Mutex::new(State::default()),
        };
        sampling.run(self.jobs.unwrap_or(1))
    }

    fn search(
        &self,
        program: &Program,
        name: String,
        search: Box<dyn Search>,
    ) -> Result<(Tally, bool), String> {
        let searching = Searching {
            program: program.clone(),
            setup: self.setup.clone(),
            name,
            search,
            schedules: self.schedules.unwrap_or(SEARCHED),
            limits: self.limits.clone().starting(self.budget),
            progress: Progress::default(),
        };
        searching.run()
    }

    /// Does the schedule of each finding again, and makes it small. Those that do not show it any more are
    /// divergences; those that are a step towards a deadlock are led to it.
    fn confirmed(&self, program: &Program, mut report: Report) -> Result<Explored, String> {
        let mut trace = None;
        let (mut diverged, mut cycles): (Vec<Found>, _) = (Vec::new(), Vec::new());
        for found in &mut report.findings {
            let again = again(program, &self.setup, &found.schedule, Follow::Strictly)?;
            match confirm(&found.finding, &again) {
                Ok(()) => {
                    let again = self.shrunk(program, found, again)?;
                    if found.finding.kind == Kind::LockOrder {
                        let noted = again.lock_orders.into_iter();
                        cycles.extend(noted.map(|cycle| (found.schedule.clone(), cycle)));
                    }
                    if found.fails && trace.is_none() {
                        trace = Some(again.trace);
                    }
                }
                Err(finding) => diverged.push(self.divergence(*finding, found)),
            }
        }
        report.findings.extend(diverged);
        for (noted, cycle) in cycles {
            let Some((found, again)) = self.directed(program, &report, &noted, &cycle)? else {
                continue;
            };
            if found.fails && trace.is_none() {
                trace = Some(again.trace);
            }
            report.findings.push(found);
        }
        sort(&mut report.findings);
        Ok(Explored { report, trace })
    }

    /// The deadlock that locks in different orders lead to, unless it has been found.
    fn directed(
        &self,
        program: &Program,
        report: &Report,
        noted: &Schedule,
        cycle: &LockCycle,
    ) -> Result<Option<(Found, Again)>, String> {
        let lines = directing::lines(cycle);
        let known = |found: &Found| directing::is_deadlock(&found.finding, &lines);
        if report.findings.iter().any(known) {
            return Ok(None);
        }
        let deadlock = directing::deadlock(program, &self.setup, noted, cycle)?;
        let Some((finding, schedule)) = deadlock else { return Ok(None) };
        let again = again(program, &self.setup, &schedule, Follow::Strictly)?;
        if confirm(&finding, &again).is_err() {
            return Ok(None);
        }
        let (fails, first) = (self.limits.verdict.fails(finding.kind), schedule.index());
        let mut found = Found { finding, fails, first, count: 0, schedule, shrunk: None };
        let again = self.shrunk(program, &mut found, again)?;
        Ok(Some((found, again)))
    }

    /// Makes the schedule of a finding small; the run that shows it, which is `again` if it is as small as
    /// can be. The finding's text is that of this run.
    fn shrunk(&self, program: &Program, found: &mut Found, again: Again) -> Result<Again, String> {
        let mut shown = again;
        if let Some((smaller, shrunk)) = shrunk(program, &self.setup, found, shown.run.steps)? {
            let small = super::again::again(program, &self.setup, &smaller, Follow::Strictly)?;
            if confirm(&found.finding, &small).is_ok() {
                (found.schedule, found.shrunk) = (smaller, Some(shrunk));
                shown = small;
            }
        }
        let same = |told: &&Finding| told.signature == found.finding.signature;
        if let Some(told) = shown.run.findings.iter().find(same) {
            found.finding = told.clone();
        }
        Ok(shown)
    }

    fn divergence(&self, finding: Finding, of: &Found) -> Found {
        let fails = self.limits.verdict.fails(finding.kind);
        Found { finding, fails, count: 1, ..of.clone() }
    }

    /// What a check panics with, if something fails.
    pub(super) fn failure(
        &self,
        program: &Program,
        explored: &Explored,
        pages: Pages,
    ) -> Option<String> {
        let Explored { report, trace } = explored;
        let findings = &report.findings;
        let first = findings.iter().find(|found| found.fails)?;
        let others = findings.iter().filter(|found| !std::ptr::eq(*found, first));
        let others = others.map(|found| found.finding.first_line()).collect();
        let trace = trace.as_ref();
        let Found { finding, schedule, shrunk, .. } = first;
        let shrunk = *shrunk;
        let why = |trace| deciding::why(program, &self.setup, schedule, finding, trace);
        let why = trace.and_then(why);
        self.tell(program, schedule);
        let config = Config::from_env().unwrap_or_default();
        let command = &command::command(&config, program.type_name, schedule);
        let page = None;
        let failure = Failure { finding, schedule, shrunk, trace, why, others, command, page };
        Some(with_page(failure, pages, &config).text())
    }

    /// Does a failing schedule once more, for whoever has installed a `tracing` subscriber.
    fn tell(&self, program: &Program, schedule: &Schedule) {
        let setup = self.setup.alone();
        if setup.told {
            let _ = again(program, &setup, schedule, Follow::Strictly);
        }
    }

    /// The schedule that `GOSEED_REPLAY` asks for, and nothing else, if it is one of this program.
    fn replayed(&self, program: &Program) -> Option<Result<Option<String>, String>> {
        let token = self.replay.clone().or_else(Config::replay)?;
        let schedule = match command::token(&token) {
            Ok(schedule) => schedule,
            Err(error) => return Some(Err(error)),
        };
        if !program.owns(&schedule) {
            say(&format!("GOSEED_REPLAY: not a schedule of {program:?}, which runs normally"));
            return None;
        }
        let again = again(program, &self.setup.alone(), &schedule, Follow::Strictly);
        Some(again.map(|again| self.replay_failure(program, &schedule, &again)))
    }

    fn replay_failure(
        &self,
        program: &Program,
        schedule: &Schedule,
        again: &Again,
    ) -> Option<String> {
        let Again { run, trace, difference, .. } = again;
        let verdict: &Verdict = &self.limits.verdict;
        let failing = run.findings.iter().find(|finding| verdict.fails(finding.kind));
        if let Some(finding) = failing {
            let others = run.findings.iter().filter(|other| !std::ptr::eq(*other, finding));
            let others = others.map(Finding::first_line).collect();
            let why = deciding::why(program, &self.setup, schedule, finding, trace);
            let (trace, shrunk, page) = (Some(trace), None, None);
            let config = Config::from_env().unwrap_or_default();
            let command = &command::command(&config, program.type_name, schedule);
            let failure = Failure { finding, schedule, shrunk, trace, why, others, command, page };
            return Some(with_page(failure, Pages::Written, &config).text());
        }
        match difference {
            Some(difference) => Some(format!("divergence: {difference}")),
            None => {
                say("GOSEED_REPLAY: this schedule shows nothing that fails");
                None
            }
        }
    }
}

/// Whether a failure is also a page in a file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Pages {
    Written,
    Left,
}

fn with_page<'a>(failure: Failure<'a>, pages: Pages, config: &Config) -> Failure<'a> {
    let html = failure.html().filter(|_| pages == Pages::Written);
    let page = html.and_then(|html| out::write(config, failure.schedule, "html", &html));
    Failure { page, ..failure }
}

/// One line for whoever set `GOSEED_REPLAY`, captured by the test that it belongs to.
#[expect(clippy::print_stderr, reason = "the test goes on; there is no other way to say it")]
pub(super) fn say(line: &str) {
    eprintln!("{line}");
}
