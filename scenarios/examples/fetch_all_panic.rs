//! Example 2, when one fetch panics.
//!
//! Story: `defer wg.Done()` runs also when its goroutine panics, so main may go on before the panic has ended
//! the program: it prints a result with a hole, and may even return first.
//! Verdict: exit 2 with nothing or with the hole, or exit 0 with the hole; never the whole result. The panic is
//! found in every schedule; where main returned first it was lost, and the finding says so.
//! Schedules: of 300,000 the rarest of the three, exit 2 with the hole, showed in 634: 8,000 miss it with less
//! than 10^-7.

use std::time::Duration;

use goseed::prelude::*;
use goseed::{Kind, println};

use crate::verdict::{panics, prints};
use crate::{Headline, Scenario, Source, Verdict};

fn fetch(url: &str) -> String {
    assert!(url != "bbb", "no such host");
    format!("<{url}>")
}

fn program() {
    let (results, wg) = ([(); 3].map(|()| Var::new(String::new())), WaitGroup::new());
    wg.add(3);
    for (slot, url) in results.iter().zip(["a", "bbb", "cc"]) {
        go!(slot, wg => {
            defer! { wg.done() }
            slot.set(fetch(url));
        });
    }
    wg.wait();
    println!("[{}]", results.map(|slot| slot.get()).join(" "));
}

/// A server that does not exist.
pub(crate) const SCENARIO: Scenario = Scenario {
    name: "fetch_all_panic",
    also: &[],
    section: "examples",
    story: "one fetch panics, and its slot stays empty",
    schedules: 8_000,
    strategy: None,
    main: program,
    longest: Duration::ZERO,
    source: Source { file: file!(), text: include_str!("fetch_all_panic.rs") },
    verdict: Verdict::exact(&[
        prints("").ends("panic: no such host"),
        prints("[<a>  <cc>]").ends("panic: no such host"),
        prints("[<a>  <cc>]"),
    ])
    .shows("a hole, and exit 2 or 0", Headline::Finding(Kind::Panic))
    .finds(&[panics("go!(slot, wg", "assert!(url")])
    .fifo(prints("").ends("panic: no such host")),
};
