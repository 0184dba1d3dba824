//! Locks taken in different orders by goroutines that nothing else keeps apart.
//!
//! Goodlock (Havelund, SPIN 2000; Bensalem, Havelund, HVC 2005): taking a lock while another is held is an
//! edge from that one to this. A cycle of edges is a deadlock in some other schedule, unless one goroutine
//! has them all, a common lock keeps them apart, or something else than a lock orders them. Only the last
//! needs clocks, and only where there is a cycle: what they come from is written down on the way.

use std::collections::BTreeSet;

use super::holds::{Hold, Holds};
use super::people::People;
use super::race::{Moment, Races};
use super::{Finding, Kind};
use crate::event::{
    Access, Accessed, Action, Announced, Detail, Ending, Event, GoId, Holding, LockCycle, LockEdge,
    Note, ObjectId, ObjectInfo, ObjectKind, Observer, Op, Place, objects,
};

/// The most edges of a run that are looked at.
const EDGES: usize = 10_000;
/// The longest cycle.
const LONGEST: usize = 4;
/// The most paths that are followed in a run whose locks can form a cycle.
const PATHS: usize = 10_000;
/// The most entries of the log; a run that is longer has no cycles.
const LOG: usize = 1 << 20;

/// Watches which locks are taken while others are held.
#[derive(Debug, Default)]
pub(crate) struct LockOrders {
    people: People,
    objects: Vec<ObjectInfo>,
    held: Holds,
    edges: Vec<Edge>,
    known: BTreeSet<(ObjectId, ObjectId, GoId, Vec<ObjectId>)>,
    log: Vec<Logged>,
}

/// A lock is taken while another one is held.
#[derive(Debug)]
struct Edge {
    go: GoId,
    from: Hold,
    to: Hold,
    /// The other locks that are held.
    gates: Vec<ObjectId>,
    /// How much had been written down by then.
    at: usize,
}

/// What orders goroutines, other than locks.
#[derive(Clone, Copy, Debug)]
enum Logged {
    Made(ObjectId, ObjectInfo),
    Event(Event),
    Note(GoId, ObjectId, Note, Place),
}

/// What following edges has come to.
#[derive(Debug, Default)]
struct Paths {
    followed: usize,
    cycles: Vec<Vec<usize>>,
}

impl LockOrders {
    /// The cycles of the last run, each once.
    pub(crate) fn take(&mut self) -> Vec<LockCycle> {
        if self.edges.len() < 2 || self.log.len() >= LOG {
            return Vec::new();
        }
        let mut paths = Paths::default();
        if self.locks_form_a_cycle() {
            for first in 0..self.edges.len() {
                self.follow(&mut vec![first], &mut paths);
            }
        }
        let cycles = paths.cycles;
        if cycles.is_empty() {
            return Vec::new();
        }
        let moments = self.moments();
        let apart = |cycle: &&Vec<usize>| {
            let ordered = |a: &usize, b: &usize| moments[*b].is_after(&moments[*a]);
            cycle.iter().all(|a| cycle.iter().all(|b| a == b || !ordered(a, b)))
        };
        cycles.iter().filter(apart).map(|cycle| self.told(cycle)).collect()
    }

    /// Who has the locks that goroutines wait for at the end of the last run.
    pub(crate) fn holdings(&self, ending: &Ending) -> Vec<Holding> {
        let waiting = ending.goroutines.iter().filter(|(info, _)| info.state.waits_for_lock());
        let waited: BTreeSet<&str> = waiting.map(|(info, _)| info.object.as_str()).collect();
        if waited.is_empty() {
            return Vec::new();
        }
        let all = self.held.all().map(|(go, hold)| Holding {
            lock: self.objects[hold.object.index() - FIRST].to_string(),
            go,
            who: self.people.label(go),
            since: hold.place,
        });
        all.filter(|holding| waited.contains(holding.lock.as_str())).collect()
    }

    /// Whether locks can be followed in a circle, whoever took them: programs that keep to one order are
    /// done here.
    fn locks_form_a_cycle(&self) -> bool {
        let mut pairs: BTreeSet<(ObjectId, ObjectId)> =
            self.edges.iter().map(|edge| (edge.from.object, edge.to.object)).collect();
        loop {
            let taken: BTreeSet<ObjectId> = pairs.iter().map(|&(_, to)| to).collect();
            let before = pairs.len();
            // A lock that is never taken while another is held is in no circle.
            pairs.retain(|(from, _)| taken.contains(from));
            if pairs.is_empty() || pairs.len() == before {
                return !pairs.is_empty();
            }
        }
    }

    /// Extends a path of edges; those that end where they began are cycles. Each is found from its first
    /// edge alone.
    fn follow(&self, path: &mut Vec<usize>, paths: &mut Paths) {
        paths.followed += 1;
        if paths.followed > PATHS {
            return;
        }
        let (first, last) = (&self.edges[path[0]], &self.edges[path[path.len() - 1]]);
        if last.to.object == first.from.object {
            if path.len() > 1 && !self.only_reads(path) {
                paths.cycles.push(path.clone());
            }
            return;
        }
        if path.len() == LONGEST {
            return;
        }
        for next in path[0] + 1..self.edges.len() {
            let edge = &self.edges[next];
            let joins = edge.from.object == last.to.object;
            let apart = |&n: &usize| {
                let other = &self.edges[n];
                other.go != edge.go && other.gates.iter().all(|gate| !edge.gates.contains(gate))
            };
            if joins && path.iter().all(apart) {
                path.push(next);
                self.follow(path, paths);
                path.pop();
            }
        }
    }

    /// Whether at some lock of the cycle both only read, and nobody ever writes there.
    fn only_reads(&self, path: &[usize]) -> bool {
        let written = |object| {
            let all = self.edges.iter().flat_map(|edge| [edge.from, edge.to]);
            all.into_iter().any(|held| held.object == object && !held.reads)
        };
        (0..path.len()).any(|n| {
            let (into, from) = (&self.edges[path[n]], &self.edges[path[(n + 1) % path.len()]]);
            into.to.reads && from.from.reads && !written(into.to.object)
        })
    }

    /// Where each edge stands, locks aside.
    fn moments(&self) -> Vec<Moment> {
        let (mut races, mut done) = (Races::default(), 0);
        races.begin();
        let nobody = vec![Op::local(Action::End, Place::here()); self.held.goroutines() + 1];
        let mut moments = Vec::with_capacity(self.edges.len());
        for edge in &self.edges {
            for entry in &self.log[done..edge.at] {
                match *entry {
                    Logged::Made(object, info) => races.made(object, info, Place::here()),
                    Logged::Event(event) => races.event(&event, Announced(&nobody)),
                    Logged::Note(go, object, note, place) => races.note(go, object, note, place),
                }
            }
            done = edge.at;
            moments.push(races.moment(edge.go));
        }
        moments
    }

    fn told(&self, cycle: &[usize]) -> LockCycle {
        let edge = |&n: &usize| {
            let Edge { go, from, to, .. } = &self.edges[n];
            let who = self.people.accessed(Access::Write, to.place, *go);
            let [held, taken] = [from, to].map(|of| self.objects[of.object.index() - FIRST]);
            LockEdge { held, since: from.place, taken, who }
        };
        LockCycle(cycle.iter().map(edge).collect())
    }

    fn kind(&self, object: ObjectId) -> Option<ObjectKind> {
        let position = object.index().checked_sub(FIRST)?;
        self.objects.get(position).map(|info| info.kind)
    }

    fn lock(&mut self, go: GoId, op: &Op, tries: bool) {
        let Some(to) = self.held.take(go, op) else { return };
        if tries || self.edges.len() >= EDGES {
            return;
        }
        let (_, before) = self.held.of(go).split_last().expect("it was just taken");
        for from in before {
            let others = before.iter().map(|other| other.object);
            let gates: Vec<ObjectId> = others.filter(|&gate| gate != from.object).collect();
            if self.known.insert((from.object, to.object, go, gates.clone())) {
                self.edges.push(Edge { go, from: *from, to, gates, at: self.log.len() });
            }
        }
    }

    fn write_down(&mut self, entry: Logged) {
        if self.log.len() < LOG {
            self.log.push(entry);
        }
    }
}

const FIRST: usize = objects::FIRST as usize;

impl Observer for LockOrders {
    fn begin(&mut self) {
        self.people.clear();
        self.objects.clear();
        self.held.clear();
        self.edges.clear();
        self.known.clear();
        self.log.clear();
    }

    fn made(&mut self, object: ObjectId, info: ObjectInfo, _place: Place) {
        self.objects.push(info);
        self.write_down(Logged::Made(object, info));
    }

    fn event(&mut self, event: &Event, _announced: Announced<'_>) {
        let (go, op) = (event.go, &event.op);
        if event.detail == Detail::Blocked {
            return;
        }
        if matches!(op.action(), Action::End | Action::Return) {
            self.people.end(go);
        }
        match (self.kind(op.object()), op.action()) {
            (Some(ObjectKind::Mutex | ObjectKind::RwMutex), action) => match action {
                Action::TryLock | Action::TryRLock => self.lock(go, op, true),
                Action::Unlock | Action::RUnlock => self.held.release(go, op.object()),
                action if action.takes_lock() => self.lock(go, op, false),
                _ => {}
            },
            (_, Action::Go) => {
                let Detail::Started(child) = event.detail else { return };
                self.people.start(go, op.place);
                self.held.of(child).clear();
                self.write_down(Logged::Event(*event));
            }
            (Some(ObjectKind::Var), _) => {}
            (None, Action::End | Action::WaitIdle) | (Some(_), _) => {
                self.write_down(Logged::Event(*event));
            }
            (None, _) => {}
        }
    }

    fn note(&mut self, go: GoId, object: ObjectId, note: Note, place: Place) {
        if !matches!(note, Note::Accesses(_)) {
            self.write_down(Logged::Note(go, object, note, place));
        }
    }
}

/// The finding: a note, since in this run nothing went wrong.
pub(super) fn finding(cycle: &LockCycle) -> Finding {
    let mut edges: Vec<&LockEdge> = cycle.0.iter().collect();
    edges.sort_by_key(|edge| edge.who.place.to_string());
    let order = |edge: &&LockEdge| format!("{} before {}", edge.held, edge.taken);
    let orders: Vec<String> = edges.iter().map(order).collect();
    let places: Vec<String> = edges.iter().map(|edge| edge.who.place.to_string()).collect();
    let mut text = format!("lock order: {} ({})", orders.join(", "), places.join(", "));
    for LockEdge { held, since, taken, who } in &edges {
        let Accessed { go, path, place, .. } = who;
        text.push_str(&format!(
            "\n  {go} {path} takes {taken} at {place}, holding {held} since {since}"
        ));
    }
    text.push_str("\n  in another order each would wait for the other, for ever");
    let finding = Finding::exactly(Kind::LockOrder, "", text);
    edges.iter().fold(finding, |finding, edge| {
        let Accessed { go, path, place, .. } = &edge.who;
        finding.place(Some(edge.since)).place(Some(*place)).by(*go, Some(format!("{go} {path}")))
    })
}
