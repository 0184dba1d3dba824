//! The workloads on tokio and on threads.

use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc as std_mpsc};
use std::time::{Duration, Instant};

use tokio::runtime::Handle;
use tokio::sync::{Mutex, Semaphore, mpsc, oneshot};
use tokio::task::{JoinHandle, yield_now};

use super::ours::fib_of;

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

/// A task that sends back what it receives.
fn echo() -> (mpsc::Sender<usize>, mpsc::Receiver<usize>) {
    let (a, mut from_a) = mpsc::channel(1);
    let (b, from_b) = mpsc::channel(1);
    tokio::spawn(async move {
        while let Some(v) = from_a.recv().await {
            let _ = b.send(v).await;
        }
    });
    (a, from_b)
}

async fn bounce(to: mpsc::Sender<usize>, mut from: mpsc::Receiver<usize>, times: usize) -> usize {
    for n in 0..times {
        let _ = to.send(n).await;
        from.recv().await;
    }
    times
}

async fn talk(times: usize) -> usize {
    let (a, b) = echo();
    bounce(a, b, times).await
}

/// Two that talk, through channels of capacity 1: tokio has none without a buffer.
pub fn ping_pong() -> usize {
    round(talk(500_000))
}

/// The same, where the other one has begun elsewhere by then.
pub fn ping_pong_across() -> usize {
    round(async {
        let (a, b) = echo();
        // The one that was spawned last cannot be stolen.
        tokio::spawn(async {});
        let began = Instant::now();
        while began.elapsed() < Duration::from_millis(2) {
            std::hint::spin_loop();
        }
        bounce(a, b, 200_000).await
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

async fn produce(to: mpsc::Sender<usize>, items: usize) {
    for n in 0..items {
        let _ = to.send(n).await;
    }
}

/// One producer, one consumer.
pub fn buffered_1x1() -> usize {
    round(async {
        let (to, mut from) = mpsc::channel(128);
        tokio::spawn(produce(to, 2_000_000));
        while from.recv().await.is_some() {}
        2_000_000
    })
}

async fn consume(from: Arc<Mutex<mpsc::Receiver<usize>>>) -> usize {
    let mut items = 0;
    while from.lock().await.recv().await.is_some() {
        items += 1;
    }
    items
}

/// Four producers, four consumers, which share a receiver under a lock: a channel of tokio's has only one.
pub fn buffered_4x4() -> usize {
    round(async {
        let (to, from) = mpsc::channel(128);
        let from = Arc::new(Mutex::new(from));
        let mut consumers = Vec::new();
        for _ in 0..4 {
            tokio::spawn(produce(to.clone(), 500_000));
            consumers.push(tokio::spawn(consume(Arc::clone(&from))));
        }
        drop(to);
        let mut items = 0;
        for one in consumers {
            items += one.await.unwrap_or(0);
        }
        assert_eq!(items, 2_000_000);
        items
    })
}

fn select_fan_in(capacity: usize) -> usize {
    round(async move {
        let [mut a, mut b, mut c, mut d] = std::array::from_fn(|_| {
            let (to, from) = mpsc::channel(capacity);
            tokio::spawn(produce(to, 100_000));
            from
        });
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

/// Four sources of capacity 1, for want of unbuffered ones.
pub fn select_unbuffered() -> usize {
    select_fan_in(1)
}

/// Four buffered sources.
pub fn select_128() -> usize {
    select_fan_in(128)
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

/// Twenty values through a ring of ten thousand, over channels of capacity 1.
pub fn ring() -> usize {
    round(async {
        let (first, mut last) = mpsc::channel(1);
        for _ in 0..10_000 {
            let (to, next) = mpsc::channel(1);
            let mut from = std::mem::replace(&mut last, next);
            tokio::spawn(async move {
                while let Some(v) = from.recv().await {
                    let _ = to.send(v + 1).await;
                }
            });
        }
        for _ in 0..20 {
            let first = first.clone();
            tokio::spawn(async move { first.send(0).await });
            assert_eq!(last.recv().await, Some(10_000));
        }
        drop(first);
        last.recv().await;
        200_000
    })
}

/// Gives back through its handle what goseed sends through a channel.
fn leaves(num: usize, size: usize) -> JoinHandle<usize> {
    tokio::spawn(async move {
        if size == 1 {
            return num;
        }
        let all: Vec<_> = (0..10).map(|n| leaves(num + n * (size / 10), size / 10)).collect();
        let mut sum = 0;
        for one in all {
            sum += one.await.unwrap_or(0);
        }
        sum
    })
}

/// A tree of a million leaves.
pub fn skynet() -> usize {
    round(async {
        assert_eq!(leaves(0, 1_000_000).await.ok(), Some(499_999_500_000));
        1_000_000
    })
}

/// Boxed, since it calls itself.
fn parallel_fib(n: u32) -> Pin<Box<dyn Future<Output = u64> + Send>> {
    Box::pin(async move {
        if n < 24 {
            return fib_of(n);
        }
        let left = tokio::spawn(parallel_fib(n - 1));
        let right = parallel_fib(n - 2).await;
        left.await.unwrap_or(0) + right
    })
}

/// fib(36), with a task for each branch above 24.
pub fn fib() -> usize {
    round(async {
        assert_eq!(parallel_fib(36).await, 14_930_352);
        1
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
