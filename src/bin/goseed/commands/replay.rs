//! `goseed replay NAME TOKEN`: one schedule again, with what is wrong with it.

use std::io::{self, Write};

use goseed::{Run, Schedule, Trace, front};
use scenarios::{ALL, Scenario};

use crate::out::{Ends, Failure, Out};
use crate::{json, table};

/// Does a schedule again, and shows its events if they are asked for.
pub(crate) fn replay(
    scenario: &Scenario,
    token: &str,
    with_trace: bool,
    as_json: bool,
) -> Result<Ends, Failure> {
    let schedule = front::schedule(token).map_err(Failure::Usage)?;
    if !front::belongs_to(&schedule, scenario.name) {
        return Err(Failure::Usage(foreign(&schedule, scenario)));
    }
    match front::replay(&schedule, scenario.name, scenario.main) {
        Ok((run, trace)) => show(scenario, &run, with_trace.then_some(&trace), as_json),
        Err(difference) if difference.starts_with("divergence") => {
            crate::out::say(&difference);
            Ok(Ends::Broken)
        }
        Err(error) => Err(Failure::Usage(error)),
    }
}

/// Whose token it is.
fn foreign(schedule: &Schedule, scenario: &Scenario) -> String {
    let name = scenario.name;
    match ALL.iter().find(|other| front::belongs_to(schedule, other.name)) {
        Some(other) => format!("the token is one of {}, not of {name}", other.name),
        None => format!("the token is not one of {name}, nor of any other scenario"),
    }
}

fn show(
    scenario: &Scenario,
    run: &Run,
    trace: Option<&Trace>,
    as_json: bool,
) -> Result<Ends, Failure> {
    let unexpected = scenario.judge_run(run);
    let mut out = Out::new();
    if as_json {
        let mut value = json::run(scenario, run);
        value["unexpected"] = unexpected.iter().map(ToString::to_string).collect();
        value["trace"] = trace.map(|trace| trace.to_string().lines().collect()).unwrap_or_default();
        json::line(&mut out, &value)?;
    } else {
        if let Some(trace) = trace {
            write!(out, "{trace}")?;
        }
        out.write_all(run.stdout.as_bytes())?;
    }
    out.flush()?;
    if !as_json {
        let mut err = io::stderr();
        err.write_all(run.stderr.as_bytes())?;
        run.findings.iter().try_for_each(|finding| writeln!(err, "{}", finding.text))?;
        let mut err = anstream::AutoStream::auto(err);
        unexpected.iter().try_for_each(|what| table::unexpected(&mut err, what))?;
    }
    Ok(if unexpected.is_empty() { Ends::Well } else { Ends::Broken })
}
