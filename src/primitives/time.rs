//! Time, as Go's package `time` has it: virtual in the simulator.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::chan::{Chan, Receiver, timer_chan};
use super::guarded::Guarded;
use super::in_a_run;
use super::object::Object;
use crate::backend::{Always, Backend, Body, Fire, Timed, TimerId};
use crate::event::{Action, Detail, GoroutineState, Note, ObjectKind, Op, Place, objects};

pub use crate::event::Instant;

/// The time.
///
/// # Panics
///
/// Outside of any run.
#[track_caller]
pub fn now() -> Instant {
    let rt = in_a_run("time::now");
    rt.step(Op::new(Action::Now, objects::CLOCK, Place::here()));
    rt.now()
}

/// How long ago `t` was.
///
/// # Panics
///
/// Outside of any run.
#[track_caller]
pub fn since(t: Instant) -> Duration {
    now() - t
}

/// Sleeps for `d`; costs nothing in the simulator. In Go, `time.Sleep`.
///
/// # Panics
///
/// Outside of any run.
#[track_caller]
pub fn sleep(d: Duration) {
    let rt = in_a_run("time::sleep");
    let op = Op::new(Action::Sleep, objects::CLOCK, Place::here());
    rt.point(op, &Always);
    if d.is_zero() || rt.unwinding() {
        return;
    }
    let waiter = rt.waiter(0);
    let timer = rt.arm(rt.now() + d, Timed::Wake(waiter));
    rt.park(op, GoroutineState::Sleep);
    rt.disarm(timer);
    rt.did(op, Detail::Done);
}

/// A channel that gets the time after `d`. In Go, `time.After`.
///
/// # Panics
///
/// Outside of any run.
#[track_caller]
pub fn after(d: Duration) -> Receiver<Instant> {
    Timer::new(d).c()
}

/// A channel that gets the time every `d`; the nil channel if `d` is zero. In Go, `time.Tick`.
///
/// # Panics
///
/// Outside of any run.
#[track_caller]
pub fn tick(d: Duration) -> Receiver<Instant> {
    if d.is_zero() { Receiver::nil() } else { Ticker::new(d).c() }
}

/// Runs `f` in a goroutine of its own after `d`, unless it is stopped before. In Go, `time.AfterFunc`;
/// there a reset after `f` has started runs it again, here nothing is left to run.
///
/// # Panics
///
/// Outside of any run.
#[track_caller]
pub fn after_func<F: FnOnce() + Send + 'static>(d: Duration, f: F) -> Timer {
    let place = Place::here();
    let call = Call { f: Guarded::new(Some(Body::new(f))), place };
    Timer(Armed::start(d, Duration::ZERO, Effect::Call(call)))
}

/// A single event in the future. In Go, `time.Timer`.
#[derive(Clone)]
pub struct Timer(Arc<Armed>);

/// An event that repeats. In Go, `time.Ticker`.
#[derive(Clone)]
pub struct Ticker(Arc<Armed>);

/// A timer or ticker, armed or not.
struct Armed {
    object: Object,
    channel: Chan<Instant>,
    effect: Effect,
    state: Guarded<Setting>,
}

struct Setting {
    /// What is armed, and when it is due: a firing that finds something else here comes too late.
    timer: Option<(TimerId, Instant)>,
    /// Zero for a timer.
    period: Duration,
}

enum Effect {
    Tick,
    Call(Call),
}

struct Call {
    f: Guarded<Option<Body>>,
    place: Place,
}

impl Armed {
    #[track_caller]
    fn start(d: Duration, period: Duration, effect: Effect) -> Arc<Self> {
        let object = Object::new(ObjectKind::Timer);
        let rt = object.enter();
        rt.step(Op::new(Action::Arm, objects::CLOCK, Place::here()));
        let channel = match &effect {
            Effect::Tick => timer_chan(object.id()),
            Effect::Call(_) => Chan::nil(),
        };
        let state = Guarded::new(Setting { timer: None, period });
        let armed = Arc::new(Self { object, channel, effect, state });
        armed.arm_after(rt, d);
        armed
    }

    /// Without a delay it fires at once, so that what it does takes part in the choices to come.
    fn arm_after(self: &Arc<Self>, rt: &dyn Backend, d: Duration) {
        match d {
            Duration::ZERO => self.act(rt, rt.now()),
            d => {
                self.object.note(rt, Note::Publishes, self.object.made());
                self.arm(rt, rt.now() + d);
            }
        }
    }

    fn arm(self: &Arc<Self>, rt: &dyn Backend, due: Instant) {
        let mut state = self.state.lock();
        self.arm_within(&mut state, rt, due);
    }

    fn arm_within(self: &Arc<Self>, state: &mut Setting, rt: &dyn Backend, due: Instant) {
        let timer = rt.arm(due, Timed::Fire(Arc::clone(self) as Arc<dyn Fire>));
        state.timer = Some((timer, due));
    }

    /// Whether it was still going to fire, or had fired unread.
    #[track_caller]
    fn halt(&self, action: Action, period: Duration) -> bool {
        let rt = self.object.enter();
        rt.step(self.object.op(action, Place::here()));
        let mut state = self.state.lock();
        let before = std::mem::replace(&mut *state, Setting { timer: None, period });
        let pending = self.channel.core().is_some_and(|core| core.untick());
        drop(state);
        before.timer.is_some_and(|(timer, _)| rt.disarm(timer)) | pending
    }

    #[track_caller]
    fn reset(self: &Arc<Self>, d: Duration, period: Duration) -> bool {
        let was = self.halt(Action::Reset, period);
        self.arm_after(self.object.enter(), d);
        was
    }
}

impl Armed {
    fn act(&self, clock: &dyn Backend, due: Instant) {
        match &self.effect {
            Effect::Call(call) => {
                let f = call.f.lock().take();
                if let Some(f) = f {
                    clock.spawn(f, None, call.place);
                }
            }
            Effect::Tick => {
                if let Some(core) = self.channel.core() {
                    core.tick(clock, due);
                }
            }
        }
    }
}

impl Fire for Armed {
    fn fire(self: Arc<Self>, clock: &dyn Backend, due: Instant) {
        let mut state = self.state.lock();
        if state.timer.is_none_or(|(_, armed)| armed != due) {
            // It was stopped or set anew, while it was about to fire on another thread.
            return;
        }
        state.timer = None;
        self.object.note(clock, Note::Fires, self.object.made());
        self.act(clock, due);
        if !state.period.is_zero() {
            let next = due + state.period;
            self.arm_within(&mut state, clock, next);
        }
    }

    fn counts(&self) -> bool {
        match &self.effect {
            Effect::Call(call) => call.f.lock().is_some(),
            Effect::Tick => self.channel.core().is_some_and(|core| core.is_awaited()),
        }
    }
}

impl Timer {
    /// A timer that sends the time on its channel after `d`. In Go, `time.NewTimer`.
    ///
    /// # Panics
    ///
    /// Outside of any run.
    #[track_caller]
    pub fn new(d: Duration) -> Self {
        Self(Armed::start(d, Duration::ZERO, Effect::Tick))
    }

    /// Its channel; the nil channel for [`after_func`].
    pub fn c(&self) -> Receiver<Instant> {
        self.0.channel.receiver()
    }

    /// Stops it; whether that kept it from firing, or from being read. Afterwards nothing can be
    /// received from it.
    ///
    /// # Panics
    ///
    /// Outside of its run.
    #[track_caller]
    pub fn stop(&self) -> bool {
        self.0.halt(Action::Stop, Duration::ZERO)
    }

    /// Makes it fire `d` from now; whether it was still going to fire, or had fired unread.
    ///
    /// # Panics
    ///
    /// Outside of its run.
    #[track_caller]
    pub fn reset(&self, d: Duration) -> bool {
        self.0.reset(d, Duration::ZERO)
    }
}

impl Ticker {
    /// A ticker that sends the time on its channel every `d`. A slow receiver loses ticks; at most one is
    /// pending. In Go, `time.NewTicker`.
    ///
    /// # Panics
    ///
    /// `non-positive interval for NewTicker` if `d` is zero.
    #[track_caller]
    pub fn new(d: Duration) -> Self {
        assert!(!d.is_zero(), "non-positive interval for NewTicker");
        Self(Armed::start(d, d, Effect::Tick))
    }

    /// Its channel. It is not closed when the ticker stops.
    pub fn c(&self) -> Receiver<Instant> {
        self.0.channel.receiver()
    }

    /// No more ticks.
    ///
    /// # Panics
    ///
    /// Outside of its run.
    #[track_caller]
    pub fn stop(&self) {
        self.0.halt(Action::Stop, Duration::ZERO);
    }

    /// Ticks every `d`, the first time `d` from now.
    ///
    /// # Panics
    ///
    /// `non-positive interval for Ticker.Reset` if `d` is zero.
    #[track_caller]
    pub fn reset(&self, d: Duration) {
        assert!(!d.is_zero(), "non-positive interval for Ticker.Reset");
        self.0.reset(d, d);
    }
}

impl fmt::Debug for Timer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0.object, f)
    }
}

impl fmt::Debug for Ticker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0.object, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prelude::*;
    use crate::{Explore, Kind, Sim};

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn a_sleep_takes_its_time_and_none_takes_none() {
        crate::check(|| {
            let start = now();
            sleep(Duration::ZERO);
            assert_eq!(since(start), Duration::ZERO);
            sleep(SECOND);
            assert_eq!((since(start), now() - SECOND), (SECOND, start));
        });
    }

    #[test]
    fn a_tick_carries_the_time_at_which_it_was_due() {
        crate::check(|| {
            let (start, timer) = (now(), Timer::new(SECOND));
            sleep(5 * SECOND);
            assert_eq!((timer.c().len(), timer.c().cap()), (0, 0));
            assert_eq!(timer.c().recv(), Some(start + SECOND));
        });
    }

    #[test]
    fn stop_is_true_until_the_tick_is_received_and_takes_it_away() {
        crate::check(|| {
            let timer = Timer::new(SECOND);
            assert!(timer.stop() && !timer.stop());
            assert!(!timer.reset(SECOND));
            sleep(2 * SECOND);
            assert!(timer.stop(), "it expired unread");
            assert!(timer.c().try_recv().is_err());
            timer.reset(SECOND);
            timer.c().recv();
            assert!(!timer.stop());
        });
    }

    #[test]
    fn without_a_delay_a_timer_can_be_read_at_once() {
        crate::check(|| {
            assert_eq!(after(Duration::ZERO).try_recv(), Ok(now()));
            let timer = Timer::new(SECOND);
            timer.reset(Duration::ZERO);
            assert!(timer.c().try_recv().is_ok() && !timer.stop());
        });
    }

    #[test]
    fn a_ticker_counts_from_its_due_times_and_keeps_one_tick() {
        crate::check(|| {
            let (start, ticker) = (now(), Ticker::new(SECOND));
            let at = |n: u32| Some(start + n * SECOND);
            assert_eq!((ticker.c().recv(), ticker.c().recv()), (at(1), at(2)));
            sleep(3 * SECOND + SECOND / 2);
            assert_eq!((ticker.c().recv(), ticker.c().recv()), (at(3), at(6)));
            ticker.reset(2 * SECOND);
            assert_eq!(ticker.c().recv(), at(8));
            ticker.stop();
            sleep(5 * SECOND);
            assert!(ticker.c().try_recv().is_err());
        });
    }

    #[test]
    fn after_func_runs_in_a_goroutine_of_its_own() {
        crate::check(|| {
            let ran = chan(2);
            let (first, second) = (ran.clone(), ran.clone());
            let timer = after_func(SECOND, move || first.send(runtime::goroutine_id()));
            assert!(timer.c().is_nil());
            assert_ne!(ran.recv(), Some(runtime::goroutine_id()));
            assert!(!timer.stop() && !timer.reset(SECOND));
            assert!(after_func(SECOND, move || second.send(0)).stop());
            sleep(2 * SECOND);
            assert!(ran.try_recv().is_err());
        });
    }

    #[test]
    fn misuse_has_the_texts_of_go() {
        crate::check(|| {
            assert!(tick(Duration::ZERO).is_nil());
            let panic = recover(|| Ticker::new(Duration::ZERO)).expect_err("it panics");
            assert_eq!(panic.message(), "non-positive interval for NewTicker");
            let ticker = Ticker::new(SECOND);
            let panic = recover(|| ticker.reset(Duration::ZERO)).expect_err("it panics");
            assert_eq!(panic.message(), "non-positive interval for Ticker.Reset");
        });
    }

    #[test]
    fn a_timer_that_nobody_waits_for_does_not_keep_the_program_alive() {
        let run = Sim::new().run(|| {
            let _timer = (Timer::new(SECOND), Ticker::new(SECOND));
            select! {}
        });
        assert_eq!((run.exit.to_string(), run.elapsed), ("deadlock".to_owned(), Duration::ZERO));
        let run = Sim::new().run(|| {
            after_func(SECOND, || ());
            select! {}
        });
        assert_eq!((run.exit.to_string(), run.elapsed), ("deadlock".to_owned(), SECOND));
    }

    #[test]
    fn never_is_never() {
        let run = Sim::new().run(|| assert!(after(Duration::MAX).recv().is_none()));
        assert_eq!(run.exit.to_string(), "deadlock");
    }

    #[test]
    fn a_receive_that_a_timer_ends_is_cut_off_as_a_sleep_is() {
        let kinds = |main: fn()| -> Vec<Kind> {
            let report = Explore::new().schedules(100).keep_going().run(main);
            report.findings.iter().map(|found| found.finding.kind).collect()
        };
        assert_eq!(kinds(|| go(|| sleep(SECOND))), [Kind::CutOff]);
        assert_eq!(kinds(|| go(|| assert!(after(SECOND).recv().is_some()))), [Kind::CutOff]);
    }
}
