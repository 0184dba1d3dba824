//! The `select` statement: the first of several channel operations that can be done.

use super::chan::{Arm, Doing, RecvArm, SendArm, Source, Step, Target};
use super::in_a_run;
use crate::backend::{Always, Backend, Waiter, Wake};
use crate::event::{Action, Detail, GoroutineState, ObjectSet, Op, Place, objects};

/// The case of a `recv` arm.
#[doc(hidden)]
pub fn recv<T>(from: &(impl Source<T> + ?Sized)) -> RecvArm<T> {
    from.recv_arm()
}

/// The case of a `send` arm.
#[doc(hidden)]
pub fn send<'a, T>(to: &(impl Target<T> + ?Sized), slot: &'a mut Option<T>) -> SendArm<'a, T> {
    to.send_arm(slot)
}

/// Waits for one of the cases and does it; its position, or their number for the default.
#[doc(hidden)]
#[track_caller]
pub fn wait(arms: &mut [&mut dyn Arm], has_default: bool) -> usize {
    let rt = in_a_run("select");
    let place = Place::here();
    for arm in &mut *arms {
        arm.act(Step(Doing::Enter));
    }
    let op = announced(arms, has_default, place);
    rt.point(op, &Always);
    if let Some(chosen) = choose(rt, arms) {
        if arms[chosen].act(Step(Doing::Commit(rt, place))) {
            rt.misuse("send on closed channel", place);
        }
        return chosen;
    }
    if has_default {
        for object in arms.iter().filter_map(|arm| arm.object()) {
            rt.did(Op::new(Action::Failed, object.0, place), Detail::Done);
        }
        if arms.iter().all(|arm| arm.object().is_none()) {
            rt.did(Op::new(Action::Failed, objects::NONE, place), Detail::Done);
        }
        return arms.len();
    }
    block(rt, arms, op)
}

/// The operation that stands for all cases: a plain one if there is only one.
fn announced(arms: &[&mut dyn Arm], has_default: bool, place: Place) -> Op {
    let mut live =
        arms.iter().filter_map(|arm| arm.object().map(|object| (object.0, arm.receives())));
    let Some((first, receives)) = live.next() else {
        return Op::local(Action::Select, place);
    };
    let mut op = Op::new(Action::Select, first, place);
    for (object, _) in live {
        op.objects = op.objects.with(object);
    }
    if arms.len() == 1 {
        op.action = match (receives, has_default) {
            (true, false) => Action::Recv,
            (false, false) => Action::Send,
            (true, true) => Action::TryRecv,
            (false, true) => Action::TrySend,
        };
        op.objects = ObjectSet::one(first);
    }
    op
}

/// One of the ready cases, each equally likely.
fn choose(rt: &dyn Backend, arms: &mut [&mut dyn Arm]) -> Option<usize> {
    let mut ready = Vec::new();
    for (n, arm) in arms.iter_mut().enumerate() {
        if arm.act(Step(Doing::Ready(rt))) {
            ready.push(n);
        }
    }
    match ready.len() {
        0 => None,
        1 => Some(ready[0]),
        count => Some(ready[rt.pick(count as u32) as usize]),
    }
}

fn block(rt: &dyn Backend, arms: &mut [&mut dyn Arm], op: Op) -> usize {
    let waiter = rt.waiter(0);
    let case = |n: usize| Waiter { case: n as u32, ..waiter };
    for (n, arm) in arms.iter_mut().enumerate() {
        arm.act(Step(Doing::Park(case(n))));
    }
    let wake = rt.park(op, state(arms));
    let mut closed = false;
    for (n, arm) in arms.iter_mut().enumerate() {
        let woken = wake == Wake::Case(n as u32);
        closed |= arm.act(Step(Doing::Unpark(rt, case(n), woken, op.place)));
    }
    match wake {
        Wake::Case(n) => {
            if closed {
                rt.misuse("send on closed channel", op.place);
            }
            n as usize
        }
        Wake::Ended if arms.is_empty() => rt.strand(),
        Wake::Ended => arms.iter().position(|arm| arm.receives()).unwrap_or(0),
    }
}

/// The state that Go would show.
fn state(arms: &[&mut dyn Arm]) -> GoroutineState {
    match arms {
        [] => GoroutineState::SelectNoCases,
        [only] if only.object().is_none() && only.receives() => GoroutineState::ChanReceiveNil,
        [only] if only.object().is_none() => GoroutineState::ChanSendNil,
        [only] if only.receives() => GoroutineState::ChanReceive,
        [_] => GoroutineState::ChanSend,
        _ => GoroutineState::Select,
    }
}

/// Waits for several channel operations and does one that is ready; if several are, each is equally
/// likely. In Go, `select`.
///
/// - `recv(c) -> v => …`: `v` is an `Option`, `None` once `c` is closed and drained.
/// - `send(c, value) => …`: `value` is evaluated once, on entry, and dropped if another arm wins.
/// - `send(c, take slot) => …`: takes the value out of `slot: Option<T>` only if this arm wins; an empty
///   slot switches the arm off.
/// - `default => …`: if nothing is ready now.
///
/// Without arms it blocks for ever. Nil channels are never ready. Arms may `break`, `continue`, `return`
/// and use `?`; the whole has the value of the arm that ran.
///
/// ```
/// use goseed::prelude::*;
///
/// goseed::check(|| {
///     let (data, quit) = (chan(1), chan::<()>(0));
///     data.send(7);
///     let got = select! {
///         recv(data) -> v => v,
///         recv(quit) -> _ => None,
///     };
///     assert_eq!(got, Some(7));
///     let mut slot = Some(8);
///     select! {
///         send(data, take slot) => {}
///         default => {}
///     }
///     assert_eq!((slot, data.recv()), (None, Some(8)));
/// });
/// ```
#[macro_export]
macro_rules! select {
    ($($arms:tt)*) => {
        $crate::__select_arms!(@read [] $($arms)*)
    };
}

/// Reads the arms of a `select!` one by one, each into a variable of its own, and then runs it.
#[doc(hidden)]
#[macro_export]
macro_rules! __select_arms {
    // recv
    (@read [$($done:tt)*] recv($from:expr) -> $v:pat => $body:block, $($rest:tt)*) => {
        $crate::__select_arms!(@recv [$($done)*] ($from) ($v) ($body) $($rest)*)
    };
    (@read [$($done:tt)*] recv($from:expr) -> $v:pat => $body:block $($rest:tt)*) => {
        $crate::__select_arms!(@recv [$($done)*] ($from) ($v) ($body) $($rest)*)
    };
    (@read [$($done:tt)*] recv($from:expr) -> $v:pat => $body:expr, $($rest:tt)*) => {
        $crate::__select_arms!(@recv [$($done)*] ($from) ($v) ($body) $($rest)*)
    };
    (@read [$($done:tt)*] recv($from:expr) -> $v:pat => $body:expr) => {
        $crate::__select_arms!(@recv [$($done)*] ($from) ($v) ($body))
    };
    (@recv [$($done:tt)*] ($from:expr) ($v:pat) ($body:expr) $($rest:tt)*) => {{
        let mut arm = $crate::__select::recv(&$from);
        $crate::__select_arms!(@read [$($done)* (arm ($v) ($body))] $($rest)*)
    }};
    // send, of a slot
    (@read [$($done:tt)*] send($to:expr, take $slot:ident $(. $field:tt)*) => $body:block, $($rest:tt)*) => {
        $crate::__select_arms!(@take [$($done)*] ($to) ($slot $(. $field)*) ($body) $($rest)*)
    };
    (@read [$($done:tt)*] send($to:expr, take $slot:ident $(. $field:tt)*) => $body:block $($rest:tt)*) => {
        $crate::__select_arms!(@take [$($done)*] ($to) ($slot $(. $field)*) ($body) $($rest)*)
    };
    (@read [$($done:tt)*] send($to:expr, take $slot:ident $(. $field:tt)*) => $body:expr, $($rest:tt)*) => {
        $crate::__select_arms!(@take [$($done)*] ($to) ($slot $(. $field)*) ($body) $($rest)*)
    };
    (@read [$($done:tt)*] send($to:expr, take $slot:ident $(. $field:tt)*) => $body:expr) => {
        $crate::__select_arms!(@take [$($done)*] ($to) ($slot $(. $field)*) ($body))
    };
    (@take [$($done:tt)*] ($to:expr) ($slot:expr) ($body:expr) $($rest:tt)*) => {{
        let mut arm = $crate::__select::send(&$to, &mut $slot);
        $crate::__select_arms!(@read [$($done)* (arm () ($body))] $($rest)*)
    }};
    // send, of a value
    (@read [$($done:tt)*] send($to:expr, $value:expr) => $body:block, $($rest:tt)*) => {
        $crate::__select_arms!(@send [$($done)*] ($to) ($value) ($body) $($rest)*)
    };
    (@read [$($done:tt)*] send($to:expr, $value:expr) => $body:block $($rest:tt)*) => {
        $crate::__select_arms!(@send [$($done)*] ($to) ($value) ($body) $($rest)*)
    };
    (@read [$($done:tt)*] send($to:expr, $value:expr) => $body:expr, $($rest:tt)*) => {
        $crate::__select_arms!(@send [$($done)*] ($to) ($value) ($body) $($rest)*)
    };
    (@read [$($done:tt)*] send($to:expr, $value:expr) => $body:expr) => {
        $crate::__select_arms!(@send [$($done)*] ($to) ($value) ($body))
    };
    (@send [$($done:tt)*] ($to:expr) ($value:expr) ($body:expr) $($rest:tt)*) => {{
        let mut slot = ::core::option::Option::Some($value);
        let mut arm = $crate::__select::send(&$to, &mut slot);
        $crate::__select_arms!(@read [$($done)* (arm () ($body))] $($rest)*)
    }};
    // default
    (@read [$($done:tt)*] default => $body:block, $($rest:tt)*) => {
        $crate::__select_arms!(@default [$($done)*] ($body) $($rest)*)
    };
    (@read [$($done:tt)*] default => $body:block $($rest:tt)*) => {
        $crate::__select_arms!(@default [$($done)*] ($body) $($rest)*)
    };
    (@read [$($done:tt)*] default => $body:expr, $($rest:tt)*) => {
        $crate::__select_arms!(@default [$($done)*] ($body) $($rest)*)
    };
    (@read [$($done:tt)*] default => $body:expr) => {
        $crate::__select_arms!(@default [$($done)*] ($body))
    };
    // A default in the middle goes to the end.
    (@default [$($done:tt)*] ($body:expr)) => {
        $crate::__select_arms!(@run [$($done)*] default ($body))
    };
    (@default [$($done:tt)*] ($body:expr) $($rest:tt)+) => {
        $crate::__select_arms!(@read [$($done)*] $($rest)+, default => $body)
    };
    (@read [$($done:tt)*]) => {
        $crate::__select_arms!(@run [$($done)*])
    };
    // all read
    (@run [$(($arm:ident $v:tt $body:tt))*] $($default:tt)*) => {{
        let chosen = $crate::__select::wait(
            &mut [$(&mut $arm as &mut dyn $crate::__select::Arm),*],
            $crate::__select_arms!(@has $($default)*),
        );
        $crate::__select_arms!(@go chosen (0_usize) [$(($arm $v $body))*] $($default)*)
    }};
    (@has) => { false };
    (@has default $body:tt) => { true };
    (@go $chosen:ident ($n:expr) [($arm:ident () ($body:expr)) $($more:tt)*] $($default:tt)*) => {
        if $chosen == $n { $body } else {
            $crate::__select_arms!(@go $chosen ($n + 1) [$($more)*] $($default)*)
        }
    };
    (@go $chosen:ident ($n:expr) [($arm:ident ($v:pat) ($body:expr)) $($more:tt)*] $($default:tt)*) => {
        if $chosen == $n {
            let $v = $arm.take();
            $body
        } else {
            $crate::__select_arms!(@go $chosen ($n + 1) [$($more)*] $($default)*)
        }
    };
    (@go $chosen:ident ($n:expr) [] default ($body:expr)) => { $body };
    (@go $chosen:ident ($n:expr) []) => {
        ::core::unreachable!("select chose an arm that is not there")
    };
}
