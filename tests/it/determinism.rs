//! The same seed gives the same report, however it is run.

use goseed::prelude::*;
use goseed::{Explore, println};

fn program() {
    let (c, wg) = (chan(1), WaitGroup::new());
    wg.add(3);
    for n in 0..3_u32 {
        go!(c, wg => {
            c.send(n + goseed::rand::range(0..10) as u32);
            wg.done();
        });
    }
    go!(c, wg => {
        wg.wait();
        c.close();
    });
    for n in &c {
        println!("{n}");
        time::sleep(Duration::from_millis(u64::from(n)));
    }
    if goseed::rand::range(0..50) == 0 {
        chan::<u8>(0).recv();
    }
}

fn report(jobs: usize) -> String {
    let explore = Explore::new().seed(11).schedules(700).jobs(jobs).keep_going();
    explore.run(program).to_string()
}

#[test]
fn reports_are_the_same_for_any_number_of_jobs() {
    let one = report(1);
    assert_eq!(one, report(1));
    assert_eq!(one, report(2));
    assert_eq!(one, report(5));
}

#[test]
fn stopping_at_the_first_failure_is_the_same_for_any_number_of_jobs() {
    let explore = |jobs| Explore::new().seed(11).schedules(700).jobs(jobs).run(program).to_string();
    assert_eq!(explore(1), explore(3));
}

#[test]
fn schedule_i_can_be_run_alone() {
    let explore = Explore::new().seed(5).schedules(60).strategy("mix").keep_going().run(program);
    for (outcome, seen) in &explore.outcomes {
        let alone = goseed::Sim::new().seed(5).index(seen.first).strategy("mix").run(program);
        assert_eq!(alone.stdout, outcome.stdout);
        assert_eq!(alone.exit.to_string(), outcome.exit);
    }
}

#[test]
fn every_outcome_replays_from_its_token() {
    for strategy in ["random", "pct:3", "fifo", "round-robin"] {
        let explore = Explore::new().seed(3).schedules(100).strategy(strategy).keep_going();
        for (outcome, seen) in &explore.run(program).outcomes {
            let again = goseed::replay(&seen.schedule.token(), program);
            assert_eq!(
                (again.stdout, again.exit.to_string()),
                (outcome.stdout.clone(), outcome.exit.clone())
            );
        }
    }
}
