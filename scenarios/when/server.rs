//! When to use: "I/O-bound operations", a server with a goroutine per request.
//!
//! Story: three clients, each request takes a millisecond.
//! Verdict: all answers, in the time of one request: 1 ms, where one after another takes 3 ms.
//! Schedules: each shows the one outcome; 1,000 look for another.

use std::time::Duration;

use goseed::prelude::*;
use goseed::println;

use crate::pace::span;
use crate::verdict::prints;
use crate::{Headline, Scenario, Source, Verdict};

fn handle(n: usize) -> String {
    time::sleep(span(Duration::from_millis(1)));
    format!("ok{n}")
}

fn program() {
    let answers: [Chan<String>; 3] = [(); 3].map(|()| chan(1));
    for (n, answer) in answers.iter().enumerate() {
        go!(answer => { answer.send(handle(n)) });
    }
    let all: Vec<String> = answers.iter().filter_map(Chan::recv).collect();
    println!("[{}]", all.join(" "));
}

fn one_after_another() {
    let all: Vec<String> = (0..3).map(handle).collect();
    println!("[{}]", all.join(" "));
}

/// A goroutine for each request.
pub(crate) const SCENARIO: Scenario = Scenario {
    name: "server",
    also: &[],
    section: "when",
    story: "three requests at once",
    schedules: 1_000,
    strategy: None,
    main: program,
    longest: Duration::from_millis(1),
    source: Source { file: file!(), text: include_str!("server.rs") },
    verdict: Verdict::exact(&[prints("[ok0 ok1 ok2]")])
        .shows("three answers in 1 ms", Headline::Nothing)
        .takes(Duration::from_millis(1)),
};

/// One after another.
pub(crate) const SEQUENTIAL: Scenario = Scenario {
    name: "server_sequential",
    story: "three requests one after another",
    schedules: 1_000,
    main: one_after_another,
    verdict: Verdict::exact(&[prints("[ok0 ok1 ok2]")])
        .shows("three answers in 3 ms", Headline::Nothing)
        .takes(Duration::from_millis(3)),
    ..SCENARIO
};
