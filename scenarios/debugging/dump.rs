//! Debugging: "Print all goroutine stacks".
//!
//! Story: two workers wait in the same receive; main prints both forms of the dump.
//! Verdict: the full form has each goroutine with its state and where it was created, the grouped form says
//! how many have the same stack. The chapter calls the grouped form and shows the full one.
//! Schedules: each shows the one outcome, without line numbers; 1,000 look for another.

use std::time::Duration;

use goseed::prelude::*;
use goseed::{Kind, Outcome, println};

use crate::laws::returned;
use crate::pace::settle;
use crate::verdict::leak;
use crate::{Headline, Outcomes, Scenario, Source, Verdict};

/// The heads of a dump: lines that say who and in which state.
fn heads(form: runtime::Dump) -> String {
    let dump = runtime::goroutine_dump(form);
    let head = |line: &&str| line.starts_with("goroutine ") || line.contains(" @ ");
    let heads = dump.lines().filter(head).map(|line| line.split(" @").next().unwrap_or_default());
    heads.collect::<Vec<_>>().join(" ")
}

fn program() {
    let jobs = chan::<()>(0);
    for _ in 0..2 {
        go!(jobs => { jobs.recv(); });
    }
    settle(|| heads(runtime::Dump::Full).matches("[chan receive]").count() == 2);
    println!("{}", heads(runtime::Dump::Full));
    println!("{}", heads(runtime::Dump::Grouped));
}

fn both_forms(outcome: &Outcome) -> Result<(), String> {
    returned(outcome)?;
    let lines: Vec<&str> = outcome.stdout.lines().collect();
    let full = |line: &str| {
        line.starts_with("goroutine 1 [running]: ") && line.matches(" [chan receive]:").count() == 2
    };
    match lines[..] {
        [first, second] if full(first) && second.starts_with("goroutine profile: total 3") => {
            Ok(())
        }
        _ => Err("is no dump of three goroutines".to_owned()),
    }
}

/// Both forms of a dump.
pub(crate) const SCENARIO: Scenario = Scenario {
    name: "dump",
    also: &[],
    section: "debugging",
    story: "all goroutines are dumped, in both forms",
    schedules: 1_000,
    strategy: None,
    main: program,
    longest: Duration::ZERO,
    source: Source { file: file!(), text: include_str!("dump.rs") },
    verdict: Verdict::of(Outcomes::Law { holds: both_forms, witnesses: &[] })
        .shows("two in chan receive", Headline::Finding(Kind::Leak))
        .finds(&[leak("go!(jobs", "jobs.recv()").times(2)]),
};
