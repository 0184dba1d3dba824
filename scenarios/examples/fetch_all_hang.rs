//! Example 2, when one server never answers.
//!
//! Story: one of the goroutines waits for ever, so the join does too.
//! Verdict: always a deadlock, exit 2, nothing printed; main is in `sync.WaitGroup.Wait`.
//! Schedules: each shows the one outcome; 1,000 look for another.

use std::time::Duration;

use goseed::prelude::*;
use goseed::{Kind, println};

use crate::verdict::{deadlock, prints};
use crate::{Headline, Scenario, Source, Verdict};

fn fetch(url: &str) -> String {
    if url == "bbb" {
        chan::<()>(0).recv(); // No time-out: for ever.
    }
    format!("<{url}>")
}

fn program() {
    let (results, wg) = ([(); 3].map(|()| Var::new(String::new())), WaitGroup::new());
    wg.add(3);
    for (slot, url) in results.iter().zip(["a", "bbb", "cc"]) {
        go!(slot, wg => {
            defer! { wg.done() }
            slot.set(fetch(url));
        });
    }
    wg.wait();
    println!("{:?}", results.map(|slot| slot.get()));
}

/// A server that never answers.
pub(crate) const SCENARIO: Scenario = Scenario {
    name: "fetch_all_hang",
    also: &[],
    section: "examples",
    story: "one fetch hangs, and so does the join",
    schedules: 1_000,
    strategy: None,
    main: program,
    longest: Duration::ZERO,
    source: Source { file: file!(), text: include_str!("fetch_all_hang.rs") },
    verdict: Verdict::exact(&[prints("").ends("deadlock")])
        .shows("deadlock at the join", Headline::Finding(Kind::Deadlock))
        .finds(&[deadlock("wg.wait();").times(2)])
        .crash("fatal error: all goroutines are asleep - deadlock!"),
};
