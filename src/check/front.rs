//! What the command line needs beyond the public API: progress, a stop flag, and views.
//!
//! Not for others: it changes without notice.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use super::Explore;
use super::again::{Follow, again};
use super::config::Config;
pub use super::config::no_color;
use super::explore::Pages;
pub use super::limits::Progress;
use super::program::Program;
use super::setup::Setup;
use crate::report::{Report, Run, Trace};
use crate::schedule::{Schedule, program_hash};

/// What an exploration from the command line gives.
#[derive(Debug)]
pub struct Explored {
    explore: Explore,
    program: Program,
    explored: super::explore::Explored,
}

impl Explored {
    /// The report.
    pub fn report(&self) -> &Report {
        &self.explored.report
    }

    /// The report alone.
    pub fn into_report(self) -> Report {
        self.explored.report
    }

    /// The screen of a failing check, if it failed. To say which two steps decide, it runs many schedules.
    pub fn failure(&self) -> Option<String> {
        self.explore.failure(&self.program, &self.explored, Pages::Left)
    }
}

/// Looks at all variables of the environment that the library reads.
///
/// # Errors
///
/// Names the one that has a bad value.
pub fn environment() -> Result<(), String> {
    Config::from_env().map(drop)
}

/// Explores the program `name`, telling `progress` after each block of schedules; ends early once `stop`
/// is set, with what was found so far.
///
/// # Errors
///
/// There is no strategy of the given name, or a strategy panicked.
pub fn explore<F: Fn() + Send + Sync + 'static>(
    explore: &Explore,
    name: &str,
    stop: Arc<AtomicBool>,
    progress: impl Fn(Progress) + Send + Sync + 'static,
    main: F,
) -> Result<Explored, String> {
    let mut explore = explore.clone().named(name);
    explore.limits.stop = Some(stop);
    explore.limits.listener = Some(Arc::new(progress));
    let program = Program::new(main, Some(name));
    let explored = explore.explored(&program)?;
    Ok(Explored { explore, program, explored })
}

/// The schedule behind a token or a file with one.
///
/// # Errors
///
/// Says what is wrong with it.
pub fn schedule(text: &str) -> Result<Schedule, String> {
    super::command::token(text).map_err(|error| error.replacen("GOSEED_REPLAY=", "", 1))
}

/// Whether the schedule is one of the program `name`: how the scenario of a token is looked up.
pub fn belongs_to(schedule: &Schedule, name: &str) -> bool {
    schedule.0.program == program_hash(name)
}

/// Does a schedule of the program `name` again, with all its events.
///
/// # Errors
///
/// The schedule is one of another program, or it cannot be followed.
pub fn replay<F: Fn() + Send + Sync + 'static>(
    schedule: &Schedule,
    name: &str,
    main: F,
) -> Result<(Run, Trace), String> {
    let program = Program::new(main, Some(name));
    if !program.owns(schedule) {
        return Err(format!("the token is not one of {name}"));
    }
    let again = again(&program, &Setup::default().alone(), schedule, Follow::Strictly)?;
    match again.difference {
        Some(difference) => Err(format!("divergence: {difference}")),
        None => Ok((again.run, again.trace)),
    }
}

/// Prints what a run printed, to the real streams, and gives its exit code.
#[expect(clippy::print_stdout, clippy::print_stderr, reason = "this is the program's own output")]
pub fn show(run: &Run) -> i32 {
    print!("{}", run.stdout);
    eprint!("{}", run.stderr);
    run.exit.code()
}
