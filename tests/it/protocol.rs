//! How idle workers and those who have work for them find each other, as a program for the simulator: the
//! protocol of `src/backend/multicore/shared.rs`, step by step, in all orders.
//!
//! Two workers, each with an inbox. A worker that finds nothing says that it sleeps, counts itself, looks
//! once more and parks; the last one to sleep looks whether anything still moves, and if not, ends it all.
//! Someone outside fills an inbox, and wakes its worker; so does a worker in the middle of its own work. What
//! must hold in every order: all work is done, nobody sleeps for ever, the end is found, and not too early.

use goseed::prelude::*;
use goseed::sync::atomic::AtomicI64;
use goseed::{Explore, Kind, Report};

const WORKERS: usize = 2;

#[derive(Clone)]
struct Port {
    inbox: AtomicI64,
    sleeping: AtomicI64,
    /// What `unpark` leaves for `park`.
    permit: Chan<()>,
}

#[derive(Clone)]
struct Shared {
    ports: [Port; WORKERS],
    idle: AtomicI64,
    wakes: AtomicI64,
    external: AtomicI64,
    done: AtomicI64,
    over: AtomicI64,
    /// How often work still makes work for the other worker.
    relays: AtomicI64,
    /// How much there is in all.
    work: i64,
    how: How,
}

/// How much of the protocol is kept.
#[derive(Clone, Copy, PartialEq, Eq)]
enum How {
    AsItIs,
    /// Work outside does not look whether all sleep when it has ended.
    OutsideLeaves,
    /// Whoever looks whether all sleep counts them, and does not ask each.
    CountsOnly,
}

/// What is to be done: some work for each of these from outside, and more that work makes.
#[derive(Clone, Copy, Debug)]
struct Load {
    whom: &'static [usize],
    relays: i64,
}

impl Shared {
    fn new(load: Load, how: How) -> Self {
        let zero = || AtomicI64::new(0);
        let port = |()| Port { inbox: zero(), sleeping: zero(), permit: chan(1) };
        let (idle, wakes, external) = (zero(), zero(), AtomicI64::new(1));
        let ports = [(); WORKERS].map(port);
        let (work, relays) = (load.whom.len() as i64 + load.relays, AtomicI64::new(load.relays));
        Self { ports, idle, wakes, external, done: zero(), over: zero(), relays, work, how }
    }

    fn worker(&self, at: usize) {
        let port = &self.ports[at];
        while self.over.load() == 0 {
            if port.inbox.load() > 0 {
                port.inbox.add(-1);
                if self.relays.load() > 0 {
                    self.relays.add(-1);
                    self.deliver(1 - at);
                }
                self.done.add(1);
            } else {
                self.sleep(port);
            }
        }
    }

    fn sleep(&self, port: &Port) {
        port.sleeping.store(1);
        let idle = self.idle.add(1);
        if port.inbox.load() > 0 || self.over.load() == 1 {
            self.unsleep(port);
            return;
        }
        if idle >= WORKERS as i64 {
            self.all_asleep();
        }
        if port.sleeping.load() == 1 {
            port.permit.recv();
        }
        self.unsleep(port);
    }

    fn unsleep(&self, port: &Port) -> bool {
        let slept = port.sleeping.swap(0) == 1;
        if slept {
            self.idle.add(-1);
            self.wakes.add(1);
        }
        slept
    }

    fn rouse(&self, port: &Port) -> bool {
        let slept = port.sleeping.load() == 1 && self.unsleep(port);
        if slept {
            // A second permit would be the same as the first.
            let _ = port.permit.sender().try_send(());
        }
        slept
    }

    fn all_asleep(&self) {
        let wakes = self.wakes.load();
        let asleep = match self.how {
            How::CountsOnly => self.idle.load() == WORKERS as i64,
            _ => self.ports.iter().all(|port| port.sleeping.load() == 1),
        };
        let queued = self.ports.iter().any(|port| port.inbox.load() > 0);
        let moving = queued || self.external.load() > 0;
        if !asleep || moving || self.wakes.load() != wakes {
            return;
        }
        assert_eq!(self.done.load(), self.work, "it ends while there is work");
        self.over.store(1);
        for port in &self.ports {
            self.rouse(port);
        }
    }

    fn deliver(&self, at: usize) {
        let port = &self.ports[at];
        port.inbox.add(1);
        self.rouse(port);
    }

    /// Somebody outside has work for some workers, and then no more.
    fn outside(&self, whom: &[usize]) {
        whom.iter().for_each(|&at| self.deliver(at));
        self.external.add(-1);
        if self.how != How::OutsideLeaves && self.idle.load() >= WORKERS as i64 {
            let _ = self.ports.iter().any(|port| self.rouse(port));
        }
    }
}

fn explored(strategy: &str, schedules: u64, load: Load, how: How) -> Report {
    let explore = Explore::new().strategy(strategy).schedules(schedules);
    explore.run(move || {
        let (shared, wg) = (Shared::new(load, how), WaitGroup::new());
        for at in 0..WORKERS {
            let shared = shared.clone();
            wg.go(move || shared.worker(at));
        }
        shared.outside(load.whom);
        wg.wait();
        assert_eq!(shared.done.load(), shared.work);
    })
}

#[test]
fn idle_workers_are_found_and_the_end_is_found() {
    let loads =
        [(&[][..], 0), (&[0], 0), (&[0, 1], 0), (&[1, 1], 0), (&[0], 1), (&[0], 3), (&[0, 1], 2)];
    for (whom, relays) in loads {
        let load = Load { whom, relays };
        for strategy in ["random", "pct:3"] {
            let report = explored(strategy, 3_000, load, How::AsItIs);
            assert!(!report.failed(), "{load:?}: {report}");
            assert!(report.distinct > 100 || whom.is_empty(), "{load:?}: {report}");
        }
    }
}

#[test]
fn without_a_second_look_from_outside_all_may_sleep_for_ever() {
    let load = Load { whom: &[0], relays: 0 };
    let report = explored("pct:3", 20_000, load, How::OutsideLeaves);
    assert!(report.found(Kind::Deadlock).is_some(), "{report}");
}

#[test]
fn who_only_counts_finds_the_end_too_early() {
    let load = Load { whom: &[0], relays: 3 };
    let report = explored("pct:3", 100_000, load, How::CountsOnly);
    assert!(report.found(Kind::Panic).is_some(), "{report}");
}
