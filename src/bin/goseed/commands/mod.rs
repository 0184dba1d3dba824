//! One file per command. Each writes its result and returns how the process ends.

mod bench;
mod explain;
mod explore;
mod list;
mod replay;
mod run;
mod week;

use crate::args::{Args, Command, Settings};
use crate::out::{Ends, Failure};

/// Does what was asked for.
///
/// # Errors
///
/// What was asked for cannot be meant, or the result cannot be written.
pub(crate) fn carry_out(args: Args) -> Result<Ends, Failure> {
    let json = args.json;
    match args.command {
        None => explore::explore(&[], Settings::default(), json),
        Some(Command::List) => list::list(json),
        Some(Command::Run { name, seed, strategy, backend, explain }) => {
            run::run(name, &run::How { seed, strategy, backend, explain, json })
        }
        Some(Command::Week { .. }) if json => no_json("week"),
        Some(Command::Bench { .. }) if json => no_json("bench"),
        Some(Command::Week { fixed: false }) => week::week(),
        Some(Command::Week { fixed: true }) => week::fixed(),
        Some(Command::Bench { workloads }) => bench::bench(&workloads),
        Some(Command::Explore { names, settings }) => explore::explore(&names, settings, json),
        Some(Command::Replay { name, token, views }) => replay::replay(name, &token, &views, json),
    }
}

/// What prints tables for people prints nothing else.
fn no_json(command: &str) -> Result<Ends, Failure> {
    Err(Failure::Usage(format!("--json: {command} has tables only")))
}
