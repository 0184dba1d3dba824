//! Go's `sync/atomic`: words that goroutines share without a lock, in one total order.
//!
//! Each operation is a point. `plain_get` and `plain_set` are the same word without synchronisation: a
//! data race in Go where an atomic operation would be none, and so a finding here.
//!
//! # Examples
//!
//! ```
//! use goseed::prelude::*;
//! use goseed::sync::atomic::AtomicI64;
//!
//! goseed::check(|| {
//!     let (hits, wg) = (AtomicI64::new(0), WaitGroup::new());
//!     for _ in 0..3 {
//!         let hits = hits.clone();
//!         wg.go(move || {
//!             hits.add(1);
//!         });
//!     }
//!     wg.wait();
//!     assert_eq!(hits.load(), 3);
//! });
//! ```

use std::any::Any;
use std::sync::Arc;
use std::sync::atomic::{self as word, Ordering};

use crate::backend::Always;
use crate::event::{Action, Detail, ObjectKind, Place};
use crate::primitives::guarded::Guarded;
use crate::primitives::object::Object as Header;

/// An operation that is always done.
#[track_caller]
#[inline(always)]
fn operate<R>(object: &Header, action: Action, effect: impl FnOnce() -> R) -> R {
    let rt = object.enter();
    let op = object.op(action, Place::here());
    rt.point(op, &Always);
    let result = effect();
    rt.did(op, Detail::Done);
    result
}

/// An operation that changes nothing if `effect` says false.
#[track_caller]
#[inline(always)]
fn attempt(object: &Header, effect: impl FnOnce() -> bool) -> bool {
    let (rt, place) = (object.enter(), Place::here());
    rt.point(object.op(Action::Modify, place), &Always);
    let done = effect();
    let action = if done { Action::Modify } else { Action::Failed };
    rt.did(object.op(action, place), Detail::Done);
    done
}

/// A word and its header.
struct Core<A> {
    object: Header,
    word: A,
}

impl<A> Core<A> {
    #[track_caller]
    fn new(word: A) -> Arc<Self> {
        Arc::new(Self { object: Header::new(ObjectKind::Atomic), word })
    }
}

/// What all words have.
macro_rules! word {
    ($name:ident, $int:ty, $go:literal) => {
        #[doc = concat!("An atomic `", stringify!($int), "`: Go's `atomic.", $go, "`.")]
        ///
        /// All operations are sequentially consistent. They panic outside of its run.
        pub struct $name(Arc<Core<word::$name>>);

        handle!($name, object);

        impl $name {
            /// One with this value.
            #[track_caller]
            pub fn new(v: $int) -> Self {
                Self(Core::new(word::$name::new(v)))
            }

            /// Reads it.
            #[track_caller]
            #[inline]
            pub fn load(&self) -> $int {
                operate(&self.0.object, Action::Load, || self.0.word.load(Ordering::SeqCst))
            }

            /// Writes it.
            #[track_caller]
            #[inline]
            pub fn store(&self, v: $int) {
                operate(&self.0.object, Action::Store, || self.0.word.store(v, Ordering::SeqCst));
            }

            /// Writes it and gives back what it was.
            #[track_caller]
            #[inline]
            pub fn swap(&self, v: $int) -> $int {
                operate(&self.0.object, Action::Modify, || self.0.word.swap(v, Ordering::SeqCst))
            }

            /// Writes `new` if it is `old`, and says whether it did.
            #[track_caller]
            #[inline]
            pub fn compare_and_swap(&self, old: $int, new: $int) -> bool {
                let (success, failure) = (Ordering::SeqCst, Ordering::SeqCst);
                attempt(&self.0.object, || {
                    self.0.word.compare_exchange(old, new, success, failure).is_ok()
                })
            }

            /// Reads it without synchronisation: a race with every unordered write.
            #[track_caller]
            #[inline]
            pub fn plain_get(&self) -> $int {
                operate(&self.0.object, Action::Get, || self.0.word.load(Ordering::Relaxed))
            }

            /// Writes it without synchronisation: a race with every unordered access.
            #[track_caller]
            #[inline]
            pub fn plain_set(&self, v: $int) {
                operate(&self.0.object, Action::Set, || self.0.word.store(v, Ordering::Relaxed));
            }
        }

        impl Default for $name {
            #[track_caller]
            fn default() -> Self {
                Self::new(<$int>::default())
            }
        }
    };
}

/// What numbers have beyond that.
macro_rules! number {
    ($name:ident, $int:ty, $go:literal) => {
        word!($name, $int, $go);

        impl $name {
            /// Adds to it, wrapping around, and gives the new value.
            #[track_caller]
            #[inline]
            pub fn add(&self, d: $int) -> $int {
                let add = || self.0.word.fetch_add(d, Ordering::SeqCst);
                operate(&self.0.object, Action::Modify, add).wrapping_add(d)
            }

            /// Keeps the bits that are in `m` too, and gives the old value.
            #[track_caller]
            #[inline]
            pub fn and(&self, m: $int) -> $int {
                let and = || self.0.word.fetch_and(m, Ordering::SeqCst);
                operate(&self.0.object, Action::Modify, and)
            }

            /// Sets the bits that are in `m`, and gives the old value.
            #[track_caller]
            #[inline]
            pub fn or(&self, m: $int) -> $int {
                let or = || self.0.word.fetch_or(m, Ordering::SeqCst);
                operate(&self.0.object, Action::Modify, or)
            }
        }
    };
}

number!(AtomicI32, i32, "Int32");
number!(AtomicI64, i64, "Int64");
number!(AtomicU32, u32, "Uint32");
number!(AtomicU64, u64, "Uint64");
number!(AtomicUsize, usize, "Uintptr");
word!(AtomicBool, bool, "Bool");

/// A shared value, or none, that is exchanged as a whole: Go's `atomic.Pointer[T]`.
///
/// Two are equal if they are the same allocation, as pointers are.
///
/// # Examples
///
/// ```
/// use std::sync::Arc;
///
/// use goseed::sync::atomic::AtomicPtr;
///
/// goseed::check(|| {
///     let (old, new) = (Arc::new("old"), Arc::new("new"));
///     let config = AtomicPtr::new(Some(old.clone()));
///     assert!(config.compare_and_swap(Some(&old), Some(new)));
///     assert_eq!(config.load().as_deref(), Some(&"new"));
/// });
/// ```
pub struct AtomicPtr<T>(Arc<Core<Guarded<Option<Arc<T>>>>>);

handle!(AtomicPtr<T>, object);

impl<T: Send + Sync + 'static> AtomicPtr<T> {
    /// One that points to this.
    #[track_caller]
    pub fn new(v: Option<Arc<T>>) -> Self {
        Self(Core::new(Guarded::new(v)))
    }

    /// Reads it.
    ///
    /// # Panics
    ///
    /// Outside of its run.
    #[track_caller]
    pub fn load(&self) -> Option<Arc<T>> {
        operate(&self.0.object, Action::Load, || self.0.word.lock().clone())
    }

    /// Writes it.
    ///
    /// # Panics
    ///
    /// Outside of its run.
    #[track_caller]
    pub fn store(&self, v: Option<Arc<T>>) {
        // The old value is dropped by the caller, after the operation.
        let _old = operate(&self.0.object, Action::Store, || replace(&self.0.word, v));
    }

    /// Writes it and gives back what it was.
    ///
    /// # Panics
    ///
    /// Outside of its run.
    #[track_caller]
    pub fn swap(&self, v: Option<Arc<T>>) -> Option<Arc<T>> {
        operate(&self.0.object, Action::Modify, || replace(&self.0.word, v))
    }

    /// Writes `new` if it points to `old`, and says whether it did.
    ///
    /// # Panics
    ///
    /// Outside of its run.
    #[track_caller]
    pub fn compare_and_swap(&self, old: Option<&Arc<T>>, new: Option<Arc<T>>) -> bool {
        let mut other = new;
        attempt(&self.0.object, || {
            let mut current = self.0.word.lock();
            let same = same(current.as_ref(), old);
            if same {
                std::mem::swap(&mut *current, &mut other);
            }
            same
        })
    }
}

impl<T: Send + Sync + 'static> Default for AtomicPtr<T> {
    #[track_caller]
    fn default() -> Self {
        Self::new(None)
    }
}

fn replace<T>(word: &Guarded<T>, v: T) -> T {
    std::mem::replace(&mut *word.lock(), v)
}

/// Whether both point to the same allocation.
fn same<T: ?Sized>(a: Option<&Arc<T>>, b: Option<&Arc<T>>) -> bool {
    match (a, b) {
        (None, None) => true,
        (Some(a), Some(b)) => std::ptr::addr_eq(Arc::as_ptr(a), Arc::as_ptr(b)),
        _ => false,
    }
}

const STORE: &str = "sync/atomic: store of inconsistently typed value into Value";
const SWAP: &str = "sync/atomic: swap of inconsistently typed value into Value";
const COMPARE: &str = "sync/atomic: compare and swap of inconsistently typed value into Value";

/// A value of any type.
type Dynamic = Arc<dyn Any + Send + Sync>;

/// A value whose type the first store decides: Go's `atomic.Value`.
///
/// # Examples
///
/// ```
/// use goseed::sync::atomic::Value;
///
/// goseed::check(|| {
///     let value = Value::new();
///     assert_eq!(value.load::<String>(), None);
///     value.store(String::from("new"));
///     assert_eq!(value.load(), Some(String::from("new")));
///     assert_eq!(value.load::<i32>(), None);
/// });
/// ```
pub struct Value(Arc<Core<Guarded<Option<Dynamic>>>>);

handle!(Value, object);

impl Value {
    /// One that holds nothing.
    #[track_caller]
    pub fn new() -> Self {
        Self(Core::new(Guarded::new(None)))
    }

    /// A clone of the value; nothing if there is none, or if it is of another type. In Go,
    /// `x, _ := v.Load().(T)`.
    ///
    /// # Panics
    ///
    /// Outside of its run.
    #[track_caller]
    pub fn load<T: Any + Send + Sync + Clone>(&self) -> Option<T> {
        let value = operate(&self.0.object, Action::Load, || self.0.word.lock().clone());
        value.as_deref().and_then(|value| value.downcast_ref::<T>()).cloned()
    }

    /// Writes it.
    ///
    /// # Panics
    ///
    /// `sync/atomic: store of inconsistently typed value into Value`, if it has held one of another type;
    /// and outside of its run.
    #[track_caller]
    pub fn store<T: Any + Send + Sync + Clone>(&self, v: T) {
        let place = Place::here();
        let result = operate(&self.0.object, Action::Store, || self.put::<T>(Arc::new(v)));
        if result.is_err() {
            self.0.object.enter().misuse(STORE, place);
        }
    }

    /// Writes it and gives back what it was.
    ///
    /// # Panics
    ///
    /// `sync/atomic: swap of inconsistently typed value into Value`, if it has held one of another type;
    /// and outside of its run.
    #[track_caller]
    pub fn swap<T: Any + Send + Sync + Clone>(&self, v: T) -> Option<T> {
        let place = Place::here();
        let result = operate(&self.0.object, Action::Modify, || self.put::<T>(Arc::new(v)));
        match result {
            Ok(old) => old.as_deref().and_then(|old| old.downcast_ref::<T>()).cloned(),
            Err(_refused) => {
                self.0.object.enter().misuse(SWAP, place);
                None
            }
        }
    }

    /// Writes `new` if it equals `old`, and says whether it did.
    ///
    /// # Panics
    ///
    /// `sync/atomic: compare and swap of inconsistently typed value into Value`, if it has held one of
    /// another type; and outside of its run.
    #[track_caller]
    pub fn compare_and_swap<T: Any + Send + Sync + Clone + PartialEq>(
        &self,
        old: &T,
        new: T,
    ) -> bool {
        let place = Place::here();
        let (mut refused, mut new): (bool, Dynamic) = (false, Arc::new(new));
        let swapped = attempt(&self.0.object, || {
            let result = self.exchange(old, &mut new);
            refused = result.is_none();
            result == Some(true)
        });
        if refused {
            self.0.object.enter().misuse(COMPARE, place);
        }
        swapped
    }

    /// Replaces the value by one of type `T`; gives that back if the type was decided otherwise.
    fn put<T: Any>(&self, v: Dynamic) -> Result<Option<Dynamic>, Dynamic> {
        let mut value = self.0.word.lock();
        if value.as_deref().is_some_and(|value| !value.is::<T>()) {
            return Err(v);
        }
        Ok(value.replace(v))
    }

    /// Exchanges the value with `new` if it equals `old`; nothing if it is of another type. They are
    /// compared outside the lock, again if it has changed meanwhile.
    fn exchange<T: Any + PartialEq>(&self, old: &T, new: &mut Dynamic) -> Option<bool> {
        loop {
            let seen = self.0.word.lock().clone();
            let Some(value) = &seen else { return Some(false) };
            if *value.downcast_ref::<T>()? != *old {
                return Some(false);
            }
            if let Some(current) = &mut *self.0.word.lock()
                && same(Some(current), Some(value))
            {
                std::mem::swap(current, new);
                return Some(true);
            }
        }
    }
}

impl Default for Value {
    #[track_caller]
    fn default() -> Self {
        Self::new()
    }
}
