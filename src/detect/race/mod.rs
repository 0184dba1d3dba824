//! Data races: accesses that nothing orders, found by happens-before.
//!
//! FastTrack (Flanagan, Freund, PLDI 2009) with the edges of Go's memory model as Go's own detector draws
//! them. It sees the events of a run and decides nothing, so a program runs the same with and without it.
//!
//! - `clock`: who has seen how much of whom. - `word`: the accesses of one shared word. - `thing`: what
//!   is kept of an object.

mod clock;
mod finding;
#[cfg(test)]
mod oracle;
mod thing;
mod word;

pub(crate) use self::clock::Moment;
pub(super) use self::finding::finding;

use self::clock::{Clocks, Epoch};
use self::thing::Thing;
use self::word::Mark;
use crate::detect::people::People;
use crate::event::{
    Access, Action, Announced, DataRace, Detail, Event, GoId, ObjectId, ObjectInfo, ObjectKind,
    Observer, Op, Place, objects,
};

/// Looks for data races in one run after another.
#[derive(Debug, Default)]
pub(crate) struct Races {
    clocks: Clocks,
    people: People,
    /// By number, less the objects that every run has.
    things: Vec<Thing>,
    found: Vec<DataRace>,
    /// Where each event stands, if that is wanted.
    moments: Option<Moments>,
}

/// The moments of a run's events, as long as they are not too many.
#[derive(Debug, Default)]
struct Moments {
    all: Vec<Moment>,
    /// Clocks in all of them together.
    clocks: usize,
}

/// Clocks that are kept: 64 MiB.
const CLOCKS: usize = 1 << 24;

impl Races {
    /// Keeps the moments of the next run's events.
    pub(crate) fn keep_moments(&mut self) {
        self.moments = Some(Moments::default());
    }

    /// The moments of the last run's events, in their order; fewer than there were events if the run was
    /// too large.
    pub(crate) fn take_moments(&mut self) -> Vec<Moment> {
        self.moments.take().unwrap_or_default().all
    }

    /// Where a goroutine is.
    pub(super) fn moment(&self, go: GoId) -> Moment {
        self.clocks.moment(self.clocks.now(go), go)
    }

    /// What was found in the last run.
    pub(crate) fn take(&mut self) -> Vec<DataRace> {
        std::mem::take(&mut self.found)
    }

    /// The thing that an operation is about, and the clocks.
    #[inline]
    fn on(&mut self, object: ObjectId) -> Option<(&mut Thing, &mut Clocks)> {
        let position = object.index().checked_sub(objects::FIRST as usize)?;
        Some((&mut self.things[position], &mut self.clocks))
    }

    fn acquire(&mut self, go: GoId, object: ObjectId) {
        if let Some((thing, clocks)) = self.on(object) {
            clocks.acquire(go, &thing.main);
        }
    }

    fn release(&mut self, go: GoId, object: ObjectId) {
        if let Some((thing, clocks)) = self.on(object) {
            clocks.release(go, &mut thing.main);
        }
    }

    fn merge(&mut self, go: GoId, object: ObjectId) {
        if let Some((thing, clocks)) = self.on(object) {
            clocks.merge(go, &mut thing.main);
        }
    }

    /// One after another, in the order in which they came.
    fn in_turn(&mut self, go: GoId, object: ObjectId) {
        self.acquire(go, object);
        self.release(go, object);
    }

    // ---- words

    #[inline]
    fn access(&mut self, go: GoId, object: ObjectId, access: Access, place: Place, plain: bool) {
        let Self { clocks, people, things, found, .. } = self;
        let Some(position) = object.index().checked_sub(objects::FIRST as usize) else { return };
        let mark = Mark { epoch: clocks.touch(go), place };
        let (thing, seen) = (&mut things[position], clocks.seen(go));
        let info = thing.info;
        let mut tell = |earlier, by: Mark| {
            let before = (earlier, by.place, clocks.whose(by.epoch));
            tell(found, people, info, before, (access, place, go));
        };
        if plain {
            thing.word.plain(access, mark, seen, &mut tell);
        } else {
            thing.word.atomic(access, mark, seen, &mut tell);
        }
    }

    fn atomic(&mut self, go: GoId, op: &Op) {
        let (object, place) = (op.object(), op.place);
        match op.action() {
            Action::Get => self.access(go, object, Access::Read, place, true),
            Action::Set => self.access(go, object, Access::Write, place, true),
            Action::Load | Action::Failed => {
                self.access(go, object, Access::Read, place, false);
                self.acquire(go, object);
            }
            Action::Store => {
                self.access(go, object, Access::Write, place, false);
                self.release(go, object);
            }
            Action::Modify => {
                self.access(go, object, Access::Write, place, false);
                self.in_turn(go, object);
            }
            _ => {}
        }
    }

    // ---- channels

    fn chan(&mut self, go: GoId, op: &Op, detail: Detail, announced: Announced<'_>) {
        let object = op.object();
        match (op.action(), detail) {
            (Action::Send | Action::TrySend, Detail::With(receiver)) => {
                self.access(go, object, Access::Read, op.place, true);
                self.hand_over(object, go, receiver, true);
            }
            (Action::Send | Action::TrySend, _) => {
                self.access(go, object, Access::Read, op.place, true);
                self.buffer(object, go, true);
            }
            (Action::Recv | Action::TryRecv, Detail::With(sender)) => {
                let place = announced.of(sender).place;
                self.access(sender, object, Access::Read, place, true);
                self.hand_over(object, go, sender, false);
            }
            (Action::Recv | Action::TryRecv, _) => self.buffer(object, go, false),
            (Action::RecvClosed, _) => self.acquire(go, object),
            (Action::SendClosed, _) => self.access(go, object, Access::Read, op.place, true),
            (Action::Close, _) => {
                self.access(go, object, Access::Write, op.place, true);
                self.release(go, object);
                if let Some((thing, _)) = self.on(object) {
                    thing.buffer.closed = true;
                }
            }
            _ => {}
        }
    }

    /// A value into the buffer, or out of it.
    fn buffer(&mut self, object: ObjectId, go: GoId, sends: bool) {
        let Some((Thing { buffer, .. }, clocks)) = self.on(object) else { return };
        if buffer.cap == 0 {
            return;
        }
        let empty = buffer.empty;
        let slot = if sends { buffer.next_sent() } else { buffer.next_received() };
        clocks.acquire(go, slot);
        if empty { clocks.merge(go, slot) } else { clocks.release(go, slot) }
    }

    /// A value from one to another who waits: `first` acts, and the other goes on.
    fn hand_over(&mut self, object: ObjectId, first: GoId, second: GoId, sends: bool) {
        let Some((Thing { buffer, .. }, clocks)) = self.on(object) else { return };
        if buffer.cap == 0 {
            return clocks.meet(first, second);
        }
        let empty = buffer.empty;
        debug_assert!(sends || !buffer.closed, "close sends waiting senders away");
        let slot = buffer.next_through();
        for go in [first, second] {
            clocks.acquire(go, slot);
            if empty { clocks.merge(go, slot) } else { clocks.release(go, slot) }
        }
    }

    // ---- the rest

    fn rwmutex(&mut self, go: GoId, op: &Op) {
        let Some((Thing { main, others, .. }, clocks)) = self.on(op.object()) else { return };
        match op.action() {
            Action::Lock | Action::TryLock | Action::LockReaders => {
                clocks.acquire(go, main);
                clocks.acquire(go, others);
            }
            Action::RLock | Action::TryRLock => clocks.acquire(go, main),
            Action::RUnlock => clocks.merge(go, others),
            Action::Unlock => clocks.release(go, main),
            _ => {}
        }
    }

    fn context(&mut self, go: GoId, op: &Op) {
        let Some((Thing { main, others, .. }, clocks)) = self.on(op.object()) else { return };
        match op.action() {
            Action::Cancel => {
                clocks.acquire(go, others);
                clocks.release(go, main);
            }
            Action::Register => {
                clocks.acquire(go, main);
                clocks.merge(go, others);
            }
            Action::Err => clocks.acquire(go, main),
            _ => {}
        }
    }

    /// The edges of everything that has one clock.
    fn other(&mut self, go: GoId, kind: ObjectKind, op: &Op) {
        use Action::{
            Acquire, Add, Done, Failed, Get, Lock, Once, Release, Set, TryLock, Unlock, Wait,
        };
        match (kind, op.action()) {
            (ObjectKind::Mutex, Lock | TryLock) | (ObjectKind::Once, Once) => {
                self.acquire(go, op.object());
            }
            (ObjectKind::Mutex | ObjectKind::Once, Unlock) => self.release(go, op.object()),
            (ObjectKind::WaitGroup | ObjectKind::ErrGroup, Done) => self.merge(go, op.object()),
            (ObjectKind::WaitGroup | ObjectKind::ErrGroup, Wait) => self.acquire(go, op.object()),
            (ObjectKind::ErrGroup, Add) => self.acquire(go, op.object()),
            (ObjectKind::ErrGroup, Set) => self.merge(go, op.object()),
            (ObjectKind::Map, Get | Failed) => self.acquire(go, op.object()),
            (ObjectKind::Map | ObjectKind::Pool, Set) => self.in_turn(go, op.object()),
            (ObjectKind::Semaphore, Acquire | Release) => self.in_turn(go, op.object()),
            (ObjectKind::SingleFlight, Once | Unlock | Set) => self.in_turn(go, op.object()),
            _ => {}
        }
    }
}

impl Races {
    fn observe(&mut self, event: &Event, announced: Announced<'_>) {
        let (go, op) = (event.go, &event.op);
        match (op.action(), event.detail) {
            (Action::Go, Detail::Started(child)) => {
                self.clocks.start(go, child);
                self.people.start(go, op.place);
                return;
            }
            (Action::End, _) => {
                self.clocks.end(go);
                self.people.end(go);
                return;
            }
            // It is not done yet.
            (_, Detail::Blocked) => return,
            (Action::WaitIdle, Detail::Done) => return self.clocks.come_after_all(go),
            _ => {}
        }
        let Some((thing, _)) = self.on(op.object()) else { return };
        match (thing.info.kind, op.action()) {
            (ObjectKind::Var, Action::Get) => {
                self.access(go, op.object(), Access::Read, op.place, true);
            }
            (ObjectKind::Var, Action::Set) => {
                self.access(go, op.object(), Access::Write, op.place, true);
            }
            (ObjectKind::Atomic, _) => self.atomic(go, op),
            (ObjectKind::Chan, _) => self.chan(go, op, event.detail, announced),
            (ObjectKind::RwMutex, _) => self.rwmutex(go, op),
            (ObjectKind::Context, _) => self.context(go, op),
            (kind, _) => self.other(go, kind, op),
        }
    }

    #[cold]
    fn keep(&mut self, at: Epoch, go: GoId) {
        let Self { clocks, moments: Some(moments), .. } = self else { return };
        moments.clocks += clocks.seen(go).slots();
        if moments.clocks <= CLOCKS {
            moments.all.push(clocks.moment(at, go));
        }
    }
}

/// Remembers a race, unless one of these lines has been found before.
#[cold]
fn tell(
    found: &mut Vec<DataRace>,
    people: &People,
    object: ObjectInfo,
    earlier: (Access, Place, GoId),
    later: (Access, Place, GoId),
) {
    let key = |(access, place, _): (Access, Place, GoId)| (access, place.file_and_line());
    let (a, b) = (key(earlier), key(later));
    let known = found.iter().any(|race| {
        let [c, d] = [&race.earlier, &race.later].map(|of| key((of.access, of.place, of.go)));
        (a, b) == (c, d) || (a, b) == (d, c)
    });
    if !known {
        let [earlier, later] =
            [earlier, later].map(|(access, place, go)| people.accessed(access, place, go));
        found.push(DataRace { object, later, earlier });
    }
}

impl Observer for Races {
    fn begin(&mut self) {
        self.clocks.clear();
        self.people.clear();
        self.found.clear();
    }

    fn made(&mut self, object: ObjectId, info: ObjectInfo, _place: Place) {
        let position = object.index() - objects::FIRST as usize;
        match self.things.get_mut(position) {
            Some(thing) => thing.renew(info),
            None => self.things.push(Thing::new(info)),
        }
    }

    fn event(&mut self, event: &Event, announced: Announced<'_>) {
        if self.moments.is_none() {
            return self.observe(event, announced);
        }
        let at = self.clocks.now(event.go);
        self.observe(event, announced);
        self.keep(at, event.go);
    }

    fn note(&mut self, go: GoId, object: ObjectId, note: crate::event::Note, place: Place) {
        use crate::event::Note::{Accesses, Fires, Publishes, Room};
        let Some((thing, clocks)) = self.on(object) else { return };
        match note {
            Room { cap, empty } => (thing.buffer.cap, thing.buffer.empty) = (cap, empty),
            Publishes => clocks.release(go, &mut thing.others),
            Fires => clocks.fire(&thing.others),
            Accesses(access) => self.access(go, object, access, place, true),
        }
    }
}
