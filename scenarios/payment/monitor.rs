//! The payment processor, lesson 3: "Monitor goroutine count in production".
//!
//! Story: a ticker reads the number of goroutines every second and raises an alarm above a limit, while
//! goroutines leak, one every 100 ms.
//! Verdict: the alarm is raised at the first tick above the limit, always.
//! Schedules: each shows the one outcome; 1,000 look for another.

use std::time::Duration;

use goseed::prelude::*;
use goseed::{Kind, Outcome, println};

use crate::laws::returned;
use crate::pace::span;
use crate::verdict::{leak, prints};
use crate::{Cores, Headline, Scenario, Source, Verdict};

const LIMIT: usize = 50;

fn monitor(ctx: &Context, stopped: &WaitGroup) {
    let ctx = ctx.clone();
    stopped.go(move || {
        let ticker = Ticker::new(span(Duration::from_secs(1)));
        let ticks = ticker.c();
        for second in 1.. {
            select! {
                recv(ticks) -> _ => {
                    if runtime::num_goroutine() > LIMIT {
                        println!("alarm at {second} s");
                        break;
                    }
                },
                recv(ctx.done()) -> _ => break,
            }
        }
        ticker.stop();
    });
}

fn program() {
    let (ctx, cancel) = context::with_cancel(&context::background());
    let stopped = WaitGroup::new();
    monitor(&ctx, &stopped);
    time::sleep(span(Duration::from_millis(50)));
    for _ in 0..80 {
        go(|| {
            chan::<()>(0).recv();
        });
        time::sleep(span(Duration::from_millis(100)));
    }
    cancel();
    stopped.wait();
}

fn an_alarm(outcome: &Outcome) -> Result<(), String> {
    returned(outcome)?;
    if outcome.stdout.starts_with("alarm at ") { Ok(()) } else { Err("raises no alarm".to_owned()) }
}

/// An alarm for leaks.
pub(crate) const SCENARIO: Scenario = Scenario {
    name: "monitor",
    also: &[],
    section: "payment",
    story: "a monitor raises an alarm when goroutines pile up",
    schedules: 1_000,
    strategy: None,
    main: program,
    longest: Duration::from_secs(1),
    source: Source { file: file!(), text: include_str!("monitor.rs") },
    verdict: Verdict::exact(&[prints("alarm at 5 s")])
        .shows("the alarm is raised", Headline::Finding(Kind::Leak))
        .finds(&[leak("chan::<()>(0).recv()", "chan::<()>(0).recv()").times(80)])
        .on_cores(Cores::Law(an_alarm)),
};
