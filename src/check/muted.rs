//! A `tracing` subscriber that hears nothing: for all schedules that nobody looks at.
//!
//! `Dispatch::none()` would do, but where there is a single subscriber, what is first said on a thread with
//! none is taken for something that nobody ever wants to hear.

use std::sync::OnceLock;

use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::{Dispatch, Event, Metadata, Subscriber};

struct Muted;

/// The subscriber that hears nothing.
pub(super) fn muted() -> &'static Dispatch {
    static MUTED: OnceLock<Dispatch> = OnceLock::new();
    MUTED.get_or_init(|| Dispatch::new(Muted))
}

impl Subscriber for Muted {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        false
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(LevelFilter::OFF)
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, _: &Event<'_>) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}
