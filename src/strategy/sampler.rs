//! A strategy as a run asks it.

use std::any::Any;

use super::pct::Priorities;
use super::random::Walk;
use super::{Point, Strategy};
use crate::event::GoId;

/// A sampling strategy for the length of a run. The two that most schedules are made by are asked without a
/// call, since a step takes little longer than one.
pub(crate) struct Sampler(Kind);

enum Kind {
    Walk(Box<Walk>),
    Priorities(Box<Priorities>),
    Other(Box<dyn Strategy>),
}

impl Sampler {
    pub(crate) fn new(strategy: Box<dyn Strategy>) -> Self {
        let any: &dyn Any = &*strategy;
        if any.is::<Walk>() {
            let any: Box<dyn Any> = strategy;
            Self(Kind::Walk(any.downcast().expect("it is one")))
        } else if any.is::<Priorities>() {
            let any: Box<dyn Any> = strategy;
            Self(Kind::Priorities(any.downcast().expect("it is one")))
        } else {
            Self(Kind::Other(strategy))
        }
    }

    /// Who runs next.
    #[inline(always)]
    pub(crate) fn choose(&mut self, point: &Point<'_>) -> GoId {
        match &mut self.0 {
            Kind::Walk(walk) => walk.choose(point),
            Kind::Priorities(priorities) => priorities.choose(point),
            Kind::Other(strategy) => strategy.choose(point),
        }
    }

    /// The strategy, to be told of what happens.
    #[inline]
    pub(crate) fn strategy(&mut self) -> &mut dyn Strategy {
        match &mut self.0 {
            Kind::Walk(walk) => &mut **walk,
            Kind::Priorities(priorities) => &mut **priorities,
            Kind::Other(strategy) => &mut **strategy,
        }
    }
}
