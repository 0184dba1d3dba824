//! What was decided: all the choices of one run, as a value.
//!
//! A strategy *produces* choices, replay *feeds* them, a token *encodes* them. All that is random comes
//! from [`Dice`]: `ChaCha8` in separate streams by (seed, schedule index, purpose), so that schedule *i*
//! can be run alone and a `select` that disappears does not move the scheduler's draws.

mod dice;
mod plan;
mod recorder;
mod shrink;
mod token;

use std::sync::Arc;

pub use dice::Dice;
pub(crate) use dice::Purpose;
#[cfg(test)]
pub(crate) use dice::all;
pub(crate) use plan::{Entry, Plan};
pub(crate) use recorder::{Names, Recorder};
pub(crate) use shrink::{Cost, Trial, Tried, shrink};
pub use token::TokenError;
pub(crate) use token::program_hash;

/// When virtual time moves.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum TimeModel {
    /// Only when no goroutine can run: nothing takes any time.
    #[default]
    Idle,
    /// Also while goroutines can run, as a choice of the strategy: the machine may be slow.
    Racing,
}

/// Where a goroutine can be interrupted.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Preempt {
    /// Before each visible operation, as in Go since 1.14.
    #[default]
    EveryPoint,
    /// Only where it blocks, prints or calls `gosched`, as in Go before 1.14.
    Cooperative,
}

/// All choices of one run: enough to do exactly the same again.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Schedule(pub(crate) Arc<Recipe>);

/// What a schedule consists of.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Recipe {
    /// Hash of the program's name ([`program_hash`]).
    pub(crate) program: u32,
    pub(crate) time: TimeModel,
    pub(crate) preempt: Preempt,
    /// The name of the strategy that made it, never `mix`: that came to another one.
    pub(crate) strategy: String,
    pub(crate) seed: u64,
    pub(crate) index: u64,
    /// The choices, if they are written out; else the strategy makes them again.
    pub(crate) picks: Option<Picks>,
}

/// Choices written out.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Picks {
    /// The goroutines that were ever chosen or draw data, each as (position of its parent in this list,
    /// ordinal of its `go` under that parent). The first is main, which is its own parent; the parent of
    /// one that the clock started is [`Turn::CLOCK`].
    pub(crate) names: Vec<Name>,
    /// Who ran, for how many points with a choice.
    pub(crate) runs: Vec<Turn>,
    /// Data choices other than those that the streams give, in the order of the run.
    pub(crate) data: Vec<Datum>,
}

/// One goroutine, by its stable name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Name {
    /// Position of the parent in the list of names; smaller than its own, but for the first and for
    /// [`Turn::CLOCK`].
    pub(crate) parent: u32,
    /// Which `go` of the parent, from 0.
    pub(crate) ordinal: u32,
}

/// One goroutine is chosen several times in a row.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Turn {
    /// Position in the list of names; [`Turn::CLOCK`] for the clock.
    pub(crate) name: u32,
    /// How often, at least once.
    pub(crate) count: u32,
}

impl Turn {
    /// The clock, which has no name.
    pub(crate) const CLOCK: u32 = u32::MAX;
}

/// One choice that is not about who runs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Datum {
    /// Whose operation it belongs to, as a position in the list of names.
    pub(crate) name: u32,
    /// Which data choice of that goroutine, from 0.
    pub(crate) ordinal: u32,
    /// What was chosen.
    pub(crate) value: u32,
}

impl Schedule {
    /// The schedule as text, to be pasted into `GOSEED_REPLAY` or [`replay`](crate::replay).
    pub fn token(&self) -> String {
        token::encode(&self.0)
    }

    /// The schedule behind a token.
    ///
    /// # Errors
    ///
    /// Says what is wrong with a text that is no token of this version.
    pub fn from_token(token: &str) -> Result<Self, TokenError> {
        token::decode(token).map(|recipe| Self(Arc::new(recipe)))
    }

    /// The strategy that made it.
    pub fn strategy(&self) -> &str {
        &self.0.strategy
    }

    /// The seed that it was drawn from.
    pub fn seed(&self) -> u64 {
        self.0.seed
    }

    /// Its index among the schedules of that seed.
    pub fn index(&self) -> u64 {
        self.0.index
    }

    /// How often the running goroutine changed by choice.
    pub fn switches(&self) -> usize {
        let Some(picks) = &self.0.picks else { return 0 };
        let starts_with_main = picks.runs.first().is_some_and(|turn| turn.name == 0);
        picks.runs.len() - usize::from(starts_with_main)
    }
}
