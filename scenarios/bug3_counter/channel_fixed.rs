//! Bug 3, fix: "CORRECT 3: Use a channel", completed: joined, closed, and the total handed back.
//!
//! Story: one goroutine owns the count, everybody else sends to it. As printed the channel is never
//! closed and the count can never be read; here the close ends the counting, and the total comes
//! back.
//! Verdict: always `100`, no race and no leak.
//! Schedules: each shows the one outcome; 1,000 look for anything else.

use std::time::Duration;

use goseed::prelude::*;
use goseed::println;

use crate::verdict::prints;
use crate::{Headline, Scenario, Source, Verdict};

fn program() {
    let (counter_ch, total, wg) = (chan(0), chan(0), WaitGroup::new());
    go!(counter_ch, total => {
        let mut count = 0;
        for _ in &counter_ch {
            count += 1;
        }
        total.send(count);
    });
    wg.add(100);
    for _ in 0..100 {
        go!(counter_ch, wg => {
            counter_ch.send(1);
            wg.done();
        });
    }
    wg.wait();
    counter_ch.close();
    println!("{}", total.recv().unwrap_or_default());
}

/// Counting by a goroutine that owns the count.
pub(crate) const SCENARIO: Scenario = Scenario {
    name: "channel_fixed",
    also: &[],
    section: "bug3_counter",
    story: "one goroutine counts what a hundred others send",
    schedules: 1_000,
    strategy: None,
    main: program,
    longest: Duration::ZERO,
    source: Source { file: file!(), text: include_str!("channel_fixed.rs") },
    verdict: Verdict::exact(&[prints("100")]).shows("always 100", Headline::Nothing),
};
