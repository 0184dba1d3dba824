//! Running programs: one schedule ([`Sim`]), many ([`Explore`]), a test ([`check`]), a token ([`replay`]).
//!
//! ```text
//! explore ── sampling ── runner ── the machine        blocks of schedules, on several threads
//!    │    └─ searching ──┘ │                          until none is left
//!    │       pilot ────────┘                          how large is the program?
//!    ├────── tally                                    what was seen, in the order of indices
//!    ├────── again, shrinking                         each finding once more, and made small
//!    ├────── deciding                                 which two steps decide
//!    └────── command, report                          what a failing check shows
//! ```
//!
//! Nothing runs on the caller's thread (`apart`), the environment is read in one file (`config`), and real
//! time is looked at by budgets (`limits`) and the `watchdog` alone.

mod again;
mod apart;
mod choice;
mod command;
mod config;
mod deciding;
mod directing;
mod distinct;
mod explore;
pub mod front;
mod limits;
mod multicore;
mod muted;
mod out;
mod pilot;
mod program;
#[cfg(feature = "proptest")]
pub mod property;
mod runner;
mod sampling;
mod searching;
mod setup;
mod shrinking;
mod sim;
mod tally;
mod telling;
#[cfg(test)]
mod tests;
mod verdict;
mod watchdog;

use std::fmt::Display;

pub(crate) use choice::Choice;
pub use choice::IntoStrategy;
pub(crate) use config::Config;
pub use explore::Explore;
pub use multicore::{Multicore, check_both, run};
pub use sim::Sim;

use self::again::{Follow, again};
use self::program::Program;
use self::setup::Setup;
pub use crate::report::{Found, Outcome, Report, Run, Seen, Shrunk, Switches, Trace};
use crate::schedule::Schedule;

/// Checks a program, in a test: explores its schedules, and fails with the first mistake that they show.
///
/// The settings are those of [`Explore::from_env`]. The panic's text says what went wrong and where, shows
/// the schedule and ends with a line that replays it. While it explores, nothing is printed.
///
/// ```should_panic
/// goseed::check(|| {
///     let ch = goseed::chan::<i32>(0);
///     goseed::go(move || ch.send(1)); // leak: nobody receives
/// });
/// ```
///
/// # Panics
///
/// If a schedule shows a finding of a kind that fails (see [`Kind`](crate::Kind)), or if a variable of the environment
/// has a bad value.
#[track_caller]
pub fn check<F: Fn() + Send + Sync + 'static>(main: F) {
    Explore::from_env().check(main);
}

/// Runs the schedule behind a token again.
///
/// A token of another program is followed as far as this one goes that way, after a warning on standard
/// error.
///
/// # Panics
///
/// If the text is no token, or names a strategy that does not exist here.
#[track_caller]
pub fn replay<F: Fn() + Send + Sync + 'static>(token: &str, main: F) -> Run {
    let schedule = or_panic(Schedule::from_token(token));
    let program = Program::new(main, None);
    let follow = if program.knows(&schedule) { Follow::Strictly } else { Follow::Guided };
    if follow == Follow::Guided {
        explore::say(
            "goseed: the token is one of another program; it is followed as far as possible",
        );
    }
    or_panic(again(&program, &Setup::default().alone(), &schedule, follow)).run
}

/// What was asked for, or a panic where the user asked for it.
#[track_caller]
fn or_panic<T>(result: Result<T, impl Display>) -> T {
    match result {
        Ok(made) => made,
        Err(error) => panic!("{error}"),
    }
}

/// Declares tests that [`check`] their bodies; attributes are those of the test.
///
/// ```
/// goseed::test! {
///     fn a_value_arrives() {
///         let ch = goseed::chan(1);
///         ch.send(7);
///         assert_eq!(ch.recv(), Some(7));
///     }
/// }
/// ```
#[macro_export]
macro_rules! test {
    ($($(#[$attribute:meta])* $visibility:vis fn $name:ident() $body:block)+) => {$(
        #[test]
        $(#[$attribute])*
        $visibility fn $name() {
            $crate::check(|| $body);
        }
    )+};
}

/// Compares a report with the snapshot of this name in the crate's folder `snapshots/`.
///
/// Needs the feature `insta`. Call it outside of the program under test.
#[cfg(feature = "insta")]
#[macro_export]
macro_rules! assert_report_snapshot {
    ($name:expr, $report:expr $(,)?) => {{
        let report = ::std::string::ToString::to_string(&$report);
        let mut settings = $crate::__insta::Settings::clone_current();
        settings.set_snapshot_path(::std::concat!(::std::env!("CARGO_MANIFEST_DIR"), "/snapshots"));
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        settings.bind(|| $crate::__insta::assert_snapshot!($name, report));
    }};
}
