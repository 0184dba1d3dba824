//! Goroutines for Rust, testable to the last interleaving.
//!
//! A program is written once against a Go-shaped API: [`go!`], [`chan`](fn@chan), [`select!`], [`sync`],
//! [`context`], [`time`]. In a test it runs on a simulator that takes every scheduling decision from a
//! seed, explores thousands of interleavings a second, explains what it finds and replays it. In production
//! the same program runs on all cores: [`run`](fn@run).
//!
//! # A bug, found in 20 lines
//!
//! Two goroutines count. The test fails, says which lines do it, and prints a line that replays exactly
//! this schedule:
//!
//! ```should_panic
//! use goseed::prelude::*;
//!
//! goseed::check(|| {
//!     let (counter, wg) = (Var::new(0), WaitGroup::new());
//!     wg.add(2);
//!     for _ in 0..2 {
//!         go!(counter, wg => {
//!             counter.update(|n| n + 1); // a read, then a write
//!             wg.done();
//!         });
//!     }
//!     wg.wait();
//!     assert_eq!(counter.get(), 2, "an update was lost");
//! });
//! ```
//!
//! With `Mutex::new(0)` and `*counter.lock() += 1` it passes.
//!
//! # Where things are
//!
//! - Writing programs: [`go!`], [`chan`](fn@chan), [`select!`], [`Var`], [`sync`], [`context`], [`time`],
//!   [`defer!`], [`recover`], [`runtime`], [`os`], [`rand`], [`println!`] and its kin, [`global!`].
//! - Testing them: [`check`](fn@check), [`test!`], [`Explore`], [`Sim`], [`replay`], [`check_both`].
//! - Running them on cores: [`run`](fn@run), [`Multicore`].
//! - What comes back: [`Report`], [`Run`], [`Finding`], [`Schedule`].
//!
//! `use goseed::prelude::*` brings what programs commonly need.

#![cfg_attr(docsrs, feature(doc_cfg))]

mod backend;
mod check;
mod coroutine;
mod detect;
mod event;
mod primitives;
mod report;
mod schedule;
mod strategy;

pub use check::{
    Explore, Found, IntoStrategy, Multicore, Outcome, Report, Run, Seen, Shrunk, Sim, Switches,
    Trace, check, check_both, replay, run,
};
pub use detect::{Finding, Kind};
pub use event::{
    Action, Detail, Event, Exit, GoId, GoroutineInfo, GoroutineState, ObjectId, ObjectKind, Op,
    Panic, Place,
};
pub use primitives::chan::{Chan, IntoIter, Receiver, Sender, TryRecvError, TrySendError, chan};
pub use primitives::go::{go, go_named};
pub use primitives::panic::{panicking, recover};
pub use primitives::var::Var;
pub use primitives::{context, os, rand, runtime, sync, time};
pub use schedule::{Dice, Preempt, Schedule, TimeModel, TokenError};
pub use strategy::{
    Dfs, Dpor, Factory, Fifo, Pct, Pilot, Point, Random, Ready, RoundRobin, Search, Strategy,
};

#[cfg(feature = "proptest")]
#[cfg_attr(docsrs, doc(cfg(feature = "proptest")))]
pub use check::property;

#[cfg(feature = "tracing-subscriber")]
#[cfg_attr(docsrs, doc(cfg(feature = "tracing-subscriber")))]
pub use report::VirtualTime;

#[doc(hidden)]
pub use check::front;
#[doc(hidden)]
pub use primitives::defer::Deferred as __Deferred;
#[doc(hidden)]
pub use primitives::fmt::{StreamName as __Stream, print as __print};
#[doc(hidden)]
pub use primitives::global::Global as __Global;

#[doc(hidden)]
pub mod __select {
    pub use crate::primitives::chan::Arm;
    pub use crate::primitives::select::{recv, send, wait};
}

#[cfg(feature = "insta")]
#[doc(hidden)]
pub use insta as __insta;

pub mod prelude {
    //! What programs commonly need; it compiles beside std's own prelude.
    //!
    //! The print macros, [`rand`](crate::rand) and [`os`](crate::os) are left out, since they would hide
    //! what std has under the same names: `use goseed::println;` where a program prints.

    pub use crate::context::{self, Context};
    pub use crate::runtime;
    pub use crate::sync::{
        self, Cond, ErrGroup, Mutex, Once, OnceFunc, OnceValue, Pool, RawMutex, RawRwMutex,
        RwMutex, Semaphore, SingleFlight, WaitGroup, atomic,
    };
    pub use crate::time::{self, Ticker, Timer};
    pub use crate::{
        Chan, Panic, Receiver, Sender, Var, chan, defer, global, go, go_named, recover, select,
    };
    pub use std::time::Duration;
}

#[cfg(doctest)]
mod pages {
    //! The README's and the book's code compiles and does what they say.
    #[doc = include_str!("../README.md")]
    mod readme {}
    #[doc = include_str!("../book/src/channels.md")]
    mod channels {}
    #[doc = include_str!("../book/src/failures.md")]
    mod failures {}
    #[doc = include_str!("../book/src/first-test.md")]
    mod first_test {}
    #[doc = include_str!("../book/src/four-bugs.md")]
    mod four_bugs {}
    #[doc = include_str!("../book/src/goroutines.md")]
    mod goroutines {}
    #[doc = include_str!("../book/src/leaks.md")]
    mod leaks {}
    #[doc = include_str!("../book/src/panics.md")]
    mod panics {}
    #[doc = include_str!("../book/src/production.md")]
    mod production {}
    #[doc = include_str!("../book/src/races.md")]
    mod races {}
    #[doc = include_str!("../book/src/replay.md")]
    mod replay {}
    #[doc = include_str!("../book/src/scheduling.md")]
    mod scheduling {}
    #[doc = include_str!("../book/src/strategies.md")]
    mod strategies {}
    #[doc = include_str!("../book/src/when.md")]
    mod when {}
}
