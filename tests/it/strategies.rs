//! What strategies promise, on programs; and strategies of one's own.

use std::collections::BTreeMap;

use goseed::prelude::*;
use goseed::sync::atomic::{AtomicBool, AtomicI64};
use goseed::{
    Dice, Explore, Factory, GoId, Kind, Op, Pilot, Point, Report, Search, Strategy, print,
};

fn explored(strategy: &str, schedules: u64, main: impl Fn() + Send + Sync + 'static) -> Report {
    let explore = Explore::new().strategy(strategy).races(false).schedules(schedules);
    explore.allow(Kind::Leak).keep_going().run(main)
}

fn outputs(report: &Report) -> BTreeMap<&str, u64> {
    report.outcomes.iter().map(|(outcome, seen)| (outcome.stdout.as_str(), seen.count)).collect()
}

/// Three that begin to print their numbers, so many times, when all are there.
fn three(times: usize) {
    let (all_are_there, wg) = (chan::<()>(0), WaitGroup::new());
    for n in 0..3 {
        let gate = all_are_there.clone();
        wg.go(move || {
            gate.recv();
            (0..times).for_each(|_| print!("{n}"));
        });
    }
    time::sleep(Duration::from_millis(1));
    all_are_there.close();
    wg.wait();
}

/// Two take turns in saying that they have come, each looking whether the other one had: `depth` looks in a
/// row that find it are `depth` ordering constraints.
fn chain(depth: usize) {
    let flags: Vec<AtomicBool> = (0..=depth).map(|_| AtomicBool::new(false)).collect();
    let seen = AtomicI64::new(0);
    let wg = WaitGroup::new();
    for turn in 0..2 {
        let (flags, seen) = (flags.clone(), seen.clone());
        wg.go(move || {
            for n in (turn..=depth).step_by(2) {
                if n > 0 && flags[n - 1].load() {
                    seen.add(1);
                }
                flags[n].store(true);
            }
        });
    }
    wg.wait();
    print!("{}", seen.load());
}

#[test]
fn pct_finds_chains_of_its_depth_as_often_as_it_promises() {
    for depth in 1..=4_u32 {
        let report = explored(&format!("pct:{depth}"), 40_000, move || chain(depth as usize));
        let found = outputs(&report).get(depth.to_string().as_str()).copied().unwrap_or(0);
        // Three goroutines and fewer than 32 points. Five of each eight schedules take the number of points for
        // what it is; the bound is on those, and claimed by half where goroutines are started.
        let bound = 1.0 / (3.0 * 32_f64.powi(depth as i32 - 1)) / 2.0;
        let expected = 25_000.0 * bound;
        // Five standard deviations below: by chance alone in fewer than one of a million runs.
        assert!(found as f64 >= expected - 5.0 * expected.sqrt(), "depth {depth}: {found}");
    }
}

#[test]
fn pct_puts_goroutines_in_every_order_alike() {
    let report = explored("pct:1", 24_000, || three(1));
    let counts = outputs(&report);
    // Binomial(24,000, 1/6): standard deviation 58; 300 is over 5 of them.
    assert_eq!(counts.len(), 6);
    assert!(counts.values().all(|count| count.abs_diff(4_000) < 300), "{counts:?}");
}

#[test]
fn pct_starves_nobody_for_ever() {
    // It is no loop that waits: each round changes something.
    let report = explored("pct:3", 400, || {
        let (ready, rounds) = (AtomicBool::new(false), AtomicI64::new(0));
        go!(ready => { ready.store(true) });
        while !ready.load() {
            rounds.add(1);
        }
    });
    assert!(report.findings.is_empty() && report.steps < 400_000, "{report}");
}

#[test]
fn round_robin_takes_turns_in_the_order_of_creation() {
    let report = explored("round-robin", 1, || three(2));
    assert_eq!(outputs(&report).into_keys().collect::<Vec<_>>(), ["012012"]);
}

// ---- of one's own

/// Whoever was made last goes first, but for one draw in eight.
struct Newest;

struct Newer(Dice);

impl Factory for Newest {
    fn name(&self) -> String {
        "newest".to_owned()
    }

    fn make(&self, seed: u64, index: u64, _pilot: Pilot) -> Box<dyn Strategy> {
        Box::new(Newer(Dice::of(seed, index)))
    }
}

impl Strategy for Newer {
    fn choose(&mut self, point: &Point<'_>) -> GoId {
        let at = self.0.below(point.enabled.len() as u32);
        let newest = *point.enabled.iter().max().expect("there are two at least");
        if self.0.below(8) == 0 { point.enabled[at as usize] } else { newest }
    }
}

/// All ways to take the first eight choices; after those whoever is first goes on.
#[derive(Default)]
struct First {
    taken: Vec<(u32, u32)>,
    at: usize,
}

impl Search for First {
    fn begin(&mut self) {
        self.at = 0;
    }

    fn choose(&mut self, point: &Point<'_>) -> Option<GoId> {
        let nth = self.pick(point.enabled[0], point.enabled.len() as u32);
        point.enabled.get(nth as usize).copied()
    }

    fn pick(&mut self, _go: GoId, count: u32) -> u32 {
        if count < 2 || self.at == 8 {
            return 0;
        }
        if self.at == self.taken.len() {
            self.taken.push((0, count));
        }
        self.at += 1;
        self.taken[self.at - 1].0
    }

    fn end(&mut self, _blocked: &[(GoId, Op)]) -> bool {
        while let Some((taken, count)) = self.taken.pop() {
            if taken + 1 < count {
                self.taken.push((taken + 1, count));
                return true;
            }
        }
        false
    }
}

fn two_letters() {
    let wg = WaitGroup::new();
    for letter in ["a", "b"] {
        wg.go(move || print!("{letter}"));
    }
    wg.wait();
}

#[test]
fn a_strategy_of_ones_own_finds_and_its_tokens_replay() {
    let explore = Explore::new().strategy(Newest).schedules(200).keep_going();
    let report = explore.run(two_letters);
    assert_eq!(outputs(&report).into_keys().collect::<Vec<_>>(), ["ab", "ba"]);
    assert_eq!(report.to_string(), explore.run(two_letters).to_string());
    for (outcome, seen) in &report.outcomes {
        let run = goseed::replay(&seen.schedule.token(), two_letters);
        assert_eq!(run.stdout, outcome.stdout);
    }
}

#[test]
fn a_search_of_ones_own_is_run_to_its_end() {
    let mine = ("first", || Box::new(First::default()) as Box<dyn Search>);
    let report = Explore::new().strategy(mine).keep_going().run(two_letters);
    assert!(report.complete, "{report}");
    assert_eq!(outputs(&report).into_keys().collect::<Vec<_>>(), ["ab", "ba"]);
}
