//! Example 2, "Concurrent HTTP Requests", with parameters passed explicitly.
//!
//! Story: three pages of different latency are fetched at once, each into its own slot, so the
//! order in which they arrive does not matter; the slots are read after the join.
//! Verdict: always `[<a> <bbb> <cc>]`, in the time of the slowest (30 ms), not in the sum (60 ms).
//! Schedules: each shows the one outcome; 1,000 look for another.

use std::time::Duration;

use goseed::prelude::*;
use goseed::println;

use crate::pace::span;
use crate::verdict::prints;
use crate::{Headline, Scenario, Source, Verdict};

/// A server that takes longer for longer names.
fn fetch(url: &str) -> String {
    time::sleep(span(Duration::from_millis(10)) * url.len() as u32);
    format!("<{url}>")
}

fn fetch_all(urls: &[&'static str]) -> Vec<String> {
    let results: Vec<Var<String>> = urls.iter().map(|_| Var::default()).collect();
    let wg = WaitGroup::new();
    wg.add(urls.len() as i64);
    for (slot, &url) in results.iter().zip(urls) {
        go!(wg, slot => {
            defer! { wg.done() }
            slot.set(fetch(url));
        });
    }
    wg.wait();
    results.iter().map(Var::get).collect()
}

fn program() {
    println!("[{}]", fetch_all(&["a", "bbb", "cc"]).join(" "));
}

/// Results by index.
pub(crate) const SCENARIO: Scenario = Scenario {
    name: "fetch_all",
    also: &[],
    section: "examples",
    story: "three pages fetched at once, each into its own slot",
    schedules: 1_000,
    strategy: None,
    main: program,
    longest: Duration::from_millis(30),
    source: Source { file: file!(), text: include_str!("fetch_all.rs") },
    verdict: Verdict::exact(&[prints("[<a> <bbb> <cc>]")])
        .shows("all pages, in order, in 30 ms", Headline::Nothing)
        .takes(Duration::from_millis(30)),
};
