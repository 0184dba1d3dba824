//! Dynamic partial-order reduction: one schedule per equivalence class.
//!
//! Source sets with sleep sets: Abdulla, Aronis, Jonsson, Sagonas: *Optimal Dynamic Partial Order
//! Reduction*, POPL 2014. After each schedule, every pair of conflicting operations that could have come
//! in the other order plants a goroutine to be tried at the earlier one. Sleep sets keep it from doing
//! again what an earlier branch has covered.
//!
//! Where it departs: an operation that could not be done before another one (lock after unlock, wait after
//! the last done) is ordered by that, and does not race with it.

use super::{Point, Search, invisible, reuses};
use crate::event::{Action, Effect, GoId, ObjectId, Op, Slots};

/// The strategy `dpor`.
#[derive(Debug, Default)]
pub struct Dpor {
    frames: Vec<Frame>,
    depth: usize,
    events: Vec<Done>,
    /// By number: the slots of channels, with the events that went through them.
    slots: Vec<Option<Slots<usize>>>,
    /// Who sleeps at the point to come, with what it would do.
    sleep: Vec<(GoId, Op)>,
    seen: Seen,
    restart: bool,
    reuses: bool,
}

/// One decision of the current schedule.
#[derive(Debug)]
enum Frame {
    Goroutine(Branch),
    Data { taken: u32, count: u32 },
}

#[derive(Debug)]
struct Branch {
    enabled: Vec<GoId>,
    /// What each of those would do.
    ops: Vec<Op>,
    chosen: GoId,
    /// To be tried here; those done are among them.
    backtrack: Vec<GoId>,
    done: Vec<GoId>,
    sleep: Vec<(GoId, Op)>,
}

/// What one step did.
#[derive(Debug)]
struct Done {
    go: GoId,
    ops: Vec<Op>,
    /// Who took part on the other side, or was started.
    with: Option<GoId>,
    /// Other ends of what it has sent or received: its goroutine goes on after them.
    ends: Vec<usize>,
    /// The decision that made it, if there was one.
    frame: Option<usize>,
    /// What the program makes visible beyond that.
    seen: Seen,
}

/// What a program makes visible that no other one does.
#[derive(Clone, Copy, Debug, Default)]
struct Seen {
    /// It looks at the number of goroutines.
    counts: bool,
    /// It takes a group's counter below zero: who does so depends on the order of those who are done.
    overdone: bool,
}

impl Frame {
    fn has_clock(&self) -> bool {
        matches!(self, Self::Goroutine(branch) if branch.enabled.contains(&GoId::CLOCK))
    }
}

impl Done {
    fn conflicts(&self, ops: &[Op]) -> bool {
        let overdone = |a: &Op, b: &Op| {
            self.seen.overdone
                && [a.action(), b.action()] == [Action::Done; 2]
                && a.object() == b.object()
        };
        // Who had ended when the program did is told by whoever counted in between.
        let ended = |a: &Op, b: &Op| {
            let ends = |a: &Op, b: &Op| a.is(Action::End) && b.effect() == Effect::All;
            self.seen.counts && (ends(a, b) || ends(b, a))
        };
        let observed = |a: &Op, b: &Op| a.conflicts(b) || overdone(a, b) || ended(a, b);
        self.ops.iter().any(|a| ops.iter().any(|b| observed(a, b)))
    }
}

impl Dpor {
    /// From the first schedule on.
    pub fn new() -> Self {
        Self::default()
    }

    /// The step before the one that begins has ended: who sleeps on past it?
    fn settle(&mut self) {
        if let Some(last) = self.events.last() {
            self.sleep.retain(|(_, op)| !last.conflicts(std::slice::from_ref(op)));
        }
    }

    /// A step of `go` begins; it is `op` unless it turns out to be something else.
    fn begin_step(&mut self, go: GoId, op: Op, frame: Option<usize>) {
        let (seen, ends) = (self.seen, Vec::new());
        self.events.push(Done { go, ops: vec![op], with: None, ends, frame, seen });
    }

    /// The last event sent to a channel or received from it, together with that of `peer`, if it waited.
    fn passes(&mut self, channel: ObjectId, sends: bool, peer: Option<GoId>) {
        let mine = self.events.len() - 1;
        let theirs = peer.and_then(|peer| self.events.iter().rposition(|event| event.go == peer));
        let slots = self.slots.get_mut(channel.index()).and_then(Option::as_mut);
        let (before_me, before_them) = Slots::pass(slots, sends, mine, theirs);
        self.events[mine].ends.extend(before_me);
        if let Some(theirs) = theirs {
            self.events[theirs].ends.extend(before_them);
        }
    }

    fn new_branch(&mut self, point: &Point<'_>) -> Option<Branch> {
        let awake = |go: &&GoId| !self.sleep.iter().any(|(asleep, _)| asleep == *go);
        let current = point.current.filter(|current| awake(&current));
        let chosen = current.or_else(|| point.enabled.iter().find(awake).copied())?;
        let clock = point.enabled.iter().copied().find(|&go| go == GoId::CLOCK && go != chosen);
        Some(Branch {
            enabled: point.enabled.to_vec(),
            ops: point.enabled.iter().map(|&go| *point.op(go)).collect(),
            chosen,
            // A clock that races does so with everything, also with its being stopped.
            backtrack: [chosen].into_iter().chain(clock).collect(),
            done: Vec::new(),
            sleep: self.sleep.clone(),
        })
    }
}

impl Search for Dpor {
    fn begin(&mut self) {
        self.depth = 0;
        self.events.clear();
        self.slots.clear();
        self.sleep.clear();
    }

    fn choose(&mut self, point: &Point<'_>) -> Option<GoId> {
        self.settle();
        if let Some(go) = invisible(point, self.seen.counts) {
            self.begin_step(go, *point.op(go), None);
            return Some(go);
        }
        if self.depth == self.frames.len() {
            let branch = self.new_branch(point)?;
            self.frames.push(Frame::Goroutine(branch));
        }
        let Frame::Goroutine(branch) = &self.frames[self.depth] else { return None };
        let go = branch.chosen;
        self.sleep.clone_from(&branch.sleep);
        if !point.enabled.contains(&go) {
            return None;
        }
        self.reuses |= reuses(point, go);
        self.begin_step(go, *point.op(go), Some(self.depth));
        self.depth += 1;
        Some(go)
    }

    fn pick(&mut self, _go: GoId, count: u32) -> u32 {
        if self.depth == self.frames.len() {
            self.frames.push(Frame::Data { taken: 0, count });
        }
        let taken = match &self.frames[self.depth] {
            Frame::Data { taken, .. } => *taken,
            Frame::Goroutine(_) => 0,
        };
        self.depth += 1;
        taken
    }

    fn did(&mut self, go: GoId, op: &Op, with: Option<GoId>) {
        if op.is(Action::Count) && !self.seen.counts {
            (self.seen.counts, self.restart) = (true, true);
        }
        if op.is(Action::Misuse) && !self.seen.overdone {
            (self.seen.overdone, self.restart) = (true, true);
        }
        match self.events.last_mut() {
            Some(last) if last.go == go => last.ops.push(*op),
            _ => self.begin_step(go, *op, None),
        }
        match op.action() {
            Action::Send | Action::TrySend => self.passes(op.object(), true, with),
            Action::Recv | Action::TryRecv => self.passes(op.object(), false, with),
            _ => {
                let last = self.events.last_mut().expect("a step has begun");
                last.with = with.or(last.with);
            }
        }
    }

    fn room(&mut self, channel: ObjectId, room: usize) {
        if self.slots.len() <= channel.index() {
            self.slots.resize_with(channel.index() + 1, || None);
        }
        self.slots[channel.index()].insert(Slots::default()).reset(room);
    }

    fn end(&mut self, blocked: &[(GoId, Op)]) -> bool {
        if std::mem::take(&mut self.restart) {
            self.frames.clear();
            return true;
        }
        self.plant(blocked);
        self.advance()
    }

    fn misses(&self) -> bool {
        self.reuses
    }

    fn reduces(&self) -> bool {
        true
    }
}

impl Dpor {
    /// Moves to the deepest decision that has something left to try.
    fn advance(&mut self) -> bool {
        while let Some(last) = self.frames.last_mut() {
            match last {
                Frame::Data { taken, count } if *taken + 1 < *count => {
                    *taken += 1;
                    return true;
                }
                Frame::Data { .. } => {}
                Frame::Goroutine(branch) => {
                    branch.done.push(branch.chosen);
                    branch.sleep.push((branch.chosen, branch.chosen_op()));
                    if let Some(next) = branch.next() {
                        branch.chosen = next;
                        return true;
                    }
                }
            }
            self.frames.pop();
        }
        false
    }

    /// Looks for pairs that could have come the other way round, and plants them.
    fn plant(&mut self, blocked: &[(GoId, Op)]) {
        let mut order = Order::of(&self.events);
        order.racing = self.frames.iter().any(Frame::has_clock);
        let mut plants = Vec::new();
        for at in 0..self.events.len() {
            let Done { go, ops, .. } = &self.events[at];
            self.races(&order, at, *go, ops, &mut plants);
        }
        for (go, op) in blocked {
            self.races(&order, self.events.len(), *go, &[*op], &mut plants);
        }
        for (frame, initials, go) in plants {
            if let Frame::Goroutine(branch) = &mut self.frames[frame] {
                branch.plant(&initials, go);
            }
        }
    }

    /// The earlier events that race with what `go` does (or would do) at `at`.
    fn races(
        &self,
        order: &Order,
        at: usize,
        go: GoId,
        ops: &[Op],
        plants: &mut Vec<(usize, Vec<GoId>, GoId)>,
    ) {
        let before = |earlier: usize, later: usize| order.before(earlier, later);
        let own = order.last_of(&self.events, go, at);
        let ends = ends_before(&self.events[..at], go);
        let comes_after =
            |e: usize| own.iter().chain(ends).any(|&last| e == last || before(e, last));
        let partners: Vec<usize> = (0..at)
            .filter(|&e| {
                let event = &self.events[e];
                event.go != go
                    && event.with != Some(go)
                    && !comes_after(e)
                    && event.conflicts(ops)
                    && !enables(&event.ops, ops)
                    // Time moves when nobody can go on, and not earlier, unless it races.
                    && (go != GoId::CLOCK || order.racing)
            })
            .collect();
        // What it could not have been done before does not stand between it and others.
        let between = |e: usize, x: usize| before(e, x) && self.was_enabled(go, x);
        for &e in &partners {
            let Some(frame) = self.events[e].frame else { continue };
            if partners.iter().any(|&x| x != e && between(e, x)) {
                continue;
            }
            let rest: Vec<usize> = (e + 1..at).filter(|&x| !before(e, x)).collect();
            let initials = self.initials(order, &rest, go, ops, ends);
            plants.push((frame, initials, go));
        }
    }

    /// Whether `go` could have taken the step of an event in its place.
    fn was_enabled(&self, go: GoId, event: usize) -> bool {
        let frame = self.events[event].frame.map(|frame| &self.frames[frame]);
        matches!(frame, Some(Frame::Goroutine(branch)) if branch.enabled.contains(&go))
    }

    /// Who could take the first step of `rest` followed by `ops` of `go`.
    fn initials(
        &self,
        order: &Order,
        rest: &[usize],
        go: GoId,
        ops: &[Op],
        ends: &[usize],
    ) -> Vec<GoId> {
        let mut initials = Vec::new();
        let mut seen = Vec::new();
        for (n, &x) in rest.iter().enumerate() {
            let who = self.events[x].go;
            if !seen.contains(&who) {
                seen.push(who);
                if !rest[..n].iter().any(|&earlier| order.before(earlier, x)) {
                    initials.push(who);
                }
            }
        }
        let free = !rest.iter().any(|&x| self.events[x].conflicts(ops) || ends.contains(&x));
        if !seen.contains(&go) && free {
            initials.push(go);
        }
        initials
    }
}

impl Branch {
    fn chosen_op(&self) -> Op {
        let at = self.enabled.iter().position(|&go| go == self.chosen);
        self.ops[at.expect("whoever is chosen is enabled")]
    }

    fn plant(&mut self, initials: &[GoId], go: GoId) {
        if initials.iter().any(|initial| self.backtrack.contains(initial)) {
            return;
        }
        let wanted = if initials.contains(&go) { Some(go) } else { initials.first().copied() };
        match wanted.filter(|wanted| self.enabled.contains(wanted)) {
            Some(wanted) => self.backtrack.push(wanted),
            // Whoever makes it able to run is among the others.
            None => self.backtrack.clone_from(&self.enabled),
        }
    }

    fn next(&self) -> Option<GoId> {
        let asleep = |go: GoId| self.sleep.iter().any(|(of, _)| *of == go);
        let left =
            |go: &&GoId| !self.done.contains(go) && !asleep(**go) && self.enabled.contains(go);
        self.backtrack.iter().find(left).copied()
    }
}

/// Whether the later operation could not have been done before the earlier one. A release before its
/// acquire can: anybody may unlock a raw mutex, and finds out that it was not locked.
fn enables(earlier: &[Op], later: &[Op]) -> bool {
    use Action::{Done, Lock, LockReaders, RLock, RUnlock, Unlock, Wait};
    let releases = |op: &Op| matches!(op.action(), Unlock | RUnlock | Done);
    let acquires = |op: &Op| matches!(op.action(), Lock | LockReaders | RLock | Wait);
    let pair = |a: &Op, b: &Op| releases(a) && acquires(b);
    earlier.iter().all(|a| later.iter().all(|b| !a.conflicts(b) || pair(a, b)))
}

/// The other ends of what `go` has last sent or received: what it does after these events comes after them.
fn ends_before(events: &[Done], go: GoId) -> &[usize] {
    let own = events.iter().rfind(|event| event.go == go);
    own.map_or(&[], |own| &own.ends)
}

/// Which events happen before which: program order, `go`, the ways of values and conflicts, closed under
/// transitivity.
struct Order {
    /// For each event a set of bits, one for each earlier event before it.
    before: Vec<Vec<u64>>,
    /// The clock could move while others could go on.
    racing: bool,
}

impl Order {
    fn of(events: &[Done]) -> Self {
        let words = events.len().div_ceil(64);
        let mut order = Self { before: Vec::with_capacity(events.len()), racing: false };
        for (at, event) in events.iter().enumerate() {
            let mut set = vec![0; words];
            let ends = ends_before(&events[..at], event.go);
            for (earlier, other) in events[..at].iter().enumerate().rev() {
                let known = set[earlier / 64] >> (earlier % 64) & 1 == 1;
                if !known && (Self::directly(other, event) || ends.contains(&earlier)) {
                    set[earlier / 64] |= 1 << (earlier % 64);
                    for (word, more) in set.iter_mut().zip(&order.before[earlier]) {
                        *word |= more;
                    }
                }
            }
            order.before.push(set);
        }
        order
    }

    fn directly(earlier: &Done, later: &Done) -> bool {
        earlier.go == later.go
            || earlier.with == Some(later.go)
            || later.with == Some(earlier.go)
            || earlier.go == GoId::CLOCK
            || later.go == GoId::CLOCK
            || earlier.conflicts(&later.ops)
    }

    fn before(&self, earlier: usize, later: usize) -> bool {
        self.before[later][earlier / 64] >> (earlier % 64) & 1 == 1
    }

    /// The last event before `at` that `go` took part in.
    fn last_of(&self, events: &[Done], go: GoId, at: usize) -> Option<usize> {
        (0..at.min(events.len())).rev().find(|&e| events[e].go == go || events[e].with == Some(go))
    }
}
