//! Handles outside their run, and access inside access: never undefined, always said.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex as StdMutex;

use goseed::prelude::*;
use goseed::{Multicore, Run, Sim, println};

fn message(f: impl FnOnce()) -> String {
    let payload = catch_unwind(AssertUnwindSafe(f)).expect_err("it panics");
    match payload.downcast::<String>() {
        Ok(text) => *text,
        Err(payload) => (*payload.downcast::<&'static str>().expect("a text")).to_owned(),
    }
}

/// One run in the simulator, and one on cores.
fn both(main: impl Fn() + Clone + Send + Sync + 'static) -> [Run; 2] {
    [Sim::new().run(main.clone()), Multicore::new().procs(2).run(main)]
}

#[test]
fn a_handle_of_another_run_panics_and_says_where_it_was_made() {
    static KEPT: StdMutex<Option<Chan<u8>>> = StdMutex::new(None);
    for _ in both(|| *KEPT.lock().unwrap() = Some(chan(1))) {
        let runs = both(|| {
            let kept = KEPT.lock().unwrap().clone().expect("made by the first run");
            kept.send(1);
        });
        for text in runs.map(|run| run.exit.to_string()) {
            assert!(text.starts_with("panic: chan made at tests/it/handles.rs:"), "{text}");
            assert!(text.ends_with("was used in another run"), "{text}");
        }
    }
}

#[test]
fn a_handle_outside_of_its_run_panics_likewise() {
    static KEPT: StdMutex<Option<Var<u8>>> = StdMutex::new(None);
    for _ in both(|| *KEPT.lock().unwrap() = Some(Var::new(1))) {
        let kept = KEPT.lock().unwrap().clone().expect("made by the run");
        let text = message(|| kept.set(2));
        assert!(text.ends_with("was used outside its run"), "{text}");
    }
}

#[test]
fn a_handle_of_no_run_can_be_made_and_not_used() {
    let wg = WaitGroup::new();
    let text = message(|| wg.wait());
    assert!(text.contains("outside any run"), "{text}");
}

#[test]
fn go_outside_of_any_run_says_what_to_do() {
    let text = message(|| go(|| ()));
    assert!(text.contains("outside of any run: use it inside goseed::check"), "{text}");
}

thread_local! {
    static LATE: RefCell<Option<(Mutex<u8>, Chan<u8>)>> = const { RefCell::new(None) };
}

#[test]
fn a_handle_in_a_thread_local_destructor_does_no_harm() {
    let runs = both(|| {
        let kept = (Mutex::new(1), chan(1));
        kept.1.send(2);
        LATE.with(|late| *late.borrow_mut() = Some(kept));
    });
    assert_eq!(runs.map(|run| run.exit.code()), [0, 0]);
}

#[test]
fn an_access_inside_an_access_panics() {
    let runs = both(|| {
        let x = Var::new(1);
        let again = x.clone();
        x.with(|_| again.get());
    });
    assert_eq!(runs.map(|run| run.exit.to_string()), ["panic: operation inside Var::with"; 2]);
}

#[test]
fn no_operation_of_any_sort_happens_inside_an_access() {
    let operations: [fn(); 7] = [
        || drop(Mutex::new(2).lock()),
        || drop(RwMutex::new(2).rlock()),
        || chan(1).send(1),
        || assert!(chan::<u8>(1).try_recv().is_err()),
        || select! { send(chan(1), 1) => {} },
        || go(|| {}),
        || runtime::gosched(),
    ];
    for (n, operation) in operations.into_iter().enumerate() {
        let runs = both(move || Var::new(1).with_mut(|_| operation()));
        let exits = runs.map(|run| run.exit.to_string());
        assert_eq!(exits, ["panic: operation inside Var::with_mut"; 2], "operation {n}");
    }
}

#[test]
fn a_guard_may_be_dropped_inside_an_access() {
    let runs = both(|| {
        let (x, m) = (Var::new(1), Mutex::new(2));
        let guard = m.lock();
        assert!(recover(|| x.with(|_| drop(guard))).is_err());
        println!("{}", *m.lock());
    });
    assert_eq!(runs.map(|run| run.stdout), ["2\n", "2\n"]);
}

#[test]
fn after_such_a_panic_the_variable_can_be_used_again() {
    let runs = both(|| {
        let x = Var::new(1);
        let again = x.clone();
        assert!(recover(|| x.with(|_| again.get())).is_err());
        x.set(2);
        println!("{}", x.get());
    });
    assert_eq!(runs.map(|run| run.stdout), ["2\n", "2\n"]);
}

#[test]
fn a_global_is_new_in_each_run() {
    goseed::global! {
        static COUNT: Var<u32> = Var::new(0);
    }
    for _ in 0..3 {
        let run = Sim::new().run(|| {
            COUNT.get().update(|n| n + 1);
            println!("{}", COUNT.get().get());
        });
        assert_eq!(run.stdout, "1\n");
    }
}
