//! `select!`: all its forms, and what it does.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};

use goseed::prelude::*;
use goseed::{Explore, Kind, Run, Sim, println};

/// The one schedule of Go's own order.
fn in_order(main: impl Fn() + Send + Sync + 'static) -> Run {
    Sim::new().strategy("fifo").run(main)
}

/// What a program can print, by all its schedules.
fn outputs(main: impl Fn() + Send + Sync + 'static) -> BTreeSet<String> {
    let report = Explore::new().strategy("dpor").keep_going().run(main);
    assert!(report.complete, "{report}");
    report.outcomes.into_keys().map(|outcome| outcome.stdout).collect()
}

fn lines(all: &[&str]) -> BTreeSet<String> {
    all.iter().map(|line| format!("{line}\n")).collect()
}

/// A channel with this value in it.
fn with<T: Send + 'static>(value: T) -> Chan<T> {
    let c = chan(1);
    c.send(value);
    c
}

#[test]
fn arms_are_of_one_type_and_may_end_with_a_comma_or_a_block() {
    goseed::check(|| {
        let (a, b) = (with(1), chan::<&str>(0));
        let got = select! {
            recv(a) -> v => v,
            recv(b) -> v => { v.map(|v| v.len() as i32) }
            default => None
        };
        assert_eq!(got, Some(1));
        let text = select! {
            recv(a) -> _ => "received",
            default => { "nothing" },
        };
        assert_eq!(text, "nothing");
        let never: Receiver<u8> = Receiver::nil();
        assert_eq!(select! { default => { 1 } recv(&never) -> _ => 2, }, 1);
        assert_eq!(select! { default => 3, send(a, 4) => 5 }, 5);
    });
}

#[test]
fn channels_and_both_halves_by_value_and_by_reference() {
    goseed::check(|| {
        let c = chan(4);
        let (to, from) = (c.sender(), c.receiver());
        let (by_ref, list) = (&&to, [c.clone()]);
        select! { send(c, 1) => {} default => unreachable!() }
        select! { send(to, 2) => {} default => unreachable!() }
        select! { send(by_ref, 3) => {} default => unreachable!() }
        select! { send(list[0].sender(), 4) => {} default => unreachable!() }
        let sum = select! { recv(c) -> v => v.unwrap() }
            + select! { recv(&from) -> v => v.unwrap() }
            + select! { recv(list[0]) -> v => v.unwrap() }
            + select! { recv(c.receiver()) -> v => v.unwrap() };
        assert_eq!(sum, 10);
    });
}

#[test]
fn a_value_takes_the_type_of_the_channel() {
    goseed::check(|| {
        let c = chan::<Box<dyn Fn() -> u8 + Send>>(1);
        select! { send(c, Box::new(|| 7)) => {} }
        assert_eq!(c.recv().expect("sent")(), 7);
    });
}

fn first_or_error(c: &Chan<Result<u8, String>>) -> Result<u8, String> {
    loop {
        select! {
            recv(c) -> v => {
                let n = v.ok_or("closed")??;
                if n == 0 {
                    continue;
                }
                return Ok(n);
            }
            default => break,
        }
    }
    Err("nothing".to_owned())
}

#[test]
fn arms_may_break_continue_return_and_use_the_question_mark() {
    goseed::check(|| {
        let c = chan(3);
        assert_eq!(first_or_error(&c), Err("nothing".to_owned()));
        c.send(Ok(0));
        c.send(Ok(3));
        assert_eq!(first_or_error(&c), Ok(3));
        c.send(Err("no".to_owned()));
        c.close();
        assert_eq!(first_or_error(&c), Err("no".to_owned()));
        assert_eq!(first_or_error(&c), Err("closed".to_owned()));
    });
}

#[test]
fn arms_borrow_locals_mutably() {
    goseed::check(|| {
        let (a, b) = (with(1), chan(1));
        let (mut all, mut slot) = (Vec::new(), Some(2));
        for _ in 0..2 {
            select! {
                recv(a) -> v => all.extend(v),
                send(b, take slot) => {
                    all.push(2);
                    slot = None;
                }
            }
        }
        all.sort_unstable();
        assert_eq!((all, slot, b.recv()), (vec![1, 2], None, Some(2)));
    });
}

struct Pending {
    slot: Option<u8>,
    more: [Option<u8>; 1],
}

impl Pending {
    fn flush(&mut self, c: &Chan<u8>) {
        select! { send(c, take self.slot) => {} default => {} }
        select! { send(c, take self.more[0]) => {} default => {} }
    }
}

#[test]
fn a_slot_is_taken_only_if_its_arm_wins() {
    goseed::check(|| {
        let (c, mut pending) = (chan(1), Pending { slot: Some(1), more: [Some(2)] });
        pending.flush(&c);
        assert_eq!((pending.slot, pending.more), (None, [Some(2)]));
        assert_eq!(c.recv(), Some(1));
    });
}

#[test]
fn an_empty_slot_switches_its_arm_off() {
    goseed::check(|| {
        let (c, mut slot) = (chan::<u8>(1), None);
        assert!(select! { send(c, take slot) => false, default => true });
        let (got, other) = (chan::<u8>(1), with('x'));
        assert_eq!(select! { send(got, take slot) => None, recv(other) -> v => v }, Some('x'));
    });
}

#[test]
fn take_before_anything_but_a_place_is_a_value() {
    fn take(n: u8) -> u8 {
        n + 1
    }
    goseed::check(|| {
        let c = chan(2);
        select! { send(c, take(1)) => {} }
        let take = 5;
        select! { send(c, take) => {} }
        assert_eq!((c.recv(), c.recv()), (Some(2), Some(5)));
    });
}

#[test]
fn operands_are_evaluated_once_in_source_order() {
    goseed::check(|| {
        let (c, mut log) = (chan::<u8>(0), Vec::new());
        let mut note = |what| {
            log.push(what);
            c.clone()
        };
        select! {
            recv(note("first")) -> _ => {}
            send(note("second"), { note("its value"); 1 }) => {}
            recv(note("third")) -> _ => {}
            default => {}
        }
        assert_eq!(log, ["first", "second", "its value", "third"]);
    });
}

#[test]
fn without_arms_it_blocks_for_ever() {
    fn never() -> u8 {
        select! {}
    }
    let run = in_order(|| assert_eq!(never(), 0));
    assert!(run.stderr.contains("goroutine 1 [select (no cases)]:"), "{}", run.stderr);
}

#[test]
fn its_state_is_that_of_a_plain_operation_if_it_has_one_arm() {
    let one = in_order(|| select! { recv(chan::<u8>(0)) -> _ => {} });
    assert!(one.stderr.contains("goroutine 1 [chan receive]:"), "{}", one.stderr);
    let nil = in_order(|| select! { send(Chan::nil(), 1) => {} });
    assert!(nil.stderr.contains("goroutine 1 [chan send (nil chan)]:"), "{}", nil.stderr);
    let two = in_order(|| {
        let nil = Chan::<u8>::nil();
        select! { recv(nil) -> _ => {} send(nil, 1) => {} }
    });
    assert!(two.stderr.contains("goroutine 1 [select]:"), "{}", two.stderr);
}

#[test]
fn a_closed_channel_is_ready_to_receive_from_and_to_panic() {
    goseed::check(|| {
        let c = chan(0);
        c.close();
        assert_eq!(select! { recv(c) -> v => v, default => Some(1) }, None);
        let panic = recover(|| select! { send(c, 1) => {} default => {} }).expect_err("it panics");
        assert_eq!(panic.message(), "send on closed channel");
    });
    // Nothing orders the close with the send, which is a race too.
    Explore::new().allow(Kind::Race).check(|| {
        let (c, other, failed) = (chan(0), chan::<u8>(0), chan(1));
        go!(c, other, failed => {
            let sent = recover(|| select! { send(c, 1) => {} recv(other) -> _ => {} });
            failed.send(sent.is_err());
        });
        c.close();
        assert_eq!(failed.recv(), Some(true));
    });
}

#[test]
fn it_never_meets_itself() {
    let run = in_order(|| {
        let c = chan(0);
        select! { send(c, 1) => {} recv(c) -> _ => {} }
    });
    assert_eq!(run.exit.to_string(), "deadlock");
}

#[test]
fn a_lost_case_leaves_no_trace() {
    goseed::check(|| {
        let (a, b, done) = (chan(0), chan(0), chan(0));
        go!(a, b, done => {
            select! { send(a, 1) => {} send(b, 2) => {} recv(done) -> _ => {} }
            done.send(());
        });
        assert_eq!(b.recv(), Some(2));
        done.recv();
        assert!(a.try_recv().is_err() && b.try_recv().is_err());
    });
}

#[test]
fn the_same_channel_may_occur_twice() {
    let seen = outputs(|| {
        let c = with(1);
        println!("{}", select! { recv(c) -> _ => "left", recv(c) -> _ => "right" });
    });
    assert_eq!(seen, lines(&["left", "right"]));
}

#[test]
fn each_ready_case_is_equally_likely() {
    let report = Explore::new().schedules(2_000).run(|| {
        let (a, never, b) = (with(1), chan::<u8>(0), with(2));
        println!("{}", select! { recv(a) -> _ => 1, recv(never) -> _ => 0, recv(b) -> _ => 2 });
    });
    let counts: Vec<u64> = report.outcomes.values().map(|seen| seen.count).collect();
    assert_eq!(counts.len(), 2);
    assert!(counts.iter().all(|&count| (900..1_100).contains(&count)), "{counts:?}");
}

#[test]
fn searches_find_every_case_and_the_default() {
    let seen = outputs(|| {
        let (a, b) = (chan(1), chan(1));
        go!(a => { a.send(1); });
        go!(b => { b.send(2); });
        println!("{}", select! { recv(a) -> _ => "a", recv(b) -> _ => "b", default => "none" });
    });
    assert_eq!(seen, lines(&["a", "b", "none"]));
}

#[test]
fn searches_know_that_channels_with_distant_numbers_are_different() {
    // Their numbers have the same place in a set of 32.
    let seen = outputs(|| {
        let all: Vec<Chan<u8>> = (0..33).map(|_| chan(1)).collect();
        let (a, b) = (all[0].clone(), all[32].clone());
        go!(b => { b.send(1); });
        println!("{}", select! { recv(a) -> _ => "a", recv(b) -> _ => "b", default => "none" });
    });
    assert_eq!(seen, lines(&["b", "none"]));
}

#[test]
fn in_a_destructor_it_ends_neutrally_with_the_run() {
    struct Selects(Arc<AtomicU32>);
    impl Drop for Selects {
        fn drop(&mut self) {
            let (c, mut slot) = (chan::<u8>(0), Some(1));
            select! {
                send(c, 1) => {}
                recv(c) -> v => { self.0.fetch_add(1 + u32::from(v.is_some()), SeqCst); }
            }
            while slot.is_some() {
                select! { send(c, take slot) => { self.0.fetch_add(10, SeqCst); } }
            }
        }
    }
    let seen = Arc::new(AtomicU32::new(0));
    let inner = Arc::clone(&seen);
    in_order(move || {
        let selects = Selects(Arc::clone(&inner));
        go(move || {
            let _selects = selects;
            select! {}
        });
        time::sleep(Duration::from_secs(1));
    });
    assert_eq!(seen.load(SeqCst), 11);
}
