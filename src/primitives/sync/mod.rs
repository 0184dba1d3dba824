//! Go's `sync`, and what `golang.org/x/sync` adds to it.
//!
//! Locks come twice: [`Mutex`] and [`RwMutex`] own their value and unlock by a guard, as Rust has it;
//! [`RawMutex`] and [`RawRwMutex`] are Go's bare ones, which any goroutine may unlock. All handles share
//! when cloned, as Go's pointers do, so that a clone is what goes into a closure.
//!
//! Each file holds one primitive: its rules as a plain state machine, then the handle that announces,
//! tries and parks.
//!
//! # Examples
//!
//! ```
//! use goseed::prelude::*;
//!
//! goseed::check(|| {
//!     let (wg, total) = (WaitGroup::new(), Mutex::new(0));
//!     for n in 1..=3 {
//!         let total = total.clone();
//!         wg.go(move || *total.lock() += n);
//!     }
//!     wg.wait();
//!     assert_eq!(*total.lock(), 6);
//! });
//! ```

use crate::backend::{Backend, Object, Waiter};
use crate::event::Op;

/// What every handle is: clones share, and `Debug` shows what it is and where it was made.
macro_rules! handle {
    ($name:ident $(<$($param:ident),+>)?, $($object:ident).+) => {
        impl $(<$($param),+>)? Clone for $name $(<$($param),+>)? {
            fn clone(&self) -> Self {
                Self(std::sync::Arc::clone(&self.0))
            }
        }

        impl $(<$($param),+>)? std::fmt::Debug for $name $(<$($param),+>)? {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                std::fmt::Debug::fmt(&self.0.$($object).+, f)
            }
        }
    };
}

pub mod atomic;
mod cond;
mod errgroup;
mod guards;
mod map;
mod mutex;
mod once;
mod pool;
mod raw;
mod rwmutex;
mod semaphore;
mod singleflight;
mod tree;
mod waitgroup;

pub use cond::Cond;
pub use errgroup::ErrGroup;
pub use guards::{MutexGuard, ReadGuard, WriteGuard};
pub use map::Map;
pub use mutex::Mutex;
pub use once::{Once, OnceFunc, OnceValue};
pub use pool::Pool;
pub use raw::{Locker, RLocker, RawMutex, RawRwMutex};
pub use rwmutex::RwMutex;
pub use semaphore::Semaphore;
pub use singleflight::SingleFlight;
pub use waitgroup::WaitGroup;

/// Wakes a waiter: false if it no longer waits, so that the next one is due.
type Wakes<'a> = &'a mut dyn FnMut(Waiter) -> bool;

/// Announces `op`, then has `effect`, even if the run ends at this point: for destructors, whose owner
/// must not die with something that the destructors of others wait for.
#[inline(always)]
fn finally(rt: &dyn Backend, op: Op, object: &dyn Object, effect: impl FnOnce()) {
    let _effect = OnExit(Some(effect));
    rt.point(op, object);
}

/// Calls its function when it is dropped.
struct OnExit<F: FnOnce()>(Option<F>);

impl<F: FnOnce()> OnExit<F> {
    /// Forgets the function.
    fn disarm(mut self) {
        self.0 = None;
    }
}

impl<F: FnOnce()> Drop for OnExit<F> {
    fn drop(&mut self) {
        if let Some(f) = self.0.take() {
            f();
        }
    }
}

#[cfg(test)]
mod testing {
    //! What the tests of the state machines share.

    use proptest::test_runner::{Config, RngSeed};

    use crate::backend::Waiter;
    use crate::event::GoId;

    /// The same cases in every run of the tests.
    pub(super) fn fixed() -> Config {
        Config { failure_persistence: None, rng_seed: RngSeed::Fixed(1), ..Config::default() }
    }

    /// A wait of this goroutine.
    pub(super) fn waiter(go: u32) -> Waiter {
        Waiter { go: GoId::new(go), ticket: 0, case: 0 }
    }

    /// Wakes everybody, and keeps the numbers of those it woke.
    pub(super) fn noting(woken: &mut Vec<u32>) -> impl FnMut(Waiter) -> bool {
        |waiter| {
            woken.push(waiter.go.number());
            true
        }
    }
}
