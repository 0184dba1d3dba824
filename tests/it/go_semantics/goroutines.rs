//! Goroutines, panics, `goexit` and deadlock.
//!
//! Go 40: not applicable: a Rust program has no initialisation before main in which goroutines run; a
//! `global!` is initialised by whoever comes first, and a deadlock in there is an ordinary one.
//! Go 50: not applicable: a panic that was recovered is a value; whoever panics anew panics with another one.
//! Go 53: not applicable: a closure is never nil.
//! Go 54: not applicable: a payload of another type than text has no name and no value that could be printed.
//! Go 56: not applicable: a payload is text before the panic begins; no method of the user's is called for it.
//! Go 58: not applicable: `recover` takes the code that may panic as a closure, so there is no wrong place
//! to call it from.
//! Go 62: not applicable: a map that is shared without a lock does not compile.

use goseed::prelude::*;
use goseed::runtime::Dump;
use goseed::{Exit, Explore, defer, panicking, println};

use super::{ends, holds, in_order, panic_of, runs_on_cores};

/// Go 39: main blocked and nothing else: the fatal error, exit code 2, all goroutines in the dump [TestSimpleDeadlock].
#[test]
fn main_alone_and_blocked_is_a_deadlock() {
    let main = || {
        chan::<()>(0).recv();
    };
    ends("deadlock", main);
    for run in runs_on_cores(main).chain([in_order(main)]) {
        assert_eq!(run.exit.code(), 2);
        let text =
            "fatal error: all goroutines are asleep - deadlock!\n\ngoroutine 1 [chan receive]:\n";
        assert!(run.stderr.starts_with(text), "{}", run.stderr);
    }
}

/// Go 42: after main's `goexit`, a goroutine that is blocked for ever makes the ordinary deadlock [c18].
#[test]
fn the_rest_of_a_program_can_deadlock() {
    let main = || {
        go(|| select! {});
        runtime::goexit();
    };
    ends("deadlock", main);
    let text = "fatal error: all goroutines are asleep - deadlock!\n";
    assert!(in_order(main).stderr.starts_with(text));
}

/// Go 44: main returns while others are blocked: exit code 0, and not a word [p31].
#[test]
fn main_leaves_the_blocked_behind_without_a_word() {
    let main = || {
        go(|| select! {});
        runtime::gosched();
    };
    for run in runs_on_cores(main).chain([in_order(main)]) {
        assert_eq!((run.exit.code(), &*run.stderr), (0, ""));
    }
}

/// Go 45: `goexit` runs deferred calls, in which there is no panic to recover [TestGoexitDefer].
#[test]
fn goexit_runs_deferred_calls() {
    holds(|| {
        let log = chan(3);
        go!(log => {
            defer! { log.send(("first", panicking())) }
            defer! { log.send(("second", panicking())) }
            runtime::goexit();
        });
        let both = (log.recv(), log.recv());
        assert_eq!(both, (Some(("second", false)), Some(("first", false))));
    });
}

/// Go 47: a panic in a call that `goexit` runs crashes the program [TestPanicAfterGoexit].
#[test]
fn a_panic_after_goexit_crashes() {
    let main = || {
        go(|| {
            defer! { panic!("hello") }
            runtime::goexit();
        });
        select! {}
    };
    ends("panic: hello", main);
    assert!(in_order(main).stderr.starts_with("panic: hello"));
}

/// Go 48: a panic that is recovered during `goexit` does not stop it; the other calls still run [TestRecoveredPanicAfterGoexit, TestRecoverBeforePanicAfterGoexit, TestRecoverBeforePanicAfterGoexit2].
#[test]
fn a_recovered_panic_does_not_stop_goexit() {
    holds(|| {
        let log = chan(3);
        go!(log => {
            defer! { log.send("the first is run last") }
            defer! { log.send(if panic_of(|| panic!("inner")) == "inner" { "inner" } else { "lost" }) }
            runtime::goexit();
            #[expect(unreachable_code, reason = "that is the law")]
            log.send("it went on");
        });
        assert_eq!((log.recv(), log.recv()), (Some("inner"), Some("the first is run last")));
        runtime::gosched();
        assert_eq!(log.len(), 0);
    });
}

/// Go 49: nested panics are printed oldest first, the later ones indented [TestRecursivePanic, TestRecursivePanic2, TestRecursivePanic3, TestRecursivePanic4, TestRecursivePanic5].
/// Go 52: the same, whichever call raised them [TestPanicTraceback].
#[test]
fn panics_of_deferred_calls_are_printed_in_order() {
    let main = || {
        defer! { panic!("pt2") }
        defer! { panic!("pt1") }
        panic!("hello");
    };
    let text = "panic: hello\n\tpanic: pt1\n\tpanic: pt2\n";
    for run in runs_on_cores(main).chain([in_order(main)]) {
        assert!(run.stderr.starts_with(text), "{}", run.stderr);
        assert_eq!(run.exit.code(), 2);
    }
}

/// Go 57: a panic while main returns: mostly it is printed, exit code 2; that it is lost is legal [TestPanicRace, p29].
#[test]
fn a_panic_beside_mains_return_is_printed_or_lost() {
    let main = || {
        go(|| panic!("late"));
        runtime::gosched();
    };
    let report = Explore::new().schedules(300).keep_going().run(main);
    let exits: Vec<&str> = report.outcomes.keys().map(|outcome| &*outcome.exit).collect();
    assert_eq!(exits, ["panic: late", "returned"]);
    for run in runs_on_cores(main) {
        assert!(matches!(run.exit, Exit::Panicked(_) | Exit::Returned));
    }
}

/// Go 60: main is goroutine 1, and as many goroutines are counted as are dumped [TestMainGoroutineID, TestNumGoroutine].
#[test]
fn main_is_goroutine_one_and_the_count_is_that_of_the_dump() {
    holds(|| {
        assert_eq!((runtime::goroutine_id(), runtime::num_goroutine()), (1, 1));
        let (never, wg) = (chan::<()>(0), WaitGroup::new());
        for _ in 0..5 {
            let never = never.clone();
            wg.go(move || {
                never.recv();
            });
        }
        assert_eq!(runtime::num_goroutine(), 6);
        let dump = runtime::goroutine_dump(Dump::Full);
        assert_eq!(dump.matches("goroutine ").count() - dump.matches("in goroutine ").count(), 6);
        never.close();
        wg.wait();
    });
}

/// Go 61: timers and other helpers are not in a dump [TestNoHelperGoroutines].
#[test]
fn helpers_are_not_dumped() {
    holds(|| {
        let timer = time::after_func(Duration::from_secs(3_600), || ());
        let (ctx, cancel) = context::with_timeout(&context::background(), Duration::from_secs(60));
        let dump = runtime::goroutine_dump(Dump::Full);
        assert!(dump.starts_with("goroutine 1 [running]:"), "{dump}");
        assert_eq!(dump.matches("\ngoroutine ").count(), 0, "{dump}");
        assert!(ctx.err().is_none() && timer.stop());
        cancel();
    });
}

/// Go 63: a panic runs the deferred calls of its own goroutine alone; exit code 2 [p29].
#[test]
fn a_panic_runs_its_own_deferred_calls_only() {
    let main = || {
        let started = chan(0);
        go!(started => {
            defer! { println!("of another one") }
            started.send(());
            select! {}
        });
        started.recv();
        go(|| {
            defer! { println!("its own") }
            panic!("boom");
        });
        select! {}
    };
    for run in runs_on_cores(main).chain([in_order(main)]) {
        assert_eq!((&*run.stdout, run.exit.code()), ("its own\n", 2), "{}", run.stderr);
    }
}
