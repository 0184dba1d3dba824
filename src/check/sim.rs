//! One schedule.

use super::again::{Again, Follow, again, pilot_if, run_of};
use super::apart::{apart, told_apart};
use super::choice::Resolved;
use super::or_panic;
use super::program::Program;
use super::runner::Runner;
use super::setup::{Setup, setters};
use crate::report::{Run, Trace};

/// Runs one schedule of a program on the simulator, which needs unwinding (not `panic = "abort"`).
///
/// ```
/// use goseed::{Exit, Sim, println};
///
/// let run = Sim::new().seed(7).run(|| println!("hello"));
/// assert_eq!(run.exit, Exit::Returned);
/// assert_eq!(run.stdout, "hello\n");
/// ```
#[derive(Clone, Debug, Default)]
#[must_use = "it does nothing until it runs a program"]
pub struct Sim {
    setup: Setup,
    index: u64,
}

impl Sim {
    /// Schedule 0 of seed 0.
    pub fn new() -> Self {
        Self::default()
    }

    setters!();

    /// Which schedule of the seed; 0 by default.
    pub fn index(mut self, i: u64) -> Self {
        self.index = i;
        self
    }

    /// Runs the schedule.
    ///
    /// # Panics
    ///
    /// If there is no strategy of the given name, or if the strategy panics. What goes wrong in the
    /// program is told by the [`Run`].
    #[track_caller]
    pub fn run<F: Fn() + Send + Sync + 'static>(&self, main: F) -> Run {
        let program = Program::new(main, self.setup.name.as_deref());
        let setup = &self.setup.alone();
        or_panic(self.run_program(&program, setup))
    }

    /// Runs the schedule and keeps all its events.
    ///
    /// # Panics
    ///
    /// As [`run`](Self::run), and if the same choices do not give the same run.
    #[track_caller]
    pub fn trace<F: Fn() + Send + Sync + 'static>(&self, main: F) -> (Run, Trace) {
        let program = Program::new(main, self.setup.name.as_deref());
        let Again { run, trace, difference, .. } = or_panic(self.trace_program(&program));
        match difference {
            Some(difference) => panic!("divergence: {difference}"),
            None => (run, trace),
        }
    }

    fn trace_program(&self, program: &Program) -> Result<Again, String> {
        let run = self.run_program(program, &self.setup)?;
        again(program, &self.setup.alone(), &run.schedule, Follow::Strictly)
    }

    fn run_program(&self, program: &Program, setup: &Setup) -> Result<Run, String> {
        match self.setup.strategy.resolve().map_err(|error| format!("no such strategy: {error}"))? {
            Resolved::Sample(factory) => {
                let pilot = pilot_if(factory.needs_pilot_at(self.index), program, &self.setup)?;
                let name = factory.resolved(self.index);
                let strategy = factory.make(self.setup.seed, self.index, pilot);
                let (program, setup, index) = (program.clone(), setup.clone(), self.index);
                told_apart(setup.told, move || {
                    let mut runner =
                        Runner::new(&program, &setup, move |i| factory.resolved(i)).explaining();
                    let record = runner.sample(index, strategy);
                    let schedule = runner.schedule(name, true);
                    (run_of(record, schedule), Some(runner))
                })
            }
            Resolved::Search(name, make) => self.searched(program, name, make()),
        }
    }

    /// The schedule with this index of a search, or its last one.
    fn searched(
        &self,
        program: &Program,
        name: String,
        mut search: Box<dyn crate::strategy::Search>,
    ) -> Result<Run, String> {
        let (mut index, mut run, mut more) = (0, None, true);
        while more && (index <= self.index || run.is_none()) {
            let (program, setup, name) = (program.clone(), self.setup.clone(), name.clone());
            let step = move || {
                let known = name.clone();
                let mut runner = Runner::new(&program, &setup, move |_| known.clone()).explaining();
                let record = runner.search(index, &mut *search);
                let more = search.end(&record.blocked);
                let seen = record.abandoned;
                let run = run_of(record, runner.schedule(name, true));
                ((search, more, (!seen).then_some(run)), Some(runner))
            };
            let next;
            (search, more, next) = apart(step)?;
            if let Some(next) = next {
                index += 1;
                run = Some(next);
            }
        }
        run.ok_or_else(|| "the search has no schedule".to_owned())
    }
}
