//! Contexts.
//!
//! Go 125: not applicable: a context is one type, which nobody else can implement; none needs a helper.
//! Go 127: not applicable: a key is a type, and a parent is always there.

use std::sync::Arc;

use goseed::context::{self, Cause, Context, Error, Key};
use goseed::prelude::*;
use goseed::rand;

use super::{holds, in_sim};

const MILLISECOND: Duration = Duration::from_millis(1);
const HOUR: Duration = Duration::from_secs(3_600);

struct Depth;

impl Key for Depth {
    type Value = u64;
}

fn cause(text: &str) -> Option<Cause> {
    Some(Arc::from(Box::<dyn std::error::Error + Send + Sync>::from(text)))
}

fn cause_of(ctx: &Context) -> Option<String> {
    ctx.cause().map(|cause| cause.to_string())
}

/// Go 112: the roots are never done, and say who they are [TestBackground, TestTODO].
#[test]
fn the_roots_are_never_done() {
    holds(|| {
        for (root, name) in
            [(context::background(), "context.Background"), (context::todo(), "context.TODO")]
        {
            assert!(root.done().is_nil() && root.err().is_none() && root.deadline().is_none());
            assert_eq!(root.to_string(), name);
        }
    });
}

/// Go 113: cancelling ends a context and all below it before it returns [TestWithCancel].
#[test]
fn cancel_ends_all_below_at_once() {
    holds(|| {
        let (parent, cancel) = context::with_cancel(&context::background());
        let (child, _cancel) = context::with_cancel(&parent);
        let grandchild = context::with_value::<Depth>(&child, 2);
        assert_eq!(parent.to_string(), "context.Background.WithCancel");
        assert!(grandchild.err().is_none());
        cancel();
        for ctx in [&parent, &child, &grandchild] {
            assert_eq!(ctx.done().try_recv(), Err(goseed::TryRecvError::Closed));
            assert_eq!(ctx.err(), Some(Error::Canceled));
        }
        assert_eq!(Error::Canceled.to_string(), "context canceled");
    });
}

/// Go 115: deadlines in the past, now and in the future; a later one than the parent's changes nothing [TestDeadline, TestTimeout].
#[test]
fn deadlines_end_a_context() {
    holds(|| {
        let root = context::background();
        let (soon, _cancel) = context::with_timeout(&root, 3 * MILLISECOND);
        let (never_later, _cancel) = context::with_timeout(&soon, HOUR);
        assert_eq!(never_later.deadline(), soon.deadline());
        never_later.done().recv();
        assert_eq!(never_later.err(), Some(Error::DeadlineExceeded));
        assert_eq!(Error::DeadlineExceeded.to_string(), "context deadline exceeded");
        for due in [time::now(), time::now() - MILLISECOND] {
            let (past, _cancel) = context::with_deadline(&root, due);
            assert_eq!(past.err(), Some(Error::DeadlineExceeded));
        }
    });
}

/// Go 116: whoever cancels before the deadline gives the reason [TestCanceledTimeout].
#[test]
fn a_cancelled_deadline_is_cancelled() {
    holds(|| {
        let (ctx, cancel) = context::with_timeout(&context::background(), HOUR);
        cancel();
        cancel();
        assert_eq!(ctx.err(), Some(Error::Canceled));
    });
}

/// Go 118: thirty random layers keep their values, and the end reaches the last of them [TestLayersCancel, TestLayersTimeout].
#[test]
fn thirty_layers_keep_their_values_and_end() {
    holds(|| {
        let (root, end) = context::with_cancel(&context::background());
        let (mut ctx, mut cancels, mut depth) = (root, Vec::new(), None);
        for n in 0..30 {
            let (next, cancel) = match rand::range(0..3) {
                0 => {
                    depth = Some(n);
                    ctx = context::with_value::<Depth>(&ctx, n);
                    continue;
                }
                1 => context::with_cancel(&ctx),
                _ => context::with_timeout(&ctx, HOUR),
            };
            ctx = next;
            cancels.push(cancel);
        }
        assert_eq!(ctx.value::<Depth>().as_deref().copied(), depth);
        assert!(ctx.err().is_none());
        end();
        ctx.done().recv();
        assert_eq!(ctx.err(), Some(Error::Canceled));
    });
}

/// Go 119: a child of a cancelled parent is born cancelled, with its parent's cause [TestWithCancelCanceledParent, TestWithCancelSimultaneouslyCanceledParent].
#[test]
fn a_child_of_the_cancelled_is_born_cancelled() {
    holds(|| {
        let (parent, cancel) = context::with_cancel_cause(&context::background());
        go!(cancel => { cancel(cause("because")) });
        let (early, _cancel) = context::with_cancel(&parent);
        early.done().recv();
        let (late, _cancel) = context::with_cancel(&parent);
        for child in [early, late] {
            assert_eq!(child.err(), Some(Error::Canceled));
            assert_eq!(cause_of(&child).as_deref(), Some("because"));
        }
    });
}

/// Go 121: a cause is nothing and then what was given, never anything else [TestCauseRace].
#[test]
fn a_cause_never_changes() {
    holds(|| {
        let (ctx, cancel) = context::with_cancel_cause(&context::background());
        go!(cancel => { cancel(cause("because")) });
        loop {
            if let Some(text) = cause_of(&ctx) {
                assert_eq!(text, "because");
                break;
            }
            runtime::gosched();
        }
        cancel(cause("too late"));
        assert_eq!(cause_of(&ctx).as_deref(), Some("because"));
    });
}

/// Go 122: without cancel, a context keeps its values and nothing else [TestWithoutCancel].
#[test]
fn without_cancel_keeps_values() {
    holds(|| {
        let valued = context::with_value::<Depth>(&context::background(), 7);
        let (ctx, cancel) = context::with_timeout(&valued, HOUR);
        let shielded = context::without_cancel(&ctx);
        cancel();
        assert!(shielded.done().is_nil() && shielded.err().is_none() && shielded.cause().is_none());
        assert!(shielded.deadline().is_none());
        assert_eq!(shielded.value::<Depth>().as_deref(), Some(&7));
    });
}

/// Go 123: a function after a context runs once in a goroutine of its own, or never if it was stopped [TestAfterFuncCalledAfterCancel, TestAfterFuncCalledAfterTimeout, TestAfterFuncCalledImmediately, TestAfterFuncNotCalledAfterStop].
#[test]
fn after_a_context_a_function_runs_once() {
    holds(|| {
        let (ctx, cancel) = context::with_cancel(&context::background());
        let ran = chan(3);
        let (first, second) = (ran.clone(), ran.clone());
        let stop = context::after_func(&ctx, move || first.send(runtime::goroutine_id()));
        let stopped = context::after_func(&ctx, move || second.send(0));
        assert!(stopped() && !stopped());
        cancel();
        cancel();
        assert!(ran.recv() > Some(1));
        assert!(!stop());
        let third = ran.clone();
        context::after_func(&ctx, move || third.send(3));
        assert_eq!(ran.recv(), Some(3));
        let (timed, _cancel) = context::with_timeout(&context::background(), MILLISECOND);
        let fourth = ran.clone();
        context::after_func(&timed, move || fourth.send(4));
        assert_eq!((ran.recv(), ran.len()), (Some(4), 0));
    });
}

/// Go 124: cancelling does not wait for such functions [TestAfterFuncCalledAsynchronously].
#[test]
fn cancel_does_not_wait_for_what_comes_after() {
    holds(|| {
        let (ctx, cancel) = context::with_cancel(&context::background());
        let (go_on, done) = (chan(0), chan(0));
        let (wait, tell) = (go_on.clone(), done.clone());
        context::after_func(&ctx, move || tell.send(wait.recv()));
        cancel();
        go_on.send(1);
        assert_eq!(done.recv(), Some(Some(1)));
    });
}

/// Go 126: a context with an error is done [TestContextErrDoneRace].
#[test]
fn an_error_means_done() {
    holds(|| {
        let (ctx, cancel) = context::with_cancel(&context::background());
        go!(cancel => { cancel() });
        while ctx.err().is_none() {
            runtime::gosched();
        }
        select! { recv(ctx.done()) -> _ => {}, default => panic!("it has an error and is not done") }
    });
}

/// Go 146: one nanosecond before its time-out a context is not done, and at the time-out it is [TestContextWithTimeout].
#[test]
fn a_timeout_is_exact_in_virtual_time() {
    in_sim(|| {
        let (ctx, _cancel) = context::with_timeout(&context::background(), MILLISECOND);
        time::sleep(MILLISECOND - Duration::from_nanos(1));
        runtime::wait_idle();
        assert_eq!(ctx.err(), None);
        time::sleep(Duration::from_nanos(1));
        runtime::wait_idle();
        assert_eq!(ctx.err(), Some(Error::DeadlineExceeded));
    });
}
