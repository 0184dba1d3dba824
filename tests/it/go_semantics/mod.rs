//! What Go's own tests say, a law for each number of the catalogue, in the simulator and on cores.
//!
//! The first line of a law's documentation is its row in the book: `/// Go 17: what holds [Go's test].`
//! What Rust makes impossible is listed in the documentation of its module:
//! `//! Go 23: not applicable: the rule, and what comes nearest.`
#![expect(clippy::doc_markdown, reason = "Go's names stand in brackets, as in the book")]

mod chan;
mod context;
mod goroutines;
mod leaks;
mod mutex;
mod scheduling;
mod select;
mod sync;
mod synctest;
mod table;
mod texts;
mod time;

use std::collections::BTreeSet;

use goseed::{Explore, Kind, Multicore, Run, Sim, recover};

/// Schedules of each sampling strategy.
const SCHEDULES: u64 = 150;

/// The program runs to its end without a failure, in the simulator and with 1, 2 and 4 workers.
#[track_caller]
fn holds(main: impl Fn() + Clone + Send + Sync + 'static) {
    in_sim(main.clone());
    on_cores(main);
}

/// The same where a finding of this kind is part of the story.
#[track_caller]
fn holds_with(kind: Kind, main: impl Fn() + Clone + Send + Sync + 'static) {
    in_sim_with(Some(kind), main.clone());
    on_cores(main);
}

/// The same in the simulator: at random, by PCT and in Go's order.
#[track_caller]
fn in_sim(main: impl Fn() + Clone + Send + Sync + 'static) {
    in_sim_with(None, main);
}

#[track_caller]
fn in_sim_with(kind: Option<Kind>, main: impl Fn() + Clone + Send + Sync + 'static) {
    for strategy in ["random", "pct:3", "fifo"] {
        let explore = Explore::new().strategy(strategy).schedules(SCHEDULES);
        kind.into_iter().fold(explore, Explore::allow).check(main.clone());
    }
}

/// The same in all schedules.
#[track_caller]
fn in_all_schedules(main: impl Fn() + Clone + Send + Sync + 'static) {
    let report = Explore::new().strategy("dpor").run(main);
    assert!(report.complete && !report.failed(), "{report}");
}

/// The same with 1, 2 and 4 workers.
#[track_caller]
fn on_cores(main: impl Fn() + Clone + Send + Sync + 'static) {
    ends_on_cores("returned", main);
}

/// The program ends like this everywhere.
#[track_caller]
fn ends(exit: &str, main: impl Fn() + Clone + Send + Sync + 'static) {
    for strategy in ["random", "pct:3", "fifo"] {
        let explore = Explore::new().strategy(strategy).schedules(SCHEDULES).keep_going();
        let report = explore.run(main.clone());
        let exits: BTreeSet<&str> = report.outcomes.keys().map(|of| &*of.exit).collect();
        assert_eq!(exits, BTreeSet::from([exit]), "{strategy}");
    }
    ends_on_cores(exit, main);
}

#[track_caller]
fn ends_on_cores(exit: &str, main: impl Fn() + Clone + Send + Sync + 'static) {
    for run in runs_on_cores(main) {
        assert_eq!(run.exit.to_string(), exit, "{}", run.stderr);
    }
}

/// How often a law is tried with each number of workers; the nightly gates set `goseed_long`.
const RUNS: usize = if cfg!(goseed_long) { 200 } else { 5 };

/// Runs with 1, 2 and 4 workers.
fn runs_on_cores(main: impl Fn() + Clone + Send + Sync + 'static) -> impl Iterator<Item = Run> {
    let procs = [1, 2, 4].into_iter().flat_map(|procs| std::iter::repeat_n(procs, RUNS));
    procs.map(move |procs| Multicore::new().procs(procs).run(main.clone()))
}

/// The run in Go's order.
fn in_order(main: impl Fn() + Send + Sync + 'static) -> Run {
    Sim::new().strategy("fifo").run(main)
}

/// What a program can print, by all its schedules.
fn outputs(main: impl Fn() + Send + Sync + 'static) -> BTreeSet<String> {
    let report = Explore::new().strategy("dpor").keep_going().run(main);
    assert!(report.complete, "{report}");
    report.outcomes.into_keys().map(|outcome| outcome.stdout).collect()
}

/// The text of the panic in `f`.
#[track_caller]
fn panic_of(f: impl FnOnce()) -> String {
    recover(f).expect_err("it panics").message().to_owned()
}
