//! For ShiViz: each event with its host and vector clock.

use std::fmt::Write as _;

use super::{Timeline, quoted};

/// Two lines for each event: who and the clock, then what and where.
pub(super) fn log(timeline: &Timeline<'_>) -> String {
    let mut out = String::new();
    for row in &timeline.rows {
        if row.clock.is_empty() {
            continue;
        }
        let counts = timeline.lanes.iter().zip(&row.clock).filter(|(_, count)| **count > 0);
        let counts: Vec<_> =
            counts.map(|(go, count)| format!("{}:{count}", quoted(&go.to_string()))).collect();
        let (event, words) = (row.event, timeline.trace.words(row.event));
        let _ = writeln!(out, "{} {{{}}}", event.go, counts.join(","));
        let _ = writeln!(out, "{words}{}", timeline.trace.at_place(event, " at "));
    }
    out
}
