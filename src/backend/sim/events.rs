//! What has happened: hashed, counted, and told to whoever listens.

use std::num::NonZeroU32;

use super::fingerprint::fold;
use super::state::{Chooser, Phase, State};
use crate::event::{
    Action, Announced, Detail, Effect, Event, GoId, Note, ObjectId, ObjectSet, Op, Place, Slots,
};
use crate::schedule::Preempt;

/// Operations in a row that changed nothing, after which a goroutine counts as spinning.
const SPIN: u32 = 16;

impl State {
    #[inline(always)]
    pub(super) fn event(&mut self, op: Op, detail: Detail) {
        match op.effect() {
            Effect::Local if op.is(Action::Gosched) => self.me().rest += 1,
            Effect::Local => {}
            effect => match op.action() {
                Action::Send | Action::TrySend => self.passes(op, effect, detail, true),
                Action::Recv | Action::TryRecv => self.passes(op, effect, detail, false),
                _ => self.visible(op, effect, detail),
            },
        }
        if self.told {
            self.tell(op, detail);
        }
    }

    /// An event that others can notice.
    #[inline(always)]
    fn visible(&mut self, op: Op, effect: Effect, detail: Detail) {
        let go = self.current.index();
        let (info, object) = &mut self.objects[op.object().index()];
        let mut hash = self.goroutines[go].hash;
        if let Detail::With(peer) = detail {
            hash = fold(hash, self.goroutines[peer.index()].hash);
        }
        let hash = self.fingerprint.event(hash, op, effect, info.path, object);
        if let Detail::With(peer) = detail {
            let peer = &mut self.goroutines[peer.index()];
            peer.hash = fold(hash, 1);
            peer.rest += 1;
        }
        self.goroutines[go].hash = hash;
        if effect == Effect::Read { self.idle(op) } else { self.changed(op) }
    }

    /// The running goroutine has changed something.
    #[inline(always)]
    fn changed(&mut self, op: Op) {
        let me = self.me();
        me.idle = 0;
        me.rest += u32::from(!op.is(Action::End));
        self.progress += 1;
        self.yielders = 0;
    }

    /// A value goes into a channel or comes out of it, and so does one of `peer`, if somebody waited.
    #[inline]
    fn passes(&mut self, op: Op, effect: Effect, detail: Detail, sends: bool) {
        let Self { goroutines, fingerprint, objects, slots, .. } = self;
        let (info, object) = &mut objects[op.object().index()];
        let me = self.current.index();
        let mine = fingerprint.event(goroutines[me].hash, op, effect, info.path, object);
        let peer = if let Detail::With(peer) = detail { Some(peer.index()) } else { None };
        let theirs = peer.map(|peer| {
            let op = op.with_action(if sends { Action::Recv } else { Action::Send });
            fingerprint.event(goroutines[peer].hash, op, op.effect(), info.path, object)
        });
        let slots = object.slots.map(|at| &mut slots[at.get() as usize - 1]);
        let (before_me, before_them) = Slots::pass(slots, sends, mine, theirs);
        goroutines[me].hash = fold(mine, before_me.unwrap_or(0));
        if let (Some(peer), Some(hash)) = (peer, theirs) {
            goroutines[peer].hash = fold(hash, before_them.unwrap_or(0));
            goroutines[peer].rest += 1;
        }
        self.changed(op);
    }

    #[inline]
    fn idle(&mut self, op: Op) {
        let me = &mut self.goroutines[self.current.index()];
        me.rest += 1;
        if matches!(op.action(), Action::Sleep | Action::Arm | Action::Wait) {
            me.idle = 0;
            return;
        }
        me.idle += 1;
        self.now_read |= op.is(Action::Now);
        if me.idle >= SPIN && self.settings.preempt == Preempt::EveryPoint {
            me.idle = 0;
            self.step_back();
        }
    }

    #[cold]
    fn tell(&mut self, op: Op, detail: Detail) {
        let event = Event { step: self.steps, now: self.now, go: self.current, op, detail };
        if self.phase == Phase::Dying {
            return;
        }
        if self.gated {
            self.stir(op);
        }
        if let Chooser::Search(search) = &mut self.chooser
            && !self.livelocked
        {
            let with = match detail {
                Detail::With(other) | Detail::Started(other) => Some(other),
                Detail::Done | Detail::Blocked => None,
            };
            super::raw::search(*search).did(self.current, &op, with);
        }
        self.keep(&event);
    }

    /// Whoever waited for idleness comes after all that was done before.
    pub(super) fn idle_is_seen(&mut self) {
        if let Chooser::Search(search) = &mut self.chooser {
            let moved = self.ops[GoId::CLOCK.index()];
            super::raw::search(*search).did(GoId::CLOCK, &moved, None);
        }
    }

    /// The running goroutine waits to do `op`.
    #[cold]
    pub(super) fn parks(&mut self, op: Op) {
        let (step, now, go) = (self.steps, self.now, self.current);
        let event = Event { step, now, go, op, detail: Detail::Blocked };
        match self.phase {
            Phase::Live => self.keep(&event),
            Phase::Rest => self.late.push(event),
            Phase::Dying => {}
        }
    }

    /// Remembers an event, if that is wanted, and shows it to the observers.
    pub(super) fn keep(&mut self, event: &Event) {
        if self.settings.trace && self.phase == Phase::Live {
            self.events.push(*event);
        }
        for observer in super::raw::observers(self.observers) {
            observer.event(event, Announced(&self.ops));
        }
    }

    pub(super) fn note(&mut self, object: ObjectId, note: Note, place: Place) {
        if self.phase == Phase::Dying {
            return;
        }
        if let Note::Room { cap, .. } = note {
            self.give_slots(object, cap);
        }
        for observer in super::raw::observers(self.observers) {
            observer.note(self.current, object, note, place);
        }
    }

    /// A channel has room for so many values.
    fn give_slots(&mut self, object: ObjectId, room: usize) {
        let used = self.slots_used as usize;
        if used == self.slots.len() {
            self.slots.push(Slots::default());
        }
        self.slots[used].reset(room);
        self.slots_used += 1;
        self.objects[object.index()].1.slots = NonZeroU32::new(self.slots_used);
        if let Chooser::Search(search) = &mut self.chooser {
            super::raw::search(*search).room(object, room);
        }
    }

    /// What this event means for those who spin.
    fn stir(&mut self, op: Op) {
        let me = self.current;
        match op.effect() {
            Effect::Local => {}
            Effect::Read => self.me().watched = self.me().watched.and(op.objects()),
            effect => {
                self.circles = 0;
                for (n, go) in self.goroutines.iter_mut().enumerate() {
                    if n == me.index() {
                        (go.rounds, go.watched) = (0, ObjectSet::EMPTY);
                    } else if effect == Effect::All || go.watched.meets(op.objects()) {
                        go.rounds = 0;
                    }
                }
            }
        }
    }
}
