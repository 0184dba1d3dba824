//! Mutexes and semaphores.
//!
//! Go 79: not applicable: there is no lock behind a reference to nothing.

use goseed::prelude::*;
use goseed::sync::Locker as _;
use goseed::sync::atomic::AtomicI64;

use super::{ends, holds, in_order, in_sim};

const MILLISECOND: Duration = Duration::from_millis(1);

/// Go 65: an attempt fails on a locked mutex and succeeds on a free one; hammering ends [TestMutex].
#[test]
fn attempts_say_whether_a_mutex_was_free() {
    holds(|| {
        let m = RawMutex::new();
        m.lock();
        assert!(!m.try_lock());
        m.unlock();
        assert!(m.try_lock());
        m.unlock();
        let (held, wg) = (AtomicI64::new(0), WaitGroup::new());
        for _ in 0..4 {
            let (m, held) = (m.clone(), held.clone());
            wg.go(move || {
                for n in 0..20 {
                    if n % 3 != 0 {
                        m.lock();
                    } else if !m.try_lock() {
                        continue;
                    }
                    assert_eq!(held.add(1), 1);
                    held.add(-1);
                    m.unlock();
                }
            });
        }
        wg.wait();
    });
}

/// Go 66: eight misuses are fatal, also under `recover`, and say `unlocked` [TestMutexMisuse].
#[test]
fn unlocking_what_is_not_locked_is_fatal() {
    let misuses: [(&str, fn()); 8] = [
        ("sync: unlock of unlocked mutex", || RawMutex::new().unlock()),
        ("sync: unlock of unlocked mutex", || {
            let m = RawMutex::new();
            m.lock();
            m.unlock();
            m.unlock();
        }),
        ("sync: Unlock of unlocked RWMutex", || RawRwMutex::new().unlock()),
        ("sync: Unlock of unlocked RWMutex", || {
            let m = RawRwMutex::new();
            m.rlock();
            m.unlock();
        }),
        ("sync: Unlock of unlocked RWMutex", || {
            let m = RawRwMutex::new();
            m.lock();
            m.unlock();
            m.unlock();
        }),
        ("sync: RUnlock of unlocked RWMutex", || RawRwMutex::new().runlock()),
        ("sync: RUnlock of unlocked RWMutex", || {
            let m = RawRwMutex::new();
            m.lock();
            m.runlock();
        }),
        ("sync: RUnlock of unlocked RWMutex", || {
            let m = RawRwMutex::new();
            m.rlock();
            m.runlock();
            m.runlock();
        }),
    ];
    for (text, misuse) in misuses {
        ends(&format!("fatal error: {text}"), move || {
            let _ = recover(misuse);
        });
    }
}

/// Go 68: whoever wants may unlock what another one has locked [Unlock doc].
#[test]
fn anybody_may_unlock() {
    holds(|| {
        let m = RawMutex::new();
        m.lock();
        go!(m => { m.unlock() });
        m.lock();
    });
}

/// Go 70: those who wait get the mutex in the order in which they came [p14].
#[test]
fn waiters_get_the_mutex_in_order() {
    in_sim(|| {
        let (m, log) = (RawMutex::new(), chan(5));
        m.lock();
        for n in 0..5 {
            go!(m, log => {
                m.lock();
                log.send(n);
                m.unlock();
            });
            runtime::wait_idle();
        }
        m.unlock();
        assert!((0..5).all(|n| log.recv() == Some(n)));
    });
}

/// Go 71: who has waited for a millisecond and lost gets the mutex by hand-off; newcomers fail meanwhile [p17].
#[test]
fn a_starving_waiter_is_handed_the_mutex() {
    let run = in_order(|| {
        let (m, log) = (RawMutex::new(), chan(8));
        m.lock();
        go!(m, log => {
            m.lock();
            log.send("the waiter");
            m.unlock();
        });
        time::sleep(2 * MILLISECOND);
        m.unlock();
        assert!(m.try_lock(), "it is free, and the waiter has not run yet");
        runtime::gosched();
        m.unlock();
        log.send("the one that unlocked");
        assert!(m.try_lock());
        assert_eq!(log.recv(), Some("the waiter"));
    });
    assert_eq!(run.exit.to_string(), "returned", "{}", run.stderr);
}

/// Go 73: a hammered semaphore admits as many as it should, and everybody comes to an end [TestSemaphore, TestSemaHandoff].
#[test]
fn a_hammered_semaphore_keeps_its_promise() {
    holds(|| {
        let (s, held, wg) = (Semaphore::new(2), AtomicI64::new(0), WaitGroup::new());
        for _ in 0..5 {
            let (s, held) = (s.clone(), held.clone());
            wg.go(move || {
                for _ in 0..10 {
                    s.acquire(&context::background(), 1).expect("nobody cancels");
                    assert!(held.add(1) <= 2);
                    runtime::gosched();
                    held.add(-1);
                    s.release(1);
                }
            });
        }
        wg.wait();
    });
}

/// Go 74: readers hold a lock at the same time [TestParallelReaders].
#[test]
fn readers_do_not_exclude_each_other() {
    holds(|| {
        let (m, inside, leave) = (RawRwMutex::new(), chan(0), chan::<()>(0));
        for _ in 0..4 {
            go!(m, inside, leave => {
                m.rlock();
                inside.send(());
                leave.recv();
                m.runlock();
            });
        }
        (0..4).for_each(|_| assert!(inside.recv().is_some()));
        leave.close();
        m.lock();
        m.unlock();
    });
}

/// Go 75: a writer is alone; attempts say how a lock is held [TestRWMutex].
#[test]
fn writers_are_alone() {
    holds(|| {
        let m = RawRwMutex::new();
        m.lock();
        assert!(!m.try_lock() && !m.try_rlock());
        m.unlock();
        assert!(m.try_rlock() && m.try_rlock() && !m.try_lock());
        m.runlock();
        m.runlock();
        assert!(m.try_lock());
        m.unlock();
        let (activity, wg) = (AtomicI64::new(0), WaitGroup::new());
        for n in 0..5 {
            let (m, activity) = (m.clone(), activity.clone());
            wg.go(move || {
                for _ in 0..5 {
                    if n < 2 {
                        m.lock();
                        assert_eq!(activity.add(10_000), 10_000);
                        activity.add(-10_000);
                        m.unlock();
                    } else {
                        m.rlock();
                        assert!((1..10_000).contains(&activity.add(1)));
                        activity.add(-1);
                        m.runlock();
                    }
                }
            });
        }
        wg.wait();
    });
}

/// Go 76: a reader's side of a lock locks twice, and keeps writers out until both are gone [TestRLocker].
#[test]
fn an_rlocker_is_the_readers_side() {
    holds(|| {
        let m = RawRwMutex::new();
        let readers = m.rlocker();
        readers.lock();
        readers.lock();
        let wrote = chan(1);
        go!(m, wrote => {
            m.lock();
            wrote.send(());
            m.unlock();
        });
        runtime::gosched();
        readers.unlock();
        assert!(wrote.receiver().try_recv().is_err());
        readers.unlock();
        wrote.recv();
    });
}

/// Go 77: readers that come while a writer waits wait too, and go before the next writer [p18].
#[test]
fn readers_behind_a_writer_go_before_the_next_one() {
    in_sim(|| {
        let (m, log) = (RawRwMutex::new(), chan(3));
        m.rlock();
        for (who, writes) in [("writer", true), ("reader", false), ("next writer", true)] {
            go!(m, log => {
                if writes {
                    m.lock();
                    log.send(who);
                    m.unlock();
                } else {
                    m.rlock();
                    log.send(who);
                    m.runlock();
                }
            });
            runtime::wait_idle();
        }
        assert_eq!(log.len(), 0);
        m.runlock();
        let order = [log.recv(), log.recv(), log.recv()];
        assert_eq!(order, [Some("writer"), Some("reader"), Some("next writer")]);
    });
}

/// Go 80: with more goroutines than processors, two never hold a lock [BenchmarkMutexNoSpin].
#[test]
fn a_crowd_takes_turns() {
    holds(|| {
        let (m, wg) = (Mutex::new(0), WaitGroup::new());
        for _ in 0..12 {
            let m = m.clone();
            wg.go(move || {
                let mut count = m.lock();
                let before = *count;
                runtime::gosched();
                *count = before + 1;
            });
        }
        wg.wait();
        assert_eq!(*m.lock(), 12);
    });
}
