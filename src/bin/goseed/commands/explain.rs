//! `goseed run NAME --explain`: the story, the program and what it must show.

use std::io::{self, Write};

use anstyle::Style;
use scenarios::{Cores, Expected, Outcomes, Scenario, Shown, When};

const HEAD: Style = Style::new().bold();

/// Prints all that is known of a scenario before it runs.
///
/// # Errors
///
/// If it cannot be written.
pub(crate) fn explain(out: &mut impl Write, scenario: &Scenario) -> io::Result<()> {
    let head = |text: &str| format!("{HEAD}{text}{HEAD:#}");
    writeln!(out, "{}", head(scenario.name))?;
    writeln!(out, "{}\n", scenario.source.story())?;
    writeln!(out, "{} {}\n", head("program"), scenario.source.file)?;
    for line in scenario.source.program().lines() {
        writeln!(out, "{}", format!("    {line}").trim_end())?;
    }
    writeln!(out, "\n{} {}\n", head("must show"), scenario.verdict.shows)?;
    for line in verdict(scenario) {
        writeln!(out, "    {line}")?;
    }
    writeln!(out, "\n{}\n", head("one run"))
}

fn verdict(scenario: &Scenario) -> Vec<String> {
    let verdict = &scenario.verdict;
    let mut lines = match verdict.outcomes {
        Outcomes::Exact(all) => all.iter().map(outcome).collect(),
        Outcomes::Computed { count, .. } => vec![format!("exactly {count} outcomes")],
        Outcomes::Law { witnesses, .. } => {
            let seen = witnesses.iter().map(|witness| format!("outcomes like {}", witness.what));
            seen.chain(["every outcome obeys its law".to_owned()]).collect()
        }
    };
    lines.extend(verdict.findings.iter().map(finding));
    if let Some(shown) = verdict.fifo.outcome {
        lines.push(format!("in Go's own order: {}", outcome(&shown)));
    }
    lines.push(match verdict.cores {
        Cores::Within => "on cores: one of these".to_owned(),
        Cores::Law(_) => "on cores: a law of its own".to_owned(),
        Cores::NotRun(why) => format!("not run on cores: {why}"),
    });
    lines
}

fn outcome(shown: &Shown) -> String {
    let mut text = format!("{} and prints `{}`", shown.exit, shown.stdout);
    if !shown.stderr.is_empty() {
        text += &format!(", to standard error `{}`", shown.stderr);
    }
    text
}

fn finding(expected: &Expected) -> String {
    let when = match expected.when {
        When::Always => "always",
        When::Sometimes => "sometimes",
        When::With(_) => "with some outcomes",
    };
    let times = if expected.times > 1 { format!(" × {}", expected.times) } else { String::new() };
    let mut text = format!("{when} {}{times}, started on `{}`", expected.kind, expected.go);
    if !expected.at.is_empty() {
        text += &format!(", at `{}`", expected.at);
    }
    text
}
