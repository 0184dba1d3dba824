//! What comes back, and how it looks.
//!
//! Runs, reports and traces are plain data (`data`, `trace`); everything else here is a view of them:
//! the stable text of a report (`summary`), the lanes of a schedule (`lanes`), its pictures
//! (`timeline`) and the one screen that a failing check shows (`failure`). Nothing here runs anything or reads the environment.

mod data;
mod failure;
mod lanes;
#[cfg(feature = "serde")]
mod serial;
mod summary;
mod timeline;
mod trace;
#[cfg(feature = "tracing-subscriber")]
mod virtual_time;

pub use data::{Found, Outcome, Report, Run, Seen, Shrunk, Switches};
pub(crate) use failure::Failure;
pub use trace::Trace;
pub(crate) use trace::words;
#[cfg(feature = "tracing-subscriber")]
pub use virtual_time::VirtualTime;

/// The text, cut to `width` characters.
pub(crate) fn clip(text: &str, width: usize) -> String {
    match text.char_indices().nth(width) {
        None => text.to_owned(),
        Some(_) => text.chars().take(width.saturating_sub(1)).chain(['…']).collect(),
    }
}

/// `1 schedule`, `12 schedules`, `1,000 schedules`.
pub(crate) fn plural(count: u64, word: &str) -> String {
    format!("{} {word}{}", grouped(count), if count == 1 { "" } else { "s" })
}

/// Digits in groups of three: `1,000,000`.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (n, digit) in digits.chars().enumerate() {
        if n > 0 && (digits.len() - n).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_come_in_groups_of_three() {
        assert_eq!(grouped(7), "7");
        assert_eq!(grouped(999), "999");
        assert_eq!(grouped(1_000), "1,000");
        assert_eq!(plural(12_345_678, "step"), "12,345,678 steps");
        assert_eq!(plural(1, "step"), "1 step");
    }

    #[test]
    fn clipping_shows_that_something_is_missing() {
        assert_eq!(clip("short", 5), "short");
        assert_eq!(clip("longer", 5), "long…");
    }
}
