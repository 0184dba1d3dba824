//! A run as a picture: who did what, in which order, and what comes after what.
//!
//! ```text
//! Trace ── Timeline ── svg ── html     to look at
//!               ├───── chrome          for Perfetto
//!               └───── shiviz          for ShiViz
//! ```
//!
//! The timeline is data: lanes, rows, and the stretches in which somebody waits or holds a lock.

mod chrome;
mod html;
mod plot;
mod shiviz;
mod svg;

pub(super) use html::Story;

use std::collections::{BTreeMap, BTreeSet};

use super::{Run, Trace};
use crate::detect::{Finding, Kind};
use crate::event::{Action, Detail, Event, GoId, ObjectId};

/// How much is shown.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    pub(super) lanes: usize,
    pub(super) rows: usize,
}

impl Limits {
    /// What somebody can look at.
    pub(super) const PICTURE: Self = Self { lanes: 24, rows: 2_000 };
    /// What a program can look at.
    pub(super) const EXPORT: Self = Self { lanes: 1_000, rows: 100_000 };
}

/// The events of a run, laid out.
#[derive(Debug)]
pub(super) struct Timeline<'a> {
    trace: &'a Trace,
    /// One for each goroutine that is shown, in the order of creation.
    lanes: Vec<GoId>,
    /// One for each event that is shown.
    rows: Vec<Row<'a>>,
    waits: Vec<Wait>,
    holds: Vec<Hold>,
    /// Pairs of rows that nothing orders.
    races: Vec<(usize, usize)>,
    /// Rows that a finding is about.
    marks: Vec<usize>,
    /// Lanes of those that a finding says are blocked for ever.
    stuck: Vec<usize>,
    /// How many goroutines and events are left out.
    hidden: (usize, usize),
}

/// One event.
#[derive(Debug)]
struct Row<'a> {
    event: &'a Event,
    /// Its position in the trace.
    at: usize,
    /// Whose lane it is in; the clock has none.
    lane: Option<usize>,
    /// The lane of whoever took part, or was started.
    with: Option<usize>,
    /// How many events of each lane come before it or are it; empty if that is not known.
    clock: Vec<u32>,
}

/// A goroutine waits, from one row to another or to the end.
#[derive(Clone, Copy, Debug)]
struct Wait {
    lane: usize,
    from: usize,
    to: Option<usize>,
}

/// A goroutine holds a lock.
#[derive(Clone, Copy, Debug)]
struct Hold {
    lane: usize,
    object: ObjectId,
    from: usize,
    to: Option<usize>,
}

impl<'a> Timeline<'a> {
    /// The run, with what `findings` are about marked and in any case shown.
    pub(super) fn new(trace: &'a Trace, findings: &[Finding], limits: Limits) -> Self {
        let involved: BTreeSet<GoId> =
            findings.iter().flat_map(|finding| finding.who.iter().copied()).collect();
        let lanes = lanes(trace, &involved, limits.lanes);
        let mut rows = rows(trace, &lanes);
        let shown = rows.len().min(limits.rows);
        rows.drain(..rows.len() - shown);
        let acting: BTreeSet<GoId> = trace.events().iter().map(|event| event.go).collect();
        let acting = acting.iter().filter(|&&go| go != GoId::CLOCK).count();
        let hidden = (acting.saturating_sub(lanes.len()), trace.events().len() - rows.len());
        clocks(trace, &mut rows, lanes.len());
        let (waits, holds) = (waits(&rows), holds(trace, &rows));
        let (races, others): (Vec<_>, Vec<_>) =
            findings.iter().partition(|finding| finding.kind == Kind::Race);
        let races: Vec<_> =
            races.into_iter().filter_map(|finding| race(trace, &rows, finding)).collect();
        let mut marks: Vec<usize> = races.iter().flat_map(|&(a, b)| [a, b]).collect();
        marks.extend(others.into_iter().flat_map(|finding| marks_of(&rows, finding)));
        let stuck = stuck(&lanes, findings);
        Self { trace, lanes, rows, waits, holds, races, marks, stuck, hidden }
    }

    /// What an event did, in few words: what the picture shows is not said again.
    fn words(&self, event: &Event) -> String {
        let text = self.trace.words_of(&event.op);
        match event.detail {
            Detail::Done | Detail::Blocked => text,
            Detail::With(other) if receives(event.op.action()) => format!("{text} ← {other}"),
            Detail::With(other) => format!("{text} → {other}"),
            Detail::Started(new) => format!("{text} {new}"),
        }
    }

    /// The row in which a lane begins: that of its `go`, or the next that is shown.
    fn begins(&self, lane: usize) -> usize {
        let go = self.lanes[lane];
        let started = |event: &Event| event.detail == Detail::Started(go);
        let began = self.trace.events().iter().position(started).unwrap_or(0);
        self.rows.partition_point(|row| row.at < began)
    }

    /// The row in which a lane ends, or the number of rows.
    fn ends(&self, lane: usize) -> usize {
        let end = |row: &Row<'_>| row.lane == Some(lane) && row.event.op.action() == Action::End;
        self.rows.iter().position(end).unwrap_or(self.rows.len())
    }
}

fn receives(action: Action) -> bool {
    matches!(action, Action::Recv | Action::TryRecv)
}

/// Who gets a lane: those involved first, then those who acted last.
fn lanes(trace: &Trace, involved: &BTreeSet<GoId>, most: usize) -> Vec<GoId> {
    let mut chosen = BTreeSet::new();
    let acting = trace.events().iter().rev().map(|event| event.go);
    let mut add = |go: GoId| {
        if go != GoId::CLOCK && chosen.len() < most {
            chosen.insert(go);
        }
    };
    involved.iter().copied().for_each(&mut add);
    add(GoId::MAIN);
    acting.for_each(add);
    chosen.into_iter().collect()
}

/// The events of these lanes and of the clock.
fn rows<'a>(trace: &'a Trace, lanes: &[GoId]) -> Vec<Row<'a>> {
    let of: BTreeMap<GoId, usize> = lanes.iter().enumerate().map(|(n, &go)| (go, n)).collect();
    let row = |(at, event): (usize, &'a Event)| {
        let lane = of.get(&event.go).copied();
        let with = match event.detail {
            Detail::With(go) | Detail::Started(go) => of.get(&go).copied(),
            Detail::Done | Detail::Blocked => None,
        };
        (lane.is_some() || event.go == GoId::CLOCK).then_some(Row {
            event,
            at,
            lane,
            with,
            clock: Vec::new(),
        })
    };
    trace.events().iter().enumerate().filter_map(row).collect()
}

/// Gives each row its vector clock, if the moments of all of them are known.
fn clocks(trace: &Trace, rows: &mut [Row<'_>], lanes: usize) {
    if rows.last().is_none_or(|last| trace.orders(last.at, last.at).is_none()) {
        return;
    }
    let mut own: Vec<Vec<usize>> = vec![Vec::new(); lanes];
    let mut clocks = vec![vec![0_u32; lanes]; lanes];
    for row in rows {
        let Some(lane) = row.lane else { continue };
        own[lane].push(row.at);
        for (other, known) in own.iter().enumerate() {
            let count = &mut clocks[lane][other];
            // What comes before it is a beginning of each lane.
            let mut before = known[*count as usize..].iter();
            *count += if other == lane {
                known.len() as u32 - *count
            } else {
                before.by_ref().take_while(|&&at| trace.orders(at, row.at) == Some(true)).count()
                    as u32
            };
        }
        row.clock.clone_from(&clocks[lane]);
    }
}

fn waits(rows: &[Row<'_>]) -> Vec<Wait> {
    let mut all: Vec<Wait> = Vec::new();
    let mut open: BTreeMap<usize, usize> = BTreeMap::new();
    for (n, row) in rows.iter().enumerate() {
        let woken = matches!(row.event.detail, Detail::With(_)).then_some(row.with).flatten();
        for lane in [row.lane, woken].into_iter().flatten() {
            if let Some(wait) = open.remove(&lane) {
                all[wait].to = Some(n);
            }
        }
        if let (Detail::Blocked, Some(lane)) = (row.event.detail, row.lane) {
            open.insert(lane, all.len());
            all.push(Wait { lane, from: n, to: None });
        }
    }
    all
}

fn holds(trace: &Trace, rows: &[Row<'_>]) -> Vec<Hold> {
    let mut all: Vec<Hold> = Vec::new();
    let mut open: Vec<usize> = Vec::new();
    for (n, row) in rows.iter().enumerate() {
        let (Some(lane), object) = (row.lane, row.event.op.object()) else { continue };
        if row.event.detail == Detail::Blocked || !trace.is_lock(object) {
            continue;
        }
        let mine = |&at: &usize| (all[at].lane, all[at].object) == (lane, object);
        let others = |&at: &usize| all[at].object == object;
        match row.event.op.action() {
            action if action.takes_lock() && !open.iter().any(mine) => {
                open.push(all.len());
                all.push(Hold { lane, object, from: n, to: None });
            }
            Action::Unlock | Action::RUnlock => {
                // Another one may unlock what it has not locked.
                let at = open.iter().rposition(mine).or_else(|| open.iter().rposition(others));
                if let Some(at) = at {
                    all[open.remove(at)].to = Some(n);
                }
            }
            _ => {}
        }
    }
    all
}

/// The first two accesses of the same thing on the lines of a data race that nothing orders.
fn race(trace: &Trace, rows: &[Row<'_>], finding: &Finding) -> Option<(usize, usize)> {
    let on_its_lines = |n: &usize| {
        let event = rows[*n].event;
        finding.who.contains(&event.go) && finding.places.contains(&event.op.place.to_string())
    };
    let candidates: Vec<usize> = (0..rows.len()).filter(on_its_lines).collect();
    let races = |a: &Row<'_>, b: &Row<'_>| {
        (a.event.go, a.event.op.object()) != (b.event.go, b.event.op.object())
            && a.event.op.object() == b.event.op.object()
            && a.event.op.conflicts(&b.event.op)
            && trace.orders(a.at, b.at) == Some(false)
    };
    let later = candidates.iter().enumerate().flat_map(|(n, &b)| {
        let earlier = candidates[..n].iter().rev();
        earlier.filter(move |&&a| races(&rows[a], &rows[b])).map(move |&a| (a, b))
    });
    later.min_by_key(|&(_, b)| b)
}

/// Whoever is involved in a finding, and the last event of it on one of the finding's lines.
fn marks_of(rows: &[Row<'_>], finding: &Finding) -> Vec<usize> {
    let last = |&go: &GoId| {
        let on_its_line = |row: &Row<'_>| {
            row.event.go == go && finding.places.contains(&row.event.op.place.to_string())
        };
        rows.iter().rposition(on_its_line)
    };
    finding.who.iter().filter_map(last).collect()
}

fn stuck(lanes: &[GoId], findings: &[Finding]) -> Vec<usize> {
    let waits = |finding: &&Finding| matches!(finding.kind, Kind::Deadlock | Kind::Leak);
    let who: BTreeSet<GoId> = findings.iter().filter(waits).flat_map(|f| f.who.clone()).collect();
    (0..lanes.len()).filter(|&lane| who.contains(&lanes[lane])).collect()
}

impl Trace {
    /// The run as a picture, in SVG: a column for each goroutine, a row for each event. It needs no style
    /// sheet, and follows the reader's preference for light or dark. What `run` shows is marked.
    pub fn svg(&self, run: &Run) -> String {
        svg::standalone(&Timeline::new(self, &run.findings, Limits::PICTURE))
    }

    /// The run as a page to open in a browser, by itself: the picture, what is wrong with `run`, and for each
    /// event what comes before and after it.
    pub fn html(&self, run: &Run) -> String {
        let timeline = Timeline::new(self, &run.findings, Limits::PICTURE);
        html::page(&timeline, &Story::of(run))
    }

    /// The same page, about one finding.
    pub(super) fn page(&self, finding: &Finding, story: &Story<'_>) -> String {
        html::page(&Timeline::new(self, std::slice::from_ref(finding), Limits::PICTURE), story)
    }

    /// The run in Chrome's trace format, which [Perfetto](https://ui.perfetto.dev) opens. A step is shown as a
    /// microsecond.
    pub fn chrome(&self, run: &Run) -> String {
        let timeline = Timeline::new(self, &run.findings, Limits::EXPORT);
        chrome::json(&timeline, &run.findings)
    }

    /// The run as a log for [ShiViz](https://bestchai.bitbucket.io/shiviz/): who, the vector clock, what. Read
    /// it with the expression `(?<host>\S+) (?<clock>{.*})\n(?<event>.*)`.
    pub fn shiviz(&self) -> String {
        shiviz::log(&Timeline::new(self, &[], Limits::EXPORT))
    }
}

/// A text as a JSON string.
fn quoted(text: &str) -> String {
    let mut out = String::from('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            // Nothing in a page may look like the end of its script.
            '<' | '\0'..='\x1f' => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out + "\""
}

/// A text inside of HTML or SVG.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
