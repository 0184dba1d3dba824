//! Laws of coroutines and stacks. What ends the process happens in a child process.

use std::cell::{Cell, RefCell};
use std::env;
use std::hint::black_box;
use std::os::unix::process::ExitStatusExt;
use std::panic::{catch_unwind, resume_unwind};
use std::process::{Command, Output, exit};
use std::rc::Rc;

use corosensei::stack::Stack as _;

use super::stack::GuardKind;
use super::{Coroutine, DEFAULT_STACK_SIZE, Stack, StackPool, State, Suspender, overflow};

fn pool() -> StackPool {
    StackPool::new(DEFAULT_STACK_SIZE)
}

fn take(pool: &mut StackPool) -> Stack {
    pool.take().expect("memory for a stack")
}

fn coroutine(pool: &mut StackPool, body: impl FnOnce(&Suspender) + 'static) -> Coroutine {
    Coroutine::new(take(pool), Box::new(body))
}

/// Resumes until done, gives the stack back, and says how often it was suspended.
fn finish(pool: &mut StackPool, mut coroutine: Coroutine) -> usize {
    let mut times = 0;
    while coroutine.resume() == State::Suspended {
        times += 1;
    }
    pool.put(coroutine.into_stack());
    times
}

// ---- Coroutines ----

#[test]
fn ten_thousand_coroutines_share_one_stack() {
    let mut pool = pool();
    let sum = Rc::new(Cell::new(0));
    let first = take(&mut pool);
    let base = first.base();
    pool.put(first);
    for i in 0..10_000 {
        let sum = Rc::clone(&sum);
        let stack = take(&mut pool);
        assert_eq!(stack.base(), base, "the stack that came back last is used first");
        let body = move |suspender: &Suspender| {
            suspender.suspend();
            sum.set(sum.get() + i);
        };
        assert_eq!(finish(&mut pool, Coroutine::new(stack, Box::new(body))), 1);
    }
    assert_eq!(sum.get(), (0..10_000).sum());
    assert_eq!(Rc::strong_count(&sum), 1, "every body was dropped");
}

#[test]
fn a_thousand_coroutines_are_alive_at_once() {
    let mut pool = pool();
    let log = Rc::new(RefCell::new(Vec::new()));
    let mut alive: Vec<_> = (0..1_000)
        .map(|i| {
            let log = Rc::clone(&log);
            coroutine(&mut pool, move |suspender| {
                suspender.suspend();
                log.borrow_mut().push(i);
            })
        })
        .collect();
    for coroutine in &mut alive {
        assert_eq!(coroutine.resume(), State::Suspended);
    }
    for coroutine in alive.into_iter().rev() {
        assert_eq!(finish(&mut pool, coroutine), 0);
    }
    assert_eq!(*log.borrow(), (0..1_000).rev().collect::<Vec<_>>());
}

#[test]
fn suspends_from_any_depth() {
    fn descend(depth: usize, suspender: &Suspender) -> usize {
        suspender.suspend();
        let below = if depth == 0 { 0 } else { descend(depth - 1, suspender) };
        suspender.suspend();
        black_box(below) + 1
    }
    let mut pool = pool();
    let deep = coroutine(&mut pool, |suspender| assert_eq!(descend(99, suspender), 100));
    assert_eq!(finish(&mut pool, deep), 200);
}

#[test]
#[expect(unsafe_code, reason = "a raw handle has no safe way to suspend")]
fn suspends_through_a_stored_handle() {
    thread_local!(static HANDLE: Cell<Option<super::SuspendHandle>> = const { Cell::new(None) });
    fn suspend_somewhere() {
        let handle = HANDLE.get().expect("the body has stored it");
        // SAFETY: called by the body that stored the handle.
        unsafe { handle.suspend() };
    }
    let mut pool = pool();
    let coroutine = coroutine(&mut pool, |suspender| {
        HANDLE.set(Some(suspender.handle()));
        suspend_somewhere();
        suspend_somewhere();
    });
    assert_eq!(finish(&mut pool, coroutine), 2);
}

#[test]
fn a_coroutine_may_run_another() {
    let mut outer_pool = pool();
    let outer = coroutine(&mut outer_pool, |suspender| {
        let mut pool = pool();
        let mut inner = coroutine(&mut pool, |suspender| suspender.suspend());
        assert_eq!(inner.resume(), State::Suspended);
        suspender.suspend();
        assert_eq!(inner.resume(), State::Done);
    });
    assert_eq!(finish(&mut outer_pool, outer), 1);
}

/// Why no started goroutine moves: the body is blameless, and still leaves one thread's count too high and takes
/// the other's below zero. So would a span of `tracing`, a lock's guard, the number of panics in std, or an `Rc`
/// out of a thread-local.
#[test]
#[expect(unsafe_code, reason = "does what the crate never does: moves a started coroutine")]
#[expect(clippy::disallowed_methods, reason = "two threads are what it is about")]
fn on_another_thread_a_coroutine_would_undo_what_it_never_did_there() {
    thread_local!(static ENTERED: Cell<i32> = const { Cell::new(0) });
    #[inline(never)]
    fn enter() {
        ENTERED.set(ENTERED.get() + 1);
    }
    #[inline(never)]
    fn leave() {
        ENTERED.set(ENTERED.get() - 1);
    }
    struct Moved(Coroutine);
    // SAFETY: its stack holds integers only, it touches a thread-local in calls of their own, and the two
    // threads take turns.
    unsafe impl Send for Moved {}

    let mut pool = pool();
    let mut moved = Moved(coroutine(&mut pool, |suspender| {
        enter();
        suspender.suspend();
        leave();
    }));
    assert_eq!(moved.0.resume(), State::Suspended);
    let elsewhere = std::thread::spawn(move || {
        let mut whole = moved;
        assert_eq!(whole.0.resume(), State::Done);
        ENTERED.get()
    });
    assert_eq!((ENTERED.get(), elsewhere.join().expect("it ends well")), (1, -1));
}

#[test]
fn a_body_catches_its_own_panic() {
    let mut pool = pool();
    for round in 0..100 {
        let caught = Rc::new(Cell::new(None));
        let seen = Rc::clone(&caught);
        let coroutine = coroutine(&mut pool, move |suspender| {
            suspender.suspend();
            let payload = catch_unwind(|| resume_unwind(Box::new(round))).expect_err("it panics");
            seen.set(payload.downcast_ref::<i32>().copied());
        });
        assert_eq!(finish(&mut pool, coroutine), 1);
        assert_eq!(caught.get(), Some(round));
    }
}

#[test]
fn an_escaping_panic_ends_the_process() {
    let child = in_child("an_escaping_panic_ends_the_process", || {
        let mut pool = pool();
        let coroutine = coroutine(&mut pool, |_| resume_unwind(Box::new(())));
        let _ = catch_unwind(std::panic::AssertUnwindSafe(|| finish(&mut pool, coroutine)));
    });
    assert_eq!(child.status.signal(), Some(libc::SIGABRT), "{child:?}");
    assert!(stderr(&child).contains("a panic escaped from a goroutine's body"), "{child:?}");
}

#[test]
fn a_backtrace_shows_the_body_and_nothing_below_it() {
    let child = in_child("a_backtrace_shows_the_body_and_nothing_below_it", || {
        let mut pool = pool();
        let coroutine = coroutine(&mut pool, |_| {
            let _ = catch_unwind(|| panic!("look at my backtrace"));
        });
        finish(&mut pool, coroutine);
    });
    let printed = stderr(&child);
    assert!(printed.contains("look at my backtrace") && printed.contains("tests::"), "{printed}");
    assert!(!printed.contains("corosensei") && !printed.contains("resume"), "{printed}");
}

#[test]
#[should_panic(expected = "a suspended coroutine keeps its stack")]
fn a_suspended_coroutine_keeps_its_stack() {
    let mut pool = pool();
    let mut coroutine = coroutine(&mut pool, |suspender| suspender.suspend());
    assert_eq!(coroutine.resume(), State::Suspended);
    let _ = coroutine.into_stack();
}

// ---- Giving up ----

/// Suspends a coroutine that watches over `alive`, and says where its `u64` of 42 lies.
fn suspended_with_a_local(pool: &mut StackPool, alive: Rc<()>) -> (Coroutine, *const u64) {
    let place = Rc::new(Cell::new(std::ptr::null()));
    let told = Rc::clone(&place);
    let mut coroutine = coroutine(pool, move |suspender| {
        let local = black_box(42_u64);
        told.set(&raw const local);
        suspender.suspend();
        black_box((&alive, &local));
    });
    assert_eq!(coroutine.resume(), State::Suspended);
    (coroutine, place.get())
}

#[test]
#[expect(unsafe_code, reason = "looks at memory that must still be mapped")]
fn an_abandoned_stack_stays_mapped_and_is_never_reused() {
    let alive = Rc::new(());
    let mut pool = pool();
    let (coroutine, local) = suspended_with_a_local(&mut pool, Rc::clone(&alive));
    coroutine.abandon();
    let next = take(&mut pool);
    let limit = next.limit().get();
    assert!(local.addr() < limit || next.base().get() <= local.addr(), "another stack");
    pool.put(next);
    drop(pool);
    // SAFETY: an abandoned stack stays mapped, and nothing runs on it any more.
    assert_eq!(unsafe { local.read() }, 42);
    assert_eq!(Rc::strong_count(&alive), 2, "nothing on the stack was dropped");
}

#[test]
fn dropping_a_suspended_coroutine_runs_none_of_its_code() {
    let alive = Rc::new(());
    let mut pool = pool();
    {
        let _dropped_here = suspended_with_a_local(&mut pool, Rc::clone(&alive));
    }
    assert_eq!(Rc::strong_count(&alive), 2);
}

#[test]
fn a_stack_outlives_its_pool() {
    let mut first = pool();
    let coroutine = coroutine(&mut first, |suspender| suspender.suspend());
    drop(first);
    assert_eq!(finish(&mut pool(), coroutine), 1);
}

// ---- Stacks ----

#[test]
fn a_stack_has_the_size_asked_for_in_whole_pages() {
    let page = super::slab::page_size();
    for (asked, given) in [(0, 64 << 10), (100_000, 100 << 10), (256 << 10, 256 << 10)] {
        let mut pool = StackPool::new(asked);
        let stack = take(&mut pool);
        assert!(pool.stack_size() >= given && pool.stack_size() < given + page);
        assert_eq!(stack.base().get() - stack.limit().get(), pool.stack_size() + page);
        assert_eq!(stack.base().get() % page, 0);
        assert_eq!(stack.limit().get() % page, 0);
    }
}

#[test]
fn a_pool_unmaps_its_memory_when_its_last_stack_is_gone() {
    fn is_mapped(address: usize) -> bool {
        let maps = std::fs::read_to_string("/proc/self/maps").expect("Linux lists its maps");
        maps.lines().any(|line| {
            let (start, rest) = line.split_once('-').expect("a range");
            let (end, _) = rest.split_once(' ').expect("a range, then its access");
            let parse = |hex| usize::from_str_radix(hex, 16).expect("an address");
            (parse(start)..parse(end)).contains(&address)
        })
    }
    let child = in_child("a_pool_unmaps_its_memory_when_its_last_stack_is_gone", || {
        let mut pool = pool();
        let stack = take(&mut pool);
        let inside = stack.base().get() - 1;
        drop(pool);
        assert!(is_mapped(inside), "in use");
        drop(stack);
        assert!(!is_mapped(inside), "nobody can use it");
    });
    assert!(child.status.success(), "{child:?}");
}

#[test]
fn main_may_have_a_large_stack() {
    fn descend(depth: usize) -> usize {
        let frame = black_box([depth; 512]);
        if depth == 0 { frame[0] } else { descend(depth - 1) + frame[511] - depth + 1 }
    }
    let mut pool = StackPool::new(8 << 20);
    let main = coroutine(&mut pool, |_| assert_eq!(descend(1_000), 1_000));
    finish(&mut pool, main);
}

#[test]
fn stacks_of_all_slabs_are_distinct() {
    let mut pool = pool();
    let stacks: Vec<_> = (0..1_000).map(|_| take(&mut pool)).collect();
    let mut ranges: Vec<_> = stacks.iter().map(|s| (s.limit(), s.base())).collect();
    ranges.sort();
    assert!(ranges.windows(2).all(|pair| pair[0].1 <= pair[1].0), "no two overlap");
}

#[test]
#[expect(unsafe_code, reason = "looks at the memory of idle stacks")]
fn shrinking_gives_memory_back_but_for_the_most_recently_used() {
    let mut pool = pool();
    let stacks: Vec<_> = (0..8).map(|_| take(&mut pool)).collect();
    let places: Vec<_> = stacks.iter().map(|s| (s.base().get() - 8_192) as *mut u64).collect();
    for (stack, place) in stacks.into_iter().zip(&places) {
        // SAFETY: the middle of an idle stack, which is all ours.
        unsafe { place.write(7) };
        pool.put(stack);
    }
    let left = || {
        // SAFETY: as above.
        places.iter().map(|place| unsafe { place.read() }).collect::<Vec<_>>()
    };
    pool.shrink(8);
    assert_eq!(left(), [7; 8]);
    pool.shrink(3);
    assert_eq!(left(), [0, 0, 0, 0, 0, 7, 7, 7]);
    let stack = take(&mut pool);
    pool.shrink(0);
    assert_eq!(left(), [0, 0, 0, 0, 0, 0, 0, 7], "the one in use is not idle");
    pool.put(stack);
    pool.shrink(0);
    assert_eq!(left(), [0; 8]);
}

#[test]
fn mprotect_guards_stacks_as_well() {
    let mut pool = StackPool::with_guard(DEFAULT_STACK_SIZE, GuardKind::Mprotect);
    for _ in 0..100 {
        let coroutine = coroutine(&mut pool, |suspender| suspender.suspend());
        assert_eq!(finish(&mut pool, coroutine), 1);
    }
}

#[test]
fn too_many_stacks_by_mprotect_say_how_to_have_more() {
    let child = in_child("too_many_stacks_by_mprotect_say_how_to_have_more", || {
        let mut pool = StackPool::with_guard(0, GuardKind::Mprotect);
        let mut stacks = Vec::with_capacity(40_000);
        let error = loop {
            match pool.take() {
                Ok(stack) if stacks.len() < 40_000 => stacks.push(stack),
                Ok(_) => exit(0), // The limit is higher here.
                Err(error) => break error.to_string(),
            }
        };
        assert!(error.contains("sysctl -w vm.max_map_count="), "{error}");
        assert!(stacks.len() > 30_000, "{} stacks", stacks.len());
    });
    assert!(child.status.success(), "{child:?}");
}

// ---- Overflow ----

/// Uses up the stack it runs on, whichever that is.
#[inline(never)]
fn endless(depth: usize) -> usize {
    let frame = black_box([depth; 64]);
    if black_box(true) { endless(depth + 1) + frame[depth % 64] } else { 0 }
}

fn report_as_7(overflow: &overflow::Overflow) {
    overflow.report(7, "replay: abc\n");
}

fn overflow_in_coroutine(guard: GuardKind) {
    overflow::install(report_as_7);
    let mut pool = StackPool::with_guard(DEFAULT_STACK_SIZE, guard);
    // Guards outlive the memory of their stacks, also where neighbours are given back in one call.
    let neighbours = [(); 3].map(|()| take(&mut pool));
    neighbours.into_iter().for_each(|stack| pool.put(stack));
    pool.shrink(0);
    let coroutine = coroutine(&mut pool, |_| {
        black_box(endless(0));
    });
    finish(&mut pool, coroutine);
}

fn assert_overflow_of_7(child: &Output) {
    let line = "goroutine 7: stack overflow \
                (its stack is 262144 bytes; raise it with stack_size)\nreplay: abc\n";
    assert_eq!(child.status.signal(), Some(libc::SIGABRT), "{child:?}");
    assert_eq!(stderr(child), line);
}

#[test]
fn an_overflow_names_the_goroutine() {
    assert_overflow_of_7(&in_child("an_overflow_names_the_goroutine", || {
        overflow_in_coroutine(GuardKind::Auto);
    }));
}

#[test]
fn an_overflow_is_seen_by_an_mprotect_guard() {
    assert_overflow_of_7(&in_child("an_overflow_is_seen_by_an_mprotect_guard", || {
        overflow_in_coroutine(GuardKind::Mprotect);
    }));
}

#[test]
fn a_thread_that_overflows_keeps_its_own_message() {
    let child = in_child("a_thread_that_overflows_keeps_its_own_message", || {
        overflow::install(report_as_7);
        let _pool = take(&mut pool());
        black_box(endless(0));
    });
    assert_eq!(child.status.signal(), Some(libc::SIGABRT), "{child:?}");
    assert!(stderr(&child).contains("has overflowed its stack"), "{child:?}");
    assert!(!stderr(&child).contains("goroutine"), "{child:?}");
}

#[test]
#[expect(unsafe_code, reason = "a wild read, in a child process")]
fn another_fault_ends_the_process_as_ever() {
    let child = in_child("another_fault_ends_the_process_as_ever", || {
        overflow::install(report_as_7);
        let mut pool = pool();
        let wild = coroutine(&mut pool, |_| {
            // SAFETY: none, and that is the point; nothing is mapped there.
            black_box(unsafe { std::ptr::without_provenance::<u8>(64).read_volatile() });
        });
        finish(&mut pool, wild);
    });
    assert_eq!(child.status.signal(), Some(libc::SIGSEGV), "{child:?}");
    assert_eq!(stderr(&child), "");
}

// ---- Child processes ----

/// Set in a process that was started to run the body of one test.
const CHILD: &str = "GOSEED_TEST_CHILD";

/// Starts this test binary again for the test `name` alone, which gets here too and runs `body`.
fn in_child(name: &str, body: impl FnOnce()) -> Output {
    if env::var_os(CHILD).is_some() {
        body();
        exit(0);
    }
    let (_crate_name, module) = module_path!().split_once("::").expect("a module of the crate");
    Command::new(env::current_exe().expect("the test binary has a path"))
        .args(["--exact", &format!("{module}::{name}"), "--nocapture"])
        .env(CHILD, "1")
        .env("RUST_BACKTRACE", "1")
        .output()
        .expect("the test binary can be started")
}

/// What a child wrote to stderr.
fn stderr(child: &Output) -> String {
    String::from_utf8_lossy(&child.stderr).into_owned()
}
