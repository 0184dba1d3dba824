//! The settings that one schedule and many have in common.

use tracing::dispatcher;

use super::{Choice, Config};
use crate::backend::sim::DEFAULT_STACK_SIZE;
use crate::schedule::{Preempt, TimeModel};

/// How a schedule is run.
#[derive(Clone, Debug)]
pub(super) struct Setup {
    pub(super) seed: u64,
    pub(super) strategy: Choice,
    pub(super) races: bool,
    pub(super) steps: u64,
    pub(super) stack_size: usize,
    pub(super) time: TimeModel,
    pub(super) preempt: Preempt,
    /// The scenario's name.
    pub(super) name: Option<String>,
    /// Runs are looked at one by one: with the stacks of those that are left.
    pub(super) alone: bool,
    /// Whoever has installed a `tracing` subscriber is told of each run.
    pub(super) told: bool,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            seed: 0,
            strategy: Choice::Text("mix".to_owned()),
            races: true,
            steps: 1_000_000,
            stack_size: DEFAULT_STACK_SIZE,
            time: TimeModel::Idle,
            preempt: Preempt::EveryPoint,
            name: None,
            alone: false,
            told: false,
        }
    }
}

impl Setup {
    /// The same, for runs that somebody asked for one by one: they say more, and are told to the `tracing`
    /// subscriber that is installed, if one is.
    pub(super) fn alone(&self) -> Self {
        Self { alone: true, told: dispatcher::has_been_set(), ..self.clone() }
    }

    /// What the environment asks for, before what the code asks for.
    pub(super) fn from_config(config: &Config) -> Self {
        let default = Self::default();
        Self {
            seed: config.seed.unwrap_or(default.seed),
            strategy: config.strategy.clone().map_or(default.strategy, Choice::Text),
            stack_size: config.stack.unwrap_or(default.stack_size),
            time: config.time.unwrap_or(default.time),
            ..default
        }
    }
}

/// The builder methods of [`Setup`], for everything that has one in a field `setup`.
macro_rules! setters {
    () => {
        /// The seed of all that is random.
        pub fn seed(mut self, s: u64) -> Self {
            self.setup.seed = s;
            self
        }

        /// Who decides: `"random"`, `"pct:3"`, … or a strategy by value. The default is `"mix"`.
        pub fn strategy(mut self, s: impl crate::check::IntoStrategy) -> Self {
            self.setup.strategy = s.into_choice();
            self
        }

        /// Whether data races are looked for; they are by default.
        pub fn races(mut self, on: bool) -> Self {
            self.setup.races = on;
            self
        }

        /// The most steps of a run; 1,000,000 by default.
        pub fn steps(mut self, n: u64) -> Self {
            self.setup.steps = n;
            self
        }

        /// How large the stack of a goroutine is; 256 KiB by default, and 8 MiB for main.
        pub fn stack_size(mut self, bytes: usize) -> Self {
            self.setup.stack_size = bytes;
            self
        }

        /// When virtual time moves; only when nothing else can, by default.
        pub fn time(mut self, m: crate::schedule::TimeModel) -> Self {
            self.setup.time = m;
            self
        }

        /// Where goroutines can be interrupted; everywhere, by default.
        pub fn preempt(mut self, p: crate::schedule::Preempt) -> Self {
            self.setup.preempt = p;
            self
        }

        /// The name that tokens carry: a scenario's.
        #[doc(hidden)]
        pub fn named(mut self, name: impl Into<String>) -> Self {
            self.setup.name = Some(name.into());
            self
        }
    };
}

pub(super) use setters;
