//! The picture: a column for each goroutine, a row for each event.

use std::fmt::Write as _;

use super::{Timeline, escaped};
use crate::event::Detail;
use crate::report::clip;

/// Left of the lanes: step and time.
const GUTTER: usize = 112;
/// The names of the goroutines.
pub(super) const HEAD: usize = 34;
const ROW: usize = 22;
/// Of a character, at the size of the labels.
const CHARACTER: f64 = 7.3;
/// What all lanes together shall not exceed, as far as each keeps its least width.
const ROOM: usize = 1_200;

/// Where things are.
struct Layout {
    lane: usize,
    lanes: usize,
    rows: usize,
}

impl Layout {
    fn of(timeline: &Timeline<'_>) -> Self {
        let lanes = timeline.lanes.len().max(1);
        let lane = (ROOM / lanes).clamp(150, 250);
        Self { lane, lanes, rows: timeline.rows.len() }
    }

    fn width(&self) -> usize {
        GUTTER + self.lane * self.lanes
    }

    fn height(&self) -> usize {
        ROW * (self.rows + 1)
    }

    fn x(&self, lane: usize) -> usize {
        GUTTER + self.lane * lane + 10
    }

    fn y(row: usize) -> usize {
        ROW * row + ROW / 2
    }

    /// As much of the text as fits beside a lane.
    fn clip(&self, text: &str) -> String {
        escaped(&clip(text, ((self.lane - 24) as f64 / CHARACTER) as usize))
    }
}

/// The picture with the names above, to be used by itself.
pub(super) fn standalone(timeline: &Timeline<'_>) -> String {
    let layout = Layout::of(timeline);
    let (width, height) = (layout.width(), layout.height() + HEAD);
    let mut out = format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" class="goseed" width="{width}" height="{height}" viewBox="0 0 {width} {height}" role="img" aria-label="timeline of goroutines">"#
    );
    let _ = write!(out, "<style>{}</style>", include_str!("timeline.css"));
    let _ = write!(out, r#"<rect class="page" width="{width}" height="{height}"/>"#);
    out.push_str(&names(timeline, &layout));
    let _ = write!(out, r#"<g transform="translate(0,{HEAD})">"#);
    out.push_str(&picture(timeline, &layout));
    out.push_str("</g></svg>\n");
    out
}

/// Both parts for a page: the names, which stay in view, and what moves below them.
pub(super) fn parts(timeline: &Timeline<'_>) -> (String, String) {
    let layout = Layout::of(timeline);
    let (width, height) = (layout.width(), layout.height());
    let open = |class: &str, height: usize| {
        format!(r#"<svg class="goseed {class}" width="{width}" height="{height}">"#)
    };
    let head = open("head", HEAD) + &names(timeline, &layout) + "</svg>";
    (head, open("body", height) + &picture(timeline, &layout) + "</svg>")
}

fn names(timeline: &Timeline<'_>, layout: &Layout) -> String {
    let mut out = String::from(r#"<text class="s" x="8" y="22">step, time</text>"#);
    for (lane, &go) in timeline.lanes.iter().enumerate() {
        let (x, name) = (layout.x(lane) - 4, layout.clip(&timeline.trace.name(go)));
        let _ = write!(out, r#"<text class="n" x="{x}" y="22">{name}</text>"#);
    }
    out
}

fn picture(timeline: &Timeline<'_>, layout: &Layout) -> String {
    let mut out = String::from(
        r#"<defs><pattern id="h" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><path class="hatch" d="M0 0V5"/></pattern></defs>"#,
    );
    for lane in 0..timeline.lanes.len() {
        let (from, to) = (timeline.begins(lane), timeline.ends(lane));
        let x = layout.x(lane);
        let _ = write!(out, r#"<path class="l" d="M{x} {}V{}"/>"#, Layout::y(from), Layout::y(to));
    }
    bars(timeline, layout, &mut out);
    races(timeline, layout, &mut out);
    let mut time = 0;
    for (n, row) in timeline.rows.iter().enumerate() {
        let (y, event) = (Layout::y(n), row.event);
        let _ = write!(out, r#"<text class="s" x="8" y="{}">{}"#, y + 4, event.step);
        if event.now.nanos() != time {
            time = event.now.nanos();
            let since = std::time::Duration::from_nanos(time);
            let _ = write!(out, "  {since:?}");
        }
        out.push_str("</text>");
        let Some(lane) = row.lane else {
            let _ = write!(out, r#"<path class="c" d="M{GUTTER} {y}H{}"/>"#, layout.width());
            out.push_str(r#"<g class="r"/>"#);
            continue;
        };
        if let Some(with) = row.with {
            arrow(layout, (lane, with), y, event.detail, &mut out);
        }
        let class = if timeline.marks.contains(&n) { "r m" } else { "r" };
        let (x, words) = (layout.x(lane), layout.clip(&timeline.words(event)));
        let _ = write!(
            out,
            r#"<g class="{class}" transform="translate({x},{y})"><circle r="4"/><text x="10" y="4">{words}</text></g>"#
        );
    }
    out
}

/// Who waits, and who holds what.
fn bars(timeline: &Timeline<'_>, layout: &Layout, out: &mut String) {
    let end = timeline.rows.len();
    for wait in &timeline.waits {
        let (x, y) = (layout.x(wait.lane) - 4, Layout::y(wait.from));
        let height = Layout::y(wait.to.unwrap_or(end)) - y;
        let for_ever = wait.to.is_none() && timeline.stuck.contains(&wait.lane);
        let class = if for_ever { "w ever" } else { "w" };
        let _ =
            write!(out, r#"<rect class="{class}" x="{x}" y="{y}" width="8" height="{height}"/>"#);
    }
    for (n, hold) in timeline.holds.iter().enumerate() {
        // Locks that are held at the same time stand side by side.
        let ended = |other: &super::Hold| other.to.is_some_and(|to| to < hold.from);
        let beside = |other: &&super::Hold| other.lane == hold.lane && !ended(other);
        let depth = timeline.holds[..n].iter().filter(beside).count().min(2);
        let (x, y) = (layout.x(hold.lane) - 8 - 4 * depth, Layout::y(hold.from));
        let height = (Layout::y(hold.to.unwrap_or(end)) - y).max(4);
        let _ = write!(out, r#"<rect class="k" x="{x}" y="{y}" width="3" height="{height}"/>"#);
    }
}

/// A line between two events of a data race.
fn races(timeline: &Timeline<'_>, layout: &Layout, out: &mut String) {
    for &(a, b) in &timeline.races {
        let (Some(from), Some(to)) = (timeline.rows[a].lane, timeline.rows[b].lane) else {
            continue;
        };
        let (x1, y1, x2, y2) = (layout.x(from), Layout::y(a), layout.x(to), Layout::y(b));
        let _ = write!(out, r#"<path class="race" d="M{x1} {y1}L{x2} {y2}"/>"#);
    }
}

/// From one lane to another, at the height of the event.
fn arrow(layout: &Layout, (from, to): (usize, usize), y: usize, detail: Detail, out: &mut String) {
    let class = if matches!(detail, Detail::Started(_)) { "a go" } else { "a" };
    let (x1, x2) = (layout.x(from), layout.x(to));
    let (tip, wing) = if x2 > x1 { (x2 - 5, x2 - 11) } else { (x2 + 5, x2 + 11) };
    let (above, below) = (y - 4, y + 4);
    let _ = write!(
        out,
        r#"<path class="{class}" d="M{x1} {y}H{tip}M{wing} {above}L{tip} {y}L{wing} {below}"/>"#
    );
}
