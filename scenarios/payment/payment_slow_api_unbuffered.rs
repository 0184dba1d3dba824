//! The payment processor, the fix with an API that answers after the time-out; the result channel has
//! capacity 0.
//!
//! Story: the late answer is sent when nobody receives any more.
//! Verdict: every payment times out; a leak for each payment.
//! Schedules: each shows the one outcome, up to the order of the log; 300 look for another.

use std::time::Duration;

use goseed::prelude::*;
use goseed::{Kind, Outcome, log, println};

use crate::pace::{settled_count, span};
use crate::verdict::leak;
use crate::{Cores, Headline, Outcomes, Scenario, Source, Verdict};

/// The chapter's fix, around an API.
fn process_payment(id: u32, api: fn(&Context, u32), wg: &WaitGroup) {
    wg.go(move || {
        let limit = span(Duration::from_secs(10));
        let (ctx, cancel) = context::with_timeout(&context::background(), limit);
        defer! { cancel() }
        let result_ch = chan(0);
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

fn slow(_ctx: &Context, _id: u32) {
    time::sleep(span(Duration::from_secs(11)));
}

fn program() {
    let wg = WaitGroup::new();
    (0..10).for_each(|id| process_payment(id, slow, &wg));
    wg.wait();
    time::sleep(span(Duration::from_secs(2)));
    println!("{}", settled_count(11));
}

fn all_time_out(outcome: &Outcome) -> Result<(), String> {
    let (lines, out) = (outcome.stderr.lines().count(), outcome.stdout.trim());
    if (lines, out) == (10, "11") {
        Ok(())
    } else {
        Err(format!("has {lines} time-outs, {out} left"))
    }
}

/// On cores an answer may be in time after all; whoever's is not is left.
fn left_on_cores(outcome: &Outcome) -> Result<(), String> {
    let timeouts = outcome.stderr.lines().count();
    let lines: Vec<&str> = outcome.stdout.lines().collect();
    let saved = lines.iter().filter(|line| line.starts_with("saved ")).count();
    let left = (11 - saved).to_string();
    if timeouts + saved == 10 && lines.last() == Some(&&*left) {
        Ok(())
    } else {
        Err(format!("has {timeouts} time-outs, {saved} saved, and ends with {:?}", lines.last()))
    }
}

/// Answers that come too late.
pub(crate) const SCENARIO: Scenario = Scenario {
    name: "payment_slow_api_unbuffered",
    also: &[],
    section: "payment",
    story: "a late answer finds nobody: one leak a payment",
    schedules: 300,
    strategy: None,
    main: program,
    longest: Duration::from_secs(11),
    source: Source { file: file!(), text: include_str!("payment_slow_api_unbuffered.rs") },
    verdict: Verdict::of(Outcomes::Law { holds: all_time_out, witnesses: &[] })
        .shows("a leak for each payment", Headline::Finding(Kind::Leak))
        .finds(&[leak("go!(ctx, result_ch => {", "result_ch.send(());").times(10)])
        .on_cores(Cores::Law(left_on_cores)),
};
