//! Time, as Go's package `time` has it: virtual in the simulator.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::chan::{Chan, Receiver, timer_chan};
use super::guarded::Guarded;
use super::in_a_run;
use super::object::Object;
use crate::backend::{Always, Backend, Body, Fire, Timed, TimerId};
use crate::event::{Action, Detail, GoroutineState, ObjectKind, Op, Place, objects};

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

/// Runs `f` in a goroutine of its own after `d`, unless it is stopped before. In Go, `time.AfterFunc`.
///
/// # Panics
///
/// Outside of any run.
#[track_caller]
pub fn after_func<F: FnOnce() + Send + 'static>(d: Duration, f: F) -> Timer {
    let place = Place::here();
    let call = Call { f: Guarded::new(Some(Box::new(f))), place };
    Timer(Armed::start(d, Chan::nil(), Effect::Call(call)))
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

#[derive(Default)]
struct Setting {
    timer: Option<TimerId>,
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
    fn start(d: Duration, channel: Chan<Instant>, effect: Effect) -> Arc<Self> {
        let object = Object::new(ObjectKind::Timer);
        let rt = object.enter();
        rt.step(Op::new(Action::Arm, objects::CLOCK, Place::here()));
        let armed = Arc::new(Self { object, channel, effect, state: Guarded::default() });
        armed.arm(rt, rt.now() + d);
        armed
    }

    fn arm(self: &Arc<Self>, rt: &dyn Backend, due: Instant) {
        let timer = rt.arm(due, Timed::Fire(Arc::clone(self) as Arc<dyn Fire>));
        self.state.lock().timer = Some(timer);
    }

    /// Whether it was still going to fire, or had fired unread.
    #[track_caller]
    fn stop(&self, action: Action) -> bool {
        let rt = self.object.enter();
        rt.step(self.object.op(action, Place::here()));
        let timer = self.state.lock().timer.take();
        let pending = self.channel.core().is_some_and(|core| core.untick());
        timer.is_some_and(|timer| rt.disarm(timer)) | pending
    }

    #[track_caller]
    fn reset(self: &Arc<Self>, d: Duration) -> bool {
        let was = self.stop(Action::Reset);
        let rt = self.object.enter();
        self.arm(rt, rt.now() + d);
        was
    }
}

impl Fire for Armed {
    fn fire(self: Arc<Self>, clock: &dyn Backend, due: Instant) {
        self.state.lock().timer = None;
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
        let period = self.state.lock().period;
        if !period.is_zero() {
            self.arm(clock, due + period);
        }
    }

    fn counts(&self) -> bool {
        match &self.effect {
            Effect::Call(_) => true,
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
        Self(Armed::start(d, timer_chan(), Effect::Tick))
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
        self.0.stop(Action::Stop)
    }

    /// Makes it fire `d` from now; whether it was still going to fire, or had fired unread.
    ///
    /// # Panics
    ///
    /// Outside of its run.
    #[track_caller]
    pub fn reset(&self, d: Duration) -> bool {
        self.0.reset(d)
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
        let armed = Armed::start(d, timer_chan(), Effect::Tick);
        armed.state.lock().period = d;
        Self(armed)
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
        self.0.state.lock().period = Duration::ZERO;
        self.0.stop(Action::Stop);
    }

    /// Ticks every `d`, the first time `d` from now.
    ///
    /// # Panics
    ///
    /// `non-positive interval for Ticker.Reset` if `d` is zero.
    #[track_caller]
    pub fn reset(&self, d: Duration) {
        assert!(!d.is_zero(), "non-positive interval for Ticker.Reset");
        self.0.reset(d);
        self.0.state.lock().period = d;
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
