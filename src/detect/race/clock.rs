//! Who has seen how much of whom: vector clocks, kept as FastTrack keeps them.
//!
//! A goroutine writes into a *slot*; its clock there moves with each release. A moment of it is one
//! [`Epoch`]. Whoever has seen a slot's clock at an epoch's or later comes after that moment.

use crate::event::GoId;

/// The finished slots that a new goroutine tries before it takes a slot of its own.
const TRIED: usize = 8;

/// A moment of one goroutine. Clocks count from 1.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Epoch {
    pub(super) slot: u32,
    clock: u32,
}

/// Where an event stands among the others.
#[derive(Clone, Debug)]
pub(crate) struct Moment {
    /// When it was.
    at: Epoch,
    /// What its goroutine was at when that was kept.
    now: Epoch,
    /// What it comes after.
    seen: Vec<u32>,
}

impl Moment {
    /// Whether something orders it after `earlier`.
    pub(crate) fn is_after(&self, earlier: &Self) -> bool {
        View { now: self.now, seen: &self.seen }.covers(earlier.at)
    }
}

/// What a goroutine comes after: its own moments up to this one, and how much it has seen of each slot.
/// Its own slot's entry there may be behind, so that a goroutine nobody tells anything costs nothing.
#[derive(Clone, Copy, Debug)]
pub(super) struct View<'a> {
    now: Epoch,
    seen: &'a [u32],
}

impl View<'_> {
    /// Whether it comes after this moment.
    #[inline]
    pub(super) fn covers(&self, epoch: Epoch) -> bool {
        if epoch.slot == self.now.slot {
            return epoch.clock <= self.now.clock;
        }
        knows(self.seen, epoch)
    }

    /// How many slots it may have seen.
    pub(super) fn slots(&self) -> usize {
        self.seen.len()
    }
}

#[inline]
fn knows(seen: &[u32], epoch: Epoch) -> bool {
    seen.get(epoch.slot as usize).is_some_and(|&clock| clock >= epoch.clock)
}

fn join(into: &mut Vec<u32>, other: &[u32]) {
    if into.len() < other.len() {
        into.resize(other.len(), 0);
    }
    for (mine, theirs) in into.iter_mut().zip(other) {
        *mine = (*mine).max(*theirs);
    }
}

/// Adds a moment to what has been seen.
fn see(into: &mut Vec<u32>, epoch: Epoch) {
    let slot = epoch.slot as usize;
    if into.len() <= slot {
        into.resize(slot + 1, 0);
    }
    into[slot] = into[slot].max(epoch.clock);
}

/// What was released into an object: whoever acquires it comes after that.
#[derive(Debug, Default)]
pub(super) struct Released {
    /// Its only releaser's moment; nothing if there were several, whose clocks are merged.
    last: Option<Epoch>,
    /// What the releasers had seen, but for that moment.
    seen: Vec<u32>,
}

impl Released {
    pub(super) fn clear(&mut self) {
        self.last = None;
        self.seen.clear();
    }
}

#[derive(Debug, Default)]
struct Clock {
    now: Epoch,
    /// Of others.
    seen: Vec<u32>,
    /// It has accessed something at this moment, which others can race with.
    touched: bool,
    /// Its goroutine has ended, and its slot may be another one's.
    ended: bool,
}

/// A stretch of a slot's clock, and whose it was.
#[derive(Clone, Copy, Debug)]
struct Owned {
    from: u32,
    go: GoId,
}

#[derive(Debug, Default)]
struct Slot {
    /// Oldest first.
    owners: Vec<Owned>,
}

/// The clocks of all goroutines of a run, by number. What was allocated for one run serves the next.
#[derive(Debug, Default)]
pub(super) struct Clocks {
    of: Vec<Clock>,
    goroutines: usize,
    slots: Vec<Slot>,
    used: usize,
    /// Last moments of goroutines that have ended, whose slots nobody has taken.
    ended: Vec<Epoch>,
}

impl Clocks {
    /// Forgets the last run. The clock of virtual time and main are there from the start.
    pub(super) fn clear(&mut self) {
        (self.goroutines, self.used) = (0, 0);
        self.ended.clear();
        for _ in [GoId::CLOCK, GoId::MAIN] {
            self.begin(None);
        }
    }

    /// What a goroutine comes after.
    #[inline]
    pub(super) fn seen(&self, go: GoId) -> View<'_> {
        let Clock { now, seen, .. } = &self.of[go.index()];
        View { now: *now, seen }
    }

    /// The moment at which a goroutine is.
    #[inline]
    pub(super) fn now(&self, go: GoId) -> Epoch {
        self.of[go.index()].now
    }

    /// What a goroutine did at `at`, with all that it comes after by now.
    pub(super) fn moment(&self, at: Epoch, go: GoId) -> Moment {
        let View { now, seen } = self.seen(go);
        Moment { at, now, seen: seen.to_vec() }
    }

    /// The same, and it accesses something.
    #[inline]
    pub(super) fn touch(&mut self, go: GoId) -> Epoch {
        self.of[go.index()].touched = true;
        self.now(go)
    }

    /// Whose moment this was.
    pub(super) fn whose(&self, epoch: Epoch) -> GoId {
        let owners = &self.slots[epoch.slot as usize].owners;
        let owner = owners.iter().rev().find(|owner| owner.from <= epoch.clock);
        owner.expect("every moment is somebody's").go
    }

    /// `child` begins after all that `parent` has done so far.
    pub(super) fn start(&mut self, parent: GoId, child: GoId) {
        debug_assert_eq!(child.index(), self.goroutines, "numbers are dense");
        self.begin(Some(parent));
        self.tick(parent);
    }

    fn begin(&mut self, parent: Option<GoId>) {
        let go = GoId::new(self.goroutines as u32);
        if self.of.len() == self.goroutines {
            self.of.push(Clock::default());
        }
        self.goroutines += 1;
        let (before, rest) = self.of.split_at_mut(go.index());
        let child = &mut rest[0];
        child.seen.clear();
        if let Some(parent) = parent {
            let parent = &before[parent.index()];
            child.seen.clone_from(&parent.seen);
            see(&mut child.seen, parent.now);
        }
        let slot = self.slot_after(go);
        let child = &mut self.of[go.index()];
        let clock = child.seen.get(slot as usize).map_or(1, |seen| seen + 1);
        (child.now, child.touched, child.ended) = (Epoch { slot, clock }, false, false);
        self.slots[slot as usize].owners.push(Owned { from: clock, go });
    }

    /// The slot of an ended goroutine of which `go` has seen everything, else a new one. Any other slot
    /// would hide races with its last owner: a goroutine's end is ordered with nothing.
    fn slot_after(&mut self, go: GoId) -> u32 {
        let seen = &self.of[go.index()].seen;
        let known = self.ended.iter().rev().take(TRIED).position(|&last| knows(seen, last));
        if let Some(back) = known {
            return self.ended.remove(self.ended.len() - 1 - back).slot;
        }
        if self.slots.len() == self.used {
            self.slots.push(Slot::default());
        }
        self.slots[self.used].owners.clear();
        self.used += 1;
        self.used as u32 - 1
    }

    /// A goroutine has ended: nobody comes after that, but its slot may be used again by those that come
    /// after all its accesses.
    pub(super) fn end(&mut self, go: GoId) {
        let mut last = self.now(go);
        last.clock -= u32::from(!self.of[go.index()].touched);
        self.of[go.index()].ended = true;
        self.ended.push(last);
    }

    #[inline]
    fn tick(&mut self, go: GoId) {
        let Clock { now, touched, .. } = &mut self.of[go.index()];
        now.clock += 1;
        *touched = false;
    }

    /// A goroutine comes after what was released.
    #[inline]
    pub(super) fn acquire(&mut self, go: GoId, from: &Released) {
        if from.last.is_some_and(|last| self.seen(go).covers(last)) {
            return;
        }
        let seen = &mut self.of[go.index()].seen;
        join(seen, &from.seen);
        if let Some(last) = from.last {
            see(seen, last);
        }
    }

    /// Who acquires it from now on comes after `go`, and no longer after earlier releases.
    #[inline]
    pub(super) fn release(&mut self, go: GoId, into: &mut Released) {
        into.last = Some(self.now(go));
        into.seen.clone_from(&self.of[go.index()].seen);
        self.tick(go);
    }

    /// Who acquires it from now on comes after `go` too.
    pub(super) fn merge(&mut self, go: GoId, into: &mut Released) {
        if let Some(last) = into.last.take() {
            see(&mut into.seen, last);
        }
        join(&mut into.seen, &self.of[go.index()].seen);
        see(&mut into.seen, self.now(go));
        self.tick(go);
    }

    /// Two goroutines meet: what either does next comes after what both have done.
    pub(super) fn meet(&mut self, a: GoId, b: GoId) {
        let (first, second) = (a.index().min(b.index()), a.index().max(b.index()));
        debug_assert!(first < second, "nobody meets itself");
        let (before, rest) = self.of.split_at_mut(second);
        let (one, other) = (&mut before[first], &mut rest[0]);
        join(&mut one.seen, &other.seen);
        join(&mut other.seen, &one.seen);
        see(&mut one.seen, other.now);
        see(&mut other.seen, one.now);
        self.tick(a);
        self.tick(b);
    }

    /// What a goroutine does next comes after all that the others have done so far.
    pub(super) fn come_after_all(&mut self, go: GoId) {
        let others = || (GoId::MAIN.number()..self.goroutines as u32).map(GoId::new);
        let mut seen = std::mem::take(&mut self.of[go.index()].seen);
        for other in others() {
            join(&mut seen, &self.of[other.index()].seen);
            see(&mut seen, self.now(other));
        }
        let alive: Vec<GoId> = others().filter(|other| !self.of[other.index()].ended).collect();
        self.of[go.index()].seen = seen;
        alive.into_iter().for_each(|other| self.tick(other));
    }

    /// The clock of virtual time fires what was released into `from`, and knows of nothing else.
    pub(super) fn fire(&mut self, from: &Released) {
        self.of[GoId::CLOCK.index()].seen.clear();
        self.acquire(GoId::CLOCK, from);
        self.tick(GoId::CLOCK);
    }

    /// How many slots were needed.
    #[cfg(test)]
    pub(super) fn slots(&self) -> usize {
        self.used
    }
}
