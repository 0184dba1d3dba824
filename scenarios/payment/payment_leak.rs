//! The payment processor, "Goroutine Leak at Scale".
//!
//! Story: ten thousand payments a second, each with a goroutine of its own that calls an API which never
//! answers. One second of it.
//! Verdict: exactly 10,001 goroutines, 10,000 of which leak at the charge, reported as one line. `goseed week`
//! takes it to a minute, and on to the chapter's week.
//! Schedules: with this many goroutines, three at random and one in Go's own order.

use std::time::Duration;

use goseed::prelude::*;
use goseed::{Kind, println};

use crate::pace::span;
use crate::verdict::{leak, prints};
use crate::{Headline, Scenario, Source, Verdict};

/// The API: it never answers.
fn charge() {
    chan::<()>(0).recv();
}

fn process_payment() {
    go(charge);
}

fn program() {
    for _ in 0..100 {
        (0..100).for_each(|_| process_payment());
        time::sleep(span(Duration::from_millis(10)));
    }
    println!("{}", runtime::num_goroutine());
}

/// A second of an API that never answers.
pub(crate) const SCENARIO: Scenario = Scenario {
    name: "payment_leak",
    also: &[],
    section: "payment",
    story: "10,000 payments, and the API never answers",
    schedules: 3,
    strategy: Some("random"),
    main: program,
    longest: Duration::from_millis(1_000),
    source: Source { file: file!(), text: include_str!("payment_leak.rs") },
    verdict: Verdict::exact(&[prints("10001")])
        .shows("10,000 leak in a second", Headline::Finding(Kind::Leak))
        .finds(&[leak("go(charge)", ".recv()").times(10_000)]),
};
