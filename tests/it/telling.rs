//! What a `tracing` subscriber hears: the failing schedule, and whatever was run by itself.

use std::io::{self, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};

use goseed::prelude::{Duration, Var, WaitGroup, chan, go, go_named, runtime, time};
use goseed::{Explore, Sim, VirtualTime};
use tracing::{info, info_span};

/// Writes into what is shared.
struct Sink(Arc<Mutex<Vec<u8>>>);

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What is heard while `task` runs, line by line.
fn heard(task: impl FnOnce()) -> Vec<String> {
    let lines = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&lines);
    let subscriber = tracing_subscriber::fmt()
        .with_timer(VirtualTime)
        .with_max_level(tracing::Level::DEBUG)
        .with_ansi(false)
        .with_writer(move || Sink(Arc::clone(&sink)));
    tracing::subscriber::with_default(subscriber.finish(), task);
    let bytes = lines.lock().unwrap_or_else(PoisonError::into_inner);
    String::from_utf8_lossy(&bytes).lines().map(str::to_owned).collect()
}

/// The lines of the program's own events, without where they come from.
fn own(lines: &[String]) -> Vec<String> {
    let own = lines.iter().filter(|line| line.contains("it::telling: "));
    own.map(|line| line.replace("it::telling: ", "")).collect()
}

fn two_that_race() {
    let (count, wg) = (Arc::new(Var::new(0)), WaitGroup::new());
    for _ in 0..2 {
        let count = Arc::clone(&count);
        wg.go(move || {
            info!("mine");
            count.set(count.get() + 1);
        });
    }
    wg.wait();
}

#[test]
fn schedules_that_pass_are_not_heard() {
    let lines = heard(|| {
        Explore::new().schedules(50).check(|| {
            info!("not heard");
            let ch = chan(0);
            let sender = ch.clone();
            go(move || sender.send(1));
            assert_eq!(ch.recv(), Some(1));
        });
    });
    assert!(lines.is_empty(), "{lines:?}");
}

#[test]
fn the_failing_schedule_is_heard_once() {
    let lines = heard(|| {
        let failed = catch_unwind(AssertUnwindSafe(|| Explore::new().check(two_that_race)));
        assert!(failed.is_err());
    });
    let ends = lines.iter().filter(|line| line.contains(" goseed: return "));
    assert_eq!(ends.count(), 1, "{lines:?}");
    assert_eq!(own(&lines).len(), 2, "{lines:?}");
    let set = lines.iter().find(|line| line.contains(" write var#1 ")).expect("it writes");
    for part in ["goroutine{id=", "step=", "time=0ns", "place=tests/it/telling.rs:", "go="] {
        assert!(set.contains(part), "{set}");
    }
}

#[test]
fn goroutines_have_spans_with_their_number_and_name() {
    let lines = heard(|| {
        Sim::new().strategy("fifo").run(|| {
            let done = chan(0);
            let told = done.clone();
            go_named("worker", move || {
                info!("here");
                told.send(());
            });
            done.recv();
            time::sleep(Duration::from_secs(2));
            info!("there");
        });
    });
    let expected =
        ["0ns  INFO goroutine{id=2 name=\"worker\"}: here", "2s  INFO goroutine{id=1}: there"];
    assert_eq!(own(&lines), expected, "{lines:?}");
}

#[test]
fn a_span_that_a_goroutine_has_entered_stays_its_own() {
    let lines = heard(|| {
        Sim::new().strategy("round-robin").run(|| {
            let wg = WaitGroup::new();
            for n in 0..2 {
                wg.go(move || {
                    let span = info_span!("inner", n);
                    let within = span.enter();
                    runtime::gosched();
                    info!("within");
                    runtime::gosched();
                    drop(within);
                    info!("without");
                });
            }
            wg.wait();
        });
    });
    let mut own = own(&lines);
    own.sort_unstable();
    let expected = [
        "0ns  INFO goroutine{id=2}: without",
        "0ns  INFO goroutine{id=2}:inner{n=0}: within",
        "0ns  INFO goroutine{id=3}: without",
        "0ns  INFO goroutine{id=3}:inner{n=1}: within",
    ];
    assert_eq!(own, expected, "{lines:?}");
}
