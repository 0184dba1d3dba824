//! The page: what is wrong, the picture, and for each event what comes before and after it.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::{Timeline, escaped, plot, quoted, svg};
use crate::report::Run;

/// What stands above the picture.
#[derive(Clone, Debug, Default)]
pub(in crate::report) struct Story<'a> {
    /// What is wrong, in full: its first line is the headline.
    pub(in crate::report) findings: Vec<&'a str>,
    /// Why it happens, in a sentence.
    pub(in crate::report) why: Option<&'a str>,
    /// Which schedule it is.
    pub(in crate::report) origin: String,
    /// How to see it again.
    pub(in crate::report) command: Option<&'a str>,
}

impl<'a> Story<'a> {
    /// All that is wrong with a run.
    pub(super) fn of(run: &'a Run) -> Self {
        let schedule = &run.schedule;
        let (index, strategy, seed) = (schedule.index(), schedule.strategy(), schedule.seed());
        Self {
            findings: run.findings.iter().map(|finding| &*finding.text).collect(),
            why: None,
            origin: format!("schedule {index} of {strategy}, seed {seed}: {}", run.exit),
            command: None,
        }
    }
}

/// The whole file; it refers to nothing outside of itself.
pub(super) fn page(timeline: &Timeline<'_>, story: &Story<'_>) -> String {
    let (head, body) = svg::parts(timeline);
    let title = story.findings.first().and_then(|text| text.lines().next());
    let title = escaped(title.unwrap_or("a run with nothing wrong"));
    let mut out = format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<title>{title}</title>\n\
         <style>\n{}{}</style>\n",
        include_str!("timeline.css"),
        include_str!("page.css"),
    );
    out.push_str(&above(story));
    let _ = write!(
        out,
        "<figure>\n<div class=\"scroll\">\n{head}\n{body}\n</div>\n\
         <figcaption>{}<br><span id=\"info\" role=\"status\"></span></figcaption>\n</figure>\n\
         {}<div id=\"tip\"></div>\n<script>\nconst D={};\n{}</script>\n</html>\n",
        legend(timeline),
        plot::plot(timeline.trace).map(plotted).unwrap_or_default(),
        data(timeline),
        include_str!("page.js"),
    );
    out
}

fn plotted(plot: String) -> String {
    format!(
        "<figure>\n<div class=\"scroll\">{plot}</div>\n\
         <figcaption>Goroutines over virtual time.</figcaption>\n</figure>\n"
    )
}

fn above(story: &Story<'_>) -> String {
    let mut out = String::new();
    let (class, first) = match story.findings.first() {
        Some(text) => (" class=\"bad\"", *text),
        None => ("", "a run with nothing wrong"),
    };
    let (headline, rest) = first.split_once('\n').unwrap_or((first, ""));
    let _ = writeln!(out, "<h1{class}>{}</h1>", escaped(headline));
    if !rest.is_empty() {
        let _ = writeln!(out, "<pre>{}</pre>", escaped(rest));
    }
    for other in story.findings.iter().skip(1) {
        let _ = writeln!(out, "<pre>{}</pre>", escaped(other));
    }
    if let Some(why) = story.why {
        let _ = writeln!(out, "<p>{}</p>", escaped(why));
    }
    let _ = writeln!(out, "<p class=\"dim\">{}</p>", escaped(&story.origin));
    if let Some(command) = story.command {
        let _ = writeln!(out, "<pre>{}</pre>", escaped(command));
    }
    out
}

fn legend(timeline: &Timeline<'_>) -> String {
    let mut text = String::from(
        "Time runs down. Hatched: blocked, with a red edge for ever. Violet: a lock is held. \
         Arrows: a value goes straight to somebody; dashed, a goroutine is started. \
         Dashed red: nothing orders these two. \
         Point at an event for its line, click it for what comes before (blue) and after (green) it.",
    );
    let (goroutines, events) = timeline.hidden;
    if goroutines + events > 0 {
        let _ = write!(text, " Not shown: {goroutines} goroutines and {events} events.");
    }
    text
}

/// For each event its lane, line and time, and how its clock differs from the one before in its lane.
fn data(timeline: &Timeline<'_>) -> String {
    let (mut places, mut times) = (Table::default(), Table::default());
    let mut last: Vec<Vec<u32>> = vec![vec![0; timeline.lanes.len()]; timeline.lanes.len()];
    let mut rows = Vec::new();
    for row in &timeline.rows {
        let Some(lane) = row.lane else {
            rows.push("[-1]".to_owned());
            continue;
        };
        let place = places.of(timeline.trace.at_place(row.event, ""));
        let time = times.of(timeline.trace.time(row.event));
        let mut changes = Vec::new();
        for (other, (now, before)) in row.clock.iter().zip(&last[lane]).enumerate() {
            if now != before {
                changes.push(format!("{other},{now}"));
            }
        }
        rows.push(match row.clock.is_empty() {
            true => format!("[{lane},{place},{time}]"),
            false => format!("[{lane},{place},{time},[{}]]", changes.join(",")),
        });
        if !row.clock.is_empty() {
            last[lane].clone_from(&row.clock);
        }
    }
    let names: Vec<_> = timeline.lanes.iter().map(|&go| quoted(&timeline.trace.name(go))).collect();
    format!(
        "{{lanes:[{}],places:[{}],times:[{}],rows:[{}]}}",
        names.join(","),
        places.json(),
        times.json(),
        rows.join(",")
    )
}

/// Texts that come more than once, by number.
#[derive(Default)]
struct Table {
    numbers: BTreeMap<String, i64>,
    all: Vec<String>,
}

impl Table {
    /// The number of a text; -1 if it is empty.
    fn of(&mut self, text: String) -> i64 {
        if text.is_empty() {
            return -1;
        }
        let Self { numbers, all } = self;
        *numbers.entry(text).or_insert_with_key(|text| {
            all.push(quoted(text));
            all.len() as i64 - 1
        })
    }

    fn json(&self) -> String {
        self.all.join(",")
    }
}
