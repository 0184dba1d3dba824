//! Strategies on the model machine: programs are lists of operations, no coroutine is involved, and
//! exhaustive dice give exact probabilities.

use super::pct::Priorities;
use super::random::Walk;
use super::{Dfs, Dpor, Point, Ready, Search, Strategy};
use crate::event::{Action, Announced, GoId, ObjectId, Op, Place};
use crate::schedule::{Dice, all};

/// A program: for each goroutine what it does, on which variable or mutex.
type Program = Vec<Vec<(Action, u32)>>;

/// Who did each step, and what was read.
type Order = Vec<GoId>;

struct Machine<'a> {
    program: &'a Program,
    /// By goroutine: how many operations are done.
    done: Vec<usize>,
    /// By object: whether it is locked.
    locked: Vec<bool>,
    ops: Vec<Op>,
    order: Order,
}

impl<'a> Machine<'a> {
    fn new(program: &'a Program) -> Self {
        let none = Op::local(Action::End, Place::here());
        let mut machine = Self {
            program,
            done: vec![0; program.len()],
            locked: vec![false; 16],
            ops: vec![none; program.len() + 1],
            order: Vec::new(),
        };
        for go in machine.all() {
            machine.announce(go);
        }
        machine
    }

    fn all(&self) -> Vec<GoId> {
        (1..=self.program.len() as u32).map(GoId::new).collect()
    }

    fn next(&self, go: GoId) -> Option<(Action, u32)> {
        let thread = go.index() - 1;
        self.program[thread].get(self.done[thread]).copied()
    }

    fn announce(&mut self, go: GoId) {
        if let Some((action, object)) = self.next(go) {
            self.ops[go.index()] = Op::new(action, ObjectId::new(object), Place::here());
        }
    }

    fn enabled(&self) -> Vec<GoId> {
        let able = |go: &GoId| match self.next(*go) {
            Some((Action::Lock, object)) => !self.locked[object as usize],
            Some(_) => true,
            None => false,
        };
        self.all().into_iter().filter(able).collect()
    }

    fn step(&mut self, go: GoId) -> Op {
        let op = self.ops[go.index()];
        match op.action() {
            Action::Lock => self.locked[op.object().index()] = true,
            Action::Unlock => self.locked[op.object().index()] = false,
            _ => {}
        }
        self.done[go.index() - 1] += 1;
        self.order.push(go);
        self.announce(go);
        op
    }

    /// Those that are left with an operation that cannot be done.
    fn blocked(&self) -> Vec<(GoId, Op)> {
        let left = self.all().into_iter().filter(|&go| self.next(go).is_some());
        left.map(|go| (go, self.ops[go.index()])).collect()
    }
}

/// One run under a sampling strategy.
fn sample(program: &Program, strategy: &mut dyn Strategy) -> Order {
    let mut machine = Machine::new(program);
    for go in machine.all() {
        strategy.ready(go, Ready::Started(GoId::MAIN));
    }
    let mut current = None;
    loop {
        let enabled = machine.enabled();
        let go = match enabled[..] {
            [] => return machine.order,
            [only] => only,
            _ => {
                let current = current.filter(|go| enabled.contains(go));
                let announced = Announced(&machine.ops);
                strategy.choose(&Point { enabled: &enabled, current, announced })
            }
        };
        machine.step(go);
        current = Some(go);
        if machine.next(go).is_none() {
            strategy.exit(go);
        }
    }
}

/// All runs of a search: their orders, with whether they ended blocked; nothing for those given up.
fn search(program: &Program, search: &mut dyn Search) -> Vec<(Order, bool)> {
    let mut runs = Vec::new();
    loop {
        search.begin();
        let mut machine = Machine::new(program);
        let mut current = None;
        let given_up = loop {
            let enabled = machine.enabled();
            if enabled.is_empty() {
                break false;
            }
            let current_enabled = current.filter(|go| enabled.contains(go));
            let announced = Announced(&machine.ops);
            let point = Point { enabled: &enabled, current: current_enabled, announced };
            let Some(go) = search.choose(&point) else { break true };
            let op = machine.step(go);
            search.did(go, &op, None);
            current = Some(go);
        };
        let blocked = machine.blocked();
        if !given_up {
            runs.push((machine.order, !blocked.is_empty()));
        }
        if !search.end(&blocked) {
            return runs;
        }
    }
}

/// A step: whose, and which one of that goroutine.
type Step = (GoId, usize);
/// For each pair of conflicting steps which came first.
type Class = Vec<(Step, Step)>;

/// The dependence order of a run: for each pair of conflicting steps which came first.
fn class(program: &Program, order: &Order) -> Class {
    let mut done = vec![0; program.len()];
    let mut steps: Vec<(Step, Op)> = Vec::new();
    for &go in order {
        let nth = done[go.index() - 1];
        done[go.index() - 1] += 1;
        let (action, object) = program[go.index() - 1][nth];
        steps.push(((go, nth), Op::new(action, ObjectId::new(object), Place::here())));
    }
    let mut pairs = Vec::new();
    for (n, (later, b)) in steps.iter().enumerate() {
        for (earlier, a) in &steps[..n] {
            if earlier.0 != later.0 && a.conflicts(b) {
                pairs.push((*earlier, *later));
            }
        }
    }
    pairs.sort_unstable();
    pairs
}

fn classes(program: &Program, runs: &[(Order, bool)]) -> Vec<Class> {
    let mut all: Vec<_> = runs.iter().map(|(order, _)| class(program, order)).collect();
    all.sort();
    all.dedup();
    all
}

const READ: (Action, u32) = (Action::Get, 9);
const WRITE: (Action, u32) = (Action::Set, 9);

/// The probability, with exact dice, that a run satisfies `holds`.
fn probability(
    program: &Program,
    mut make: impl FnMut(Dice) -> Box<dyn Strategy>,
    holds: impl Fn(&Order) -> bool,
) -> f64 {
    let runs = all::every(|dice| sample(program, &mut *make(dice)));
    let total: f64 = runs.iter().map(|(_, weight)| weight).sum();
    assert!((total - 1.0).abs() < 1e-9, "probabilities add up to {total}");
    runs.iter().filter(|(order, _)| holds(order)).map(|(_, weight)| weight).sum()
}

fn close(a: f64, b: f64) {
    assert!((a - b).abs() < 1e-9, "{a} is not {b}");
}

/// Both goroutines read before either has written.
fn lost(order: &Order) -> bool {
    order[0] != order[1]
}

fn pct(depth: u32, points: u32) -> impl FnMut(Dice) -> Box<dyn Strategy> {
    move |dice| Box::new(Priorities::new(dice, depth, points))
}

#[test]
fn an_update_is_lost_with_the_known_probabilities() {
    let program = vec![vec![READ, WRITE]; 2];
    close(probability(&program, |dice| Box::new(Walk::new(dice)), lost), 1.0 / 2.0);
    close(probability(&program, pct(1, 4), lost), 0.0);
    close(probability(&program, pct(2, 4), lost), 1.0 / 4.0);
    close(probability(&program, pct(3, 4), lost), 5.0 / 12.0);
}

#[test]
fn one_step_comes_last_with_the_known_probabilities() {
    let program = vec![vec![WRITE; 5], vec![WRITE]];
    let last = |order: &Order| order[5] == GoId::new(2);
    close(probability(&program, |dice| Box::new(Walk::new(dice)), last), 1.0 / 32.0);
    close(probability(&program, pct(1, 6), last), 1.0 / 2.0);
}

#[test]
fn a_random_walk_takes_single_steps_in_every_order_alike() {
    let program = vec![vec![WRITE]; 4];
    let runs = all::every(|dice| sample(&program, &mut Walk::new(dice)));
    assert_eq!(runs.len(), 24);
    assert!(runs.iter().all(|(_, weight)| (weight - 1.0 / 24.0).abs() < 1e-12));
}

#[test]
fn pct_orders_fresh_goroutines_in_every_way_alike() {
    let program = vec![vec![WRITE]; 3];
    let order = [3, 1, 2].map(GoId::new);
    close(probability(&program, pct(1, 3), |run| run[..] == order), 1.0 / 6.0);
}

/// A step must come before another one, of another goroutine.
type Constraint = (Step, Step);

/// Each step of each goroutine.
fn steps_of(sizes: &[usize]) -> Vec<Step> {
    let of = |(n, &size): (usize, &usize)| (0..size).map(move |nth| (GoId::new(n as u32 + 1), nth));
    sizes.iter().enumerate().flat_map(of).collect()
}

/// All sets of so many constraints that some order satisfies.
fn satisfiable(sizes: &[usize], depth: usize) -> Vec<Vec<Constraint>> {
    let steps = steps_of(sizes);
    let pairs = steps.iter().flat_map(|&a| steps.iter().map(move |&b| (a, b)));
    let pairs: Vec<Constraint> = pairs.filter(|(a, b)| a.0 != b.0).collect();
    let mut sets: Vec<Vec<usize>> = vec![Vec::new()];
    for _ in 0..depth {
        let longer = |set: &Vec<usize>| {
            let from = set.last().map_or(0, |last| last + 1);
            let set = set.clone();
            (from..pairs.len()).map(move |next| [&set[..], &[next]].concat())
        };
        sets = sets.iter().flat_map(longer).collect();
    }
    let sets = sets.into_iter().map(|set| set.into_iter().map(|n| pairs[n]).collect::<Vec<_>>());
    sets.filter(|set| has_no_cycle(&steps, set)).collect()
}

/// Takes away steps that nothing comes before, until none is left.
fn has_no_cycle(steps: &[Step], set: &[Constraint]) -> bool {
    let mut left = steps.to_vec();
    while !left.is_empty() {
        let is_free = |step: &Step| {
            let own = |other: &Step| other.0 == step.0 && other.1 < step.1;
            let asked = |(a, b): &Constraint| b == step && left.contains(a);
            !left.iter().any(own) && !set.iter().any(asked)
        };
        let Some(at) = left.iter().position(is_free) else { return false };
        left.remove(at);
    }
    true
}

/// The least probability with which `pct:depth` satisfies a set of constraints, over all sets of `depth`; each
/// keeps the bound of the paper.
fn least_probability(sizes: &[usize], depth: usize) -> f64 {
    let program: Program = sizes.iter().map(|&size| vec![WRITE; size]).collect();
    let points: usize = sizes.iter().sum();
    let bound = 1.0 / (sizes.len() as f64 * (points as f64).powi(depth as i32 - 1));
    let make = |dice| Priorities::new(dice, depth as u32, points as u32);
    let runs = all::every(|dice| sample(&program, &mut make(dice)));
    let positions = |(order, weight): &(Order, f64)| {
        let mut done = vec![0; sizes.len()];
        let mut at = |go: &GoId| {
            done[go.index() - 1] += 1;
            (*go, done[go.index() - 1] - 1)
        };
        let at: Vec<Step> = order.iter().map(&mut at).collect();
        (at, *weight)
    };
    let runs: Vec<(Vec<Step>, f64)> = runs.iter().map(positions).collect();
    let place = |order: &[Step], step: Step| order.iter().position(|other| *other == step);
    let probability = |set: &Vec<Constraint>| {
        let holds = |order: &[Step]| set.iter().all(|&(a, b)| place(order, a) < place(order, b));
        runs.iter().filter(|(order, _)| holds(order)).map(|(_, weight)| weight).sum::<f64>()
    };
    let least = satisfiable(sizes, depth).iter().map(probability).fold(1.0, f64::min);
    assert!(least >= bound - 1e-12, "{sizes:?}, depth {depth}: {least} < {bound}");
    least
}

/// The bound of the paper, for every satisfiable set of up to three ordering constraints, and of four for one
/// program.
#[test]
fn pct_keeps_its_guarantee() {
    for (depth, least) in [(1, 2.0), (2, 8.0), (3, 24.0)] {
        close(least_probability(&[2, 2], depth), 1.0 / least);
        for sizes in [&[3, 2][..], &[3, 3], &[1, 2, 2], &[2, 2, 2]] {
            least_probability(sizes, depth);
        }
    }
    least_probability(&[1, 2, 2], 4);
}

#[test]
fn nobody_starves_who_waits_for_two_that_spin() {
    // The model has no spinning; what counts is that one that steps back is behind the others.
    let mut strategy = Priorities::new(Dice::new(1, 2, crate::schedule::Purpose::Start), 3, 100);
    let all: Vec<GoId> = (1..=3).map(GoId::new).collect();
    for &go in &all {
        strategy.ready(go, Ready::Started(GoId::MAIN));
    }
    let ops = vec![Op::local(Action::Gosched, Place::here()); 4];
    let mut runs = [0_u32; 4];
    let mut current = None;
    for _ in 0..300 {
        let announced = Announced(&ops);
        let go = strategy.choose(&Point { enabled: &all, current, announced });
        runs[go.index()] += 1;
        current = Some(go);
        strategy.yielded(go);
    }
    assert!(runs[1..].iter().all(|&n| n >= 50), "{runs:?}");
}

fn brute(program: &Program) -> Vec<(Order, bool)> {
    search(program, &mut Dfs::new(None))
}

#[test]
fn depth_first_search_counts_interleavings() {
    let count = |n: usize, k: usize| brute(&vec![vec![WRITE; k]; n]).len();
    assert_eq!([count(2, 2), count(2, 3), count(2, 5), count(3, 2)], [6, 20, 252, 90]);
}

#[test]
fn preemption_bounds_count_as_published() {
    // Cumulative counts for n=2, k=3: 2, 2+4, 2+4+8, … of 20.
    let program = vec![vec![WRITE; 3]; 2];
    let count = |bound| search(&program, &mut Dfs::new(Some(bound))).len();
    assert_eq!([count(0), count(1), count(2), count(3), count(4)], [2, 6, 14, 18, 20]);
}

/// (program, interleavings, dependence orders)
fn known() -> Vec<(&'static str, Program, usize, usize)> {
    let private = (1..=3).map(|n| vec![(Action::Set, 8 + n); 2]).collect();
    let locks = |n| vec![vec![(Action::Lock, 7), (Action::Unlock, 7)]; n];
    let shared =
        |writers, readers| [vec![vec![WRITE]; writers], vec![vec![READ]; readers]].concat();
    let updates = |by, times| vec![[READ, WRITE].repeat(times); by];
    let (x, y) = (9, 10);
    let store_buffering =
        vec![vec![(Action::Set, x), (Action::Get, y)], vec![(Action::Set, y), (Action::Get, x)]];
    vec![
        ("private objects", private, 90, 1),
        ("2 writers", shared(2, 0), 2, 2),
        ("3 writers", shared(3, 0), 6, 6),
        ("4 writers", shared(4, 0), 24, 24),
        ("5 writers", shared(5, 0), 120, 120),
        ("2 lockers", locks(2), 2, 2),
        ("3 lockers", locks(3), 6, 6),
        ("4 lockers", locks(4), 24, 24),
        ("5 lockers", locks(5), 120, 120),
        ("1 writer, 1 reader", shared(1, 1), 2, 2),
        ("1 writer, 2 readers", shared(1, 2), 6, 4),
        ("1 writer, 3 readers", shared(1, 3), 24, 8),
        ("1 writer, 4 readers", shared(1, 4), 120, 16),
        ("2 writers, 2 readers", shared(2, 2), 24, 18),
        ("2 writers, 3 readers", shared(2, 3), 120, 54),
        ("2 writers, 4 readers", shared(2, 4), 720, 162),
        ("(read; write) by 2", updates(2, 1), 6, 4),
        ("(read; write)^2 by 2", updates(2, 2), 70, 34),
        ("(read; write)^3 by 2", updates(2, 3), 924, 328),
        ("(read; write) by 3", updates(3, 1), 90, 36),
        ("(read; write)^2 by 3", updates(3, 2), 34_650, 7_134),
        ("store buffering", store_buffering, 6, 3),
    ]
}

#[test]
fn dpor_finds_exactly_the_known_dependence_orders() {
    for (name, program, interleavings, traces) in known() {
        let all = brute(&program);
        assert_eq!(all.len(), interleavings, "{name}: interleavings");
        assert_eq!(classes(&program, &all).len(), traces, "{name}: traces");
        let reduced = search(&program, &mut Dpor::new());
        assert_eq!(classes(&program, &reduced), classes(&program, &all), "{name}: dpor");
        assert!(reduced.len() <= all.len(), "{name}: {} runs", reduced.len());
    }
}

#[test]
fn dpor_finds_the_deadlock_of_opposite_lock_orders() {
    let pair =
        |a, b| vec![(Action::Lock, a), (Action::Lock, b), (Action::Unlock, b), (Action::Unlock, a)];
    let program = vec![pair(7, 8), pair(8, 7)];
    let reduced = search(&program, &mut Dpor::new());
    let deadlocks = reduced.iter().filter(|(_, blocked)| *blocked).count();
    assert_eq!((reduced.len() - deadlocks, deadlocks), (2, 1));
}

#[test]
fn philosophers_have_six_dinners_and_one_deadlock() {
    let forks = [7, 8, 9];
    let philosopher = |n: usize| {
        let (left, right) = (forks[n], forks[(n + 1) % 3]);
        let (lock, unlock) = (Action::Lock, Action::Unlock);
        vec![(lock, left), (lock, right), (unlock, right), (unlock, left)]
    };
    let program: Program = (0..3).map(philosopher).collect();
    let reduced = search(&program, &mut Dpor::new());
    let all = brute(&program);
    assert_eq!(classes(&program, &reduced), classes(&program, &all));
    let complete: Vec<_> = reduced.iter().filter(|(_, blocked)| !blocked).cloned().collect();
    assert_eq!((classes(&program, &complete).len(), reduced.len() - complete.len()), (6, 1));
}

mod random_programs {
    use proptest::prelude::{Just, prop, prop_assert_eq, prop_oneof, proptest};
    use proptest::strategy::Strategy as Generator;
    use proptest::test_runner::{Config, RngSeed};

    use super::*;

    fn operation() -> impl Generator<Value = Vec<(Action, u32)>> {
        prop_oneof![
            Just(vec![(Action::Get, 9)]),
            Just(vec![(Action::Set, 9)]),
            Just(vec![(Action::Get, 10)]),
            Just(vec![(Action::Set, 10)]),
            Just(vec![(Action::Lock, 7), (Action::Unlock, 7)]),
            Just(vec![(Action::Lock, 7), (Action::Set, 9), (Action::Unlock, 7)]),
            Just(vec![
                (Action::Lock, 7),
                (Action::Lock, 8),
                (Action::Unlock, 8),
                (Action::Unlock, 7)
            ]),
            Just(vec![
                (Action::Lock, 8),
                (Action::Lock, 7),
                (Action::Unlock, 7),
                (Action::Unlock, 8)
            ]),
        ]
    }

    fn thread() -> impl Generator<Value = Vec<(Action, u32)>> {
        let operations = prop::collection::vec(operation(), 1..3);
        operations.prop_map(|operations| operations.concat().into_iter().take(5).collect())
    }

    proptest! {
        #![proptest_config(Config {
            cases: 300,
            failure_persistence: None,
            rng_seed: RngSeed::Fixed(1),
            ..Config::default()
        })]

        #[test]
        fn dpor_misses_no_dependence_order_and_no_deadlock(
            program in prop::collection::vec(thread(), 2..4),
        ) {
            let (all, reduced) = (brute(&program), search(&program, &mut Dpor::new()));
            prop_assert_eq!(classes(&program, &reduced), classes(&program, &all));
            let ends = |runs: &[(Order, bool)]| runs.iter().any(|(_, blocked)| *blocked);
            prop_assert_eq!(ends(&reduced), ends(&all));
        }
    }
}
