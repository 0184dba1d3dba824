//! Shrinking: the smallest plan that still shows the same.
//!
//! Candidates are run, not reasoned about: what is kept is what a run of the candidate really did, so
//! every plan here is one that works. First come guesses that are right for most mistakes (nothing special
//! at all, a short beginning, a single entry), then delta debugging (Zeller, Hildebrandt, "Simplifying and
//! Isolating Failure-Inducing Input", TSE 2002) and small changes, until nothing helps any more. A subset
//! of a set of switches that fails may pass, so removing alone is not enough.
//!
//! Nothing looks at a clock: whoever tries the candidates counts them.

use std::collections::BTreeSet;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash as _, Hasher as _};

use super::plan::{Entry, Plan};

/// Entries that are tried as the only one.
const ALONE: usize = 50;
/// Single switches that are tried afresh at the end.
const AFRESH: u64 = 800;
/// How far a switch is moved.
const STRIDES: [u32; 3] = [4, 2, 1];

/// What counts, most important first: less is better.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub(crate) struct Cost {
    /// Switches away from somebody who could have gone on.
    pub(crate) preemptions: u32,
    /// Stretches in which the same goroutine is chosen.
    pub(crate) stretches: u32,
    /// Data choices other than 0.
    pub(crate) picks: u32,
    /// Goroutines that plans speak of.
    pub(crate) people: u32,
    pub(crate) steps: u64,
}

/// A run of a plan that shows what it should.
#[derive(Clone, Debug)]
pub(crate) struct Tried {
    /// The entries that came to pass.
    pub(crate) plan: Plan,
    pub(crate) cost: Cost,
    /// By name: how often each was chosen.
    pub(crate) turns: Vec<(u32, u32)>,
}

/// Runs candidates.
pub(crate) trait Trial {
    /// What a run of this plan is like, if it shows what it should; also nothing when it has been enough.
    fn run(&mut self, plan: &Plan) -> Option<Tried>;
    /// Whether it has been enough.
    fn is_over(&self) -> bool;
}

/// The best plan that was found from this one on.
pub(crate) fn shrink(start: Tried, trial: &mut dyn Trial) -> Tried {
    let mut search = Search { best: start, tried: BTreeSet::new(), trial };
    search.guess();
    loop {
        let before = search.best.cost;
        search.remove_chunks();
        search.remove_people();
        search.move_switches();
        if search.best.cost >= before || search.trial.is_over() {
            break;
        }
    }
    search.afresh();
    search.best
}

struct Search<'a> {
    best: Tried,
    /// Hashes of the candidates that were run.
    tried: BTreeSet<u64>,
    trial: &'a mut dyn Trial,
}

impl Search<'_> {
    /// Runs a candidate, unless that was done; whether it is better than the best so far.
    fn attempt(&mut self, entries: Vec<Entry>) -> bool {
        if self.trial.is_over() || !self.tried.insert(hash(&entries)) {
            return false;
        }
        let candidate = self.best.plan.with(entries);
        let better = self.trial.run(&candidate).filter(|tried| tried.cost < self.best.cost);
        better.is_some_and(|tried| {
            self.best = tried;
            true
        })
    }

    fn entries(&self) -> &[Entry] {
        &self.best.plan.entries
    }

    /// Guesses that are right for most mistakes.
    fn guess(&mut self) {
        let all = self.entries().to_vec();
        let mut beginning = 0;
        while beginning < all.len() && !self.attempt(all[..beginning].to_vec()) {
            beginning = (2 * beginning).max(1);
        }
        let _ = self.entries().len() < 2
            || all.iter().rev().take(ALONE).any(|entry| self.attempt(vec![*entry]));
    }

    /// Delta debugging: takes out ever smaller chunks, until no single entry can go.
    fn remove_chunks(&mut self) {
        let mut size = self.entries().len().div_ceil(2);
        while size > 0 {
            let mut at = 0;
            while at < self.entries().len() {
                let mut rest = self.entries().to_vec();
                rest.drain(at..(at + size).min(rest.len()));
                if !self.attempt(rest) {
                    at += size;
                }
            }
            size = if size == 1 { 0 } else { size.div_ceil(2) };
        }
    }

    /// Leaves one goroutine after the other to its default.
    fn remove_people(&mut self) {
        let people: BTreeSet<u32> = self.entries().iter().filter_map(Entry::whom).collect();
        for who in people {
            let others = self.entries().iter().filter(|entry| entry.whom() != Some(who));
            let others = others.copied().collect();
            self.attempt(others);
        }
    }

    /// Moves each switch earlier or later, or to somebody else.
    fn move_switches(&mut self) {
        let mut at = 0;
        while at < self.entries().len() {
            let entry = self.entries()[at];
            for other in self.neighbours(entry) {
                let mut moved = self.entries().to_vec();
                let Some(place) = moved.get_mut(at) else { return };
                *place = other;
                self.attempt(moved);
            }
            at += 1;
        }
    }

    fn neighbours(&self, entry: Entry) -> Vec<Entry> {
        let Entry::Switch { from, after, to } = entry else {
            return Vec::new();
        };
        let later = STRIDES.map(|stride| after + stride);
        let earlier = STRIDES.map(|stride| after.saturating_sub(stride));
        let moved = later.into_iter().chain(earlier).map(|after| Entry::Switch { from, after, to });
        let people = self.best.turns.iter().map(|&(who, _)| who).filter(|who| *who != from);
        let others = people.map(|to| Entry::Switch { from, after, to });
        moved.chain(others.take(8)).collect()
    }

    /// With several entries left, every single switch is tried, if there are not too many.
    fn afresh(&mut self) {
        if self.entries().len() < 2 {
            return;
        }
        let turns = self.best.turns.clone();
        let points: u64 = turns.iter().map(|&(_, turns)| u64::from(turns) + 1).sum();
        if points * turns.len() as u64 > AFRESH {
            return;
        }
        for &(from, turns_of) in &turns {
            for after in 0..=turns_of {
                for &(to, _) in turns.iter().filter(|(to, _)| *to != from) {
                    self.attempt(vec![Entry::Switch { from, after, to }]);
                }
            }
        }
    }
}

fn hash(entries: &[Entry]) -> u64 {
    let mut hasher = DefaultHasher::new();
    entries.hash(&mut hasher);
    hasher.finish()
}

impl Entry {
    /// Who runs by it.
    fn whom(&self) -> Option<u32> {
        match *self {
            Self::Switch { to, .. } => Some(to),
            Self::Pick { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn switch(from: u32, after: u32) -> Entry {
        Entry::Switch { from, after, to: from + 1 }
    }

    /// Shows it if the plan has all of these, and counts.
    struct Needs(Vec<Entry>, u32);

    impl Trial for Needs {
        fn run(&mut self, plan: &Plan) -> Option<Tried> {
            self.1 += 1;
            let shown = self.0.iter().all(|needed| plan.entries.contains(needed));
            let preemptions = plan.entries.len() as u32;
            let cost = Cost { preemptions, ..Cost::default() };
            shown.then(|| Tried { plan: plan.clone(), cost, turns: Vec::new() })
        }

        fn is_over(&self) -> bool {
            self.1 >= 1_000
        }
    }

    fn shrunk(needed: &[Entry], of: u32) -> (Vec<Entry>, u32) {
        let mut needs = Needs(needed.to_vec(), 0);
        let all = (0..of).map(|n| switch(n % 3, n)).collect();
        let start = needs.run(&Plan { names: Vec::new(), entries: all }).expect("all is enough");
        let best = shrink(start, &mut needs).plan.entries;
        (best, needs.1)
    }

    #[test]
    fn what_is_needed_stays_and_nothing_else() {
        for needed in [vec![], vec![switch(1, 31)], vec![switch(0, 3), switch(2, 80)]] {
            let (best, runs) = shrunk(&needed, 90);
            assert_eq!(best, needed);
            assert!(runs < 150, "{runs} runs");
        }
    }

    #[test]
    fn it_ends_when_it_has_been_enough() {
        let needed: Vec<_> = (0..600).step_by(2).map(|n| switch(n % 3, n)).collect();
        let (best, runs) = shrunk(&needed, 600);
        assert_eq!(runs, 1_000);
        assert!(best.len() < 600);
    }
}
