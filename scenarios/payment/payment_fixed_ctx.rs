//! The payment processor, the fix with an API that obeys its context.
//!
//! Story: the API returns when the payment's context is over, so the inner goroutine ends too.
//! Verdict: every payment times out, or is saved at the last moment, and one goroutine is left.
//! Schedules: each obeys the law; 300 look for one that does not.

use std::time::Duration;

use goseed::prelude::*;
use goseed::{Outcome, log, println};

use crate::pace::{settled_count, span};
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

fn obedient(ctx: &Context, _id: u32) {
    ctx.done().recv();
}

fn program() {
    let wg = WaitGroup::new();
    (0..20).for_each(|id| process_payment(id, obedient, &wg));
    wg.wait();
    println!("left {}", settled_count(1));
}

fn nothing_left(outcome: &Outcome) -> Result<(), String> {
    let lines = outcome.stderr.lines().count() + outcome.stdout.lines().count();
    if lines == 21 && outcome.stdout.ends_with("left 1\n") {
        Ok(())
    } else {
        Err("leaves something".to_owned())
    }
}

/// The fix with an API that listens.
pub(crate) const SCENARIO: Scenario = Scenario {
    name: "payment_fixed_ctx",
    also: &[],
    section: "payment",
    story: "the API obeys the context, and nothing is left",
    schedules: 300,
    strategy: None,
    main: program,
    longest: Duration::from_secs(10),
    source: Source { file: file!(), text: include_str!("payment_fixed_ctx.rs") },
    verdict: Verdict::of(Outcomes::Law { holds: nothing_left, witnesses: &[] })
        .shows("nothing is left", Headline::Nothing),
};
