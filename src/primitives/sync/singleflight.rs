//! `SingleFlight`: several who ask for the same thing at once share one answer.

use std::collections::VecDeque;
use std::sync::Arc;

use super::once::raise;
use super::tree::{Current, Tree};
use super::{OnExit, finally};
use crate::backend::{Always, Backend, Waiter, Wake};
use crate::event::{Action, Detail, GoroutineState, ObjectKind, Panic, Place};
use crate::primitives::guarded::Guarded;
use crate::primitives::object::Object as Header;
use crate::primitives::panic::recovered;

/// What came of a call.
enum Answer<V> {
    Value(V),
    Panicked(Panic),
    /// Whoever did it called `goexit`, or the run ended.
    Exited,
}

/// The rules of one call: the first who asks leads, the others wait for the answer.
struct CallState<V> {
    answer: Option<Arc<Answer<V>>>,
    followers: usize,
    waiters: VecDeque<Waiter>,
}

impl<V> Default for CallState<V> {
    fn default() -> Self {
        Self { answer: None, followers: 0, waiters: VecDeque::new() }
    }
}

impl<V> CallState<V> {
    /// Somebody asks while it is under way: gives the answer, or has it wait.
    fn follow(&mut self, waiter: impl FnOnce() -> Waiter) -> Option<Arc<Answer<V>>> {
        self.followers += 1;
        if self.answer.is_none() {
            self.waiters.push_back(waiter());
        }
        self.answer.clone()
    }

    /// The answer is there: gives those who wait for it, oldest first, and whether anybody shares it.
    fn finish(&mut self, answer: Arc<Answer<V>>) -> (VecDeque<Waiter>, bool) {
        debug_assert!(self.answer.is_none(), "a call is answered once");
        self.answer = Some(answer);
        (std::mem::take(&mut self.waiters), self.followers > 0)
    }
}

/// One call.
type Call<V> = Arc<Guarded<CallState<V>>>;

/// A call under its key.
type Entry<K, V> = Arc<(K, Call<V>)>;

/// Does one thing once for all who ask for it at the same time: Go's `singleflight.Group`.
///
/// # Examples
///
/// ```
/// use goseed::sync::SingleFlight;
///
/// goseed::check(|| {
///     let pages = SingleFlight::new();
///     let (page, shared) = pages.call("/index", || String::from("hello"));
///     assert_eq!((page.as_str(), shared), ("hello", false));
/// });
/// ```
pub struct SingleFlight<K, V>(Arc<Core<K, V>>);

struct Core<K, V> {
    object: Header,
    calls: Current<K, Call<V>>,
}

handle!(SingleFlight<K, V>, object);

impl<K: Ord + Clone + Send + Sync + 'static, V: Clone + Send + Sync + 'static> SingleFlight<K, V> {
    /// A group with nothing under way.
    #[track_caller]
    pub fn new() -> Self {
        let object = Header::new(ObjectKind::SingleFlight);
        Self(Arc::new(Core { object, calls: Current::default() }))
    }

    /// Runs `f`; or, if a call with this key is under way, waits for it and shares its value. Also says
    /// whether the value is shared. In Go, `g.Do(key, f)`.
    ///
    /// # Panics
    ///
    /// If the `f` that was run does: for all who share it. If it calls `goexit`, all who share it do. And
    /// outside of its run.
    #[track_caller]
    pub fn call(&self, key: K, f: impl FnOnce() -> V) -> (V, bool) {
        let (core, place) = (&*self.0, Place::here());
        let rt = core.object.enter();
        let mine: Entry<K, V> = Arc::new((key, Call::default()));
        rt.point(core.object.op(Action::Once, place), &Always);
        loop {
            let Some(theirs) = core.join(rt, &mine, place) else {
                return core.lead(rt, &mine, place, f);
            };
            match &*core.follow(rt, &theirs, place) {
                Answer::Value(value) => return (value.clone(), true),
                Answer::Panicked(panic) => {
                    raise(rt, panic, place);
                    rt.strand();
                }
                // A destructor cannot exit: it does for itself what nobody does for it.
                Answer::Exited if rt.unwinding() => {}
                Answer::Exited => rt.goexit(),
            }
        }
    }

    /// Lets the next call with this key run its own function, though one is under way. In Go,
    /// `g.Forget(key)`.
    ///
    /// # Panics
    ///
    /// Outside of its run.
    #[track_caller]
    pub fn forget(&self, key: &K) {
        let (core, place) = (&*self.0, Place::here());
        let rt = core.object.enter();
        rt.point(core.object.op(Action::Set, place), &Always);
        let (changed, ()) = core.calls.change(|calls| {
            let known = calls.get(key).is_some();
            (known.then(|| calls.without(key)), ())
        });
        let action = if changed { Action::Set } else { Action::Failed };
        rt.did(core.object.op(action, place), Detail::Done);
    }
}

impl<K: Ord, V: Clone> Core<K, V> {
    /// The call that is under way; nothing if from now on that is mine.
    fn join(&self, rt: &dyn Backend, mine: &Entry<K, V>, place: Place) -> Option<Call<V>> {
        let (_, theirs) = self.calls.change(|calls| match calls.get(&mine.0) {
            Some(entry) => (None, Some(Arc::clone(&entry.1))),
            None => (Some(calls.with(Arc::clone(mine))), None),
        });
        rt.did(self.object.op(Action::Once, place), Detail::Done);
        theirs
    }

    /// Waits for the answer of a call.
    fn follow(&self, rt: &dyn Backend, call: &Call<V>, place: Place) -> Arc<Answer<V>> {
        let answer = call.lock().follow(|| rt.waiter(0));
        if let Some(answer) = answer {
            return answer;
        }
        let op = self.object.op(Action::Once, place);
        if rt.park(op, GoroutineState::WaitGroupWait) == Wake::Ended {
            rt.strand();
        }
        rt.did(op, Detail::Done);
        let answer = call.lock().answer.clone();
        answer.unwrap_or_else(|| Arc::new(Answer::Exited))
    }

    /// Runs `f` and gives everybody the answer.
    #[track_caller]
    fn lead(
        &self,
        rt: &dyn Backend,
        mine: &Entry<K, V>,
        place: Place,
        f: impl FnOnce() -> V,
    ) -> (V, bool) {
        let exited = OnExit(Some(|| {
            self.finish(rt, mine, place, &Arc::new(Answer::Exited));
        }));
        let result = recovered(f);
        exited.disarm();
        let answer = Arc::new(match result {
            Ok(value) => Answer::Value(value),
            Err(panic) => Answer::Panicked(panic),
        });
        let shared = self.finish(rt, mine, place, &answer);
        match &*answer {
            Answer::Value(value) => (value.clone(), shared),
            Answer::Panicked(panic) => panic.clone().raise(),
            Answer::Exited => unreachable!("it came back from its function"),
        }
    }

    /// The answer is there: says whether anybody shares it.
    fn finish(
        &self,
        rt: &dyn Backend,
        mine: &Entry<K, V>,
        place: Place,
        answer: &Arc<Answer<V>>,
    ) -> bool {
        let mut shared = false;
        let op = self.object.op(Action::Unlock, place);
        finally(rt, op, &Always, || {
            self.calls.change(|calls| remove(calls, mine));
            let waiters;
            (waiters, shared) = mine.1.lock().finish(Arc::clone(answer));
            rt.did(op, Detail::Done);
            for waiter in waiters {
                rt.wake(waiter);
            }
        });
        shared
    }
}

/// The calls under way without this one, if it has not been forgotten.
fn remove<K: Ord, V>(
    calls: &Tree<K, Call<V>>,
    mine: &Entry<K, V>,
) -> (Option<Tree<K, Call<V>>>, ()) {
    let known = calls.get(&mine.0).is_some_and(|entry| Arc::ptr_eq(&entry.1, &mine.1));
    (known.then(|| calls.without(&mine.0)), ())
}

impl<K: Ord + Clone + Send + Sync + 'static, V: Clone + Send + Sync + 'static> Default
    for SingleFlight<K, V>
{
    #[track_caller]
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::testing::{fixed, waiter};
    use super::*;

    proptest! {
        #![proptest_config(fixed())]

        #[test]
        fn followers_wait_for_the_answer_and_share_it(before in 0..5_u32, after in 0..5_u32) {
            let mut call = CallState::default();
            for go in 0..before {
                prop_assert!(call.follow(|| waiter(go)).is_none());
            }
            let (woken, shared) = call.finish(Arc::new(Answer::Value(7)));
            let woken: Vec<u32> = woken.iter().map(|waiter| waiter.go.number()).collect();
            prop_assert_eq!(woken, (0..before).collect::<Vec<_>>());
            prop_assert_eq!(shared, before > 0);
            for go in 0..after {
                let answer = call.follow(|| waiter(go));
                prop_assert!(matches!(answer.as_deref(), Some(Answer::Value(7))));
            }
        }
    }
}
