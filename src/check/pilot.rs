//! A few runs before the exploration, to learn how large the program is.
//!
//! A pure function of program and seed: every process, job and shard computes the same figures. The runs
//! are no schedules of the exploration, and what they show is not reported.

use super::apart::apart;
use super::program::Program;
use super::runner::Runner;
use super::setup::Setup;
use crate::event::GoId;
use crate::schedule::{Dice, Purpose};
use crate::strategy::{Pilot, Point, Strategy};

/// Random walks, each with a stream of its own; the run after them goes round robin.
const WALKS: u64 = 4;

/// The most points and goroutines of the pilot runs.
pub(super) fn pilot(program: &Program, setup: &Setup) -> Result<Pilot, String> {
    let mut pilot = Pilot { points: 1, goroutines: 1 };
    let mut next = 0;
    while next <= WALKS {
        let (program, setup) = (program.clone(), setup.clone());
        (pilot, next) = apart(move || fly(&program, &setup, pilot, next))?;
    }
    Ok(pilot)
}

/// Pilot runs from `next` on, until all are done or a goroutine is stranded.
fn fly(
    program: &Program,
    setup: &Setup,
    mut pilot: Pilot,
    mut next: u64,
) -> ((Pilot, u64), Option<Runner>) {
    let setup = Setup { races: false, ..setup.clone() };
    let mut runner = Runner::new(program, &setup, |_| "random".to_owned());
    while next <= WALKS && !runner.tainted() {
        let strategy: Box<dyn Strategy> = match next {
            WALKS => Box::new(Around),
            walk => Box::new(Walk(Dice::new(setup.seed, walk, Purpose::Pilot))),
        };
        let record = runner.sample(next, strategy);
        pilot.points = pilot.points.max(u32::try_from(record.points).unwrap_or(u32::MAX));
        pilot.goroutines = pilot.goroutines.max(record.made);
        next += 1;
    }
    ((pilot, next), Some(runner))
}

/// A random walk on the pilots' own stream.
struct Walk(Dice);

impl Strategy for Walk {
    fn choose(&mut self, point: &Point<'_>) -> GoId {
        point.enabled[self.0.below(point.enabled.len() as u32) as usize]
    }
}

/// The next one in the order of creation.
struct Around;

impl Strategy for Around {
    fn choose(&mut self, point: &Point<'_>) -> GoId {
        let current = point.current.unwrap_or(GoId::CLOCK);
        let later = point.enabled.iter().filter(|&&go| go > current).min();
        *later.or(point.enabled.iter().min()).expect("somebody is enabled")
    }
}
