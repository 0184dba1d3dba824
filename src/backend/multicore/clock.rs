//! Real time, as the run counts it.
#![expect(clippy::disallowed_methods, reason = "production runs on real time")]

use std::time::{Duration, Instant as Real, SystemTime, UNIX_EPOCH};

use crate::event::Instant;

/// 2000-01-01T00:00:00Z in Unix time.
const YEAR_2000: Duration = Duration::from_secs(946_684_800);

/// A clock that never goes back.
#[derive(Debug)]
pub(super) struct Clock {
    started: Real,
    /// What it showed then.
    at: Instant,
}

impl Clock {
    /// A clock with the date of today, or one that starts at the year 2000.
    pub(super) fn new(with_date: bool) -> Self {
        let date = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let since = if with_date { date.saturating_sub(YEAR_2000) } else { Duration::ZERO };
        Self { started: Real::now(), at: Instant::START + since }
    }

    #[inline]
    pub(super) fn now(&self) -> Instant {
        self.at + self.started.elapsed()
    }

    pub(super) fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }
}
