//! A data race as a finding, laid out as Go's detector lays it out.

use crate::detect::{Finding, Kind};
use crate::event::{Access, Accessed, DataRace, GoId, GoroutineState, ObjectKind};

/// The finding. Its signature has the two lines, reads first, then by text: who came first in this run
/// does not matter.
pub(in crate::detect) fn finding(race: &DataRace) -> Finding {
    let DataRace { later, earlier, .. } = race;
    let mut lines = [earlier, later];
    lines.sort_by_key(|of| (of.access, of.place.to_string()));
    let [a, b] = lines;
    let message = format!("{} and {}", word(a.access), word(b.access));
    let finding = Finding::exactly(Kind::Race, &message, text(race));
    let finding = finding.place(Some(a.place)).place(Some(b.place));
    let who = |of: &Accessed| Some(format!("{} {}", of.go, of.path));
    finding.by(later.go, who(later)).by(earlier.go, who(earlier))
}

fn word(access: Access) -> &'static str {
    match access {
        Access::Read => "read",
        Access::Write => "write",
    }
}

/// Go's report, with the places also in its first line.
fn text(race: &DataRace) -> String {
    let DataRace { object, later, earlier } = race;
    let (now, before) = (word(later.access), word(earlier.access));
    let mut text = format!(
        "WARNING: DATA RACE on {object}: {now} at {}, previous {before} at {}",
        later.place, earlier.place
    );
    let capital = if later.access == Access::Read { "Read" } else { "Write" };
    text.push_str(&access(capital, race, later));
    text.push_str(&access(&format!("Previous {before}"), race, earlier));
    text.push_str(&created(later));
    text.push_str(&created(earlier));
    if object.kind == ObjectKind::Atomic {
        text.push_str(
            "\nOne of the two is a plain access: atomic ones do not race with each other.",
        );
    }
    text
}

fn access(words: &str, race: &DataRace, of: &Accessed) -> String {
    format!("\n{words} at {} by {}:\n  {}", race.object, goroutine(of.go), of.place)
}

fn created(of: &Accessed) -> String {
    let Some(place) = of.created else { return String::new() };
    let state = match of.running {
        true => GoroutineState::Running.to_string(),
        false => "finished".to_owned(),
    };
    format!("\nGoroutine {} ({state}) created at:\n  {place}", of.go.number())
}

fn goroutine(go: GoId) -> String {
    match go {
        GoId::MAIN => "main goroutine".to_owned(),
        GoId::CLOCK => "the clock".to_owned(),
        go => format!("goroutine {}", go.number()),
    }
}
