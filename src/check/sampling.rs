//! Many schedules of a sampling strategy, on one thread or several.
//!
//! Workers take blocks of consecutive indices and hand in what they showed. Blocks are absorbed in the
//! order of their indices, and the first failing index ends it all: nothing after it counts, however many
//! workers had run ahead.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use super::apart::apart;
use super::config::Shard;
use super::limits::Limits;
use super::program::Program;
use super::runner::Runner;
use super::setup::Setup;
use super::tally::{Block, Known, Tally};
use crate::strategy::{Factory, Pilot};

/// Schedules in a block.
const BLOCK: u64 = 64;

/// All that workers share.
pub(super) struct Sampling {
    pub(super) program: Program,
    pub(super) setup: Setup,
    pub(super) factory: Arc<dyn Factory>,
    pub(super) pilot: Pilot,
    pub(super) shard: Shard,
    /// How many schedules there are to do in this shard.
    pub(super) schedules: u64,
    pub(super) limits: Limits,
    pub(super) state: Mutex<State>,
}

/// How far it has come.
#[derive(Debug, Default)]
pub(super) struct State {
    /// The next block to be taken.
    next: u64,
    /// The next block to be absorbed.
    absorbed: u64,
    /// Blocks that came before their turn.
    early: BTreeMap<u64, Block>,
    tally: Tally,
    /// No more blocks.
    over: bool,
    /// Why a worker could not go on.
    broken: Option<String>,
}

/// A block in the making.
#[derive(Debug, Default)]
struct Making {
    number: u64,
    /// Schedules of the block that are done.
    done: u64,
    block: Block,
}

/// What a worker takes along when it has to change its thread.
#[derive(Debug, Default)]
struct Baggage {
    making: Option<Making>,
    known: Known,
    finished: bool,
}

impl Sampling {
    /// Runs all schedules with this many workers.
    ///
    /// # Errors
    ///
    /// The text of a panic in a strategy.
    pub(super) fn run(self, jobs: usize) -> Result<Tally, String> {
        let shared = Arc::new(self);
        thread::scope(|scope| {
            for _ in 1..jobs {
                let worker = Arc::clone(&shared);
                let thread = thread::Builder::new().spawn_scoped(scope, move || worker.drive());
                if thread.is_err() {
                    break;
                }
            }
            shared.drive();
        });
        let mut state = shared.state();
        match state.broken.take() {
            Some(text) => Err(text),
            None => Ok(std::mem::take(&mut state.tally)),
        }
    }

    /// One worker: on a fresh thread after each stranded goroutine.
    fn drive(self: &Arc<Self>) {
        let mut baggage = Baggage::default();
        while !baggage.finished {
            let shared = Arc::clone(self);
            match apart(move || shared.work(baggage)) {
                Ok(next) => baggage = next,
                Err(text) => {
                    let mut state = self.state();
                    state.over = true;
                    state.broken.get_or_insert(text);
                    return;
                }
            }
        }
    }

    /// Makes blocks until there are no more, or a goroutine is stranded.
    fn work(&self, mut baggage: Baggage) -> (Baggage, Option<Runner>) {
        let factory = Arc::clone(&self.factory);
        let mut runner =
            Runner::new(&self.program, &self.setup, move |index| factory.resolved(index));
        while let Some(mut making) = baggage.making.take().or_else(|| self.take()) {
            if self.make(&mut making, &mut runner, &mut baggage.known) {
                self.hand_in(making);
            } else {
                baggage.making = Some(making);
                return (baggage, Some(runner));
            }
        }
        baggage.finished = true;
        (baggage, Some(runner))
    }

    fn take(&self) -> Option<Making> {
        let mut state = self.state();
        let begun = state.next > 0;
        if state.over || state.next * BLOCK >= self.schedules || (begun && self.limits.reached()) {
            return None;
        }
        state.next += 1;
        Some(Making { number: state.next - 1, ..Making::default() })
    }

    /// Goes on with a block. Returns whether it is done; it is not if a goroutine was stranded.
    fn make(&self, making: &mut Making, runner: &mut Runner, known: &mut Known) -> bool {
        let size = BLOCK.min(self.schedules - making.number * BLOCK);
        while making.done < size {
            if runner.tainted() {
                return false;
            }
            let index = self.shard.index(making.number * BLOCK + making.done);
            making.done += 1;
            let strategy = self.factory.make(self.setup.seed, index, self.pilot);
            let record = runner.sample(index, strategy);
            let choices = |written| runner.schedule(self.factory.resolved(index), written);
            let fails = making.block.add(index, record, &self.limits.verdict, known, choices);
            if (fails && !self.limits.keep_going) || self.limits.stopped() {
                break;
            }
        }
        true
    }

    /// Absorbs the block when its turn has come, and those that waited for it.
    fn hand_in(&self, making: Making) {
        let state = &mut *self.state();
        state.early.insert(making.number, making.block);
        while let Some(block) = state.early.remove(&state.absorbed) {
            state.absorbed += 1;
            let whole = block.schedules == BLOCK;
            let last = block.failed && !self.limits.keep_going;
            state.tally.absorb(block);
            self.limits.tell(&state.tally);
            if !whole || last || state.tally.too_many_stranded() {
                state.over = true;
                state.early.clear();
                state.absorbed = u64::MAX;
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
