//! `goseed run NAME`: the program as it is, once: its output, its crash text, its exit code.

use std::io::{self, Write as _};

use goseed::{Finding, Kind, Sim};
use scenarios::Scenario;

use crate::args::Settings;
use crate::out::{Ends, Failure, Out};
use crate::{env, json};

/// Runs a scenario once: in Go's own order, or at random if there is a seed.
pub(crate) fn run(
    scenario: &Scenario,
    seed: Option<u64>,
    strategy: Option<String>,
    as_json: bool,
) -> Result<Ends, Failure> {
    let Settings { seed, strategy, .. } =
        env::complete(Settings { seed, strategy, ..Settings::default() })?;
    let default = if seed.is_some() { "random" } else { "fifo" };
    let strategy = strategy.as_deref().unwrap_or(default);
    let sim = Sim::new().named(scenario.name).strategy(strategy).seed(seed.unwrap_or(0));
    let run = sim.run(scenario.main);
    let mut out = Out::raw();
    if as_json {
        json::line(&mut out, &json::run(scenario, &run))?;
    } else {
        out.write_all(run.stdout.as_bytes())?;
    }
    out.flush()?;
    let races: Vec<&Finding> = run.findings.iter().filter(|of| of.kind == Kind::Race).collect();
    if !as_json {
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
