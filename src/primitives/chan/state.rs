//! The pure half of a channel: who waits, what is buffered, who gets what.
//!
//! It knows no runtime. Whoever is to be woken is named by a [`Waiter`]; `claim` says whether that one
//! still waits (a `select` that was won elsewhere does not), and wakes it if so.

use std::collections::VecDeque;

use crate::backend::Waiter;
use crate::event::GoId;

/// Wakes a waiter; false if it no longer waits.
pub(super) type Claim<'a> = &'a mut dyn FnMut(Waiter) -> bool;

/// What a channel consists of.
#[derive(Debug)]
pub(super) struct ChanState<T> {
    cap: usize,
    buffer: VecDeque<T>,
    /// Parked receivers, oldest first; never together with buffered values.
    receivers: VecDeque<Waiter>,
    /// Parked senders with their values, oldest first; never together with free slots.
    senders: VecDeque<(Waiter, T)>,
    /// Values handed to receivers that have not run since.
    delivered: Vec<(Waiter, T)>,
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
            receivers: VecDeque::new(),
            senders: VecDeque::new(),
            delivered: Vec::new(),
            closed: false,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.buffer.len()
    }

    /// Whether a send could be done now, be it to panic.
    pub(super) fn can_send(&self, waits: &dyn Fn(Waiter) -> bool) -> bool {
        self.closed || self.buffer.len() < self.cap || self.receivers.iter().any(|&w| waits(w))
    }

    /// Whether a receive could be done now.
    pub(super) fn can_recv(&self, waits: &dyn Fn(Waiter) -> bool) -> bool {
        self.closed || !self.buffer.is_empty() || self.senders.iter().any(|(w, _)| waits(*w))
    }

    /// Whether somebody waits to receive.
    pub(super) fn has_receivers(&self, waits: &dyn Fn(Waiter) -> bool) -> bool {
        self.receivers.iter().any(|&w| waits(w))
    }

    pub(super) fn send(&mut self, value: T, claim: Claim<'_>) -> Sent<T> {
        if self.closed {
            return Sent::Closed(value);
        }
        while let Some(receiver) = self.receivers.pop_front() {
            if claim(receiver) {
                self.delivered.push((receiver, value));
                return Sent::To(receiver.go);
            }
        }
        if self.buffer.len() < self.cap {
            self.buffer.push_back(value);
            return Sent::Buffered;
        }
        Sent::Full(value)
    }

    pub(super) fn recv(&mut self, claim: Claim<'_>) -> Received<T> {
        let head = self.buffer.pop_front();
        while let Some((sender, value)) = self.senders.pop_front() {
            if !claim(sender) {
                // Its select was won elsewhere and has not taken the value back yet.
                self.delivered.push((sender, value));
                continue;
            }
            return match head {
                Some(head) => {
                    self.buffer.push_back(value);
                    Received::From(sender.go, head)
                }
                None => Received::From(sender.go, value),
            };
        }
        match head {
            Some(head) => Received::Buffered(head),
            None if self.closed => Received::Closed,
            None => Received::Empty,
        }
    }

    /// Closes the channel; false if it was closed. Waiters are collected receivers first, each kind
    /// oldest first, and made ready in reverse order.
    pub(super) fn close(&mut self, claim: Claim<'_>) -> bool {
        if std::mem::replace(&mut self.closed, true) {
            return false;
        }
        let mut all: Vec<Waiter> = self.receivers.drain(..).collect();
        for (sender, value) in self.senders.drain(..) {
            all.push(sender);
            // The sender takes its value back when it runs, and panics.
            self.delivered.push((sender, value));
        }
        for waiter in all.into_iter().rev() {
            claim(waiter);
        }
        true
    }

    pub(super) fn park_receiver(&mut self, waiter: Waiter) {
        self.receivers.push_back(waiter);
    }

    pub(super) fn park_sender(&mut self, waiter: Waiter, value: T) {
        self.senders.push_back((waiter, value));
    }

    /// What a woken receiver was handed; nothing if a close woke it. For a sender whose value was not
    /// taken, the value.
    pub(super) fn take_delivered(&mut self, waiter: Waiter) -> Option<T> {
        let at = self.delivered.iter().position(|(to, _)| *to == waiter)?;
        Some(self.delivered.swap_remove(at).1)
    }

    /// Takes a waiter's entry out of the queues; gives a sender's value back.
    pub(super) fn forget(&mut self, waiter: Waiter) -> Option<T> {
        self.receivers.retain(|entry| *entry != waiter);
        match self.senders.iter().position(|(entry, _)| *entry == waiter) {
            Some(at) => self.senders.remove(at).map(|(_, value)| value),
            None => self.take_delivered(waiter),
        }
    }

    /// Takes out what is buffered.
    pub(super) fn drain(&mut self) -> VecDeque<T> {
        std::mem::take(&mut self.buffer)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use proptest::prelude::*;
    use proptest::test_runner::{Config, RngSeed};

    use super::*;

    fn waiter(n: u32) -> Waiter {
        Waiter { go: GoId::new(n), ticket: 1, case: 0 }
    }

    #[derive(Clone, Debug)]
    enum Operation {
        Send,
        Recv,
        Close,
        Stale,
    }

    fn operation() -> impl Strategy<Value = Operation> {
        prop_oneof![
            4 => Just(Operation::Send),
            4 => Just(Operation::Recv),
            1 => Just(Operation::Close),
            1 => Just(Operation::Stale),
        ]
    }

    /// A channel as one would write it on a napkin: values in order of sending, waiters in order.
    #[derive(Default)]
    struct Naive {
        cap: usize,
        values: VecDeque<u32>,
        receivers: VecDeque<u32>,
        closed: bool,
    }

    proptest! {
        #![proptest_config(Config {
            failure_persistence: None,
            rng_seed: RngSeed::Fixed(1),
            ..Config::default()
        })]

        #[test]
        fn it_agrees_with_a_naive_channel(
            cap in 0_usize..4,
            operations in prop::collection::vec(operation(), 0..40),
        ) {
            let mut state = ChanState::new(cap);
            let mut naive = Naive { cap, ..Naive::default() };
            let mut stale = Vec::new();
            for (n, operation) in operations.into_iter().enumerate() {
                let n = n as u32;
                let mut woken = Vec::new();
                let mut claim = |w: Waiter| {
                    let waits = !stale.contains(&w);
                    if waits { woken.push(w.go.number()); }
                    waits
                };
                match operation {
                    Operation::Send => match state.send(n, &mut claim) {
                        Sent::Closed(_) => prop_assert!(naive.closed),
                        Sent::To(go) => {
                            prop_assert_eq!(Some(go.number()), naive.receivers.pop_front());
                            prop_assert_eq!(state.take_delivered(waiter(go.number())), Some(n));
                        }
                        Sent::Buffered => naive.values.push_back(n),
                        Sent::Full(value) => {
                            prop_assert!(naive.values.len() >= naive.cap);
                            state.park_sender(waiter(n), value);
                            naive.values.push_back(n);
                        }
                    },
                    Operation::Recv => match state.recv(&mut claim) {
                        Received::Buffered(value) | Received::From(_, value) => {
                            prop_assert_eq!(Some(value), naive.values.pop_front());
                        }
                        Received::Closed => prop_assert!(naive.closed && naive.values.is_empty()),
                        Received::Empty => {
                            prop_assert!(naive.values.is_empty());
                            state.park_receiver(waiter(n));
                            naive.receivers.push_back(n);
                        }
                    },
                    Operation::Close => {
                        prop_assert_eq!(state.close(&mut claim), !naive.closed);
                        naive.closed = true;
                        naive.receivers.clear();
                        naive.values.truncate(cap.min(naive.values.len()));
                    }
                    Operation::Stale => {
                        if let Some(gone) = naive.receivers.pop_back() {
                            stale.push(waiter(gone));
                        }
                    }
                }
                prop_assert_eq!(state.len(), naive.values.len().min(cap));
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
        state.park_sender(waiter(2), 'a');
        assert_eq!(state.recv(&mut |_| false), Received::Empty);
        assert_eq!(state.forget(waiter(2)), Some('a'));
        assert_eq!(state.forget(waiter(2)), None);
    }
}
