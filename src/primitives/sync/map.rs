//! `Map`: a map that goroutines share without a lock around it.

use std::sync::Arc;

use super::tree::{Current, Tree};
use crate::backend::Always;
use crate::event::{Action, Detail, ObjectKind, Place};
use crate::primitives::object::Object as Header;

/// A map for concurrent use: Go's `sync.Map`.
///
/// Each operation takes effect at one instant. Keys are kept in order, so that what a program sees does
/// not depend on hashes.
///
/// # Examples
///
/// ```
/// use goseed::prelude::*;
/// use goseed::sync::Map;
///
/// goseed::check(|| {
///     let (map, wg) = (Map::new(), WaitGroup::new());
///     for n in 0..3 {
///         let map = map.clone();
///         wg.go(move || map.store(n, n * n));
///     }
///     wg.wait();
///     assert_eq!(map.load(&2), Some(4));
///     assert_eq!(map.load_or_store(2, 5), (4, true));
/// });
/// ```
pub struct Map<K, V>(Arc<Core<K, V>>);

struct Core<K, V> {
    object: Header,
    entries: Current<K, V>,
}

handle!(Map<K, V>, object);

/// What an operation makes of a version: the next one, if it changes anything, and its answer.
type Change<K, V, R> = (Option<Tree<K, V>>, R);

impl<K: Ord + Clone + Send + Sync + 'static, V: Clone + Send + Sync + 'static> Map<K, V> {
    /// An empty map.
    #[track_caller]
    pub fn new() -> Self {
        let object = Header::new(ObjectKind::Map);
        Self(Arc::new(Core { object, entries: Current::default() }))
    }

    /// The value of a key. In Go, `m.Load(k)`.
    ///
    /// # Panics
    ///
    /// Outside of its run.
    #[track_caller]
    pub fn load(&self, k: &K) -> Option<V> {
        let found = self.look(Place::here(), |entries| entries.get(k).cloned());
        found.map(|entry| entry.1.clone())
    }

    /// Sets the value of a key. In Go, `m.Store(k, v)`.
    ///
    /// # Panics
    ///
    /// Outside of its run.
    #[track_caller]
    pub fn store(&self, k: K, v: V) {
        let entry = Arc::new((k, v));
        self.change(Place::here(), |entries| (Some(entries.with(Arc::clone(&entry))), ()));
    }

    /// The value of a key and true; or, if it has none, gives it this value, and false. In Go,
    /// `m.LoadOrStore(k, v)`.
    ///
    /// # Panics
    ///
    /// Outside of its run.
    #[track_caller]
    pub fn load_or_store(&self, k: K, v: V) -> (V, bool) {
        let entry = Arc::new((k, v));
        let found = self.change(Place::here(), |entries| match entries.get(&entry.0) {
            Some(found) => (None, Some(Arc::clone(found))),
            None => (Some(entries.with(Arc::clone(&entry))), None),
        });
        (found.as_ref().unwrap_or(&entry).1.clone(), found.is_some())
    }

    /// Removes a key and gives back its value. In Go, `m.LoadAndDelete(k)`.
    ///
    /// # Panics
    ///
    /// Outside of its run.
    #[track_caller]
    pub fn load_and_delete(&self, k: &K) -> Option<V> {
        let found = self.change(Place::here(), |entries| remove(entries, k, |_| true));
        found.map(|entry| entry.1.clone())
    }

    /// Removes a key. In Go, `m.Delete(k)`.
    ///
    /// # Panics
    ///
    /// Outside of its run.
    #[track_caller]
    pub fn delete(&self, k: &K) {
        self.change(Place::here(), |entries| remove(entries, k, |_| true));
    }

    /// Sets the value of a key and gives back what it was. In Go, `m.Swap(k, v)`.
    ///
    /// # Panics
    ///
    /// Outside of its run.
    #[track_caller]
    pub fn swap(&self, k: K, v: V) -> Option<V> {
        let entry = Arc::new((k, v));
        let before = self.change(Place::here(), |entries| {
            let before = entries.get(&entry.0).cloned();
            (Some(entries.with(Arc::clone(&entry))), before)
        });
        before.map(|entry| entry.1.clone())
    }

    /// Sets the value of a key if it is `old`, and says whether it did. In Go, `m.CompareAndSwap`.
    ///
    /// # Panics
    ///
    /// Outside of its run.
    #[track_caller]
    pub fn compare_and_swap(&self, k: &K, old: &V, new: V) -> bool
    where
        V: PartialEq,
    {
        let entry = Arc::new((k.clone(), new));
        self.change(Place::here(), |entries| match entries.get(k) {
            Some(found) if found.1 == *old => (Some(entries.with(Arc::clone(&entry))), true),
            _ => (None, false),
        })
    }

    /// Removes a key if its value is `old`, and says whether it did. In Go, `m.CompareAndDelete`.
    ///
    /// # Panics
    ///
    /// Outside of its run.
    #[track_caller]
    pub fn compare_and_delete(&self, k: &K, old: &V) -> bool
    where
        V: PartialEq,
    {
        let removed = self.change(Place::here(), |entries| remove(entries, k, |v| v == old));
        removed.is_some()
    }

    /// Calls `f` for each entry, in the order of keys, until it says false. In Go, `m.Range(f)`.
    ///
    /// No snapshot, but each key at most once: what others change meanwhile is seen or not, by where the
    /// iteration has come to. `f` may do anything with the map.
    ///
    /// # Panics
    ///
    /// Outside of its run.
    #[track_caller]
    pub fn range(&self, mut f: impl FnMut(&K, &V) -> bool) {
        let place = Place::here();
        let mut last: Option<Arc<(K, V)>> = None;
        while let Some(entry) = self.look(place, |entries| {
            let last = last.as_ref().map(|entry| &entry.0);
            entries.after(last).cloned()
        }) {
            if !f(&entry.0, &entry.1) {
                break;
            }
            last = Some(entry);
        }
    }

    /// Removes all keys. In Go, `m.Clear()`.
    ///
    /// # Panics
    ///
    /// Outside of its run.
    #[track_caller]
    pub fn clear(&self) {
        self.change(Place::here(), |_| (Some(Tree::default()), ()));
    }

    /// An operation that changes nothing.
    #[track_caller]
    fn look<R>(&self, place: Place, f: impl FnOnce(&Tree<K, V>) -> R) -> R {
        let rt = self.0.object.enter();
        let op = self.0.object.op(Action::Get, place);
        rt.point(op, &Always);
        let answer = f(&self.0.entries.version());
        rt.did(op, Detail::Done);
        answer
    }

    /// An operation that may change something.
    #[track_caller]
    fn change<R>(&self, place: Place, f: impl FnMut(&Tree<K, V>) -> Change<K, V, R>) -> R {
        let object = &self.0.object;
        let rt = object.enter();
        rt.point(object.op(Action::Set, place), &Always);
        let (changed, answer) = self.0.entries.change(f);
        let action = if changed { Action::Set } else { Action::Failed };
        rt.did(object.op(action, place), Detail::Done);
        answer
    }
}

/// Takes the entry of a key out of a version, if it has one whose value will do.
fn remove<K: Ord, V>(
    entries: &Tree<K, V>,
    k: &K,
    will_do: impl Fn(&V) -> bool,
) -> Change<K, V, Option<Arc<(K, V)>>> {
    match entries.get(k).filter(|entry| will_do(&entry.1)) {
        Some(entry) => (Some(entries.without(k)), Some(Arc::clone(entry))),
        None => (None, None),
    }
}

impl<K: Ord + Clone + Send + Sync + 'static, V: Clone + Send + Sync + 'static> Default
    for Map<K, V>
{
    #[track_caller]
    fn default() -> Self {
        Self::new()
    }
}
