//! The workloads for goseed.

use goseed::prelude::*;

/// `n` goroutines read a variable and write it back, each counted down.
pub fn lost_counter<const N: usize>() {
    let (counter, wg) = (atomic::AtomicUsize::new(0), WaitGroup::new());
    wg.add(N as i64);
    for _ in 0..N {
        go!(counter, wg => {
            let seen = counter.load();
            counter.store(seen + 1);
            wg.done();
        });
    }
    wg.wait();
}

/// Two goroutines hand a token back and forth.
pub fn ping_pong() {
    let (there, back, wg) = (chan(0), chan(0), WaitGroup::new());
    wg.add(1);
    go!(there, back, wg => {
        while let Some(n) = there.recv() {
            back.send(n);
        }
        wg.done();
    });
    for n in 0..1_000_u32 {
        there.send(n);
        back.recv();
    }
    there.close();
    wg.wait();
}

/// Eight goroutines lock, add one and unlock, 50 times each.
pub fn contended_mutex() {
    let (counter, wg) = (Mutex::new(0_u64), WaitGroup::new());
    wg.add(8);
    for _ in 0..8 {
        go!(counter, wg => {
            for _ in 0..50 {
                *counter.lock() += 1;
            }
            wg.done();
        });
    }
    wg.wait();
}

/// Four producers, one consumer, a buffer of four.
pub fn producers_consumer() {
    let items = chan(4);
    for _ in 0..4 {
        go!(items => {
            for n in 0..25_u32 {
                items.send(n);
            }
        });
    }
    for _ in 0..100 {
        items.recv();
    }
}

/// A thousand goroutines that do nothing but be waited for.
pub fn spawn_and_join() {
    let wg = WaitGroup::new();
    wg.add(1_000);
    for _ in 0..1_000 {
        go!(wg => { wg.done() });
    }
    wg.wait();
}

/// Four goroutines step back a thousand times each.
pub fn yields() {
    let wg = WaitGroup::new();
    wg.add(4);
    for _ in 0..4 {
        go!(wg => {
            for _ in 0..1_000 {
                runtime::gosched();
            }
            wg.done();
        });
    }
    wg.wait();
}
