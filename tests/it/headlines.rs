//! The four bugs of the chapter, each as two literal tokens: one drawn by `random`, one by `pct:3`.
//!
//! A token that no longer shows its bug breaks every token ever printed: that is a new format version.

use goseed::prelude::*;
use goseed::{Explore, Kind, Run, println, replay};

fn capture() {
    let (i, wg) = (Var::new(0), WaitGroup::new());
    wg.add(5);
    while i.with(|i| *i < 5) {
        go!(i, wg => {
            println!("{}", i.get());
            wg.done();
        });
        i.update(|i| i + 1);
    }
    wg.wait();
}

fn lost_increment() {
    let (counter, wg) = (Var::new(0), WaitGroup::new());
    wg.add(2);
    for _ in 0..2 {
        go!(counter, wg => {
            counter.update(|n| n + 1);
            wg.done();
        });
    }
    wg.wait();
    println!("{}", counter.get());
}

fn leak() {
    let data = chan::<u8>(0);
    go!(data => { data.recv(); });
    time::sleep(Duration::from_millis(1));
}

fn truncated() {
    go(|| println!("doing work"));
}

/// What a run must show to be the bug.
type Shows = fn(&Run) -> bool;

/// One bug.
struct Headline {
    name: &'static str,
    program: fn(),
    shows: Shows,
    /// Drawn by `random` and by `pct:3`.
    tokens: [&'static str; 2],
}

const HEADLINES: &[Headline] = &[
    Headline {
        name: "capture",
        program: capture,
        shows: |run| run.stdout != "0\n1\n2\n3\n4\n" && run.exit.code() == 0,
        tokens: [
            "gs1.AQGJGP3yAAZyYW5kb20AAAAAAAAAAAAGAQABAQECAQMBBBgCAQIDAQMCAgEBBAIDAwQBAwEEAQIBAQECAQUBBgIFAQYBAgIHAQgDBwEKAQkECgEAdnm-Lg",
            "gs1.AQGJGP3yAAVwY3Q6MwAAAAAAAAAAHAUBAAEBAQIBAwUEBQIFAgUCBQcGAPgDAFk",
        ],
    },
    Headline {
        name: "lost increment",
        program: lost_increment,
        shows: |run| run.stdout == "1\n",
        tokens: [
            "gs1.AQGJGP3yAAZyYW5kb20AAAAAAAAAAAMDAQEBAAgCAgIBAgIBAgIBAQIBAQQBAHEN_fg",
            "gs1.AQGJGP3yAAVwY3Q6MwAAAAAAAAAADgMBAQEABAICAgICBQMEAAbV_7A",
        ],
    },
    Headline {
        name: "leak",
        program: leak,
        shows: |run| run.found(Kind::Leak).is_some(),
        tokens: [
            "gs1.AQGJGP3yAAZyYW5kb20AAAAAAAAAAAABAQIBANWzgWw",
            "gs1.AQGJGP3yAAVwY3Q6MwAAAAAAAAAAAAIBAAEEAgBD4EKz",
        ],
    },
    Headline {
        name: "truncated",
        program: truncated,
        shows: |run| run.stdout.is_empty(),
        tokens: [
            "gs1.AQGJGP3yAAZyYW5kb20AAAAAAAAAAAABAQIBANWzgWw",
            "gs1.AQGJGP3yAAVwY3Q6MwAAAAAAAAAAAgEBAgEAMvesRQ",
        ],
    },
];

#[test]
fn each_bug_is_found_by_both_strategies_and_replays_from_its_literal_token() {
    for Headline { name, program, shows, tokens } in HEADLINES {
        for (strategy, token) in ["random", "pct:3"].into_iter().zip(tokens) {
            let explore = Explore::new().strategy(strategy).schedules(1_000).keep_going();
            let report = explore.run(*program);
            let found = report.outcomes.values().map(|seen| seen.schedule.token());
            let fresh = found.into_iter().find(|token| shows(&replay(token, *program)));
            let fresh = fresh.unwrap_or_else(|| panic!("{strategy} does not find: {name}"));
            assert!(shows(&replay(token, *program)), "{name}, {strategy}: pin {fresh}");
        }
    }
}
