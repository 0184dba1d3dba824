//! Who waits for whom: what a report says of goroutines that are blocked for ever.

use std::sync::Arc;
use std::time::Duration;

use goseed::prelude::*;
use goseed::{Explore, Finding, Kind};

/// The finding of this kind that random schedules show.
#[track_caller]
fn finding(kind: Kind, program: impl Fn() + Send + Sync + 'static) -> Finding {
    let explore = Explore::new().strategy("random").schedules(200).keep_going();
    let report = explore.run(program);
    let found = report.found(kind).unwrap_or_else(|| panic!("no {kind}: {report}"));
    found.finding.clone()
}

/// The text with each line of this file without its number.
fn text(finding: &Finding) -> String {
    let parts = finding.text.split("tests/it/waits.rs:");
    let rest = |part: &str| part.trim_start_matches(|c: char| c.is_ascii_digit()).to_owned();
    let parts: Vec<String> = parts
        .enumerate()
        .map(|(n, part)| if n == 0 { part.to_owned() } else { rest(part) })
        .collect();
    parts.join("here")
}

fn opposite(after: impl FnOnce(&WaitGroup)) {
    let [a, b] = [0, 1].map(|n| Arc::new(Mutex::new(n)));
    let (c, d) = (Arc::clone(&a), Arc::clone(&b));
    let wg = WaitGroup::new();
    wg.go(move || {
        let mut a = a.lock();
        let b = b.lock();
        *a += *b;
    });
    wg.go(move || {
        let mut d = d.lock();
        let c = c.lock();
        *d += *c;
    });
    after(&wg);
}

#[test]
fn a_deadlock_names_who_holds_what_since_where_and_the_circle() {
    let found = finding(Kind::Deadlock, || {
        opposite(|wg| {
            wg.wait();
        });
    });
    let expected = "\
fatal error: all goroutines are asleep - deadlock! main: sync.WaitGroup.Wait at here
  g2 and g3 wait for each other
  g1 main: sync.WaitGroup.Wait wg#1 at here
    nobody else has used wg#1, made at here
  g2 main/0: sync.Mutex.Lock mutex#2 at here, started at here
    mutex#2 is held by g3 main/1, since here
  g3 main/1: sync.Mutex.Lock mutex#1 at here, started at here
    mutex#1 is held by g2 main/0, since here";
    assert_eq!(text(&found), expected);
}

#[test]
fn who_locks_twice_waits_for_itself() {
    let found = finding(Kind::Deadlock, || {
        let m = Mutex::new(());
        let _first = m.lock();
        let _second = m.lock();
    });
    let text = text(&found);
    assert!(text.contains("  g1 waits for itself\n"), "{text}");
    assert!(text.ends_with("    mutex#1 is held by the same goroutine, since here"), "{text}");
}

#[test]
fn a_reader_waits_for_the_writer_that_waits_for_it() {
    let found = finding(Kind::Deadlock, || {
        let m = Arc::new(RwMutex::new(0));
        let other = Arc::clone(&m);
        go(move || *other.lock() += 1);
        let _outer = m.rlock();
        runtime::gosched();
        let _inner = m.rlock();
    });
    let text = text(&found);
    assert!(text.contains("rwmutex#1 is held by g2 main/0, since here"), "{text}");
    assert!(text.contains("rwmutex#1 is held by g1 main, since here"), "{text}");
}

#[test]
fn each_of_three_waits_for_the_next() {
    let found = finding(Kind::Deadlock, || {
        let (wg, forks) = (WaitGroup::new(), Arc::new([(); 3].map(Mutex::new)));
        for n in 0..3 {
            let forks = Arc::clone(&forks);
            wg.go(move || {
                let _left = forks[n].lock();
                let _right = forks[(n + 1) % 3].lock();
            });
        }
        wg.wait();
    });
    assert!(found.text.contains("each waits for the next: g2, g3, g4, g2"), "{}", found.text);
}

#[test]
fn a_leak_names_who_used_the_channel_last() {
    let found = finding(Kind::Leak, || {
        let ch = chan(0);
        for n in 0..3 {
            let ch = ch.clone();
            go(move || ch.send(n));
        }
        ch.recv();
    });
    let text = text(&found);
    let first = "leak: 2 goroutines started at here are blocked for ever in chan send at here\n";
    assert!(text.starts_with(first), "{text}");
    assert!(text.contains("chan#1, made at here, was last used by g"), "{text}");
    assert!(text.contains("which has ended: send at here"), "{text}");
}

#[test]
fn a_leak_on_a_lock_names_who_has_ended_with_it() {
    let found = finding(Kind::Leak, || {
        let m = RawMutex::new();
        let (other, wg) = (m.clone(), WaitGroup::new());
        wg.go(move || other.lock());
        wg.wait();
        go(move || m.lock());
    });
    let text = text(&found);
    let held = "mutex#1 is held by g2 main/0, which has ended, since here";
    assert!(text.contains(held), "{text}");
}

#[test]
fn what_nothing_can_end_is_a_leak_while_others_run_on() {
    let found = finding(Kind::Leak, || {
        go(|| assert_eq!(Chan::<i32>::nil().recv(), None));
        go(|| select! {});
        go(|| {
            loop {
                time::sleep(Duration::from_millis(1));
            }
        });
        time::sleep(Duration::from_millis(1));
    });
    assert!(
        found.text.contains("chan receive (nil chan)") || found.text.contains("select (no cases)")
    );
}

#[test]
fn a_circle_of_locks_is_noted_while_others_run_on() {
    let program = || {
        opposite(|_| {});
        go(|| {
            loop {
                time::sleep(Duration::from_millis(1));
            }
        });
        time::sleep(Duration::from_millis(1));
    };
    let report = Explore::new().strategy("random").schedules(200).keep_going().run(program);
    let cycle = report.findings.iter().find(|found| found.finding.text.starts_with("lock cycle: "));
    let cycle = cycle.unwrap_or_else(|| panic!("{report}"));
    assert_eq!(cycle.finding.kind, Kind::LockOrder);
    assert!(!cycle.fails && !report.failed(), "{report}");
    assert!(cycle.finding.text.contains("g2 and g3 wait for each other at "), "{report}");
}
