//! What no library can catch: the process ends, after a line that says who it was.

use std::env;
use std::process::{Command, Output};

use goseed::Sim;
use goseed::prelude::*;

/// Set for the test's own copy of itself.
const CHILD: &str = "GOSEED_TEST_CHILD";

/// Simulates `program` in a process of its own.
fn in_a_process(test: &str, program: fn()) -> Output {
    alone(test, || drop(Sim::new().run(program)))
}

/// Does `work` in a process of its own: this test again, and there the work.
pub(crate) fn alone(test: &str, work: impl FnOnce()) -> Output {
    again(test, |command| command.arg("--nocapture"), work)
}

/// The same, with the process as `set` wants it.
pub(crate) fn again(
    test: &str,
    set: fn(&mut Command) -> &mut Command,
    work: impl FnOnce(),
) -> Output {
    if env::var_os(CHILD).is_some() {
        work();
        std::process::exit(0);
    }
    let this = env::current_exe().expect("a test knows its own file");
    let mut command = Command::new(this);
    command.args(["--exact", test, "--test-threads=1"]).env(CHILD, "1");
    set(&mut command).output().expect("it starts")
}

pub(crate) fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn the_watchdog_is_heard_although_the_harness_keeps_what_tests_print() {
    let output = again(
        "process::the_watchdog_is_heard_although_the_harness_keeps_what_tests_print",
        |command| command,
        || {
            goseed::check(|| {
                let lock = std::sync::Arc::new(std::sync::Mutex::new(()));
                let (mine, wg) = (std::sync::Arc::clone(&lock), WaitGroup::new());
                wg.go(move || {
                    let _held = mine.lock();
                    runtime::gosched();
                });
                let _held = lock.lock();
                wg.wait();
            });
        },
    );
    let text = stderr(&output);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("goseed: no step for 10 s: the last one, "), "{text}");
    assert!(text.contains("tests/it/process.rs:") && text.contains("\ntoken gs1."), "{text}");
    assert!(text.contains("hint: is there a std primitive"), "{text}");
}

#[test]
fn an_exploration_of_its_own_looks_at_the_token_to_replay() {
    let output = again(
        "process::an_exploration_of_its_own_looks_at_the_token_to_replay",
        |command| command.arg("--nocapture").env("GOSEED_REPLAY", "gs1.garbage"),
        || goseed::Explore::new().schedules(1).check(|| {}),
    );
    assert!(stderr(&output).contains("GOSEED_REPLAY=gs1.garbage: "), "{}", stderr(&output));
}

#[test]
fn a_failing_check_is_at_its_own_line() {
    let output = again(
        "process::a_failing_check_is_at_its_own_line",
        |command| command,
        || goseed::check(|| assert_eq!(chan::<u8>(0).recv(), None)),
    );
    let text = String::from_utf8_lossy(&output.stdout).into_owned() + &stderr(&output);
    assert!(text.contains("panicked at tests/it/process.rs:"), "{text}");
    assert!(text.contains("all goroutines are asleep"), "{text}");
}

/// One line says who it was, in which schedule, and what.
fn announces(text: &str, who: &str, what: &str) {
    let line = text.lines().find(|line| line.starts_with(who)).unwrap_or_else(|| panic!("{text}"));
    let (token, rest) = line[who.len()..].split_once(": ").expect("what it was");
    assert_eq!(rest, format!("{what}; the process aborts"));
    let token = token.strip_prefix(", token ").expect("a token");
    assert!(goseed::Schedule::from_token(token).is_ok(), "{token}");
}

#[test]
fn a_panic_out_of_a_destructor_during_unwinding_aborts_and_names_the_goroutine() {
    struct Bad;
    impl Drop for Bad {
        fn drop(&mut self) {
            panic!("out of a destructor");
        }
    }
    let output = in_a_process(
        "process::a_panic_out_of_a_destructor_during_unwinding_aborts_and_names_the_goroutine",
        || {
            let _bad = Bad;
            panic!("first");
        },
    );
    let text = stderr(&output);
    assert!(!output.status.success(), "{text}");
    announces(&text, "goroutine 1 (main)", "panic in a destructor during cleanup");
}

#[test]
fn a_frame_that_cannot_unwind_aborts_and_names_the_goroutine() {
    extern "C" fn foreign() {
        chan::<u8>(0).recv();
    }
    let output =
        in_a_process("process::a_frame_that_cannot_unwind_aborts_and_names_the_goroutine", || {
            go(|| foreign());
            time::sleep(Duration::from_millis(1));
        });
    let text = stderr(&output);
    assert!(!output.status.success(), "{text}");
    announces(&text, "goroutine 2 (main/0)", "panic in a function that cannot unwind");
}

#[cfg(target_os = "linux")]
#[test]
fn a_stack_overflow_names_the_goroutine_and_the_setting() {
    fn deep(n: u64) -> u64 {
        let frame = std::hint::black_box([n; 64]);
        if n == u64::MAX { 0 } else { deep(n + 1) + frame[3] }
    }
    let output =
        in_a_process("process::a_stack_overflow_names_the_goroutine_and_the_setting", || {
            let done = chan(0);
            go!(done => { done.send(deep(0)) });
            done.recv();
        });
    let text = stderr(&output);
    assert!(!output.status.success(), "{text}");
    assert!(text.contains("goroutine 2: stack overflow"), "{text}");
    assert!(text.contains("stack_size"), "{text}");
}
