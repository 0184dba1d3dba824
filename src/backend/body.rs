//! What a goroutine runs: a closure of any type, in place if it is small.
#![expect(unsafe_code, reason = "erases the type of a closure that it holds in place")]

use std::fmt;
use std::marker::PhantomData;
use std::mem::{ManuallyDrop, MaybeUninit};

/// Room for six words: a handful of handles.
type Space = MaybeUninit<[usize; 6]>;

/// A closure that is called at most once. Up to six words it is held in place, so that most `go` statements
/// allocate nothing for theirs.
pub(crate) struct Body {
    space: Space,
    of: &'static Kind,
    /// Closures that are held are `Send`, and not more.
    _not_sync: PhantomData<*mut ()>,
}

// SAFETY: `new` only takes closures that are `Send`.
unsafe impl Send for Body {}

/// What can be done with the closure in a space, by its type.
struct Kind {
    /// Takes the closure out and calls it.
    call: unsafe fn(Space),
    /// Takes it out and drops it.
    forget: unsafe fn(Space),
}

impl Body {
    #[inline]
    pub(crate) fn new<F: FnOnce() + Send + 'static>(f: F) -> Self {
        let (space, of) = if fits::<F>() {
            (in_space(f), const { &Kind { call: call::<F>, forget: forget::<F> } })
        } else {
            let boxed: Box<F> = Box::new(f);
            (in_space(boxed), const { &Kind { call: call_boxed::<F>, forget: forget::<Box<F>> } })
        };
        Self { space, of, _not_sync: PhantomData }
    }

    /// Calls the closure.
    #[inline]
    pub(crate) fn call(self) {
        let body = ManuallyDrop::new(self);
        // SAFETY: the space holds a closure of this kind, and nobody takes it out again: `self` is not
        // dropped.
        unsafe { (body.of.call)(body.space) }
    }

    /// Neither calls nor drops it.
    pub(crate) fn leak(self) {
        let _ = ManuallyDrop::new(self);
    }
}

impl Drop for Body {
    fn drop(&mut self) {
        // SAFETY: as in `call`; a body is dropped once.
        unsafe { (self.of.forget)(self.space) }
    }
}

/// Whether a value of this type can be held in place.
const fn fits<T>() -> bool {
    size_of::<T>() <= size_of::<Space>() && align_of::<T>() <= align_of::<Space>()
}

#[inline]
fn in_space<T>(value: T) -> Space {
    let mut space = Space::uninit();
    assert!(fits::<T>(), "only what fits is put into a space");
    // SAFETY: it fits, and the space is ours.
    unsafe { space.as_mut_ptr().cast::<T>().write(value) };
    space
}

/// # Safety
///
/// `space` holds a `T` that nobody else takes out.
#[inline]
unsafe fn out_of<T>(space: &Space) -> T {
    // SAFETY: the caller's promise.
    unsafe { space.as_ptr().cast::<T>().read() }
}

/// # Safety
///
/// As for [`out_of`].
unsafe fn call<F: FnOnce()>(space: Space) {
    // SAFETY: the caller's promise.
    let f = unsafe { out_of::<F>(&space) };
    f();
}

/// # Safety
///
/// As for [`out_of`], with a box.
unsafe fn call_boxed<F: FnOnce()>(space: Space) {
    // SAFETY: the caller's promise.
    let f = unsafe { out_of::<Box<F>>(&space) };
    f();
}

/// # Safety
///
/// As for [`out_of`].
unsafe fn forget<T>(space: Space) {
    // SAFETY: the caller's promise.
    drop(unsafe { out_of::<T>(&space) });
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Body")
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    /// Counts its drops.
    struct Counted(Arc<AtomicUsize>);

    impl Drop for Counted {
        fn drop(&mut self) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// What a body with `N` words beside a counter does when it is called, dropped and leaked.
    fn story<const N: usize>() -> [usize; 5] {
        let (calls, drops) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let body = || {
            let (calls, counted, words) = (Arc::clone(&calls), Counted(Arc::clone(&drops)), [7; N]);
            Body::new(move || {
                calls.fetch_add(1 + words.iter().sum::<usize>() - 7 * N, Ordering::Relaxed);
                drop(counted);
            })
        };
        let mut seen = Vec::new();
        body().call();
        seen.push(calls.load(Ordering::Relaxed));
        seen.push(drops.load(Ordering::Relaxed));
        drop(body());
        seen.push(calls.load(Ordering::Relaxed));
        seen.push(drops.load(Ordering::Relaxed));
        let elsewhere = body();
        std::thread::scope(|scope| scope.spawn(|| elsewhere.call()).join()).expect("it is called");
        seen.push(drops.load(Ordering::Relaxed));
        seen.try_into().expect("five of them")
    }

    #[test]
    fn a_closure_is_called_or_dropped_once_whether_small_or_large() {
        assert_eq!(story::<0>(), [1, 1, 1, 2, 3]);
        assert_eq!(story::<4>(), [1, 1, 1, 2, 3], "exactly as large as the space");
        assert_eq!(story::<5>(), [1, 1, 1, 2, 3], "larger");
        assert_eq!(story::<100>(), [1, 1, 1, 2, 3]);
    }

    #[test]
    fn a_closure_with_a_great_alignment_is_boxed() {
        #[repr(align(64))]
        struct Aligned(u8);
        let value = Aligned(3);
        Body::new(move || {
            let value = &value;
            assert_eq!((std::ptr::from_ref(value).addr() % 64, value.0), (0, 3));
        })
        .call();
    }

    #[test]
    fn a_closure_that_panics_is_dropped_once() {
        let drops = Arc::new(AtomicUsize::new(0));
        let counted = Counted(Arc::clone(&drops));
        let body = Body::new(move || {
            let _counted = counted;
            std::panic::resume_unwind(Box::new("by the closure"));
        });
        let call = std::panic::AssertUnwindSafe(|| body.call());
        assert!(std::panic::catch_unwind(call).is_err());
        assert_eq!(drops.load(Ordering::Relaxed), 1);
    }

    #[test]
    fn a_leaked_closure_is_not_dropped() {
        let drops = Arc::new(AtomicUsize::new(0));
        let counted = Counted(Arc::clone(&drops));
        Body::new(move || drop(counted)).leak();
        assert_eq!(drops.load(Ordering::Relaxed), 0);
    }
}
