//! Who there is in a replayed run: each goroutine's stable name, whether it can run, and their order.
//!
//! A goroutine's name is its parent and the number of its `go` under that parent, so a replay counts the
//! `go`s of each as it is told of them. The order is that of the paths: main, `main/0`, `main/0/0`,
//! `main/1`, …; what it says about two goroutines does not depend on when they were started.

use std::collections::BTreeMap;

use crate::event::GoId;
use crate::schedule::{Name, Turn};
use crate::strategy::{Point, Ready};

/// Whether somebody can run.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Life {
    Unborn,
    Ready,
    Blocked,
    Ended,
}

/// One goroutine, or the clock: that stands among the children of main, behind all others.
#[derive(Clone, Copy, Debug)]
struct Member {
    life: Life,
    parent: GoId,
    ordinal: u32,
    /// How far it is from main, and an ancestor from which the way to main is short: with these, each
    /// ancestor is reached in a logarithmic number of jumps (Myers, "An applicative random-access
    /// stack", 1983).
    depth: u32,
    jump: GoId,
    /// Position in the list of names, if it is there.
    name: Option<u32>,
    started: u32,
    /// It stands in the queue.
    queued: bool,
}

const UNBORN: Member = Member {
    life: Life::Unborn,
    parent: GoId::MAIN,
    ordinal: u32::MAX,
    depth: 1,
    jump: GoId::MAIN,
    name: None,
    started: 0,
    queued: false,
};

/// All goroutines so far.
#[derive(Debug)]
pub(super) struct Roster {
    names: Vec<Name>,
    /// From (parent's position, ordinal) to the position in the list of names.
    positions: BTreeMap<(u32, u32), u32>,
    /// From the position in the list of names to the goroutine of this run.
    named: Vec<Option<GoId>>,
    /// By number; the first is the clock.
    members: Vec<Member>,
    /// How many can run.
    ready: usize,
    /// Those that can run, by path; also some that no longer can.
    queue: Queue,
}

impl Roster {
    pub(super) fn new(names: &[Name]) -> Self {
        let named = names.iter().enumerate().skip(1);
        let positions = named.map(|(n, name)| ((name.parent, name.ordinal), n as u32)).collect();
        let clock = Member { name: Some(Turn::CLOCK), ..UNBORN };
        Self {
            positions,
            named: vec![None; names.len()],
            names: names.to_vec(),
            members: vec![clock],
            ready: 0,
            queue: Queue::default(),
        }
    }

    // ---- what it is told

    pub(super) fn ready(&mut self, go: GoId, why: Ready) {
        if self.life(go) == Life::Unborn && go != GoId::CLOCK {
            self.add(go, why);
        }
        self.set(go, Life::Ready);
        let member = &mut self.members[go.index()];
        if go != GoId::CLOCK && !member.queued {
            member.queued = true;
            self.queue.push(go, |a, b| before(&self.members, a, b));
        }
    }

    pub(super) fn set(&mut self, go: GoId, life: Life) {
        let member = &mut self.members[go.index()];
        self.ready += usize::from(life == Life::Ready);
        self.ready -= usize::from(member.life == Life::Ready);
        member.life = life;
    }

    fn add(&mut self, go: GoId, why: Ready) {
        if go.index() >= self.members.len() {
            self.members.resize(go.index() + 1, UNBORN);
        }
        let member = if go == GoId::MAIN { self.main() } else { self.child(why) };
        self.members[go.index()] = member;
        if let Some(entry) = member.name.and_then(|name| self.named.get_mut(name as usize)) {
            *entry = Some(go);
        }
    }

    fn main(&self) -> Member {
        let name = (!self.names.is_empty()).then_some(0);
        Member { ordinal: 0, depth: 0, name, ..UNBORN }
    }

    /// Whoever was not started by a goroutine was started by the clock.
    fn child(&mut self, why: Ready) -> Member {
        let parent = if let Ready::Started(by) = why { by } else { GoId::CLOCK };
        let starter = &mut self.members[parent.index()];
        let ordinal = starter.started;
        starter.started += 1;
        let name = starter.name.and_then(|name| self.positions.get(&(name, ordinal)).copied());
        let depth = starter.depth + 1;
        Member { parent, ordinal, depth, jump: self.jump(parent), name, ..UNBORN }
    }

    /// Where a child of `parent` jumps to: as far as two equal jumps from the parent take together.
    fn jump(&self, parent: GoId) -> GoId {
        let of = |go: GoId| self.members[go.index()];
        let near = of(parent).jump;
        let far = of(near).jump;
        let equal = of(parent).depth - of(near).depth == of(near).depth - of(far).depth;
        if equal { far } else { parent }
    }

    // ---- what it is asked

    /// The goroutine of this run with that name, if it has been started.
    pub(super) fn find(&self, name: u32) -> Option<GoId> {
        if name == Turn::CLOCK {
            return Some(GoId::CLOCK);
        }
        self.named.get(name as usize).copied().flatten()
    }

    /// The position of its name in the list.
    pub(super) fn name(&self, go: GoId) -> Option<u32> {
        self.members.get(go.index())?.name
    }

    /// Who started it, and as which one.
    pub(super) fn parent(&self, go: GoId) -> (GoId, u32) {
        let member = &self.members[go.index()];
        (member.parent, member.ordinal)
    }

    pub(super) fn life(&self, go: GoId) -> Life {
        self.members.get(go.index()).map_or(Life::Unborn, |member| member.life)
    }

    /// Whether `go` can be chosen.
    #[inline]
    pub(super) fn may(&self, go: GoId, point: &Point<'_>) -> bool {
        self.life(go) == Life::Ready && (self.sees_all(point) || point.enabled.contains(&go))
    }

    /// Whether all that are ready can be chosen: a search is shown only those whose operation can be
    /// done, and so is the replay of what it found.
    #[inline]
    fn sees_all(&self, point: &Point<'_>) -> bool {
        point.enabled.len() == self.ready
    }

    /// Whom nobody had to choose: the goroutine that has just run, else the first by path; the clock
    /// only if nobody else can go on.
    pub(super) fn default(&mut self, point: &Point<'_>) -> GoId {
        match point.current {
            Some(go) if go != GoId::CLOCK => go,
            _ if self.sees_all(point) => self.first().unwrap_or(point.enabled[0]),
            _ => self.first_of(point.enabled),
        }
    }

    fn first(&mut self) -> Option<GoId> {
        loop {
            let go = self.queue.first()?;
            if self.life(go) == Life::Ready {
                return Some(go);
            }
            self.members[go.index()].queued = false;
            self.queue.pop(|a, b| before(&self.members, a, b));
        }
    }

    fn first_of(&self, enabled: &[GoId]) -> GoId {
        let goroutines = enabled.iter().copied().filter(|&go| go != GoId::CLOCK);
        let first = |a, b| if before(&self.members, b, a) { b } else { a };
        goroutines.reduce(first).unwrap_or(GoId::CLOCK)
    }

    /// The name as a path: `main/0/2`.
    pub(super) fn path(&self, name: u32) -> String {
        let mut ordinals = Vec::new();
        let mut at = name;
        while at != 0 && at != Turn::CLOCK {
            let Name { parent, ordinal } = self.names[at as usize];
            ordinals.push(ordinal);
            at = parent;
        }
        let root = if at == 0 { "main" } else { "clock" };
        ordinals.iter().rev().fold(root.to_owned(), |path, n| format!("{path}/{n}"))
    }
}

/// Whether the path of `a` comes before that of `b`.
fn before(members: &[Member], a: GoId, b: GoId) -> bool {
    let of = |go: GoId| &members[go.index()];
    let depth = of(a).depth.min(of(b).depth);
    let (mut x, mut y) = (ancestor(members, a, depth), ancestor(members, b, depth));
    if x == y {
        return of(a).depth < of(b).depth;
    }
    while of(x).parent != of(y).parent {
        // Jumps from equal depths are equally long.
        let same = of(x).jump == of(y).jump;
        let next = |go| if same { of(go).parent } else { of(go).jump };
        (x, y) = (next(x), next(y));
    }
    of(x).ordinal < of(y).ordinal
}

/// The ancestor of `go` at this depth, which is not more than its own.
fn ancestor(members: &[Member], mut go: GoId, depth: u32) -> GoId {
    while members[go.index()].depth > depth {
        let Member { parent, jump, .. } = members[go.index()];
        go = if members[jump.index()].depth >= depth { jump } else { parent };
    }
    go
}

/// A binary heap whose order is known to its owner only.
#[derive(Debug, Default)]
struct Queue(Vec<GoId>);

impl Queue {
    fn first(&self) -> Option<GoId> {
        self.0.first().copied()
    }

    fn push(&mut self, go: GoId, before: impl Fn(GoId, GoId) -> bool) {
        let mut at = self.0.len();
        self.0.push(go);
        while at > 0 && before(go, self.0[(at - 1) / 2]) {
            self.0.swap(at, (at - 1) / 2);
            at = (at - 1) / 2;
        }
    }

    fn pop(&mut self, before: impl Fn(GoId, GoId) -> bool) {
        self.0.swap_remove(0);
        let mut at = 0;
        loop {
            let children =
                (2 * at + 1..self.0.len().min(2 * at + 3)).map(|child| (child, self.0[child]));
            let least = children.reduce(|a, b| if before(b.1, a.1) { b } else { a });
            match least {
                Some((child, go)) if before(go, self.0[at]) => self.0.swap(at, child),
                _ => return,
            }
            at = least.expect("it was just swapped").0;
        }
    }
}
