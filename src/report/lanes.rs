//! A schedule as lanes: one column per goroutine, one row per event, time runs down.
//!
//! ```text
//!   step  g1 main          g2               g3 (worker)
//!      4  go g3            .                .
//!      7  .                .                send chan#1
//! ```

use std::collections::BTreeSet;

use super::{Trace, clip};
use crate::event::{Detail, Event, GoId, ObjectId, objects};

/// Columns left for lanes after the step.
const WIDTH: usize = 92;
/// The narrowest lane that still says something.
const NARROW: usize = 14;
/// The widest lane.
const WIDE: usize = 26;

/// The last `rows` events that matter to `who`, as lanes, each row with the line of the program if there
/// is room.
pub(super) fn lanes(trace: &Trace, who: &[GoId], rows: usize) -> Vec<String> {
    let events = relevant(trace, who, rows);
    let columns = columns(&events, who);
    if columns.is_empty() {
        return Vec::new();
    }
    let width = (WIDTH / columns.len()).min(WIDE);
    let heads = columns.iter().map(|&go| trace.name(go));
    let mut lines = vec![row("step", heads, width)];
    for event in events {
        let cell = |&go: &GoId| match go {
            go if go == event.go => trace.words(event),
            go if event.detail == Detail::Started(go) => "is started".to_owned(),
            go if takes_part(event, go) => "with it".to_owned(),
            _ => ".".to_owned(),
        };
        let line = row(&event.step.to_string(), columns.iter().map(cell), width);
        lines.push(with_place(line, event));
    }
    lines
}

/// Puts the line of the program behind a row, if both fit.
fn with_place(line: String, event: &Event) -> String {
    let place = event.op.place.to_string();
    match line.chars().count() + 2 + place.len() {
        ..=99 => format!("{line}  {place}"),
        _ => line,
    }
}

fn row(step: &str, cells: impl Iterator<Item = String>, width: usize) -> String {
    let mut line = format!("{step:>6} ");
    for cell in cells {
        line.push_str(&format!(" {:<1$}", clip(&cell, width - 1), width - 1));
    }
    line.trim_end().to_owned()
}

fn takes_part(event: &Event, go: GoId) -> bool {
    matches!(event.detail, Detail::With(other) | Detail::Started(other) if other == go)
}

/// Events of those involved, and those on the objects that they touched last.
fn relevant<'a>(trace: &'a Trace, who: &[GoId], rows: usize) -> Vec<&'a Event> {
    let touched = last_objects(trace, who);
    let matters = |event: &&Event| {
        let involved = |go| who.is_empty() || who.contains(&go);
        involved(event.go)
            || who.iter().any(|&go| takes_part(event, go))
            || touched.contains(&event.op.object)
    };
    let mut last: Vec<_> = trace.events().iter().rev().filter(matters).take(rows).collect();
    last.reverse();
    last
}

fn last_objects(trace: &Trace, who: &[GoId]) -> BTreeSet<ObjectId> {
    let last = |&go: &GoId| {
        let own = |event: &&Event| event.go == go && event.op.object.index() >= FIRST;
        trace.events().iter().rev().find(own).map(|event| event.op.object)
    };
    who.iter().filter_map(last).collect()
}

/// The first object that a program made itself.
const FIRST: usize = objects::FIRST as usize;

/// Who gets a lane: those involved first, as many as fit, in the order of creation.
fn columns(events: &[&Event], who: &[GoId]) -> Vec<GoId> {
    let room = WIDTH / NARROW;
    let acting: BTreeSet<GoId> = events.iter().map(|event| event.go).collect();
    let involved = who.iter().copied().filter(|go| acting.contains(go));
    let others = acting.iter().rev().copied().filter(|go| !who.contains(go));
    let mut columns: Vec<GoId> = involved.chain(others).take(room).collect();
    columns.sort_unstable();
    columns
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Action, Instant, Op, Place};

    fn trace(of: &[(u32, Action, Detail)]) -> Trace {
        let event = |(n, &(go, action, detail)): (usize, &(u32, Action, Detail))| Event {
            step: n as u64 + 1,
            now: Instant::START,
            go: GoId::new(go),
            op: Op::local(action, Place::here()),
            detail,
        };
        Trace::new(of.iter().enumerate().map(event).collect(), Vec::new(), Vec::new())
    }

    #[test]
    fn each_goroutine_has_its_lane() {
        let trace = trace(&[
            (1, Action::Go, Detail::Started(GoId::new(2))),
            (2, Action::Send, Detail::Blocked),
            (1, Action::Recv, Detail::With(GoId::new(2))),
        ]);
        let lines = lanes(&trace, &[], 20);
        assert_eq!(lines[0], "  step  g1 main                   g2");
        assert!(
            lines[1].starts_with("     1  go g2                     is started"),
            "{}",
            lines[1]
        );
        assert!(lines[2].starts_with("     2  .                         send (blocked)"));
    }

    #[test]
    fn rows_are_the_last_ones_and_fit() {
        let many: Vec<_> = (0..500).map(|n| (n % 30 + 1, Action::Gosched, Detail::Done)).collect();
        let lines = lanes(&trace(&many), &[], 20);
        assert_eq!(lines.len(), 21);
        assert!(lines.iter().all(|line| line.chars().count() <= 100));
        assert!(lines[20].starts_with("   500"));
    }

    #[test]
    fn only_what_matters_to_those_involved_is_shown() {
        let all = [(1, Action::Go, Detail::Done), (2, Action::End, Detail::Done)];
        assert_eq!(lanes(&trace(&all), &[GoId::new(2)], 20).len(), 2);
    }
}
