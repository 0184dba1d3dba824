//! Deadlines, cancellation and values that follow a request, as Go's package `context` has them.

use std::any::{Any, TypeId};
use std::fmt;
use std::sync::{Arc, Weak};
use std::time::Duration;

use super::chan::{Chan, Receiver, done_chan, touching};
use super::go::spawn_from;
use super::guarded::Guarded;
use super::object::Object;
use crate::backend::{Always, Backend, Body, Fire, Timed, TimerId};
use crate::event::{Action, Detail, Instant, Note, ObjectId, ObjectKind, Op, Place};

/// Cancels a context and all that was derived from it. Again is nothing.
pub type CancelFunc = Arc<dyn Fn() + Send + Sync>;
/// As [`CancelFunc`], with the reason.
pub type CancelCauseFunc = Arc<dyn Fn(Option<Cause>) + Send + Sync>;
/// Why a context was cancelled.
pub type Cause = Arc<dyn std::error::Error + Send + Sync>;

/// What a context says after it was cancelled.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Error {
    /// Somebody cancelled it.
    Canceled,
    /// Its deadline passed.
    DeadlineExceeded,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Canceled => "context canceled",
            Self::DeadlineExceeded => "context deadline exceeded",
        })
    }
}

impl std::error::Error for Error {}

/// The key of a value: a type of the user's own, so that two packages never clash.
///
/// ```
/// use goseed::context::{self, Key};
///
/// struct UserId;
/// impl Key for UserId {
///     type Value = u64;
/// }
///
/// goseed::check(|| {
///     let ctx = context::with_value::<UserId>(&context::background(), 7);
///     assert_eq!(ctx.value::<UserId>().as_deref(), Some(&7));
/// });
/// ```
pub trait Key: 'static {
    /// What is kept under it.
    type Value: Send + Sync + 'static;
}

/// Carries a deadline, a cancellation signal and values across goroutines.
///
/// ```
/// use goseed::prelude::*;
///
/// goseed::check(|| {
///     let (ctx, cancel) = context::with_timeout(&context::background(), Duration::from_secs(10));
///     let stopped = chan(0);
///     go!(ctx, stopped => {
///         ctx.done().recv();
///         stopped.send(ctx.err());
///     });
///     cancel();
///     assert_eq!(stopped.recv(), Some(Some(context::Error::Canceled)));
/// });
/// ```
#[derive(Clone)]
pub struct Context(Arc<Node>);

struct Node {
    parent: Option<Context>,
    /// How it was derived, in Go's words.
    how: &'static str,
    /// What can be cancelled here; else the parent's.
    cancel: Option<Arc<Cancel>>,
    /// Cancellation from above ends here.
    shield: bool,
    deadline: Option<Instant>,
    value: Option<(TypeId, Arc<dyn Any + Send + Sync>)>,
}

/// What can be cancelled. It holds its children and its parent holds it, so nothing keeps itself alive.
struct Cancel {
    object: Object,
    /// The topmost context that cancels this one too. All operations on one tree touch it, since a
    /// cancellation reaches down to every channel and error below.
    tree: ObjectId,
    above: Option<Weak<Self>>,
    /// Made here and not when it is first asked for, as Go does: so it does not depend on the schedule
    /// who makes it, and it is always the cancellation that closes it.
    done: Chan<()>,
    state: Guarded<State>,
}

#[derive(Default)]
struct State {
    err: Option<(Error, Cause)>,
    children: Vec<Arc<Cancel>>,
    after: Vec<(u64, Body, Place)>,
    registered: u64,
    timer: Option<TimerId>,
}

impl Cancel {
    #[track_caller]
    fn new(above: Option<&Arc<Self>>) -> Arc<Self> {
        let object = Object::new(ObjectKind::Context);
        let tree = above.map_or(object.id(), |above| above.tree);
        let (above, done) = (above.map(Arc::downgrade), done_chan(tree));
        Arc::new(Self { object, tree, above, done, state: Guarded::default() })
    }

    fn op(&self, action: Action, place: Place) -> Op {
        touching(self.object.op(action, place), self.tree)
    }

    /// Cancels this and all below it, at once, and parts it from its parent.
    fn cancel(self: &Arc<Self>, rt: &dyn Backend, err: Error, cause: &Cause, place: Place) {
        if self.err().is_some() {
            return rt.did(self.op(Action::Err, place), Detail::Done);
        }
        self.cancel_tree(rt, err, cause, place);
        if let Some(above) = self.above.as_ref().and_then(Weak::upgrade) {
            above.forget_child(self);
        }
    }

    fn cancel_tree(&self, rt: &dyn Backend, err: Error, cause: &Cause, place: Place) {
        let (children, after, timer) = {
            let mut state = self.state.lock();
            if state.err.is_some() {
                return;
            }
            state.err = Some((err, Arc::clone(cause)));
            let State { children, after, timer, .. } = &mut *state;
            (std::mem::take(children), std::mem::take(after), timer.take())
        };
        rt.did(self.op(Action::Cancel, place), Detail::Done);
        if let Some(timer) = timer {
            rt.disarm(timer);
        }
        if let Some(core) = self.done.core() {
            core.close_within(rt, place);
        }
        for child in children {
            child.cancel_tree(rt, err, cause, place);
        }
        for (_, f, place) in after {
            rt.spawn(f, None, place);
        }
    }

    /// Takes in a child, unless it is cancelled itself.
    fn adopt(&self, child: &Arc<Self>) -> Option<(Error, Cause)> {
        let mut state = self.state.lock();
        if state.err.is_none() {
            state.children.push(Arc::clone(child));
        }
        state.err.clone()
    }

    fn forget_child(&self, child: &Arc<Self>) {
        let gone = {
            let children = &mut self.state.lock().children;
            children.iter().position(|c| Arc::ptr_eq(c, child)).map(|at| children.remove(at))
        };
        drop(gone);
    }

    fn err(&self) -> Option<(Error, Cause)> {
        self.state.lock().err.clone()
    }
}

/// Cancels when the deadline passes.
struct Deadline {
    of: Arc<Cancel>,
    cause: Cause,
}

impl Fire for Deadline {
    fn fire(self: Arc<Self>, clock: &dyn Backend, _due: Instant) {
        let (of, place) = (&self.of, self.of.object.made());
        of.object.note(clock, Note::Fires, place);
        of.cancel(clock, Error::DeadlineExceeded, &self.cause, place);
    }

    fn counts(&self) -> bool {
        true
    }
}

fn root(how: &'static str) -> Context {
    Context(Arc::new(Node {
        parent: None,
        how,
        cancel: None,
        shield: false,
        deadline: None,
        value: None,
    }))
}

/// The root of all contexts: never cancelled, without deadline and values.
pub fn background() -> Context {
    root("context.Background")
}

/// The same, where it is not clear yet which context belongs there.
pub fn todo() -> Context {
    root("context.TODO")
}

/// A context that can be cancelled, as it is when its parent is.
///
/// # Panics
///
/// Outside of any run.
#[track_caller]
pub fn with_cancel(p: &Context) -> (Context, CancelFunc) {
    let (child, cancel) = derive(p, ".WithCancel", None);
    let func = canceller(cancel);
    (child, Arc::new(move || func(None)))
}

/// As [`with_cancel`], with a reason that [`Context::cause`] gives back.
///
/// # Panics
///
/// Outside of any run.
#[track_caller]
pub fn with_cancel_cause(p: &Context) -> (Context, CancelCauseFunc) {
    let (child, cancel) = derive(p, ".WithCancel", None);
    let func = canceller(cancel);
    (child, Arc::new(func))
}

/// A context that is cancelled after `d`, or before.
///
/// # Panics
///
/// Outside of any run.
#[track_caller]
pub fn with_timeout(p: &Context, d: Duration) -> (Context, CancelFunc) {
    with_timeout_cause(p, d, Arc::new(Error::DeadlineExceeded))
}

/// A context that is cancelled at `t`, or before.
///
/// # Panics
///
/// Outside of any run.
#[track_caller]
pub fn with_deadline(p: &Context, t: Instant) -> (Context, CancelFunc) {
    with_deadline_cause(p, t, Arc::new(Error::DeadlineExceeded))
}

/// As [`with_timeout`], with the reason that the deadline gives.
///
/// # Panics
///
/// Outside of any run.
#[track_caller]
pub fn with_timeout_cause(p: &Context, d: Duration, cause: Cause) -> (Context, CancelFunc) {
    let rt = super::in_a_run("context::with_timeout");
    with_deadline_cause(p, rt.now() + d, cause)
}

/// As [`with_deadline`], with the reason that the deadline gives.
///
/// # Panics
///
/// Outside of any run.
#[track_caller]
pub fn with_deadline_cause(p: &Context, t: Instant, cause: Cause) -> (Context, CancelFunc) {
    if p.deadline().is_some_and(|earlier| earlier <= t) {
        return with_cancel(p);
    }
    let (child, cancel) = derive(p, ".WithDeadline", Some(t));
    let rt = cancel.object.enter();
    if t <= rt.now() {
        cancel.cancel(rt, Error::DeadlineExceeded, &cause, Place::here());
    } else if cancel.err().is_none() {
        let deadline = Arc::new(Deadline { of: Arc::clone(&cancel), cause });
        cancel.object.note(rt, Note::Publishes, Place::here());
        let timer = rt.arm(t, Timed::Fire(deadline as Arc<dyn Fire>));
        cancel.state.lock().timer = Some(timer);
    }
    let func = canceller(cancel);
    (child, Arc::new(move || func(None)))
}

/// A context with a value.
pub fn with_value<K: Key>(p: &Context, v: K::Value) -> Context {
    let value: Arc<dyn Any + Send + Sync> = Arc::new(v);
    Context(Arc::new(Node {
        parent: Some(p.clone()),
        how: ".WithValue",
        cancel: None,
        shield: false,
        deadline: None,
        value: Some((TypeId::of::<K>(), value)),
    }))
}

/// A context with its parent's values that is not cancelled with it.
pub fn without_cancel(p: &Context) -> Context {
    Context(Arc::new(Node {
        parent: Some(p.clone()),
        how: ".WithoutCancel",
        cancel: None,
        shield: true,
        deadline: None,
        value: None,
    }))
}

/// Runs `f` in a goroutine of its own once `c` is cancelled. What comes back stops that, and says
/// whether it did.
///
/// # Panics
///
/// Outside of any run.
#[track_caller]
pub fn after_func<F: FnOnce() + Send + 'static>(
    c: &Context,
    f: F,
) -> Arc<dyn Fn() -> bool + Send + Sync> {
    let place = Place::here();
    let Some(cancel) = c.cancel().cloned() else {
        // It is never cancelled: all there is to stop is the first stop.
        let pending = Guarded::new(Some(f));
        return Arc::new(move || {
            let f = pending.lock().take();
            f.is_some()
        });
    };
    let rt = cancel.object.enter();
    rt.step(cancel.op(Action::Register, place));
    let registered = {
        let mut state = cancel.state.lock();
        state.registered += 1;
        let number = state.registered;
        if state.err.is_none() {
            state.after.push((number, Body::new(f), place));
            Ok(number)
        } else {
            Err(f)
        }
    };
    match registered {
        Ok(number) => Arc::new(move || unregister(&cancel, number, place)),
        Err(f) => {
            spawn_from(place, None, f);
            Arc::new(|| false)
        }
    }
}

fn unregister(cancel: &Cancel, number: u64, place: Place) -> bool {
    let rt = cancel.object.enter();
    rt.step(cancel.op(Action::Register, place));
    let stopped = {
        let after = &mut cancel.state.lock().after;
        after.iter().position(|(of, ..)| *of == number).map(|at| after.remove(at))
    };
    stopped.is_some()
}

/// A child of `p` that can be cancelled.
#[track_caller]
fn derive(p: &Context, how: &'static str, deadline: Option<Instant>) -> (Context, Arc<Cancel>) {
    let place = Place::here();
    let cancel = Cancel::new(p.cancel());
    if let Some(above) = p.cancel() {
        let rt = above.object.enter();
        rt.step(above.op(Action::Register, place));
        if let Some((err, cause)) = above.adopt(&cancel) {
            cancel.cancel_tree(rt, err, &cause, place);
        }
    }
    let child = Context(Arc::new(Node {
        parent: Some(p.clone()),
        how,
        cancel: Some(Arc::clone(&cancel)),
        shield: false,
        deadline,
        value: None,
    }));
    (child, cancel)
}

/// The function that cancels.
fn canceller(cancel: Arc<Cancel>) -> impl Fn(Option<Cause>) + Send + Sync + 'static {
    let place = cancel.object.made();
    move |cause| {
        let rt = cancel.object.enter();
        let op = cancel.op(Action::Cancel, place);
        rt.point(op, &Always);
        let cause = cause.unwrap_or_else(|| Arc::new(Error::Canceled));
        cancel.cancel(rt, Error::Canceled, &cause, place);
    }
}

impl Context {
    /// What cancels this context: its own, or that of the nearest ancestor.
    fn cancel(&self) -> Option<&Arc<Cancel>> {
        let mut node = &self.0;
        loop {
            if node.shield {
                return None;
            }
            if let Some(cancel) = &node.cancel {
                return Some(cancel);
            }
            node = &node.parent.as_ref()?.0;
        }
    }

    /// A channel that is closed when the context is cancelled; the nil channel if it never is.
    pub fn done(&self) -> Receiver<()> {
        self.cancel().map_or_else(Receiver::nil, |cancel| cancel.done.receiver())
    }

    /// Why it was cancelled; nothing while it is not.
    ///
    /// # Panics
    ///
    /// Outside of its run.
    #[track_caller]
    pub fn err(&self) -> Option<Error> {
        self.look(Place::here()).map(|(err, _)| err)
    }

    /// The reason that whoever cancelled it first gave; its error if none was given.
    ///
    /// # Panics
    ///
    /// Outside of its run.
    #[track_caller]
    pub fn cause(&self) -> Option<Cause> {
        self.look(Place::here()).map(|(_, cause)| cause)
    }

    #[track_caller]
    fn look(&self, place: Place) -> Option<(Error, Cause)> {
        let cancel = self.cancel()?;
        let rt = cancel.object.enter();
        rt.step(cancel.op(Action::Err, place));
        cancel.err()
    }

    /// The value kept under `K` here or above.
    pub fn value<K: Key>(&self) -> Option<Arc<K::Value>> {
        let mut node = &self.0;
        loop {
            if let Some((key, value)) = &node.value
                && *key == TypeId::of::<K>()
            {
                return Arc::clone(value).downcast().ok();
            }
            node = &node.parent.as_ref()?.0;
        }
    }

    /// When it will be cancelled at the latest.
    pub fn deadline(&self) -> Option<Instant> {
        let mut node = &self.0;
        loop {
            if node.shield {
                return None;
            }
            if node.deadline.is_some() {
                return node.deadline;
            }
            node = &node.parent.as_ref()?.0;
        }
    }
}

impl fmt::Display for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(parent) = &self.0.parent {
            fmt::Display::fmt(parent, f)?;
        }
        f.write_str(self.0.how)
    }
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::prelude::*;
    use crate::{Explore, Run, Sim, println};

    #[derive(Debug)]
    struct Why(u8);

    impl fmt::Display for Why {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "reason {}", self.0)
        }
    }

    impl std::error::Error for Why {}

    struct Id;
    impl Key for Id {
        type Value = u8;
    }

    const SECOND: Duration = Duration::from_secs(1);

    fn texts(ctx: &Context) -> [Option<String>; 2] {
        [ctx.err().map(|err| err.to_string()), ctx.cause().map(|cause| cause.to_string())]
    }

    fn both(err: &str, cause: &str) -> [Option<String>; 2] {
        [Some(err.to_owned()), Some(cause.to_owned())]
    }

    fn outputs(main: impl Fn() + Send + Sync + 'static) -> BTreeSet<String> {
        let report = Explore::new().strategy("dpor").keep_going().run(main);
        assert!(report.complete, "{report}");
        report.outcomes.into_keys().map(|outcome| outcome.stdout).collect()
    }

    #[test]
    fn cancel_reaches_all_below_and_the_first_call_wins() {
        crate::check(|| {
            let (parent, cancel) = with_cancel_cause(&background());
            let (child, cancel_child) = with_cancel(&with_value::<Id>(&parent, 1));
            let done = child.done();
            assert_eq!(texts(&child), [None, None]);
            cancel(Some(Arc::new(Why(1))));
            cancel(Some(Arc::new(Why(2))));
            cancel_child();
            assert_eq!(texts(&parent), both("context canceled", "reason 1"));
            assert_eq!(texts(&child), both("context canceled", "reason 1"));
            assert_eq!((done.recv(), child.done().recv()), (None, None));
            assert_eq!(child.value::<Id>().as_deref(), Some(&1));
        });
    }

    #[test]
    fn a_child_of_a_cancelled_context_is_born_cancelled() {
        crate::check(|| {
            let (parent, cancel) = with_cancel(&background());
            cancel();
            let (child, _cancel) = with_timeout(&parent, SECOND);
            assert_eq!(texts(&child), both("context canceled", "context canceled"));
            assert_eq!(child.done().recv(), None);
        });
    }

    #[test]
    fn a_child_does_not_cancel_its_parent_and_parts_from_it() {
        crate::check(|| {
            let (parent, _cancel) = with_cancel(&background());
            let (_child, cancel) = with_cancel(&parent);
            let (late, _cancel) = with_timeout(&parent, SECOND);
            let children = |of: &Context| of.cancel().map(|c| c.state.lock().children.len());
            assert_eq!(children(&parent), Some(2));
            cancel();
            assert_eq!((children(&parent), parent.err()), (Some(1), None));
            assert_eq!(late.done().recv(), None);
            assert_eq!((children(&parent), parent.err()), (Some(0), None));
        });
    }

    #[test]
    fn a_deadline_cancels_and_the_earlier_one_counts() {
        crate::check(|| {
            let start = time::now();
            let (parent, _cancel) = with_timeout(&background(), SECOND);
            let (child, _later) = with_timeout(&parent, 2 * SECOND);
            assert_eq!(child.deadline(), Some(start + SECOND));
            assert_eq!(child.done().recv(), None);
            assert_eq!(time::since(start), SECOND);
            let late = "context deadline exceeded";
            assert_eq!(texts(&child), both(late, late));
            let why = with_timeout_cause(&background(), Duration::ZERO, Arc::new(Why(3))).0;
            assert_eq!(texts(&why), both(late, "reason 3"));
        });
    }

    #[test]
    fn cancelling_stops_the_deadline() {
        crate::check(|| {
            let (ctx, cancel) = with_timeout(&background(), SECOND);
            cancel();
            time::sleep(2 * SECOND);
            assert_eq!(ctx.err(), Some(Error::Canceled));
        });
    }

    #[test]
    fn without_cancel_keeps_only_the_values() {
        crate::check(|| {
            let (parent, cancel) = with_timeout(&with_value::<Id>(&background(), 5), SECOND);
            let free = without_cancel(&parent);
            cancel();
            assert!(free.done().is_nil() && background().done().is_nil());
            assert_eq!((free.err(), free.deadline()), (None, None));
            assert_eq!(free.value::<Id>().as_deref(), Some(&5));
        });
    }

    #[test]
    fn after_func_runs_once_unless_it_is_stopped() {
        crate::check(|| {
            let (ctx, cancel) = with_cancel(&background());
            let ran = chan(2);
            let (first, second) = (ran.clone(), ran.clone());
            let stop = after_func(&ctx, move || first.send(1));
            let stopped = after_func(&ctx, move || second.send(2));
            assert!(stopped() && !stopped());
            cancel();
            cancel();
            assert_eq!(ran.recv(), Some(1));
            assert!(!stop());
            let third = ran.clone();
            after_func(&ctx, move || third.send(3));
            assert_eq!(ran.recv(), Some(3));
        });
    }

    #[test]
    fn a_deadline_keeps_the_program_alive_and_a_cancelled_one_does_not() {
        let waits = |cancelled: bool| -> Run {
            Sim::new().run(move || {
                let (ctx, cancel) = with_timeout(&background(), SECOND);
                if cancelled {
                    cancel();
                } else {
                    ctx.done().recv();
                    println!("over");
                }
                chan::<u8>(0).recv();
            })
        };
        assert_eq!((waits(false).stdout.as_str(), waits(false).elapsed), ("over\n", SECOND));
        assert_eq!(
            (waits(true).exit.to_string().as_str(), waits(true).elapsed.as_nanos()),
            ("deadlock", 0)
        );
    }

    #[test]
    fn searches_know_what_a_cancellation_reaches() {
        let select = outputs(|| {
            let (ctx, cancel) = with_cancel(&background());
            let (done, said) = (ctx.done(), chan(1));
            go!(done, said => { said.send(select! { recv(done) -> _ => true, default => false }); });
            cancel();
            println!("{:?}", said.recv());
        });
        assert_eq!(select.len(), 2, "{select:?}");
        let error = outputs(|| {
            let (ctx, cancel) = with_cancel(&background());
            let ((child, _cancel), said) = (with_cancel(&ctx), chan(1));
            go!(child, said => { said.send(child.err()); });
            cancel();
            println!("{:?}", said.recv());
        });
        assert_eq!(error.len(), 2, "{error:?}");
    }

    #[test]
    fn it_is_shown_as_in_go() {
        crate::check(|| {
            let (ctx, _cancel) = with_cancel(&background());
            assert_eq!(ctx.to_string(), "context.Background.WithCancel");
            let shown = format!("{:?}", with_timeout(&without_cancel(&todo()), SECOND).0);
            assert_eq!(shown, "context.TODO.WithoutCancel.WithDeadline");
        });
    }
}
