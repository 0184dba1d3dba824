//! What the watchdog listens to.

use std::panic::Location;
use std::ptr;
use std::sync::atomic::{AtomicPtr, AtomicU32, AtomicU64, Ordering};

use super::{GoId, Place};

/// The last sign of life of a simulator. Written by its thread at each point, read by the watchdog's.
#[derive(Debug, Default)]
pub(crate) struct Heartbeat {
    /// Steps of the run; 0 between runs.
    steps: AtomicU64,
    goroutine: AtomicU32,
    place: AtomicPtr<Location<'static>>,
}

impl Heartbeat {
    /// The run has come to this step, of this goroutine, at this place.
    #[inline]
    pub(crate) fn beat(&self, steps: u64, go: GoId, place: Place) {
        self.steps.store(steps, Ordering::Relaxed);
        self.goroutine.store(go.number(), Ordering::Relaxed);
        self.place.store(ptr::from_ref(place.location()).cast_mut(), Ordering::Relaxed);
    }

    /// No run is on.
    pub(crate) fn rest(&self) {
        self.steps.store(0, Ordering::Relaxed);
    }

    /// How many steps the run has done; 0 if none is on.
    pub(crate) fn steps(&self) -> u64 {
        self.steps.load(Ordering::Relaxed)
    }

    /// Whose step it was.
    pub(crate) fn goroutine(&self) -> GoId {
        GoId::new(self.goroutine.load(Ordering::Relaxed))
    }

    /// The last place.
    pub(crate) fn place(&self) -> Option<Place> {
        lookup::location(self.place.load(Ordering::Relaxed)).map(Place::from)
    }
}

mod lookup {
    #![expect(unsafe_code, reason = "a pointer to a constant crosses threads in an atomic")]

    use std::panic::Location;

    pub(super) fn location(
        pointer: *const Location<'static>,
    ) -> Option<&'static Location<'static>> {
        // SAFETY: it is null or was made from a `&'static Location` by `beat`.
        unsafe { pointer.as_ref() }
    }
}
