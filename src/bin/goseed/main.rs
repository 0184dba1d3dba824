//! The command line: explores, runs and replays the scenarios of the goroutines chapter.
//!
//! ```text
//! args ── env          what was asked for, by flags and else by the environment
//!   └── commands       one file per command; each returns how the process ends
//!         ├── exploring   one scenario explored and judged, with progress and a stop flag
//!         └── table, json views of that
//! ```

mod args;
mod commands;
mod env;
mod exploring;
mod json;
mod names;
mod out;
mod stop;
mod table;
mod text;
mod token;

use std::process::ExitCode;

use clap::Parser;

use crate::args::Args;
use crate::out::Ends;

fn main() -> ExitCode {
    let ends = match Args::try_parse() {
        Ok(args) => commands::carry_out(args).unwrap_or_else(out::Failure::tell),
        Err(usage) => {
            // Help on a closed pipe is nobody's business.
            let _ = usage.print();
            Ends::Program(usage.exit_code())
        }
    };
    ends.code()
}
