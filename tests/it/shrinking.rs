//! Findings are made small: how small, how surely, and that it does not depend on where one starts.

use std::sync::Arc;

use goseed::prelude::*;
use goseed::sync::atomic::AtomicI64;
use goseed::{Explore, Found, Kind, front};
use scenarios::Scenario;

/// Two goroutines that lose an update if one comes between the other's read and write; many others do
/// something else.
fn lost_update_in_a_crowd() {
    let (counter, wg, noise) = (AtomicI64::new(0), WaitGroup::new(), chan(8));
    for n in 0..8 {
        wg.add(1);
        go!(counter, wg, noise => {
            noise.send(n);
            if n % 4 == 1 {
                let before = counter.load();
                counter.store(before + 1);
            }
            wg.done();
        });
    }
    wg.wait();
    assert_eq!(counter.load(), 2, "an update was lost");
}

#[test]
fn a_lost_update_needs_one_preemption_in_whatever_crowd_it_was_found() {
    for seed in 0..5 {
        let report = Explore::new()
            .strategy("random")
            .seed(seed)
            .schedules(2_000)
            .run(lost_update_in_a_crowd);
        let found = report.found(Kind::Panic).expect("random walks find it");
        let shrunk = found.shrunk.expect("it was tried");
        assert_eq!(shrunk.after.preemptions, 1, "seed {seed}: {shrunk:?}");
        assert!(shrunk.before.preemptions > 3, "seed {seed}: {shrunk:?}");
    }
}

#[test]
fn a_deadlock_of_two_locks_needs_one_preemption() {
    let report = Explore::new().schedules(500).run(|| {
        let (a, b) = (Mutex::new(0), Mutex::new(0));
        let wg = WaitGroup::new();
        wg.add(2);
        go!(a, b, wg => {
            let _a = a.lock();
            let _b = b.lock();
            wg.done();
        });
        go!(a, b, wg => {
            let _b = b.lock();
            let _a = a.lock();
            wg.done();
        });
        wg.wait();
    });
    let found = report.found(Kind::Deadlock).expect("one in a few schedules");
    assert_eq!(found.shrunk.expect("it was tried").after.preemptions, 1);
}

#[test]
fn what_happens_by_default_needs_no_preemption_and_no_choice() {
    let report = Explore::new().schedules(50).strategy("random").run(|| {
        let never = chan::<()>(0);
        go!(never => { never.recv(); });
        let results = chan(3);
        for n in 0..3 {
            go!(results => { results.send(n) });
        }
        for _ in 0..3 {
            results.recv();
        }
    });
    let found = report.found(Kind::Leak).expect("it always leaks");
    assert_eq!(found.shrunk.expect("it was tried").after.preemptions, 0);
}

#[test]
fn a_select_that_decides_is_part_of_what_is_left() {
    let program = || {
        let (a, b) = (chan(1), chan(1));
        a.send(1);
        b.send(2);
        select! {
            recv(a) -> _ => {}
            recv(b) -> _ => panic!("the second"),
        }
    };
    let report = Explore::new().schedules(50).run(program);
    let found = report.found(Kind::Panic).expect("each second schedule");
    let again = goseed::replay(&found.schedule.token(), program);
    assert_eq!(again.exit.to_string(), "panic: the second");
}

/// Scenarios whose schedules are short enough for an exhaustive search.
fn small(scenario: &&Scenario) -> bool {
    scenario.schedules >= 300
}

fn findings(scenario: &Scenario) -> Vec<Found> {
    let explore = Explore::new().schedules(scenario.schedules.min(2_000)).keep_going();
    let explore = explore.strategy("mix");
    let explored = front::explore(&explore, scenario.name, Arc::default(), |_| (), scenario.main);
    explored.expect("mix is a strategy").into_report().findings
}

/// The fewest preemptions with which a search of all schedules finds this, if it is found at all.
fn fewest(scenario: &Scenario, signature: &str) -> Option<u32> {
    (0..=2).find(|bound| {
        let explore = Explore::new().strategy(format!("dfs:{bound}").as_str()).keep_going();
        let explore = explore.schedules(20_000).steps(2_000);
        let explored =
            front::explore(&explore, scenario.name, Arc::default(), |_| (), scenario.main);
        let report = explored.expect("dfs is a strategy").into_report();
        report.findings.iter().any(|found| found.finding.signature == signature)
    })
}

#[test]
#[ignore = "a minute; .ci/nightly runs it"]
#[expect(clippy::print_stdout, reason = "a table for whoever asks for it")]
fn thirty_findings_are_as_small_as_can_be_and_replay_a_hundred_times() {
    let (mut excesses, mut shown) = (Vec::new(), 0);
    for scenario in scenarios::ALL.iter().filter(small) {
        for found in findings(scenario) {
            let Some(shrunk) = found.shrunk else { continue };
            for _ in 0..100 {
                let (run, _) = front::replay(&found.schedule, scenario.name, scenario.main)
                    .unwrap_or_else(|error| panic!("{}: {error}", scenario.name));
                let same = run.findings.iter().any(|f| f.signature == found.finding.signature);
                assert!(same, "{}: {}", scenario.name, found.finding.signature);
            }
            shown += 1;
            let least = fewest(scenario, &found.finding.signature);
            let after = shrunk.after.preemptions;
            println!(
                "{:<28} {least:?} {after} {}",
                scenario.name,
                found.finding.text.lines().next().unwrap_or_default()
            );
            excesses.extend(least.map(|least| after.saturating_sub(least)));
        }
    }
    excesses.sort_unstable();
    println!("{shown} findings, {} with a known least number", excesses.len());
    println!("excess: median {}, most {:?}", excesses[excesses.len() / 2], excesses.last());
    assert!(excesses.len() >= 30);
    assert!(excesses[excesses.len() / 2] <= 2);
}
