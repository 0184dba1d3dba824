//! Replays on a little machine: goroutines that step, start others, wait for posts and post.

use proptest::prelude::*;
use proptest::strategy::Strategy as Generator;
use proptest::test_runner::{Config, RngSeed};

use super::*;
use crate::event::Announced;
use crate::schedule::{Datum, Name, Recorder};
use crate::strategy::Strategy;

#[derive(Clone, Copy, PartialEq, Debug)]
enum Act {
    Step,
    /// Starts a goroutine with the script of this number.
    Start(usize),
    Wait(usize),
    Post(usize),
    /// One of so many alternatives.
    Pick(u32),
    /// Has the clock start a goroutine with this script.
    Later(usize),
}

struct Machine<'a> {
    scripts: &'a [Vec<Act>],
    /// (script, next act, parent, ordinal); the first is the clock.
    goroutines: Vec<(usize, usize, GoId, u32)>,
    started: Vec<u32>,
    asked: Vec<u32>,
    enabled: Vec<GoId>,
    posts: [u32; 3],
    waiting: Vec<(usize, GoId)>,
    recorder: Recorder,
    /// All who did anything, in order, and what they picked.
    order: Vec<GoId>,
    values: Vec<u32>,
}

impl<'a> Machine<'a> {
    fn run(scripts: &'a [Vec<Act>], strategy: &mut dyn Strategy) -> Self {
        let mut machine = Self {
            scripts,
            goroutines: vec![(0, 0, GoId::CLOCK, 0)],
            started: vec![0],
            asked: vec![0],
            enabled: Vec::new(),
            posts: [0; 3],
            waiting: Vec::new(),
            recorder: Recorder::default(),
            order: Vec::new(),
            values: Vec::new(),
        };
        machine.start(strategy, 0, GoId::CLOCK, Ready::Started(GoId::MAIN));
        machine.started[0] = 0;
        let mut current = None;
        while let Some(go) = machine.next(strategy, current) {
            machine.order.push(go);
            machine.act(strategy, go);
            current = machine.enabled.contains(&go).then_some(go);
        }
        machine
    }

    fn next(&mut self, strategy: &mut dyn Strategy, current: Option<GoId>) -> Option<GoId> {
        if self.enabled.len() < 2 {
            return self.enabled.first().copied();
        }
        let point = Point { enabled: &self.enabled, current, announced: Announced(&[]) };
        let go = strategy.choose(&point);
        assert!(self.enabled.contains(&go), "{go} cannot run");
        self.recorder.push(go);
        Some(go)
    }

    fn start(&mut self, strategy: &mut dyn Strategy, script: usize, by: GoId, why: Ready) {
        let go = GoId::new(self.goroutines.len() as u32);
        self.goroutines.push((script, 0, by, self.started[by.index()]));
        self.started[by.index()] += 1;
        self.started.push(0);
        self.asked.push(0);
        self.enabled.push(go);
        strategy.ready(go, why);
    }

    fn act(&mut self, strategy: &mut dyn Strategy, go: GoId) {
        let (script, at, ..) = self.goroutines[go.index()];
        self.goroutines[go.index()].1 += 1;
        match self.scripts[script].get(at).copied() {
            None => {
                self.enabled.retain(|&other| other != go);
                strategy.exit(go);
            }
            Some(Act::Step) => {}
            Some(Act::Start(script)) => self.start(strategy, script, go, Ready::Started(go)),
            Some(Act::Later(script)) => self.start(strategy, script, GoId::CLOCK, Ready::Timer),
            Some(Act::Wait(on)) if self.posts[on] > 0 => self.posts[on] -= 1,
            Some(Act::Wait(on)) => {
                self.waiting.push((on, go));
                self.enabled.retain(|&other| other != go);
                strategy.block(go);
            }
            Some(Act::Post(on)) => self.post(strategy, on, go),
            Some(Act::Pick(count)) => self.pick(strategy, go, count),
        }
    }

    fn post(&mut self, strategy: &mut dyn Strategy, on: usize, by: GoId) {
        match self.waiting.iter().position(|waiting| waiting.0 == on) {
            Some(first) => {
                let (_, go) = self.waiting.remove(first);
                self.enabled.push(go);
                strategy.ready(go, Ready::Woken(by));
            }
            None => self.posts[on] += 1,
        }
    }

    fn pick(&mut self, strategy: &mut dyn Strategy, go: GoId, count: u32) {
        let value = strategy.pick(go, count);
        if let Some(value) = value {
            self.recorder.data(go, self.asked[go.index()], value);
        }
        self.asked[go.index()] += 1;
        self.values.push(value.unwrap_or(0));
    }

    fn picks(&self) -> Picks {
        self.recorder.picks(|go| {
            let (_, _, parent, ordinal) = self.goroutines[go.index()];
            (parent, ordinal)
        })
    }
}

/// Chooses and picks by a sequence of numbers.
struct Wild(u64);

impl Wild {
    fn below(&mut self, m: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (self.0 >> 33) as usize % m
    }
}

impl Strategy for Wild {
    fn choose(&mut self, point: &Point<'_>) -> GoId {
        point.enabled[self.below(point.enabled.len())]
    }

    fn pick(&mut self, _go: GoId, count: u32) -> Option<u32> {
        // Some of them are left to the stream.
        Some(self.below(count as usize + 1) as u32).filter(|&value| value < count)
    }
}

fn config() -> Config {
    Config { rng_seed: RngSeed::Fixed(11), failure_persistence: None, ..Config::with_cases(300) }
}

/// Scripts that start only later ones, so that programs end.
fn programs() -> impl Generator<Value = Vec<Vec<Act>>> {
    let act = prop_oneof![
        Just(Act::Step),
        (0..3_usize).prop_map(Act::Wait),
        (0..3_usize).prop_map(Act::Post),
        (2..5_u32).prop_map(Act::Pick),
        (1..4_usize).prop_map(Act::Start),
        (1..4_usize).prop_map(Act::Later),
    ];
    let script = prop::collection::vec(act, 0..7);
    prop::collection::vec(script, 5).prop_map(|mut scripts| {
        let last = scripts.len() - 1;
        for (n, script) in scripts.iter_mut().enumerate() {
            for act in script.iter_mut() {
                match act {
                    Act::Start(ahead) | Act::Later(ahead) if n + *ahead > last => *act = Act::Step,
                    Act::Start(ahead) | Act::Later(ahead) => *ahead += n,
                    _ => {}
                }
            }
        }
        scripts
    })
}

fn schedules() -> impl Generator<Value = Picks> {
    let names = prop::collection::vec(any::<(bool, u32, u32)>(), 0..8);
    let turns = prop::collection::vec((0..10_u32, 1..9_u32), 0..20);
    let data = prop::collection::vec((0..10_u32, 0..3_u32, 0..6_u32), 0..9);
    (names, turns, data).prop_map(|(names, turns, data)| {
        let other = |(n, (clock, parent, ordinal)): (usize, (bool, u32, u32))| Name {
            parent: if clock { Turn::CLOCK } else { parent % (n as u32 + 1) },
            ordinal: ordinal % 3,
        };
        let main = Name { parent: 0, ordinal: 0 };
        let others = names.into_iter().enumerate().map(other);
        let names: Vec<_> = std::iter::once(main).chain(others).collect();
        let who = |n: u32| if (n as usize) < names.len() { n } else { Turn::CLOCK };
        let turn = |(name, count)| Turn { name: who(name), count };
        let datum = |(name, ordinal, value)| Datum { name: who(name), ordinal, value };
        let runs = turns.into_iter().map(turn).collect();
        let data = data.into_iter().map(datum).collect();
        Picks { names, runs, data }
    })
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn what_was_recorded_is_done_again(scripts in programs(), seed in any::<u64>()) {
        let recorded = Machine::run(&scripts, &mut Wild(seed));
        let picks = recorded.picks();
        let (mut strict, divergence) = Strict::new(&picks);
        let again = Machine::run(&scripts, &mut strict);
        prop_assert_eq!(divergence.text(), None);
        prop_assert_eq!(&again.order, &recorded.order);
        prop_assert_eq!(&again.values, &recorded.values);
        let guided = Machine::run(&scripts, &mut Guided::new(&picks));
        prop_assert_eq!(&guided.order, &recorded.order);
        prop_assert_eq!(&guided.values, &recorded.values);
        prop_assert_eq!(guided.picks(), picks);
    }

    #[test]
    fn any_schedule_is_followed_without_a_panic_on_any_program(
        scripts in programs(), picks in schedules(),
    ) {
        let (mut strict, _) = Strict::new(&picks);
        Machine::run(&scripts, &mut strict);
        let guided = Machine::run(&scripts, &mut Guided::new(&picks));
        // What was really done is a schedule that can be done.
        let (mut strict, divergence) = Strict::new(&guided.picks());
        let again = Machine::run(&scripts, &mut strict);
        prop_assert_eq!(divergence.text(), None);
        prop_assert_eq!(again.order, guided.order);
    }

    #[test]
    fn the_default_takes_the_first_by_path(scripts in programs(), seed in any::<u64>()) {
        let paths = vec![(vec![u32::MAX], 0), (vec![], 0)];
        let guided = Guided::new(&Picks::default());
        let mut checked = Checked { guided, wild: Wild(seed), paths };
        Machine::run(&scripts, &mut checked);
    }
}

/// Runs wild, and compares at each point the default with paths that are written out.
struct Checked {
    guided: Guided,
    wild: Wild,
    /// By number: the path, and how many goroutines it has started.
    paths: Vec<(Vec<u32>, u32)>,
}

impl Strategy for Checked {
    fn choose(&mut self, point: &Point<'_>) -> GoId {
        // All of them, and only some, as a search would be shown.
        for from in 0..point.enabled.len() {
            let some = Point { enabled: &point.enabled[from..], current: None, ..*point };
            let first = some.enabled.iter().min_by_key(|go| &self.paths[go.index()].0);
            assert_eq!(Some(&self.guided.choose(&some)), first);
        }
        self.wild.choose(point)
    }

    fn ready(&mut self, go: GoId, why: Ready) {
        if go.index() == self.paths.len() {
            let parent = if let Ready::Started(by) = why { by } else { GoId::CLOCK };
            let (path, started) = &mut self.paths[parent.index()];
            let path = [&path[..], &[*started]].concat();
            *started += 1;
            self.paths.push((path, 0));
        }
        self.guided.ready(go, why);
    }

    fn block(&mut self, go: GoId) {
        self.guided.block(go);
    }

    fn exit(&mut self, go: GoId) {
        self.guided.exit(go);
    }
}

fn picks(names: &[(u32, u32)], runs: &[(u32, u32)]) -> Picks {
    let names = names.iter().map(|&(parent, ordinal)| Name { parent, ordinal }).collect();
    let runs = runs.iter().map(|&(name, count)| Turn { name, count }).collect();
    Picks { names, runs, data: Vec::new() }
}

/// Main starts two that wait for each other's start, and steps.
fn two() -> Vec<Vec<Act>> {
    let main = vec![Act::Start(1), Act::Start(2), Act::Step, Act::Step];
    vec![main, vec![Act::Wait(0), Act::Step], vec![Act::Post(0), Act::Step]]
}

const FAMILY: &[(u32, u32)] = &[(0, 0), (0, 0), (0, 1)];

fn divergence(runs: &[(u32, u32)]) -> Option<String> {
    let (mut strict, divergence) = Strict::new(&picks(FAMILY, runs));
    Machine::run(&two(), &mut strict);
    divergence.text()
}

#[test]
fn a_strict_replay_says_where_it_left_the_schedule() {
    let text = |runs| divergence(runs).expect("the schedule cannot be followed");
    assert_eq!(text(&[(2, 1)]), "choice 1: the schedule wants main/1, which has not been started");
    assert_eq!(
        text(&[(1, 1), (0, 1), (1, 1)]),
        "choice 3: the schedule wants g2 (main/0), which is blocked"
    );
    assert_eq!(
        text(&[(1, 1), (2, 4)]),
        "choice 5: the schedule wants g3 (main/1), which has ended"
    );
    assert_eq!(
        text(&[(1, 1), (Turn::CLOCK, 1)]),
        "choice 2: the schedule wants the clock, which has no reason to move"
    );
    assert_eq!(text(&[(1, 1)]), "choice 2: the schedule ends here, and the run goes on");
}

#[test]
fn a_strict_replay_says_that_the_run_ended_early() {
    let mut picks = Machine::run(&two(), &mut Wild(1)).picks();
    let choices: u32 = picks.runs.iter().map(|turn| turn.count).sum();
    picks.runs.push(Turn { name: 0, count: 5 });
    let (mut strict, divergence) = Strict::new(&picks);
    Machine::run(&two(), &mut strict);
    let text = format!("the run ended after choice {choices} of {}", choices + 5);
    assert_eq!(divergence.text(), Some(text));
}

#[test]
fn a_strict_replay_says_that_there_are_fewer_alternatives() {
    let data = vec![Datum { name: 0, ordinal: 1, value: 3 }];
    let (mut strict, divergence) = Strict::new(&Picks { data, ..picks(FAMILY, &[]) });
    let scripts = [vec![Act::Pick(4), Act::Pick(3)]];
    let machine = Machine::run(&scripts, &mut strict);
    assert_eq!(machine.values, [0, 0]);
    let text = "choice 1: the schedule wants alternative 3 of 3 for g1";
    assert_eq!(divergence.text().as_deref(), Some(text));
}

fn guided(runs: &[(u32, u32)]) -> Vec<u32> {
    let scripts = two();
    let machine = Machine::run(&scripts, &mut Guided::new(&picks(FAMILY, runs)));
    machine.order.iter().map(|go| go.number()).collect()
}

#[test]
fn a_guided_replay_waits_for_whose_turn_it_is() {
    // g3 does not exist at the first choice; main, by default, starts it.
    assert_eq!(guided(&[(2, 1)])[..4], [1, 1, 3, 3]);
}

#[test]
fn a_guided_replay_ends_a_turn_that_is_cut_short() {
    // g2 waits at once; the rest of its turn is not saved up until it is woken.
    assert_eq!(guided(&[(1, 9), (2, 1), (0, 1)])[..5], [1, 2, 1, 3, 1]);
}

#[test]
fn a_guided_replay_drops_a_turn_that_never_comes() {
    let patience = PATIENCE as usize;
    let scripts = [[&[Act::Start(1)][..], &[Act::Step; 99]].concat(), vec![Act::Step]];
    let unknown = picks(&[(0, 0), (0, 0), (0, 7)], &[(2, 1), (1, 1)]);
    let machine = Machine::run(&scripts, &mut Guided::new(&unknown));
    assert_eq!(machine.order.iter().position(|&go| go == GoId::new(2)), Some(patience + 1));
}

/// Main and so many children, all told to the strategy.
fn crowd(strategy: &mut dyn Strategy, children: u32) -> Vec<GoId> {
    let all: Vec<_> = (1..=children + 1).map(GoId::new).collect();
    all.iter().for_each(|&go| strategy.ready(go, Ready::Started(GoId::MAIN)));
    all
}

#[test]
fn a_hundred_thousand_goroutines_are_no_burden_by_default() {
    let mut guided = Guided::new(&Picks::default());
    let all = crowd(&mut guided, 100_000);
    for (n, &first) in all.iter().enumerate() {
        let enabled = &all[n..];
        let point = Point { enabled, current: None, announced: Announced(&[]) };
        assert_eq!(guided.choose(&point), first);
        guided.exit(first);
    }
}

#[test]
fn a_hundred_thousand_goroutines_are_no_burden_when_replayed() {
    let mut recorder = Recorder::default();
    let children = 100_000;
    (1..=children + 1).rev().for_each(|n| recorder.push(GoId::new(n)));
    let picks = recorder.picks(|go| (GoId::MAIN, go.number() - 2));
    let (mut strict, divergence) = Strict::new(&picks);
    let all = crowd(&mut strict, children);
    for (n, &last) in all.iter().enumerate().rev() {
        let enabled = &all[..=n];
        let point = Point { enabled, current: None, announced: Announced(&[]) };
        assert_eq!(strict.choose(&point), last);
        strict.exit(last);
    }
    assert_eq!(divergence.text(), None);
}

#[test]
fn a_long_line_of_descent_is_no_burden() {
    let mut guided = Guided::new(&Picks::default());
    let all: Vec<_> = (1..=20_000).map(GoId::new).collect();
    all.iter().for_each(|&go| guided.ready(go, Ready::Started(GoId::new(go.number().max(2) - 1))));
    for (n, &first) in all.iter().enumerate() {
        let enabled = &all[n..];
        let point = Point { enabled, current: None, announced: Announced(&[]) };
        assert_eq!(guided.choose(&point), first);
        guided.exit(first);
    }
}
