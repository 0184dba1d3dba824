//! The workloads on tokio and on threads.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc as std_mpsc};
use std::time::{Duration, Instant};

use tokio::runtime::Handle;
use tokio::sync::{Mutex, Semaphore, mpsc, oneshot};
use tokio::task::yield_now;

/// Runs `program` in a task of a runtime with so many workers.
pub fn on_tokio<R: Send + 'static>(
    procs: usize,
    program: impl FnOnce() -> R + Send + 'static,
) -> R {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(procs)
        .enable_all()
        .build()
        .expect("a runtime can be had");
    let handle = runtime.handle().clone();
    // The rounds are driven from a thread beside the workers; each round is a task.
    let result = std::thread::spawn(move || {
        let _entered = handle.enter();
        program()
    });
    result.join().expect("no workload panics")
}

/// Runs one round as a task.
fn round<F: Future<Output = usize> + Send + 'static>(round: F) -> usize {
    let (to, from) = std_mpsc::channel();
    Handle::current().spawn(async move {
        let _ = to.send(round.await);
    });
    from.recv().expect("the round ends")
}

/// 5,000 batches of 100.
pub fn spawn_batches() -> usize {
    round(async {
        for _ in 0..5_000 {
            let all: Vec<_> = (0..100).map(|_| tokio::spawn(async {})).collect();
            for one in all {
                let _ = one.await;
            }
        }
        500_000
    })
}

/// A million at once.
pub fn spawn_at_once() -> usize {
    round(async {
        let all: Vec<_> = (0..1_000_000).map(|_| tokio::spawn(async {})).collect();
        for one in all {
            let _ = one.await;
        }
        1_000_000
    })
}

/// A million that nobody waits for.
pub fn creation() -> usize {
    round(async {
        (0..1_000_000).for_each(|_| drop(tokio::spawn(async {})));
        1_000_000
    })
}

/// One by one.
pub fn spawn_and_join() -> usize {
    round(async {
        for _ in 0..200_000 {
            let (to, from) = oneshot::channel();
            tokio::spawn(async move { to.send(1) });
            let _ = from.await;
        }
        200_000
    })
}

fn yields(tasks: usize, each: usize) -> usize {
    round(async move {
        let body = move || async move {
            for _ in 0..each {
                yield_now().await;
            }
        };
        let all: Vec<_> = (0..tasks).map(|_| tokio::spawn(body())).collect();
        for one in all {
            let _ = one.await;
        }
        tasks * each
    })
}

/// Two that yield.
pub fn yield_2() -> usize {
    yields(2, 500_000)
}

/// A thousand that yield.
pub fn yield_1000() -> usize {
    yields(1_000, 1_000)
}

async fn talk(times: usize) {
    let (a, mut from_a) = mpsc::channel(1);
    let (b, mut from_b) = mpsc::channel(1);
    tokio::spawn(async move {
        while let Some(v) = from_a.recv().await {
            let _ = b.send(v).await;
        }
    });
    for n in 0..times {
        let _ = a.send(n).await;
        from_b.recv().await;
    }
}

/// Two that talk, through channels of capacity 1: tokio has none without a buffer.
pub fn ping_pong() -> usize {
    round(async {
        talk(500_000).await;
        500_000
    })
}

/// A hundred pairs.
pub fn pairs() -> usize {
    round(async {
        let all: Vec<_> = (0..100).map(|_| tokio::spawn(talk(5_000))).collect();
        for one in all {
            let _ = one.await;
        }
        500_000
    })
}

/// One producer, one consumer.
pub fn buffered() -> usize {
    round(async {
        let (to, mut from) = mpsc::channel(128);
        tokio::spawn(async move {
            for n in 0..2_000_000_usize {
                let _ = to.send(n).await;
            }
        });
        while from.recv().await.is_some() {}
        2_000_000
    })
}

/// Four buffered sources.
pub fn select_128() -> usize {
    round(async {
        let mut sources = Vec::new();
        for _ in 0..4 {
            let (to, from) = mpsc::channel(128);
            sources.push(from);
            tokio::spawn(async move {
                for n in 0..100_000_usize {
                    let _ = to.send(n).await;
                }
            });
        }
        let [mut a, mut b, mut c, mut d] =
            <[_; 4]>::try_from(sources).expect("there are four sources");
        for _ in 0..400_000 {
            tokio::select! {
                Some(_) = a.recv() => {}
                Some(_) = b.recv() => {}
                Some(_) = c.recv() => {}
                Some(_) = d.recv() => {}
                else => break,
            }
        }
        400_000
    })
}

/// Eight that count.
pub fn mutex() -> usize {
    round(async {
        let total = Arc::new(Mutex::new(0));
        let count = |total: Arc<Mutex<i32>>| async move {
            for _ in 0..200_000 {
                *total.lock().await += 1;
            }
        };
        let all: Vec<_> = (0..8).map(|_| tokio::spawn(count(Arc::clone(&total)))).collect();
        for one in all {
            let _ = one.await;
        }
        1_600_000
    })
}

fn blocked(count: usize) -> usize {
    round(async move {
        let (gate, ready) = (Arc::new(Semaphore::new(0)), Arc::new(AtomicUsize::new(0)));
        let (before, start) = (super::resident(), Instant::now());
        let wait = |gate: Arc<Semaphore>, ready: Arc<AtomicUsize>| async move {
            ready.fetch_add(1, Ordering::Relaxed);
            let _ = gate.acquire().await;
        };
        let spawn = |_| tokio::spawn(wait(Arc::clone(&gate), Arc::clone(&ready)));
        let all: Vec<_> = (0..count).map(spawn).collect();
        while ready.load(Ordering::Relaxed) < count {
            yield_now().await;
        }
        super::note_blocked(before, count, start);
        gate.close();
        for one in all {
            let _ = one.await;
        }
        count
    })
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
    round(async {
        let nap = |n: u64| tokio::time::sleep(Duration::from_millis(1 + n % 50));
        let all: Vec<_> = (0..100_000).map(|n| tokio::spawn(nap(n))).collect();
        for one in all {
            let _ = one.await;
        }
        100_000
    })
}

/// Batches of 100 threads.
pub fn threads_spawn() -> usize {
    for _ in 0..20 {
        std::thread::scope(|scope| {
            for _ in 0..100 {
                scope.spawn(|| {});
            }
        });
    }
    2_000
}

/// Threads one by one.
pub fn threads_join() -> usize {
    for _ in 0..2_000 {
        let _ = std::thread::spawn(|| {}).join();
    }
    2_000
}

/// Ten thousand blocked threads.
pub fn threads_blocked() -> usize {
    let (gate, ready) = (std::sync::Barrier::new(10_001), std::sync::Barrier::new(10_001));
    let (before, start) = (super::resident(), Instant::now());
    std::thread::scope(|scope| {
        for _ in 0..10_000 {
            scope.spawn(|| {
                ready.wait();
                gate.wait();
            });
        }
        ready.wait();
        super::note_blocked(before, 10_000, start);
        gate.wait();
    });
    10_000
}

/// Two threads that talk.
pub fn threads_ping_pong() -> usize {
    let (a, from_a) = std_mpsc::sync_channel(0);
    let (b, from_b) = std_mpsc::sync_channel(0);
    std::thread::spawn(move || from_a.into_iter().try_for_each(|v: usize| b.send(v)));
    for n in 0..5_000 {
        let _ = a.send(n);
        let _ = from_b.recv();
    }
    5_000
}

/// Two threads, through capacity 128.
pub fn threads_buffered() -> usize {
    let (to, from) = std_mpsc::sync_channel(128);
    let sender = std::thread::spawn(move || (0..500_000_usize).try_for_each(|n| to.send(n)));
    assert_eq!(from.into_iter().count(), 500_000);
    let _ = sender.join();
    500_000
}

/// Eight threads that count.
pub fn threads_mutex() -> usize {
    let total = std::sync::Mutex::new(0);
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..200_000 {
                    *total.lock().expect("nobody panics") += 1;
                }
            });
        }
    });
    1_600_000
}
