//! The payment processor, the chapter's fix with an API that never answers.
//!
//! Story: each payment now has an outer goroutine that times out and an inner one that still hangs.
//! Verdict: every payment logs a time-out, and the inner goroutines leak as before: as many as without the
//! fix, after more in between.
//! Schedules: each shows the one outcome, up to the order of the log; 300 look for another.

use std::time::Duration;

use goseed::prelude::*;
use goseed::{Kind, Outcome, log, println};

use crate::pace::{settled_count, span};
use crate::verdict::leak;
use crate::{Headline, Outcomes, Scenario, Source, Verdict};

/// The chapter's fix, around an API.
fn process_payment(id: u32, api: fn(&Context, u32), wg: &WaitGroup) {
    wg.go(move || {
        let limit = span(Duration::from_secs(10));
        let (ctx, cancel) = context::with_timeout(&context::background(), limit);
        defer! { cancel() }
        let result_ch = chan(1);
        go!(ctx, result_ch => {
            api(&ctx, id);
            result_ch.send(());
        });
        select! {
            recv(result_ch) -> _ => println!("saved {id}"),
            recv(ctx.done()) -> _ => log!("Payment {id} timed out"),
        }
    });
}

fn dead(_ctx: &Context, _id: u32) {
    chan::<()>(0).recv();
}

fn program() {
    let wg = WaitGroup::new();
    (0..20).for_each(|id| process_payment(id, dead, &wg));
    wg.wait();
    println!("{}", settled_count(21));
}

fn all_time_out(outcome: &Outcome) -> Result<(), String> {
    let (lines, out) = (outcome.stderr.lines().count(), outcome.stdout.trim());
    if (lines, out) == (20, "21") {
        Ok(())
    } else {
        Err(format!("has {lines} time-outs, {out} left"))
    }
}

/// The fix with a dead API.
pub(crate) const SCENARIO: Scenario = Scenario {
    name: "payment_fixed_dead_api",
    also: &[],
    section: "payment",
    story: "every payment times out, and still one goroutine each leaks",
    schedules: 300,
    strategy: None,
    main: program,
    longest: Duration::from_secs(10),
    source: Source { file: file!(), text: include_str!("payment_fixed_dead_api.rs") },
    verdict: Verdict::of(Outcomes::Law { holds: all_time_out, witnesses: &[] })
        .shows("timeouts, and still leaks", Headline::Finding(Kind::Leak))
        .finds(&[leak("go!(ctx, result_ch => {", "chan::<()>(0).recv();").times(20)]),
};
