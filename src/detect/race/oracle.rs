//! The detector's clocks against a slow oracle that keeps everything: a whole vector for each goroutine,
//! with an entry per goroutine, and all accesses that were ever made, compared in pairs.

use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed, TestRunner};

use super::clock::{Clocks, Released};
use super::word::{Mark, Word};
use crate::event::{Access, GoId, Place};

const OBJECTS: usize = 3;
const WORDS: usize = 2;

/// A step of a random program; numbers are taken modulo what there is.
#[derive(Clone, Copy, Debug)]
enum Step {
    Start(usize),
    End(usize),
    Acquire(usize, usize),
    Release(usize, usize),
    Merge(usize, usize),
    Meet(usize, usize),
    Access(usize, usize, Access),
}

fn step() -> impl Strategy<Value = Step> {
    let (go, object, word) = (0..64_usize, 0..OBJECTS, 0..WORDS);
    let access = prop_oneof![2 => Just(Access::Read), 1 => Just(Access::Write)];
    prop_oneof![
        3 => go.clone().prop_map(Step::Start),
        2 => go.clone().prop_map(Step::End),
        4 => (go.clone(), object.clone()).prop_map(|(go, object)| Step::Acquire(go, object)),
        3 => (go.clone(), object.clone()).prop_map(|(go, object)| Step::Release(go, object)),
        2 => (go.clone(), object).prop_map(|(go, object)| Step::Merge(go, object)),
        1 => (go.clone(), go.clone()).prop_map(|(a, b)| Step::Meet(a, b)),
        8 => (go, word, access).prop_map(|(go, word, access)| Step::Access(go, word, access)),
    ]
}

/// How much of each goroutine has been seen, by number.
type Whole = Vec<u64>;

#[derive(Default)]
struct Oracle {
    seen: Vec<Whole>,
    released: [Whole; OBJECTS],
    accesses: Vec<(usize, Access, GoId, u64)>,
}

impl Oracle {
    fn new() -> Self {
        Self { seen: vec![vec![1], vec![0, 1]], ..Self::default() }
    }

    fn join(into: &mut Whole, other: &[u64]) {
        into.resize(into.len().max(other.len()), 0);
        into.iter_mut().zip(other).for_each(|(mine, theirs)| *mine = (*mine).max(*theirs));
    }

    fn tick(&mut self, go: GoId) {
        self.seen[go.index()][go.index()] += 1;
    }

    fn start(&mut self, parent: GoId) {
        let mut child = self.seen[parent.index()].clone();
        child.resize(self.seen.len(), 0);
        child.push(1);
        self.seen.push(child);
        self.tick(parent);
    }

    fn meet(&mut self, a: GoId, b: GoId) {
        let mut both = self.seen[a.index()].clone();
        Self::join(&mut both, &self.seen[b.index()]);
        Self::join(&mut self.seen[a.index()], &both);
        Self::join(&mut self.seen[b.index()], &both);
        self.tick(a);
        self.tick(b);
    }

    /// Whether the access races with any that was made before.
    fn access(&mut self, word: usize, access: Access, go: GoId) -> bool {
        let seen = &self.seen[go.index()];
        let unordered = |&&(at, before, by, clock): &&(usize, Access, GoId, u64)| {
            let after = seen.get(by.index()).is_some_and(|&seen| seen >= clock);
            at == word && (before == Access::Write || access == Access::Write) && !after
        };
        let races = self.accesses.iter().any(|before| unordered(&before));
        self.accesses.push((word, access, go, seen[go.index()]));
        races
    }
}

/// Up to the first race on a word, after which the two may see it differently, they agree.
fn agree(steps: &[Step]) -> Result<(), TestCaseError> {
    let (mut clocks, mut oracle) = (Clocks::default(), Oracle::new());
    clocks.clear();
    let mut released: [Released; OBJECTS] = Default::default();
    let mut words: [Word; WORDS] = Default::default();
    let (mut alive, mut made, mut raced) = (vec![GoId::MAIN], 2, [false; WORDS]);
    for &step in steps {
        let pick = |n: usize| alive[n % alive.len()];
        match step {
            Step::Start(n) => {
                let (parent, child) = (pick(n), GoId::new(made));
                clocks.start(parent, child);
                oracle.start(parent);
                made += 1;
                alive.push(child);
            }
            Step::End(n) if alive.len() > 1 => {
                clocks.end(pick(n));
                alive.remove(n % alive.len());
            }
            Step::End(_) => {}
            Step::Acquire(n, object) => {
                clocks.acquire(pick(n), &released[object]);
                Oracle::join(&mut oracle.seen[pick(n).index()], &oracle.released[object]);
            }
            Step::Release(n, object) => {
                clocks.release(pick(n), &mut released[object]);
                oracle.released[object].clone_from(&oracle.seen[pick(n).index()]);
                oracle.tick(pick(n));
            }
            Step::Merge(n, object) => {
                clocks.merge(pick(n), &mut released[object]);
                Oracle::join(&mut oracle.released[object], &oracle.seen[pick(n).index()]);
                oracle.tick(pick(n));
            }
            Step::Meet(a, b) if pick(a) != pick(b) => {
                clocks.meet(pick(a), pick(b));
                oracle.meet(pick(a), pick(b));
            }
            Step::Meet(..) => {}
            Step::Access(n, word, access) => {
                let (go, mut found) = (pick(n), false);
                let mark = Mark { epoch: clocks.touch(go), place: Place::here() };
                words[word].plain(access, mark, clocks.seen(go), |_, by| {
                    found |= clocks.whose(by.epoch) != go;
                });
                let expected = oracle.access(word, access, go);
                prop_assert!(raced[word] || found == expected, "{:?} of word {}", access, word);
                raced[word] |= expected;
            }
        }
    }
    Ok(())
}

fn on(cases: u32) {
    let seed = RngSeed::Fixed(7);
    let config = Config { cases, failure_persistence: None, rng_seed: seed, ..Config::default() };
    let programs = proptest::collection::vec(step(), 1..80);
    TestRunner::new(config).run(&programs, |steps| agree(&steps)).unwrap();
}

#[test]
fn it_finds_what_all_pairs_find() {
    on(500);
}

#[test]
#[ignore = "nightly: takes a while"]
fn it_finds_what_all_pairs_find_in_ten_thousand_programs() {
    on(10_000);
}

#[test]
fn goroutines_that_are_waited_for_share_slots() {
    let (mut clocks, mut done) = (Clocks::default(), Released::default());
    clocks.clear();
    for n in 2..10_002 {
        let child = GoId::new(n);
        clocks.start(GoId::MAIN, child);
        clocks.merge(child, &mut done);
        clocks.end(child);
        clocks.acquire(GoId::MAIN, &done);
    }
    assert!(clocks.slots() <= 4, "{} slots", clocks.slots());
}

#[test]
fn goroutines_that_nobody_waits_for_race_although_the_first_has_ended() {
    let (mut clocks, mut word) = (Clocks::default(), Word::default());
    clocks.clear();
    let mut races = 0;
    for n in 2..1_002 {
        let child = GoId::new(n);
        clocks.start(GoId::MAIN, child);
        let mark = Mark { epoch: clocks.touch(child), place: Place::here() };
        word.plain(Access::Write, mark, clocks.seen(child), |_, by| {
            assert_eq!(clocks.whose(by.epoch), GoId::new(n - 1));
            races += 1;
        });
        clocks.end(child);
    }
    assert_eq!(races, 999);
}
