//! Anti-Pattern 3: "Starting Goroutines in Constructors".
//!
//! Story: ten services are made, each of which starts a background task that nobody can stop.
//! Verdict: always 11 goroutines; ten leak, by the `go` line of the constructor.
//! Schedules: each shows the one outcome; 1,000 look for another.

use std::time::Duration;

use goseed::prelude::*;
use goseed::{Kind, println};

use crate::verdict::{leak, prints};
use crate::{Headline, Scenario, Source, Verdict};

struct Service {
    work: Chan<()>,
}

impl Service {
    fn new() -> Self {
        let work = chan(0);
        go!(work => { for () in &work {} }); // Nobody ever closes it.
        Self { work }
    }
}

fn program() {
    let services: Vec<Service> = (0..10).map(|_| Service::new()).collect();
    let unused = services.iter().all(|service| service.work.is_empty());
    println!("{} {unused}", runtime::num_goroutine());
}

/// A constructor that starts a goroutine.
pub(crate) const SCENARIO: Scenario = Scenario {
    name: "constructor_leak",
    also: &[],
    section: "anti_patterns",
    story: "ten services whose constructor starts a goroutine",
    schedules: 1_000,
    strategy: None,
    main: program,
    longest: Duration::ZERO,
    source: Source { file: file!(), text: include_str!("constructor_leak.rs") },
    verdict: Verdict::exact(&[prints("11 true")])
        .shows("10 goroutines leak", Headline::Finding(Kind::Leak))
        .finds(&[leak("go!(work", "for () in &work").times(10)]),
};
