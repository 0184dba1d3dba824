//! The payment processor, as it must have been: one call in a thousand hangs.
//!
//! Story: if every call hung, 64 GiB would be full in about 41 minutes; "grew steadily over days" fits this
//! one. Two seconds at 10,000 payments a second.
//! Verdict: exactly 10 goroutines a second and main: 21.
//! Schedules: with this many goroutines, three at random and one in Go's own order.

use std::time::Duration;

use goseed::prelude::*;
use goseed::{Kind, println};

use crate::pace::{settled_count, span};
use crate::verdict::{leak, prints};
use crate::{Headline, Scenario, Source, Verdict};

fn charge(payment: u32, wg: &WaitGroup) {
    if payment.is_multiple_of(1_000) {
        chan::<()>(0).recv();
    }
    wg.done();
}

fn program() {
    let wg = WaitGroup::new();
    wg.add(20_000);
    for payment in 0..20_000_u32 {
        go!(wg => { charge(payment, &wg) });
        if payment % 100 == 99 {
            time::sleep(span(Duration::from_millis(10)));
        }
    }
    println!("{}", settled_count(21));
}

/// One call in a thousand hangs.
pub(crate) const SCENARIO: Scenario = Scenario {
    name: "payment_leak_fraction",
    also: &[],
    section: "payment",
    story: "one payment in a thousand hangs",
    schedules: 3,
    strategy: Some("random"),
    main: program,
    longest: Duration::from_secs(2),
    source: Source { file: file!(), text: include_str!("payment_leak_fraction.rs") },
    verdict: Verdict::exact(&[prints("21")])
        .shows("10 leak a second", Headline::Finding(Kind::Leak))
        .finds(&[leak("go!(wg => {", ".recv()").times(20)]),
};
