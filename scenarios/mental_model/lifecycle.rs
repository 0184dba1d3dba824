//! Goroutine Lifecycle: "Runnable, Running, Waiting, Dead", as a dump shows them.
//!
//! Story: one goroutine for each way to wait, one that sleeps, one that has ended and one that has just
//! been started; main looks at all of them while it holds the mutex.
//! Verdict: exactly these states, in the order of their start. One that has ended is in no dump: there is
//! no "dead". The newest is `runnable`, or has ended by then, which the program does not print.
//! Schedules: each shows the one outcome; 1,000 look for another.

use std::time::Duration;

use goseed::prelude::*;
use goseed::println;

use crate::pace::settle;
use crate::verdict::{cut_off, leak, prints};
use crate::{Headline, Scenario, Source, Verdict, When};

/// What waits, and how the dump calls it.
const STATES: [&str; 7] = [
    "running",
    "chan receive (nil chan)",
    "chan send",
    "select (no cases)",
    "sleep",
    "sync.Mutex.Lock",
    "sync.WaitGroup.Wait",
];

/// The states in a dump, of main first.
fn states() -> Vec<String> {
    let dump = runtime::goroutine_dump(runtime::Dump::Full);
    let heads = dump.lines().filter_map(|line| line.strip_prefix("goroutine ")?.split_once('['));
    heads.filter_map(|(_, rest)| Some(rest.split_once(']')?.0.to_owned())).collect()
}

fn all_wait() -> bool {
    states().iter().map(String::as_str).eq(STATES)
}

fn program() {
    let (full, mu, wg) = (chan(0), RawMutex::new(), WaitGroup::new());
    wg.add(1);
    mu.lock();
    go(|| assert_eq!(Chan::<()>::nil().recv(), None));
    go!(full => { full.send(1) });
    go(|| select! {});
    go(|| time::sleep(Duration::from_secs(3_600)));
    go!(mu => { mu.lock() });
    go!(wg => { wg.wait() });
    go(|| ());
    settle(all_wait);
    go(|| ()); // Just started.
    let mut states = states();
    states.truncate(STATES.len());
    println!("{}", states.join(", "));
}

/// Each state once.
pub(crate) const SCENARIO: Scenario = Scenario {
    name: "lifecycle",
    also: &[],
    section: "mental_model",
    story: "a dump names what every goroutine waits for",
    schedules: 1_000,
    strategy: None,
    main: program,
    longest: Duration::ZERO,
    source: Source { file: file!(), text: include_str!("lifecycle.rs") },
    verdict: Verdict::exact(&[prints(
        "running, chan receive (nil chan), chan send, select (no cases), sleep, sync.Mutex.Lock, \
         sync.WaitGroup.Wait",
    )])
    .shows("Go's names for each wait", Headline::Nothing)
    .finds(&[
        leak("Chan::<()>::nil().recv()", ""),
        leak("full.send(1)", ""),
        leak("select! {}", ""),
        leak("mu.lock() });", ""),
        leak("wg.wait() });", ""),
        cut_off("time::sleep(Duration::from_secs(3_600))").when(When::Always),
    ]),
};
