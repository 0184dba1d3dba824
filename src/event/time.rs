//! Points in time.

use std::fmt;
use std::ops::{Add, Sub};
use std::time::Duration;

/// A point in time, as [`time::now`](crate::time::now) gives it.
///
/// In the simulator it is virtual: it starts at 2000-01-01T00:00:00Z and moves only when nothing else
/// can. Sums saturate at the end of representable time (the year 2584), which means "never".
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Instant(u64);

impl Instant {
    /// The start of every simulated run.
    pub(crate) const START: Self = Self(0);
    /// Later than anything that happens.
    pub(crate) const NEVER: Self = Self(u64::MAX);

    /// Nanoseconds since the start of the run.
    pub(crate) const fn nanos(self) -> u64 {
        self.0
    }

    /// How much later this is than `earlier`; zero if it is not later.
    pub fn saturating_since(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }
}

impl Add<Duration> for Instant {
    type Output = Self;

    fn add(self, d: Duration) -> Self {
        Self(self.0.saturating_add(u64::try_from(d.as_nanos()).unwrap_or(u64::MAX)))
    }
}

impl Sub<Duration> for Instant {
    type Output = Self;

    fn sub(self, d: Duration) -> Self {
        Self(self.0.saturating_sub(u64::try_from(d.as_nanos()).unwrap_or(u64::MAX)))
    }
}

impl Sub for Instant {
    type Output = Duration;

    /// The time from `earlier` to this; zero if `earlier` is later.
    fn sub(self, earlier: Self) -> Duration {
        self.saturating_since(earlier)
    }
}

impl fmt::Display for Instant {
    /// As Go's log package prints it: `2000/01/01 00:00:10`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0 / 1_000_000_000;
        let (days, rest) = (seconds / 86_400, seconds % 86_400);
        let (year, month, day) = civil(days);
        let (hour, minute, second) = (rest / 3600, rest / 60 % 60, rest % 60);
        write!(f, "{year:04}/{month:02}/{day:02} {hour:02}:{minute:02}:{second:02}")
    }
}

/// The date `days` after 2000-01-01.
fn civil(mut days: u64) -> (u64, u64, u64) {
    let leap = |y: u64| y.is_multiple_of(4) && (!y.is_multiple_of(100) || y.is_multiple_of(400));
    let mut year = 2000;
    while days >= 365 + u64::from(leap(year)) {
        days -= 365 + u64::from(leap(year));
        year += 1;
    }
    let lengths = [31, 28 + u64::from(leap(year)), 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let mut month = 0;
    while days >= lengths[month] {
        days -= lengths[month];
        month += 1;
    }
    (year, month as u64 + 1, days + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_starts_at_the_year_2000_and_knows_leap_years() {
        assert_eq!(Instant::START.to_string(), "2000/01/01 00:00:00");
        let leap_day = Instant::START + Duration::from_secs(59 * 86_400 + 3_661);
        assert_eq!(leap_day.to_string(), "2000/02/29 01:01:01");
        let later = Instant::START + Duration::from_secs(366 * 86_400);
        assert_eq!(later.to_string(), "2001/01/01 00:00:00");
    }

    #[test]
    fn sums_saturate_and_differences_do_not_go_below_zero() {
        assert_eq!(Instant::START + Duration::MAX, Instant::NEVER);
        assert_eq!(Instant::START - Instant::NEVER, Duration::ZERO);
    }
}
