//! A simulator with a program in it: the only place that talks to the machine.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::program::Program;
use super::setup::Setup;
use super::telling::Telling;
use super::watchdog::{self, Watched};
use crate::backend::sim::{Decider, Machine, Record, Settings};
use crate::detect::{LockOrders, Moment, Races, Uses};
use crate::event::Observer;
use crate::schedule::{Recipe, Schedule};
use crate::strategy::{Search, Strategy};

/// Runs schedules of one program, one after another, on the thread that made it.
#[derive(Debug)]
pub(super) struct Runner {
    machine: Machine,
    watched: Arc<Watched>,
    program: Program,
    settings: Settings,
    /// Looks for data races, if that is wanted, or for what comes after what.
    races: Option<Races>,
    reports_races: bool,
    /// Looks for locks that are taken in different orders.
    locks: Option<LockOrders>,
    /// Keeps account of what each run used, if it is to be explained.
    uses: Option<Uses>,
    /// Tells the events of each run, if somebody listens.
    telling: Option<Telling>,
}

impl Runner {
    /// A simulator for this program; `strategy` names who decides the schedule with a given index.
    pub(super) fn new(
        program: &Program,
        setup: &Setup,
        strategy: impl Fn(u64) -> String + Send + Sync + 'static,
    ) -> Self {
        let settings = Settings {
            seed: setup.seed,
            index: 0,
            time: setup.time,
            preempt: setup.preempt,
            steps: setup.steps,
            gated: false,
            trace: false,
            spans: setup.told,
            stacks: setup.alone,
        };
        let (recipe, of) = (recipe(program, &settings), settings.clone());
        let token = Arc::new(move |index, picks| {
            let recipe = Recipe { index, strategy: strategy(index), picks, ..recipe.clone() };
            Schedule(Arc::new(recipe)).token()
        });
        let watched = watchdog::watch(token.clone());
        let machine = Machine::new(setup.stack_size, Arc::clone(&watched.heartbeat), token);
        let races = setup.races.then(Races::default);
        Self {
            machine,
            watched,
            program: program.clone(),
            settings: of,
            races,
            reports_races: setup.races,
            locks: setup.races.then(LockOrders::default),
            uses: None,
            telling: setup.told.then(Telling::default),
        }
    }

    /// The same, for runs that are looked at one by one: what is found in them says more.
    pub(super) fn explaining(mut self) -> Self {
        self.uses = Some(Uses::default());
        self
    }

    /// Runs the schedule with this index as `strategy` decides it.
    pub(super) fn sample(&mut self, index: u64, strategy: Box<dyn Strategy>) -> Record {
        self.run(index, Decider::Sample(strategy))
    }

    /// Runs the next schedule of a search.
    pub(super) fn search(&mut self, index: u64, search: &mut dyn Search) -> Record {
        self.settings.gated = true;
        search.begin();
        self.run(index, Decider::Search(search))
    }

    /// Runs a schedule again: gated if a search made it, and with all events kept, and where each stands.
    pub(super) fn again(
        &mut self,
        index: u64,
        gated: bool,
        strategy: Box<dyn Strategy>,
    ) -> (Record, Vec<Moment>) {
        self.settings.gated = gated;
        self.settings.trace = true;
        self.races.get_or_insert_default().keep_moments();
        let record = self.run(index, Decider::Sample(strategy));
        let moments = self.races.as_mut().map(Races::take_moments).unwrap_or_default();
        (record, moments)
    }

    /// Runs a candidate of the shrinker: as `again`, without events.
    pub(super) fn scripted(
        &mut self,
        index: u64,
        gated: bool,
        strategy: Box<dyn Strategy>,
    ) -> Record {
        self.settings.gated = gated;
        self.run(index, Decider::Sample(strategy))
    }

    /// Stretches of the last run in which the same goroutine was chosen.
    pub(super) fn stretches(&self) -> u32 {
        self.machine.stretches()
    }

    fn run(&mut self, index: u64, decider: Decider<'_>) -> Record {
        self.settings.index = index;
        self.watched.index.store(index, Ordering::Relaxed);
        self.watched.runs.fetch_add(1, Ordering::Relaxed);
        let (main, settings) = (&self.program.main, &self.settings);
        let mut observers: Vec<&mut dyn Observer> = Vec::new();
        observers.extend(self.races.as_mut().map(|races| races as &mut dyn Observer));
        observers.extend(self.locks.as_mut().map(|locks| locks as &mut dyn Observer));
        observers.extend(self.uses.as_mut().map(|uses| uses as &mut dyn Observer));
        observers.extend(self.telling.as_mut().map(|telling| telling as &mut dyn Observer));
        let mut record = self.machine.run(main, settings, decider, &mut observers);
        let ending = &mut record.ending;
        if let Some(races) = self.races.as_mut().filter(|_| self.reports_races) {
            ending.races = races.take();
        }
        if let Some(locks) = &mut self.locks {
            ending.holdings = locks.holdings(ending);
            ending.lock_orders = locks.take();
        }
        if let Some(uses) = &self.uses {
            ending.uses = uses.take(ending);
        }
        record
    }

    /// The choices of the last run, by the strategy of this name; written out, if that is wanted.
    pub(super) fn schedule(&self, strategy: String, written_out: bool) -> Schedule {
        Schedule(Arc::new(Recipe {
            index: self.settings.index,
            strategy,
            picks: written_out.then(|| self.machine.picks()),
            ..recipe(&self.program, &self.settings)
        }))
    }

    /// Whether a goroutine is stranded in it: then it runs no more, and its thread may not end.
    pub(super) fn tainted(&self) -> bool {
        self.machine.tainted()
    }
}

fn recipe(program: &Program, settings: &Settings) -> Recipe {
    Recipe {
        program: program.hash,
        time: settings.time,
        preempt: settings.preempt,
        strategy: String::new(),
        seed: settings.seed,
        index: 0,
        picks: None,
    }
}
