//! Bug 4, fixed by a channel: the goroutine says that it is done, main listens.
//!
//! Story: the channel is unbuffered, so main receives only once the work is done.
//! Verdict: always `doing work`.
//! Schedules: each shows the one outcome; 1,000 look for another.

use std::time::Duration;

use goseed::prelude::*;
use goseed::println;

use crate::verdict::prints;
use crate::{Headline, Scenario, Source, Verdict};

fn do_work() {
    println!("doing work");
}

fn program() {
    let done = chan(0);
    go!(done => {
        do_work();
        done.send(true);
    });
    done.recv();
}

/// Main waits for a value.
pub(crate) const SCENARIO: Scenario = Scenario {
    name: "main_exit_channel",
    also: &[],
    section: "bug4_main_exit",
    story: "main waits for a value that the goroutine sends last",
    schedules: 1_000,
    strategy: None,
    main: program,
    longest: Duration::ZERO,
    source: Source { file: file!(), text: include_str!("main_exit_channel.rs") },
    verdict: Verdict::exact(&[prints("doing work")]).shows("always printed", Headline::Nothing),
};
