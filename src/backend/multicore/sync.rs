//! What threads agree by: std's primitives, or loom's when it checks what is built from them.

#[cfg(all(test, goseed_loom))]
pub(super) use loom::{
    sync::atomic::{
        AtomicBool, AtomicIsize, AtomicPtr, AtomicU8, AtomicU32, AtomicU64, AtomicUsize, Ordering,
        fence,
    },
    thread::{self, Thread},
};
#[cfg(not(all(test, goseed_loom)))]
pub(super) use std::{
    sync::atomic::{
        AtomicBool, AtomicIsize, AtomicPtr, AtomicU8, AtomicU32, AtomicU64, AtomicUsize, Ordering,
        fence,
    },
    thread::{self, Thread},
};
