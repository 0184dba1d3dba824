//! A run's events, told to whoever has installed a `tracing` subscriber.

use crate::event::{
    Action, Announced, Event, GoId, Instant, Note, ObjectId, ObjectInfo, Observer, Place, objects,
};
use crate::report::words;

/// Tells each event as it happens.
#[derive(Debug, Default)]
pub(super) struct Telling {
    objects: Vec<ObjectInfo>,
    /// Main has returned: what follows nobody sees.
    over: bool,
}

impl Observer for Telling {
    fn begin(&mut self) {
        self.objects.clear();
        self.over = false;
    }

    fn made(&mut self, _object: ObjectId, info: ObjectInfo, _place: Place) {
        self.objects.push(info);
    }

    fn event(&mut self, event: &Event, _announced: Announced<'_>) {
        if self.over {
            return;
        }
        self.over = event.op.action() == Action::Return;
        let position = event.op.object().index().checked_sub(objects::FIRST as usize);
        let object = position.and_then(|at| self.objects.get(at));
        // No line of the program moves the clock, and none ends main.
        let own = !matches!(event.op.action(), Action::Fire | Action::Return);
        let place = own.then_some(event.op.place);
        tracing::debug!(
            target: "goseed",
            step = event.step,
            time = ?(event.now - Instant::START),
            go = event.go.number(),
            place = place.map(tracing::field::display),
            "{}",
            words(event, object),
        );
    }

    fn note(&mut self, _go: GoId, _object: ObjectId, _note: Note, _place: Place) {}
}
