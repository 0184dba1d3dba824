//! What schedules showed, counted: in blocks of consecutive schedules, then all together.
//!
//! Blocks are made on any number of threads and absorbed in the order of their indices, so that the sum
//! does not depend on how many threads there are.

use std::collections::hash_map::DefaultHasher;
use std::collections::{BTreeMap, BTreeSet};
use std::hash::{Hash, Hasher as _};
use std::mem::discriminant;
use std::sync::Arc;

use super::distinct::Distinct;
use super::verdict::Verdict;
use crate::backend::sim::Record;
use crate::detect::{Kind, findings};
use crate::event::{Accessed, Ending, Exit, Fate, Holding, LockEdge, Place};
use crate::report::{Found, Outcome, Report, Seen};
use crate::schedule::Schedule;

/// Stranded goroutines after which an exploration gives up.
const STRANDED: usize = 64;

/// What was seen by whoever makes blocks: the choices of its first schedule are kept, not of the others.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// Hashes of outcomes and signatures.
    seen: BTreeSet<u64>,
    /// What runs of a shape show, so that their findings need not be put into words again.
    shapes: BTreeMap<u64, Vec<Shown>>,
}

/// A finding by its signature.
#[derive(Clone, Debug)]
struct Shown {
    signature: Arc<str>,
    fails: bool,
}

impl Known {
    /// Whether this is new.
    fn add(&mut self, what: &impl Hash) -> bool {
        let mut hasher = DefaultHasher::new();
        what.hash(&mut hasher);
        self.seen.insert(hasher.finish())
    }
}

/// A hash of all that makes the findings of an ordinary run: equal for equal signatures.
fn shape(ending: &Ending) -> Option<u64> {
    if !matches!(ending.exit, Exit::Returned) {
        return None;
    }
    let mut hasher = DefaultHasher::new();
    for (info, fate) in &ending.goroutines {
        if matches!(fate, Fate::Panicking(..)) {
            return None;
        }
        let line = |place: Option<Place>| place.map(|place| std::ptr::from_ref(place.location()));
        discriminant(fate).hash(&mut hasher);
        (line(info.created), line(info.place), info.state).hash(&mut hasher);
    }
    for race in &ending.races {
        let access = |of: &Accessed| (of.access, of.place.file_and_line());
        (access(&race.earlier), access(&race.later)).hash(&mut hasher);
    }
    for cycle in &ending.lock_orders {
        for LockEdge { since, who, .. } in &cycle.0 {
            (since.file_and_line(), who.place.file_and_line()).hash(&mut hasher);
        }
    }
    // Whether goroutines wait in a circle depends on who has what.
    for Holding { lock, go, since, .. } in &ending.holdings {
        (lock, go, since.file_and_line()).hash(&mut hasher);
    }
    Some(hasher.finish())
}

/// Some consecutive schedules.
#[derive(Debug, Default)]
pub(super) struct Block {
    pub(super) schedules: u64,
    steps: u64,
    stranded: usize,
    outcomes: Vec<(Outcome, Seen)>,
    /// Position of the outcome that came last.
    latest: usize,
    found: Vec<Found>,
    /// How often what an earlier block of the same maker has found was found again.
    more: Vec<(Arc<str>, u64)>,
    fingerprints: Vec<u64>,
    /// The last of them showed something that fails.
    pub(super) failed: bool,
}

impl Block {
    /// Counts the schedule with this index. `choices` gives its choices, written out or not. Returns
    /// whether it shows something that fails.
    pub(super) fn add(
        &mut self,
        index: u64,
        record: Record,
        verdict: &Verdict,
        known: &mut Known,
        mut choices: impl FnMut(bool) -> Schedule,
    ) -> bool {
        self.schedules += 1;
        self.steps += record.steps;
        self.stranded += record.stranded;
        self.fingerprints.push(record.fingerprint);
        let fails = self.findings(index, &record.ending, verdict, known, &mut choices);
        self.outcome(index, record, known, choices);
        self.failed = fails;
        fails
    }

    /// Counts what is wrong with a run; returns whether it fails.
    fn findings(
        &mut self,
        index: u64,
        ending: &Ending,
        verdict: &Verdict,
        known: &mut Known,
        choices: &mut impl FnMut(bool) -> Schedule,
    ) -> bool {
        let shape = shape(ending);
        if let Some(shown) = shape.and_then(|shape| known.shapes.get(&shape)) {
            shown.iter().for_each(|shown| self.again(&shown.signature));
            return shown.iter().any(|shown| shown.fails);
        }
        let mut all = Vec::new();
        for finding in findings(ending) {
            let signature = Arc::from(finding.signature.as_str());
            let fails = verdict.fails(finding.kind);
            match known.add(&signature) {
                true => {
                    let schedule = choices(true);
                    let (first, count, shrunk) = (index, 1, None);
                    self.found.push(Found { finding, fails, first, count, schedule, shrunk });
                }
                false => self.again(&signature),
            }
            all.push(Shown { signature, fails });
        }
        let fails = all.iter().any(|shown| shown.fails);
        if let Some(shape) = shape {
            known.shapes.insert(shape, all);
        }
        fails
    }

    /// Counts a finding that is known.
    fn again(&mut self, signature: &Arc<str>) {
        let same = |found: &&mut Found| found.finding.signature == **signature;
        if let Some(found) = self.found.iter_mut().find(same) {
            found.count += 1;
        } else if let Some((_, count)) = self.more.iter_mut().find(|(of, _)| of == signature) {
            *count += 1;
        } else {
            self.more.push((Arc::clone(signature), 1));
        }
    }

    fn outcome(
        &mut self,
        index: u64,
        record: Record,
        known: &mut Known,
        mut choices: impl FnMut(bool) -> Schedule,
    ) {
        let same = |(outcome, _): &(Outcome, Seen)| is(outcome, &record);
        if self.outcomes.get(self.latest).is_some_and(same) {
            self.outcomes[self.latest].1.count += 1;
        } else if let Some(position) = self.outcomes.iter().position(same) {
            self.latest = position;
            self.outcomes[position].1.count += 1;
        } else {
            let outcome = outcome_of(record);
            let schedule = choices(known.add(&outcome));
            self.latest = self.outcomes.len();
            self.outcomes.push((outcome, Seen { count: 1, first: index, schedule }));
        }
    }
}

/// Whether the run showed this outcome.
fn is(outcome: &Outcome, record: &Record) -> bool {
    same(&outcome.stdout, &record.stdout)
        && same(&outcome.stderr, &record.stderr)
        && match record.ending.exit {
            Exit::Returned => outcome.exit == "returned",
            ref exit => outcome.exit == exit.to_string(),
        }
}

/// Whether both say the same. Two empty texts have no address, and some processors take 100 ns to see that
/// there is nothing to compare.
fn same(a: &str, b: &str) -> bool {
    a.len() == b.len() && (a.is_empty() || a == b)
}

/// What a run showed from outside.
pub(super) fn outcome_of(record: Record) -> Outcome {
    let exit = record.ending.exit.to_string();
    Outcome { exit, stdout: record.stdout, stderr: record.stderr }
}

/// All schedules so far.
#[derive(Debug, Default)]
pub(super) struct Tally {
    pub(super) schedules: u64,
    steps: u64,
    stranded: usize,
    outcomes: BTreeMap<Outcome, Seen>,
    /// By signature.
    pub(super) found: BTreeMap<String, Found>,
    distinct: Distinct,
    pub(super) failed: bool,
}

impl Tally {
    /// Adds the schedules that come next.
    pub(super) fn absorb(&mut self, block: Block) {
        self.schedules += block.schedules;
        self.steps += block.steps;
        self.stranded += block.stranded;
        self.distinct.extend(&block.fingerprints);
        for (outcome, seen) in block.outcomes {
            let count = seen.count;
            let sum = self.outcomes.entry(outcome).or_insert(Seen { count: 0, ..seen });
            sum.count += count;
        }
        for found in block.found {
            let count = found.count;
            self.failed |= found.fails;
            let signature = found.finding.signature.clone();
            let sum = self.found.entry(signature).or_insert(Found { count: 0, ..found });
            sum.count += count;
        }
        for (signature, count) in block.more {
            let sum = self.found.get_mut(&*signature);
            sum.expect("its maker's first block with it came before").count += count;
        }
        if self.too_many_stranded() {
            self.fail_as_stranded();
        }
    }

    /// Whether it is hopeless to go on: each stranded goroutine costs a thread.
    pub(super) fn too_many_stranded(&self) -> bool {
        self.stranded > STRANDED
    }

    /// Then they fail, also where they were allowed.
    fn fail_as_stranded(&mut self) {
        for found in self.found.values_mut().filter(|found| found.finding.kind == Kind::Stranded) {
            found.fails = true;
            self.failed = true;
        }
    }

    /// The report, what fails first and then by index.
    pub(super) fn report(self, strategy: String, seed: u64, complete: bool) -> Report {
        let mut findings: Vec<Found> = self.found.into_values().collect();
        sort(&mut findings);
        Report {
            schedules: self.schedules,
            steps: self.steps,
            distinct: self.distinct.number(),
            outcomes: self.outcomes,
            findings,
            strategy,
            seed,
            complete,
        }
    }
}

/// What fails first, then in the order in which it was found; what was not found but led to comes last.
pub(super) fn sort(findings: &mut [Found]) {
    findings.sort_by(|a, b| {
        let key = |found: &Found| (!found.fails, found.count == 0, found.first, found.finding.kind);
        key(a).cmp(&key(b)).then_with(|| a.finding.signature.cmp(&b.finding.signature))
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schedule::{Preempt, Recipe, TimeModel};

    fn record(exit: Exit, stdout: &str) -> Record {
        Record {
            ending: Ending {
                exit,
                culprit: None,
                place: None,
                main_gone: false,
                goroutines: Vec::new(),
                spinning: Vec::new(),
                races: Vec::new(),
                lock_orders: Vec::new(),
                holdings: Vec::new(),
                uses: Vec::new(),
            },
            stdout: stdout.to_owned(),
            stderr: String::new(),
            stderr_dated: String::new(),
            steps: 5,
            points: 1,
            made: 1,
            elapsed: std::time::Duration::ZERO,
            fingerprint: stdout.len() as u64,
            stranded: 0,
            abandoned: false,
            passed_over: false,
            blocked: Vec::new(),
            trace: None,
        }
    }

    fn schedule(index: u64) -> Schedule {
        Schedule(Arc::new(Recipe {
            program: 0,
            time: TimeModel::Idle,
            preempt: Preempt::EveryPoint,
            strategy: "random".to_owned(),
            seed: 0,
            index,
            picks: None,
        }))
    }

    fn tally(size: u64, schedules: u64) -> Report {
        let (mut tally, mut known) = (Tally::default(), Known::default());
        for start in (0..schedules).step_by(size as usize) {
            let mut block = Block::default();
            for index in start..(start + size).min(schedules) {
                let exit = if index % 7 == 3 { Exit::Deadlock } else { Exit::Returned };
                let stdout = "x".repeat((index % 3) as usize);
                let verdict = Verdict::default();
                let record = record(exit, &stdout);
                block.add(index, record, &verdict, &mut known, |_| schedule(index));
            }
            tally.absorb(block);
        }
        tally.report("random".to_owned(), 0, false)
    }

    #[test]
    fn the_sum_does_not_depend_on_the_blocks() {
        let whole = format!("{:?}", tally(1000, 1000));
        assert_eq!(whole, format!("{:?}", tally(64, 1000)));
        assert_eq!(whole, format!("{:?}", tally(1, 1000)));
    }

    #[test]
    fn outcomes_and_findings_are_counted_with_their_first_index() {
        let report = tally(64, 70);
        assert_eq!((report.schedules, report.steps, report.distinct), (70, 350, 3));
        assert_eq!(report.outcomes.values().map(|seen| seen.count).sum::<u64>(), 70);
        let found = report.found(Kind::Deadlock).unwrap();
        assert_eq!((found.first, found.count, found.fails), (3, 10, true));
    }
}
