//! One scenario explored and judged.

use std::io::IsTerminal;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use goseed::{Explore, Kind, Outcome, Report, Schedule, TimeModel, front};
use indicatif::{ProgressBar, ProgressStyle};
use scenarios::{Headline, Scenario, Unexpected};

use crate::args::Settings;
use crate::out::Failure;
use crate::stop::Stop;
use crate::text::one_line;

/// What an exploration of a scenario gives.
#[derive(Debug)]
pub(crate) struct Explored {
    pub(crate) scenario: &'static Scenario,
    pub(crate) report: Report,
    /// What the verdict does not say; `None` if it does not apply, which it does to idle time
    /// alone.
    pub(crate) unexpected: Option<Vec<Unexpected>>,
    /// Whether all was seen that the verdict is about.
    pub(crate) enough: bool,
    pub(crate) took: Duration,
}

/// What one looks for first, as it was found.
#[derive(Debug)]
pub(crate) struct Hit<'a> {
    /// The kind of finding, or the output.
    pub(crate) what: String,
    /// Schedules until it showed, itself included.
    pub(crate) after: u64,
    pub(crate) schedule: &'a Schedule,
}

impl Explored {
    /// Whether the verdict is broken.
    pub(crate) fn broken(&self) -> bool {
        self.unexpected.as_ref().is_some_and(|all| !all.is_empty())
    }

    /// Schedules in a second.
    pub(crate) fn rate(&self) -> u64 {
        (self.report.schedules as f64 / self.took.as_secs_f64().max(1e-6)) as u64
    }

    /// The headline of the verdict, where it showed first.
    pub(crate) fn hit(&self) -> Option<Hit<'_>> {
        match self.scenario.verdict.headline {
            Headline::Nothing => None,
            Headline::Finding(kind) => self.first_finding(kind),
            Headline::Outcome(like) => self.first_outcome(like),
        }
    }

    fn first_finding(&self, kind: Kind) -> Option<Hit<'_>> {
        let of_kind = self.report.findings.iter().filter(|found| found.finding.kind == kind);
        let found = of_kind.min_by_key(|found| found.first)?;
        let what = match found.finding.goroutines.len() {
            0 | 1 => kind.to_string(),
            many => format!("{many} x {kind}"),
        };
        Some(Hit { what, after: found.first + 1, schedule: &found.schedule })
    }

    fn first_outcome(&self, like: fn(&Outcome) -> bool) -> Option<Hit<'_>> {
        let alike = self.report.outcomes.iter().filter(|(outcome, _)| like(outcome));
        let (outcome, seen) = alike.min_by_key(|(_, seen)| seen.first)?;
        let what = match one_line(&outcome.stdout) {
            line if line.is_empty() => "no output".to_owned(),
            line => line,
        };
        Some(Hit { what, after: seen.first + 1, schedule: &seen.schedule })
    }
}

/// How to explore, and who watches.
#[derive(Debug)]
pub(crate) struct Explorer {
    settings: Settings,
    stop: Stop,
    bar: ProgressBar,
}

impl Explorer {
    /// For these scenarios, with these settings.
    pub(crate) fn new(settings: Settings, scenarios: &[&'static Scenario]) -> Self {
        let bar = bar(&settings, scenarios);
        Self { settings, stop: Stop::on_ctrl_c(), bar }
    }

    /// Whether somebody has stopped it.
    pub(crate) fn stopped(&self) -> bool {
        self.stop.pressed()
    }

    /// Prints something, with the bar out of the way.
    pub(crate) fn print<T>(&self, f: impl FnOnce() -> T) -> T {
        self.bar.suspend(f)
    }

    /// Takes the bar away.
    pub(crate) fn finish(&self) {
        self.bar.finish_and_clear();
    }

    /// Explores one scenario and judges it.
    ///
    /// # Errors
    ///
    /// The simulator gave up.
    pub(crate) fn explore(&self, scenario: &'static Scenario) -> Result<Explored, Failure> {
        self.bar.set_message(scenario.name);
        let (bar, before) = (self.bar.clone(), self.bar.position());
        let watch = Arc::new(Watch::start());
        let seen = Arc::clone(&watch);
        let progress = move |progress: front::Progress| {
            bar.set_position(before + progress.schedules);
            seen.look();
        };
        let explore = self.exploration(scenario);
        let explored =
            front::explore(&explore, scenario.name, self.stop.flag(), progress, scenario.main);
        let report =
            explored.map_err(|error| Failure::Usage(format!("{}: {error}", scenario.name)))?;
        let report = report.into_report();
        self.bar.set_position(before + self.share(scenario));
        let applies = self.settings.time != Some(TimeModel::Racing);
        let unexpected = applies.then(|| scenario.judge(&report, &scenario.in_gos_order()));
        let enough = scenario.is_enough(&report);
        Ok(Explored { scenario, report, unexpected, enough, took: watch.seen() })
    }

    /// The scenario's own exploration, changed by the settings.
    fn exploration(&self, scenario: &Scenario) -> Explore {
        let Settings { schedules, seconds, seed, ref strategy, time, jobs } = self.settings;
        let mut explore = Explore::new()
            .preempt(scenario.verdict.preempt)
            .keep_going()
            .jobs(jobs.map_or_else(processors, |n| n as usize));
        if let Some(strategy) = strategy.as_deref().or(scenario.strategy) {
            explore = explore.strategy(strategy);
        }
        if let Some(schedules) = schedules.or(seconds.is_none().then_some(scenario.schedules)) {
            explore = explore.schedules(schedules);
        }
        if let Some(time) = time {
            explore = explore.time(time);
        }
        if let Some(seconds) = seconds {
            explore = explore.budget(seconds);
        }
        explore.seed(seed.unwrap_or(0))
    }

    /// The part of the bar that is this scenario's.
    fn share(&self, scenario: &Scenario) -> u64 {
        share(&self.settings, scenario)
    }
}

/// Searches end long before their limit, so that it says nothing about how long they take.
fn share(settings: &Settings, scenario: &Scenario) -> u64 {
    let own = if scenario.strategy.is_some() { 1_000 } else { scenario.schedules };
    settings.schedules.unwrap_or(own)
}

/// A bar on standard error if that is a terminal, else nothing.
fn bar(settings: &Settings, scenarios: &[&'static Scenario]) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    if settings.seconds.is_some() {
        let style = ProgressStyle::with_template("{msg} {human_pos} schedules");
        return ProgressBar::new_spinner().with_style(style.expect("a template that is right"));
    }
    let all = scenarios.iter().map(|scenario| share(settings, scenario)).sum();
    let style = ProgressStyle::with_template("{wide_bar} {percent:>3} % {msg:<22}");
    ProgressBar::new(all).with_style(style.expect("a template that is right"))
}

fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// Measures until somebody last looked: what comes after the schedules, such as shrinking, does not count.
#[derive(Debug)]
struct Watch {
    start: Instant,
    nanos: AtomicU64,
}

impl Watch {
    #[expect(clippy::disallowed_methods, reason = "speed is shown to people; no run sees it")]
    fn start() -> Self {
        Self { start: Instant::now(), nanos: AtomicU64::new(1) }
    }

    fn look(&self) {
        let nanos = u64::try_from(self.start.elapsed().as_nanos()).unwrap_or(u64::MAX);
        self.nanos.store(nanos, Ordering::Relaxed);
    }

    fn seen(&self) -> Duration {
        Duration::from_nanos(self.nanos.load(Ordering::Relaxed))
    }
}
