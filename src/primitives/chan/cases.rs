//! A channel as a case of a `select!`.

use std::fmt;
use std::sync::Arc;

use super::line::Seat;
use super::state::{Received, Sent};
use super::{Chan, Core, Receiver, Sender, touching};
use crate::backend::{Backend, Waiter};
use crate::event::{Action, Detail, Op, Place};

/// One case, whatever its type.
pub trait Arm {
    /// What is announced: `so_far`, on this channel too. Nothing is added for the nil channel, which is
    /// never ready.
    #[doc(hidden)]
    fn announce(&self, so_far: Announcement) -> Announcement;
    /// Whether its channel is nil, or its slot empty.
    #[doc(hidden)]
    fn is_off(&self) -> bool;
    #[doc(hidden)]
    fn receives(&self) -> bool;
    #[doc(hidden)]
    fn act(&mut self, step: Step<'_>) -> Acted;
}

/// The operation that stands for all cases so far, opaque outside.
#[doc(hidden)]
#[derive(Clone, Copy)]
pub struct Announcement {
    pub(crate) place: Place,
    pub(crate) op: Option<Op>,
}

impl Announcement {
    /// The same for one more channel.
    fn on<T>(self, core: &Core<T>, action: Action) -> Self {
        let op = match self.op {
            None => core.op(action, self.place),
            Some(op) => {
                let op = touching(op, core.object.id());
                core.owner.map_or(op, |owner| touching(op, owner))
            }
        };
        Self { op: Some(op), ..self }
    }
}

/// What a case has to say to a step.
#[doc(hidden)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Acted {
    /// It was done; or the case is not ready.
    Fine,
    /// The case is ready.
    Ready,
    /// Somebody else was faster.
    Missed,
    /// The channel is closed, and this was a send.
    Closed,
}

/// What a case is asked to do, opaque outside.
#[doc(hidden)]
pub struct Step<'a>(pub(crate) Doing<'a>);

/// What a case is asked to do.
pub(crate) enum Doing<'a> {
    /// Panic if the channel belongs to another run.
    Enter,
    /// Say whether the operation can be done now.
    Ready(&'a dyn Backend),
    /// Do it; it was ready.
    Commit(&'a dyn Backend, Place),
    /// An attempt found nothing ready.
    Fail(&'a dyn Backend, Place),
    /// Queue up, unless it is ready.
    Park(&'a dyn Backend, Waiter),
    /// Leave the queue: somebody woken by this case, or not.
    Unpark(&'a dyn Backend, bool, Place),
    /// The run is over, and this case ends without effect.
    End,
}

fn ready(is: bool) -> Acted {
    if is { Acted::Ready } else { Acted::Fine }
}

impl fmt::Debug for Step<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Step")
    }
}

impl fmt::Debug for Announcement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Announcement")
    }
}

/// `recv(c) -> v`.
pub struct RecvArm<T> {
    core: Option<Arc<Core<T>>>,
    value: Option<T>,
    seat: Option<Seat>,
}

/// Where a `send` arm sends to.
pub struct SendTo<T>(Option<Arc<Core<T>>>);

/// `send(c, value)`.
pub struct SendArm<'a, T> {
    core: Option<Arc<Core<T>>>,
    slot: &'a mut Option<T>,
    seat: Option<Seat>,
}

/// What `select!` can receive from: channels, receiving sides, and references to them.
pub trait Source<T> {
    #[doc(hidden)]
    fn recv_arm(&self) -> RecvArm<T>;
}

/// What `select!` can send to.
pub trait Target<T> {
    #[doc(hidden)]
    fn send_to(&self) -> SendTo<T>;
}

impl<T: Send + 'static> Source<T> for Chan<T> {
    fn recv_arm(&self) -> RecvArm<T> {
        RecvArm { core: self.core().cloned(), value: None, seat: None }
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
    fn send_to(&self) -> SendTo<T> {
        SendTo(self.core().cloned())
    }
}

impl<T: Send + 'static> Target<T> for Sender<T> {
    fn send_to(&self) -> SendTo<T> {
        self.0.send_to()
    }
}

impl<T, S: Target<T> + ?Sized> Target<T> for &S {
    fn send_to(&self) -> SendTo<T> {
        (**self).send_to()
    }
}

impl<T> RecvArm<T> {
    /// What was received.
    #[doc(hidden)]
    pub fn take(&mut self) -> Option<T> {
        self.value.take()
    }
}

impl<T> SendTo<T> {
    /// The value to send; here it gets its type.
    #[doc(hidden)]
    pub fn value(&self, value: T) -> Option<T> {
        Some(value)
    }

    /// The case, with the slot it sends from. An empty one switches it off, as a nil channel does.
    #[doc(hidden)]
    pub fn arm(self, slot: &mut Option<T>) -> SendArm<'_, T> {
        let core = self.0.filter(|_| slot.is_some());
        SendArm { core, slot, seat: None }
    }
}

impl<T: Send + 'static> Arm for RecvArm<T> {
    fn announce(&self, so_far: Announcement) -> Announcement {
        self.core.as_ref().map_or(so_far, |core| so_far.on(core, Action::Recv))
    }

    fn is_off(&self) -> bool {
        self.core.is_none()
    }

    fn receives(&self) -> bool {
        true
    }

    #[track_caller]
    fn act(&mut self, step: Step<'_>) -> Acted {
        let Some(core) = &self.core else { return Acted::Fine };
        match step.0 {
            Doing::Enter => {
                core.object.enter();
            }
            Doing::Ready(rt) => return ready(core.state.lock().can_recv(&|w| rt.waits(w))),
            Doing::Commit(rt, place) => {
                let received = core.state.lock().recv(&mut |w| rt.wake(w));
                let (action, detail, value) = match received {
                    Received::Buffered(value) => (Action::Recv, Detail::Done, Some(value)),
                    Received::From(go, value) => (Action::Recv, Detail::With(go), Some(value)),
                    Received::Closed => (Action::RecvClosed, Detail::Done, None),
                    Received::Empty => return Acted::Missed,
                };
                self.value = value;
                rt.did(core.op(action, place), detail);
            }
            Doing::Fail(rt, place) => rt.did(core.op(Action::Failed, place), Detail::Done),
            Doing::Park(rt, waiter) => {
                let mut state = core.state.lock();
                if state.can_recv(&|w| w.go != waiter.go && rt.waits(w)) {
                    return Acted::Ready;
                }
                self.seat = Some(state.park_receiver(waiter));
            }
            Doing::Unpark(rt, woken, place) => {
                let Some(seat) = self.seat.take() else { return Acted::Fine };
                self.value = core.state.lock().leave_receiver(seat);
                if woken && self.value.is_none() {
                    rt.did(core.op(Action::RecvClosed, place), Detail::Done);
                }
            }
            Doing::End => {}
        }
        Acted::Fine
    }
}

impl<T: Send + 'static> Arm for SendArm<'_, T> {
    fn announce(&self, so_far: Announcement) -> Announcement {
        self.core.as_ref().map_or(so_far, |core| so_far.on(core, Action::Send))
    }

    fn is_off(&self) -> bool {
        self.core.is_none()
    }

    fn receives(&self) -> bool {
        false
    }

    #[track_caller]
    fn act(&mut self, step: Step<'_>) -> Acted {
        let Some(core) = &self.core else { return Acted::Fine };
        match step.0 {
            Doing::Enter => {
                core.object.enter();
            }
            Doing::Ready(rt) => return ready(core.state.lock().can_send(&|w| rt.waits(w))),
            Doing::Commit(rt, place) => {
                let Some(value) = self.slot.take() else { return Acted::Fine };
                let sent = core.state.lock().send(value, &mut |w| rt.wake(w));
                let op = core.op(Action::Send, place);
                match sent {
                    Sent::Buffered => rt.did(op, Detail::Done),
                    Sent::To(go) => rt.did(op, Detail::With(go)),
                    Sent::Full(value) => {
                        *self.slot = Some(value);
                        return Acted::Missed;
                    }
                    Sent::Closed(value) => {
                        *self.slot = Some(value);
                        rt.did(core.op(Action::SendClosed, place), Detail::Done);
                        return Acted::Closed;
                    }
                }
            }
            Doing::Fail(rt, place) => rt.did(core.op(Action::Failed, place), Detail::Done),
            Doing::Park(rt, waiter) => {
                let mut state = core.state.lock();
                if state.can_send(&|w| w.go != waiter.go && rt.waits(w)) {
                    return Acted::Ready;
                }
                if let Some(value) = self.slot.take() {
                    self.seat = Some(state.park_sender(waiter, value));
                }
            }
            Doing::Unpark(rt, woken, place) => {
                let Some(seat) = self.seat.take() else { return Acted::Fine };
                *self.slot = core.state.lock().leave_sender(seat);
                if woken && self.slot.is_some() {
                    rt.did(core.op(Action::SendClosed, place), Detail::Done);
                    return Acted::Closed;
                }
            }
            Doing::End => {
                let unsent = self.slot.take();
                drop(unsent);
            }
        }
        Acted::Fine
    }
}

impl<T> fmt::Debug for SendTo<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SendTo")
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
