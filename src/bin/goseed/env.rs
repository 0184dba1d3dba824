//! The environment as a second source of settings: each variable stands for the flag of its name.
//!
//! The library reads the same variables for `check`; here a flag goes before them, and a scenario's
//! own settings come after.

use std::path::Path;

use goseed::front;

use crate::args::{self, Settings};
use crate::out::Failure;

/// Fills in from the environment what no flag has set.
///
/// # Errors
///
/// Names the variable that has a bad value.
pub(crate) fn complete(settings: Settings) -> Result<Settings, Failure> {
    or(None, "GOSEED_REPLAY", token)?;
    let settings = Settings {
        schedules: or(settings.schedules, "GOSEED_SCHEDULES", args::at_least_one)?,
        seconds: or(settings.seconds, "GOSEED_SECONDS", args::seconds)?,
        seed: or(settings.seed, "GOSEED_SEED", args::number)?,
        strategy: or(settings.strategy, "GOSEED_STRATEGY", args::strategy)?,
        time: or(settings.time, "GOSEED_TIME", args::time)?,
        jobs: or(settings.jobs, "GOSEED_JOBS", args::at_least_one)?,
    };
    // What is left is read by the library alone.
    front::environment().map_err(Failure::Usage)?;
    Ok(settings)
}

/// A token, or a file with one.
fn token(text: &str) -> Result<(), String> {
    if Path::new(text).exists() { Ok(()) } else { front::schedule(text).map(drop) }
}

/// Looks at the variables that a run on cores reads by itself.
///
/// # Errors
///
/// Names the variable that has a bad value.
pub(crate) fn check_cores() -> Result<(), Failure> {
    or(None, "GOMAXPROCS", args::at_least_one)?;
    or(None, "GOSEED_STACK", args::number::<usize>)?;
    Ok(())
}

/// The flag's value, else the variable's, which is looked at in any case: a bad one is never passed
/// over.
#[expect(
    clippy::disallowed_methods,
    reason = "this is where the command line reads its environment"
)]
fn or<T>(
    flag: Option<T>,
    variable: &str,
    parse: fn(&str) -> Result<T, String>,
) -> Result<Option<T>, Failure> {
    let text = match std::env::var(variable) {
        Ok(text) if !text.is_empty() => text,
        Ok(_) | Err(std::env::VarError::NotPresent) => return Ok(flag),
        Err(error) => return Err(Failure::Usage(format!("{variable}: {error}"))),
    };
    let value = parse(text.trim()).map_err(|error| format!("{variable}={text}: {error}"));
    Ok(Some(flag.unwrap_or(value.map_err(Failure::Usage)?)))
}
