//! `goseed` and `goseed explore`: all scenarios as a table, or the reports of some.

use std::io::{self, Write};

use scenarios::{ALL, Scenario};

use crate::args::Settings;
use crate::exploring::{Explored, Explorer};
use crate::out::{Ends, Failure, Out};
use crate::text::{grouped, plural};
use crate::{env, json, table, token};

/// How results are printed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum View {
    /// A row per scenario.
    Table,
    /// A report per scenario.
    Reports,
    /// JSON lines; with all outcomes and findings, where scenarios were named.
    Json { whole: bool },
}

/// Explores the named scenarios, or all, and judges them.
pub(crate) fn explore(
    names: &[&'static Scenario],
    settings: Settings,
    as_json: bool,
) -> Result<Ends, Failure> {
    let settings = env::complete(settings)?;
    let whole = !names.is_empty();
    let view = match as_json {
        true => View::Json { whole },
        false if whole => View::Reports,
        false => View::Table,
    };
    let all: Vec<&'static Scenario> = if whole { names.to_vec() } else { ALL.iter().collect() };
    let explorer = Explorer::new(settings, &all);
    let result = explore_all(&explorer, &all, view);
    explorer.finish();
    let explored = result?;
    let ends = ends(explorer.stopped(), &explored);
    last(&mut Out::new(), view, &explored, all.len(), ends)?;
    Ok(ends)
}

fn explore_all(
    explorer: &Explorer,
    all: &[&'static Scenario],
    view: View,
) -> Result<Vec<Explored>, Failure> {
    let mut out = Out::new();
    if view == View::Table {
        explorer.print(|| table::head(&mut out))?;
    }
    let mut explored = Vec::new();
    for scenario in all {
        if explorer.stopped() {
            break;
        }
        let one = explorer.explore(scenario)?;
        explorer.print(|| print_one(&mut out, view, &one))?;
        explored.push(one);
    }
    Ok(explored)
}

fn ends(stopped: bool, explored: &[Explored]) -> Ends {
    match () {
        () if stopped => Ends::Interrupted,
        () if explored.iter().any(Explored::broken) => Ends::Broken,
        () => Ends::Well,
    }
}

fn print_one(out: &mut impl Write, view: View, explored: &Explored) -> io::Result<()> {
    match view {
        View::Table => table::row(out, explored)?,
        View::Reports => report(out, explored)?,
        View::Json { whole } => {
            if whole {
                details(out, explored)?;
            }
            json::line(out, &json::explored(explored))?;
        }
    }
    out.flush()
}

fn last(
    out: &mut impl Write,
    view: View,
    explored: &[Explored],
    planned: usize,
    ends: Ends,
) -> io::Result<()> {
    match view {
        View::Table => table::foot(out, explored, planned)?,
        View::Json { .. } => json::line(out, &json::summary(explored, ends))?,
        View::Reports if ends == Ends::Interrupted => writeln!(out, "interrupted")?,
        View::Reports => {}
    }
    out.flush()
}

/// All outcomes and findings, a line each.
fn details(out: &mut impl Write, explored: &Explored) -> io::Result<()> {
    let (scenario, report) = (explored.scenario, &explored.report);
    for (outcome, seen) in &report.outcomes {
        json::line(out, &json::outcome(scenario, outcome, seen))?;
    }
    report.findings.iter().try_for_each(|found| json::line(out, &json::found(scenario, found)))
}

/// The report of a scenario, between its story and its verdict.
fn report(out: &mut impl Write, explored: &Explored) -> io::Result<()> {
    let (scenario, report) = (explored.scenario, &explored.report);
    writeln!(out, "{}: {}", scenario.name, scenario.story)?;
    writeln!(out, "must show: {}\n\n{report}", scenario.verdict.shows)?;
    if let Some(hit) = explored.hit() {
        let name = scenario.name;
        let token = token::within(400, name, hit.schedule);
        writeln!(out, "first after {}: {}", plural(hit.after, "schedule"), hit.what)?;
        writeln!(out, "  goseed replay {name} {token}")?;
    }
    verdict(out, explored)?;
    writeln!(out, "{} schedules a second\n", grouped(explored.rate()))
}

fn verdict(out: &mut impl Write, explored: &Explored) -> io::Result<()> {
    let words = match explored.unexpected.as_deref() {
        None => "the verdict is about idle time and does not apply",
        Some([]) if explored.enough => "the verdict holds",
        Some([]) => "nothing unexpected, in fewer schedules than the verdict asks for",
        Some(_) => "the verdict is broken",
    };
    writeln!(out, "{words}")?;
    explored.unexpected.iter().flatten().try_for_each(|what| table::unexpected(out, what))
}

#[cfg(test)]
mod tests {
    use std::process::ExitCode;
    use std::time::Duration;

    use goseed::Explore;

    use super::*;

    /// What the program of one scenario shows, judged as that of another.
    fn judged(program: &str, verdict: &str) -> Explored {
        let of = |name| scenarios::find(name).expect("there is one of this name");
        let (program, scenario) = (of(program), of(verdict));
        let report = Explore::new().schedules(50).keep_going().run(program.main);
        let unexpected = Some(scenario.judge(&report, &program.in_gos_order()));
        Explored { scenario, report, unexpected, enough: true, took: Duration::ZERO }
    }

    #[test]
    fn the_exit_code_is_1_if_any_verdict_is_broken() {
        let (holds, broken) = (judged("leak", "leak"), judged("leak_fixed", "leak"));
        assert_eq!(ends(false, std::slice::from_ref(&holds)).code(), ExitCode::from(0));
        let both = [holds, broken];
        assert_eq!(ends(false, &both).code(), ExitCode::from(1));
        assert_eq!(ends(true, &both).code(), ExitCode::from(75));
        let mut text = Vec::new();
        print_one(&mut text, View::Table, &both[1]).expect("memory takes it");
        print_one(&mut text, View::Reports, &both[1]).expect("memory takes it");
        last(&mut text, View::Table, &both, 2, Ends::Broken).expect("memory takes it");
        let text = String::from_utf8(text).expect("text");
        assert!(text.contains("\nthe verdict is broken\n"), "{text}");
        assert!(text.contains("1 verdict broken"), "{text}");
    }
}
