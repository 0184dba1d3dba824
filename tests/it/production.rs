//! What a runtime on cores is set up with, and how several of them live in one process.

use std::collections::BTreeSet;
use std::process::{Command, Output};
use std::sync::{Arc, Mutex as StdMutex};
use std::thread::{self, ThreadId};

use goseed::prelude::*;
use goseed::{Exit, Multicore, println};

use crate::process::{again, stderr};

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// What `goseed::run` prints as its number of workers, in a process with this environment.
fn workers(test: &str, set: fn(&mut Command) -> &mut Command) -> Output {
    again(test, set, || goseed::run(|| println!("workers: {}", runtime::gomaxprocs())))
}

#[test]
fn the_number_of_workers_is_gomaxprocs() {
    let test = "production::the_number_of_workers_is_gomaxprocs";
    let three = workers(test, |command| command.arg("--nocapture").env("GOMAXPROCS", "3"));
    assert!(stdout(&three).contains("workers: 3\n"), "{three:?}");
    assert_eq!(three.status.code(), Some(0));
}

#[test]
fn without_gomaxprocs_it_is_that_of_the_processors() {
    let test = "production::without_gomaxprocs_it_is_that_of_the_processors";
    let cores = workers(test, |command| command.arg("--nocapture").env_remove("GOMAXPROCS"));
    let number = thread::available_parallelism().expect("it is known");
    assert!(stdout(&cores).contains(&format!("workers: {number}\n")), "{cores:?}");
}

#[test]
fn what_cannot_be_a_number_of_workers_is_refused() {
    let test = "production::what_cannot_be_a_number_of_workers_is_refused";
    let none = workers(test, |command| command.arg("--nocapture").env("GOMAXPROCS", "none"));
    assert_eq!(none.status.code(), Some(2), "{none:?}");
    assert!(stderr(&none).contains("GOMAXPROCS=none"), "{none:?}");
}

#[test]
fn an_argument_goes_before_the_environment() {
    for procs in [1, 2, 5] {
        let run = Multicore::new().procs(procs).run(|| println!("{}", runtime::gomaxprocs()));
        assert_eq!(run.stdout, format!("{procs}\n"));
    }
}

/// A kilobyte each, or half of one where it is optimised.
fn deep(n: u32) -> u64 {
    let frame = std::hint::black_box([u64::from(n); 64]);
    if n == 0 { frame[0] } else { deep(n - 1) + frame[3] }
}

/// 1,000 calls deep, in a goroutine.
fn goes_deep() {
    let done = chan(0);
    go!(done => { done.send(deep(1_000)) });
    println!("sum {}", done.recv().expect("it is sent"));
}

#[test]
fn stacks_have_the_size_that_was_asked_for() {
    let run = Multicore::new().procs(2).stack_size(2 << 20).run(goes_deep);
    assert_eq!(run.stdout, "sum 500500\n");
}

#[cfg(target_os = "linux")]
#[test]
fn a_smaller_stack_overflows_and_names_the_setting() {
    let test = "production::a_smaller_stack_overflows_and_names_the_setting";
    let output = again(
        test,
        |command| command.arg("--nocapture"),
        || drop(Multicore::new().procs(2).stack_size(64 << 10).run(goes_deep)),
    );
    assert!(!output.status.success());
    let text = stderr(&output);
    assert!(text.contains("goroutine 2: stack overflow") && text.contains("stack_size"), "{text}");
}

#[test]
fn the_environment_sets_the_size_of_stacks() {
    let test = "production::the_environment_sets_the_size_of_stacks";
    let output = again(
        test,
        |command| command.arg("--nocapture").env("GOSEED_STACK", "2097152"),
        || goseed::run(goes_deep),
    );
    assert!(stdout(&output).contains("sum 500500\n"), "{output:?}");
}

#[test]
fn runtimes_side_by_side_do_not_know_of_each_other() {
    let one = |of: u64| {
        let run = Multicore::new().procs(2).run(move || {
            let (results, m) = (chan(0), Mutex::new(0));
            for n in 0..500 {
                go!(results, m => {
                    *m.lock() += of;
                    runtime::gosched();
                    results.send(n);
                });
            }
            let sum: u64 = (0..500).filter_map(|_| results.recv()).sum();
            println!("{sum} {}", *m.lock());
        });
        assert_eq!(run.exit, Exit::Returned);
        run.stdout
    };
    thread::scope(|scope| {
        let all: Vec<_> = (1..=4).map(|of| (of, scope.spawn(move || one(of)))).collect();
        for (of, run) in all {
            assert_eq!(run.join().expect("it runs"), format!("124750 {}\n", 500 * of));
        }
    });
}

#[test]
fn a_runtime_in_a_goroutines_blocking_work_is_another_one() {
    let run = Multicore::new().procs(2).run(|| {
        let inner = runtime::blocking(|| {
            Multicore::new().procs(1).run(|| {
                let c = chan(0);
                go!(c => { c.send(runtime::num_goroutine()) });
                println!("inner {:?}", c.recv());
            })
        });
        println!("{}outer {}", inner.stdout, runtime::num_goroutine());
    });
    assert_eq!(run.stdout, "inner Some(2)\nouter 1\n");
}

/// Notes on which thread it was made, and on which it is dropped.
struct Threads(ThreadId, Arc<StdMutex<Vec<(ThreadId, ThreadId)>>>);

impl Drop for Threads {
    fn drop(&mut self) {
        self.1.lock().unwrap().push((self.0, thread::current().id()));
    }
}

fn one_thread(began: &StdMutex<Vec<ThreadId>>) -> bool {
    let began = began.lock().unwrap();
    began.iter().all(|thread| *thread == began[0])
}

#[test]
fn whoever_is_parked_at_the_end_is_unwound_on_its_own_thread() {
    let threads = Arc::new(StdMutex::new(Vec::new()));
    let noted = Arc::clone(&threads);
    let run = Multicore::new().procs(4).run(move || {
        let (started, never) = (chan(0), chan::<()>(0));
        let began = Arc::new(StdMutex::new(Vec::new()));
        for _ in 0..200 {
            let (noted, started, never) = (Arc::clone(&noted), started.clone(), never.clone());
            let began = Arc::clone(&began);
            go(move || {
                began.lock().unwrap().push(thread::current().id());
                let _threads = Threads(thread::current().id(), noted);
                // The first one holds its worker until somebody has begun on another.
                while one_thread(&began) {
                    std::hint::spin_loop();
                }
                started.send(());
                never.recv();
            });
        }
        (0..200).for_each(|_| assert!(started.recv().is_some()));
    });
    assert_eq!(run.exit, Exit::Returned);
    let threads = threads.lock().unwrap();
    assert_eq!(threads.len(), 200);
    assert!(threads.iter().all(|(made, dropped)| made == dropped));
    assert!(threads.iter().any(|(made, _)| *made != threads[0].0), "all on one thread");
}

#[test]
fn a_select_with_many_arms_is_as_fair_and_loses_nothing() {
    let run = Multicore::new().procs(2).run(|| {
        let chans: Vec<Chan<usize>> = (0..20).map(|_| chan(1)).collect();
        // All are ready: each is drawn at some time.
        let mut seen = BTreeSet::new();
        for _ in 0..2_000 {
            for (n, c) in chans.iter().enumerate() {
                let _ = c.sender().try_send(n);
            }
            seen.extend(any_of(&chans));
        }
        for c in &chans {
            let _ = c.receiver().try_recv();
        }
        // None is: whoever sends is received.
        let wg = WaitGroup::new();
        for (n, c) in chans.iter().cloned().enumerate() {
            wg.go(move || c.send(n));
        }
        let sum: usize = (0..20).filter_map(|_| any_of(&chans)).sum();
        wg.wait();
        println!("{} {sum}", seen.len());
    });
    assert_eq!(run.stdout, "20 190\n", "{}", run.stderr);
}

fn any_of(c: &[Chan<usize>]) -> Option<usize> {
    select! {
        recv(c[0]) -> v => v, recv(c[1]) -> v => v, recv(c[2]) -> v => v, recv(c[3]) -> v => v,
        recv(c[4]) -> v => v, recv(c[5]) -> v => v, recv(c[6]) -> v => v, recv(c[7]) -> v => v,
        recv(c[8]) -> v => v, recv(c[9]) -> v => v, recv(c[10]) -> v => v, recv(c[11]) -> v => v,
        recv(c[12]) -> v => v, recv(c[13]) -> v => v, recv(c[14]) -> v => v, recv(c[15]) -> v => v,
        recv(c[16]) -> v => v, recv(c[17]) -> v => v, recv(c[18]) -> v => v, recv(c[19]) -> v => v,
    }
}
