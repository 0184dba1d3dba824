//! The workloads for shuttle.

use shuttle::sync::atomic::{AtomicUsize, Ordering};
use shuttle::sync::{Arc, Mutex, mpsc};
use shuttle::thread;

/// `n` threads read a variable and write it back.
pub fn lost_counter<const N: usize>() {
    let counter = Arc::new(AtomicUsize::new(0));
    let add = |counter: &AtomicUsize| {
        let seen = counter.load(Ordering::SeqCst);
        counter.store(seen + 1, Ordering::SeqCst);
    };
    join((0..N).map(|_| {
        let counter = Arc::clone(&counter);
        thread::spawn(move || add(&counter))
    }));
}

/// Two threads hand a token back and forth.
pub fn ping_pong() {
    let (there, from_there) = mpsc::sync_channel(0);
    let (back, from_back) = mpsc::sync_channel(0);
    let echo = thread::spawn(move || {
        while let Ok(n) = from_there.recv() {
            if back.send(n).is_err() {
                break;
            }
        }
    });
    for n in 0..1_000_u32 {
        let _ = there.send(n);
        let _ = from_back.recv();
    }
    drop(there);
    join([echo]);
}

/// Eight threads lock, add one and unlock, 50 times each.
pub fn contended_mutex() {
    let counter = Arc::new(Mutex::new(0_u64));
    join((0..8).map(|_| {
        let counter = Arc::clone(&counter);
        thread::spawn(move || {
            for _ in 0..50 {
                if let Ok(mut n) = counter.lock() {
                    *n += 1;
                }
            }
        })
    }));
}

/// Four producers, one consumer, a buffer of four.
pub fn producers_consumer() {
    let (items, taken) = mpsc::sync_channel(4);
    let producers: Vec<_> = (0..4)
        .map(|_| {
            let items = items.clone();
            thread::spawn(move || {
                for n in 0..25_u32 {
                    let _ = items.send(n);
                }
            })
        })
        .collect();
    for _ in 0..100 {
        let _ = taken.recv();
    }
    join(producers);
}

/// A thousand threads that do nothing but be waited for.
pub fn spawn_and_join() {
    join((0..1_000).map(|_| thread::spawn(|| ())).collect::<Vec<_>>());
}

/// Four threads step back a thousand times each.
pub fn yields() {
    join((0..4).map(|_| {
        thread::spawn(|| {
            for _ in 0..1_000 {
                thread::yield_now();
            }
        })
    }));
}

fn join(threads: impl IntoIterator<Item = thread::JoinHandle<()>>) {
    for thread in threads.into_iter().collect::<Vec<_>>() {
        let _ = thread.join();
    }
}
