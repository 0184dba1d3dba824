//! The seam: all that differs between the two schedulers, behind one contract.
//!
//! Primitives are written once, over [`Backend`]. Which backend a goroutine belongs to is found through
//! a thread-local pointer, at run time: one binary holds both worlds.
//!
//! # What a primitive does
//!
//! ```text
//! point(op)                  announce: others may run first; nothing may be locked here
//! try                        under the object's own lock
//!   done:    did(op)         tell the observers, still before anybody else can act on it
//!   blocked: waiter()        a ticket for this wait, put into the object's queue
//!            park(op)        sleep until somebody wakes exactly this ticket
//! ```
//!
//! # How a goroutine dies
//!
//! When the run is over, `point` and `park` unwind the goroutine (a panic payload of our own that runs
//! no hook). While it unwinds, destructors may use primitives: `point` then lets nobody else run, `park`
//! really suspends. If nothing moves any more, `park` returns [`Wake::Ended`]: the primitive ends
//! neutrally if it hands out nothing, and calls [`Backend::strand`] if it would have to own something.
//!
//! # What fits in without another contract
//!
//! - **Waking from any thread**: [`Waiter`] may be sent, and `wake` takes it wherever it is called (`outside`).
//! - **Work outside that may still wake somebody** holds back the search for a deadlock (`idle`, `block`).
//! - **Groups that die on their own** (a simulated host that crashes): `Unwind::killed` is of one goroutine, and
//!   the end of a run sets it for all; a group is who is set.
//! - **Children that end before their parent's frame**: a wait in the parent's destructors, as `WaitGroup::wait`
//!   in a `defer!` is one; destructors may wait already.
//! - **Faults, and the clock, as choices**: a stream of their own beside those of `Dice`, by its number.
//! - **A memory ordering in [`Op`]**: a part of its action, which has room; all are sequentially consistent today.

mod body;
mod hook;
pub(crate) mod multicore;
pub(crate) mod sim;
mod timers;
mod unwind;
mod way_out;

use std::backtrace::Backtrace;
use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};

use crate::coroutine::overflow;
use crate::event::{
    Detail, GoId, GoroutineInfo, GoroutineState, Instant, Note, ObjectId, ObjectKind, Op, Panic,
    Place,
};

pub(crate) use body::Body;
pub(crate) use hook::{Quiet, install as install_panic_hook, needs_unwinding};
pub(crate) use unwind::Unwind;
pub(crate) use way_out::WayOut;

/// A value that all goroutines of a run share.
pub(crate) type Shared = Arc<dyn std::any::Any + Send + Sync>;

/// One wait of one goroutine. A goroutine that waits for several things at once (`select`) puts the same
/// ticket, with another `case`, into several queues; the first wake wins and makes the others stale.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Waiter {
    pub(crate) go: GoId,
    pub(crate) ticket: u32,
    pub(crate) case: u32,
}

/// Why `park` came back.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Wake {
    /// Somebody woke the waiter with this case.
    Case(u32),
    /// The run is over and nobody will ever wake this goroutine (only while it unwinds).
    Ended,
}

/// An object as a search sees it.
pub(crate) trait Object {
    /// Whether `op` could be done now. It has no side effects, and no effect on sampling strategies.
    fn ready(&self, op: &Op) -> bool;
}

/// An object on which everything can always be attempted.
pub(crate) struct Always;

impl Object for Always {
    fn ready(&self, _op: &Op) -> bool {
        true
    }
}

/// What a timer does when it is due. It runs as the clock and may not block or run user code.
pub(crate) trait Fire: Send + Sync {
    /// The timer that was due at `due` fires; `clock` is the backend it fires on.
    fn fire(self: Arc<Self>, clock: &dyn Backend, due: Instant);
    /// Whether it keeps a program alive: a channel timer does only while somebody is blocked on it.
    fn counts(&self) -> bool;
}

/// What is armed.
pub(crate) enum Timed {
    /// Wakes this waiter.
    Wake(Waiter),
    /// Calls this.
    Fire(Arc<dyn Fire>),
}

/// A timer that was armed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct TimerId(pub(crate) u64);

/// A panic under way, or one that was caught.
#[derive(Clone, Debug, Default)]
pub(crate) struct Raised {
    pub(crate) message: String,
    pub(crate) place: Option<Place>,
    /// The panics of `defer!` bodies that have come after it, oldest first.
    pub(crate) replaced_by: Vec<Panic>,
    /// The stack that raised it, where stacks are kept.
    pub(crate) stack: Option<Arc<Backtrace>>,
}

impl Raised {
    /// What whoever caught `payload` gets.
    pub(crate) fn panic(self, payload: Box<dyn std::any::Any + Send>) -> Panic {
        let location = self.place.map(|place| place.location());
        let first = Panic::new(payload, location).raised_on(self.stack);
        self.replaced_by.into_iter().fold(first, |earlier, next| next.after(&earlier, false))
    }
}

/// Where text goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Stream {
    Stdout,
    Stderr,
    /// To standard error, with the date and time before it, which are no part of the outcome.
    Log,
}

/// What both schedulers can do. All methods are called by a goroutine of the run, except those that say
/// otherwise.
pub(crate) trait Backend {
    /// The process-wide number of the run.
    fn run(&self) -> u64;
    /// The number of the goroutine that runs. Called in a signal handler too: it only reads.
    fn number(&self) -> u64;
    /// Registers an object. May also be called while the clock fires.
    fn make(&self, kind: ObjectKind, place: Place) -> ObjectId;
    /// Makes a goroutine, which can run from now on. The `go` operation itself is the caller's: `point`
    /// before, and `did` is done here. Called by the clock too (`AfterFunc`), then without a point.
    fn spawn(&self, body: Body, name: Option<String>, place: Place) -> GoId;

    /// What `point` does unless the thread is quiet; the way out, if others run first.
    fn at_point(&self, op: Op, object: &dyn Object) -> Option<WayOut>;
    /// The goroutine is back from the way out that it was shown.
    fn back(&self);
    /// What `step` does unless the thread is quiet; the way out, if others run first.
    fn at_step(&self, op: Op) -> Option<WayOut> {
        let way_out = self.at_point(op, &Always);
        if way_out.is_none() {
            self.at_effect(op, Detail::Done);
        }
        way_out
    }
    /// The running goroutine steps back: others should run before it does `op`, which can always be done.
    fn at_yield(&self, op: Op) -> Option<WayOut>;
    /// It is back from the way out that `at_step` or `at_yield` has shown, and does `op`.
    fn back_for(&self, op: Op) {
        self.back();
        self.at_effect(op, Detail::Done);
    }
    /// What `did` does unless the thread is quiet.
    fn at_effect(&self, op: Op, detail: Detail);
    /// Tells observers something that no event says. Nobody else hears of it.
    fn note(&self, object: ObjectId, note: Note, place: Place) {
        let _ = (object, note, place);
    }

    /// A new ticket for the running goroutine, which makes its earlier ones stale.
    fn waiter(&self, case: u32) -> Waiter;
    /// Makes the running goroutine's last ticket stale before it has parked; the case with which somebody
    /// has woken it by then.
    fn retract(&self) -> Option<u32>;
    /// What `park` does: comes to know at once why it goes on, or is shown the way out.
    fn at_park(&self, op: Op, state: GoroutineState) -> Result<Wake, WayOut>;
    /// The goroutine is back from the way out that `at_park` has shown.
    fn back_awake(&self, state: GoroutineState) -> Wake;
    /// Wakes this waiter: false if it no longer waits on this ticket (then nothing happens).
    /// Never runs anybody at once. May be called with the object's lock held.
    fn wake(&self, waiter: Waiter) -> bool;
    /// As `wake`, and the running goroutine steps back behind the woken one (mutex in starvation mode).
    fn hand_over(&self, waiter: Waiter) -> bool;
    /// Whether this waiter still waits on this ticket.
    fn waits(&self, waiter: Waiter) -> bool;
    /// A destructor can never go on: the goroutine stays suspended for ever.
    fn strand(&self) -> !;

    /// One of `count` alternatives, all equally likely.
    fn pick(&self, count: u32) -> u32;
    /// A random number of the program's own.
    fn random(&self) -> u64;
    /// Whether a panic keeps the stack that raised it: where somebody will look at it.
    fn keeps_stacks(&self) -> bool;

    /// The time; no operation, callable by the clock.
    fn now(&self) -> Instant;
    /// Arms a timer.
    fn arm(&self, due: Instant, what: Timed) -> TimerId;
    /// Disarms it: false if it has fired.
    fn disarm(&self, timer: TimerId) -> bool;

    /// Adds text to a stream: the effect only, without a point.
    fn print(&self, stream: Stream, text: &str);
    /// `os::exit`, after its point.
    fn exit(&self, code: i32) -> !;
    /// A fatal error, which nobody can recover. Comes back only if the run is over, or into a destructor of a
    /// goroutine that unwinds: then the operation ends neutrally.
    fn fatal(&self, text: &str, place: Place);
    /// Misuse that is a panic in Go: panics, unless the goroutine unwinds outside a `defer!` body; then it is
    /// remembered as the panic that came last, and the operation ends neutrally.
    fn misuse(&self, text: &str, place: Place);
    /// Ends the running goroutine, running its destructors.
    fn goexit(&self) -> !;

    /// Runs `work`, which may block its thread, where it keeps no other goroutine from running; comes
    /// back when it is done.
    fn block(&self, op: Op, work: Body);
    /// How many goroutines can run at the same time.
    fn procs(&self) -> usize;
    /// How many processors there are.
    fn cpus(&self) -> usize;

    /// How many goroutines there are.
    fn count(&self) -> usize;
    /// All of them, in the order of creation.
    fn goroutines(&self) -> Vec<GoroutineInfo>;
    /// Blocks until all other goroutines are blocked and no timer is due.
    fn wait_idle(&self, op: Op);

    /// Lends what the running goroutine knows of its unwinding, exactly once.
    fn unwind(&self, look: &mut dyn FnMut(&mut Unwind));
    /// So many more of the running goroutine's panics are under way.
    fn panics(&self, change: i32) {
        let _ = change;
    }
    /// The running goroutine ends the program with this panic, without being unwound.
    fn crash(&self, panic: Panic);
    /// Who runs, in which run: for a last line before an abort.
    fn describe(&self) -> String;

    /// This run's value of a global, if it has one.
    fn global(&self, key: usize) -> Option<Shared>;
    /// Keeps this run's value of a global, unless it has one; gives back the one that counts.
    fn set_global(&self, key: usize, value: Shared) -> Shared;
    /// Objects made between these belong to the global at this place.
    fn in_global(&self, place: Option<Place>) -> Option<Place>;
}

/// What every operation begins and ends with. On cores there is mostly nothing to do at these: then they
/// cost a look, and the operation is never written down.
///
/// All that may let others run is inlined into whoever calls it: see [`WayOut`].
impl dyn Backend + '_ {
    /// `op` is about to be done on `object`: others may run first. No lock may be held here.
    #[inline(always)]
    pub(crate) fn point(&self, op: Op, object: &dyn Object) {
        if !quiet()
            && let Some(way_out) = self.at_point(op, object)
        {
            way_out.take();
            self.back();
        }
    }

    /// `op` took effect.
    #[inline]
    pub(crate) fn did(&self, op: Op, detail: Detail) {
        if !quiet() {
            self.at_effect(op, detail);
        }
    }

    /// An operation that can always be done and needs nothing of an object: `point`, then `did`.
    #[inline(always)]
    pub(crate) fn step(&self, op: Op) {
        if !quiet()
            && let Some(way_out) = self.at_step(op)
        {
            way_out.take();
            self.back_for(op);
        }
    }

    /// `op` can always be done, and others should run before it.
    #[inline(always)]
    pub(crate) fn yields(&self, op: Op) {
        if let Some(way_out) = self.at_yield(op) {
            way_out.take();
            self.back_for(op);
        }
    }

    /// Blocks until the last ticket is woken. `op` is what it waits to do.
    #[inline(always)]
    pub(crate) fn park(&self, op: Op, state: GoroutineState) -> Wake {
        match self.at_park(op, state) {
            Ok(wake) => wake,
            Err(way_out) => {
                way_out.take();
                self.back_awake(state)
            }
        }
    }
}

/// A number for a run, unique in the process; 0 is no run.
fn next_run() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// A stack that overflows says whose it was.
fn install_overflow_handler() {
    overflow::install(|overflow| {
        let goroutine = current().map_or(0, |rt| rt.number());
        overflow.report(goroutine as u32, "");
    });
}

/// What a thread knows of the goroutine that runs on it. Plain cells without a destructor, so that
/// looking at them costs a load.
struct Here {
    backend: Cell<Option<*const dyn Backend>>,
    /// The number of its run; 0 for none.
    run: Cell<u64>,
    /// What it is inside of, where no operation is allowed. It belongs to the thread because the
    /// goroutine cannot be suspended in there.
    forbidden: Cell<Option<&'static str>>,
    /// Zero if there is nothing to do at points: then the thread is quiet. Where operations are forbidden
    /// it never is.
    attention: Cell<&'static AtomicU8>,
    /// The attention where they are allowed.
    usual: Cell<&'static AtomicU8>,
}

/// The attention of those who look at every operation.
static ALWAYS_LOUD: AtomicU8 = AtomicU8::new(1);

thread_local! {
    static HERE: Here = const {
        Here {
            backend: Cell::new(None),
            run: Cell::new(0),
            forbidden: Cell::new(None),
            attention: Cell::new(&ALWAYS_LOUD),
            usual: Cell::new(&ALWAYS_LOUD),
        }
    };
}

/// The number of the run that this thread is in; 0 for none.
#[inline]
pub(crate) fn current_run() -> u64 {
    HERE.with(|here| here.run.get())
}

/// Enters (or, with what it gave back, leaves) a section in which no operation is allowed; `what` is
/// its name in the panic.
#[inline]
pub(crate) fn forbid(what: Option<&'static str>) -> Option<&'static str> {
    HERE.with(|here| {
        here.attention.set(if what.is_some() { &ALWAYS_LOUD } else { here.usual.get() });
        here.forbidden.replace(what)
    })
}

/// What this thread is inside of, where no operation is allowed.
#[inline]
pub(crate) fn forbidden() -> Option<&'static str> {
    HERE.with(|here| here.forbidden.get())
}

/// Whether nothing is to be done at points and effects of this thread.
#[inline]
pub(crate) fn quiet() -> bool {
    HERE.with(|here| here.attention.get().load(Ordering::Relaxed) == 0)
}

/// The backend of the goroutine that runs on this thread, if one does.
#[inline]
pub(crate) fn current() -> Option<&'static dyn Backend> {
    enter::current()
}

mod enter {
    //! The pointer from a thread to the run that it is in.
    #![expect(unsafe_code, reason = "a run is lent to its own goroutines through a thread-local")]

    use std::sync::atomic::AtomicU8;

    use super::{ALWAYS_LOUD, Backend, HERE};

    #[inline]
    pub(super) fn current() -> Option<&'static dyn Backend> {
        let pointer = HERE.with(|here| here.backend.get())?;
        // SAFETY: `With` set it from a reference that outlives it, and takes it away when it is
        // dropped. Goroutines are pinned to their thread and none of them runs after that; only
        // this crate's primitives hold the reference, never longer than one operation.
        Some(unsafe { &*pointer })
    }

    /// As long as it lives, goroutines run on this thread, in the run of this backend.
    #[derive(Debug)]
    pub(crate) struct With {
        before: Option<*const dyn Backend>,
        run: u64,
        attention: &'static AtomicU8,
    }

    impl With {
        /// # Safety
        ///
        /// `backend` must stay where it is until the guard is dropped, and for ever if a goroutine is
        /// stranded.
        pub(crate) unsafe fn new(backend: *const dyn Backend) -> Self {
            // SAFETY: the caller's promise.
            unsafe { Self::with_attention(backend, &ALWAYS_LOUD) }
        }

        /// As `new`; nothing is done at points while `attention` is zero.
        ///
        /// # Safety
        ///
        /// As for `new`, and the same for `attention`.
        pub(crate) unsafe fn with_attention(
            backend: *const dyn Backend,
            attention: *const AtomicU8,
        ) -> Self {
            // SAFETY: the caller's promise.
            let run = unsafe { (*backend).run() };
            // SAFETY: the caller's other promise.
            let attention: &'static AtomicU8 = unsafe { &*attention };
            HERE.with(|here| Self {
                before: here.backend.replace(Some(backend)),
                run: here.run.replace(run),
                attention: {
                    here.attention.set(attention);
                    here.usual.replace(attention)
                },
            })
        }
    }

    impl Drop for With {
        fn drop(&mut self) {
            HERE.with(|here| {
                here.backend.set(self.before);
                here.run.set(self.run);
                here.forbidden.set(None);
                here.attention.set(self.attention);
                here.usual.set(self.attention);
            });
        }
    }
}

pub(crate) use enter::With;
