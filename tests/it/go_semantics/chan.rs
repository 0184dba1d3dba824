//! Channels, and what ends a wait on them.
//!
//! Go 23: not applicable: goroutines cannot be locked to a thread, since each stays on one anyway.

use std::fmt::Display;

use goseed::prelude::*;
use goseed::runtime::Dump;
use goseed::sync::atomic::AtomicI64;
use goseed::{Kind, TryRecvError, TrySendError};

use super::{holds, holds_with, in_all_schedules, in_sim, panic_of};

/// Go 1: an empty open channel is not ready to receive from, at any capacity [TestChan].
#[test]
fn an_empty_channel_lets_nobody_receive() {
    holds(|| {
        for cap in 0..=20 {
            let c = chan::<u8>(cap);
            assert_eq!(c.receiver().try_recv(), Err(TryRecvError::Empty));
        }
    });
}

/// Go 2: a full channel lets a sender go on only after a receive [TestChan].
#[test]
fn a_full_channel_holds_its_sender_until_a_receive() {
    holds(|| {
        for cap in 0..3 {
            let c = chan(cap);
            (0..cap).for_each(|n| c.send(n));
            assert!(c.try_send(cap).is_err());
            go!(c => { c.send(cap) });
            assert!((0..=cap).all(|n| c.recv() == Some(n)));
        }
    });
}

/// Go 3: a closed channel yields what it holds, in order, and then nothing any number of times [TestChan].
#[test]
fn a_closed_channel_yields_its_values_and_then_none() {
    holds(|| {
        for cap in 0..4 {
            let c = chan(cap);
            (0..cap).for_each(|n| c.send(n));
            c.close();
            assert!((0..cap).all(|n| c.recv() == Some(n)));
            assert_eq!([c.recv(), c.recv(), c.recv()], [None; 3]);
        }
    });
}

/// Go 4: close wakes a blocked receiver, with nothing [TestChan].
#[test]
fn close_wakes_a_blocked_receiver() {
    holds(|| {
        let (c, woken) = (chan::<u8>(0), chan(0));
        go!(c, woken => { woken.send(c.recv()) });
        runtime::gosched();
        c.close();
        assert_eq!(woken.recv(), Some(None));
    });
}

/// Go 7: length and capacity of a channel that is empty, filled in part, full, or nil [TestChan].
#[test]
fn len_and_cap_tell_how_full_a_channel_is() {
    holds(|| {
        let c = chan(3);
        for len in 0..=3 {
            assert_eq!((c.len(), c.cap()), (len, 3));
            let _ = c.try_send(len);
        }
        let nil = Chan::<u8>::nil();
        assert_eq!((nil.len(), nil.cap()), (0, 0));
    });
}

/// Go 10: misuse of a channel panics with Go's texts, and can be recovered from [TestRuntimePanicWithRuntimeError].
#[test]
fn misuse_panics_with_gos_texts() {
    holds(|| {
        let c = chan(1);
        c.close();
        assert_eq!(panic_of(|| c.send(1)), "send on closed channel");
        assert_eq!(panic_of(|| c.close()), "close of closed channel");
        assert_eq!(panic_of(|| Chan::<u8>::nil().close()), "close of nil channel");
    });
}

/// Go 14: close makes every blocked sender panic, and delivers none of their values [closechan].
#[test]
fn close_makes_blocked_senders_panic_and_keeps_the_buffer() {
    holds_with(Kind::Race, || {
        let (c, texts) = (chan(1), chan(3));
        c.send(0);
        for n in 1..=3 {
            go!(c, texts => { texts.send(panic_of(|| c.send(n))) });
        }
        runtime::gosched();
        c.close();
        for _ in 0..3 {
            assert_eq!(texts.recv().as_deref(), Some("send on closed channel"));
        }
        assert_eq!([c.recv(), c.recv()], [Some(0), None]);
    });
}

/// Go 15: a closed channel is ready in a select: a send panics, a receive beats the default [p61].
#[test]
fn select_finds_a_closed_channel_ready() {
    holds(|| {
        let c = chan::<u8>(0);
        c.close();
        let sending = panic_of(|| select! { send(c, 1) => {}, default => {} });
        assert_eq!(sending, "send on closed channel");
        let received = select! { recv(c) -> v => v, default => Some(9) };
        assert_eq!(received, None);
    });
}

/// Go 18: a loop over a closed channel visits the rest and ends [BenchmarkReceiveDataFromClosedChan].
#[test]
fn a_loop_over_a_closed_channel_visits_the_rest() {
    holds(|| {
        let c = chan(5);
        (0..5).for_each(|n| c.send(n));
        c.close();
        assert!((&c).into_iter().eq(0..5));
    });
}

/// Go 5: the values of one sender arrive uncorrupted and in order, at every capacity [TestChan].
#[test]
fn a_hundred_values_arrive_in_order() {
    holds(|| {
        for cap in [0, 1, 10] {
            let c = chan(cap);
            go!(c => {
                (0..100).for_each(|n| c.send(n));
                c.close();
            });
            assert!((0..50).all(|n| c.recv() == Some(n)));
            assert!((&c).into_iter().eq(50..100));
        }
    });
}

/// Go 8: a channel that holds a value and is then closed and drained is ready all the time [TestNonblockRecvRace].
#[test]
fn a_channel_that_is_closed_with_a_value_in_it_is_never_unready() {
    let main = || {
        let (c, done) = (chan(1), chan(0));
        c.send(1);
        go!(c, done => {
            c.close();
            let _ = c.receiver().try_recv();
            done.send(());
        });
        select! { recv(c) -> _ => {}, default => panic!("it was ready") }
        done.recv();
    };
    in_all_schedules(main);
    holds(main);
}

/// Go 11: what arrives is what was sent, whatever the sender's stack did since [TestShrinkStackDuringBlockedSend].
#[test]
fn the_value_is_that_of_the_moment_of_the_send() {
    fn deep(n: u32) -> u32 {
        let padding = std::hint::black_box([n; 64]);
        if n == 0 { padding[63] } else { deep(n - 1) + padding[0] - n }
    }
    holds(|| {
        let c = chan(0);
        go!(c => {
            for n in 0..8 {
                let values = [n; 32];
                c.send(values);
                assert_eq!(deep(50), 0);
            }
        });
        (0..8).for_each(|n| assert_eq!(c.recv(), Some([n; 32])));
    });
}

/// Go 12: boxed values go through a full buffer with a default, and none is lost [TestChanSendInterface].
#[test]
fn boxed_values_are_passed_or_kept() {
    holds(|| {
        let c = chan::<Box<dyn Display + Send>>(1);
        assert!(c.try_send(Box::new(1)).is_ok());
        let Err(TrySendError::Full(refused)) = c.try_send(Box::new("two")) else {
            panic!("it is full")
        };
        assert_eq!(refused.to_string(), "two");
        assert_eq!(c.recv().expect("the first").to_string(), "1");
        select! { send(c, Box::new("three")) => {}, default => panic!("there was room") }
    });
}

/// Go 16: blocked senders are served oldest first [p51].
#[test]
fn the_oldest_sender_is_served_first() {
    in_sim(|| {
        let c = chan(0);
        for n in 0..5 {
            go!(c => { c.send(n) });
            runtime::wait_idle();
        }
        assert!((0..5).all(|n| c.recv() == Some(n)));
    });
}

/// Go 19: a ping-pong over unbuffered channels alternates strictly [p07, p08].
#[test]
fn ping_and_pong_alternate() {
    holds(|| {
        let (ping, pong, log) = (chan(0), chan(0), Mutex::new(Vec::new()));
        go!(ping, pong, log => {
            for n in &ping {
                log.lock().push((n, "ping"));
                pong.send(n);
            }
        });
        for n in 0..20 {
            ping.send(n);
            pong.recv();
            log.lock().push((n, "pong"));
        }
        ping.close();
        let expected = (0..20).flat_map(|n| [(n, "ping"), (n, "pong")]);
        assert!(log.lock().iter().copied().eq(expected));
    });
}

/// Go 20: send and receive on a nil channel block for ever, under names of their own [TestGoroutineLeakProfile].
#[test]
fn nil_channels_block_for_ever() {
    holds_with(Kind::Leak, || {
        go(|| {
            Chan::<u8>::nil().recv();
        });
        go(|| Chan::<u8>::nil().send(1));
        let seen = || {
            let dump = runtime::goroutine_dump(Dump::Full);
            dump.contains("[chan receive (nil chan)]") && dump.contains("[chan send (nil chan)]")
        };
        while !seen() {
            runtime::gosched();
        }
    });
}

/// Go 21: a channel of capacity C never admits more than C holders [BenchmarkChanSem].
#[test]
fn a_channel_is_a_semaphore() {
    holds(|| {
        let (slots, held, wg) = (chan(2), AtomicI64::new(0), WaitGroup::new());
        for _ in 0..6 {
            let (slots, held) = (slots.clone(), held.clone());
            wg.go(move || {
                slots.send(());
                assert!(held.add(1) <= 2);
                runtime::gosched();
                held.add(-1);
                slots.recv();
            });
        }
        wg.wait();
    });
}

/// Go 22: a send that meets a parked receiver does not go through the buffer [send() in chan.go].
#[test]
fn a_send_to_a_waiting_receiver_leaves_the_buffer_alone() {
    in_sim(|| {
        let (c, done) = (chan(2), chan(1));
        go!(c, done => { done.send(c.recv()) });
        runtime::wait_idle();
        c.send(7);
        assert_eq!(c.len(), 0);
        assert_eq!(done.recv(), Some(Some(7)));
    });
}
