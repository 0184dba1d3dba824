//! Channels, one test per sentence of Go's rules.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};

use goseed::prelude::*;
use goseed::{Explore, Kind, Run, Sim, TryRecvError, TrySendError, println};

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

/// The text of the panic in `f`.
fn panic_of(f: impl FnOnce()) -> String {
    recover(f).expect_err("it panics").message().to_owned()
}

/// Holds its own channel, and counts how often it was dropped.
struct Loop(#[expect(dead_code, reason = "it closes the circle")] Chan<Self>, Arc<AtomicU32>);

impl Drop for Loop {
    fn drop(&mut self) {
        self.1.fetch_add(1, SeqCst);
    }
}

#[test]
fn the_values_of_one_sender_arrive_in_order_at_every_capacity() {
    for cap in 0..4 {
        goseed::check(move || {
            let c = chan(cap);
            go!(c => {
                (0..10).for_each(|n| c.send(n));
                c.close();
            });
            assert!((&c).into_iter().eq(0..10));
            assert_eq!((c.recv(), c.receiver().try_recv()), (None, Err(TryRecvError::Closed)));
        });
    }
}

#[test]
fn a_closed_channel_is_drained_first() {
    goseed::check(|| {
        let c = chan(2);
        c.send('a');
        c.send('b');
        c.close();
        assert_eq!((c.len(), c.cap()), (2, 2));
        assert_eq!([c.recv(), c.recv(), c.recv()], [Some('a'), Some('b'), None]);
    });
}

#[test]
fn misuse_has_the_texts_of_go() {
    goseed::check(|| {
        let c = chan(1);
        c.close();
        assert_eq!(panic_of(|| c.send(1)), "send on closed channel");
        assert_eq!(panic_of(|| assert!(c.try_send(1).is_err())), "send on closed channel");
        assert_eq!(panic_of(|| c.close()), "close of closed channel");
        assert_eq!(panic_of(|| Chan::<u8>::nil().close()), "close of nil channel");
        let huge = panic_of(|| drop(chan::<u64>(usize::MAX)));
        assert_eq!(huge, "makechan: size out of range");
        assert_eq!(chan::<()>(usize::MAX).cap(), usize::MAX);
    });
}

#[test]
fn close_lets_receivers_go_and_senders_panic() {
    // A close that nothing orders with a send is a race too.
    Explore::new().allow(Kind::Race).check(|| {
        let (c, results) = (chan::<u8>(0), chan(3));
        for _ in 0..3 {
            go!(c, results => { results.send(recover(|| c.send(1)).is_err()); });
        }
        time::sleep(Duration::from_secs(1));
        c.close();
        for _ in 0..3 {
            assert_eq!(results.recv(), Some(true));
        }
        assert_eq!(c.recv(), None);
    });
    goseed::check(|| {
        let (c, results) = (chan::<u8>(0), chan(3));
        for _ in 0..3 {
            go!(c, results => { results.send(c.recv()); });
        }
        c.close();
        assert_eq!([results.recv(), results.recv(), results.recv()], [Some(None); 3]);
    });
}

#[test]
fn a_value_handed_over_cannot_be_stolen() {
    goseed::check(|| {
        let (c, got) = (chan(0), chan(1));
        go!(c, got => { got.send(c.recv()); });
        time::sleep(Duration::from_secs(1));
        c.send(7);
        assert_eq!(c.try_recv(), Err(TryRecvError::Empty));
        assert_eq!(got.recv(), Some(Some(7)));
    });
}

#[test]
fn trying_never_waits() {
    goseed::check(|| {
        let c = chan(1);
        assert_eq!(c.try_recv(), Err(TryRecvError::Empty));
        assert_eq!((c.try_send(1), c.try_send(2)), (Ok(()), Err(TrySendError::Full(2))));
        assert_eq!(c.try_recv(), Ok(1));
        let nil = Chan::nil();
        assert_eq!(nil.try_send(3), Err(TrySendError::Full(3)));
        assert_eq!(nil.try_recv(), Err(TryRecvError::Empty));
        assert_eq!((nil.len(), nil.cap()), (0, 0));
    });
}

#[test]
fn a_loop_of_attempts_starves_nobody() {
    goseed::check(|| {
        let (c, nil) = (chan(0), Chan::<u8>::nil());
        go!(c => { c.send(()); });
        while c.try_recv().is_err() {
            assert!(nil.try_recv().is_err());
        }
    });
}

#[test]
fn a_nil_channel_blocks_for_ever_and_the_dump_says_so() {
    let run = in_order(|| assert!(Chan::<u8>::nil().recv().is_none()));
    assert_eq!(run.exit.to_string(), "deadlock");
    assert!(run.stderr.contains("goroutine 1 [chan receive (nil chan)]:"), "{}", run.stderr);
    let run = in_order(|| Sender::nil().send(1));
    assert!(run.stderr.contains("goroutine 1 [chan send (nil chan)]:"), "{}", run.stderr);
}

#[test]
fn waiters_are_shown_with_their_state() {
    let run = in_order(|| {
        let c = chan::<u8>(0);
        go!(c => { c.send(1); });
        chan::<u8>(0).recv();
    });
    assert!(run.stderr.contains("goroutine 1 [chan receive]:"), "{}", run.stderr);
    assert!(run.stderr.contains("goroutine 2 [chan send]:"), "{}", run.stderr);
}

#[test]
fn close_wakes_its_waiters_in_the_order_of_go() {
    let run = in_order(|| {
        let (c, wg) = (chan::<u8>(0), WaitGroup::new());
        for n in 0..5 {
            let c = c.clone();
            wg.go(move || {
                c.recv();
                println!("{n}");
            });
        }
        time::sleep(Duration::from_secs(1));
        c.close();
        wg.wait();
    });
    assert_eq!(run.stdout, "4\n3\n2\n1\n0\n");
}

#[test]
fn both_halves_are_the_same_channel() {
    goseed::check(|| {
        let c = chan(1);
        let (to, from) = (c.sender(), c.receiver());
        to.send(1);
        assert_eq!((from.len(), from.cap(), to.len()), (1, 1, 1));
        assert!(c.same(&c.clone()) && !c.same(&chan(1)) && Chan::<u8>::nil().is_nil());
        to.close();
        assert_eq!((&from).into_iter().collect::<Vec<_>>(), [1]);
    });
}

#[test]
fn what_a_dying_goroutine_could_not_send_dies_with_it() {
    let drops = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&drops);
    in_order(move || {
        let (c, d, drops) = (chan(0), chan(0), Arc::clone(&counted));
        let value = Loop(c.clone(), Arc::clone(&drops));
        go(move || c.send(value));
        let value = Loop(d.clone(), drops);
        go(move || {
            select! {
                send(d, value) => {}
                recv(chan::<u8>(0)) -> _ => {}
            }
        });
        time::sleep(Duration::from_secs(1));
    });
    assert_eq!(drops.load(SeqCst), 2);
}

#[test]
fn a_receive_that_waits_in_a_destructor_gets_nothing_at_the_end() {
    struct Waits(Chan<u8>, Arc<AtomicU32>);
    impl Drop for Waits {
        fn drop(&mut self) {
            self.1.fetch_add(1 + u32::from(self.0.recv().is_some()), SeqCst);
            self.0.send(1);
            self.1.fetch_add(10, SeqCst);
        }
    }
    let seen = Arc::new(AtomicU32::new(0));
    let inner = Arc::clone(&seen);
    in_order(move || {
        let waits = Waits(chan(0), Arc::clone(&inner));
        go(move || {
            let _waits = waits;
            Chan::<u8>::nil().recv();
        });
        time::sleep(Duration::from_secs(1));
    });
    assert_eq!(seen.load(SeqCst), 11);
}

#[test]
fn a_leaked_sender_is_found() {
    let report = Explore::new().run(|| {
        let c = chan(0);
        go!(c => { c.send(1); });
    });
    assert!(report.found(Kind::Leak).is_some(), "{report}");
}

#[test]
fn all_orders_of_two_senders_are_found() {
    let seen = outputs(|| {
        let c = chan(1);
        for n in 1..=2 {
            go!(c => { c.send(n); });
        }
        println!("{:?} {:?}", c.recv(), c.recv());
    });
    let all = ["Some(1) Some(2)\n", "Some(2) Some(1)\n"];
    assert_eq!(seen, BTreeSet::from(all.map(str::to_owned)));
}
