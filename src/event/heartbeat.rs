//! What the watchdog listens to.

use std::fmt;
use std::panic::Location;
use std::ptr;
use std::sync::atomic::{AtomicPtr, AtomicU32, AtomicU64, Ordering};

use super::{GoId, Place};

/// The last sign of life of a simulator. Written by its thread at each point, read by the watchdog's.
#[derive(Default)]
pub(crate) struct Heartbeat {
    /// Steps of the run; 0 between runs.
    steps: AtomicU64,
    goroutine: AtomicU32,
    place: AtomicPtr<Location<'static>>,
    /// The token of the schedule with a given index, where there are tokens.
    token: Option<Box<TokenOf>>,
}

/// Gives the token of the schedule with this index.
pub(crate) type TokenOf = dyn Fn(u64) -> String + Send + Sync;

impl Heartbeat {
    /// That of a simulator whose schedules have these tokens.
    pub(crate) fn new(token: Box<TokenOf>) -> Self {
        Self { token: Some(token), ..Self::default() }
    }

    /// The token of the schedule with this index.
    pub(crate) fn token(&self, index: u64) -> Option<String> {
        self.token.as_ref().map(|token| token(index))
    }

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

impl fmt::Debug for Heartbeat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Heartbeat").field("steps", &self.steps).finish_non_exhaustive()
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
