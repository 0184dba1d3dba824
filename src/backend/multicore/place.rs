//! A place that one thread writes and others read.
#![expect(unsafe_code, reason = "a shared reference in an atomic pointer")]

use std::panic::Location;
use std::ptr;

use super::sync::{AtomicPtr, Ordering};
use crate::event::Place;

/// A place, or none.
#[derive(Debug, Default)]
pub(super) struct AtomicPlace(AtomicPtr<Location<'static>>);

impl AtomicPlace {
    #[inline]
    pub(super) fn set(&self, place: Option<Place>) {
        let pointer = place.map_or(ptr::null(), |place| ptr::from_ref(place.location()));
        self.0.store(pointer.cast_mut(), Ordering::Relaxed);
    }

    pub(super) fn get(&self) -> Option<Place> {
        let pointer = self.0.load(Ordering::Relaxed);
        // SAFETY: it is null, or was made from a `&'static Location` by `set`; locations are constants
        // of the program, which nobody writes, so no ordering is needed to read them.
        let location: Option<&'static Location<'static>> = unsafe { pointer.as_ref() };
        location.map(Place::from)
    }
}
