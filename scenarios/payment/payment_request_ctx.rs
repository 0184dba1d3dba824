//! The payment processor, called with the context of the request.
//!
//! Story: the handler returns, which cancels its context; the charge goes through all the same.
//! Verdict: always the money is taken and nothing is saved.
//! Schedules: each shows the one outcome; 1,000 look for another.

use std::time::Duration;

use goseed::prelude::*;
use goseed::println;

use crate::pace::{settle, span};
use crate::verdict::prints;
use crate::{Headline, Scenario, Source, Verdict};

fn program() {
    let [charged, saved, late] = [(); 3].map(|()| atomic::AtomicI64::new(0));
    let (ctx, handler_returns) = context::with_cancel(&context::background());
    let (wg, result_ch) = (WaitGroup::new(), chan(1));
    go!(charged, result_ch => {
        time::sleep(span(Duration::from_secs(1)));
        charged.add(1);
        result_ch.send(());
    });
    let (saves, lates) = (saved.clone(), late.clone());
    wg.go(move || {
        select! {
            recv(result_ch) -> _ => { saves.add(1); },
            recv(ctx.done()) -> _ => { lates.add(1); },
        }
    });
    handler_returns();
    wg.wait();
    settle(|| charged.load() == 1);
    time::sleep(span(Duration::from_secs(2)));
    println!("charged {} saved {} timed out {}", charged.load(), saved.load(), late.load());
}

/// Charged and not saved.
pub(crate) const SCENARIO: Scenario = Scenario {
    name: "payment_request_ctx",
    also: &[],
    section: "payment",
    story: "the request ends before the charge",
    schedules: 1_000,
    strategy: None,
    main: program,
    longest: Duration::from_secs(2),
    source: Source { file: file!(), text: include_str!("payment_request_ctx.rs") },
    verdict: Verdict::exact(&[prints("charged 1 saved 0 timed out 1")])
        .shows("charged, and nothing is saved", Headline::Nothing),
};
