//! Running programs on cores: in production, captured, and beside the simulator.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::again::crash;
use super::config::Config;
use super::program::Program;
use super::{Explore, Outcome, Report, Run, explore, or_panic};
use crate::backend::Body;
use crate::backend::multicore::{self as backend, Output, Record};
use crate::backend::sim::DEFAULT_STACK_SIZE;
use crate::detect::findings;
use crate::event::Ending;
use crate::schedule::{Preempt, Recipe, Schedule, TimeModel};

/// The name under which runs on cores stand where a strategy is named.
const NAME: &str = "multicore";
/// The worker counts of [`check_both`].
const PROCS: [usize; 3] = [1, 2, 4];
/// How much longer the simulator looks for an outcome that was seen on cores.
const LONGER: u64 = 10;

/// Runs a program on real threads, with what it prints captured.
///
/// Goroutines are scheduled onto `procs` workers. One that has run stays on its worker's thread, so that
/// thread-locals and values that are not `Send` are safe on its stack.
///
/// ```
/// use goseed::{Exit, Multicore, chan, go, println};
///
/// let run = Multicore::new().procs(2).run(|| {
///     let ch = chan(0);
///     let to = ch.clone();
///     go(move || to.send("hello"));
///     println!("{}", ch.recv().unwrap());
/// });
/// assert_eq!((run.exit, &*run.stdout), (Exit::Returned, "hello\n"));
/// ```
#[derive(Clone, Debug, Default)]
#[must_use = "it does nothing until it runs a program"]
pub struct Multicore {
    procs: Option<usize>,
    stack_size: Option<usize>,
}

impl Multicore {
    /// As many workers as `GOMAXPROCS` says, or else as there are processors.
    pub fn new() -> Self {
        Self::default()
    }

    /// How many workers run goroutines at the same time; at least one. In Go, `runtime.GOMAXPROCS(n)`.
    pub fn procs(mut self, n: usize) -> Self {
        self.procs = Some(n.max(1));
        self
    }

    /// Bytes of each goroutine's stack, at least 64 KiB; 256 KiB by default, of which only what is used
    /// takes memory. Main has 8 MiB.
    pub fn stack_size(mut self, bytes: usize) -> Self {
        self.stack_size = Some(bytes);
        self
    }

    /// Runs the program until main returns, or it ends otherwise; then the rest is unwound. What goes
    /// wrong in it is told by the [`Run`].
    ///
    /// A goroutine that sits in a loop without points is abandoned after a second: its thread runs on. Where
    /// panics abort, it says that it needs unwinding and ends the process with 2.
    ///
    /// # Panics
    ///
    /// If `GOMAXPROCS` or `GOSEED_STACK` has a bad value, or no thread can be had.
    #[track_caller]
    pub fn run<F: FnOnce() + Send + 'static>(self, main: F) -> Run {
        let config = or_panic(self.config(Output::Captured));
        run_of(backend::run(config, Body::new(main)))
    }

    /// The settings, completed from the environment.
    fn config(&self, output: Output) -> Result<backend::Config, String> {
        let env = Config::from_env()?;
        let procs = self.procs.or(env.procs).unwrap_or_else(backend::cpus);
        let stack_size = self.stack_size.or(env.stack).unwrap_or(DEFAULT_STACK_SIZE);
        Ok(backend::Config { procs, stack_size, output })
    }
}

/// Runs a program in production, on all cores, and ends the process as a Go program ends.
///
/// Exit codes and crash texts are Go's: 0 when main returns, 2 after an uncaught panic, a deadlock or a
/// fatal error. Nobody is unwound at the end. `SIGQUIT` prints all goroutines and ends it with 2. The
/// number of workers is that of the processors, or `GOMAXPROCS`. Where panics abort (`panic = "abort"`) it is the
/// same, but for deferred calls, which a panic then skips.
///
/// ```no_run
/// use goseed::{println, time};
///
/// fn main() {
///     goseed::run(|| {
///         goseed::go(|| println!("working"));
///         time::sleep(std::time::Duration::from_millis(10));
///     })
/// }
/// ```
#[track_caller]
pub fn run<F: FnOnce() + Send + 'static>(main: F) -> ! {
    match Multicore::new().config(Output::Real(end_process)) {
        Ok(config) => {
            backend::run(config, Body::new(main));
            unreachable!("the end of the program ends the process")
        }
        Err(error) => {
            explore::say(&format!("goseed: {error}"));
            std::process::exit(2)
        }
    }
}

/// What the end of a Go program prints and gives back.
fn end_process(ending: &Ending) -> ! {
    use std::io::Write as _;

    let _ = std::io::stdout().flush();
    let text = crash(ending);
    if !text.is_empty() {
        let _ = std::io::stderr().write_all(text.as_bytes());
    }
    std::process::exit(ending.exit.code())
}

/// Checks a program in the simulator, and then runs it on cores, with 1, 2 and 4 workers.
///
/// What is seen on cores must have been seen in the simulator, by the way it ends and by its lines of
/// output in whatever order. What the simulator has not seen is a failure if it has seen all there is;
/// otherwise it looks ten times as long, and then warns.
///
/// ```
/// use goseed::prelude::*;
/// use goseed::println;
///
/// goseed::check_both(|| {
///     let wg = WaitGroup::new();
///     wg.go(|| println!("one"));
///     wg.go(|| println!("two"));
///     wg.wait();
/// });
/// ```
///
/// # Panics
///
/// As [`check`](super::check), and if the two worlds differ.
#[track_caller]
pub fn check_both<F: Fn() + Send + Sync + 'static>(main: F) {
    let explore = Explore::from_env();
    let program = Program::counted(main, None);
    let Some(report) = explore.checked(&program) else { return };
    let mut known = Known::of(&report);
    for procs in PROCS {
        let main = Arc::clone(&program.main);
        let run = Multicore::new().procs(procs).run(move || main());
        compare(&explore, &program, &report, &mut known, &run, procs);
    }
}

fn compare(
    explore: &Explore,
    program: &Program,
    report: &Report,
    known: &mut Known,
    run: &Run,
    procs: usize,
) {
    let seen = Shown::of(&run.exit.to_string(), &run.stdout);
    if known.0.contains(&seen) {
        return;
    }
    let what = format!("with {procs} workers it {}", seen.text());
    assert!(!report.complete, "{what}, which no schedule of the simulator shows");
    let longer = or_panic(explore.longer(LONGER).explored(program)).report;
    *known = Known::of(&longer);
    if !known.0.contains(&seen) {
        let unseen = unseen(&longer);
        explore::say(&format!(
            "goseed: {what}, which {} schedules of the simulator have not shown; about {unseen:.2} % \
             of the schedules would show something new",
            longer.schedules
        ));
        known.0.insert(seen);
    }
}

/// The share of schedules, in percent, that would show a new outcome: Good and Turing's estimate, the
/// share of those whose outcome was seen once.
fn unseen(report: &Report) -> f64 {
    let once = report.outcomes.values().filter(|seen| seen.count == 1).count();
    100.0 * once as f64 / report.schedules.max(1) as f64
}

/// What can be compared of a run: how it ended, and its lines in order.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Shown {
    exit: String,
    lines: Vec<String>,
}

impl Shown {
    fn of(exit: &str, stdout: &str) -> Self {
        let mut lines: Vec<_> = stdout.lines().map(str::to_owned).collect();
        lines.sort_unstable();
        Self { exit: exit.to_owned(), lines }
    }

    fn text(&self) -> String {
        match self.lines.as_slice() {
            [] => format!("ended with `{}` and printed nothing", self.exit),
            lines => format!("ended with `{}` and printed {lines:?}", self.exit),
        }
    }
}

/// What the simulator has shown.
struct Known(BTreeSet<Shown>);

impl Known {
    fn of(report: &Report) -> Self {
        let shown = |outcome: &Outcome| Shown::of(&outcome.exit, &outcome.stdout);
        Self(report.outcomes.keys().map(shown).collect())
    }
}

/// What a run on cores gives back.
fn run_of(record: Record) -> Run {
    let findings = findings(&record.ending);
    let stderr = record.stderr + &crash(&record.ending);
    let goroutines = record.ending.goroutines.into_iter().map(|(info, _)| info).collect();
    let recipe = Recipe {
        program: 0,
        time: TimeModel::Idle,
        preempt: Preempt::EveryPoint,
        strategy: NAME.to_owned(),
        seed: 0,
        index: 0,
        picks: None,
    };
    Run {
        exit: record.ending.exit,
        stdout: record.stdout,
        stderr,
        findings,
        goroutines,
        steps: 0,
        elapsed: record.elapsed,
        schedule: Schedule(Arc::new(recipe)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::primitives::runtime;

    /// A program that tells the two worlds apart, compared after `strategy` has explored it.
    fn compared(strategy: &str) -> Known {
        let explore = Explore::new().strategy(strategy).schedules(20);
        let main = || crate::println!("{}", runtime::gomaxprocs());
        let program = Program::counted(main, None);
        let report = explore.explored(&program).expect("it can be explored").report;
        let mut known = Known::of(&report);
        let run = Multicore::new().procs(2).run(main);
        compare(&explore, &program, &report, &mut known, &run, 2);
        known
    }

    #[test]
    #[should_panic(
        expected = "with 2 workers it ended with `returned` and printed [\"2\"], which no \
                               schedule of the simulator shows"
    )]
    fn what_a_complete_search_has_not_shown_is_a_failure() {
        compared("dpor");
    }

    #[test]
    fn what_samples_have_not_shown_is_looked_for_and_then_known() {
        let known = compared("random");
        assert_eq!(known.0.len(), 2, "one of each world: {:?}", known.0);
    }
}
