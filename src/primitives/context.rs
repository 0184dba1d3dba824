//! Deadlines, cancellation and values that follow a request, as Go's package `context` has them.

use std::any::{Any, TypeId};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::chan::{Chan, Receiver, chan};
use super::go::spawn_from;
use super::guarded::Guarded;
use super::object::Object;
use crate::backend::{Backend, Body, Fire, Timed, TimerId};
use crate::event::{Action, Detail, Instant, ObjectKind, Place};

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

/// What can be cancelled. It holds its children and never its parent, so nothing keeps itself alive.
struct Cancel {
    object: Object,
    state: Guarded<State>,
}

#[derive(Default)]
struct State {
    err: Option<(Error, Cause)>,
    done: Option<Chan<()>>,
    children: Vec<Arc<Cancel>>,
    after: Vec<(u64, Body, Place)>,
    registered: u64,
    timer: Option<TimerId>,
}

impl Cancel {
    /// Cancels this and all below it, at once.
    fn cancel(&self, rt: &dyn Backend, err: Error, cause: &Cause) {
        let (done, children, after, timer) = {
            let mut state = self.state.lock();
            if state.err.is_some() {
                return;
            }
            state.err = Some((err, Arc::clone(cause)));
            let State { done, children, after, timer, .. } = &mut *state;
            let taken = (std::mem::take(children), std::mem::take(after), timer.take());
            (done.clone(), taken.0, taken.1, taken.2)
        };
        if let Some(timer) = timer {
            rt.disarm(timer);
        }
        if let Some(core) = done.as_ref().and_then(Chan::core) {
            core.close_within(rt);
        }
        for child in children {
            child.cancel(rt, err, cause);
        }
        for (_, f, place) in after {
            rt.spawn(f, None, place);
        }
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
        self.of.cancel(clock, Error::DeadlineExceeded, &self.cause);
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
    let func = canceller(&child, cancel);
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
    let func = canceller(&child, cancel);
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
        cancel.cancel(rt, Error::DeadlineExceeded, &cause);
    } else if cancel.err().is_none() {
        let deadline = Arc::new(Deadline { of: Arc::clone(&cancel), cause });
        let timer = rt.arm(t, Timed::Fire(deadline as Arc<dyn Fire>));
        cancel.state.lock().timer = Some(timer);
    }
    let func = canceller(&child, cancel);
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
    rt.step(cancel.object.op(Action::Register, place));
    let registered = {
        let mut state = cancel.state.lock();
        state.registered += 1;
        let number = state.registered;
        if state.err.is_none() {
            state.after.push((number, Box::new(f), place));
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
    rt.step(cancel.object.op(Action::Register, place));
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
    let cancel =
        Arc::new(Cancel { object: Object::new(ObjectKind::Context), state: Guarded::default() });
    if let Some(above) = p.cancel() {
        let rt = above.object.enter();
        rt.step(above.object.op(Action::Register, place));
        match above.err() {
            Some((err, cause)) => cancel.cancel(rt, err, &cause),
            None => above.state.lock().children.push(Arc::clone(&cancel)),
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

/// The function that cancels `child`.
fn canceller(
    child: &Context,
    cancel: Arc<Cancel>,
) -> impl Fn(Option<Cause>) + Send + Sync + 'static + use<> {
    let above = child.0.parent.as_ref().and_then(|p| p.cancel().cloned());
    let place = cancel.object.made();
    move |cause| {
        let rt = cancel.object.enter();
        let op = cancel.object.op(Action::Cancel, place);
        rt.point(op, &crate::backend::Always);
        let cause = cause.unwrap_or_else(|| Arc::new(Error::Canceled));
        cancel.cancel(rt, Error::Canceled, &cause);
        rt.did(op, Detail::Done);
        if let Some(above) = &above {
            above.forget_child(&cancel);
        }
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
    ///
    /// # Panics
    ///
    /// Outside of its run.
    #[track_caller]
    pub fn done(&self) -> Receiver<()> {
        let Some(cancel) = self.cancel() else { return Receiver::nil() };
        let rt = cancel.object.enter();
        let known = cancel.state.lock().done.clone();
        if let Some(done) = known {
            return done.receiver();
        }
        let done = chan(0);
        let mut state = cancel.state.lock();
        state.done = Some(done.clone());
        let closed = state.err.is_some();
        drop(state);
        if let (true, Some(core)) = (closed, done.core()) {
            core.close_within(rt);
        }
        done.receiver()
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
        rt.step(cancel.object.op(Action::Err, place));
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
