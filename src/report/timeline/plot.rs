//! How many goroutines there are, over virtual time.

use std::fmt::Write as _;

use crate::event::{Action, Detail};
use crate::report::{Trace, grouped};

/// Of the plot, in pixels, without its labels.
const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 90.0;
/// The most points; between them is the largest count.
const POINTS: usize = 320;

/// The plot; nothing where time stands still or only main runs.
pub(super) fn plot(trace: &Trace) -> Option<String> {
    let counts = counts(trace);
    let (end, most) = (counts.last()?.0, counts.iter().map(|(_, count)| *count).max()?);
    if end == 0 || most < 2 {
        return None;
    }
    let mut path = String::new();
    let mut last = None;
    for (at, count) in thinned(&counts, end) {
        let (x, y) = (at as f64 / end as f64 * WIDTH, HEIGHT - count as f64 / most as f64 * HEIGHT);
        match last {
            None => _ = write!(path, "M{x:.1} {y:.1}"),
            Some(_) => _ = write!(path, "H{x:.1}V{y:.1}"),
        }
        last = Some(count);
    }
    let _ = write!(path, "H{WIDTH}");
    let (width, height) = (WIDTH + 130.0, HEIGHT + 34.0);
    let (most, time) = (grouped(most as u64), std::time::Duration::from_nanos(end));
    Some(format!(
        r#"<svg class="goseed plot" width="{width}" height="{height}" role="img" aria-label="goroutines over time"><g transform="translate(8,10)"><path class="l" d="M0 {HEIGHT}H{WIDTH}"/><path class="p" d="{path}"/><text x="{}" y="6">{most} at most</text><text class="s" x="0" y="{}">0s</text><text class="s" x="{WIDTH}" y="{}" text-anchor="end">{time:?}</text></g></svg>"#,
        WIDTH + 8.0,
        HEIGHT + 16.0,
        HEIGHT + 16.0,
    ))
}

/// After each change, when it was and how many there were.
fn counts(trace: &Trace) -> Vec<(u64, usize)> {
    let mut alive = 1;
    let mut counts = vec![(0, alive)];
    for event in trace.events() {
        match (event.detail, event.op.action()) {
            (Detail::Started(_), _) => alive += 1,
            (_, Action::End) => alive -= 1,
            (_, Action::Fire) => {}
            _ => continue,
        }
        counts.push((event.now.nanos(), alive));
    }
    counts
}

/// The largest count of each stretch of time.
fn thinned(counts: &[(u64, usize)], end: u64) -> Vec<(u64, usize)> {
    let stretch = |at: u64| (at as f64 / end as f64 * POINTS as f64) as u64;
    let mut points: Vec<(u64, usize)> = Vec::new();
    for &(at, count) in counts {
        match points.last_mut() {
            Some(last) if stretch(last.0) == stretch(at) => last.1 = last.1.max(count),
            _ => points.push((at, count)),
        }
    }
    // What is there at the end is more telling than the most of its stretch.
    points.extend(counts.last());
    points
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_of_each_stretch_is_kept_and_the_end_is_exact() {
        let counts: Vec<_> = (0..10_000).map(|n| (n, (n % 7) as usize)).collect();
        let points = thinned(&counts, 9_999);
        assert!(points.len() <= POINTS + 2, "{}", points.len());
        assert!(points[..points.len() - 2].iter().all(|(_, count)| *count == 6));
        assert_eq!(points.last(), Some(&(9_999, 3)));
    }
}
