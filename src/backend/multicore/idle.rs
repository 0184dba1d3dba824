//! How idle workers go to sleep, how they are called, and how it is seen that nothing moves any more.
//!
//! A worker that finds nothing to do searches for a while and then sleeps. Before it sleeps it says so and
//! looks once more; whoever has new work makes it visible and then looks for sleepers. With a full fence
//! between the two steps on both sides, one of them sees the other:
//!
//! ```text
//! a worker that goes to sleep            whoever has work for it
//! asleep = true; sleepers += 1           push
//! fence                                  fence
//! look at all queues once more           asleep? then take that away, sleepers -= 1, unpark
//! ```
//!
//! Whoever takes `asleep` away also takes the worker out of `sleepers`, a moment later: so `sleepers` says
//! when it is time to look, and each worker's `asleep` whether all do. If so, with nothing in any queue and
//! no timer to come, nothing moves any more: the program is deadlocked, or the rest has been unwound as far as
//! it can be. To see that takes several looks, and a sleeper may wake up between them by its timer. So wakes
//! are counted, by the caller and by the worker that was called, since either may go on first; and what was
//! seen counts only if there was none meanwhile, and all still sleep. Work outside of all workers (a system
//! call, the monitor) counts as moving, and looks whether all sleep when it has ended.
//!
//! `tests/it/protocol.rs` has this as a program for the simulator, which tries some thousand of its orders;
//! `loom.rs` runs what is here itself, in the orders that a processor may show memory in.

use std::sync::OnceLock;

use crossbeam_utils::CachePadded;

use super::sync::{
    AtomicBool, AtomicIsize, AtomicU64, AtomicUsize, Ordering, Thread, fence, thread,
};

/// The sleep of one worker.
#[derive(Debug, Default)]
pub(super) struct Sleeper {
    asleep: AtomicBool,
    thread: OnceLock<Thread>,
}

/// The sleep of all.
#[derive(Debug, Default)]
pub(super) struct Idle {
    /// How many sleep, roughly. It is one too small while somebody was called who has not counted himself
    /// yet, and one too large while somebody sleeps again whose waker has not counted yet.
    sleepers: CachePadded<AtomicIsize>,
    /// How many look around for work.
    searching: CachePadded<AtomicUsize>,
    /// How often a worker was taken out of those that sleep.
    wakes: AtomicU64,
    /// Things under way outside of all workers, after which there may be work.
    external: AtomicUsize,
}

impl Sleeper {
    /// It is the calling thread that sleeps.
    pub(super) fn is_here(&self) {
        let _ = self.thread.set(thread::current());
    }

    pub(super) fn sleeps(&self) -> bool {
        self.asleep.load(Ordering::SeqCst)
    }
}

impl Idle {
    // ---- calling

    /// Wakes one if it sleeps. Whatever it is called for has been made visible before; so with all calls.
    pub(super) fn call(&self, sleeper: &Sleeper) -> bool {
        fence(Ordering::SeqCst);
        self.rouse(sleeper)
    }

    /// Wakes the first one that sleeps.
    pub(super) fn call_any<'s>(&self, mut sleepers: impl Iterator<Item = &'s Sleeper>) -> bool {
        fence(Ordering::SeqCst);
        sleepers.any(|sleeper| self.rouse(sleeper))
    }

    /// Wakes all that sleep.
    pub(super) fn call_all<'s>(&self, sleepers: impl Iterator<Item = &'s Sleeper>) {
        fence(Ordering::SeqCst);
        for sleeper in sleepers {
            self.rouse(sleeper);
        }
    }

    fn rouse(&self, sleeper: &Sleeper) -> bool {
        let slept = sleeper.asleep.load(Ordering::Relaxed) && self.wake(sleeper);
        if slept && let Some(thread) = sleeper.thread.get() {
            thread.unpark();
        }
        slept
    }

    /// Takes a worker out of those that sleep; false if somebody else has done so.
    fn wake(&self, sleeper: &Sleeper) -> bool {
        let slept = sleeper.asleep.swap(false, Ordering::SeqCst);
        if slept {
            self.sleepers.fetch_sub(1, Ordering::SeqCst);
            self.wakes.fetch_add(1, Ordering::SeqCst);
        }
        slept
    }

    /// Whether somebody should be called for what anybody could do: nobody is looking for it yet. It has been
    /// made visible before.
    #[inline]
    pub(super) fn wants_a_call(&self) -> bool {
        fence(Ordering::SeqCst);
        self.sleepers.load(Ordering::Relaxed) > 0 && self.searching.load(Ordering::Relaxed) == 0
    }

    // ---- going to sleep

    /// Looks around for work, and lets others know of it.
    pub(super) fn search<T>(&self, search: impl FnOnce() -> T) -> T {
        self.searching.fetch_add(1, Ordering::SeqCst);
        let found = search();
        self.searching.fetch_sub(1, Ordering::SeqCst);
        fence(Ordering::SeqCst);
        found
    }

    /// Sleeps until it is called, or `park` has had enough. Not at all if there is work after all. Before that
    /// `asleep` is told how many sleep, this one included: the last one looks whether anything moves.
    pub(super) fn sleep(
        &self,
        sleeper: &Sleeper,
        has_work: impl FnOnce() -> bool,
        asleep: impl FnOnce(usize),
        park: impl FnOnce(),
    ) {
        sleeper.asleep.swap(true, Ordering::SeqCst);
        let sleepers = self.sleepers.fetch_add(1, Ordering::SeqCst) + 1;
        fence(Ordering::SeqCst);
        if !has_work() {
            asleep(usize::try_from(sleepers).unwrap_or(0));
            if sleeper.sleeps() {
                park();
            }
        }
        if !self.wake(sleeper) {
            // Whoever has called may not have counted yet, and this worker is about to do something.
            self.wakes.fetch_add(1, Ordering::SeqCst);
        }
    }

    // ---- when nothing moves

    /// Whether all of these sleep and nothing moves. Whoever was woken meanwhile will be the last one another
    /// time.
    pub(super) fn nothing_moves<'s>(
        &self,
        sleepers: impl Iterator<Item = &'s Sleeper> + Clone,
        moves: impl FnOnce() -> bool,
    ) -> bool {
        let wakes = self.wakes.load(Ordering::SeqCst);
        let asleep = || sleepers.clone().all(Sleeper::sleeps);
        // What goes on outside comes after the rest: the monitor says so before it takes a timer out. Then all are
        // asked again, since somebody may have been called who is not counted yet, and others rely on that call.
        asleep()
            && !moves()
            && self.external.load(Ordering::SeqCst) == 0
            && asleep()
            && self.wakes.load(Ordering::SeqCst) == wakes
    }

    /// Something is under way outside of all workers, after which there may be work.
    pub(super) fn outside_begins(&self) {
        self.external.fetch_add(1, Ordering::SeqCst);
    }

    /// It has ended; says how many sleep. Whoever was the last to go to sleep meanwhile has left it at that: if
    /// it may be all, one of them has to look once more.
    pub(super) fn outside_ends(&self) -> usize {
        self.external.fetch_sub(1, Ordering::SeqCst);
        fence(Ordering::SeqCst);
        usize::try_from(self.sleepers.load(Ordering::SeqCst)).unwrap_or(0)
    }
}
