//! Goroutines held at given lines until enough of them are there.
//!
//! `DeadlockFuzzer` (Joshi, Park, Sen, Naik, PLDI 2009): a cycle in the orders in which locks are taken is a
//! deadlock if each of its goroutines can be about to take its second lock at the same time. So whoever is
//! about to is kept from running, as long as somebody else can run, and the rest is drawn.

use super::{Point, Strategy};
use crate::event::{GoId, Op, Place};
use crate::schedule::Dice;

/// Draws who runs, and holds goroutines at these lines.
#[derive(Debug)]
pub(crate) struct Directed {
    /// Where each goroutine of the cycle takes its second lock: a line is there once for each.
    lines: Vec<Place>,
    dice: Dice,
    /// All are there: they go on.
    free: bool,
}

impl Directed {
    pub(crate) fn new(lines: &[Place], dice: Dice) -> Self {
        Self { lines: lines.to_vec(), dice, free: false }
    }

    fn is_held(&self, op: &Op) -> bool {
        op.action().takes_lock() && self.lines.iter().any(|line| same(line, &op.place))
    }

    /// Whether somebody waits at each line, as often as it is there.
    fn all_are_there(&self, point: &Point<'_>) -> bool {
        self.lines.iter().all(|line| {
            let wanted = self.lines.iter().filter(|other| same(line, other)).count();
            let at = |go: &&GoId| {
                let op = point.op(**go);
                op.action().takes_lock() && same(line, &op.place)
            };
            point.enabled.iter().filter(at).count() >= wanted
        })
    }

    fn draw(&mut self, among: &[GoId]) -> GoId {
        among[self.dice.below(among.len() as u32) as usize]
    }
}

fn same(a: &Place, b: &Place) -> bool {
    a.file_and_line() == b.file_and_line()
}

impl Strategy for Directed {
    fn choose(&mut self, point: &Point<'_>) -> GoId {
        self.free |= self.all_are_there(point);
        let others = |go: &&GoId| **go == GoId::CLOCK || !self.is_held(point.op(**go));
        let others: Vec<GoId> = point.enabled.iter().filter(others).copied().collect();
        match self.free || others.is_empty() {
            true => self.draw(point.enabled),
            false => self.draw(&others),
        }
    }
}
