//! A plain shared variable, whose races are seen.
#![expect(unsafe_code, reason = "hands out references to what it owns exclusively")]

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crossbeam_utils::Backoff;

use super::guarded::Owned;
use super::object::Object;
use crate::backend::{self, Always};
use crate::event::{Action, Detail, ObjectKind, Place};

/// A plain shared variable: Go's `var x int`, captured by a closure.
///
/// Each access is a point at which others may run, and synchronises nothing: two accesses that nothing
/// orders, one of them a write, are a data race, which the simulator reports. In Rust it is sound all
/// the same: an access owns the variable for its duration.
///
/// # Examples
///
/// ```
/// use goseed::prelude::*;
///
/// goseed::check(|| {
///     let x = Var::new(1);
///     x.update(|x| x + 1);
///     assert_eq!(x.get(), 2);
/// });
/// ```
pub struct Var<T>(Arc<Core<T>>);

struct Core<T> {
    object: Object,
    busy: AtomicBool,
    value: Owned<T>,
}

impl<T: Send + 'static> Var<T> {
    /// A variable with this value.
    #[track_caller]
    pub fn new(v: T) -> Self {
        let object = Object::new(ObjectKind::Var);
        Self(Arc::new(Core { object, busy: AtomicBool::new(false), value: Owned::new(v) }))
    }

    /// Reads it.
    ///
    /// # Panics
    ///
    /// Outside of its run, and if `T::clone` does an operation.
    #[track_caller]
    pub fn get(&self) -> T
    where
        T: Clone,
    {
        self.with_op(Action::Get, "Var::get", |value| value.clone())
    }

    /// Writes it.
    ///
    /// # Panics
    ///
    /// Outside of its run.
    #[track_caller]
    pub fn set(&self, v: T) {
        // The old value is dropped by the caller's goroutine, after the access.
        let _old = self.with_op(Action::Set, "Var::set", |value| std::mem::replace(value, v));
    }

    /// Reads it, and writes what `f` makes of that: two operations, between which others may run. In Go,
    /// `x++` or `x = f(x)`.
    ///
    /// # Panics
    ///
    /// Outside of its run.
    #[track_caller]
    pub fn update(&self, f: impl FnOnce(T) -> T)
    where
        T: Clone,
    {
        self.set(f(self.get()));
    }

    /// Reads it in place.
    ///
    /// # Panics
    ///
    /// Outside of its run. An operation or another access inside `f` panics.
    #[track_caller]
    pub fn with<R>(&self, f: impl FnOnce(&T) -> R) -> R {
        self.with_op(Action::Get, "Var::with", |value| f(value))
    }

    /// Writes it in place.
    ///
    /// # Panics
    ///
    /// Outside of its run. An operation or another access inside `f` panics.
    #[track_caller]
    pub fn with_mut<R>(&self, f: impl FnOnce(&mut T) -> R) -> R {
        self.with_op(Action::Set, "Var::with_mut", f)
    }

    #[track_caller]
    fn with_op<R>(&self, action: Action, name: &'static str, f: impl FnOnce(&mut T) -> R) -> R {
        let rt = self.0.object.enter();
        let op = self.0.object.op(action, Place::here());
        rt.point(op, &Always);
        let owned = self.own(name);
        rt.did(op, Detail::Done);
        // SAFETY: `own` gave this access the variable for as long as `owned` lives, and there is no
        // other way to the value.
        let value = unsafe { self.0.value.get_mut() };
        let result = f(value);
        drop(owned);
        result
    }

    /// Owns the variable exclusively: nothing can suspend the goroutine until this is dropped, because
    /// every operation inside panics.
    #[track_caller]
    fn own(&self, name: &'static str) -> Access<'_> {
        if self.0.busy.swap(true, Ordering::Acquire) {
            self.0.wait_for_it(name);
        }
        Access { busy: &self.0.busy, before: backend::forbid(Some(name)) }
    }
}

impl<T> Core<T> {
    /// Spins until whoever owns it is done, on another thread; it is about to be.
    #[track_caller]
    #[cold]
    fn wait_for_it(&self, name: &str) {
        // Only an access inside an access comes here in the simulator, in a destructor where a point
        // does not panic.
        assert!(backend::forbidden().is_none(), "access to a Var inside {name} of it");
        let backoff = Backoff::new();
        while self.busy.swap(true, Ordering::Acquire) {
            backoff.snooze();
        }
    }
}

/// Exclusive access to a variable.
struct Access<'a> {
    busy: &'a AtomicBool,
    before: Option<&'static str>,
}

impl Drop for Access<'_> {
    fn drop(&mut self) {
        backend::forbid(self.before);
        self.busy.store(false, Ordering::Release);
    }
}

impl<T> Clone for Var<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T: Default + Send + 'static> Default for Var<T> {
    #[track_caller]
    fn default() -> Self {
        Self::new(T::default())
    }
}

impl<T> fmt::Debug for Var<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0.object, f)
    }
}
