//! What all threads may know of a goroutine, at a number that a waiter carries.
//!
//! Slots live in blocks that double in size and never move, so that a number is turned into a slot by a
//! little arithmetic and one load. A slot is used again when its goroutine has ended; its tickets go on,
//! so that whoever holds an old one wakes nobody.

use std::sync::{Mutex, OnceLock};

use super::handoff::{Fresh, Handoff, Vacant};
use super::place::AtomicPlace;
use super::shared::lock;
use super::sync::{AtomicBool, AtomicU8, AtomicU32, AtomicU64, Ordering, fence};
use super::wait::Wait;
use crate::event::{Action, GoId, GoroutineInfo, GoroutineState, Op, Place};

/// Slots in the first block.
const FIRST: usize = if cfg!(goseed_loom) { 2 } else { 1 << 10 };
/// Blocks that make up all 32-bit numbers.
const BLOCKS: usize = 22;

/// All slots of a run.
#[derive(Default)]
pub(super) struct Slots {
    blocks: [OnceLock<Box<[Slot]>>; BLOCKS],
    fresh: Fresh,
    free: Mutex<Vec<Vacant>>,
}

/// What all threads may know of a goroutine.
///
/// What others touch to wake it is one line of the cache, and no line is two goroutines'.
#[derive(Debug, Default)]
#[repr(C, align(128))]
pub(super) struct Slot {
    pub(super) wait: Wait,
    /// The worker it is pinned to, and its number there.
    pub(super) home: AtomicU32,
    pub(super) local: AtomicU32,
    /// The next one in an inbox.
    pub(super) next: AtomicU32,
    /// For dumps: where it is in its life, what it does and where.
    life: AtomicU8,
    state: AtomicU8,
    action: AtomicU8,
    named: AtomicBool,
    place: AtomicPlace,
    /// What is known from the start. The number is written last, and never is that of another goroutine:
    /// who reads it before and after the rest has read one goroutine.
    number: AtomicU64,
    created: AtomicPlace,
    name: Mutex<Name>,
    parent: AtomicU64,
    /// What it will run, until it is started.
    pub(super) handoff: Handoff,
}

/// Few have one, so that it is kept elsewhere as a whole.
type Name = Option<Box<Box<str>>>;

/// What is known from the start.
#[derive(Debug)]
pub(super) struct Birth {
    pub(super) number: u64,
    /// 0 for the clock.
    pub(super) parent: u64,
    pub(super) created: Place,
    pub(super) name: Option<Box<str>>,
}

const FREE: u8 = 0;
const RUNNABLE: u8 = 1;
const RUNNING: u8 = 2;
const PARKED: u8 = 3;
const STRANDED: u8 = 4;

impl Slots {
    #[inline]
    pub(super) fn get(&self, slot: u32) -> &Slot {
        let at = slot as usize + FIRST;
        let block = at.ilog2() as usize - FIRST.ilog2() as usize;
        let block_start = FIRST << block;
        let slots = self.blocks[block].get_or_init(|| {
            std::iter::repeat_with(Slot::default).take(block_start).collect::<Box<[Slot]>>()
        });
        &slots[at - block_start]
    }

    /// Hands out up to `many` free slots at once.
    pub(super) fn take(&self, many: u32, to: &mut Vec<Vacant>) {
        let mut free = lock(&self.free);
        let from = free.len().saturating_sub(many as usize);
        to.extend(free.drain(from..));
        drop(free);
        if to.is_empty() {
            to.extend(self.fresh.take(many));
        }
    }

    /// Hands out one.
    pub(super) fn take_one(&self) -> Vacant {
        let mut one = Vec::new();
        self.take(1, &mut one);
        one.pop().expect("slots never run out")
    }

    /// Takes free ones back.
    pub(super) fn give(&self, slots: impl Iterator<Item = Vacant>) {
        lock(&self.free).extend(slots);
    }

    /// All goroutines there are, in the order of creation.
    pub(super) fn infos(&self) -> Vec<GoroutineInfo> {
        self.all().into_iter().map(|(info, _)| info).collect()
    }

    /// The same, and whether each is stranded.
    pub(super) fn all(&self) -> Vec<(GoroutineInfo, bool)> {
        let one = |slot| {
            let of = self.get(slot);
            Some((of.info()?, of.life.load(Ordering::Relaxed) == STRANDED))
        };
        let mut all: Vec<_> = (0..self.fresh.count()).filter_map(one).collect();
        all.sort_by_key(|(info, _)| info.id);
        all
    }

    /// The first parked goroutine from number `from` on.
    pub(super) fn parked_from(&self, from: u32) -> Option<u32> {
        let handed_out = self.fresh.count();
        (from..handed_out).find(|&slot| self.get(slot).wait.is_parked())
    }
}

impl Slot {
    /// A goroutine begins.
    #[inline]
    pub(super) fn begin(&self, birth: Birth) {
        self.number.store(0, Ordering::Relaxed);
        fence(Ordering::Release);
        self.place.set(None);
        self.parent.store(birth.parent, Ordering::Relaxed);
        self.created.set(Some(birth.created));
        if birth.name.is_some() || self.named.load(Ordering::Relaxed) {
            self.named.store(birth.name.is_some(), Ordering::Relaxed);
            let name = birth.name.map(Box::new);
            let before = std::mem::replace(&mut *lock(&self.name), name);
            drop(before);
        }
        self.state.store(GoroutineState::Runnable as u8, Ordering::Relaxed);
        self.life.store(RUNNABLE, Ordering::Relaxed);
        self.number.store(birth.number, Ordering::Release);
    }

    /// It has ended.
    #[inline]
    pub(super) fn end(&self) {
        self.life.store(FREE, Ordering::Relaxed);
    }

    /// The number of its goroutine.
    #[inline]
    pub(super) fn number(&self) -> u64 {
        self.number.load(Ordering::Relaxed)
    }

    #[inline]
    pub(super) fn runs(&self) {
        self.life.store(RUNNING, Ordering::Relaxed);
    }

    #[inline]
    pub(super) fn yields(&self) {
        self.life.store(RUNNABLE, Ordering::Relaxed);
    }

    /// It is about to park for this operation.
    #[inline]
    pub(super) fn parks(&self, op: &Op, state: GoroutineState) {
        self.at(op);
        self.state.store(state as u8, Ordering::Relaxed);
        self.life.store(PARKED, Ordering::Relaxed);
    }

    /// It stays in that operation for ever.
    pub(super) fn strands(&self) {
        self.life.store(STRANDED, Ordering::Relaxed);
    }

    /// Its latest operation.
    #[inline]
    pub(super) fn at(&self, op: &Op) {
        self.place.set(Some(op.place));
        self.action.store(op.action() as u8, Ordering::Relaxed);
    }

    /// What its goroutine is like; nothing if it has none, or another one by now.
    pub(super) fn info(&self) -> Option<GoroutineInfo> {
        let number = self.number.load(Ordering::Acquire);
        let state = match self.life.load(Ordering::Relaxed) {
            FREE => return None,
            RUNNING => GoroutineState::Running,
            PARKED | STRANDED => {
                GoroutineState::ALL[usize::from(self.state.load(Ordering::Relaxed))]
            }
            _ => GoroutineState::Runnable,
        };
        let (main, parent) = (number == 1, self.parent.load(Ordering::Relaxed));
        let created = self.created.get().filter(|_| !main);
        let info = GoroutineInfo {
            id: GoId::new(number as u32),
            name: lock(&self.name).as_deref().map(|name| name.to_string()),
            path: path(number, parent),
            state,
            action: Action::ALL[usize::from(self.action.load(Ordering::Relaxed))],
            object: String::new(),
            place: self.place.get().or(created),
            parent: (!main).then(|| GoId::new(parent as u32)),
            created,
            stack: Vec::new(),
        };
        fence(Ordering::Acquire);
        (number != 0 && self.number.load(Ordering::Relaxed) == number).then_some(info)
    }
}

/// Where it stands below its parent, which is all that is remembered on cores.
fn path(number: u64, parent: u64) -> String {
    match (number, parent) {
        (1, _) => "main".to_owned(),
        (n, 0) => format!("clock/g{n}"),
        (n, 1) => format!("main/g{n}"),
        (n, parent) => format!("g{parent}/g{n}"),
    }
}

impl std::fmt::Debug for Slots {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Slots").field("fresh", &self.fresh).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_has_a_slot_of_its_own() {
        let slots = Slots::default();
        let addresses: std::collections::BTreeSet<usize> =
            (0..10_000).map(|slot| std::ptr::from_ref(slots.get(slot)).addr()).collect();
        assert_eq!(addresses.len(), 10_000);
    }

    // Elsewhere a mutex of std's may be larger.
    #[cfg(target_os = "linux")]
    #[test]
    fn a_goroutine_that_has_not_started_takes_no_more_than_its_slot() {
        // With its number in a queue that is twice as long as it has to be.
        let bytes = size_of::<Slot>() + 2 * size_of::<super::super::handoff::Unstarted>();
        assert!(bytes <= 200, "{bytes} bytes");
    }

    #[test]
    fn numbers_that_were_given_back_are_handed_out_first() {
        let (slots, mut mine) = (Slots::default(), Vec::new());
        slots.take(3, &mut mine);
        assert_eq!(mine.iter().map(Vacant::slot).collect::<Vec<_>>(), [2, 1, 0]);
        slots.give(mine.drain(1..2));
        let mut more = Vec::new();
        slots.take(3, &mut more);
        assert_eq!(more.iter().map(Vacant::slot).collect::<Vec<_>>(), [1]);
    }
}
