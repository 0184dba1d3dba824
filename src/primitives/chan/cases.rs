//! A channel as a case of a `select!`.

use std::fmt;
use std::sync::Arc;

use super::state::{Received, Sent};
use super::{Chan, Core, Receiver, Sender};
use crate::backend::{Backend, Waiter};
use crate::event::{Action, Detail, ObjectId, Place};

/// One case, whatever its type.
pub trait Arm {
    /// The channel's number; nothing for the nil channel, which is never ready.
    #[doc(hidden)]
    fn object(&self) -> Option<Number>;
    #[doc(hidden)]
    fn receives(&self) -> bool;
    #[doc(hidden)]
    fn act(&mut self, step: Step<'_>) -> bool;
}

/// A channel's number, opaque outside.
#[doc(hidden)]
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Number(pub(crate) ObjectId);

/// What a case is asked to do, opaque outside.
#[doc(hidden)]
pub struct Step<'a>(pub(crate) Doing<'a>);

/// What a case is asked to do.
pub(crate) enum Doing<'a> {
    /// Panic if the channel belongs to another run.
    Enter,
    /// Say whether the operation can be done now.
    Ready(&'a dyn Backend),
    /// Do it; it is ready.
    Commit(&'a dyn Backend, Place),
    /// Queue up.
    Park(Waiter),
    /// Leave the queue; the flag says whether this case was woken. True if the channel was closed
    /// under a sender.
    Unpark(&'a dyn Backend, Waiter, bool, Place),
}

impl fmt::Debug for Step<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Step")
    }
}

impl fmt::Debug for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Number")
    }
}

/// `recv(c) -> v`.
pub struct RecvArm<T> {
    core: Option<Arc<Core<T>>>,
    value: Option<T>,
}

/// `send(c, value)`.
pub struct SendArm<'a, T> {
    core: Option<Arc<Core<T>>>,
    slot: &'a mut Option<T>,
}

/// What `select!` can receive from: channels, receiving sides, and references to them.
pub trait Source<T> {
    #[doc(hidden)]
    fn recv_arm(&self) -> RecvArm<T>;
}

/// What `select!` can send to.
pub trait Target<T> {
    #[doc(hidden)]
    fn send_arm<'a>(&self, slot: &'a mut Option<T>) -> SendArm<'a, T>;
}

impl<T: Send + 'static> Source<T> for Chan<T> {
    fn recv_arm(&self) -> RecvArm<T> {
        RecvArm { core: self.core().cloned(), value: None }
    }
}

impl<T: Send + 'static> Source<T> for Receiver<T> {
    fn recv_arm(&self) -> RecvArm<T> {
        self.0.recv_arm()
    }
}

impl<T, S: Source<T> + ?Sized> Source<T> for &S {
    fn recv_arm(&self) -> RecvArm<T> {
        (**self).recv_arm()
    }
}

impl<T: Send + 'static> Target<T> for Chan<T> {
    fn send_arm<'a>(&self, slot: &'a mut Option<T>) -> SendArm<'a, T> {
        // An empty slot switches the case off, as a nil channel does.
        let core = if slot.is_some() { self.core().cloned() } else { None };
        SendArm { core, slot }
    }
}

impl<T: Send + 'static> Target<T> for Sender<T> {
    fn send_arm<'a>(&self, slot: &'a mut Option<T>) -> SendArm<'a, T> {
        self.0.send_arm(slot)
    }
}

impl<T, S: Target<T> + ?Sized> Target<T> for &S {
    fn send_arm<'a>(&self, slot: &'a mut Option<T>) -> SendArm<'a, T> {
        (**self).send_arm(slot)
    }
}

impl<T> RecvArm<T> {
    /// What was received.
    #[doc(hidden)]
    pub fn take(&mut self) -> Option<T> {
        self.value.take()
    }
}

impl<T: Send + 'static> Arm for RecvArm<T> {
    fn object(&self) -> Option<Number> {
        self.core.as_ref().map(|core| Number(core.object.id()))
    }

    fn receives(&self) -> bool {
        true
    }

    #[track_caller]
    fn act(&mut self, step: Step<'_>) -> bool {
        let Some(core) = &self.core else { return false };
        match step.0 {
            Doing::Enter => {
                core.object.enter();
            }
            Doing::Ready(rt) => return core.state.lock().can_recv(&|w| rt.waits(w)),
            Doing::Commit(rt, place) => {
                let received = core.state.lock().recv(&mut |w| rt.wake(w));
                let (action, detail) = match received {
                    Received::Buffered(value) => {
                        self.value = Some(value);
                        (Action::Recv, Detail::Done)
                    }
                    Received::From(go, value) => {
                        self.value = Some(value);
                        (Action::Recv, Detail::With(go))
                    }
                    Received::Closed | Received::Empty => (Action::RecvClosed, Detail::Done),
                };
                rt.did(core.object.op(action, place), detail);
            }
            Doing::Park(waiter) => core.state.lock().park_receiver(waiter),
            Doing::Unpark(rt, waiter, woken, place) => {
                self.value = core.state.lock().forget(waiter);
                if woken && self.value.is_none() {
                    rt.did(core.object.op(Action::RecvClosed, place), Detail::Done);
                }
            }
        }
        false
    }
}

impl<T: Send + 'static> Arm for SendArm<'_, T> {
    fn object(&self) -> Option<Number> {
        self.core.as_ref().map(|core| Number(core.object.id()))
    }

    fn receives(&self) -> bool {
        false
    }

    #[track_caller]
    fn act(&mut self, step: Step<'_>) -> bool {
        let Some(core) = &self.core else { return false };
        match step.0 {
            Doing::Enter => {
                core.object.enter();
            }
            Doing::Ready(rt) => return core.state.lock().can_send(&|w| rt.waits(w)),
            Doing::Commit(rt, place) => {
                let Some(value) = self.slot.take() else { return false };
                let sent = core.state.lock().send(value, &mut |w| rt.wake(w));
                let op = core.object.op(Action::Send, place);
                match sent {
                    Sent::Buffered => rt.did(op, Detail::Done),
                    Sent::To(go) => rt.did(op, Detail::With(go)),
                    Sent::Full(value) => *self.slot = Some(value),
                    Sent::Closed(value) => {
                        *self.slot = Some(value);
                        rt.did(op, Detail::Done);
                        return true;
                    }
                }
            }
            Doing::Park(waiter) => {
                if let Some(value) = self.slot.take() {
                    core.state.lock().park_sender(waiter, value);
                }
            }
            Doing::Unpark(_, waiter, woken, _) => {
                *self.slot = core.state.lock().forget(waiter);
                return woken && self.slot.is_some();
            }
        }
        false
    }
}

impl<T> fmt::Debug for RecvArm<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecvArm")
    }
}

impl<T> fmt::Debug for SendArm<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SendArm")
    }
}
