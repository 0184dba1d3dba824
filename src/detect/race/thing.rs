//! What the detector keeps of one object.

use super::clock::Released;
use super::word::Word;
use crate::event::{ObjectInfo, ObjectKind};

/// One object. What it has allocated in one run serves another object in the next.
#[derive(Debug)]
pub(super) struct Thing {
    pub(super) info: ObjectInfo,
    /// The word whose accesses can race: a variable's or an atomic's value, a channel as `close` and
    /// `send` see it, a wait group as its first `add` and its first `wait` see it.
    pub(super) word: Word,
    /// What its operations release: a lock's `unlock`, a channel's `close`.
    pub(super) main: Released,
    /// What other operations release, for some of the object's to acquire: `runlock` for `lock`, a
    /// context's `after_func` for its cancellation, `reset` for a timer's fire.
    pub(super) others: Released,
    pub(super) buffer: Buffer,
}

/// A channel's buffer: its clocks, and how many values have come and gone.
#[derive(Debug, Default)]
pub(super) struct Buffer {
    pub(super) cap: usize,
    /// The values are empty: all slots share one clock, on which edges accumulate.
    pub(super) empty: bool,
    pub(super) closed: bool,
    sent: usize,
    received: usize,
    slots: Vec<Released>,
}

impl Thing {
    pub(super) fn new(info: ObjectInfo) -> Self {
        let (main, others) = (Released::default(), Released::default());
        Self { info, word: Word::default(), main, others, buffer: Buffer::default() }
    }

    /// Becomes another object.
    pub(super) fn renew(&mut self, info: ObjectInfo) {
        self.info = info;
        self.word.clear();
        self.main.clear();
        self.others.clear();
        if info.kind == ObjectKind::Chan {
            self.buffer.clear();
        }
    }
}

impl Buffer {
    fn clear(&mut self) {
        (self.cap, self.empty, self.closed) = (0, false, false);
        (self.sent, self.received) = (0, 0);
        self.slots.iter_mut().for_each(Released::clear);
    }

    /// The slot of the next value to be sent.
    pub(super) fn next_sent(&mut self) -> &mut Released {
        self.sent += 1;
        self.slot(self.sent - 1)
    }

    /// The slot of the next value to be received.
    pub(super) fn next_received(&mut self) -> &mut Released {
        self.received += 1;
        self.slot(self.received - 1)
    }

    /// A value has gone through without a stop: the slot that it would have used.
    pub(super) fn next_through(&mut self) -> &mut Released {
        self.sent += 1;
        self.next_received()
    }

    fn slot(&mut self, number: usize) -> &mut Released {
        let position = if self.empty { 0 } else { number % self.cap };
        if self.slots.len() <= position {
            self.slots.resize_with(position + 1, Released::default);
        }
        &mut self.slots[position]
    }
}
