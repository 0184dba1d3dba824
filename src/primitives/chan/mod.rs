//! Channels: buffered, rendezvous, nil, closed.

mod cases;
mod line;
mod state;

pub use cases::Arm;
pub(crate) use cases::{Acted, Announcement, Doing, RecvArm, SendTo, Source, Step, Target};

use std::fmt;
use std::sync::Arc;

use self::line::Seat;
use self::state::{ChanState, Received, Sent};
use super::guarded::Guarded;
use super::object::Object;
use crate::backend::{self, Always, Backend, Waiter, Wake};
use crate::event::{
    Action, Detail, GoroutineState, Note, ObjectId, ObjectKind, ObjectSet, Op, Place,
};

/// A channel of values of type `T`. Clones share it, as Go's channel values do.
///
/// A nil channel ([`Chan::nil`]) blocks for ever on send and receive, and is never ready in a `select!`.
pub struct Chan<T>(Option<Arc<Core<T>>>);

/// The sending side of a channel: Go's `chan<- T`.
pub struct Sender<T>(Chan<T>);

/// The receiving side of a channel: Go's `<-chan T`.
pub struct Receiver<T>(Chan<T>);

pub(crate) struct Core<T> {
    object: Object,
    cap: usize,
    /// A timer's channel, whose pending tick nobody can count.
    timer: bool,
    /// The context or timer whose operations do something to this channel.
    owner: Option<ObjectId>,
    state: Guarded<ChanState<T>>,
}

/// Why [`Chan::try_send`] did not send. The value comes back.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum TrySendError<T> {
    /// The buffer is full, or nobody waits to receive.
    Full(T),
}

/// Why [`Chan::try_recv`] did not receive.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum TryRecvError {
    /// Nothing is there now.
    Empty,
    /// The channel is closed and drained.
    Closed,
}

impl<T> fmt::Display for TrySendError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the channel is full")
    }
}

impl<T: fmt::Debug> std::error::Error for TrySendError<T> {}

impl fmt::Display for TryRecvError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "the channel is empty",
            Self::Closed => "the channel is closed",
        })
    }
}

impl std::error::Error for TryRecvError {}

/// Makes a channel with room for `cap` values; with 0, a send waits for its receive. In Go,
/// `make(chan T, cap)`.
///
/// ```
/// use goseed::prelude::*;
///
/// goseed::check(|| {
///     let c = chan(1);
///     c.send("hello");
///     c.close();
///     assert_eq!(c.recv(), Some("hello"));
///     assert_eq!(c.recv(), None); // closed and drained
/// });
/// ```
///
/// # Panics
///
/// `makechan: size out of range` if no memory could hold that many.
#[track_caller]
pub fn chan<T: Send + 'static>(cap: usize) -> Chan<T> {
    let bytes = cap.checked_mul(size_of::<T>()).and_then(|bytes| isize::try_from(bytes).ok());
    assert!(bytes.is_some(), "makechan: size out of range");
    Chan::with(cap, false, None)
}

/// The channel of a timer: unbuffered to look at, though one tick can wait in it.
#[track_caller]
pub(crate) fn timer_chan<T: Send + 'static>(timer: ObjectId) -> Chan<T> {
    Chan::with(1, true, Some(timer))
}

/// The channel that a context closes.
#[track_caller]
pub(crate) fn done_chan(context: ObjectId) -> Chan<()> {
    Chan::with(0, false, Some(context))
}

/// `op`, which does something to `other` too.
pub(crate) fn touching(op: Op, other: ObjectId) -> Op {
    let mut objects: ObjectSet = op.objects().with(other);
    if other != op.object() && !objects.is_many() {
        // Both have the same place in the set: it must not look like a set of one.
        objects = objects.with(ObjectId::new(op.object().index() as u32 + 1));
    }
    op.with_objects(objects)
}

impl<T> Chan<T> {
    #[track_caller]
    fn with(cap: usize, timer: bool, owner: Option<ObjectId>) -> Self {
        let (object, state) = (Object::new(ObjectKind::Chan), Guarded::new(ChanState::new(cap)));
        if cap > 0
            && let Some(rt) = backend::current()
        {
            object.note(rt, Note::Room { cap, empty: size_of::<T>() == 0 }, object.made());
        }
        Self(Some(Arc::new(Core { object, cap, timer, owner, state })))
    }
}

impl<T: Send + 'static> Chan<T> {
    /// The nil channel.
    pub fn nil() -> Self {
        Self(None)
    }

    /// Sends `v`, waiting until a receiver takes it or the buffer has room.
    ///
    /// # Panics
    ///
    /// `send on closed channel`.
    #[track_caller]
    #[inline(always)]
    pub fn send(&self, v: T) {
        let place = Place::here();
        match &self.0 {
            Some(core) => core.send(v, place),
            None => {
                block_for_ever(Action::Send, GoroutineState::ChanSendNil, place);
            }
        }
    }

    /// Receives a value, waiting for one; `None` once the channel is closed and drained.
    ///
    /// # Panics
    ///
    /// Outside of its run.
    #[track_caller]
    #[inline(always)]
    pub fn recv(&self) -> Option<T> {
        let place = Place::here();
        match &self.0 {
            Some(core) => core.recv(place),
            None => {
                block_for_ever(Action::Recv, GoroutineState::ChanReceiveNil, place);
                None
            }
        }
    }

    /// Closes the channel: receivers drain it and then get `None`, senders panic.
    ///
    /// # Panics
    ///
    /// `close of closed channel`, `close of nil channel`.
    #[track_caller]
    pub fn close(&self) {
        let place = Place::here();
        match &self.0 {
            Some(core) => core.close(place),
            None => super::in_a_run("close").misuse("close of nil channel", place),
        }
    }

    /// How many values are buffered.
    ///
    /// # Panics
    ///
    /// Outside of its run.
    #[track_caller]
    pub fn len(&self) -> usize {
        let Some(core) = &self.0 else { return 0 };
        let rt = core.object.enter();
        rt.step(core.op(Action::Len, Place::here()));
        if core.timer { 0 } else { core.state.lock().len() }
    }

    /// Whether no value is buffered.
    ///
    /// # Panics
    ///
    /// Outside of its run.
    #[track_caller]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many values can be buffered.
    pub fn cap(&self) -> usize {
        self.0.as_ref().map_or(0, |core| if core.timer { 0 } else { core.cap })
    }

    /// Whether this is the nil channel.
    pub fn is_nil(&self) -> bool {
        self.0.is_none()
    }

    /// Whether both are the same channel.
    pub fn same(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Some(a), Some(b)) => Arc::ptr_eq(a, b),
            (None, None) => true,
            _ => false,
        }
    }

    /// Sends `v` if that can be done at once: a `select` with a default.
    ///
    /// # Errors
    ///
    /// Gives `v` back if the channel is full.
    ///
    /// # Panics
    ///
    /// `send on closed channel`.
    #[track_caller]
    pub fn try_send(&self, v: T) -> Result<(), TrySendError<T>> {
        let place = Place::here();
        let Some(core) = &self.0 else {
            try_nil("try_send", place);
            return Err(TrySendError::Full(v));
        };
        let rt = core.object.enter();
        let op = core.op(Action::TrySend, place);
        rt.point(op, &Always);
        let sent = core.state.lock().send(v, &mut |w| rt.wake(w));
        match sent {
            Sent::Buffered => rt.did(op, Detail::Done),
            Sent::To(go) => rt.did(op, Detail::With(go)),
            Sent::Full(v) => {
                rt.did(core.op(Action::Failed, place), Detail::Done);
                return Err(TrySendError::Full(v));
            }
            Sent::Closed(_v) => core.sent_on_closed(rt, place),
        }
        Ok(())
    }

    /// Receives a value if one is there: a `select` with a default.
    ///
    /// # Errors
    ///
    /// Says whether the channel is empty or closed.
    ///
    /// # Panics
    ///
    /// Outside of its run.
    #[track_caller]
    pub fn try_recv(&self) -> Result<T, TryRecvError> {
        let place = Place::here();
        let Some(core) = &self.0 else {
            try_nil("try_recv", place);
            return Err(TryRecvError::Empty);
        };
        let rt = core.object.enter();
        rt.point(core.op(Action::TryRecv, place), &Always);
        match core.recv_now(rt, Action::TryRecv, place) {
            Now::Value(value) => Ok(value),
            Now::Closed => Err(TryRecvError::Closed),
            Now::Empty => {
                rt.did(core.op(Action::Failed, place), Detail::Done);
                Err(TryRecvError::Empty)
            }
        }
    }

    /// Its sending side.
    pub fn sender(&self) -> Sender<T> {
        Sender(self.clone())
    }

    /// Its receiving side.
    pub fn receiver(&self) -> Receiver<T> {
        Receiver(self.clone())
    }

    pub(crate) fn core(&self) -> Option<&Arc<Core<T>>> {
        self.0.as_ref()
    }
}

/// What a receive finds at once.
enum Now<T> {
    Value(T),
    Closed,
    Empty,
}

impl<T> Core<T> {
    /// `action` on this channel.
    fn op(&self, action: Action, place: Place) -> Op {
        let op = self.object.op(action, place);
        self.owner.map_or(op, |owner| touching(op, owner))
    }
}

/// Somebody in the line of senders or receivers, who leaves it when it goes on or is unwound.
struct Queued<'a, T> {
    core: &'a Core<T>,
    seat: Option<Seat>,
    leave: fn(&mut ChanState<T>, Seat) -> Option<T>,
}

impl<T> Queued<'_, T> {
    /// What a receiver was handed; what a sender could not hand over.
    fn leave(&mut self) -> Option<T> {
        let seat = self.seat.take()?;
        (self.leave)(&mut self.core.state.lock(), seat)
    }
}

impl<T> Drop for Queued<'_, T> {
    fn drop(&mut self) {
        let left = self.leave();
        drop(left);
    }
}

impl<T: Send + 'static> Core<T> {
    /// Whether a value may pass through the buffer with nobody being told.
    #[inline(always)]
    fn has_shortcut(&self) -> bool {
        self.cap > 0 && self.object.is_quiet()
    }

    #[inline(never)]
    fn put(&self, value: T) -> Result<(), T> {
        self.state.lock().put(value)
    }

    #[inline(never)]
    fn take(&self) -> Option<T> {
        self.state.lock().take()
    }

    #[inline(always)]
    fn send(&self, v: T, place: Place) {
        let v = match self.has_shortcut() {
            true => match self.put(v) {
                Ok(()) => return,
                Err(v) => v,
            },
            false => v,
        };
        let rt = self.object.enter();
        let op = self.op(Action::Send, place);
        rt.point(op, &Always);
        if let Some(seat) = self.send_or_queue(rt, v, op) {
            let leave = ChanState::leave_sender;
            let mut queued = Queued { core: self, seat: Some(seat), leave };
            let wake = rt.park(op, GoroutineState::ChanSend);
            let left = queued.leave();
            if left.is_some() && wake != Wake::Ended {
                self.sent_on_closed(rt, op.place);
            }
        }
    }

    /// Does the announced `op`; if it cannot be done, the goroutine is queued.
    #[inline(never)]
    fn send_or_queue(&self, rt: &dyn Backend, v: T, op: Op) -> Option<Seat> {
        let sent = self.state.lock().send_or_park(v, &mut |w| rt.wake(w), || rt.waiter(0));
        match sent {
            Ok(Sent::Buffered) => rt.did(op, Detail::Done),
            Ok(Sent::To(go)) => rt.did(op, Detail::With(go)),
            Ok(Sent::Closed(_v) | Sent::Full(_v)) => self.sent_on_closed(rt, op.place),
            Err(seat) => return Some(seat),
        }
        None
    }

    #[cold]
    fn sent_on_closed(&self, rt: &dyn Backend, place: Place) {
        rt.did(self.op(Action::SendClosed, place), Detail::Done);
        rt.misuse("send on closed channel", place);
    }

    #[inline(always)]
    fn recv(&self, place: Place) -> Option<T> {
        if self.has_shortcut()
            && let Some(value) = self.take()
        {
            return Some(value);
        }
        let rt = self.object.enter();
        let op = self.op(Action::Recv, place);
        rt.point(op, &Always);
        match self.recv_or_queue(rt, op) {
            Ok(received) => received,
            Err(seat) => {
                let leave = ChanState::leave_receiver;
                let mut queued = Queued { core: self, seat: Some(seat), leave };
                let wake = rt.park(op, GoroutineState::ChanReceive);
                let value = queued.leave();
                if value.is_none() && wake != Wake::Ended {
                    rt.did(self.op(Action::RecvClosed, place), Detail::Done);
                }
                value
            }
        }
    }

    /// Does the announced `op`; if it cannot be done, the goroutine is queued.
    #[inline(never)]
    fn recv_or_queue(&self, rt: &dyn Backend, op: Op) -> Result<Option<T>, Seat> {
        let received = self.state.lock().recv_or_park(&mut |w| rt.wake(w), || rt.waiter(0));
        match received.map(|received| self.received(rt, received, op)) {
            Ok(Now::Value(value)) => Ok(Some(value)),
            Ok(Now::Closed | Now::Empty) => Ok(None),
            Err(seat) => Err(seat),
        }
    }

    fn recv_now(&self, rt: &dyn Backend, action: Action, place: Place) -> Now<T> {
        let received = self.state.lock().recv(&mut |w| rt.wake(w));
        self.received(rt, received, self.op(action, place))
    }

    fn received(&self, rt: &dyn Backend, received: Received<T>, op: Op) -> Now<T> {
        match received {
            Received::Buffered(value) => {
                rt.did(op, Detail::Done);
                Now::Value(value)
            }
            Received::From(go, value) => {
                rt.did(op, Detail::With(go));
                Now::Value(value)
            }
            Received::Closed => {
                rt.did(self.op(Action::RecvClosed, op.place), Detail::Done);
                Now::Closed
            }
            Received::Empty => Now::Empty,
        }
    }

    fn close(&self, place: Place) {
        let rt = self.object.enter();
        let op = self.op(Action::Close, place);
        rt.point(op, &Always);
        if self.state.lock().close(&mut |w| rt.wake(w)) {
            rt.did(op, Detail::Done);
        } else {
            rt.misuse("close of closed channel", place);
        }
    }

    /// Closes it without a point, as part of somebody else's operation; again is nothing.
    pub(crate) fn close_within(&self, rt: &dyn Backend, place: Place) {
        let closed = self.state.lock().close(&mut |w| rt.wake(w));
        if closed {
            rt.did(self.op(Action::Close, place), Detail::Done);
        }
    }

    /// A tick, unless one is pending. The clock sends it.
    pub(crate) fn tick(&self, rt: &dyn Backend, value: T) {
        let sent = self.state.lock().send(value, &mut |w| rt.wake(w));
        let op = self.op(Action::Send, self.object.made());
        match sent {
            Sent::Buffered => rt.did(op, Detail::Done),
            Sent::To(go) => rt.did(op, Detail::With(go)),
            Sent::Full(_) | Sent::Closed(_) => {}
        }
    }

    /// Takes the pending tick away; whether there was one.
    pub(crate) fn untick(&self) -> bool {
        let pending = self.state.lock().drain();
        !pending.is_empty()
    }

    /// Whether somebody is blocked in a receive.
    pub(crate) fn is_awaited(&self) -> bool {
        let Some(rt) = backend::current() else { return false };
        self.state.lock().has_receivers(&|w: Waiter| rt.waits(w))
    }
}

/// An operation on a nil channel.
#[track_caller]
fn block_for_ever(action: Action, why: GoroutineState, place: Place) {
    let rt = super::in_a_run("a nil channel");
    let op = Op::local(action, place);
    rt.point(op, &Always);
    rt.waiter(0);
    rt.park(op, why);
}

/// An attempt on a nil channel, which never succeeds.
#[track_caller]
fn try_nil(what: &str, place: Place) {
    super::in_a_run(what).step(Op::local(Action::Failed, place));
}

impl<T: Send + 'static> Sender<T> {
    /// The sending side of the nil channel.
    pub fn nil() -> Self {
        Self(Chan::nil())
    }

    /// Whether it is the nil channel's.
    pub fn is_nil(&self) -> bool {
        self.0.is_nil()
    }

    /// As [`Chan::send`].
    ///
    /// # Panics
    ///
    /// `send on closed channel`.
    #[track_caller]
    #[inline(always)]
    pub fn send(&self, v: T) {
        self.0.send(v);
    }

    /// As [`Chan::try_send`].
    ///
    /// # Errors
    ///
    /// Gives `v` back if the channel is full.
    ///
    /// # Panics
    ///
    /// `send on closed channel`.
    #[track_caller]
    pub fn try_send(&self, v: T) -> Result<(), TrySendError<T>> {
        self.0.try_send(v)
    }

    /// As [`Chan::close`].
    ///
    /// # Panics
    ///
    /// `close of closed channel`, `close of nil channel`.
    #[track_caller]
    pub fn close(&self) {
        self.0.close();
    }

    /// As [`Chan::len`].
    ///
    /// # Panics
    ///
    /// Outside of its run.
    #[track_caller]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether no value is buffered.
    ///
    /// # Panics
    ///
    /// Outside of its run.
    #[track_caller]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// As [`Chan::cap`].
    pub fn cap(&self) -> usize {
        self.0.cap()
    }
}

impl<T: Send + 'static> Receiver<T> {
    /// The receiving side of the nil channel.
    pub fn nil() -> Self {
        Self(Chan::nil())
    }

    /// Whether it is the nil channel's.
    pub fn is_nil(&self) -> bool {
        self.0.is_nil()
    }

    /// As [`Chan::recv`].
    ///
    /// # Panics
    ///
    /// Outside of its run.
    #[track_caller]
    pub fn recv(&self) -> Option<T> {
        self.0.recv()
    }

    /// As [`Chan::try_recv`].
    ///
    /// # Errors
    ///
    /// Says whether the channel is empty or closed.
    ///
    /// # Panics
    ///
    /// Outside of its run.
    #[track_caller]
    pub fn try_recv(&self) -> Result<T, TryRecvError> {
        self.0.try_recv()
    }

    /// As [`Chan::len`].
    ///
    /// # Panics
    ///
    /// Outside of its run.
    #[track_caller]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether no value is buffered.
    ///
    /// # Panics
    ///
    /// Outside of its run.
    #[track_caller]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// As [`Chan::cap`].
    pub fn cap(&self) -> usize {
        self.0.cap()
    }
}

/// Receives until the channel is closed and drained: Go's `for v := range c`.
#[derive(Debug)]
pub struct IntoIter<T>(Chan<T>);

impl<T: Send + 'static> Iterator for IntoIter<T> {
    type Item = T;

    #[track_caller]
    fn next(&mut self) -> Option<T> {
        self.0.recv()
    }
}

impl<T: Send + 'static> IntoIterator for &Chan<T> {
    type Item = T;
    type IntoIter = IntoIter<T>;

    fn into_iter(self) -> IntoIter<T> {
        IntoIter(self.clone())
    }
}

impl<T: Send + 'static> IntoIterator for &Receiver<T> {
    type Item = T;
    type IntoIter = IntoIter<T>;

    fn into_iter(self) -> IntoIter<T> {
        IntoIter(self.0.clone())
    }
}

impl<T> Clone for Chan<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T> Clone for Sender<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T> Clone for Receiver<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T> fmt::Debug for Chan<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Some(core) => fmt::Debug::fmt(&core.object, f),
            None => f.write_str("chan(nil)"),
        }
    }
}

impl<T> fmt::Debug for Sender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl<T> fmt::Debug for Receiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}
