//! What several verdicts say alike: the captured loop variable, orders, ranges of a counter.

use std::collections::BTreeSet;

use goseed::Outcome;

/// The lines of a text, joined by spaces.
pub(crate) fn joined(text: &str) -> String {
    text.lines().collect::<Vec<_>>().join(" ")
}

/// Nothing was printed.
pub(crate) fn silent(outcome: &Outcome) -> bool {
    outcome.stdout.is_empty()
}

/// Something was printed.
pub(crate) fn speaks(outcome: &Outcome) -> bool {
    !silent(outcome)
}

/// The numbers printed, one a line.
pub(crate) fn numbers(outcome: &Outcome) -> Result<Vec<i32>, String> {
    let number = |line: &str| line.parse().map_err(|_| format!("`{line}` is no number"));
    outcome.stdout.lines().map(number).collect()
}

/// Main returned and nothing was logged.
pub(crate) fn returned(outcome: &Outcome) -> Result<(), String> {
    match (outcome.exit.as_str(), outcome.stderr.as_str()) {
        ("returned", "") => Ok(()),
        (exit, stderr) => Err(format!("ends with {exit}, stderr `{}`", joined(stderr))),
    }
}

/// One number between `low` and `high` was printed.
pub(crate) fn one_number(outcome: &Outcome, low: i32, high: i32) -> Result<(), String> {
    returned(outcome)?;
    match numbers(outcome)?[..] {
        [n] if (low..=high).contains(&n) => Ok(()),
        ref other => Err(format!("prints {other:?}, not one number from {low} to {high}")),
    }
}

/// This was printed, lines joined by spaces.
pub(crate) fn printed(outcome: &Outcome, line: &str) -> bool {
    joined(&outcome.stdout) == line
}

/// A line was printed twice.
pub(crate) fn twice(outcome: &Outcome) -> bool {
    let lines: Vec<&str> = outcome.stdout.lines().collect();
    lines.iter().enumerate().any(|(n, line)| lines[..n].contains(line))
}

/// The numbers printed obey `law`.
pub(crate) fn obeys(outcome: &Outcome, law: impl Fn(&[i32]) -> bool) -> Result<(), String> {
    returned(outcome)?;
    match numbers(outcome)? {
        line if law(&line) => Ok(()),
        line => Err(format!("prints {line:?}: too small for their place, too large or too many")),
    }
}

/// `n` goroutines printed the variable of the loop that started them: the k-th smallest number
/// (from 0) is at least k, since it was read when k + 1 goroutines existed, and at most `n`.
pub(crate) fn captured(line: &[i32], n: i32) -> bool {
    let mut sorted = line.to_vec();
    sorted.sort_unstable();
    (0..n).eq(0..sorted.len() as i32) && sorted.iter().zip(0..).all(|(&x, k)| k <= x && x <= n)
}

/// The beginning of a line that is [`captured`]: whatever is printed later can be `n`.
pub(crate) fn captured_prefix(line: &[i32], n: i32) -> bool {
    let missing = n as usize - line.len().min(n as usize);
    let whole: Vec<i32> = line.iter().copied().chain(vec![n; missing]).collect();
    captured(&whole, n)
}

/// All lines that are [`captured`].
pub(crate) fn captured_lines(n: i32) -> BTreeSet<String> {
    let all = lines_of(n as usize, 0..=n).into_iter();
    all.filter(|line| captured(line, n)).map(|line| text(&line)).collect()
}

/// All beginnings of lines that are [`captured`].
pub(crate) fn captured_prefixes(n: i32) -> BTreeSet<String> {
    let all = (0..=n as usize).flat_map(|length| lines_of(length, 0..=n));
    all.filter(|line| captured_prefix(line, n)).map(|line| text(&line)).collect()
}

/// All orders of 0, 1, …, n − 1.
pub(crate) fn orders(n: i32) -> BTreeSet<String> {
    let is_order = |line: &Vec<i32>| line.iter().collect::<BTreeSet<_>>().len() == line.len();
    lines_of(n as usize, 0..=n - 1).into_iter().filter(is_order).map(|line| text(&line)).collect()
}

/// All lines of this length with numbers of this range.
fn lines_of(length: usize, range: std::ops::RangeInclusive<i32>) -> Vec<Vec<i32>> {
    let mut lines = vec![Vec::new()];
    for _ in 0..length {
        let longer = |line: &Vec<i32>| {
            let line = line.clone();
            range.clone().map(move |x| line.iter().copied().chain([x]).collect())
        };
        lines = lines.iter().flat_map(longer).collect();
    }
    lines
}

fn text(line: &[i32]) -> String {
    line.iter().map(i32::to_string).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sets_have_their_known_sizes() {
        assert_eq!([2, 3, 5].map(|n| captured_lines(n).len()), [8, 50, 4802]);
        assert_eq!([2, 3, 5].map(|n| captured_prefixes(n).len()), [12, 70, 6069]);
        assert_eq!(orders(5).len(), 120);
    }

    #[test]
    fn a_line_is_captured_or_not() {
        assert!(captured(&[2, 2], 2) && captured(&[1, 0], 2) && captured(&[0, 2], 2));
        assert!(!captured(&[0, 0], 2), "both goroutines exist only once i is 1");
        assert!(!captured(&[3, 2], 2), "the loop ends at 2");
        assert!(
            captured_prefix(&[], 2) && captured_prefix(&[0], 2) && !captured_prefix(&[0, 0], 2)
        );
    }
}
