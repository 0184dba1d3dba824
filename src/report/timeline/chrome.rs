//! Chrome's trace format: tracks with slices, arrows between them, and the locks.

use std::collections::BTreeMap;

use super::{Row, Timeline, quoted};
use crate::detect::Finding;
use crate::event::{Detail, GoId};

/// The whole file, with what is wrong with the run.
pub(super) fn json(timeline: &Timeline<'_>, findings: &[Finding]) -> String {
    let mut all = Vec::new();
    tracks(timeline, &mut all);
    let times = times(timeline);
    slices(timeline, &times, &mut all);
    waits(timeline, &times, &mut all);
    flows(timeline, &times, &mut all);
    holds(timeline, &times, &mut all);
    for finding in findings {
        let (name, ts, tid) = (quoted(finding.first_line()), end(&times), GoId::MAIN.number());
        all.push(format!(
            r#"{{"ph":"i","s":"g","pid":1,"tid":{tid},"ts":{ts},"name":{name},"cat":"finding"}}"#
        ));
    }
    format!("{{\"displayTimeUnit\":\"ns\",\"traceEvents\":[\n{}\n]}}\n", all.join(",\n"))
}

/// When each row begins and how long it takes: the events of one step share it.
fn times(timeline: &Timeline<'_>) -> Vec<(f64, f64)> {
    let mut count: BTreeMap<u64, u32> = BTreeMap::new();
    for row in &timeline.rows {
        *count.entry(row.event.step).or_default() += 1;
    }
    let mut nth: BTreeMap<u64, u32> = BTreeMap::new();
    let time = |row: &Row<'_>| {
        let (step, n) = (row.event.step, nth.entry(row.event.step).or_default());
        let part = 1.0 / f64::from(count[&step]);
        *n += 1;
        (step as f64 + f64::from(*n - 1) * part, part)
    };
    timeline.rows.iter().map(time).collect()
}

fn tracks(timeline: &Timeline<'_>, all: &mut Vec<String>) {
    for (n, &go) in timeline.lanes.iter().enumerate() {
        let (tid, name) = (go.number(), quoted(&timeline.trace.name(go)));
        all.push(format!(
            r#"{{"ph":"M","pid":1,"tid":{tid},"name":"thread_name","args":{{"name":{name}}}}}"#
        ));
        all.push(format!(
            r#"{{"ph":"M","pid":1,"tid":{tid},"name":"thread_sort_index","args":{{"sort_index":{n}}}}}"#
        ));
    }
}

fn slices(timeline: &Timeline<'_>, times: &[(f64, f64)], all: &mut Vec<String>) {
    for (n, (row, &(ts, dur))) in timeline.rows.iter().zip(times).enumerate() {
        let event = row.event;
        let (name, place) =
            (quoted(&timeline.trace.words(event)), quoted(&timeline.trace.at_place(event, "")));
        let (step, now) = (event.step, event.now.nanos());
        let args = format!(r#"{{"at":{place},"step":{step},"time_ns":{now}}}"#);
        let cat = if timeline.marks.contains(&n) { "finding" } else { "run" };
        all.push(match event.go {
            GoId::CLOCK => format!(
                r#"{{"ph":"i","s":"g","pid":1,"tid":{},"ts":{ts},"name":{name},"args":{args}}}"#,
                GoId::MAIN.number()
            ),
            go => format!(
                r#"{{"ph":"X","pid":1,"tid":{},"ts":{ts},"dur":{dur},"name":{name},"cat":"{cat}","args":{args}}}"#,
                go.number()
            ),
        });
    }
}

fn waits(timeline: &Timeline<'_>, times: &[(f64, f64)], all: &mut Vec<String>) {
    let end = end(times);
    for wait in &timeline.waits {
        let (from, dur) = times[wait.from];
        let (begin, to) = (from + dur, wait.to.map_or(end, |to| times[to].0));
        let (tid, event) = (timeline.lanes[wait.lane].number(), timeline.rows[wait.from].event);
        let name = quoted(&format!("blocked: {}", timeline.trace.words_of(&event.op)));
        if to > begin {
            let dur = to - begin;
            all.push(format!(
                r#"{{"ph":"X","pid":1,"tid":{tid},"ts":{begin},"dur":{dur},"name":{name},"cat":"blocked"}}"#
            ));
        }
    }
}

/// An arrow for each value that goes straight to somebody, and for each `go`.
fn flows(timeline: &Timeline<'_>, times: &[(f64, f64)], all: &mut Vec<String>) {
    for (n, row) in timeline.rows.iter().enumerate() {
        let (Some(_), Some(with)) = (row.lane, row.with) else { continue };
        let target = timeline.rows[n + 1..].iter().position(|later| later.lane == Some(with));
        let Some(target) = target.map(|at| at + n + 1) else { continue };
        let cat = match row.event.detail {
            Detail::Started(_) => "go",
            _ => "wake",
        };
        let (from, to) = (times[n].0, times[target].0);
        let (tid, other) = (row.event.go.number(), timeline.lanes[with].number());
        all.push(format!(
            r#"{{"ph":"s","pid":1,"tid":{tid},"ts":{from},"id":{n},"name":"{cat}","cat":"{cat}"}}"#
        ));
        all.push(format!(
            r#"{{"ph":"f","bp":"e","pid":1,"tid":{other},"ts":{to},"id":{n},"name":"{cat}","cat":"{cat}"}}"#
        ));
    }
}

fn holds(timeline: &Timeline<'_>, times: &[(f64, f64)], all: &mut Vec<String>) {
    for (id, hold) in timeline.holds.iter().enumerate() {
        let tid = timeline.lanes[hold.lane].number();
        let name = timeline.trace.words_of(&timeline.rows[hold.from].event.op);
        let (_, object) = name.split_once(' ').unwrap_or(("", &name));
        let name = quoted(&format!("{object} held by {}", timeline.lanes[hold.lane]));
        let to = hold.to.map_or(end(times), |to| times[to].0);
        for (ph, ts) in [("b", times[hold.from].0), ("e", to)] {
            all.push(format!(
                r#"{{"ph":"{ph}","pid":1,"tid":{tid},"ts":{ts},"id":{id},"name":{name},"cat":"lock"}}"#
            ));
        }
    }
}

fn end(times: &[(f64, f64)]) -> f64 {
    times.last().map_or(0.0, |(at, dur)| at + dur)
}
