//! A span for each goroutine, for whoever has installed a `tracing` subscriber.
//!
//! Subscribers keep the spans that are entered on a thread as a stack. All goroutines of a run share their
//! thread, so whoever leaves it takes its own part of that stack along, and puts it back when it returns.

use tracing::span::Id;
use tracing::{Span, dispatcher};

use crate::event::GoId;

/// The spans of a run's goroutines.
#[derive(Debug, Default)]
pub(super) struct Spans(Vec<Seat>);

#[derive(Debug, Default)]
struct Seat {
    own: Option<Span>,
    /// Those that it has entered within its own, innermost first.
    inner: Vec<Id>,
}

/// The most spans within each other that are put aside.
const DEPTH: usize = 1_000;

impl Spans {
    /// The goroutine goes on.
    pub(super) fn enter(&mut self, go: GoId, name: Option<&str>) {
        if self.0.len() <= go.index() {
            self.0.resize_with(go.index() + 1, Seat::default);
        }
        let seat = &mut self.0[go.index()];
        let own = seat.own.get_or_insert_with(|| {
            tracing::info_span!(target: "goseed", parent: None, "goroutine", id = go.number(), name)
        });
        let own = own.id();
        dispatcher::get_default(|subscriber| {
            own.iter().for_each(|id| subscriber.enter(id));
            seat.inner.drain(..).rev().for_each(|id| subscriber.enter(&id));
        });
    }

    /// The goroutine is left; for ever, if it is done.
    pub(super) fn leave(&mut self, go: GoId, done: bool) {
        let seat = &mut self.0[go.index()];
        let own = seat.own.as_ref().and_then(Span::id);
        dispatcher::get_default(|subscriber| {
            while let Some(inner) =
                subscriber.current_span().id().filter(|&id| Some(id) != own.as_ref())
                && seat.inner.len() < DEPTH
            {
                subscriber.exit(inner);
                seat.inner.push(inner.clone());
            }
            own.iter().for_each(|id| subscriber.exit(id));
        });
        if done {
            *seat = Seat::default();
        }
    }
}
