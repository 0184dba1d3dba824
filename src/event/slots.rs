//! Which send a receive comes after, and which receive a send.

/// The slots of a channel's buffer, each with what went through it last.
///
/// Values leave in the order in which they came, so the k-th receive gets what the k-th send has put into its
/// slot, and the send that finds this slot again gets the room that this receive has made. These are the
/// edges of Go's memory model; nothing else orders a send and a receive of the same channel.
#[derive(Debug, Default)]
pub(crate) struct Slots<T> {
    room: usize,
    sent: usize,
    received: usize,
    last: Vec<T>,
}

impl<T: Copy> Slots<T> {
    /// Makes them those of an empty channel with room for so many values.
    pub(crate) fn reset(&mut self, room: usize) {
        (self.room, self.sent, self.received) = (room, 0, 0);
        self.last.clear();
    }

    /// A value goes in, or comes out, or both if somebody waited on the other side: what both of these come
    /// after from here on, whoever acts first. A channel without room has no slots.
    #[inline]
    pub(crate) fn pass(
        slots: Option<&mut Self>,
        sends: bool,
        mine: T,
        theirs: Option<T>,
    ) -> (Option<T>, Option<T>) {
        match (slots, sends) {
            (None, _) => (theirs, theirs.map(|_| mine)),
            (Some(slots), true) => (slots.send(mine), theirs.and_then(|recv| slots.recv(recv))),
            (Some(slots), false) => (slots.recv(mine), theirs.and_then(|send| slots.send(send))),
        }
    }

    /// The next value goes into its slot: the receive that has emptied it, if it was used before.
    fn send(&mut self, event: T) -> Option<T> {
        let slot = self.sent % self.room;
        self.sent += 1;
        if slot == self.last.len() {
            self.last.push(event);
            return None;
        }
        self.last.get_mut(slot).map(|last| std::mem::replace(last, event))
    }

    /// The next value leaves its slot: the send that has put it there.
    fn recv(&mut self, event: T) -> Option<T> {
        let slot = self.received % self.room;
        self.received += 1;
        self.last.get_mut(slot).map(|last| std::mem::replace(last, event))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slots(room: usize) -> Slots<char> {
        let mut slots = Slots::default();
        slots.reset(room);
        slots
    }

    #[test]
    fn a_receive_comes_after_its_send_and_a_send_after_the_receive_that_made_room() {
        let mut slots = slots(2);
        assert_eq!((slots.send('a'), slots.send('b')), (None, None));
        assert_eq!(slots.recv('x'), Some('a'));
        assert_eq!(slots.send('c'), Some('x'));
        assert_eq!((slots.recv('y'), slots.recv('z')), (Some('b'), Some('c')));
    }

    #[test]
    fn who_waits_for_room_is_behind_what_is_there_already() {
        let mut slots = slots(1);
        slots.send('a');
        let passed = Slots::pass(Some(&mut slots), false, 'x', Some('b'));
        assert_eq!(passed, (Some('a'), Some('x')));
        assert_eq!(slots.recv('y'), Some('b'));
    }

    #[test]
    fn who_waits_for_a_value_gets_it_through_a_slot() {
        let mut slots = slots(1);
        assert_eq!(Slots::pass(Some(&mut slots), true, 'a', Some('x')), (None, Some('a')));
        assert_eq!(slots.send('b'), Some('x'));
    }

    #[test]
    fn without_room_each_comes_after_the_other() {
        assert_eq!(Slots::pass(None, true, 'a', Some('x')), (Some('x'), Some('a')));
        assert_eq!(Slots::pass(None, false, 'x', Some('a')), (Some('a'), Some('x')));
    }
}
