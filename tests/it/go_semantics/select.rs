//! `select!`.

use goseed::Kind;
use goseed::prelude::*;

use super::{ends, holds, holds_with, in_all_schedules, in_sim, panic_of};

/// Ten standard deviations of a fair draw of one in `of`, in ten thousand.
fn ten_sigma(of: f64) -> f64 {
    10.0 * (10_000.0 * (1.0 / of) * (1.0 - 1.0 / of)).sqrt()
}

/// Go 25: of two channels, one is ready at every moment, the second one by being closed [TestNonblockSelectRace2].
#[test]
fn a_close_makes_the_second_channel_ready_before_the_first_is_drained() {
    let main = || {
        let (a, b, done) = (chan(1), chan::<i32>(0), chan(0));
        a.send(1);
        go!(a, b, done => {
            b.close();
            let _ = a.receiver().try_recv();
            done.send(());
        });
        select! {
            recv(a) -> _ => {}
            recv(b) -> _ => {}
            default => panic!("one of them was ready"),
        }
        done.recv();
    };
    in_all_schedules(main);
    holds(main);
}

/// Go 26: two selects that both send and receive on one channel meet each other and never themselves [TestSelfSelect].
#[test]
fn a_select_does_not_meet_itself() {
    holds(|| {
        let (c, wg) = (chan(0), WaitGroup::new());
        for me in 0..2 {
            let c = c.clone();
            wg.go(move || {
                for _ in 0..50 {
                    select! {
                        send(c, me) => {}
                        recv(c) -> who => assert_ne!(who, Some(me)),
                    }
                }
            });
        }
        wg.wait();
    });
}

/// Go 28: of cases that are always ready each is taken equally often, and unready ones never [TestSelectFairness].
#[test]
fn ready_cases_are_drawn_evenly() {
    let main = || {
        let (a, b) = (chan::<u8>(0), chan::<u8>(0));
        a.close();
        b.close();
        let (never, nil) = (chan::<u8>(0), Chan::<u8>::nil());
        let mut first = 0_u32;
        for _ in 0..10_000 {
            select! {
                recv(a) -> _ => first += 1,
                recv(b) -> _ => {}
                recv(never) -> _ => panic!("nobody sends"),
                send(nil, 1) => panic!("it is nil"),
            }
        }
        assert!((f64::from(first) - 5_000.0).abs() < ten_sigma(2.0), "{first}");
    };
    assert_eq!(super::in_order(main).exit.to_string(), "returned");
    super::on_cores(main);
}

/// Go 30: a select that waits twice on one channel leaves nothing behind there [TestSelectDuplicateChannel].
#[test]
fn a_select_that_is_over_waits_nowhere() {
    holds(|| {
        let (c, d, over) = (chan(0), chan(0), chan(0));
        go!(c, d, over => {
            select! {
                recv(c) -> _ => panic!("nothing was sent there"),
                recv(c) -> _ => panic!("nothing was sent there"),
                recv(d) -> _ => over.send(()),
            }
        });
        d.send(1);
        over.recv();
        let got = chan(1);
        go!(c, got => { got.send(c.recv()) });
        c.send(2);
        assert_eq!(got.recv(), Some(Some(2)));
    });
}

/// Go 31: the case that is taken touches its own target alone [TestSelectStackAdjust].
#[test]
fn other_cases_targets_stay_as_they_are() {
    holds(|| {
        let (a, b, c, d) = (chan::<i32>(0), chan::<i32>(0), chan::<i32>(0), chan::<i32>(0));
        go!(d => { d.close() });
        let (mut x, mut y, mut z, mut w) = (Some(1), Some(2), Some(3), Some(4));
        select! {
            recv(a) -> v => x = v,
            recv(b) -> v => y = v,
            recv(c) -> v => z = v,
            recv(d) -> v => w = v,
        }
        assert_eq!((x, y, z, w), (Some(1), Some(2), Some(3), None));
    });
}

/// Go 33: a blocked select panics when the channel that it would send on is closed [selectgo].
#[test]
fn a_blocked_send_case_panics_at_close() {
    holds_with(Kind::Race, || {
        let (c, other, text) = (chan(0), chan::<i32>(0), chan(1));
        go!(c, other, text => {
            text.send(panic_of(|| {
                select! { send(c, 1) => {}, recv(other) -> _ => {} }
            }));
        });
        runtime::gosched();
        c.close();
        assert_eq!(text.recv().as_deref(), Some("send on closed channel"));
    });
}

/// Go 34: ready cases of different kinds are drawn evenly [p24].
#[test]
fn a_send_a_receive_and_a_closed_channel_are_drawn_evenly() {
    let main = || {
        let (full, empty, closed, other) = (chan(1), chan(1), chan::<u8>(0), chan::<u8>(0));
        closed.close();
        other.close();
        full.send(1);
        let mut counts = [0_u32; 4];
        for _ in 0..10_000 {
            select! {
                recv(full) -> _ => { full.send(1); counts[0] += 1 }
                send(empty, 1) => { empty.recv(); counts[1] += 1 }
                recv(closed) -> _ => counts[2] += 1,
                recv(other) -> _ => counts[3] += 1,
            }
        }
        for count in counts {
            assert!((f64::from(count) - 2_500.0).abs() < ten_sigma(4.0), "{counts:?}");
        }
    };
    assert_eq!(super::in_order(main).exit.to_string(), "returned");
    super::on_cores(main);
}

/// Go 35: the first sender to come ends a blocked select; a later one on another channel has to wait [p26].
#[test]
fn a_blocked_select_takes_one_value() {
    in_sim(|| {
        let (a, b, got) = (chan(0), chan(0), chan(2));
        go!(a, b, got => {
            for _ in 0..2 {
                select! { recv(a) -> v => got.send(v), recv(b) -> v => got.send(v) }
            }
        });
        runtime::wait_idle();
        b.send(1);
        a.send(2);
        assert_eq!((got.recv(), got.recv()), (Some(Some(1)), Some(Some(2))));
    });
}

/// Go 37: a select without cases blocks for ever, and counts as blocked [block()].
#[test]
fn an_empty_select_is_a_deadlock() {
    ends("deadlock", || {
        go(|| select! {});
        select! {}
    });
}

/// Go 38: channels are merged by setting those that are closed to nil [p46].
#[test]
fn merging_with_nil_channels_visits_all_and_ends() {
    holds(|| {
        let (a, b) = (chan(0), chan(0));
        for (c, from) in [(a.clone(), 0), (b.clone(), 10)] {
            go(move || {
                (from..from + 5).for_each(|n| c.send(n));
                c.close();
            });
        }
        let (mut a, mut b, mut seen) = (a, b, Vec::new());
        while !a.is_nil() || !b.is_nil() {
            select! {
                recv(a) -> v => match v { Some(v) => seen.push(v), None => a = Chan::nil() },
                recv(b) -> v => match v { Some(v) => seen.push(v), None => b = Chan::nil() },
            }
        }
        seen.sort_unstable();
        assert!(seen.into_iter().eq((0..5).chain(10..15)));
    });
}
