//! The `select` statement: the first of several channel operations that can be done.

use super::chan::{Acted, Announcement, Arm, Doing, RecvArm, SendTo, Source, Step, Target};
use super::in_a_run;
use crate::backend::{self, Always, Backend, Waiter, Wake};
use crate::event::{Action, Detail, GoroutineState, Op, Place};

type Arms<'a, 'b> = [&'a mut (dyn Arm + 'b)];

/// The case of a `recv` arm.
#[doc(hidden)]
pub fn recv<T>(from: &(impl Source<T> + ?Sized)) -> RecvArm<T> {
    from.recv_arm()
}

/// The channel of a `send` arm.
#[doc(hidden)]
pub fn send<T>(to: &(impl Target<T> + ?Sized)) -> SendTo<T> {
    to.send_to()
}

/// Waits for one of the cases and does it; its position, or their number for the default.
#[doc(hidden)]
#[track_caller]
pub fn wait(arms: &mut Arms<'_, '_>, has_default: bool) -> usize {
    let rt = in_a_run("select");
    let place = Place::here();
    for arm in &mut *arms {
        arm.act(Step(Doing::Enter));
    }
    let op = |arms: &Arms<'_, '_>| announced(arms, has_default, place);
    if !backend::quiet() {
        rt.point(op(arms), &Always);
    }
    loop {
        if let Some(chosen) = attempt(rt, arms, place) {
            return chosen;
        }
        if has_default {
            fail(rt, arms, place);
            return arms.len();
        }
        let op = op(arms);
        if let Some(chosen) = block(rt, arms, op) {
            return chosen;
        }
    }
}

/// Does one of the cases that are ready, if any is.
fn attempt(rt: &dyn Backend, arms: &mut Arms<'_, '_>, place: Place) -> Option<usize> {
    if backend::quiet() && arms.len() <= DRAWN {
        return draw(rt, arms, place);
    }
    loop {
        let chosen = choose(rt, arms)?;
        if commit(rt, arms, chosen, place) {
            return Some(chosen);
        }
    }
}

/// Up to so many cases are tried one after the other.
const DRAWN: usize = 16;

/// Tries the cases in random order until one can be done. Nobody has to know which others were ready.
fn draw(rt: &dyn Backend, arms: &mut Arms<'_, '_>, place: Place) -> Option<usize> {
    let mut left: [u8; DRAWN] = std::array::from_fn(|n| n as u8);
    let mut dice = rt.random();
    (1..=arms.len()).rev().find_map(|count| {
        let drawn = u128::from(dice) * count as u128;
        dice = drawn as u64;
        let at = (drawn >> 64) as usize;
        let chosen = usize::from(left[at]);
        left[at] = left[count - 1];
        (!arms[chosen].is_off() && commit(rt, arms, chosen, place)).then_some(chosen)
    })
}

/// Does a case; false if it is no longer ready.
#[track_caller]
fn commit(rt: &dyn Backend, arms: &mut Arms<'_, '_>, chosen: usize, place: Place) -> bool {
    match arms[chosen].act(Step(Doing::Commit(rt, place))) {
        Acted::Missed => return false,
        Acted::Closed => rt.misuse("send on closed channel", place),
        Acted::Fine | Acted::Ready => {}
    }
    true
}

/// The operation that stands for all cases: a plain one if there is only one.
fn announced(arms: &Arms<'_, '_>, has_default: bool, place: Place) -> Op {
    let nothing = Announcement { place, op: None };
    let all = arms.iter().fold(nothing, |so_far, arm| arm.announce(so_far));
    let Some(op) = all.op else { return Op::local(Action::Select, place) };
    let action = match (arms, has_default) {
        ([only], true) if only.receives() => Action::TryRecv,
        ([_], true) => Action::TrySend,
        ([_], false) => op.action(),
        _ => Action::Select,
    };
    op.with_action(action)
}

/// One of the ready cases, each equally likely.
fn choose(rt: &dyn Backend, arms: &mut Arms<'_, '_>) -> Option<usize> {
    let (mut count, mut first) = (0, None);
    for (n, arm) in arms.iter_mut().enumerate() {
        if arm.act(Step(Doing::Ready(rt))) == Acted::Ready {
            count += 1;
            first = first.or(Some(n));
        }
    }
    match count {
        0 | 1 => first,
        _ => nth_ready(rt, arms, rt.pick(count)).or(first),
    }
}

fn nth_ready(rt: &dyn Backend, arms: &mut Arms<'_, '_>, n: u32) -> Option<usize> {
    let mut ready = arms
        .iter_mut()
        .enumerate()
        .filter_map(|(n, arm)| (arm.act(Step(Doing::Ready(rt))) == Acted::Ready).then_some(n));
    ready.nth(n as usize)
}

/// Nothing was ready, which is what the default is for.
fn fail(rt: &dyn Backend, arms: &mut Arms<'_, '_>, place: Place) {
    if arms.iter().all(|arm| arm.is_off()) {
        rt.did(Op::local(Action::Failed, place), Detail::Done);
    }
    for arm in arms {
        arm.act(Step(Doing::Fail(rt, place)));
    }
}

/// Cases in the lines of their channels. They leave them in any case, also if the goroutine is unwound
/// where it waits.
struct Queued<'q, 'a, 'b> {
    rt: &'q dyn Backend,
    arms: &'q mut Arms<'a, 'b>,
    place: Place,
}

impl Queued<'_, '_, '_> {
    /// All leave; whether the channel was closed under the sender that was woken.
    fn leave(&mut self, woken: Option<usize>) -> bool {
        let mut closed = false;
        for (n, arm) in self.arms.iter_mut().enumerate() {
            let step = Step(Doing::Unpark(self.rt, woken == Some(n), self.place));
            closed |= arm.act(step) == Acted::Closed;
        }
        closed
    }
}

impl Drop for Queued<'_, '_, '_> {
    fn drop(&mut self) {
        self.leave(None);
    }
}

/// Queues up in all cases and waits; nothing if one of them has become ready meanwhile, which only
/// happens where others really run at the same time.
fn block(rt: &dyn Backend, arms: &mut Arms<'_, '_>, op: Op) -> Option<usize> {
    let waiter = rt.waiter(0);
    let why = state(arms);
    let mut queued = Queued { rt, arms, place: op.place };
    let mut join = queued.arms.iter_mut().enumerate();
    let ready = join.any(|(n, arm)| {
        let waiter = Waiter { case: n as u32, ..waiter };
        arm.act(Step(Doing::Park(rt, waiter))) == Acted::Ready
    });
    let woken = if ready { Some(rt.retract()?) } else { case(rt.park(op, why)) };
    let woken = woken.map(|n| n as usize);
    let closed = queued.leave(woken);
    drop(queued);
    if closed {
        rt.misuse("send on closed channel", op.place);
    }
    Some(woken.unwrap_or_else(|| end(rt, arms)))
}

fn case(wake: Wake) -> Option<u32> {
    match wake {
        Wake::Case(n) => Some(n),
        Wake::Ended => None,
    }
}

/// The run is over while this waits in a destructor.
fn end(rt: &dyn Backend, arms: &mut Arms<'_, '_>) -> usize {
    if arms.is_empty() {
        rt.strand();
    }
    let chosen = arms.iter().position(|arm| arm.receives()).unwrap_or(0);
    arms[chosen].act(Step(Doing::End));
    chosen
}

/// The state that Go would show.
fn state(arms: &Arms<'_, '_>) -> GoroutineState {
    match arms {
        [] => GoroutineState::SelectNoCases,
        [only] if only.is_off() && only.receives() => GoroutineState::ChanReceiveNil,
        [only] if only.is_off() => GoroutineState::ChanSendNil,
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
        $crate::__select_arms!(@read [] [] $($arms)*)
    };
}

/// Reads the arms of a `select!` one by one, each into a variable of its own, and then runs it.
///
/// The first bracket has the arms that are done, the second the default.
#[doc(hidden)]
#[macro_export]
macro_rules! __select_arms {
    // The head of an arm.
    (@read $done:tt $default:tt recv($from:expr) -> $v:pat => $($rest:tt)+) => {
        $crate::__select_arms!(@body $done $default (recv ($from) ($v)) $($rest)+)
    };
    (@read $done:tt $default:tt send($to:expr, take $slot:ident $($place:tt)*) => $($rest:tt)+) => {
        $crate::__select_arms!(@body $done $default (take ($to) ($slot $($place)*)) $($rest)+)
    };
    (@read $done:tt $default:tt send($to:expr, $value:expr) => $($rest:tt)+) => {
        $crate::__select_arms!(@body $done $default (send ($to) ($value)) $($rest)+)
    };
    (@read $done:tt [] default => $($rest:tt)+) => {
        $crate::__select_arms!(@body $done [] (default) $($rest)+)
    };
    (@read $done:tt $default:tt default => $($rest:tt)+) => {
        ::core::compile_error!("a select! has one default at most")
    };
    (@read [$(($arm:ident $v:tt $body:tt))*] $default:tt) => {{
        let chosen = $crate::__select::wait(
            &mut [$(&mut $arm as &mut dyn $crate::__select::Arm),*],
            $crate::__select_arms!(@has $default),
        );
        $crate::__select_arms!(@run chosen (0_usize) [$(($arm $v $body))*] $default)
    }};
    (@read $done:tt $default:tt $($other:tt)+) => {
        ::core::compile_error!(
            "an arm of select! is `recv(c) -> v => …`, `send(c, value) => …`, \
             `send(c, take slot) => …` or `default => …`, with a comma unless a block ends it"
        )
    };
    // Its body.
    (@body $done:tt $default:tt $head:tt $body:block, $($rest:tt)*) => {
        $crate::__select_arms!(@arm $done $default $head ($body) $($rest)*)
    };
    (@body $done:tt $default:tt $head:tt $body:block $($rest:tt)*) => {
        $crate::__select_arms!(@arm $done $default $head ($body) $($rest)*)
    };
    (@body $done:tt $default:tt $head:tt $body:expr, $($rest:tt)*) => {
        $crate::__select_arms!(@arm $done $default $head ($body) $($rest)*)
    };
    (@body $done:tt $default:tt $head:tt $body:expr) => {
        $crate::__select_arms!(@arm $done $default $head ($body))
    };
    // The variable it goes into. Channel and value are evaluated here, in that order.
    (@arm [$($done:tt)*] $default:tt (recv ($from:expr) $v:tt) $body:tt $($rest:tt)*) => {{
        let mut arm = $crate::__select::recv(&$from);
        $crate::__select_arms!(@read [$($done)* (arm $v $body)] $default $($rest)*)
    }};
    (@arm [$($done:tt)*] $default:tt (take ($to:expr) ($slot:expr)) $body:tt $($rest:tt)*) => {{
        let mut arm = $crate::__select::send(&$to).arm(&mut $slot);
        $crate::__select_arms!(@read [$($done)* (arm () $body)] $default $($rest)*)
    }};
    (@arm [$($done:tt)*] $default:tt (send ($to:expr) ($value:expr)) $body:tt $($rest:tt)*) => {{
        let to = $crate::__select::send(&$to);
        let mut slot = to.value($value);
        let mut arm = to.arm(&mut slot);
        $crate::__select_arms!(@read [$($done)* (arm () $body)] $default $($rest)*)
    }};
    (@arm $done:tt [] (default) $body:tt $($rest:tt)*) => {
        $crate::__select_arms!(@read $done [$body] $($rest)*)
    };
    (@has []) => { false };
    (@has [$body:tt]) => { true };
    // The arm that was chosen runs, outside of any closure.
    (@run $chosen:ident $n:tt [($arm:ident () ($body:expr)) $($more:tt)*] $default:tt) => {
        if $chosen == $n { $body } else {
            $crate::__select_arms!(@run $chosen ($n + 1) [$($more)*] $default)
        }
    };
    (@run $chosen:ident $n:tt [($arm:ident ($v:pat) ($body:expr)) $($more:tt)*] $default:tt) => {
        if $chosen == $n {
            let $v = $arm.take();
            $body
        } else {
            $crate::__select_arms!(@run $chosen ($n + 1) [$($more)*] $default)
        }
    };
    (@run $chosen:ident $n:tt [] [($body:expr)]) => { $body };
    (@run $chosen:ident $n:tt [] []) => {{
        let _ = $chosen;
        ::core::unreachable!("select chose an arm that is not there")
    }};
}
