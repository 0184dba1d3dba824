//! Random small programs: what the simulator and the cores make of them is what a slow interpreter of
//! plain state machines says they can do.

mod goroutines;
mod interpreter;

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use goseed::{Explore, Kind, Multicore};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use self::goroutines::run;
use self::interpreter::interpret;

/// Rooms of the two channels.
const ROOM: [usize; 2] = [0, 1];

/// What a goroutine can do. Whoever receives or counts says what it got.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Op {
    Send(usize),
    Recv(usize),
    TryRecv(usize),
    Close(usize),
    /// Receives from either channel, or does something else at once.
    Select {
        default: bool,
    },
    Lock,
    Unlock,
    /// The group has a single member.
    Done,
    Wait,
    Add,
    TrySend(usize),
    TryLock,
    /// A read, or a write, under a reader-writer lock.
    Read,
    Write,
    Once,
    /// A section of a semaphore with one unit.
    Section,
    /// A wait on a condition, under its own lock.
    CondWait,
    Signal,
    Broadcast,
    Cancel,
    /// A receive from the done channel.
    Cancelled,
    /// Only where the interpreter, which knows no clock, is not asked.
    Sleep,
}

/// Found out by whoever waited, if it was parked: a search parks nobody there, says that it is not
/// complete, and shows all else.
const REUSED: &str = "panic: sync: WaitGroup is reused before previous Wait has returned";

/// So many schedules of a program are tried, with reduction and without. Few programs have more: those
/// that queue for a semaphore again and again, where the order in the queue is the order of service.
const CLASSES: u64 = 200_000;
const INTERLEAVINGS: u64 = 100_000;

/// What each goroutine does; the first is main, which starts the others and then does its own.
type Program = Vec<Vec<Op>>;
/// How a run ends, and what it prints.
type Seen = BTreeSet<(String, String)>;

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        3 => (0..2_usize).prop_map(Op::Send),
        3 => (0..2_usize).prop_map(Op::Recv),
        1 => (0..2_usize).prop_map(Op::TrySend),
        1 => (0..2_usize).prop_map(Op::TryRecv),
        1 => (0..2_usize).prop_map(Op::Close),
        1 => any::<bool>().prop_map(|default| Op::Select { default }),
        2 => proptest::sample::select(vec![Op::Lock, Op::Unlock, Op::TryLock]),
        2 => proptest::sample::select(vec![Op::Done, Op::Wait]),
        2 => proptest::sample::select(vec![Op::Read, Op::Write]),
        2 => proptest::sample::select(vec![Op::CondWait, Op::Signal, Op::Broadcast]),
        1 => proptest::sample::select(vec![Op::Cancel, Op::Cancelled]),
        2 => proptest::sample::select(vec![Op::Once, Op::Section, Op::Add]),
    ]
}

/// Up to four goroutines and `ops` operations in all, of few sorts, so that they have to do with each other.
fn programs(ops: usize) -> impl Strategy<Value = Program> {
    of_sorts(op().prop_map(|op| vec![op]), ops)
}

/// The same of such parts, `count` of them at most.
fn of_sorts(part: impl Strategy<Value = Vec<Op>>, count: usize) -> impl Strategy<Value = Program> {
    let sorts = proptest::collection::vec(part, 1..=6);
    let whose = (0..4_usize, any::<proptest::sample::Index>());
    (sorts, proptest::collection::vec(whose, 1..=count)).prop_map(|(sorts, parts)| {
        let goroutines = parts.iter().map(|(who, _)| who + 1).max().unwrap_or(1);
        let mut program = vec![Vec::new(); goroutines];
        parts.into_iter().for_each(|(who, sort)| program[who].extend(sort.get(&sorts)));
        program
    })
}

fn value(who: usize, at: usize) -> usize {
    who * 10 + at
}

fn received(value: Option<usize>) -> String {
    value.map_or_else(|| "closed".to_owned(), |value| value.to_string())
}

/// Whether somebody may find the group reused: one more done than members, and somebody who waits.
fn reuses(program: &Program) -> bool {
    let times = |op: Op| program.iter().flatten().filter(|&&other| other == op).count();
    times(Op::Done) > 1 && times(Op::Wait) > 0
}

fn exploration(strategy: &str) -> Explore {
    let kinds = [Kind::Race, Kind::Leak, Kind::Panic, Kind::Fatal, Kind::Deadlock];
    let explore = Explore::new().strategy(strategy).races(false).keep_going();
    kinds.into_iter().fold(explore, Explore::allow)
}

/// What was seen, in how many schedules, and whether the search says that this is all.
struct Explored {
    seen: Seen,
    schedules: u64,
    distinct: u64,
    complete: bool,
}

fn explored(strategy: &str, schedules: u64, program: &Arc<Program>) -> Explored {
    let program = Arc::clone(program);
    let report = exploration(strategy).schedules(schedules).run(move || run(&program));
    let (schedules, distinct, complete) = (report.schedules, report.distinct, report.complete);
    let seen = report.outcomes.into_keys().map(|outcome| (outcome.exit, outcome.stdout)).collect();
    Explored { seen, schedules, distinct, complete }
}

/// How much was compared.
#[derive(Clone, Copy, Default)]
struct Compared {
    programs: u32,
    /// Those whose search by dpor did not end: what it saw is among what they can do.
    partly: u32,
    outcomes: usize,
    schedules: u64,
}

impl fmt::Display for Compared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { programs, partly, outcomes, schedules } = self;
        write!(
            f,
            "{programs} programs ({partly} searched in part), {outcomes} outcomes, {schedules} schedules, \
             no difference"
        )
    }
}

/// What the simulator and the cores make of a program, against what it can do.
fn compare(program: Program, compared: &mut Compared) -> Result<(), TestCaseError> {
    let possible = interpret(&program);
    let program = Arc::new(program);
    let shown: Seen = possible.iter().filter(|(exit, _)| exit != REUSED).cloned().collect();
    for (search, schedules) in [("dpor", CLASSES), ("dfs", INTERLEAVINGS)] {
        let Explored { seen, schedules: ran, complete, .. } = explored(search, schedules, &program);
        compared.schedules += ran;
        // What a search gives up on the way is not among those that ran.
        if complete || ran < schedules / 2 {
            prop_assert_eq!(&seen, &shown, "{}", search);
            let exact = complete == (seen == possible);
            prop_assert!(exact || reuses(&program), "{}: complete is {}", search, complete);
        } else {
            compared.partly += u32::from(search == "dpor");
            prop_assert!(seen.is_subset(&shown), "{}: {:?}", search, seen.difference(&shown));
        }
    }
    for strategy in ["random", "pct:3", "fifo"] {
        let Explored { seen, schedules, .. } = explored(strategy, 30, &program);
        compared.schedules += schedules;
        prop_assert!(seen.is_subset(&possible), "{}: {:?}", strategy, seen.difference(&possible));
    }
    for procs in [1, 2] {
        let mains = Arc::clone(&program);
        let run = Multicore::new().procs(procs).run(move || run(&mains));
        let seen = (run.exit.to_string(), run.stdout);
        prop_assert!(possible.contains(&seen), "{} workers: {:?}", procs, seen);
    }
    compared.outcomes += possible.len();
    Ok(())
}

/// What searches make of a program in which time moves, against each other and against many samples.
///
/// Main begins with a lock that it keeps while time moves twice. In the end it sleeps, so that everybody else
/// has come as far as they can. Whether anything was compared.
fn agree(mut program: Program) -> Result<bool, TestCaseError> {
    program[0].splice(..0, [Op::Lock, Op::Sleep, Op::Sleep, Op::Unlock]);
    program[0].push(Op::Sleep);
    let program = Arc::new(program);
    let [all, reduced] = ["dfs", "dpor"].map(|search| explored(search, 500, &program));
    if !all.complete {
        return Ok(false);
    }
    prop_assert!(reduced.complete);
    prop_assert_eq!(&reduced.seen, &all.seen);
    if all.seen.iter().all(|(exit, _)| exit == "returned" || exit == "deadlock") {
        // Else some orders are of steps that a crash has cut off.
        prop_assert_eq!(reduced.distinct, all.distinct);
    }
    let sampled = ["random", "pct:3"].map(|strategy| explored(strategy, 10_000, &program).seen);
    let sampled = sampled.into_iter().flatten().filter(|(exit, _)| exit != REUSED).collect();
    prop_assert_eq!(&all.seen, &sampled);
    Ok(true)
}

/// Parts in which it matters who has come before time moved.
fn timed() -> impl Strategy<Value = Vec<Op>> {
    prop_oneof![
        1 => Just(vec![Op::Sleep]),
        2 => Just(vec![Op::Lock, Op::Add, Op::Unlock]),
        1 => Just(vec![Op::Sleep, Op::Lock, Op::Add, Op::Unlock]),
        2 => op().prop_map(|op| vec![op]),
    ]
}

#[test]
fn searches_see_what_can_happen_where_time_moves() {
    let config = Config { cases: 100, failure_persistence: None, ..Config::default() };
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[9; 32]);
    let compared = std::cell::Cell::new(0);
    let result = TestRunner::new_with_rng(config, rng).run(&of_sorts(timed(), 4), |program| {
        compared.set(compared.get() + u32::from(agree(program)?));
        Ok(())
    });
    result.unwrap_or_else(|error| panic!("{error}"));
    assert!(compared.get() > 50, "{}", compared.get());
}

#[expect(clippy::print_stdout, reason = "a summary for whoever asks for it")]
fn fuzz(seed: u8, cases: u32, ops: usize) -> Compared {
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[seed; 32]);
    let mut runner = TestRunner::new_with_rng(config, rng);
    let compared = std::cell::Cell::new(Compared::default());
    let result = runner.run(&programs(ops), |program| {
        let mut so_far = compared.get();
        compare(program, &mut so_far)?;
        so_far.programs += 1;
        if so_far.programs.is_multiple_of(500) {
            println!("{so_far}");
        }
        compared.set(so_far);
        Ok(())
    });
    result.unwrap_or_else(|error| panic!("{error}"));
    compared.get()
}

#[test]
fn two_hundred_random_programs_do_what_they_can_do() {
    assert!(fuzz(7, 200, 6).outcomes > 200);
}

#[test]
#[ignore = "minutes; .ci/nightly runs it"]
fn ten_thousand_random_programs_do_what_they_can_do() {
    assert_eq!(fuzz(7, 5_000, 8).programs, 5_000);
}

#[test]
#[ignore = "minutes; .ci/nightly runs it"]
fn ten_thousand_random_programs_and_this_is_the_other_half() {
    assert_eq!(fuzz(8, 5_000, 8).programs, 5_000);
}
