//! Leaks, dumps, and who lets whom run.

use goseed::prelude::*;
use goseed::runtime::Dump;
use goseed::sync::atomic::AtomicBool;
use goseed::{Explore, Kind};

use super::{holds, holds_with};

/// The states in which an exploration finds leaked goroutines.
fn leaks(main: fn()) -> Vec<String> {
    let report = Explore::new().schedules(50).keep_going().run(main);
    let leaks = report.findings.iter().filter(|found| found.finding.kind == Kind::Leak);
    let state = |text: &str| {
        let line = text.lines().next().unwrap_or_default();
        let (_, rest) = line.split_once(" for ever in ")?;
        Some(rest.split_once(" at ")?.0.to_owned())
    };
    leaks.filter_map(|found| state(&found.finding.text)).collect()
}

/// Go 154: whoever is blocked on what nobody else can reach has leaked, by whatever operation [TestGoroutineLeakProfile].
#[test]
fn leaks_are_found_by_whatever_operation() {
    let cases: [(&str, fn()); 9] = [
        ("chan receive (nil chan)", || {
            go(|| {
                Chan::<u8>::nil().recv();
            });
        }),
        ("chan send (nil chan)", || go(|| Chan::<u8>::nil().send(1))),
        ("select (no cases)", || go(|| select! {})),
        ("chan receive", || {
            go(|| {
                chan::<u8>(0).recv();
            });
        }),
        ("chan send", || go(|| chan::<u8>(0).send(1))),
        ("select", || {
            go(|| {
                let (a, b) = (chan::<u8>(0), chan::<u8>(0));
                select! { recv(a) -> _ => {}, recv(b) -> _ => {} }
            });
        }),
        ("sync.WaitGroup.Wait", || {
            go(|| {
                let wg = WaitGroup::new();
                wg.add(1);
                wg.wait();
            });
        }),
        ("sync.Mutex.Lock", || {
            go(|| {
                let m = RawMutex::new();
                m.lock();
                m.lock();
            });
        }),
        ("sync.Cond.Wait", || {
            go(|| {
                let m = RawMutex::new();
                m.lock();
                Cond::new(m).wait();
            });
        }),
    ];
    for (state, main) in cases {
        let found = leaks(main);
        assert!(
            !found.is_empty() && found.iter().all(|found| found == state),
            "{state}: {found:?}"
        );
    }
    // Who can still be woken has not leaked.
    let reachable = leaks(|| {
        let c = chan::<u8>(0);
        let inner = c.clone();
        go(move || {
            inner.recv();
        });
        runtime::gosched();
        go(move || c.send(1));
    });
    assert_eq!(reachable, [""; 0]);
}

/// Go 156: a grouped dump counts goroutines with equal stacks, the most numerous first [TestGoroutineCounts].
#[test]
fn a_grouped_dump_counts_equal_stacks() {
    let main = || {
        let (a, b) = (chan::<u8>(0), chan::<u8>(0));
        for n in 0..8 {
            let c = if n % 4 == 0 { a.clone() } else { b.clone() };
            if n % 4 == 0 {
                go(move || {
                    c.recv();
                });
            } else {
                go(move || {
                    c.recv();
                });
            }
        }
        // Until all of them are blocked.
        let dump = loop {
            let dump = runtime::goroutine_dump(Dump::Grouped);
            if dump.contains("\n6 @\n#\tchan receive") && dump.contains("\n2 @\n#\tchan receive") {
                break dump;
            }
            runtime::gosched();
        };
        let (most, fewer) = (dump.find("\n6 @\n"), dump.find("\n2 @\n"));
        assert!(dump.starts_with("goroutine profile: total 9\n") && most < fewer, "{dump}");
    };
    holds_with(Kind::Leak, main);
}

/// Go 157: who steps back lets others go on, and so does who is interrupted [TestYieldProgress, TestYieldLocked, TestPreemption, TestPingPongHog].
#[test]
fn nobody_is_starved_by_those_who_spin() {
    holds(|| {
        let stop = AtomicBool::new(false);
        go!(stop => { stop.store(true) });
        while !stop.load() {
            runtime::gosched();
        }
        // Also without stepping back: each access is a point.
        let stop = AtomicBool::new(false);
        go!(stop => { stop.store(true) });
        while !stop.load() {}
    });
}
