//! What can be asked for, and in which form. Whatever cannot be meant is refused here, with exit
//! code 2.

use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use clap::{Args as Flags, Parser, Subcommand, ValueEnum};
use goseed::{Explore, TimeModel, front};
use scenarios::Scenario;

use crate::names;

/// Explores the scenarios of the goroutines chapter and compares each with its verdict.
///
/// Without a command: all of them, as a table.
#[derive(Debug, Parser)]
#[command(name = "goseed", version, after_help = AFTER_HELP)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    /// Prints JSON lines on standard output
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

const AFTER_HELP: &str = "\
Each setting of `explore` can also come from the environment: GOSEED_SEED, GOSEED_SCHEDULES,
GOSEED_SECONDS, GOSEED_STRATEGY, GOSEED_TIME, GOSEED_JOBS. NO_COLOR turns colours off.

Exit codes: 0 nothing unexpected, 1 a verdict is broken, 2 usage, 75 interrupted (what was found so
far is printed). `run` ends with the program's own code.";

/// One of the commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Lists the scenarios
    List,
    /// Runs a scenario once and shows what the program prints; ends with its exit code
    Run {
        /// The scenario
        #[arg(value_parser = scenario)]
        name: &'static Scenario,
        /// The seed of all that is random; with it, the strategy is `random` unless given
        #[arg(long, value_parser = number::<u64>)]
        seed: Option<u64>,
        /// Who decides; by default `fifo`, Go's own order
        #[arg(long, value_parser = strategy)]
        strategy: Option<String>,
        /// In the simulator, or as in production: on as many workers as `GOMAXPROCS` says
        #[arg(long, value_enum, default_value_t = Backend::Sim, conflicts_with_all = ["seed", "strategy"])]
        backend: Backend,
        /// Prints the story, the program and what it must show before
        #[arg(long)]
        explain: bool,
    },
    /// Simulates a minute of the chapter's leak at scale, and goes on to its week
    Week {
        /// The chapter's fix instead, with an API that obeys its context and with a dead one
        #[arg(long)]
        fixed: bool,
    },
    /// Measures goroutines on cores beside Go (if it is on the path), tokio and threads
    Bench {
        /// The workloads; all of them by default
        #[arg(value_name = "WORKLOAD")]
        workloads: Vec<String>,
    },
    /// Explores scenarios and prints their reports; without names, all of them as a table
    Explore {
        /// The scenarios
        #[arg(value_name = "NAME", value_parser = scenario)]
        names: Vec<&'static Scenario>,
        #[command(flatten)]
        settings: Settings,
    },
    /// Does one schedule of a scenario again
    Replay {
        /// The scenario
        #[arg(value_parser = scenario)]
        name: &'static Scenario,
        /// The token of the schedule, or a file with one
        token: String,
        #[command(flatten)]
        views: Views,
    },
}

/// How to look at a schedule.
#[derive(Clone, Debug, Default, Flags)]
pub(crate) struct Views {
    /// Prints every event
    #[arg(long)]
    pub(crate) trace: bool,
    /// Prints a column for each goroutine, as wide as the terminal
    #[arg(long)]
    pub(crate) lanes: bool,
    /// Draws the lanes with ASCII alone
    #[arg(long, requires = "lanes")]
    pub(crate) ascii: bool,
    /// Writes a page to open in a browser: the run as a picture
    #[arg(long, value_name = "FILE")]
    pub(crate) html: Option<PathBuf>,
    /// Writes the picture alone
    #[arg(long, value_name = "FILE")]
    pub(crate) svg: Option<PathBuf>,
    /// Writes Chrome's trace format, for Perfetto
    #[arg(long, value_name = "FILE")]
    pub(crate) chrome: Option<PathBuf>,
    /// Writes a log for ShiViz
    #[arg(long, value_name = "FILE")]
    pub(crate) shiviz: Option<PathBuf>,
}

/// Who schedules.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum Backend {
    /// The simulator
    Sim,
    /// The real scheduler
    Multicore,
}

/// How to explore; what is not given is the scenario's own.
#[derive(Clone, Debug, Default, Flags)]
pub(crate) struct Settings {
    /// How many schedules
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    pub(crate) schedules: Option<u64>,
    /// How long, instead of how many
    #[arg(long, value_name = "S", value_parser = seconds)]
    pub(crate) seconds: Option<Duration>,
    /// The seed of all that is random
    #[arg(long, value_parser = number::<u64>)]
    pub(crate) seed: Option<u64>,
    /// Who decides: random, pct:3, fifo, round-robin, dfs, dfs:2, dpor, mix
    #[arg(long, value_parser = strategy)]
    pub(crate) strategy: Option<String>,
    /// When virtual time moves: idle, or racing (then verdicts do not apply)
    #[arg(long, value_name = "MODEL", value_parser = time)]
    pub(crate) time: Option<TimeModel>,
    /// On how many threads; by default one per processor. The report is the same
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    pub(crate) jobs: Option<u64>,
}

/// A scenario by its name.
pub(crate) fn scenario(name: &str) -> Result<&'static Scenario, String> {
    scenarios::find(name).ok_or_else(|| {
        let nearest = names::nearest(name);
        format!("no such scenario; did you mean `{nearest}`? (`goseed list` shows all)")
    })
}

/// The name of a strategy that exists: it is tried on a program that does nothing.
pub(crate) fn strategy(text: &str) -> Result<String, String> {
    let explore = Explore::new().strategy(text).schedules(1);
    let stop = Arc::default();
    front::explore(&explore, "nothing", stop, |_| {}, || {}).map(|_| text.to_owned())
}

/// A number, in which `_` separates digits.
pub(crate) fn number<T: FromStr>(text: &str) -> Result<T, String> {
    text.replace('_', "").parse().map_err(|_| "not a number of this size".to_owned())
}

/// A number above zero.
pub(crate) fn at_least_one(text: &str) -> Result<u64, String> {
    match number(text)? {
        0 => Err("at least one is needed".to_owned()),
        n => Ok(n),
    }
}

/// A length of time, in seconds.
pub(crate) fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.trim_end_matches('s').parse().ok();
    let time = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    time.filter(|time| !time.is_zero()).ok_or_else(|| "not a number of seconds above 0".to_owned())
}

/// A time model.
pub(crate) fn time(text: &str) -> Result<TimeModel, String> {
    match text {
        "idle" => Ok(TimeModel::Idle),
        "racing" => Ok(TimeModel::Racing),
        _ => Err("neither `idle` nor `racing`".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        use clap::CommandFactory;
        Args::command().debug_assert();
    }

    #[test]
    fn values_are_read_or_refused() {
        assert_eq!(at_least_one("1_000"), Ok(1_000));
        assert!(at_least_one("0").is_err() && number::<u64>("-1").is_err());
        assert_eq!(seconds("1.5"), Ok(Duration::from_millis(1_500)));
        assert!(seconds("0").is_err() && seconds("-1").is_err() && seconds("NaN").is_err());
        assert!(time("fast").is_err() && strategy("foo").is_err());
        assert!(scenario("trap4").is_ok_and(|scenario| scenario.name == "main_exit"));
    }
}
