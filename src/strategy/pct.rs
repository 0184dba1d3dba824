//! PCT: strict random priorities, lowered at a few random points.
//!
//! Burckhardt, Kothari, Musuvathi, Nagarakatte: *A Randomized Scheduler with Probabilistic Guarantees of
//! Finding Bugs*, ASPLOS 2010. A bug that needs `d` ordering constraints is hit with probability at least
//! 1/(n·k^(d−1)), for n goroutines and k points.
//!
//! What decides whether that bound holds: the one *about to run* is lowered, not the one that just ran;
//! lowered priorities follow the order in which the change points were drawn; change points are distinct.
//! Unlike the paper, a goroutine that steps back (`gosched`, a loop that waits) stays behind the
//! others until each of them has run once, or it would starve them. A loop that changes something in each
//! round is not known as one that waits, so a run that has become ten times as long as expected goes on as
//! a random walk, which starves nobody.

use std::collections::BinaryHeap;

use super::random::Walk;
use super::{Factory, Pilot, Point, Ready, Strategy};
use crate::event::GoId;
use crate::schedule::{Dice, Purpose};

/// The strategy `pct:D`, for bugs of depth up to D.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Pct {
    depth: u32,
}

impl Pct {
    /// For bugs of depth up to `depth`, at least 1.
    pub fn new(depth: u32) -> Self {
        Self { depth: depth.max(1) }
    }
}

/// Programs have early and late phases, so the number of points is taken smaller and larger by turns:
/// numerator and denominator by schedule index.
const SPREAD: [(u32, u32); 8] = [(1, 1), (1, 1), (1, 1), (1, 4), (1, 1), (1, 16), (1, 1), (4, 1)];

impl Factory for Pct {
    fn name(&self) -> String {
        format!("pct:{}", self.depth)
    }

    fn needs_pilot(&self) -> bool {
        self.depth > 1
    }

    fn make(&self, seed: u64, index: u64, pilot: Pilot) -> Box<dyn Strategy> {
        let (times, over) = SPREAD[(index % 8) as usize];
        let points = (u64::from(pilot.points) * u64::from(times) / u64::from(over)) as u32;
        let dice = Dice::new(seed, index, Purpose::Start);
        let walk = Walk::new(Dice::new(seed, index, Purpose::Schedule));
        // Without change points nobody has counted.
        let long = if self.needs_pilot() { pilot.points.saturating_mul(LONG) } else { u32::MAX };
        let priorities = Priorities::new(dice, self.depth, points).for_goroutines(pilot.goroutines);
        Box::new(priorities.fair_after(long, walk))
    }
}

/// So many times the expected points make a run a long one.
const LONG: u32 = 10;

/// One schedule of it.
pub(super) struct Priorities {
    dice: Dice,
    /// After so many points the run is fair, and this decides.
    fair_after: u32,
    walk: Option<Walk>,
    /// Points with a choice so far.
    step: u32,
    /// The point of the next change; 0 for none.
    next: u32,
    /// (point, how low the priority becomes), earliest last.
    changes: Vec<(u32, u64)>,
    /// By number.
    goroutines: Vec<Standing>,
    /// Those that can run and do not rest, highest first; entries of others are dropped when they
    /// come up.
    queue: BinaryHeap<(u64, GoId)>,
    /// How many can run.
    enabled: u32,
    /// Those that stepped back, first first.
    resting: Vec<Rest>,
    /// Choices so far, to tell who has run since when.
    now: u64,
    last: GoId,
}

/// Somebody who has stepped back.
struct Rest {
    go: GoId,
    /// Choices before it did.
    since: u64,
    /// How many others still have to run before it does.
    owed: u32,
}

#[derive(Clone, Copy, Default)]
struct Standing {
    /// 0 before the goroutine is known; low ones are those of change points.
    priority: u64,
    enabled: bool,
    queued: bool,
    rests: bool,
    ran: u64,
}

/// The most goroutines that room is made for before there are any.
const ROOM: u32 = 1_000;

/// Priorities at and above this are those of goroutines that were never lowered.
const HIGH: u64 = 1 << 63;

impl Priorities {
    pub(super) fn new(mut dice: Dice, depth: u32, points: u32) -> Self {
        let mut changes: Vec<(u32, u64)> = Vec::with_capacity(depth as usize);
        let points = points.max(depth);
        for nth in 1..depth {
            // One of the points that are left, counted past those that are taken.
            let mut at = 1 + dice.below(points - (nth - 1));
            for &(taken, _) in changes.iter().rev() {
                at += u32::from(at >= taken);
            }
            let place = changes.partition_point(|&(other, _)| other > at);
            changes.insert(place, (at, u64::from(nth)));
        }
        Self {
            dice,
            fair_after: u32::MAX,
            walk: None,
            step: 0,
            next: changes.last().map_or(0, |&(at, _)| at),
            changes,
            goroutines: Vec::new(),
            queue: BinaryHeap::new(),
            enabled: 0,
            resting: Vec::new(),
            now: 0,
            last: GoId::CLOCK,
        }
    }

    /// The same with room for so many goroutines.
    fn for_goroutines(mut self, count: u32) -> Self {
        let room = count.min(ROOM) as usize + 1;
        self.goroutines.reserve(room);
        self.queue.reserve(room);
        self
    }

    /// The same, but after so many points `walk` decides.
    fn fair_after(self, points: u32, walk: Walk) -> Self {
        Self { fair_after: points, walk: Some(walk), ..self }
    }

    #[inline]
    fn of(&mut self, go: GoId) -> &mut Standing {
        &mut self.goroutines[go.index()]
    }

    fn enqueue(&mut self, go: GoId) {
        let standing = self.of(go);
        if !standing.queued {
            standing.queued = true;
            let priority = standing.priority;
            self.queue.push((priority, go));
        }
    }

    /// Who has the highest priority of those that do not rest.
    #[inline]
    fn highest(&mut self) -> Option<GoId> {
        loop {
            let &(priority, go) = self.queue.peek()?;
            let standing = &mut self.goroutines[go.index()];
            if standing.enabled && !standing.rests && standing.priority == priority {
                return Some(go);
            }
            standing.queued = false;
            self.queue.pop();
            if standing.enabled && !standing.rests {
                self.enqueue(go);
            }
        }
    }

    /// `go` runs again after others did: those that rest may have waited for that.
    #[inline]
    fn runs(&mut self, go: GoId) {
        self.now += 1;
        self.last = go;
        let now = self.now;
        let before = std::mem::replace(&mut self.of(go).ran, now);
        let mut over = false;
        for rest in &mut self.resting {
            rest.owed -= u32::from(before <= rest.since);
            over |= rest.owed == 0;
        }
        if over {
            self.end_rests();
        }
    }

    /// Those before whom all others have run rest no longer.
    fn end_rests(&mut self) {
        let mut resting = std::mem::take(&mut self.resting);
        resting.retain(|rest| {
            if rest.owed == 0 {
                self.of(rest.go).rests = false;
                self.enqueue(rest.go);
            }
            rest.owed > 0
        });
        self.resting = resting;
    }

    /// Everybody rests: the first of them has rested long enough.
    fn wake_first(&mut self) -> Option<GoId> {
        while !self.resting.is_empty() {
            let Rest { go, .. } = self.resting.remove(0);
            self.of(go).rests = false;
            if self.of(go).enabled {
                self.enqueue(go);
                return Some(go);
            }
        }
        None
    }

    #[cold]
    fn lower(&mut self, go: GoId) {
        while let Some(&(at, priority)) = self.changes.last()
            && at == self.step
        {
            self.changes.pop();
            self.of(go).priority = priority;
        }
        self.next = self.changes.last().map_or(0, |&(at, _)| at);
    }
}

impl Strategy for Priorities {
    #[inline]
    fn choose(&mut self, point: &Point<'_>) -> GoId {
        self.step = self.step.saturating_add(1);
        if self.step > self.fair_after
            && let Some(walk) = &mut self.walk
        {
            return walk.choose(point);
        }
        let mut go = self.highest().or_else(|| self.wake_first());
        if self.step == self.next
            && let Some(lowered) = go
        {
            self.lower(lowered);
            go = self.highest().or_else(|| self.wake_first());
        }
        let go = go.unwrap_or(point.enabled[0]);
        if go != self.last || !self.resting.is_empty() {
            self.runs(go);
        }
        go
    }

    fn ready(&mut self, go: GoId, why: Ready) {
        if let Some(walk) = &mut self.walk {
            walk.ready(go, why);
        }
        if self.goroutines.len() <= go.index() {
            self.goroutines.resize(go.index() + 1, Standing::default());
        }
        if self.of(go).priority == 0 {
            self.of(go).priority = HIGH | self.dice.word() >> 1;
        }
        self.of(go).enabled = true;
        self.enabled += 1;
        self.enqueue(go);
    }

    fn block(&mut self, go: GoId) {
        if let Some(walk) = &mut self.walk {
            walk.block(go);
        }
        self.of(go).enabled = false;
        self.enabled -= 1;
    }

    fn exit(&mut self, go: GoId) {
        self.block(go);
    }

    fn yielded(&mut self, go: GoId) {
        let others = self.enabled.saturating_sub(1);
        if others > 0 && !self.of(go).rests {
            self.of(go).rests = true;
            self.resting.push(Rest { go, since: self.now, owed: others });
        }
    }
}
