//! All schedules of a search, one after another, until none is left.

use super::apart::apart;
use super::limits::Limits;
use super::program::Program;
use super::runner::Runner;
use super::setup::Setup;
use super::tally::{Block, Known, Tally};
use crate::schedule::Preempt;
use crate::strategy::Search;

/// Schedules after which others are told how far it has come.
const BLOCK: u64 = 64;

/// A search under way.
pub(super) struct Searching {
    pub(super) program: Program,
    pub(super) setup: Setup,
    pub(super) name: String,
    pub(super) search: Box<dyn Search>,
    /// The most schedules, those given up on the way included.
    pub(super) schedules: u64,
    pub(super) limits: Limits,
    pub(super) progress: Progress,
}

/// How far it has come.
#[derive(Default)]
pub(super) struct Progress {
    tried: u64,
    counted: u64,
    block: Block,
    known: Known,
    tally: Tally,
    passed_over: bool,
    complete: bool,
    over: bool,
}

impl Searching {
    /// Runs them all; also says whether there are no others.
    ///
    /// # Errors
    ///
    /// The text of a panic in the search.
    pub(super) fn run(mut self) -> Result<(Tally, bool), String> {
        while !self.progress.over {
            self = apart(move || self.go_on())?;
        }
        Ok((self.progress.tally, self.progress.complete))
    }

    /// Goes on until all is done, or a goroutine is stranded.
    fn go_on(mut self) -> (Self, Option<Runner>) {
        let name = self.name.clone();
        let mut runner = Runner::new(&self.program, &self.setup, move |_| name.clone());
        while !self.progress.over && !runner.tainted() {
            self.step(&mut runner);
        }
        if self.progress.over {
            self.absorb();
        }
        (self, Some(runner))
    }

    fn step(&mut self, runner: &mut Runner) {
        let progress = &mut self.progress;
        let index = progress.counted;
        let record = runner.search(index, &mut *self.search);
        progress.tried += 1;
        let exhausted = !self.search.end(&record.blocked);
        // Between two points where others can go on there may be more than what was announced.
        let more = self.search.reduces() && self.setup.preempt == Preempt::Cooperative;
        progress.passed_over |= record.passed_over || more;
        progress.complete = exhausted && !self.search.misses() && !progress.passed_over;
        progress.over = exhausted || progress.tried >= self.schedules;
        if !record.abandoned {
            progress.counted += 1;
            let choices = |_| runner.schedule(self.name.clone(), true);
            let verdict = &self.limits.verdict;
            let fails = progress.block.add(index, record, verdict, &mut progress.known, choices);
            progress.over |= fails && !self.limits.keep_going;
        }
        if progress.tried.is_multiple_of(BLOCK) {
            self.absorb();
            self.progress.over |= self.limits.reached();
        }
    }

    fn absorb(&mut self) {
        let progress = &mut self.progress;
        progress.tally.absorb(std::mem::take(&mut progress.block));
        progress.over |= progress.tally.too_many_stranded();
        self.limits.tell(&progress.tally);
    }
}
