//! Every scenario on cores: at 1, 2 and 4 workers, its verdict holds.
//!
//! One scenario at a time, since each wants the cores for itself.

use scenarios::{ALL, Scenario};

/// How often each runs with each number of workers in `cargo test`.
const RUNS: usize = 5;
/// How often in the nightly gates.
const NIGHTLY: usize = 200;

#[expect(clippy::print_stdout, reason = "a summary for whoever asks for it")]
fn hold(runs: usize) {
    for scenario in ALL {
        for procs in [1, 2, 4] {
            (0..runs).for_each(|_| holds(scenario, procs));
        }
        println!("{}: {runs} runs at 1, 2, 4 workers", scenario.name);
    }
}

fn holds(scenario: &Scenario, procs: usize) {
    if let Some(run) = scenario.on_cores(procs) {
        let name = scenario.name;
        assert_eq!(scenario.judge_cores(&run), [], "{name} on {procs} workers: {}", run.stderr);
    }
}

#[test]
fn every_verdict_holds_on_cores() {
    hold(RUNS);
}

#[test]
#[ignore = "minutes; .ci/nightly runs it"]
fn every_verdict_holds_on_cores_two_hundred_times() {
    hold(NIGHTLY);
}
