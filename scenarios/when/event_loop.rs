//! When to use: "Event-driven architectures", subscribers of a publisher.
//!
//! Story: one goroutine owns the subscribers and publishes ten events to three; one of them unsubscribes in
//! the middle.
//! Verdict: each subscriber gets its events in order, and nothing is sent on a closed channel.
//! Schedules: each obeys the law; 1,000 look for one that does not.

use std::time::Duration;

use goseed::prelude::*;
use goseed::{Outcome, println};

use crate::laws::returned;
use crate::{Headline, Outcomes, Scenario, Source, Verdict};

enum Message {
    Publish(i32),
    Unsubscribe(usize),
}

fn hub(inbox: &Chan<Message>, subscribers: &[Chan<i32>]) {
    let (inbox, mut subscribers) =
        (inbox.clone(), subscribers.iter().cloned().map(Some).collect::<Vec<_>>());
    go(move || {
        for message in &inbox {
            match message {
                Message::Publish(event) => {
                    subscribers.iter().flatten().for_each(|to| to.send(event))
                }
                Message::Unsubscribe(who) => subscribers[who].take().iter().for_each(Chan::close),
            }
        }
        subscribers.iter().flatten().for_each(Chan::close);
    });
}

fn program() {
    let (inbox, subscribers) = (chan(0), [(); 3].map(|()| chan(0)));
    hub(&inbox, &subscribers);
    let wg = WaitGroup::new();
    for (who, events) in subscribers.into_iter().enumerate() {
        wg.go(move || {
            let got: Vec<String> = events.into_iter().map(|event| event.to_string()).collect();
            println!("{who}: {}", got.join(" "));
        });
    }
    for event in 0..10 {
        if event == 5 {
            inbox.send(Message::Unsubscribe(1));
        }
        inbox.send(Message::Publish(event));
    }
    inbox.close();
    wg.wait();
}

fn in_order(outcome: &Outcome) -> Result<(), String> {
    returned(outcome)?;
    let mut lines: Vec<&str> = outcome.stdout.lines().collect();
    lines.sort_unstable();
    let all = "0 1 2 3 4 5 6 7 8 9";
    let expected = [format!("0: {all}"), "1: 0 1 2 3 4".to_owned(), format!("2: {all}")];
    if lines == expected { Ok(()) } else { Err("has an event out of order".to_owned()) }
}

/// A hub and three subscribers.
pub(crate) const SCENARIO: Scenario = Scenario {
    name: "event_loop",
    also: &[],
    section: "when",
    story: "events reach every subscriber in order",
    schedules: 1_000,
    strategy: None,
    main: program,
    longest: Duration::ZERO,
    source: Source { file: file!(), text: include_str!("event_loop.rs") },
    verdict: Verdict::of(Outcomes::Law { holds: in_order, witnesses: &[] })
        .shows("events in order", Headline::Nothing),
};
