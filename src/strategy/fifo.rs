//! Go's own order on one processor.
//!
//! The rules of Go's scheduler (`runtime/proc.go`) at GOMAXPROCS=1: a goroutine that becomes ready takes
//! the *next* slot and pushes the one that was there to the tail of the local queue; who runs goes on
//! until it blocks, ends or steps back; every 61st pick looks at the global queue first.

use std::collections::VecDeque;

use super::{Factory, Pilot, Point, Ready, Strategy};
use crate::event::GoId;

/// The strategy `fifo`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Fifo;

impl Factory for Fifo {
    fn name(&self) -> String {
        "fifo".to_owned()
    }

    fn make(&self, _seed: u64, _index: u64, _pilot: Pilot) -> Box<dyn Strategy> {
        Box::new(Queues::default())
    }
}

/// The capacity of the local queue.
const LOCAL: usize = 256;
/// How often the global queue is looked at first.
const GLOBAL_PERIOD: u32 = 61;
/// The most that are taken from the global queue at once.
const BATCH: usize = 128;
/// Picks that Go's runtime has done before main starts.
const STARTED: u32 = 4;
/// Go's runtime has two goroutines of its own waiting when main starts. They do nothing visible, but
/// they are picked.
const INVISIBLE: [GoId; 2] = [GoId::new(u32::MAX), GoId::new(u32::MAX - 1)];

struct Queues {
    next: Option<GoId>,
    local: VecDeque<GoId>,
    global: VecDeque<GoId>,
    /// Picks that did not come from the next slot.
    ticks: u32,
    running: Option<GoId>,
    /// Where the running one goes before the next pick, if it steps back.
    steps_back: Option<Back>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Back {
    /// To the tail of the global queue.
    Global,
    /// To the tail of the local queue.
    Local,
}

impl Default for Queues {
    fn default() -> Self {
        Self {
            next: Some(INVISIBLE[1]),
            local: VecDeque::from([INVISIBLE[0]]),
            global: VecDeque::new(),
            ticks: STARTED,
            running: None,
            steps_back: None,
        }
    }
}

impl Queues {
    /// To the tail of the local queue; if that is full, its older half moves to the global one.
    fn push_local(&mut self, go: GoId) {
        if self.local.len() < LOCAL {
            self.local.push_back(go);
        } else {
            self.global.extend(self.local.drain(..LOCAL / 2));
            self.global.push_back(go);
        }
    }

    fn push_next(&mut self, go: GoId) {
        if let Some(displaced) = self.next.replace(go) {
            self.push_local(displaced);
        }
    }

    fn pick(&mut self) -> Option<GoId> {
        loop {
            let go = self.pick_any()?;
            if !INVISIBLE.contains(&go) {
                return Some(go);
            }
        }
    }

    fn pick_any(&mut self) -> Option<GoId> {
        if self.ticks.is_multiple_of(GLOBAL_PERIOD)
            && let Some(go) = self.global.pop_front()
        {
            self.ticks += 1;
            return Some(go);
        }
        if let Some(go) = self.next.take() {
            return Some(go);
        }
        if self.local.is_empty() {
            let batch = self.global.len().min(BATCH);
            self.local.extend(self.global.drain(..batch));
        }
        let go = self.local.pop_front()?;
        self.ticks += 1;
        Some(go)
    }
}

impl Strategy for Queues {
    fn choose(&mut self, point: &Point<'_>) -> GoId {
        if let Some(running) = self.running {
            match self.steps_back.take() {
                None => return running,
                Some(Back::Global) => self.global.push_back(running),
                Some(Back::Local) => self.push_local(running),
            }
        }
        self.running = self.pick();
        *self.running.get_or_insert(point.enabled[0])
    }

    fn ready(&mut self, go: GoId, why: Ready) {
        match why {
            _ if go == GoId::CLOCK => {}
            Ready::Started(GoId::MAIN) if go == GoId::MAIN => self.running = Some(go),
            Ready::Handed(_) => {
                self.push_next(go);
                self.steps_back = Some(Back::Local);
            }
            Ready::Started(_) | Ready::Woken(_) | Ready::Timer => self.push_next(go),
        }
    }

    fn block(&mut self, go: GoId) {
        self.exit(go);
    }

    fn exit(&mut self, go: GoId) {
        if self.running == Some(go) {
            self.running = None;
            self.steps_back = None;
        }
    }

    fn yielded(&mut self, go: GoId) {
        if self.running == Some(go) {
            self.steps_back = Some(Back::Global);
        }
    }

    fn asked_always(&self) -> bool {
        true
    }
}
