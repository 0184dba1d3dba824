//! Bug 2, "Detection": a test that leaks.
//!
//! Story: the test calls what starts the goroutine and returns. `go test -timeout 10s`, which the chapter
//! recommends, passes in 0.00 s: a time-out shows only if the test itself blocks.
//! Verdict: a check of the same body fails with the leak, in every schedule.
//! Schedules: each shows the leak; 1,000 look for anything else.

use std::time::Duration;

use goseed::Kind;
use goseed::prelude::*;

use crate::verdict::{leak, prints};
use crate::{Headline, Scenario, Source, Verdict};

fn start_processor() {
    let data = chan::<i32>(0);
    go(move || {
        while let Some(data) = data.recv() {
            let _ = data + 1;
        }
    });
    // The channel is neither used nor closed.
}

fn test_start_processor() {
    start_processor();
    // Nothing is asserted, nothing blocks: the test passes.
}

/// A test that passes, and leaks.
pub(crate) const SCENARIO: Scenario = Scenario {
    name: "leak_in_a_test",
    also: &[],
    section: "bug2_leak",
    story: "a test passes and leaks a goroutine",
    schedules: 1_000,
    strategy: None,
    main: test_start_processor,
    longest: Duration::ZERO,
    source: Source { file: file!(), text: include_str!("leak_in_a_test.rs") },
    verdict: Verdict::exact(&[prints("")])
        .shows("a check fails, a test does not", Headline::Finding(Kind::Leak))
        .finds(&[leak("go(move || {", "data.recv()")]),
};
