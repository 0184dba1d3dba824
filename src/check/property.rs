//! For properties tested with proptest: many schedules for each input, and seeds that shrink.
//!
//! Changed inputs shift the schedule, so a failing seed says little about smaller inputs: [`holds`] tries
//! fifty schedules each time. The schedule itself is shrunk by the simulator, not by proptest.

use std::fmt;

use proptest::strategy::{NewTree, Strategy, ValueTree};
use proptest::test_runner::{TestCaseError, TestRunner};

use super::Explore;
use super::explore::Pages;
use super::program::Program;

/// Schedules for each input.
const SCHEDULES: u64 = 50;

/// Explores 50 schedules of `main` (or as many as `explore` was told), for use inside `proptest!`.
///
/// ```
/// use goseed::{Explore, chan, go, property};
/// use proptest::prelude::*;
///
/// proptest!(ProptestConfig::with_cases(4), |(cap in 0..4_usize, seed in property::schedules())| {
///     property::holds(&Explore::new().seed(seed), move || {
///         let ch = chan(cap);
///         let sender = ch.clone();
///         go(move || sender.send(cap));
///         assert_eq!(ch.recv(), Some(cap));
///     })?;
/// });
/// ```
///
/// # Errors
///
/// The failure as text, so that nothing is printed while proptest shrinks.
pub fn holds<F: Fn() + Send + Sync + 'static>(
    explore: &Explore,
    main: F,
) -> Result<(), TestCaseError> {
    let program = Program::new(main, None);
    let explore = explore.clone().schedules_or(SCHEDULES);
    let explored = explore.explored(&program).map_err(TestCaseError::fail)?;
    match explore.failure(&program, &explored, Pages::Written) {
        Some(failure) => Err(TestCaseError::fail(failure)),
        None => Ok(()),
    }
}

/// Seeds. They shrink to the first failing one of 0 to 63, after the inputs have become as small as they
/// can be: put this last.
pub fn schedules() -> Schedules {
    Schedules
}

/// The strategy that [`schedules`] gives.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Schedules;

impl Strategy for Schedules {
    type Tree = Seed;
    type Value = u64;

    fn new_tree(&self, runner: &mut TestRunner) -> NewTree<Self> {
        let drawn = proptest::num::u64::ANY.new_tree(runner)?.current();
        Ok(Seed { failing: drawn, current: drawn, next: 0 })
    }
}

/// A seed that can shrink.
#[derive(Clone, Copy)]
pub struct Seed {
    /// The smallest seed known to fail.
    failing: u64,
    current: u64,
    /// The next small seed to be tried.
    next: u64,
}

/// Small seeds that are tried.
const SMALL: u64 = 64;

impl ValueTree for Seed {
    type Value = u64;

    fn current(&self) -> u64 {
        self.current
    }

    fn simplify(&mut self) -> bool {
        self.failing = self.current;
        self.try_next()
    }

    fn complicate(&mut self) -> bool {
        self.try_next() || {
            let back = self.current != self.failing;
            self.current = self.failing;
            back
        }
    }
}

impl Seed {
    /// The next small seed, if it is smaller than the one known to fail.
    fn try_next(&mut self) -> bool {
        let more = self.next < SMALL.min(self.failing);
        if more {
            self.current = self.next;
            self.next += 1;
        }
        more
    }
}

impl fmt::Debug for Seed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "seed {}", self.current)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shrink(from: u64, fails: impl Fn(u64) -> bool) -> u64 {
        let mut tree = Seed { failing: from, current: from, next: 0 };
        if !tree.simplify() {
            return tree.current();
        }
        while if fails(tree.current()) { tree.simplify() } else { tree.complicate() } {}
        tree.current()
    }

    #[test]
    fn a_seed_shrinks_to_the_first_small_one_that_fails() {
        assert_eq!(shrink(u64::MAX, |seed| seed % 10 == 7), 7);
        assert_eq!(shrink(1 << 40, |seed| seed >= 1000), 1 << 40);
        assert_eq!(shrink(3, |seed| seed == 3), 3);
        assert_eq!(shrink(0, |_| true), 0);
    }
}
