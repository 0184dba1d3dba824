//! Bug 2, "Goroutine Leaks (Not Exiting)".
//!
//! Story: each processor waits for data on a channel that nobody ever uses or closes. Three are
//! started, and the goroutine count shows them. The chapter's detection, `go test -timeout`, passes
//! with them.
//! Verdict: always `before 1`, `after 4`; three goroutines leak at their receive, and there is no
//! deadlock, since main returns.
//! Schedules: each shows the one outcome and all three leaks; 1,000 look for anything else.

use std::time::Duration;

use goseed::prelude::*;
use goseed::{Kind, println};

use crate::verdict::{leak, prints};
use crate::{Headline, Scenario, Source, Verdict};

goseed::global! {
    static DATA_CHANNEL: Chan<i32> = chan(0);
}

fn process(_data: Option<i32>) {}

fn start_processor() {
    go(|| {
        let channel = DATA_CHANNEL.get();
        loop {
            let data = channel.recv();
            process(data);
        }
    });
    // Nobody uses the channel, so this goroutine blocks for ever.
}

fn program() {
    println!("before {}", runtime::num_goroutine());
    for _ in 0..3 {
        start_processor();
    }
    println!("after {}", runtime::num_goroutine());
}

/// Three goroutines that can never go on.
pub(crate) const SCENARIO: Scenario = Scenario {
    name: "leak",
    also: &[],
    section: "bug2_leak",
    story: "three processors wait on a channel that nobody uses",
    schedules: 1_000,
    strategy: None,
    main: program,
    longest: Duration::ZERO,
    source: Source { file: file!(), text: include_str!("leak.rs") },
    verdict: Verdict::exact(&[prints("before 1 after 4")])
        .shows("3 goroutines leak", Headline::Finding(Kind::Leak))
        .finds(&[leak("go(|| {", "channel.recv()").times(3)]),
};
