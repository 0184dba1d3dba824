//! `goseed run NAME`: the program as it is, once: its output, its crash text, its exit code.

use std::io::{self, Write as _};

use goseed::{Finding, Kind, Multicore, Run};
use scenarios::{Cores, Scenario};

use super::explain::explain;
use crate::args::{Backend, Settings};
use crate::out::{Ends, Failure, Out};
use crate::{env, json};

/// How to run it.
pub(crate) struct How {
    pub(crate) seed: Option<u64>,
    pub(crate) strategy: Option<String>,
    pub(crate) backend: Backend,
    pub(crate) explain: bool,
    pub(crate) json: bool,
}

/// Runs a scenario once: in Go's own order, or at random if there is a seed; or on cores.
///
/// # Errors
///
/// If the environment has a bad value, or the output cannot be written.
pub(crate) fn run(scenario: &Scenario, how: &How) -> Result<Ends, Failure> {
    if how.explain && !how.json {
        let mut out = Out::new();
        explain(&mut out, scenario)?;
        out.flush()?;
    }
    let run = match how.backend {
        Backend::Sim => in_the_simulator(scenario, how)?,
        Backend::Multicore => on_cores(scenario, how)?,
    };
    let mut out = Out::raw();
    if how.json {
        let view = match how.backend {
            Backend::Sim => json::run(scenario, &run),
            Backend::Multicore => json::run_on_cores(scenario, &run),
        };
        json::line(&mut out, &view)?;
    } else {
        out.write_all(run.stdout.as_bytes())?;
    }
    out.flush()?;
    let races: Vec<&Finding> = run.findings.iter().filter(|of| of.kind == Kind::Race).collect();
    if !how.json {
        io::stderr().write_all(warnings(&races).as_bytes())?;
        io::stderr().write_all(run.stderr.as_bytes())?;
    }
    let code = match run.exit.code() {
        0 if !races.is_empty() => RACE,
        code => code,
    };
    Ok(Ends::Program(code))
}

/// The code with which a program ends that has raced and would have ended well: Go's.
const RACE: i32 = 66;

/// What Go's detector would have printed.
fn warnings(races: &[&Finding]) -> String {
    const RULE: &str = "==================\n";
    races.iter().map(|race| format!("{RULE}{}\n{RULE}", race.text)).collect()
}

fn in_the_simulator(scenario: &Scenario, how: &How) -> Result<Run, Failure> {
    let given = Settings { seed: how.seed, strategy: how.strategy.clone(), ..Settings::default() };
    let Settings { seed, strategy, .. } = env::complete(given)?;
    let default = if seed.is_some() { "random" } else { "fifo" };
    let strategy = strategy.as_deref().unwrap_or(default);
    let sim = scenario.sim().strategy(strategy).seed(seed.unwrap_or(0));
    Ok(sim.run(scenario.main))
}

/// As in production, where the end of the program is the end of the process; for JSON, captured.
fn on_cores(scenario: &Scenario, how: &How) -> Result<Run, Failure> {
    if let Cores::NotRun(why) = scenario.verdict.cores {
        return Err(Failure::Usage(format!("{} is not run on cores: {why}", scenario.name)));
    }
    env::check_cores()?;
    if how.json {
        return Ok(Multicore::new().run(scenario.paced()));
    }
    goseed::run(scenario.paced())
}
