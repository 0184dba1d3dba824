//! A line of waiters: first come, first served, and anybody may leave it from the middle.
//!
//! Whoever joins gets a seat number, by which it is found again in logarithmic time: thousands of
//! goroutines may wait in a `select` for the same channel, and each leaves the line when another case
//! wins.

use std::cmp::Ordering;
use std::collections::VecDeque;
use std::num::NonZeroU64;

/// Where somebody stands in a line.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Seat(NonZeroU64);

/// Entries in the order of their seats; those that have left from the middle are holes, of which there is none
/// in front.
#[derive(Debug)]
pub(super) struct Line<E> {
    entries: VecDeque<(Seat, Option<E>)>,
    holes: usize,
    /// The next seat.
    next: NonZeroU64,
}

impl<E> Line<E> {
    pub(super) fn new() -> Self {
        Self { entries: VecDeque::new(), holes: 0, next: NonZeroU64::MIN }
    }

    /// Nobody stands here, not even in a hole.
    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &E> {
        self.entries.iter().filter_map(|(_, entry)| entry.as_ref())
    }

    /// Joins at the end.
    pub(super) fn join(&mut self, entry: E) -> Seat {
        let seat = Seat(self.next);
        self.next = self.next.saturating_add(1);
        self.keep(seat, entry);
        seat
    }

    /// Joins at the end with a seat of another line; they come in ascending order.
    pub(super) fn keep(&mut self, seat: Seat, entry: E) {
        debug_assert!(self.entries.back().is_none_or(|(last, _)| *last < seat), "seats ascend");
        self.entries.push_back((seat, Some(entry)));
    }

    /// The one who has waited longest leaves.
    pub(super) fn first(&mut self) -> Option<(Seat, E)> {
        let (seat, entry) = self.entries.pop_front()?;
        if self.holes > 0 {
            self.close_up();
        }
        entry.map(|entry| (seat, entry))
    }

    /// The one with this seat leaves, if it is still there.
    pub(super) fn leave(&mut self, seat: Seat) -> Option<E> {
        let first = self.entries.front()?.0;
        match first.cmp(&seat) {
            // Mostly it is whoever has waited longest, or has left already.
            Ordering::Equal => self.first().map(|(_, entry)| entry),
            Ordering::Greater => None,
            Ordering::Less => self.leave_from_behind(seat),
        }
    }

    fn leave_from_behind(&mut self, seat: Seat) -> Option<E> {
        let at = self.entries.binary_search_by_key(&seat, |(seat, _)| *seat).ok()?;
        let entry = self.entries[at].1.take()?;
        self.holes += 1;
        self.close_up();
        Some(entry)
    }

    /// Keeps the holes fewer than the entries, and none at the ends.
    #[cold]
    fn close_up(&mut self) {
        while self.entries.front().is_some_and(|(_, entry)| entry.is_none()) {
            self.entries.pop_front();
            self.holes -= 1;
        }
        while self.entries.back().is_some_and(|(_, entry)| entry.is_none()) {
            self.entries.pop_back();
            self.holes -= 1;
        }
        if self.holes > self.entries.len() / 2 {
            self.entries.retain(|(_, entry)| entry.is_some());
            self.holes = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_leaves_from_the_middle_is_skipped() {
        let mut line = Line::new();
        let seats: Vec<Seat> = (0..5).map(|n| line.join(n)).collect();
        assert_eq!((line.leave(seats[1]), line.leave(seats[1])), (Some(1), None));
        assert_eq!(line.leave(seats[4]), Some(4));
        let rest: Vec<i32> = std::iter::from_fn(|| line.first()).map(|(_, n)| n).collect();
        assert_eq!(rest, [0, 2, 3]);
    }

    #[test]
    fn a_line_whose_head_never_moves_does_not_grow() {
        let mut line = Line::new();
        line.join(0);
        for n in 1..1_000 {
            let (a, b) = (line.join(n), line.join(n));
            assert!(line.leave(a).is_some() && line.leave(b).is_some());
        }
        assert_eq!((line.entries.len(), line.iter().count()), (1, 1));
    }
}
