//! Round robin: at every point the next one, in the order of creation.

use super::{Factory, Pilot, Point, Strategy};
use crate::event::GoId;

/// The strategy `round-robin`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct RoundRobin;

impl Factory for RoundRobin {
    fn name(&self) -> String {
        "round-robin".to_owned()
    }

    fn make(&self, _seed: u64, _index: u64, _pilot: Pilot) -> Box<dyn Strategy> {
        Box::new(Around { last: GoId::CLOCK })
    }
}

struct Around {
    last: GoId,
}

impl Strategy for Around {
    fn choose(&mut self, point: &Point<'_>) -> GoId {
        let later = point.enabled.iter().filter(|&&go| go > self.last).min();
        let next = later.or(point.enabled.iter().min());
        self.last = *next.expect("a point has somebody who can go on");
        self.last
    }
}
