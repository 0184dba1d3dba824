//! Random walk: one of those that can go on, each equally likely.
//!
//! Uniform over choices, not over interleavings: one step after all k of another goroutine has
//! probability 2⁻ᵏ. It is fair with probability 1 and has no parameters, which makes it the baseline.

use super::{Factory, Pilot, Point, Ready, Strategy};
use crate::event::GoId;
use crate::schedule::{Dice, Purpose};

/// The strategy `random`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Random;

impl Factory for Random {
    fn name(&self) -> String {
        "random".to_owned()
    }

    fn make(&self, seed: u64, index: u64, _pilot: Pilot) -> Box<dyn Strategy> {
        Box::new(Walk::new(Dice::new(seed, index, Purpose::Schedule)))
    }
}

/// How much less likely the clock is than a goroutine: else everything would time out.
const CLOCK: u32 = 8;

/// One schedule of it.
pub(super) struct Walk {
    dice: Dice,
    /// The clock takes part.
    clock: bool,
}

impl Walk {
    pub(super) fn new(dice: Dice) -> Self {
        Self { dice, clock: false }
    }

    #[cold]
    fn choose_beside_the_clock(&mut self, enabled: &[GoId]) -> GoId {
        let others = enabled.len() as u32 - 1;
        match self.dice.below(others * CLOCK + 1) {
            0 => GoId::CLOCK,
            drawn => {
                let mut goroutines = enabled.iter().filter(|&&go| go != GoId::CLOCK);
                let nth = (drawn - 1) / CLOCK;
                *goroutines.nth(nth as usize).expect("as many as are not the clock")
            }
        }
    }
}

impl Strategy for Walk {
    #[inline]
    fn choose(&mut self, point: &Point<'_>) -> GoId {
        if self.clock {
            return self.choose_beside_the_clock(point.enabled);
        }
        point.enabled[self.dice.below(point.enabled.len() as u32) as usize]
    }

    fn ready(&mut self, go: GoId, _why: Ready) {
        self.clock |= go == GoId::CLOCK;
    }

    fn block(&mut self, go: GoId) {
        self.clock &= go != GoId::CLOCK;
    }
}
