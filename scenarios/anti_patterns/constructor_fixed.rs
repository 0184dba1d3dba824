//! Anti-Pattern 3, fix: "Started explicitly with context".
//!
//! Story: ten services are made, four are started and then cancelled.
//! Verdict: always five goroutines while they run, and one afterwards.
//! Schedules: each shows the one outcome; 1,000 look for another.

use std::time::Duration;

use goseed::prelude::*;
use goseed::println;

use crate::pace::settled_count;
use crate::verdict::prints;
use crate::{Headline, Scenario, Source, Verdict};

struct Service;

impl Service {
    fn start(&self, ctx: &Context, wg: &WaitGroup) {
        let ctx = ctx.clone();
        wg.go(move || assert_eq!(ctx.done().recv(), None));
    }
}

fn program() {
    let (ctx, cancel) = context::with_cancel(&context::background());
    let (services, wg) = ([(); 10].map(|()| Service), WaitGroup::new());
    services.iter().take(4).for_each(|service| service.start(&ctx, &wg));
    println!("{}", runtime::num_goroutine());
    cancel();
    wg.wait();
    println!("{}", settled_count(1));
}

/// Services that are started and stopped.
pub(crate) const SCENARIO: Scenario = Scenario {
    name: "constructor_fixed",
    also: &[],
    section: "anti_patterns",
    story: "services are started with a context and cancelled",
    schedules: 1_000,
    strategy: None,
    main: program,
    longest: Duration::ZERO,
    source: Source { file: file!(), text: include_str!("constructor_fixed.rs") },
    verdict: Verdict::exact(&[prints("5 1")]).shows("nothing is left", Headline::Nothing),
};
