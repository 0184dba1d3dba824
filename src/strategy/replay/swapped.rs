//! A schedule up to two of its steps, and those two in a given order.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::Strict;
use crate::event::{GoId, Op};
use crate::schedule::{Dice, Picks};
use crate::strategy::{Point, Ready, Strategy};

/// One turn of a goroutine.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Step {
    pub(crate) go: GoId,
    /// What it was about to do.
    pub(crate) op: Op,
    /// Another one had run before.
    pub(crate) switch: bool,
}

/// What is to be done with the schedule.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Order {
    /// Follow it to the end.
    Keep,
    /// Follow it to the turn at this position, included, and then draw who runs.
    First(usize),
    /// Follow it to the turn at this position, excluded; keep its goroutine from running until this step
    /// was done by another one, and then draw who runs.
    Second(usize, Step),
}

/// What came of it; whoever runs it keeps this.
#[derive(Clone, Debug, Default)]
pub(crate) struct Heard(Arc<Mutex<Turns>>);

#[derive(Debug, Default)]
struct Turns {
    list: Vec<Step>,
    impossible: bool,
}

impl Heard {
    fn turns(&self) -> MutexGuard<'_, Turns> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// All turns of the run, in order.
    pub(crate) fn list(&self) -> Vec<Step> {
        std::mem::take(&mut self.turns().list)
    }

    /// Whether the order could not be had.
    pub(crate) fn impossible(&self) -> bool {
        self.turns().impossible
    }
}

/// Follows a schedule to a point, and then does two steps in a given order.
#[derive(Debug)]
pub(crate) struct Swapped {
    inner: Strict,
    order: Order,
    dice: Dice,
    phase: Phase,
    last: Option<GoId>,
    turns: usize,
    heard: Heard,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Phase {
    Following,
    /// This one does not run.
    Holding(GoId),
    /// This one has just been told to do the second step.
    Forcing(GoId),
    Free,
}

impl Swapped {
    /// These choices in this order; `dice` say what follows.
    pub(crate) fn new(picks: &Picks, order: Order, dice: Dice) -> (Self, Heard) {
        let heard = Heard::default();
        let (inner, _) = Strict::new(picks);
        let (phase, last, turns) = (Phase::Following, None, 0);
        (Self { inner, order, dice, phase, last, turns, heard: heard.clone() }, heard)
    }

    fn follow(&mut self, point: &Point<'_>) -> GoId {
        let go = match point.enabled {
            [only] => *only,
            _ => self.inner.choose(point),
        };
        match self.order {
            Order::First(at) if at == self.turns => self.phase = Phase::Free,
            Order::Second(at, _) if at == self.turns => {
                self.phase = Phase::Holding(go);
                return self.hold(point, go);
            }
            Order::Keep | Order::First(_) | Order::Second(..) => {}
        }
        go
    }

    /// Whoever is to do the second step, as far as it goes; else another one.
    fn hold(&mut self, point: &Point<'_>, held: GoId) -> GoId {
        let Order::Second(_, step) = self.order else { return held };
        let others = || point.enabled.iter().filter(|go| **go != held && **go != GoId::CLOCK);
        let Some(go) = others().find(|go| **go == step.go).or_else(|| others().min()) else {
            self.heard.turns().impossible = true;
            self.phase = Phase::Free;
            return self.draw(point);
        };
        let op = point.op(*go);
        if *go == step.go
            && (op.action(), op.object(), op.place)
                == (step.op.action(), step.op.object(), step.op.place)
        {
            self.phase = Phase::Forcing(*go);
        }
        *go
    }

    fn draw(&mut self, point: &Point<'_>) -> GoId {
        point.enabled[self.dice.below(point.enabled.len() as u32) as usize]
    }
}

impl Strategy for Swapped {
    fn choose(&mut self, point: &Point<'_>) -> GoId {
        if let Phase::Forcing(_) = self.phase {
            self.phase = Phase::Free;
        }
        let go = match self.phase {
            Phase::Following => self.follow(point),
            Phase::Holding(held) => self.hold(point, held),
            Phase::Forcing(_) | Phase::Free => self.draw(point),
        };
        let switch = self.last.is_some_and(|last| last != go);
        self.heard.turns().list.push(Step { go, op: *point.op(go), switch });
        (self.last, self.turns) = (Some(go), self.turns + 1);
        go
    }

    fn ready(&mut self, go: GoId, why: Ready) {
        self.inner.ready(go, why);
    }

    fn block(&mut self, go: GoId) {
        self.inner.block(go);
        if self.phase == Phase::Forcing(go) {
            // It has to wait for something: that is no order of the two.
            self.heard.turns().impossible = true;
        }
    }

    fn exit(&mut self, go: GoId) {
        self.inner.exit(go);
    }

    fn yielded(&mut self, go: GoId) {
        self.inner.yielded(go);
    }

    fn pick(&mut self, go: GoId, count: u32) -> Option<u32> {
        let written = self.inner.pick(go, count);
        match self.phase {
            Phase::Following => written,
            _ => Some(self.dice.below(count)),
        }
    }

    fn asked_always(&self) -> bool {
        true
    }
}
