//! The payment processor: the charge is done and the time is up, both before anybody looks.
//!
//! Story: `select` draws between two ready cases, so a finished charge may be lost.
//! Verdict: exactly `saved` and `timed out`.
//! Schedules: either is drawn with at least a tenth: 1,000 miss one with less than 10^-45.

use std::time::Duration;

use goseed::prelude::*;
use goseed::{Outcome, println};

use crate::laws::printed;
use crate::verdict::prints;
use crate::{Headline, Scenario, Source, Verdict};

fn program() {
    let (ctx, cancel) = context::with_timeout(&context::background(), Duration::from_secs(10));
    let result_ch = chan(1);
    result_ch.send(());
    cancel();
    select! {
        recv(result_ch) -> _ => println!("saved"),
        recv(ctx.done()) -> _ => println!("timed out"),
    }
}

fn dropped(outcome: &Outcome) -> bool {
    printed(outcome, "timed out")
}

/// Both cases are ready.
pub(crate) const SCENARIO: Scenario = Scenario {
    name: "payment_both_ready",
    also: &[],
    section: "payment",
    story: "result and time-out are ready together",
    schedules: 1_000,
    strategy: None,
    main: program,
    longest: Duration::ZERO,
    source: Source { file: file!(), text: include_str!("payment_both_ready.rs") },
    verdict: Verdict::exact(&[prints("saved"), prints("timed out")])
        .shows("a finished charge may be lost", Headline::Outcome(dropped)),
};
