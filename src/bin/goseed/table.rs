//! The table of an exploration: a row per scenario, printed as soon as it is known, at most 100
//! columns.
//!
//! ```text
//!     scenario              must show                       found         after outcomes       /s
//! ok  leak                  3 goroutines leak               3 x leak          1        1   98,000
//!     goseed replay leak gs1.…
//! ```
//!
//! *after* is how many schedules it took until that showed, */s* schedules per second on this
//! machine.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use scenarios::Unexpected;

use crate::exploring::Explored;
use crate::text::{clip, grouped, plural};
use crate::token;

/// Columns of a screen.
const WIDTH: usize = 100;

const GOOD: Style = AnsiColor::Green.on_default();
const BAD: Style = AnsiColor::Red.on_default().bold();
const FAINT: Style = Style::new().dimmed();
const HEAD: Style = Style::new().bold();

/// The names of the columns.
pub(crate) fn head(out: &mut impl Write) -> io::Result<()> {
    let columns = columns(["scenario", "must show", "found", "after", "outcomes", "/s"]);
    writeln!(out, "{HEAD}    {columns}{HEAD:#}")
}

/// A scenario.
pub(crate) fn row(out: &mut impl Write, explored: &Explored) -> io::Result<()> {
    let Explored { scenario, report, .. } = explored;
    let hit = explored.hit();
    let (found, after) = match &hit {
        Some(hit) => (hit.what.clone(), grouped(hit.after)),
        None => ("-".to_owned(), "-".to_owned()),
    };
    let (outcomes, rate) = (grouped(report.outcomes.len() as u64), grouped(explored.rate()));
    let columns =
        columns([scenario.name, scenario.verdict.shows, &found, &after, &outcomes, &rate]);
    writeln!(out, "{} {columns}", mark(explored))?;
    if let Some(hit) = hit {
        let command = format!("goseed replay {}", scenario.name);
        let token = token::within(WIDTH - 5 - command.len(), scenario.name, hit.schedule);
        writeln!(out, "{FAINT}    {command} {token}{FAINT:#}")?;
    }
    explored.unexpected.iter().flatten().try_for_each(|what| unexpected(out, what))
}

/// Something that should not be.
pub(crate) fn unexpected(out: &mut impl Write, what: &Unexpected) -> io::Result<()> {
    writeln!(out, "{BAD}    unexpected:{BAD:#} {what}")
}

/// The last lines.
pub(crate) fn foot(out: &mut impl Write, all: &[Explored], planned: usize) -> io::Result<()> {
    let schedules = plural(all.iter().map(|explored| explored.report.schedules).sum(), "schedule");
    let seconds: f64 = all.iter().map(|explored| explored.took.as_secs_f64()).sum();
    let count = plural_scenarios(all.len());
    if all.len() < planned {
        writeln!(out, "\ninterrupted after {count} of {planned}; what was found so far is above")?;
    }
    writeln!(out, "\n{count}, {schedules} in {seconds:.1} s: {}", summary(all))
}

/// All verdicts in one sentence.
fn summary(all: &[Explored]) -> String {
    let names = |pick: fn(&Explored) -> bool| -> Vec<&str> {
        all.iter()
            .filter(|explored| pick(explored))
            .map(|explored| explored.scenario.name)
            .collect()
    };
    let broken = names(Explored::broken);
    let partly = names(|explored| explored.unexpected.is_none() || !explored.enough);
    match (broken.len(), partly.len()) {
        (0, 0) => format!("{GOOD}all verdicts hold{GOOD:#}"),
        (0, some) => format!(
            "{GOOD}nothing unexpected{GOOD:#}, but {} judged in part only",
            plural_scenarios(some)
        ),
        (some, _) => {
            let verdicts = plural(some as u64, "verdict");
            format!("{BAD}{verdicts} broken{BAD:#}: {}", broken.join(", "))
        }
    }
}

fn plural_scenarios(count: usize) -> String {
    plural(count as u64, "scenario")
}

/// `ok`, `!!`, or blanks where nothing can be said.
fn mark(explored: &Explored) -> String {
    match explored.unexpected.as_deref() {
        Some([]) if explored.enough => format!("{GOOD}ok {GOOD:#}"),
        Some([]) | None => "-  ".to_owned(),
        Some(_) => format!("{BAD}!! {BAD:#}"),
    }
}

/// Columns of the name, and of what must show, which gives way to a longer name.
const NAME: usize = 21;
const SHOWS: usize = 31;

/// How much of what a scenario must show fits beside its name.
fn beside(name: &str) -> usize {
    (NAME + SHOWS).saturating_sub(name.len().max(NAME))
}

fn columns([scenario, shows, found, after, outcomes, rate]: [&str; 6]) -> String {
    let room = beside(scenario);
    let (shows, found) = (clip(shows, room), clip(found, 13));
    format!("{scenario:<NAME$} {shows:<room$} {found:<13} {after:>6} {outcomes:>8} {rate:>9}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_fits_a_hundred_columns() {
        let wide = columns([
            "scenario",
            &"x".repeat(50),
            "1 2 3 4 5 6 7 8 9",
            "100,000",
            "4,802",
            "1,000,000",
        ]);
        assert!(wide.chars().count() + 4 <= WIDTH, "{wide}");
        for scenario in scenarios::ALL {
            let (name, shows) = (scenario.name, scenario.verdict.shows);
            let room = beside(name);
            assert!(shows.chars().count() <= room, "{name}: {room} columns for {shows:?}");
        }
    }
}
