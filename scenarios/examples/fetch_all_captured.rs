//! Example 2, without the parameters: index and URL are the loop's variables, which all goroutines share.
//!
//! Story: a goroutine reads the shared variables when it runs, which is later than the loop meant.
//! Verdict: a page may land in a wrong slot or be another one's, and a slot may stay empty; the last slot
//! never does. In Go's own order `["" "" "<cc>"]`. Both variables and the slot race, in every schedule.
//! Schedules: each witness showed in more than one of a hundred schedules: 1,000 miss one with less than
//! 10^-4; 3,000 with less than 10^-13.

use std::time::Duration;

use goseed::prelude::*;
use goseed::{Outcome, println};

use crate::laws::{printed, returned};
use crate::verdict::{prints, race};
use crate::{Headline, Outcomes, Scenario, Source, Verdict, When, Witness};

const URLS: [&str; 3] = ["a", "bbb", "cc"];

fn program() {
    let results: Vec<Var<String>> = URLS.iter().map(|_| Var::default()).collect();
    let (i, url, wg) = (Var::new(0), Var::new(""), WaitGroup::new());
    wg.add(3);
    for (at, name) in URLS.into_iter().enumerate() {
        i.set(at);
        url.set(name);
        let results = results.clone();
        go!(i, url, wg => {
            defer! { wg.done() }
            let page = format!("<{}>", url.get());
            results[i.get()].set(page);
        });
    }
    wg.wait();
    let results: Vec<String> = results.iter().map(|slot| format!("{:?}", slot.get())).collect();
    println!("[{}]", results.join(" "));
}

fn last_slot_is_full(outcome: &Outcome) -> Result<(), String> {
    returned(outcome)?;
    if outcome.stdout.trim_end().ends_with("\"\"]") {
        Err("leaves the last slot empty".to_owned())
    } else {
        Ok(())
    }
}

fn misplaced(outcome: &Outcome) -> bool {
    ["[\"<bbb>", "\"<cc>\" \"", " \"<a>"].iter().any(|part| outcome.stdout.contains(part))
}

/// Shared loop variables.
pub(crate) const SCENARIO: Scenario = Scenario {
    name: "fetch_all_captured",
    also: &[],
    section: "examples",
    story: "the pages are fetched with shared loop variables",
    schedules: 3_000,
    strategy: None,
    main: program,
    longest: Duration::ZERO,
    source: Source { file: file!(), text: include_str!("fetch_all_captured.rs") },
    verdict: Verdict::of(Outcomes::Law {
        holds: last_slot_is_full,
        witnesses: &[
            Witness { what: "like Go 1.21's", seen: |o| printed(o, "[\"\" \"\" \"<cc>\"]") },
            Witness {
                what: "with the right answer",
                seen: |o| printed(o, "[\"<a>\" \"<bbb>\" \"<cc>\"]"),
            },
            Witness { what: "with a page in another one's slot", seen: misplaced },
        ],
    })
    .shows("pages in wrong slots, or none", Headline::Outcome(misplaced))
    .finds(&[
        race("i.set(at)", "results[i.get()]"),
        race("url.set(name)", "url.get()"),
        race("results[i.get()]", "results[i.get()]").times(3).when(When::Sometimes),
    ])
    .fifo(prints("[\"\" \"\" \"<cc>\"]")),
};
