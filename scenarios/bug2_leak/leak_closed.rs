//! Bug 2, "If dataChannel is never closed …": it is closed, and that is no fix for `data := <-ch`.
//!
//! Story: a receive from a closed channel never blocks, so each processor gets zero values for ever
//! instead of waiting for ever. Nothing is leaked in the sense of being blocked; it spins.
//! Verdict: always `before 1`, `after 4`. No leak: three goroutines are cut off while busy.
//! Schedules: each shows the one outcome and cuts all three off; 1,000 look for anything else.

use std::time::Duration;

use goseed::prelude::*;
use goseed::{Kind, println};

use crate::verdict::{cut_off, prints};
use crate::{Headline, Scenario, Source, Verdict, When};

goseed::global! {
    static DATA_CHANNEL: Chan<i32> = chan(0);
}

fn process(_data: i32) {}

fn start_processor() {
    go(|| {
        let channel = DATA_CHANNEL.get();
        loop {
            let data = channel.recv().unwrap_or_default(); // Closed: 0, at once.
            process(data);
        }
    });
}

fn program() {
    println!("before {}", runtime::num_goroutine());
    DATA_CHANNEL.get().close();
    for _ in 0..3 {
        start_processor();
    }
    println!("after {}", runtime::num_goroutine());
}

/// Three goroutines that never end.
pub(crate) const SCENARIO: Scenario = Scenario {
    name: "leak_closed",
    also: &[],
    section: "bug2_leak",
    story: "the channel is closed: the processors spin on zero values",
    schedules: 1_000,
    strategy: None,
    main: program,
    longest: Duration::ZERO,
    source: Source { file: file!(), text: include_str!("leak_closed.rs") },
    verdict: Verdict::exact(&[prints("before 1 after 4")])
        .shows("3 goroutines spin, no leak", Headline::Finding(Kind::CutOff))
        .finds(&[cut_off("go(|| {").times(3).when(When::Always)]),
};
