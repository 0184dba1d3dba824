//! Bug 4, fixed by closing a channel: nothing is sent, the close itself is the message.
//!
//! Story: a receive from a closed channel returns at once, so any number of goroutines could wait.
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
    let done = chan::<()>(0);
    go!(done => {
        do_work();
        done.close();
    });
    done.recv();
}

/// Main waits for a close.
pub(crate) const SCENARIO: Scenario = Scenario {
    name: "main_exit_close",
    also: &[],
    section: "bug4_main_exit",
    story: "main waits until the goroutine closes a channel",
    schedules: 1_000,
    strategy: None,
    main: program,
    longest: Duration::ZERO,
    source: Source { file: file!(), text: include_str!("main_exit_close.rs") },
    verdict: Verdict::exact(&[prints("doing work")]).shows("always printed", Headline::Nothing),
};
