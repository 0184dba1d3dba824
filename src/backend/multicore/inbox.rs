//! Goroutines that other threads have woken, on the way to their worker.
//!
//! A stack that many push onto and one empties at once, linked through the goroutines' own slots: a push
//! allocates nothing, and since nobody pops a single entry there is no ABA problem.

use super::slots::Slots;
use super::sync::{AtomicU32, Ordering};

/// The end of the list.
const END: u32 = u32::MAX;

/// Slots of woken goroutines.
#[derive(Debug)]
pub(super) struct Inbox(AtomicU32);

impl Default for Inbox {
    fn default() -> Self {
        Self(AtomicU32::new(END))
    }
}

impl Inbox {
    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.0.load(Ordering::Acquire) == END
    }

    /// Adds a slot, which is in no inbox: only whoever has won its wake adds it.
    pub(super) fn push(&self, slots: &Slots, slot: u32) {
        let next = &slots.get(slot).next;
        // A guess that it is empty: a look first would fetch the line twice.
        let mut head = END;
        loop {
            next.store(head, Ordering::Relaxed);
            match self.0.compare_exchange_weak(head, slot, Ordering::AcqRel, Ordering::Relaxed) {
                Ok(_) => return,
                Err(now) => head = now,
            }
        }
    }

    /// Empties it; oldest first. Who sees it empty sees what was done here before.
    pub(super) fn drain(&self, slots: &Slots, mut each: impl FnMut(u32)) {
        let mut reversed = END;
        let mut at = self.0.swap(END, Ordering::AcqRel);
        while at != END {
            // One swap: a look first would fetch the line twice.
            let following = slots.get(at).next.swap(reversed, Ordering::Relaxed);
            (reversed, at) = (at, following);
        }
        while reversed != END {
            let next = slots.get(reversed).next.load(Ordering::Relaxed);
            each(reversed);
            reversed = next;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_in_comes_out_once_and_in_order() {
        let (slots, inbox) = (Slots::default(), Inbox::default());
        for slot in [5, 2, 4_000] {
            inbox.push(&slots, slot);
        }
        let mut out = Vec::new();
        inbox.drain(&slots, |slot| out.push(slot));
        assert_eq!((out, inbox.is_empty()), (vec![5, 2, 4_000], true));
    }

    #[test]
    fn pushes_from_many_threads_all_arrive() {
        let (slots, inbox) = (Slots::default(), Inbox::default());
        let mut seen = vec![0; 4 * 500];
        std::thread::scope(|scope| {
            for thread in 0..4 {
                let (slots, inbox) = (&slots, &inbox);
                scope.spawn(move || (0..500).for_each(|n| inbox.push(slots, thread * 500 + n)));
            }
            while seen.iter().sum::<u32>() < 4 * 500 {
                inbox.drain(&slots, |slot| seen[slot as usize] += 1);
            }
        });
        assert!(seen.iter().all(|&count| count == 1));
    }
}
