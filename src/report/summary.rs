//! The text of a report: stable, without times, at most 100 columns.
//!
//! ```text
//! 1,000 schedules of random (seed 0): 84 distinct, not complete
//!
//! outcomes
//!      count   first
//!        988       0  returned
//!                     | 3
//!         12      17  deadlock
//!
//! findings
//!   leak: goroutine started at src/x.rs:12 is blocked for ever in chan receive at src/x.rs:14
//!     g2 main/0: chan receive chan#1 at src/x.rs:14, started at src/x.rs:12
//!     fails; in 12 schedules, first in 17
//!     token gs1.…
//! ```

use std::fmt;

use super::data::switches;
use super::{Found, Outcome, Report, Seen, Shrunk, Switches, clip, grouped, plural};
use crate::schedule::Schedule;

/// Columns of a screen.
const WIDTH: usize = 100;
/// Lines of one stream of an outcome that are shown.
const LINES: usize = 12;
/// Outcomes that are shown.
const OUTCOMES: usize = 20;
/// Characters of a token that are shown.
const TOKEN: usize = 2_000;

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let complete = if self.complete { "complete" } else { "not complete" };
        let schedules = plural(self.schedules, "schedule");
        let distinct = grouped(self.distinct);
        let Self { strategy, seed, .. } = self;
        writeln!(f, "{schedules} of {strategy} (seed {seed}): {distinct} distinct, {complete}")?;
        outcomes(self, f)?;
        findings(self, f)
    }
}

fn outcomes(report: &Report, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    writeln!(f, "\noutcomes\n{:>10} {:>10}", "count", "first")?;
    let mut sorted: Vec<_> = report.outcomes.iter().collect();
    sorted.sort_by_key(|(_, seen)| (std::cmp::Reverse(seen.count), seen.first));
    for (outcome, seen) in sorted.iter().take(OUTCOMES) {
        one_outcome(outcome, seen, f)?;
    }
    match sorted.len().saturating_sub(OUTCOMES) {
        0 => Ok(()),
        more => writeln!(f, "{:>21}  and {} more", "", grouped(more as u64)),
    }
}

fn one_outcome(outcome: &Outcome, seen: &Seen, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let mut exit = outcome.exit.lines();
    let first = clip(exit.next().unwrap_or_default(), WIDTH - 23);
    writeln!(f, "{:>10} {:>10}  {first}", grouped(seen.count), grouped(seen.first))?;
    for line in exit {
        writeln!(f, "{:23}{}", "", clip(line, WIDTH - 23))?;
    }
    stream('|', &outcome.stdout, f)?;
    stream('!', &outcome.stderr, f)
}

/// The lines of a stream, each behind `mark`.
fn stream(mark: char, text: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let lines = text.lines().count();
    for line in text.lines().take(LINES) {
        let line = clip(line, WIDTH - 25);
        writeln!(f, "{}", format!("{:23}{mark} {line}", "").trim_end())?;
    }
    match lines.saturating_sub(LINES) {
        0 => Ok(()),
        more => writeln!(f, "{:23}{mark} … {}", "", plural(more as u64, "more line")),
    }
}

fn findings(report: &Report, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    if report.findings.is_empty() {
        return writeln!(f, "\nno findings");
    }
    writeln!(f, "\nfindings")?;
    report.findings.iter().try_for_each(|found| one_finding(found, f))
}

fn one_finding(found: &Found, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    for (n, line) in found.finding.text.lines().enumerate() {
        let indent = if n == 0 { "  " } else { "    " };
        for row in wrap(line.trim_start(), WIDTH - indent.len()) {
            writeln!(f, "{indent}{row}")?;
        }
    }
    let fails = if found.fails { "fails" } else { "note" };
    let seen = match found.count {
        0 => "in no schedule, but in one that was directed there".to_owned(),
        n => format!("in {}, first in {}", plural(n, "schedule"), grouped(found.first)),
    };
    writeln!(f, "    {fails}; {seen}; {}", effort(&found.schedule, found.shrunk))?;
    let token = found.schedule.token();
    match token.len() {
        ..=TOKEN => writeln!(f, "    token {token}"),
        long => writeln!(f, "    token of {} characters", grouped(long as u64)),
    }
}

/// `1 preemption in 2 context switches (9 in 17 before it was shrunk)`.
pub(super) fn effort(schedule: &Schedule, shrunk: Option<Shrunk>) -> String {
    match shrunk {
        None => switches(schedule.switches()),
        Some(Shrunk { before, after }) if before == after => after.to_string(),
        Some(Shrunk { before: Switches { all, preemptions }, after }) => {
            let (all, preemptions) = (grouped(all as u64), grouped(preemptions.into()));
            format!("{after} ({preemptions} in {all} before it was shrunk)")
        }
    }
}

/// Lines of at most `width` characters, broken at spaces where there are any; all but the first are
/// indented by two more than the text is.
pub(super) fn wrap(text: &str, width: usize) -> Vec<String> {
    let words = text.trim_start();
    let indent = " ".repeat(text.len() - words.len());
    let mut rows = vec![indent.clone()];
    for (n, word) in words.split(' ').enumerate() {
        let row = rows.last_mut().expect("there is always a last row");
        if n == 0 || row.chars().count() + 1 + word.chars().count() <= width {
            row.push_str(if n == 0 { "" } else { " " });
            row.push_str(word);
        } else {
            rows.push(format!("{indent}  {word}"));
        }
    }
    rows.iter().map(|row| clip(row, width)).collect()
}

#[cfg(test)]
pub(super) mod tests {
    use std::collections::BTreeMap;
    use std::sync::Arc;

    use super::*;
    use crate::detect::{Finding, Kind};
    use crate::schedule::{Picks, Preempt, Recipe, Schedule, TimeModel};

    pub(in crate::report) fn schedule() -> Schedule {
        Schedule(Arc::new(Recipe {
            program: 1,
            time: TimeModel::Idle,
            preempt: Preempt::EveryPoint,
            strategy: "random".to_owned(),
            seed: 0,
            index: 17,
            picks: Some(Picks::default()),
        }))
    }

    fn outcome(exit: &str, stdout: &str) -> Outcome {
        Outcome { exit: exit.to_owned(), stdout: stdout.to_owned(), stderr: String::new() }
    }

    #[test]
    fn a_report_fits_the_screen_and_lists_the_most_frequent_outcome_first() {
        let seen = |count, first| Seen { count, first, schedule: schedule() };
        let finding = Finding::divergence(
            &Finding::divergence(&kind(), "step 3"),
            &"a very long story ".repeat(20),
        );
        let report = Report {
            schedules: 1000,
            steps: 5000,
            distinct: 84,
            outcomes: BTreeMap::from([
                (outcome("deadlock", ""), seen(12, 17)),
                (outcome("returned", &"wide ".repeat(40)), seen(988, 0)),
            ]),
            findings: vec![Found {
                finding,
                fails: true,
                first: 17,
                count: 12,
                schedule: schedule(),
                shrunk: None,
            }],
            strategy: "random".to_owned(),
            seed: 0,
            complete: false,
        };
        let text = report.to_string();
        let first = "1,000 schedules of random (seed 0): 84 distinct, not complete\n";
        assert!(text.starts_with(first), "{text}");
        assert!(text.find("returned").unwrap() < text.find("deadlock").unwrap(), "{text}");
        let line = "    fails; in 12 schedules, first in 17; 0 context switches\n";
        assert!(text.contains(line), "{text}");
        let wide = |line: &&str| line.chars().count() > WIDTH && !line.contains("token");
        assert_eq!(text.lines().find(wide), None);
    }

    pub(in crate::report) fn kind() -> Finding {
        Finding {
            kind: Kind::Leak,
            signature: "leak".to_owned(),
            goroutines: Vec::new(),
            places: Vec::new(),
            text: "leak: somewhere\n  g2 main/0: chan receive".to_owned(),
            who: Vec::new(),
        }
    }

    #[test]
    fn wrapped_lines_keep_all_words() {
        assert_eq!(wrap("one two three", 8), ["one two", "  three"]);
        assert_eq!(wrap("  one two three", 9), ["  one two", "    three"]);
        assert_eq!(wrap("", 8), [""]);
    }
}
