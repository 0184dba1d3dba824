//! `Pool`: a heap of things to be used again.

use std::sync::Arc;

use crate::backend::Always;
use crate::event::{Action, Detail, ObjectKind, Place};
use crate::primitives::guarded::Guarded;
use crate::primitives::object::Object as Header;

/// The rules of a pool, which are those of Go's on one processor: first the private slot, then the
/// others, last in first out.
#[derive(Debug)]
struct PoolState<T> {
    private: Option<T>,
    others: Vec<T>,
}

impl<T> PoolState<T> {
    fn put(&mut self, v: T) {
        match self.private {
            None => self.private = Some(v),
            Some(_) => self.others.push(v),
        }
    }

    fn get(&mut self) -> Option<T> {
        self.private.take().or_else(|| self.others.pop())
    }
}

impl<T> Default for PoolState<T> {
    fn default() -> Self {
        Self { private: None, others: Vec::new() }
    }
}

/// Things that were put back for others to use again: Go's `sync.Pool`.
///
/// Which one a `get` finds is nobody's promise. Here none is ever lost to a garbage collector.
///
/// # Examples
///
/// ```
/// use goseed::sync::Pool;
///
/// goseed::check(|| {
///     let buffers = Pool::with_new(|| Vec::<u8>::with_capacity(1024));
///     let mut buffer = buffers.get().expect("made if there is none");
///     buffer.push(1);
///     buffer.clear();
///     buffers.put(buffer);
/// });
/// ```
pub struct Pool<T>(Arc<Core<T>>);

struct Core<T> {
    object: Header,
    new: Option<Box<dyn Fn() -> T + Send + Sync>>,
    state: Guarded<PoolState<T>>,
}

handle!(Pool<T>, object);

impl<T: Send + 'static> Pool<T> {
    /// A pool that is empty, and may be found so.
    #[track_caller]
    pub fn new() -> Self {
        Self::make(None)
    }

    /// A pool that makes what it does not have. In Go, `sync.Pool{New: f}`.
    #[track_caller]
    pub fn with_new<F: Fn() -> T + Send + Sync + 'static>(f: F) -> Self {
        Self::make(Some(Box::new(f)))
    }

    #[track_caller]
    fn make(new: Option<Box<dyn Fn() -> T + Send + Sync>>) -> Self {
        let object = Header::new(ObjectKind::Pool);
        Self(Arc::new(Core { object, new, state: Guarded::default() }))
    }

    /// Takes one out, or makes one; nothing if there is none and no way to make one. In Go, `p.Get()`.
    ///
    /// # Panics
    ///
    /// Outside of its run.
    #[track_caller]
    pub fn get(&self) -> Option<T> {
        let core = &*self.0;
        let rt = core.object.enter();
        let op = core.object.op(Action::Set, Place::here());
        rt.point(op, &Always);
        let mut state = core.state.lock();
        let found = state.get();
        rt.did(op, Detail::Done);
        drop(state);
        found.or_else(|| core.new.as_ref().map(|new| new()))
    }

    /// Puts one back. In Go, `p.Put(v)`.
    ///
    /// # Panics
    ///
    /// Outside of its run.
    #[track_caller]
    pub fn put(&self, v: T) {
        let core = &*self.0;
        let rt = core.object.enter();
        let op = core.object.op(Action::Set, Place::here());
        rt.point(op, &Always);
        let mut state = core.state.lock();
        state.put(v);
        rt.did(op, Detail::Done);
    }
}

impl<T: Send + 'static> Default for Pool<T> {
    #[track_caller]
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::testing::fixed;
    use super::*;

    #[test]
    fn a_get_finds_the_private_slot_first() {
        let mut pool = PoolState::default();
        pool.put('a');
        pool.put('b');
        assert_eq!([pool.get(), pool.get(), pool.get()], [Some('a'), Some('b'), None]);
    }

    proptest! {
        #![proptest_config(fixed())]

        /// The model is one list: the private slot is its front once it is empty, the rest a stack.
        #[test]
        fn each_thing_comes_out_once(ops in prop::collection::vec(any::<bool>(), 0..60)) {
            let mut pool = PoolState::default();
            let mut inside = Vec::new();
            for (n, put) in ops.into_iter().enumerate() {
                if put {
                    pool.put(n);
                    inside.push(n);
                } else {
                    let found = pool.get();
                    prop_assert_eq!(found.is_none(), inside.is_empty());
                    inside.retain(|n| Some(*n) != found);
                }
                let size = pool.others.len() + usize::from(pool.private.is_some());
                prop_assert_eq!(size, inside.len());
            }
        }
    }
}
