//! A schedule as lanes: one column per goroutine, one row per event, time runs down.
//!
//! ```text
//!   step  g1 main              g2                   g3 (worker)
//!      4  go g2                is started                                a.rs:9
//!      7  │                    │                    lock mutex#1         a.rs:12 [mutex#1: g3]
//!      8  │                    lock mutex#1 (blocked) │                  a.rs:12 [mutex#1: g3 ← g2]
//!      9  wait wg#1 (blocked)  ┊                    │                    a.rs:15
//! ```

use std::collections::{BTreeMap, BTreeSet};

use super::{Trace, clip};
use crate::event::{Action, Detail, Event, GoId, ObjectId, Place, objects};

/// How lanes are drawn.
#[derive(Clone, Copy, Debug)]
pub(super) struct Look {
    /// Columns of the whole.
    pub(super) width: usize,
    /// The most rows.
    pub(super) rows: usize,
    pub(super) glyphs: Glyphs,
}

/// What stands in the lane of a goroutine that does nothing at this row.
#[derive(Clone, Copy, Debug)]
pub(super) struct Glyphs {
    /// It could go on.
    alive: &'static str,
    blocked: &'static str,
    /// Between who holds a lock and who waits for it.
    waits: &'static str,
}

impl Glyphs {
    pub(super) const UNICODE: Self = Self { alive: "│", blocked: "┊", waits: "←" };
    pub(super) const ASCII: Self = Self { alive: "|", blocked: ":", waits: "<-" };
}

impl Look {
    /// On the screen of a failure.
    pub(super) const SCREEN: Self = Self { width: 100, rows: 20, glyphs: Glyphs::UNICODE };
}

/// Left of the lanes: the step.
const GUTTER: usize = 8;
/// The narrowest lane that still says something.
const NARROW: usize = 14;
/// The widest lane.
const WIDE: usize = 26;
/// So many rows may become one.
const ALIKE: usize = 100;

/// Those of `who` that are worth a lane: of many that did the same last, two.
pub(super) fn few_of_each(trace: &Trace, who: &[GoId]) -> Vec<GoId> {
    let last: BTreeMap<GoId, (Action, Place)> = trace
        .events()
        .iter()
        .map(|event| (event.go, (event.op.action(), event.op.place)))
        .collect();
    let mut alike = BTreeMap::new();
    for go in who {
        *alike.entry(last.get(go)).or_insert(0_usize) += 1;
    }
    let mut taken = BTreeMap::new();
    let stays = |go: &&GoId| {
        let nth = taken.entry(last.get(go)).or_insert(0_usize);
        *nth += 1;
        *nth <= 2 || alike[&last.get(go)] <= FEW
    };
    who.iter().filter(stays).copied().collect()
}

/// So many that did the same last all have lanes.
const FEW: usize = 3;

/// The last events that matter to `who`, as lanes; each row with the line of the program, and with who
/// holds and who waits for the lock that it is about, if there is room. The events of `about`, positions in
/// the trace, are among them however long ago they were.
pub(super) fn lanes(trace: &Trace, who: &[GoId], about: &[usize], look: Look) -> Vec<String> {
    let mut events = relevant(trace, who, look.rows.saturating_mul(ALIKE));
    let earlier = about.iter().filter(|at| events.first().is_some_and(|first| *at < first));
    events.splice(0..0, earlier.copied().collect::<BTreeSet<_>>());
    let lines = events.iter().map(|&at| line_of(trace, &trace.events()[at]).chars().count());
    let beside = lines.max().map_or(0, |longest| longest + 2);
    // Lines of the program have a column of their own, unless that leaves no room for those involved.
    let all = look.width - GUTTER;
    let room = all.saturating_sub(beside);
    let wanted = if who.is_empty() { acting(trace, &events).len() } else { who.len().max(2) };
    let enough = room / NARROW >= wanted.min(all / NARROW);
    let room = if enough { room } else { all };
    let columns = columns(trace, &events, who, room);
    if columns.is_empty() {
        return Vec::new();
    }
    let width = (room / columns.len()).min(WIDE);
    let heads = columns.iter().map(|&go| trace.name(go));
    let head = row("step", heads, width);
    let mut rows = Vec::new();
    let mut standing = Standing::default();
    let mut next = events.iter().copied().peekable();
    for (at, event) in trace.events().iter().enumerate() {
        standing.after(trace, event);
        if next.next_if_eq(&at).is_none() {
            continue;
        }
        let cell = |&go: &GoId| match go {
            go if go == event.go => trace.words(event),
            go if event.detail == Detail::Started(go) => "is started".to_owned(),
            go if takes_part(event, go) => "with it".to_owned(),
            go => standing.glyph(go, look.glyphs).to_owned(),
        };
        let mut line = row(&event.step.to_string(), columns.iter().map(cell), width);
        if enough {
            let end = GUTTER + width * columns.len();
            line.push_str(&" ".repeat(end.saturating_sub(line.chars().count())));
        }
        if !columns.contains(&event.go) {
            let text = format!("{}: {}", event.go, trace.words(event));
            let said = append(&mut line, &text, look.width);
            // Whoever has no lane and no room has nothing in this row.
            if !said && !columns.iter().any(|&go| takes_part(event, go)) {
                continue;
            }
        }
        append(&mut line, &line_of(trace, event), look.width);
        append(&mut line, &standing.lock(trace, event, look.glyphs), look.width);
        rows.push((at, line.trim_end().to_owned()));
    }
    let rows = if look.rows == usize::MAX { rows } else { last(folded(rows), about, look.rows) };
    std::iter::once(head).chain(rows.into_iter().map(|(_, line)| line)).collect()
}

/// Rows that say the same in a row, but for the numbers of goroutines and objects: the first and the last
/// of them, and how many are between.
fn folded(rows: Vec<(usize, String)>) -> Vec<(usize, String)> {
    let mut out: Vec<(usize, String)> = Vec::with_capacity(rows.len());
    for same in rows.chunk_by(|(_, a), (_, b)| shape(a) == shape(b)) {
        match same {
            [first, between @ .., last] if between.len() > 1 => {
                let text = format!("{:>6}  {} more like this", "…", between.len());
                out.extend([first.clone(), (between[0].0, text), last.clone()]);
            }
            few => out.extend_from_slice(few),
        }
    }
    out
}

/// A row without its step and without the numbers that follow `g` or `#`.
fn shape(row: &str) -> String {
    let mut out = String::with_capacity(row.len());
    let mut numbered = false;
    for c in row.chars().skip(GUTTER - 1) {
        if !(numbered && c.is_ascii_digit()) {
            numbered = matches!(c, 'g' | '#');
            out.push(c);
        }
    }
    out.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The last rows, and before them those of `about` that are none of them.
fn last(rows: Vec<(usize, String)>, about: &[usize], most: usize) -> Vec<(usize, String)> {
    if rows.len() <= most {
        return rows;
    }
    let early = |tail: &[(usize, String)]| {
        let shown = |at: &usize| tail.first().is_none_or(|(first, _)| at < first);
        about.iter().copied().filter(shown).collect::<BTreeSet<usize>>()
    };
    let room = most.saturating_sub(about.len() + 1);
    let tail = &rows[rows.len() - room..];
    let early = early(tail);
    if early.is_empty() {
        return rows[rows.len() - most..].to_vec();
    }
    let first = rows.iter().filter(|(at, _)| early.contains(at)).cloned();
    let gap = (0, format!("{:>6}", "…"));
    first.chain([gap]).chain(tail.iter().cloned()).collect()
}

/// The line of the program, without its folder: `counter.rs:25`.
fn line_of(trace: &Trace, event: &Event) -> String {
    let place = trace.at_place(event, "");
    place.rsplit(['/', '\\']).next().unwrap_or_default().to_owned()
}

/// Puts a text behind a row, if both fit; says whether they did.
fn append(line: &mut String, text: &str, width: usize) -> bool {
    let space = if line.ends_with(' ') { "" } else { "  " };
    let fits = line.chars().count() + space.len() + text.chars().count() <= width;
    if fits && !text.is_empty() {
        line.push_str(space);
        line.push_str(text);
    }
    fits
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

/// What everybody is at, after some of the events.
#[derive(Debug, Default)]
struct Standing {
    /// Those alive, and whether they are blocked.
    blocked: BTreeMap<GoId, bool>,
    holders: BTreeMap<ObjectId, Vec<GoId>>,
    waiters: BTreeMap<ObjectId, Vec<GoId>>,
}

impl Standing {
    fn after(&mut self, trace: &Trace, event: &Event) {
        let (go, object) = (event.go, event.op.object());
        if go != GoId::CLOCK {
            self.blocked.insert(go, event.detail == Detail::Blocked);
        }
        if let Detail::With(other) | Detail::Started(other) = event.detail {
            self.blocked.insert(other, false);
        }
        if event.op.action() == Action::End {
            self.blocked.remove(&go);
        }
        if !trace.is_lock(object) {
            return;
        }
        let waiters = self.waiters.entry(object).or_default();
        waiters.retain(|&other| other != go);
        if event.detail == Detail::Blocked {
            return waiters.push(go);
        }
        let holders = self.holders.entry(object).or_default();
        match event.op.action() {
            action if action.takes_lock() && !holders.contains(&go) => holders.push(go),
            Action::Unlock | Action::RUnlock => {
                let at = holders.iter().position(|&other| other == go).unwrap_or(0);
                if at < holders.len() {
                    holders.remove(at);
                }
            }
            _ => {}
        }
    }

    fn glyph(&self, go: GoId, glyphs: Glyphs) -> &'static str {
        match self.blocked.get(&go) {
            None => "",
            Some(true) => glyphs.blocked,
            Some(false) => glyphs.alive,
        }
    }

    /// Who holds the lock that an event is about, and who waits for it.
    fn lock(&self, trace: &Trace, event: &Event, glyphs: Glyphs) -> String {
        let object = event.op.object();
        let names = |all: Option<&Vec<GoId>>| match all.map_or(&[][..], Vec::as_slice) {
            [] => None,
            all => Some(all.iter().map(GoId::to_string).collect::<Vec<_>>().join(", ")),
        };
        let held = names(self.holders.get(&object));
        let waits = names(self.waiters.get(&object)).map(|all| format!(" {} {all}", glyphs.waits));
        match (trace.objects().get(object.index()), held, waits) {
            (None, ..) | (_, None, None) => String::new(),
            (Some(info), held, waits) => {
                let held = held.unwrap_or_else(|| "nobody".to_owned());
                format!("[{info}: {held}{}]", waits.unwrap_or_default())
            }
        }
    }
}

/// Events of those involved, and those on the objects that they touched last: positions in the trace.
fn relevant(trace: &Trace, who: &[GoId], rows: usize) -> Vec<usize> {
    let touched = last_objects(trace, who);
    let matters = |(_, event): &(usize, &Event)| {
        let involved = |go| who.is_empty() || who.contains(&go);
        involved(event.go)
            || who.iter().any(|&go| takes_part(event, go))
            || touched.contains(&event.op.object())
    };
    let last = trace.events().iter().enumerate().rev().filter(matters).take(rows);
    let mut last: Vec<usize> = last.map(|(at, _)| at).collect();
    last.reverse();
    last
}

fn last_objects(trace: &Trace, who: &[GoId]) -> BTreeSet<ObjectId> {
    let last = |&go: &GoId| {
        let own = |event: &&Event| event.go == go && event.op.object().index() >= FIRST;
        trace.events().iter().rev().find(own).map(|event| event.op.object())
    };
    who.iter().filter_map(last).collect()
}

/// The first object that a program made itself.
const FIRST: usize = objects::FIRST as usize;

/// Whose events these are.
fn acting(trace: &Trace, events: &[usize]) -> BTreeSet<GoId> {
    events.iter().map(|&at| trace.events()[at].go).collect()
}

/// Who gets a lane: those involved first, as many as fit, in the order of creation.
fn columns(trace: &Trace, events: &[usize], who: &[GoId], room: usize) -> Vec<GoId> {
    let most = (room / NARROW).max(1);
    let acting = acting(trace, events);
    let involved = who.iter().copied().filter(|go| acting.contains(go));
    let others = acting.iter().rev().copied().filter(|go| !who.contains(go));
    let mut columns: Vec<GoId> = involved.chain(others).take(most).collect();
    columns.sort_unstable();
    columns
}

impl Trace {
    /// The whole run as lanes: a column for each goroutine, as many as fit into `width` columns of text, and a
    /// row for each event. `│` is a goroutine that could go on, `┊` one that is blocked; the brackets say who
    /// holds a lock `←` and who waits for it.
    pub fn lanes(&self, width: usize) -> String {
        self.drawn(width, Glyphs::UNICODE)
    }

    /// The same without characters beyond ASCII.
    pub fn lanes_ascii(&self, width: usize) -> String {
        self.drawn(width, Glyphs::ASCII).replace('…', ".")
    }

    fn drawn(&self, width: usize, glyphs: Glyphs) -> String {
        let look = Look { width: width.max(GUTTER + NARROW), rows: usize::MAX, glyphs };
        lanes(self, &[], &[], look).into_iter().flat_map(|line| [line, "\n".to_owned()]).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Instant, Op, Place};

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
    fn of_many_that_do_the_same_two_have_lanes() {
        let place = Place::here();
        let all: Vec<GoId> = (2..20).map(GoId::new).collect();
        let blocked = |go: &GoId| Event {
            step: 1,
            now: Instant::START,
            go: *go,
            op: Op::local(Action::Recv, place),
            detail: Detail::Blocked,
        };
        let trace = Trace::new(all.iter().map(blocked).collect(), Vec::new(), Vec::new());
        assert_eq!(few_of_each(&trace, &all), all[..2]);
        assert_eq!(few_of_each(&trace, &all[..3]), all[..3]);
    }

    #[test]
    fn each_goroutine_has_its_lane() {
        let trace = trace(&[
            (1, Action::Go, Detail::Started(GoId::new(2))),
            (2, Action::Send, Detail::Blocked),
            (1, Action::Gosched, Detail::Done),
            (1, Action::Recv, Detail::With(GoId::new(2))),
        ]);
        let lines = lanes(&trace, &[], &[], Look::SCREEN);
        assert_eq!(lines[0], "  step  g1 main                   g2");
        let starts = [
            "     1  go g2                     is started",
            "     2  │                         send (blocked)",
            "     3  gosched                   ┊",
            "     4  receive with g2           with it",
        ];
        for (line, start) in lines[1..].iter().zip(starts) {
            assert!(line.starts_with(start), "{line}");
        }
        assert!(trace.lanes_ascii(80).contains("\n     3  gosched                   :"));
    }

    #[test]
    fn rows_are_the_last_ones_and_fit() {
        let many: Vec<_> = (0..500).map(|n| (n % 30 + 1, Action::Gosched, Detail::Done)).collect();
        let lines = lanes(&trace(&many), &[], &[], Look::SCREEN);
        assert_eq!(lines.len(), 21);
        assert!(lines.iter().all(|line| line.chars().count() <= 100));
        assert!(lines[20].starts_with("   500"));
        for width in [0, 1, 40, 300] {
            let text = trace(&many).lanes(width);
            assert!(text.lines().all(|line| line.chars().count() <= width.max(24)), "{text}");
        }
    }

    #[test]
    fn only_what_matters_to_those_involved_is_shown() {
        let all = [(1, Action::Go, Detail::Done), (2, Action::End, Detail::Done)];
        assert_eq!(lanes(&trace(&all), &[GoId::new(2)], &[], Look::SCREEN).len(), 2);
    }
}
