//! The workloads on goseed. Each runs inside a run and gives back how many operations it did.

use std::time::{Duration, Instant};

use goseed::prelude::*;

/// 5,000 batches of 100.
pub fn spawn_batches() -> usize {
    let wg = WaitGroup::new();
    for _ in 0..5_000 {
        wg.add(100);
        for _ in 0..100 {
            let wg = wg.clone();
            go(move || wg.done());
        }
        wg.wait();
    }
    500_000
}

/// A million at once.
pub fn spawn_at_once() -> usize {
    let wg = WaitGroup::new();
    wg.add(1_000_000);
    for _ in 0..1_000_000 {
        let wg = wg.clone();
        go(move || wg.done());
    }
    wg.wait();
    1_000_000
}

/// A million that nobody waits for: the chapter's exercise 4.
pub fn creation() -> usize {
    (0..1_000_000).for_each(|_| go(|| {}));
    1_000_000
}

/// One by one, joined by a channel.
pub fn spawn_and_join() -> usize {
    let c = chan(0);
    for _ in 0..200_000 {
        let to = c.clone();
        go(move || to.send(1));
        c.recv();
    }
    200_000
}

fn yields(goroutines: usize, each: usize) -> usize {
    let wg = WaitGroup::new();
    for _ in 0..goroutines {
        wg.go(move || (0..each).for_each(|_| runtime::gosched()));
    }
    wg.wait();
    goroutines * each
}

/// Two that yield to each other.
pub fn yield_2() -> usize {
    yields(2, 500_000)
}

/// A thousand that yield.
pub fn yield_1000() -> usize {
    yields(1_000, 1_000)
}

fn echo(a: &Chan<usize>, b: &Chan<usize>) {
    let (a, b) = (a.clone(), b.clone());
    go(move || {
        for v in &a {
            b.send(v);
        }
    });
}

fn bounce(a: &Chan<usize>, b: &Chan<usize>, times: usize) -> usize {
    for n in 0..times {
        a.send(n);
        b.recv();
    }
    a.close();
    times
}

/// Two that talk.
pub fn ping_pong() -> usize {
    let (a, b) = (chan(0), chan(0));
    echo(&a, &b);
    bounce(&a, &b, 500_000)
}

/// Two that talk, after the first has kept its worker busy for so long that the second starts elsewhere.
pub fn ping_pong_across() -> usize {
    let (a, b, ready) = (chan(0), chan(0), chan(0));
    let (from, to, up) = (a.clone(), b.clone(), ready.clone());
    go(move || {
        up.send(());
        for v in &from {
            to.send(v);
        }
    });
    let started = Instant::now();
    while started.elapsed() < Duration::from_millis(2) {
        std::hint::spin_loop();
    }
    ready.recv();
    bounce(&a, &b, 200_000)
}

/// A hundred pairs that talk.
pub fn pairs() -> usize {
    let wg = WaitGroup::new();
    for _ in 0..100 {
        let (a, b) = (chan(0), chan(0));
        let (c, d) = (a.clone(), b.clone());
        wg.go(move || {
            for n in 0..5_000 {
                a.send(n);
                b.recv();
            }
        });
        wg.go(move || {
            for _ in 0..5_000 {
                if let Some(v) = c.recv() {
                    d.send(v);
                }
            }
        });
    }
    wg.wait();
    500_000
}

fn buffered(producers: usize, items: usize) -> usize {
    let (c, done, wg) = (chan(128), chan(0), WaitGroup::new());
    for _ in 0..producers {
        let to = c.clone();
        wg.go(move || (0..items).for_each(|n| to.send(n)));
        let (from, done) = (c.clone(), done.clone());
        go(move || done.send(from.into_iter().count()));
    }
    wg.wait();
    c.close();
    assert_eq!(done.into_iter().take(producers).sum::<usize>(), producers * items);
    producers * items
}

/// One producer, one consumer.
pub fn buffered_1x1() -> usize {
    buffered(1, 2_000_000)
}

/// Four producers, four consumers.
pub fn buffered_4x4() -> usize {
    buffered(4, 500_000)
}

fn select_fan_in(capacity: usize) -> usize {
    let c: [Chan<usize>; 4] = std::array::from_fn(|_| chan(capacity));
    for to in c.clone() {
        go(move || (0..100_000).for_each(|n| to.send(n)));
    }
    for _ in 0..400_000 {
        select! {
            recv(c[0]) -> _ => {}
            recv(c[1]) -> _ => {}
            recv(c[2]) -> _ => {}
            recv(c[3]) -> _ => {}
        }
    }
    400_000
}

/// Four unbuffered sources.
pub fn select_unbuffered() -> usize {
    select_fan_in(0)
}

/// Four buffered sources.
pub fn select_128() -> usize {
    select_fan_in(128)
}

/// Eight that count.
pub fn mutex() -> usize {
    let (n, wg) = (Mutex::new(0), WaitGroup::new());
    for _ in 0..8 {
        let n = n.clone();
        wg.go(move || (0..200_000).for_each(|_| *n.lock() += 1));
    }
    wg.wait();
    1_600_000
}

fn blocked(count: usize) -> usize {
    let (gate, ready, done) = (chan::<()>(0), WaitGroup::new(), WaitGroup::new());
    let (before, start) = (super::resident(), Instant::now());
    ready.add(count as i64);
    done.add(count as i64);
    for _ in 0..count {
        let (gate, ready, done) = (gate.clone(), ready.clone(), done.clone());
        go(move || {
            ready.done();
            gate.recv();
            done.done();
        });
    }
    ready.wait();
    super::note_blocked(before, count, start);
    gate.close();
    done.wait();
    count
}

/// A hundred thousand blocked ones.
pub fn blocked_100k() -> usize {
    blocked(100_000)
}

/// A million blocked ones.
pub fn blocked_1m() -> usize {
    blocked(1_000_000)
}

/// A hundred thousand sleepers.
pub fn timers() -> usize {
    let wg = WaitGroup::new();
    for n in 0..100_000 {
        wg.go(move || time::sleep(Duration::from_millis(1 + n % 50)));
    }
    wg.wait();
    100_000
}

/// Twenty values through a ring of ten thousand.
pub fn ring() -> usize {
    let first = chan(0);
    let mut last = first.clone();
    for _ in 0..10_000 {
        let (from, to) = (last, chan(0));
        last = to.clone();
        go(move || {
            for v in &from {
                to.send(v + 1);
            }
            to.close();
        });
    }
    for _ in 0..20 {
        let first = first.clone();
        go(move || first.send(0));
        last.recv();
    }
    first.close();
    last.recv();
    200_000
}

fn leaves(c: &Chan<usize>, num: usize, size: usize) {
    if size == 1 {
        return c.send(num);
    }
    let results = chan(0);
    for n in 0..10 {
        let results = results.clone();
        go(move || leaves(&results, num + n * (size / 10), size / 10));
    }
    c.send((0..10).filter_map(|_| results.recv()).sum());
}

/// A tree of a million leaves.
pub fn skynet() -> usize {
    let c = chan(0);
    let to = c.clone();
    go(move || leaves(&to, 0, 1_000_000));
    assert_eq!(c.recv(), Some(499_999_500_000));
    1_000_000
}

pub(super) fn fib_of(n: u32) -> u64 {
    if n < 2 { u64::from(n) } else { fib_of(n - 1) + fib_of(n - 2) }
}

fn parallel_fib(n: u32) -> u64 {
    if n < 24 {
        return fib_of(n);
    }
    let c = chan(1);
    let to = c.clone();
    go(move || to.send(parallel_fib(n - 1)));
    let right = parallel_fib(n - 2);
    c.recv().unwrap_or(0) + right
}

/// fib(36), with a goroutine for each branch above 24.
pub fn fib() -> usize {
    assert_eq!(parallel_fib(36), 14_930_352);
    1
}
