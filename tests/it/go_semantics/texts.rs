//! How a program ends as a process: its text on standard error and its exit code, on both backends.

use std::env;
use std::process::{Command, Output, Stdio};

use goseed::prelude::*;
use goseed::{Sim, defer, os};

/// Set for the test's own copy of itself, to the backend that it is to use.
const CHILD: &str = "GOSEED_TEST_BACKEND";

/// A program, its standard error up to the first place, and its exit code.
type Case = (&'static str, fn(), &'static str, i32);

/// Goroutines are numbered alike where one after the other is started.
const CASES: [Case; 14] = [
    ("returns", || (), "", 0),
    ("returns_with_others_blocked", || go(|| select! {}), "", 0),
    ("exits", || os::exit(3), "", 3),
    (
        "exits_without_deferred_calls",
        || {
            defer! { panic!("never run") }
            os::exit(0);
        },
        "",
        0,
    ),
    ("panics", || panic!("boom"), "panic: boom\n\ngoroutine 1 [running]:\nmain.main()\n\t", 2),
    (
        "panics_with_lines",
        || panic!("one\ntwo"),
        "panic: one\n\ttwo\n\ngoroutine 1 [running]:\n",
        2,
    ),
    (
        "panics_again",
        || {
            defer! { panic!("second") }
            panic!("first");
        },
        "panic: first\n\tpanic: second\n\ngoroutine 1 [running]:\n",
        2,
    ),
    (
        "sends_on_closed",
        || {
            let c = chan(1);
            c.close();
            c.send(1);
        },
        "panic: send on closed channel\n\ngoroutine 1 [running]:\n",
        2,
    ),
    (
        "closes_nil",
        || Chan::<u8>::nil().close(),
        "panic: close of nil channel\n\ngoroutine 1 [running]:\n",
        2,
    ),
    (
        "goes_below_zero",
        || WaitGroup::new().done(),
        "panic: sync: negative WaitGroup counter\n\ngoroutine 1 [running]:\n",
        2,
    ),
    (
        "unlocks_unlocked",
        || RawMutex::new().unlock(),
        "fatal error: sync: unlock of unlocked mutex\n\ngoroutine 1 [running]:\n",
        2,
    ),
    (
        "deadlocks",
        || {
            chan::<u8>(0).recv();
        },
        "fatal error: all goroutines are asleep - deadlock!\n\ngoroutine 1 [chan receive]:\nmain.main()\n\t",
        2,
    ),
    (
        "leaves_nobody",
        || runtime::goexit(),
        "fatal error: no goroutines (main called runtime.Goexit) - deadlock!\n",
        2,
    ),
    (
        "leaves_the_blocked",
        || {
            go(|| select! {});
            runtime::goexit();
        },
        "fatal error: all goroutines are asleep - deadlock!\n\ngoroutine 2 [select (no cases)]:\n",
        2,
    ),
];

/// This test again, in a process of its own, on this backend.
fn child(test: &str, backend: &str) -> Command {
    let mut command = Command::new(env::current_exe().expect("a test knows its own file"));
    command.args(["--exact", test, "--nocapture", "--test-threads=1"]).env(CHILD, backend);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// In the copy: runs the program as a process would, and never comes back.
fn become_the_program(in_sim: bool, program: fn()) -> ! {
    if !in_sim {
        goseed::run(program);
    }
    let run = Sim::new().strategy("fifo").run(program);
    std::process::exit(goseed::front::show(&run))
}

/// A program's process on this backend.
fn run(test: &str, program: fn(), backend: &str) -> Output {
    if let Some(backend) = env::var_os(CHILD) {
        become_the_program(backend == "sim", program);
    }
    child(test, backend).output().expect("it starts")
}

/// The text of standard error behind what the test harness writes.
fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

macro_rules! cases {
    ($($name:ident)*) => {$(
        #[test]
        fn $name() {
            let (name, program, text, code) = CASES
                .into_iter()
                .find(|(name, ..)| *name == stringify!($name))
                .expect("it is in the table");
            let test = format!("go_semantics::texts::{name}");
            for backend in ["sim", "cores"] {
                let output = run(&test, program, backend);
                let found = stderr(&output);
                assert!(found.starts_with(text), "{backend}: {found}");
                assert!(!text.is_empty() || found.is_empty(), "{backend}: {found}");
                assert_eq!(output.status.code(), Some(code), "{backend}: {found}");
            }
        }
    )*};
}

cases! {
    returns returns_with_others_blocked exits exits_without_deferred_calls panics panics_with_lines
    panics_again sends_on_closed closes_nil goes_below_zero unlocks_unlocked deadlocks leaves_nobody
    leaves_the_blocked
}

/// Where the text shows places, they are the program's own.
#[test]
fn a_crash_names_the_line() {
    let test = "go_semantics::texts::a_crash_names_the_line";
    for backend in ["sim", "cores"] {
        let program = || {
            go(|| panic!("here"));
            select! {}
        };
        let output = run(test, program, backend);
        let found = stderr(&output);
        assert!(found.starts_with("panic: here\n\ngoroutine 2 [running]:\n"), "{backend}: {found}");
        assert!(found.contains("\ttests/it/go_semantics/texts.rs:"), "{backend}: {found}");
        assert!(found.contains("created by main.main in goroutine 1\n"), "{backend}: {found}");
    }
}

/// `SIGQUIT` prints all goroutines, and the exit code is 2.
#[cfg(unix)]
#[test]
fn sigquit_dumps_all_goroutines() {
    use std::io::{BufRead as _, BufReader};

    let test = "go_semantics::texts::sigquit_dumps_all_goroutines";
    if let Some(backend) = env::var_os(CHILD) {
        become_the_program(backend == "sim", || {
            go(|| {
                chan::<u8>(0).recv();
            });
            runtime::gosched();
            goseed::println!("ready");
            time::sleep(Duration::from_secs(60));
        });
    }
    let mut running = child(test, "cores").spawn().expect("it starts");
    let stdout = BufReader::new(running.stdout.take().expect("it is piped"));
    assert!(stdout.lines().map_while(Result::ok).any(|line| line.ends_with("ready")));
    let quit = Command::new("kill").args(["-QUIT", &running.id().to_string()]).status();
    assert!(quit.expect("there is a kill").success());
    let output = running.wait_with_output().expect("it ends");
    let found = stderr(&output);
    assert!(found.starts_with("SIGQUIT: quit\n"), "{found}");
    assert!(found.contains("goroutine 1 [sleep]:\n"), "{found}");
    assert!(found.contains("goroutine 2 [chan receive]:\n"), "{found}");
    assert_eq!(output.status.code(), Some(2), "{found}");
}

/// A stack that overflows on cores names the goroutine and the setting.
#[cfg(target_os = "linux")]
#[test]
fn an_overflow_on_cores_names_the_goroutine() {
    fn deep(n: u64) -> u64 {
        let frame = std::hint::black_box([n; 64]);
        if n == u64::MAX { 0 } else { deep(n + 1) + frame[3] }
    }
    let test = "go_semantics::texts::an_overflow_on_cores_names_the_goroutine";
    let program = || {
        go(|| assert_ne!(deep(1), 0));
        select! {}
    };
    let output = run(test, program, "cores");
    let found = stderr(&output);
    assert!(found.contains("goroutine 2: stack overflow"), "{found}");
    assert!(found.contains("stack_size"), "{found}");
    assert!(!output.status.success());
}
