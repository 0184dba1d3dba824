//! The same as JSON lines: one object a line, its `type` first asked for.

use std::io::{self, Write};

use goseed::{Finding, Found, Outcome, Run, Seen};
use scenarios::Scenario;
use serde_json::{Value, json};

use crate::exploring::{Explored, Hit};
use crate::out::Ends;

/// Writes one line.
pub(crate) fn line(out: &mut impl Write, value: &Value) -> io::Result<()> {
    writeln!(out, "{value}")
}

/// A scenario in the list.
pub(crate) fn listed(scenario: &Scenario) -> Value {
    json!({
        "type": "scenario",
        "scenario": scenario.name,
        "also": scenario.also,
        "section": scenario.section,
        "story": scenario.story,
        "shows": scenario.verdict.shows,
        "schedules": scenario.schedules,
        "strategy": scenario.strategy.unwrap_or("mix"),
        "file": scenario.source.file,
        "races": scenario.races(),
    })
}

/// A scenario that was explored.
pub(crate) fn explored(explored: &Explored) -> Value {
    let (scenario, report) = (explored.scenario, &explored.report);
    let unexpected = |all: &Vec<_>| all.iter().map(ToString::to_string).collect::<Vec<String>>();
    json!({
        "type": "explored",
        "scenario": scenario.name,
        "shows": scenario.verdict.shows,
        "holds": explored.unexpected.as_ref().map(Vec::is_empty),
        "enough": explored.enough,
        "unexpected": explored.unexpected.as_ref().map(unexpected),
        "races": scenario.races(),
        "hit": explored.hit().map(|hit| found_first(&hit)),
        "schedules": report.schedules,
        "steps": report.steps,
        "distinct": report.distinct,
        "outcomes": report.outcomes.len(),
        "findings": report.findings.len(),
        "strategy": report.strategy,
        "seed": report.seed,
        "complete": report.complete,
        "schedules_per_second": explored.rate(),
    })
}

/// An outcome of a scenario.
pub(crate) fn outcome(scenario: &Scenario, outcome: &Outcome, seen: &Seen) -> Value {
    json!({
        "type": "outcome",
        "scenario": scenario.name,
        "exit": outcome.exit,
        "stdout": outcome.stdout,
        "stderr": outcome.stderr,
        "count": seen.count,
        "first": seen.first,
        "token": seen.schedule.token(),
    })
}

/// A finding of a scenario.
pub(crate) fn found(scenario: &Scenario, found: &Found) -> Value {
    let mut value = finding(scenario, &found.finding);
    value["fails"] = json!(found.fails);
    value["count"] = json!(found.count);
    value["first"] = json!(found.first);
    value["token"] = json!(found.schedule.token());
    value
}

/// One run.
pub(crate) fn run(scenario: &Scenario, run: &Run) -> Value {
    let findings = run.findings.iter().map(|one| finding(scenario, one)).collect::<Vec<_>>();
    json!({
        "type": "run",
        "scenario": scenario.name,
        "exit": run.exit.to_string(),
        "code": run.exit.code(),
        "stdout": run.stdout,
        "stderr": run.stderr,
        "steps": run.steps,
        "virtual_seconds": run.elapsed.as_secs_f64(),
        "findings": findings,
        "token": run.schedule.token(),
    })
}

/// One run on cores, which nobody can repeat.
pub(crate) fn run_on_cores(scenario: &Scenario, run: &Run) -> Value {
    let findings = run.findings.iter().map(|one| finding(scenario, one)).collect::<Vec<_>>();
    json!({
        "type": "run on cores",
        "scenario": scenario.name,
        "exit": run.exit.to_string(),
        "code": run.exit.code(),
        "stdout": run.stdout,
        "stderr": run.stderr,
        "seconds": run.elapsed.as_secs_f64(),
        "findings": findings,
    })
}

/// The end of an exploration.
pub(crate) fn summary(all: &[Explored], ends: Ends) -> Value {
    let broken = all.iter().filter(|explored| explored.broken());
    json!({
        "type": "summary",
        "scenarios": all.len(),
        "broken": broken.map(|explored| explored.scenario.name).collect::<Vec<_>>(),
        "interrupted": ends == Ends::Interrupted,
    })
}

fn finding(scenario: &Scenario, finding: &Finding) -> Value {
    json!({
        "type": "finding",
        "scenario": scenario.name,
        "kind": finding.kind.to_string(),
        "signature": finding.signature,
        "goroutines": finding.goroutines,
        "places": finding.places,
        "text": finding.text,
    })
}

fn found_first(hit: &Hit<'_>) -> Value {
    json!({ "what": hit.what, "after": hit.after, "token": hit.schedule.token() })
}
