//! Pointers that a run keeps to what was lent to it, and the thread's pointer to the run.
#![expect(unsafe_code, reason = "a run is lent things that Rust's lifetimes cannot describe")]

use std::cell::{Cell, UnsafeCell};
use std::mem::ManuallyDrop;
use std::panic::Location;
use std::ptr::NonNull;

use super::goroutine::Goroutine;
use super::state::State;
use super::{Sim, root};
use crate::backend::{Always, Object, WayOut};
use crate::coroutine::{Coroutine, Stack};
use crate::event::{Observer, Op};
use crate::strategy::Search;

/// The state of a run, reachable from all its goroutines.
///
/// They are all on one thread and at any moment one of them runs, so access is exclusive as long as no
/// reference is kept over a switch or over a call that may come back here. Both are the rule in `sim/`:
/// `state()` is called anew for each few lines, and what it gives is never kept over `suspend`, over
/// code of the user's, or over a timer's `fire`.
pub(super) struct Slot(UnsafeCell<State>);

impl Slot {
    pub(super) fn new(state: State) -> Self {
        Self(UnsafeCell::new(state))
    }

    #[expect(clippy::mut_from_ref, reason = "one thread, and the rule above")]
    #[inline]
    pub(super) fn state(&self) -> &mut State {
        // SAFETY: `Slot` is not `Sync`, so this is the only thread; the rule above keeps the
        // references of one thread apart in time.
        unsafe { &mut *self.0.get() }
    }
}

/// What a goroutine's next operation is done on while it has none announced.
pub(super) const ALWAYS: *const dyn Object = &raw const ANYTHING;
static ANYTHING: Always = Always;

/// No observers.
pub(super) fn no_observers() -> *mut [&'static mut dyn Observer] {
    let none: &'static mut [&'static mut dyn Observer] = &mut [];
    none
}

/// Whether a suspended goroutine's announced operation could be done now.
pub(super) fn ready(goroutine: &Goroutine, op: &Op) -> bool {
    // SAFETY: `point` stored it from a reference that lives as long as its frame; the goroutine is
    // suspended in that frame (or `Always`, a constant, was stored when it left).
    unsafe { (*goroutine.object).ready(op) }
}

/// A pointer to the object of an announced operation, for as long as its frame stands.
#[inline]
pub(super) fn announced(object: &dyn Object) -> *const dyn Object {
    let pointer: *const (dyn Object + '_) = object;
    // SAFETY: only the lifetime in the type changes; `point` puts another pointer in its place before
    // the frame that lent the object goes on.
    unsafe {
        std::mem::transmute::<*const (dyn Object + '_), *const (dyn Object + 'static)>(pointer)
    }
}

/// The search that was lent for the run.
pub(super) fn search<'a>(search: *mut dyn Search) -> &'a mut dyn Search {
    // SAFETY: `Machine::run` holds the borrow for the whole run and clears the pointer at its end; the
    // state calls it for one answer at a time.
    unsafe { &mut *search }
}

/// The observers that were lent for the run.
pub(super) fn observers<'a>(
    observers: *mut [&'static mut dyn Observer],
) -> &'a mut [&'static mut dyn Observer] {
    // SAFETY: as for the search.
    unsafe { &mut *observers }
}

/// A pointer to a lent value whose lifetime the run's own replaces.
pub(super) fn lend_search(search: &mut dyn Search) -> *mut dyn Search {
    let pointer: *mut (dyn Search + '_) = search;
    // SAFETY: only the lifetime in the type changes; see `search` for who keeps it.
    unsafe { std::mem::transmute::<*mut (dyn Search + '_), *mut (dyn Search + 'static)>(pointer) }
}

/// A pointer to the observers, whose lifetime the run's own replaces.
pub(super) fn lend_observers(
    observers: &mut [&mut dyn Observer],
) -> *mut [&'static mut dyn Observer] {
    let pointer: *mut [&mut (dyn Observer + '_)] = observers;
    // SAFETY: as for `lend_search`.
    unsafe {
        std::mem::transmute::<
            *mut [&mut (dyn Observer + '_)],
            *mut [&'static mut (dyn Observer + 'static)],
        >(pointer)
    }
}

/// Frees a simulator that no stack refers to any more.
pub(super) fn free(sim: &mut ManuallyDrop<Box<Sim>>) {
    // SAFETY: called once, by the destructor of the machine that owns it.
    unsafe { ManuallyDrop::drop(sim) }
}

/// The way out of the running goroutine.
#[inline(always)]
pub(super) fn way_out(running: &Goroutine) -> WayOut {
    let handle = running.suspender.expect("it runs, so it has a stack");
    // SAFETY: callers pass the goroutine that runs, and hand it what this gives or take it themselves.
    unsafe { WayOut::new(handle) }
}

/// A coroutine that runs the root function, for the goroutine that is current when it first runs.
pub(super) fn coroutine(stack: Stack) -> Coroutine {
    // The closure captures nothing, so the box allocates nothing.
    Coroutine::new(stack, Box::new(root::run))
}

/// A panic's place, for as long as the process lives.
pub(crate) fn leak_location(location: &Location<'_>) -> &'static Location<'static> {
    // SAFETY: nobody can make a `Location` but the compiler, which makes constants: the lifetime in
    // `PanicHookInfo::location` is that of the info, not of what it points to.
    unsafe { std::mem::transmute::<&Location<'_>, &'static Location<'static>>(location) }
}

thread_local! {
    static SIM: Cell<Option<NonNull<Sim>>> = const { Cell::new(None) };
}

/// The simulator whose run this thread is in.
#[inline]
pub(super) fn current() -> Option<&'static Sim> {
    // SAFETY: `Entered` set it and takes it away; the simulator is boxed, and leaked if a goroutine of
    // it is stranded.
    SIM.get().map(|sim| unsafe { &*sim.as_ptr() })
}

/// As long as it lives, this thread is in a run of `sim`.
pub(super) struct Entered {
    before: Option<NonNull<Sim>>,
    _backend: crate::backend::With,
}

impl Entered {
    pub(super) fn new(sim: &Sim) -> Self {
        let backend: *const dyn crate::backend::Backend = sim;
        // SAFETY: the machine that owns the simulator outlives the run that this guard is made for.
        let with = unsafe { crate::backend::With::new(backend) };
        Self { before: SIM.replace(Some(NonNull::from(sim))), _backend: with }
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        SIM.set(self.before);
    }
}
