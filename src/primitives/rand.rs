//! The program's own random numbers: from the seed in the simulator, so that runs replay.

use std::ops::Range;

use super::in_a_run;
use crate::event::{Action, Op, Place, objects};

/// A random number.
///
/// # Panics
///
/// Outside of any run.
#[track_caller]
pub fn u64() -> u64 {
    let rt = in_a_run("rand::u64");
    rt.step(Op::new(Action::Random, objects::RAND, Place::here()));
    rt.random()
}

/// A random number of the range, each equally likely.
///
/// # Panics
///
/// If the range is empty, and outside of any run.
#[track_caller]
pub fn range(r: Range<u64>) -> u64 {
    assert!(r.start < r.end, "cannot draw from the empty range {r:?}");
    let width = r.end - r.start;
    let rt = in_a_run("rand::range");
    rt.step(Op::new(Action::Random, objects::RAND, Place::here()));
    loop {
        // Lemire's multiply-shift with rejection, on 64 bits.
        let product = u128::from(rt.random()) * u128::from(width);
        if product as u64 >= width.wrapping_neg() % width {
            return r.start + (product >> 64) as u64;
        }
    }
}

/// Puts the slice into a random order, each equally likely (Fisher–Yates).
///
/// # Panics
///
/// Outside of any run.
#[track_caller]
pub fn shuffle<T>(s: &mut [T]) {
    for last in (1..s.len()).rev() {
        s.swap(last, range(0..last as u64 + 1) as usize);
    }
}
