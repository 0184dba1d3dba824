//! How idle workers and those who have work for them find each other, as a program for the simulator: the
//! protocol of `src/backend/multicore/idle.rs` with the timers of `shared.rs`, step by step.
//!
//! Two workers, each with an inbox and timers. A worker that finds nothing says that it sleeps, counts itself,
//! looks once more and parks until its next timer is due; the last one to sleep looks whether anything still
//! moves, and if not, ends it all. Someone outside fills an inbox or arms a timer, and calls its worker; so does
//! a worker in the middle of its own work. The monitor fires timers of a worker that is stuck. What must hold in
//! every order: all work is done, no timer is late, nobody sleeps for ever, the end is found, and not too early.

use goseed::prelude::*;
use goseed::sync::atomic::AtomicI64;
use goseed::time::Instant;
use goseed::{Explore, Kind, Report, TimeModel};

const WORKERS: usize = 2;
/// When no timer is due.
const NEVER: i64 = i64::MAX;

#[derive(Clone)]
struct Port {
    inbox: AtomicI64,
    asleep: AtomicI64,
    /// What `unpark` leaves for `park`.
    permit: Chan<()>,
    /// When each is due, in milliseconds since the start.
    timers: Mutex<Vec<i64>>,
    due: AtomicI64,
}

#[derive(Clone)]
struct Shared {
    began: Instant,
    ports: [Port; WORKERS],
    sleepers: AtomicI64,
    wakes: AtomicI64,
    external: AtomicI64,
    done: AtomicI64,
    over: AtomicI64,
    /// How often work still makes work for the other worker.
    relays: AtomicI64,
    rearms: AtomicI64,
    load: Load,
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
    /// Whoever arms a timer from outside does not call the worker.
    ArmsOnly,
    /// Whoever looks whether all sleep does not care whether one was woken meanwhile.
    LooksOnce,
    /// The monitor takes a timer out before it says that something is under way.
    MonitorIsQuiet,
    /// A worker that somebody else has called does not count that.
    CallersCount,
    /// Whoever looks whether all sleep does not ask each once more in the end.
    AsksOnce,
}

/// What is to be done: some work for each of these from outside, and more that work makes.
#[derive(Clone, Copy, Debug)]
struct Load {
    whom: &'static [usize],
    relays: i64,
    /// With whom, and when it is due: it makes work for the other one.
    timers: &'static [(usize, i64)],
    /// So many milliseconds the first worker is in its first work without a point, and the monitor watches.
    stuck: i64,
    /// How often somebody outside calls workers for nothing.
    nudges: i64,
    /// How often a timer only arms another one with the same worker.
    rearms: i64,
}

impl Load {
    const NOTHING: Self =
        Self { whom: &[], relays: 0, timers: &[], stuck: 0, nudges: 0, rearms: 0 };

    fn work(self) -> i64 {
        (self.whom.len() + self.timers.len()) as i64 + self.relays
    }
}

impl Shared {
    fn new(load: Load, how: How) -> Self {
        let zero = || AtomicI64::new(0);
        let ports = [(); WORKERS].map(|()| Port {
            inbox: zero(),
            asleep: zero(),
            permit: chan(1),
            timers: Mutex::new(Vec::new()),
            due: AtomicI64::new(NEVER),
        });
        let (sleepers, wakes, external) = (zero(), zero(), AtomicI64::new(1));
        let (done, over, began) = (zero(), zero(), time::now());
        let (relays, rearms) = (AtomicI64::new(load.relays), AtomicI64::new(load.rearms));
        Self { began, ports, sleepers, wakes, external, done, over, relays, rearms, load, how }
    }

    fn now(&self) -> i64 {
        time::since(self.began).as_millis() as i64
    }

    fn worker(&self, at: usize) {
        let port = &self.ports[at];
        let mut stuck = if at == 0 { self.load.stuck } else { 0 };
        while self.over.load() == 0 {
            self.fire_timers(at);
            if port.inbox.load() > 0 {
                port.inbox.add(-1);
                time::sleep(Duration::from_millis(std::mem::take(&mut stuck) as u64));
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

    // ---- sleeping, and being called

    fn has_work(&self, port: &Port) -> bool {
        port.inbox.load() > 0 || self.over.load() == 1 || port.due.load() <= self.now()
    }

    fn sleep(&self, port: &Port) {
        port.asleep.swap(1);
        let sleepers = self.sleepers.add(1);
        if !self.has_work(port) {
            if sleepers >= WORKERS as i64 {
                self.all_asleep();
            }
            if port.asleep.load() == 1 {
                self.park(port);
            }
        }
        if !self.wake(port) && self.how != How::CallersCount {
            self.wakes.add(1);
        }
    }

    fn park(&self, port: &Port) {
        let due = port.due.load();
        if due == NEVER {
            port.permit.recv();
            return;
        }
        let left = Duration::from_millis((due - self.now()).max(0) as u64);
        let enough = time::after(left);
        select! {
            recv(port.permit) -> _ => {}
            recv(enough) -> _ => {}
        }
    }

    fn wake(&self, port: &Port) -> bool {
        let slept = port.asleep.swap(0) == 1;
        if slept {
            self.sleepers.add(-1);
            self.wakes.add(1);
        }
        slept
    }

    fn call(&self, port: &Port) -> bool {
        let slept = port.asleep.load() == 1 && self.wake(port);
        if slept {
            // A second permit would be the same as the first.
            let _ = port.permit.sender().try_send(());
        }
        slept
    }

    fn deliver(&self, at: usize) {
        let port = &self.ports[at];
        port.inbox.add(1);
        self.call(port);
    }

    fn all_asleep(&self) {
        let wakes = self.wakes.load();
        let all = || self.ports.iter().all(|port| port.asleep.load() == 1);
        let asleep = match self.how {
            How::CountsOnly => self.sleepers.load() == WORKERS as i64,
            _ => all(),
        };
        let timers = self.ports.iter().any(|port| !port.timers.lock().is_empty());
        let queued = self.ports.iter().any(|port| port.inbox.load() > 0);
        let moving = timers || queued || self.external.load() > 0;
        let still = matches!(self.how, How::CountsOnly | How::AsksOnce) || all();
        let woken = self.how != How::LooksOnce && self.wakes.load() != wakes;
        if !asleep || moving || !still || woken {
            return;
        }
        assert_eq!(self.done.load(), self.load.work(), "it ends while there is work");
        self.over.store(1);
        for port in &self.ports {
            self.call(port);
        }
    }

    // ---- timers

    fn arm(&self, at: usize, due: i64) {
        let port = &self.ports[at];
        let mut timers = port.timers.lock();
        timers.push(due);
        note_due(port, &timers);
    }

    /// Takes one out that is due.
    fn pop_due(&self, port: &Port) -> bool {
        let now = self.now();
        let mut timers = port.timers.lock();
        let Some(at) = timers.iter().position(|due| *due <= now) else { return false };
        let late = now - timers.swap_remove(at);
        let allowed = if self.load.stuck > 0 { 2 * PERIOD } else { 0 };
        assert!(late <= allowed || self.load.nudges > 0, "{late} ms late");
        note_due(port, &timers);
        true
    }

    fn fire_timers(&self, at: usize) {
        let port = &self.ports[at];
        while port.due.load() <= self.now() && self.pop_due(port) {
            if self.rearms.load() > 0 {
                self.rearms.add(-1);
                self.arm(at, self.now() + PERIOD);
            } else {
                self.deliver(1 - at);
            }
        }
    }

    // ---- outside of all workers

    fn outside_ends(&self) {
        self.external.add(-1);
        if self.how != How::OutsideLeaves && self.sleepers.load() >= WORKERS as i64 {
            let _ = self.ports.iter().any(|port| self.call(port));
        }
    }

    /// Somebody outside has work for some workers, and then no more.
    fn outside(&self) {
        for &(at, due) in self.load.timers {
            self.arm(at, due);
            if self.how != How::ArmsOnly {
                self.call(&self.ports[at]);
            }
        }
        self.load.whom.iter().for_each(|&at| self.deliver(at));
        self.outside_ends();
    }

    /// Calls workers for what may be there for anybody.
    fn nudge(&self) {
        for _ in 0..self.load.nudges {
            let _ = self.ports.iter().any(|port| self.call(port));
        }
    }

    /// Does what is overdue with the worker that is stuck.
    fn monitor(&self) {
        for _ in 0..self.load.stuck / PERIOD {
            time::sleep(Duration::from_millis(PERIOD as u64));
            let quiet = self.how == How::MonitorIsQuiet;
            if !quiet {
                self.external.add(1);
            }
            while self.pop_due(&self.ports[0]) {
                if quiet {
                    self.external.add(1);
                }
                self.deliver(1);
                if quiet {
                    self.outside_ends();
                }
            }
            if !quiet {
                self.outside_ends();
            }
        }
    }
}

/// How often the monitor looks, in milliseconds.
const PERIOD: i64 = 10;

fn note_due(port: &Port, timers: &[i64]) {
    port.due.store(timers.iter().copied().min().unwrap_or(NEVER));
}

fn explored(strategy: &str, schedules: u64, load: Load, how: How) -> Report {
    explored_in(TimeModel::Idle, strategy, schedules, load, how)
}

fn explored_in(time: TimeModel, strategy: &str, schedules: u64, load: Load, how: How) -> Report {
    let explore = Explore::new().strategy(strategy).schedules(schedules).time(time).keep_going();
    explore.run(move || {
        let (shared, wg) = (Shared::new(load, how), WaitGroup::new());
        for at in 0..WORKERS {
            let shared = shared.clone();
            wg.go(move || shared.worker(at));
        }
        if load.stuck > 0 {
            let shared = shared.clone();
            wg.go(move || shared.monitor());
        }
        if load.nudges > 0 {
            let shared = shared.clone();
            wg.go(move || shared.nudge());
        }
        shared.outside();
        wg.wait();
        assert_eq!(shared.done.load(), load.work());
    })
}

#[test]
fn idle_workers_are_found_and_the_end_is_found() {
    let loads =
        [(&[][..], 0), (&[0], 0), (&[0, 1], 0), (&[1, 1], 0), (&[0], 1), (&[0], 3), (&[0, 1], 2)];
    for (whom, relays) in loads {
        let load = Load { whom, relays, ..Load::NOTHING };
        for strategy in ["random", "pct:3"] {
            let report = explored(strategy, 10_000, load, How::AsItIs);
            assert!(!report.failed(), "{load:?}: {report}");
            assert!(report.distinct > 100 || whom.is_empty(), "{load:?}: {report}");
        }
    }
}

#[test]
fn no_timer_is_lost_or_late() {
    let loads = [
        Load { timers: &[(0, 5)], ..Load::NOTHING },
        Load { whom: &[0], timers: &[(0, 20), (0, 5)], ..Load::NOTHING },
        Load { timers: &[(0, 5), (1, 5)], ..Load::NOTHING },
        Load { whom: &[1, 0], timers: &[(1, 3)], ..Load::NOTHING },
    ];
    for load in loads.into_iter().flat_map(|load| [load, Load { stuck: 2 * PERIOD, ..load }]) {
        for strategy in ["random", "pct:3"] {
            let report = explored(strategy, 3_000, load, How::AsItIs);
            assert!(!report.failed(), "{load:?}: {report}");
        }
    }
}

#[test]
fn without_a_second_look_from_outside_all_may_sleep_for_ever() {
    let load = Load { whom: &[0], ..Load::NOTHING };
    let report = explored("pct:3", 20_000, load, How::OutsideLeaves);
    assert!(report.found(Kind::Deadlock).is_some(), "{report}");
}

#[test]
fn who_only_counts_finds_the_end_too_early() {
    let load = Load { whom: &[0], relays: 3, ..Load::NOTHING };
    let report = explored("pct:3", 100_000, load, How::CountsOnly);
    ends_too_early(&report);
}

#[test]
fn who_only_arms_has_its_timer_late() {
    let load = Load { timers: &[(0, 5)], ..Load::NOTHING };
    let report = explored("random", 3_000, load, How::ArmsOnly);
    assert!(report.found(Kind::Deadlock).is_some(), "{report}");
    let load = Load { timers: &[(0, 20), (0, 5)], ..Load::NOTHING };
    let report = explored("random", 3_000, load, How::ArmsOnly);
    let late = report.found(Kind::Panic).unwrap_or_else(|| panic!("{report}"));
    assert!(late.finding.text.contains("15 ms late"), "{report}");
}

#[test]
fn who_looks_once_finds_the_end_too_early() {
    let load = Load { timers: &[(0, 5)], ..Load::NOTHING };
    ends_too_early(&explored_in(TimeModel::Racing, "pct:3", 100_000, load, How::LooksOnce));
}

#[test]
fn a_timer_that_fires_while_others_look_is_no_end() {
    let load = Load { timers: &[(0, 5)], nudges: 2, rearms: 1, ..Load::NOTHING };
    for strategy in ["random", "pct:3", "pct:4"] {
        let report = explored_in(TimeModel::Racing, strategy, 100_000, load, How::AsItIs);
        assert!(report.found(Kind::Panic).is_none(), "{report}");
        assert!(report.found(Kind::Deadlock).is_none(), "{report}");
    }
}

#[test]
fn who_asks_once_takes_one_for_asleep_whose_caller_has_not_counted() {
    let load = Load { timers: &[(0, 5)], nudges: 2, ..Load::NOTHING };
    ends_too_early(&explored_in(TimeModel::Racing, "pct:3", 100_000, load, How::AsksOnce));
}

#[test]
fn who_was_called_and_does_not_count_it_is_taken_for_asleep() {
    let load = Load { timers: &[(0, 5)], nudges: 1, rearms: 1, ..Load::NOTHING };
    ends_too_early(&explored_in(TimeModel::Racing, "pct:6", 50_000, load, How::CallersCount));
}

/// Somebody has found the end while there was work.
fn ends_too_early(report: &Report) {
    let early = |found: &goseed::Found| found.finding.text.contains("it ends while there is work");
    assert!(report.findings.iter().any(early), "{report}");
}

#[test]
fn a_monitor_that_says_nothing_lets_the_end_be_found_too_early() {
    let load = Load { whom: &[0], timers: &[(0, 3)], stuck: 10, ..Load::NOTHING };
    ends_too_early(&explored("pct:3", 100_000, load, How::MonitorIsQuiet));
}
