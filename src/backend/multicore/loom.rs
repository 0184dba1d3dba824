//! What workers agree by, in all orders that a processor may show memory in: the code itself, built on loom's
//! atomics.
//!
//! Run by `.ci/loom`.

use std::collections::BTreeSet;
use std::sync::Arc;

use loom::cell::UnsafeCell;
use loom::sync::Mutex;
use loom::thread::{self, JoinHandle};

use super::handoff::Vacant;
use super::idle::{Idle, Sleeper};
use super::inbox::Inbox;
use super::slots::{Birth, Slots};
use super::sync::{AtomicU32, Ordering};
use super::wait::{KILLED, Woken};
use crate::backend::Body;
use crate::event::Place;

/// In all orders, with at most so many forced switches in each.
fn in_all_orders(preemptions: impl Into<Option<usize>>, model: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = preemptions.into();
    builder.check(model);
}

/// What is written without an atomic, and must be seen by whoever it was written for.
#[derive(Default)]
struct Notes([UnsafeCell<u32>; 3]);

// SAFETY: loom complains when two accesses are not ordered.
#[expect(unsafe_code, reason = "a cell under test")]
unsafe impl Sync for Notes {}

impl Notes {
    fn write(&self, at: u32, what: u32) {
        self.0[at as usize].with_mut(|cell| {
            // SAFETY: loom has seen that nobody else is here.
            #[expect(unsafe_code, reason = "a cell under test")]
            let cell = unsafe { &mut *cell };
            *cell = what;
        });
    }

    fn read(&self, at: u32) -> u32 {
        // SAFETY: loom has seen that nobody writes.
        #[expect(unsafe_code, reason = "a cell under test")]
        self.0[at as usize].with(|cell| unsafe { *cell })
    }
}

/// A goroutine in slot 0, as far as waking goes.
#[derive(Default)]
struct Woken0 {
    slots: Slots,
    inbox: Inbox,
    notes: Notes,
}

impl Woken0 {
    /// Wakes it, after a note.
    fn wake(&self, ticket: u32, case: u32) -> bool {
        self.notes.write(case, 10 + case);
        let woken = self.slots.get(0).wait.wake(ticket, case);
        if woken == Woken::Parked {
            self.inbox.push(&self.slots, 0);
        }
        woken != Woken::No
    }

    /// Parks until it is woken; the case.
    fn park(&self) -> u32 {
        let wait = &self.slots.get(0).wait;
        wait.park().unwrap_or_else(|| {
            let mut came = 0;
            while came == 0 {
                thread::yield_now();
                self.inbox.drain(&self.slots, |slot| came += 1 + slot);
            }
            assert_eq!(came, 1, "it comes once");
            wait.take()
        })
    }
}

fn spawned<T: 'static>(of: &Arc<T>, what: impl FnOnce(&T) -> bool + 'static) -> JoinHandle<bool> {
    let of = Arc::clone(of);
    thread::spawn(move || what(&of))
}

#[test]
fn of_two_wakers_one_wins_and_what_it_wrote_is_seen() {
    in_all_orders(None, || {
        let all = Arc::new(Woken0::default());
        let ticket = all.slots.get(0).wait.arm();
        let wakers = [1, 2].map(|case| spawned(&all, move |all| all.wake(ticket, case)));
        let case = all.park();
        assert_eq!(all.notes.read(case), 10 + case);
        let won = wakers.map(|waker| waker.join().expect("it wakes"));
        assert_eq!(won, [case == 1, case == 2]);
        all.inbox.drain(&all.slots, |_| panic!("nobody else comes"));
    });
}

#[test]
fn an_old_ticket_wakes_nobody_who_waits_again() {
    in_all_orders(3, || {
        let all = Arc::new(Woken0::default());
        let wait = &all.slots.get(0).wait;
        let old = wait.arm();
        let late = spawned(&all, move |all| all.wake(old, 1));
        let first = wait.retract();
        let new = wait.arm();
        let second = spawned(&all, move |all| all.wake(new, 2));
        assert_eq!(all.park(), 2);
        assert_eq!(all.notes.read(2), 12);
        assert_eq!(late.join().expect("it comes late"), first == Some(1));
        assert!(second.join().expect("it wakes"));
    });
}

#[test]
fn an_interrupt_and_a_wake_are_one_wake() {
    in_all_orders(None, || {
        let all = Arc::new(Woken0::default());
        let ticket = all.slots.get(0).wait.arm();
        let waker = spawned(&all, move |all| all.wake(ticket, 1));
        let killer = spawned(&all, |all| {
            let killed = all.slots.get(0).wait.interrupt(KILLED);
            if killed {
                all.inbox.push(&all.slots, 0);
            }
            killed
        });
        let case = all.park();
        assert!(case == 1 || case == KILLED);
        assert_eq!(waker.join().expect("it wakes"), case == 1);
        assert_eq!(killer.join().expect("it interrupts"), case == KILLED);
    });
}

#[test]
fn all_that_is_pushed_arrives_once_in_its_pushers_order() {
    in_all_orders(3, || {
        let all = Arc::new(Woken0::default());
        let pushers = [[0, 1], [2, 3]].map(|mine| {
            spawned(&all, move |all| {
                all.notes.write(mine[0] / 2, 7);
                mine.iter().for_each(|&slot| all.inbox.push(&all.slots, slot));
                true
            })
        });
        let mut seen = Vec::new();
        while seen.len() < 4 {
            all.inbox.drain(&all.slots, |slot| seen.push(slot));
            thread::yield_now();
        }
        assert!([0, 1].iter().all(|&by| all.notes.read(by) == 7));
        for mine in [[0, 1], [2, 3]] {
            let order: Vec<u32> = seen.iter().copied().filter(|slot| mine.contains(slot)).collect();
            assert_eq!(order, mine, "{seen:?}");
        }
        assert!(pushers.map(|pusher| pusher.join().expect("it pushes")).iter().all(|&done| done));
    });
}

#[test]
fn a_slot_is_handed_out_once() {
    in_all_orders(3, || {
        let slots = Arc::new(Slots::default());
        let takers = [(); 2].map(|()| {
            let slots = Arc::clone(&slots);
            thread::spawn(move || {
                let mut mine = vec![slots.take_one(), slots.take_one()];
                slots.give(mine.drain(..1));
                mine.push(slots.take_one());
                mine
            })
        });
        let mine: Vec<Vacant> =
            takers.into_iter().flat_map(|taker| taker.join().expect("it takes")).collect();
        let numbers: BTreeSet<u32> = mine.iter().map(Vacant::slot).collect();
        assert_eq!(numbers.len(), 4, "{mine:?}");
    });
}

#[test]
fn a_closure_is_handed_over_with_what_was_written_before() {
    in_all_orders(None, || {
        let all = Arc::new(Woken0::default());
        let queue = Arc::new(Mutex::new(Vec::new()));
        let to = Arc::clone(&queue);
        let maker = spawned(&all, move |all| {
            all.notes.write(1, 7);
            let unstarted = all.slots.take_one().put(&all.slots, Body::new(|| ()));
            to.lock().expect("nobody panics").push(unstarted);
            true
        });
        let unstarted = loop {
            if let Some(unstarted) = queue.lock().expect("nobody panics").pop() {
                break unstarted;
            }
            thread::yield_now();
        };
        let (started, body) = unstarted.take(&all.slots);
        body.call();
        assert_eq!((started.vacate().slot(), all.notes.read(1)), (0, 7));
        assert!(maker.join().expect("it makes one"));
    });
}

#[test]
fn who_reads_a_slot_while_it_changes_hands_reads_one_goroutine_or_none() {
    in_all_orders(3, || {
        let slots = Arc::new(Slots::default());
        let (first, second) = (Place::here(), Place::here());
        let birth = |number, created| Birth { number, parent: number + 1, created, name: None };
        slots.get(0).begin(birth(7, first));
        let next = Arc::clone(&slots);
        let changes = thread::spawn(move || {
            next.get(0).end();
            next.get(0).begin(birth(9, second));
        });
        if let Some(info) = slots.get(0).info() {
            let created = if info.id.number() == 7 { first } else { second };
            let parent = info.parent.map(|parent| parent.number());
            assert_eq!(parent, Some(info.id.number() + 1));
            assert_eq!(info.created, Some(created));
        }
        changes.join().expect("it begins");
    });
}

/// Workers who pass on what they have done, and do more when their timer is due.
struct Crew {
    idle: Idle,
    sleepers: [Sleeper; 2],
    inboxes: [AtomicU32; 2],
    /// Timers of the first worker, which are due whenever it looks again.
    timers: AtomicU32,
    done: AtomicU32,
    over: AtomicU32,
    work: u32,
}

impl Crew {
    fn new(passes: u32, timers: u32) -> Self {
        let (idle, sleepers, inboxes, done, over) = Default::default();
        let timers = AtomicU32::new(timers);
        Self { idle, sleepers, inboxes, timers, done, over, work: passes }
    }

    fn deliver(&self, at: usize) {
        self.inboxes[at].fetch_add(1, Ordering::Release);
        self.idle.call(&self.sleepers[at]);
    }

    fn worker(&self, at: usize) -> bool {
        self.sleepers[at].is_here();
        let (inbox, sleeper) = (&self.inboxes[at], &self.sleepers[at]);
        let over = || self.over.load(Ordering::SeqCst) == 1;
        while !over() {
            if inbox.load(Ordering::Acquire) > 0 {
                inbox.fetch_sub(1, Ordering::AcqRel);
                if self.done.fetch_add(1, Ordering::SeqCst) + 1 < self.work {
                    self.deliver(1 - at);
                }
                continue;
            }
            let has_work = || inbox.load(Ordering::Acquire) > 0 || over();
            self.idle.sleep(sleeper, has_work, |asleep| self.asleep(asleep), || self.park(at));
            if at == 0 && self.timers.load(Ordering::Acquire) > 0 {
                self.timers.fetch_sub(1, Ordering::AcqRel);
                self.deliver(1);
            }
        }
        true
    }

    /// With a timer it has had enough at once.
    fn park(&self, at: usize) {
        if at == 1 || self.timers.load(Ordering::Acquire) == 0 {
            thread::park();
        }
    }

    fn asleep(&self, workers: usize) {
        let queued = || self.inboxes.iter().any(|inbox| inbox.load(Ordering::Acquire) > 0);
        let moves = || self.timers.load(Ordering::Acquire) > 0 || queued();
        if workers >= 2 && self.idle.nothing_moves(self.sleepers.iter(), moves) {
            assert!(self.done.load(Ordering::SeqCst) >= self.work, "it ends while there is work");
            assert_eq!(self.timers.load(Ordering::SeqCst), 0, "it ends before a timer");
            self.over.store(1, Ordering::SeqCst);
            self.idle.call_all(self.sleepers.iter());
        }
    }

    fn outside_ends(&self) {
        if self.idle.outside_ends() >= 2 {
            self.idle.call_any(self.sleepers.iter());
        }
    }
}

#[test]
fn no_call_is_lost_and_the_end_is_found_once_all_is_done() {
    for passes in 1..=3 {
        in_all_orders(2, move || {
            let crew = Arc::new(Crew::new(passes, 0));
            crew.idle.outside_begins();
            let workers = [0, 1].map(|at| spawned(&crew, move |crew| crew.worker(at)));
            crew.deliver(0);
            crew.outside_ends();
            assert!(
                workers.map(|worker| worker.join().expect("it works")).iter().all(|&done| done)
            );
            assert_eq!(crew.done.load(Ordering::SeqCst), passes);
        });
    }
}

#[test]
fn a_timer_that_fires_while_others_look_is_no_end() {
    in_all_orders(2, || {
        let crew = Arc::new(Crew::new(1, 1));
        let workers = [0, 1].map(|at| spawned(&crew, move |crew| crew.worker(at)));
        // A call for nothing, as the monitor's.
        crew.idle.call_any(crew.sleepers.iter());
        assert!(workers.map(|worker| worker.join().expect("it works")).iter().all(|&done| done));
        assert_eq!(crew.done.load(Ordering::SeqCst), 1);
    });
}

#[test]
fn what_anybody_can_do_is_done_by_somebody() {
    in_all_orders(3, || {
        let crew = Arc::new(Crew::new(1, 0));
        let worker = spawned(&crew, |crew| {
            crew.sleepers[0].is_here();
            let is_there = || crew.inboxes[0].load(Ordering::Acquire) > 0;
            while !crew.idle.search(is_there) {
                crew.idle.sleep(&crew.sleepers[0], is_there, |_| (), thread::park);
            }
            true
        });
        crew.inboxes[0].fetch_add(1, Ordering::Release);
        if crew.idle.wants_a_call() {
            crew.idle.call_any(crew.sleepers.iter());
        }
        assert!(worker.join().expect("it finds it"));
    });
}
