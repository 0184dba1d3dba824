//! Bug 3, fix: "CORRECT 3: Use channels", as printed.
//!
//! Story: one goroutine counts what a hundred others send. Nobody closes the channel, and nobody can read
//! the count: it is a local variable of the goroutine.
//! Verdict: nothing is printed; the counting goroutine leaks, the senders are cut off.
//! Schedules: each shows the one outcome; 300 look for another.

use std::time::Duration;

use goseed::Kind;
use goseed::prelude::*;

use crate::verdict::{cut_off, leak, prints};
use crate::{Headline, Scenario, Source, Verdict};

fn program() {
    let counter_ch = chan(0);
    go!(counter_ch => {
        let mut _counter = 0;
        for delta in &counter_ch {
            _counter += delta;
        }
    });
    for _ in 0..100 {
        go!(counter_ch => { counter_ch.send(1) });
    }
}

/// A count that nobody can read.
pub(crate) const SCENARIO: Scenario = Scenario {
    name: "channel_as_printed",
    also: &[],
    section: "bug3_counter",
    story: "a goroutine counts what others send, and nobody reads it",
    schedules: 300,
    strategy: None,
    main: program,
    longest: Duration::ZERO,
    source: Source { file: file!(), text: include_str!("channel_as_printed.rs") },
    verdict: Verdict::exact(&[prints("")])
        .shows("the counter leaks", Headline::Finding(Kind::Leak))
        .finds(&[leak("", "for delta in"), cut_off("counter_ch.send(1)").times(100)]),
};
