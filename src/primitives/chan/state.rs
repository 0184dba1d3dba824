//! The pure half of a channel: who waits, what is buffered, who gets what.
//!
//! It knows no runtime. Whoever is to be woken is named by a [`Waiter`]; `claim` says whether that one
//! still waits (a `select` that was won elsewhere does not), and wakes it if so.

use std::collections::VecDeque;

use super::line::{Line, Seat};
use crate::backend::Waiter;
use crate::event::GoId;

/// Wakes a waiter; false if it no longer waits.
pub(super) type Claim<'a> = &'a mut dyn FnMut(Waiter) -> bool;

/// What a channel consists of.
#[derive(Debug)]
pub(super) struct ChanState<T> {
    cap: usize,
    buffer: VecDeque<T>,
    /// Parked receivers; never together with buffered values.
    receivers: Line<Waiter>,
    /// Values handed to receivers that have not run since.
    handed: Line<T>,
    /// Parked senders with their values; never together with free slots.
    senders: Line<(Waiter, T)>,
    /// Values that senders have to take back: a close came, or their `select` was won elsewhere.
    returned: Line<T>,
    closed: bool,
}

/// How a send went.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Sent<T> {
    /// Into the buffer.
    Buffered,
    /// Straight to this receiver.
    To(GoId),
    /// Nobody takes it now.
    Full(T),
    /// The channel is closed.
    Closed(T),
}

/// How a receive went.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Received<T> {
    /// Out of the buffer.
    Buffered(T),
    /// A value, together with a parked sender that goes on.
    From(GoId, T),
    /// Nothing is there now.
    Empty,
    /// The channel is closed and drained.
    Closed,
}

impl<T> ChanState<T> {
    pub(super) fn new(cap: usize) -> Self {
        Self {
            cap,
            buffer: VecDeque::new(),
            receivers: Line::new(),
            handed: Line::new(),
            senders: Line::new(),
            returned: Line::new(),
            closed: false,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.buffer.len()
    }

    /// Whether a send could be done now, be it to panic.
    pub(super) fn can_send(&self, waits: &dyn Fn(Waiter) -> bool) -> bool {
        self.closed || self.buffer.len() < self.cap || self.has_receivers(waits)
    }

    /// Whether a receive could be done now.
    pub(super) fn can_recv(&self, waits: &dyn Fn(Waiter) -> bool) -> bool {
        self.closed || !self.buffer.is_empty() || self.senders.iter().any(|(w, _)| waits(*w))
    }

    /// Whether somebody waits to receive.
    pub(super) fn has_receivers(&self, waits: &dyn Fn(Waiter) -> bool) -> bool {
        self.receivers.iter().any(|&w| waits(w))
    }

    /// Puts a value into the buffer, if that is all that sending it takes.
    #[inline]
    pub(super) fn put(&mut self, value: T) -> Result<(), T> {
        let free = self.buffer.len() < self.cap && self.receivers.is_empty() && !self.closed;
        if free {
            self.buffer.push_back(value);
            return Ok(());
        }
        Err(value)
    }

    /// Takes a value out of the buffer, if that is all that receiving it takes.
    #[inline]
    pub(super) fn take(&mut self) -> Option<T> {
        if self.senders.is_empty() { self.buffer.pop_front() } else { None }
    }

    pub(super) fn send(&mut self, value: T, claim: Claim<'_>) -> Sent<T> {
        if self.closed {
            return Sent::Closed(value);
        }
        while let Some((seat, receiver)) = self.receivers.first() {
            if claim(receiver) {
                self.handed.keep(seat, value);
                return Sent::To(receiver.go);
            }
        }
        if self.buffer.len() < self.cap {
            self.buffer.push_back(value);
            return Sent::Buffered;
        }
        Sent::Full(value)
    }

    /// Sends, or parks whom `waiter` names: nobody can come in between.
    pub(super) fn send_or_park(
        &mut self,
        value: T,
        claim: Claim<'_>,
        waiter: impl FnOnce() -> Waiter,
    ) -> Result<Sent<T>, Seat> {
        match self.send(value, claim) {
            Sent::Full(value) => Err(self.park_sender(waiter(), value)),
            sent => Ok(sent),
        }
    }

    pub(super) fn recv(&mut self, claim: Claim<'_>) -> Received<T> {
        let head = self.buffer.pop_front();
        if let Some((go, value)) = self.waiting_sender(claim) {
            return match head {
                Some(head) => {
                    self.buffer.push_back(value);
                    Received::From(go, head)
                }
                None => Received::From(go, value),
            };
        }
        match head {
            Some(head) => Received::Buffered(head),
            None if self.closed => Received::Closed,
            None => Received::Empty,
        }
    }

    /// Receives, or parks whom `waiter` names: nobody can come in between.
    pub(super) fn recv_or_park(
        &mut self,
        claim: Claim<'_>,
        waiter: impl FnOnce() -> Waiter,
    ) -> Result<Received<T>, Seat> {
        match self.recv(claim) {
            Received::Empty => Err(self.park_receiver(waiter())),
            received => Ok(received),
        }
    }

    /// The oldest parked sender that still waits goes on, without its value.
    fn waiting_sender(&mut self, claim: Claim<'_>) -> Option<(GoId, T)> {
        while let Some((seat, (sender, value))) = self.senders.first() {
            if claim(sender) {
                return Some((sender.go, value));
            }
            self.returned.keep(seat, value);
        }
        None
    }

    /// Closes the channel; false if it was closed. Waiters are collected receivers first, each kind
    /// oldest first, and made ready in reverse order.
    pub(super) fn close(&mut self, claim: Claim<'_>) -> bool {
        if std::mem::replace(&mut self.closed, true) {
            return false;
        }
        let mut all = Vec::new();
        while let Some((_, receiver)) = self.receivers.first() {
            all.push(receiver);
        }
        while let Some((seat, (sender, value))) = self.senders.first() {
            all.push(sender);
            self.returned.keep(seat, value);
        }
        for waiter in all.into_iter().rev() {
            claim(waiter);
        }
        true
    }

    pub(super) fn park_receiver(&mut self, waiter: Waiter) -> Seat {
        self.receivers.join(waiter)
    }

    pub(super) fn park_sender(&mut self, waiter: Waiter, value: T) -> Seat {
        self.senders.join((waiter, value))
    }

    /// A receiver no longer waits: what it was handed, if it was.
    pub(super) fn leave_receiver(&mut self, seat: Seat) -> Option<T> {
        match self.receivers.leave(seat) {
            Some(_) => None,
            None => self.handed.leave(seat),
        }
    }

    /// A sender no longer waits: its value, unless somebody has it.
    pub(super) fn leave_sender(&mut self, seat: Seat) -> Option<T> {
        match self.senders.leave(seat) {
            Some((_, value)) => Some(value),
            None => self.returned.leave(seat),
        }
    }

    /// Takes out what is buffered.
    pub(super) fn drain(&mut self) -> VecDeque<T> {
        std::mem::take(&mut self.buffer)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet, VecDeque};

    use proptest::prelude::*;
    use proptest::test_runner::{Config, RngSeed};

    use super::*;

    fn waiter(n: u32) -> Waiter {
        Waiter { go: GoId::new(n), ticket: 1, case: 0 }
    }

    #[derive(Clone, Debug)]
    enum Operation {
        /// By the shortcut where there is one, or not.
        Send(bool),
        Recv(bool),
        Close,
        /// A parked one is woken elsewhere, and has not run since.
        Stale(prop::sample::Index),
        /// A parked one, or one that was woken, goes on.
        Leave(prop::sample::Index),
    }

    fn operation() -> impl Strategy<Value = Operation> {
        prop_oneof![
            8 => any::<bool>().prop_map(Operation::Send),
            8 => any::<bool>().prop_map(Operation::Recv),
            1 => Just(Operation::Close),
            2 => any::<prop::sample::Index>().prop_map(Operation::Stale),
            6 => any::<prop::sample::Index>().prop_map(Operation::Leave),
        ]
    }

    /// A channel as one would write it on a napkin. Goroutine *n* sends the value *n*.
    #[derive(Default)]
    struct Naive {
        cap: usize,
        buffer: VecDeque<u32>,
        /// In the order of parking; senders and receivers are never here together.
        parked: Vec<u32>,
        /// What each of those that left the line finds when it runs.
        found: BTreeMap<u32, Option<u32>>,
        stale: BTreeSet<u32>,
        closed: bool,
    }

    impl Naive {
        /// Serves the oldest of `kind` that still waits; the others find `nothing`.
        fn serve(&mut self, kind: &BTreeSet<u32>, returns: bool) -> Option<u32> {
            while let Some(at) = self.parked.iter().position(|n| kind.contains(n)) {
                let n = self.parked.remove(at);
                if !self.stale.contains(&n) {
                    return Some(n);
                }
                self.found.insert(n, returns.then_some(n));
            }
            None
        }
    }

    #[derive(Default)]
    struct Both {
        naive: Naive,
        senders: BTreeSet<u32>,
        receivers: BTreeSet<u32>,
        seats: BTreeMap<u32, Seat>,
    }

    impl Both {
        fn send(&mut self, state: &mut ChanState<u32>, n: u32, shortcut: bool) {
            let stale = &self.naive.stale;
            let sent = if shortcut && state.put(n).is_ok() {
                Sent::Buffered
            } else {
                state.send(n, &mut |w| !stale.contains(&w.go.number()))
            };
            if self.naive.closed {
                assert_eq!(sent, Sent::Closed(n));
            } else if let Some(to) = self.naive.serve(&self.receivers, false) {
                assert_eq!(sent, Sent::To(GoId::new(to)));
                self.naive.found.insert(to, Some(n));
            } else if self.naive.buffer.len() < self.naive.cap {
                assert_eq!(sent, Sent::Buffered);
                self.naive.buffer.push_back(n);
            } else {
                assert_eq!(sent, Sent::Full(n));
                self.senders.insert(n);
                self.naive.parked.push(n);
                self.seats.insert(n, state.park_sender(waiter(n), n));
            }
        }

        fn recv(&mut self, state: &mut ChanState<u32>, n: u32, shortcut: bool) {
            let stale = &self.naive.stale;
            let taken = if shortcut { state.take() } else { None };
            let received = match taken {
                Some(value) => Received::Buffered(value),
                None => state.recv(&mut |w| !stale.contains(&w.go.number())),
            };
            let head = self.naive.buffer.pop_front();
            match (head, self.naive.serve(&self.senders, true)) {
                (Some(head), Some(from)) => {
                    assert_eq!(received, Received::From(GoId::new(from), head));
                    self.naive.buffer.push_back(from);
                    self.naive.found.insert(from, None);
                }
                (None, Some(from)) => {
                    assert_eq!(received, Received::From(GoId::new(from), from));
                    self.naive.found.insert(from, None);
                }
                (Some(head), None) => assert_eq!(received, Received::Buffered(head)),
                (None, None) if self.naive.closed => assert_eq!(received, Received::Closed),
                (None, None) => {
                    assert_eq!(received, Received::Empty);
                    self.receivers.insert(n);
                    self.naive.parked.push(n);
                    self.seats.insert(n, state.park_receiver(waiter(n)));
                }
            }
        }

        fn close(&mut self, state: &mut ChanState<u32>) {
            let mut woken = Vec::new();
            let closed = state.close(&mut |w| {
                woken.push(w.go.number());
                true
            });
            assert_eq!(closed, !self.naive.closed);
            self.naive.closed = true;
            let parked = std::mem::take(&mut self.naive.parked);
            assert!(parked.iter().rev().eq(&woken), "{parked:?} {woken:?}");
            for n in parked {
                self.naive.found.insert(n, self.senders.contains(&n).then_some(n));
            }
        }

        fn leave(&mut self, state: &mut ChanState<u32>, at: &prop::sample::Index) {
            let all: Vec<u32> = self.seats.keys().copied().collect();
            let Some(n) = (!all.is_empty()).then(|| all[at.index(all.len())]) else { return };
            let seat = self.seats.remove(&n).expect("it is one of them");
            let sends = self.senders.contains(&n);
            let parked = self.naive.parked.iter().position(|&other| other == n);
            let found = match parked.map(|at| self.naive.parked.remove(at)) {
                Some(_) => sends.then_some(n),
                None => self.naive.found.remove(&n).expect("it has left the line"),
            };
            let left = if sends { state.leave_sender(seat) } else { state.leave_receiver(seat) };
            assert_eq!(left, found);
        }

        fn stale(&mut self, at: &prop::sample::Index) {
            if !self.naive.parked.is_empty() {
                let at = at.index(self.naive.parked.len());
                self.naive.stale.insert(self.naive.parked[at]);
            }
        }
    }

    proptest! {
        #![proptest_config(Config {
            failure_persistence: None,
            rng_seed: RngSeed::Fixed(1),
            ..Config::with_cases(1_000)
        })]

        #[test]
        fn it_agrees_with_a_naive_channel(
            cap in 0_usize..4,
            operations in prop::collection::vec(operation(), 0..60),
        ) {
            let mut state = ChanState::new(cap);
            let mut both = Both { naive: Naive { cap, ..Naive::default() }, ..Both::default() };
            for (n, operation) in operations.into_iter().enumerate() {
                let n = n as u32;
                match operation {
                    Operation::Send(shortcut) => both.send(&mut state, n, shortcut),
                    Operation::Recv(shortcut) => both.recv(&mut state, n, shortcut),
                    Operation::Close => both.close(&mut state),
                    Operation::Stale(at) => both.stale(&at),
                    Operation::Leave(at) => both.leave(&mut state, &at),
                }
                prop_assert_eq!(state.len(), both.naive.buffer.len());
            }
        }
    }

    #[test]
    fn close_readies_the_waiters_in_reverse() {
        let mut state = ChanState::<u8>::new(0);
        for n in 1..=4 {
            state.park_receiver(waiter(n));
        }
        let mut order = Vec::new();
        state.close(&mut |w| {
            order.push(w.go.number());
            true
        });
        assert_eq!(order, [4, 3, 2, 1]);
    }

    #[test]
    fn a_parked_senders_value_follows_the_head() {
        let mut state = ChanState::new(1);
        assert_eq!(state.send('a', &mut |_| true), Sent::Buffered);
        state.park_sender(waiter(2), 'b');
        assert_eq!(state.recv(&mut |_| true), Received::From(GoId::new(2), 'a'));
        assert_eq!(state.recv(&mut |_| true), Received::Buffered('b'));
    }

    #[test]
    fn a_lost_select_gets_its_value_back() {
        let mut state = ChanState::new(0);
        let seat = state.park_sender(waiter(2), 'a');
        assert_eq!(state.recv(&mut |_| false), Received::Empty);
        assert_eq!(state.leave_sender(seat), Some('a'));
        assert_eq!(state.leave_sender(seat), None);
    }
}
