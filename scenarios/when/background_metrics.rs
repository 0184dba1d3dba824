//! When to use: "Background tasks", a flusher of metrics.
//!
//! Story: a goroutine flushes a counter at every tick and once more when it is cancelled.
//! Verdict: always every count exactly once: 100.
//! Schedules: each shows the one outcome; 1,000 look for another.

use std::time::Duration;

use goseed::prelude::*;
use goseed::println;

use crate::pace::span;
use crate::verdict::prints;
use crate::{Headline, Scenario, Source, Verdict};

fn program() {
    let (count, flushed) = (atomic::AtomicI64::new(0), atomic::AtomicI64::new(0));
    let (ctx, cancel) = context::with_cancel(&context::background());
    let (counted, total, wg) = (count.clone(), flushed.clone(), WaitGroup::new());
    wg.go(move || {
        let ticker = Ticker::new(span(Duration::from_millis(10)));
        defer! { total.add(counted.swap(0)); }
        loop {
            select! {
                recv(ticker.c()) -> _ => { total.add(counted.swap(0)); },
                recv(ctx.done()) -> _ => return ticker.stop(),
            }
        }
    });
    for _ in 0..100 {
        count.add(1);
        time::sleep(span(Duration::from_millis(1)));
    }
    cancel();
    wg.wait();
    println!("{}", flushed.load());
}

/// The last flush is not lost.
pub(crate) const SCENARIO: Scenario = Scenario {
    name: "background_metrics",
    also: &[],
    section: "when",
    story: "a flusher with a ticker is cancelled",
    schedules: 300,
    strategy: None,
    main: program,
    longest: Duration::from_millis(100),
    source: Source { file: file!(), text: include_str!("background_metrics.rs") },
    verdict: Verdict::exact(&[prints("100")]).shows("each count flushed once", Headline::Nothing),
};
