//! Bug 2, fix: the processor also listens to its context. (As printed, the fix lacks a closing
//! `()`.)
//!
//! Story: three processors are started and cancelled; each leaves its loop through `ctx.Done()`.
//! Main waits until they have said so, and then a millisecond for them to be gone from the count.
//! Verdict: always `started 4`, `cancelled 1`; nothing leaks.
//! Schedules: each shows the one outcome; 1,000 look for anything else.

use goseed::prelude::*;
use goseed::println;

use crate::pace::settled_count;
use crate::verdict::prints;
use crate::{Headline, Scenario, Source, Verdict};

goseed::global! {
    static DATA_CHANNEL: Chan<i32> = chan(0);
}

fn process(_data: Option<i32>) {}

fn start_processor(ctx: &Context, wg: &WaitGroup) {
    go!(ctx, wg => {
        defer! { wg.done() }
        let channel = DATA_CHANNEL.get();
        loop {
            select! {
                recv(channel) -> data => process(data),
                recv(ctx.done()) -> _ => return, // The goroutine exits.
            }
        }
    });
}

fn program() {
    let (ctx, cancel) = context::with_cancel(&context::background());
    let wg = WaitGroup::new();
    wg.add(3);
    for _ in 0..3 {
        start_processor(&ctx, &wg);
    }
    println!("started {}", runtime::num_goroutine());
    cancel();
    wg.wait();
    println!("cancelled {}", settled_count(1));
}

/// Processors that can be cancelled.
pub(crate) const SCENARIO: Scenario = Scenario {
    name: "leak_fixed",
    also: &[],
    section: "bug2_leak",
    story: "the processors also listen to their context",
    schedules: 1_000,
    strategy: None,
    main: program,
    longest: Duration::ZERO,
    source: Source { file: file!(), text: include_str!("leak_fixed.rs") },
    verdict: Verdict::exact(&[prints("started 4 cancelled 1")])
        .shows("nothing is left", Headline::Nothing),
};
