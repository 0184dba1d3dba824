//! `goseed replay NAME TOKEN`: one schedule again, with what is wrong with it, in several views.

use std::fs;
use std::io::{self, Write};
use std::path::PathBuf;

use goseed::{Run, Schedule, Trace, front};
use scenarios::{ALL, Scenario};

use crate::args::Views;
use crate::out::{Ends, Failure, Out};
use crate::{json, table};

/// Does a schedule again, and shows its events if they are asked for.
pub(crate) fn replay(
    scenario: &Scenario,
    token: &str,
    views: &Views,
    as_json: bool,
) -> Result<Ends, Failure> {
    let schedule = front::schedule(token).map_err(Failure::Usage)?;
    if !front::belongs_to(&schedule, scenario.name) {
        return Err(Failure::Usage(foreign(&schedule, scenario)));
    }
    match front::replay(&schedule, scenario.name, scenario.main) {
        Ok((run, trace)) => {
            write_files(&run, &trace, views)?;
            show(scenario, &run, &trace, views, as_json)
        }
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

fn write_files(run: &Run, trace: &Trace, views: &Views) -> Result<(), Failure> {
    type View<'a> = (&'a Option<PathBuf>, &'a dyn Fn() -> String);
    let all: [View<'_>; 4] = [
        (&views.html, &|| trace.html(run)),
        (&views.svg, &|| trace.svg(run)),
        (&views.chrome, &|| trace.chrome(run)),
        (&views.shiviz, &|| trace.shiviz()),
    ];
    for (path, text) in all {
        let Some(path) = path else { continue };
        let cannot = |error| Failure::Usage(format!("{}: {error}", path.display()));
        fs::write(path, text()).map_err(cannot)?;
    }
    Ok(())
}

/// Columns of a terminal, or of a page.
fn width() -> usize {
    terminal_size::terminal_size().map_or(100, |(width, _)| width.0.into())
}

fn show(
    scenario: &Scenario,
    run: &Run,
    trace: &Trace,
    views: &Views,
    as_json: bool,
) -> Result<Ends, Failure> {
    let unexpected = scenario.judge_run(run);
    let mut out = Out::new();
    if as_json {
        let mut value = json::run(scenario, run);
        value["unexpected"] = unexpected.iter().map(ToString::to_string).collect();
        if views.trace {
            value["trace"] = trace.to_string().lines().collect();
        }
        json::line(&mut out, &value)?;
    } else {
        if views.trace {
            write!(out, "{trace}")?;
        }
        match (views.lanes, views.ascii) {
            (false, _) => {}
            (true, true) => out.write_all(trace.lanes_ascii(width()).as_bytes())?,
            (true, false) => out.write_all(trace.lanes(width()).as_bytes())?,
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
