//! Random small programs: what the simulator and the cores make of them is what a slow interpreter of
//! plain state machines says they can do.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use goseed::prelude::*;
use goseed::sync::Semaphore;
use goseed::sync::atomic::AtomicI64;
use goseed::{Explore, Kind, Multicore, print};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

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
}

/// Found out by whoever waited, if it was parked: a search parks nobody there, says that it is not
/// complete, and shows all else.
const REUSED: &str = "panic: sync: WaitGroup is reused before previous Wait has returned";

/// So many schedules of a program are tried without reduction.
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
    let sorts = proptest::collection::vec(op(), 1..=6);
    let whose = (0..4_usize, any::<proptest::sample::Index>());
    (sorts, proptest::collection::vec(whose, 1..=ops)).prop_map(|(sorts, ops)| {
        let goroutines = ops.iter().map(|(who, _)| who + 1).max().unwrap_or(1);
        let mut program = vec![Vec::new(); goroutines];
        ops.into_iter().for_each(|(who, sort)| program[who].push(*sort.get(&sorts)));
        program
    })
}

// ---- as goroutines

struct World {
    chans: [Chan<usize>; 2],
    mutex: RawMutex,
    group: WaitGroup,
    count: AtomicI64,
    table: RwMutex<usize>,
    once: Once,
    semaphore: Semaphore,
    /// The lock of the condition.
    guard: RawMutex,
    cond: Cond,
    context: (Context, context::CancelFunc),
}

/// Runs a program with goseed.
fn run(program: &Arc<Program>) {
    let guard = RawMutex::new();
    let world = Arc::new(World {
        chans: ROOM.map(chan),
        mutex: RawMutex::new(),
        group: WaitGroup::new(),
        count: AtomicI64::new(0),
        table: RwMutex::new(0),
        once: Once::new(),
        semaphore: Semaphore::new(1),
        cond: Cond::new(guard.clone()),
        guard,
        context: context::with_cancel(&context::background()),
    });
    world.group.add(1);
    for who in 1..program.len() {
        let (world, program) = (Arc::clone(&world), Arc::clone(program));
        go(move || perform(&world, who, &program[who]));
    }
    perform(&world, 0, &program[0]);
}

fn perform(world: &World, who: usize, ops: &[Op]) {
    for (at, op) in ops.iter().enumerate() {
        if let Some(got) = perform_one(world, who, at, *op) {
            print!("{who}.{at}={got} ");
        }
    }
}

fn perform_one(world: &World, who: usize, at: usize, op: Op) -> Option<String> {
    let World { chans, mutex, group, count, .. } = world;
    match op {
        Op::Read | Op::Write | Op::Once | Op::Section | Op::CondWait => section(world, who, at, op),
        Op::Signal => world.cond.signal(),
        Op::Broadcast => world.cond.broadcast(),
        Op::Cancel => (world.context.1)(),
        Op::Cancelled => return Some(received(world.context.0.done().recv().map(|()| 0))),
        Op::TryLock => return Some(mutex.try_lock().to_string()),
        Op::TrySend(c) => {
            let sent = chans[c].sender().try_send(value(who, at));
            return Some(if sent.is_ok() { "sent" } else { "full" }.to_owned());
        }
        Op::Send(c) => chans[c].send(value(who, at)),
        Op::Recv(c) => return Some(received(chans[c].recv())),
        Op::TryRecv(c) => {
            return Some(match chans[c].receiver().try_recv() {
                Ok(value) => received(Some(value)),
                Err(goseed::TryRecvError::Closed) => received(None),
                Err(_) => "none".to_owned(),
            });
        }
        Op::Close(c) => chans[c].close(),
        Op::Select { default: true } => {
            return Some(select! {
                recv(chans[0]) -> v => received(v),
                recv(chans[1]) -> v => received(v),
                default => "none".to_owned(),
            });
        }
        Op::Select { default: false } => {
            return Some(select! {
                recv(chans[0]) -> v => received(v),
                recv(chans[1]) -> v => received(v),
            });
        }
        Op::Lock => mutex.lock(),
        Op::Unlock => mutex.unlock(),
        Op::Done => group.done(),
        Op::Wait => group.wait(),
        Op::Add => return Some(count.add(1).to_string()),
    }
    None
}

/// What prints while it holds something.
fn section(world: &World, who: usize, at: usize, op: Op) {
    let say = |what: &dyn std::fmt::Display| print!("{who}.{at}={what} ");
    match op {
        Op::Read => say(&*world.table.rlock()),
        Op::Write => {
            let mut table = world.table.lock();
            *table += 1;
            say(&*table);
        }
        Op::Once => world.once.call(|| say(&"ran")),
        Op::Section => {
            let held = world.semaphore.acquire(&context::background(), 1);
            held.expect("nobody cancels it");
            say(&"held");
            world.semaphore.release(1);
        }
        _ => {
            world.guard.lock();
            world.cond.wait();
            say(&"woken");
            world.guard.unlock();
        }
    }
}

fn value(who: usize, at: usize) -> usize {
    who * 10 + at
}

fn received(value: Option<usize>) -> String {
    value.map_or_else(|| "closed".to_owned(), |value| value.to_string())
}

// ---- as state machines

/// Where a goroutine is.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
struct Machine {
    started: bool,
    at: usize,
    waits: Waits,
    /// How far it has come in a section.
    phase: u8,
    /// What it prints next.
    says: Option<String>,
    /// How it is about to end the program; others may still get their turn.
    dies: Option<&'static str>,
}

/// How far it has come with waiting for the group.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
enum Waits {
    #[default]
    No,
    Parked,
    /// The group was at zero, and it has not looked since.
    Released,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
struct State {
    machines: Vec<Machine>,
    /// Goroutines that main has still to start.
    unstarted: usize,
    buffers: [VecDeque<usize>; 2],
    closed: [bool; 2],
    locked: bool,
    group: i32,
    count: i32,
    readers: usize,
    /// A writer that holds the lock, or waits for the readers.
    writer: bool,
    table: usize,
    once: Ran,
    section: bool,
    /// Those who wait for the section, and for the condition, in their order.
    line: VecDeque<usize>,
    listed: VecDeque<usize>,
    guard: bool,
    cancelled: bool,
    printed: String,
}

/// How far a `Once` has come.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
enum Ran {
    #[default]
    Not,
    Now,
    Done,
}

/// What a step leads to.
enum Next {
    State(Box<State>),
    End(String, String),
}

/// All that a program can do.
fn interpret(program: &Program) -> Seen {
    let mut first = State {
        machines: vec![Machine::default(); program.len()],
        unstarted: program.len() - 1,
        group: 1,
        ..State::default()
    };
    first.machines[0].started = true;
    let (mut seen, mut known, mut todo) = (Seen::new(), BTreeSet::new(), vec![first]);
    while let Some(state) = todo.pop() {
        if !known.insert(state.clone()) {
            continue;
        }
        let next = successors(program, &state);
        if next.is_empty() {
            seen.insert(("deadlock".to_owned(), state.printed));
            continue;
        }
        for next in next {
            match next {
                Next::State(state) => todo.push(*state),
                Next::End(exit, printed) => drop(seen.insert((exit, printed))),
            }
        }
    }
    seen
}

fn successors(program: &Program, state: &State) -> Vec<Next> {
    let mut all = Vec::new();
    for who in 0..program.len() {
        steps(program, state, who, &mut all);
    }
    all
}

/// The steps that one goroutine can take.
fn steps(program: &Program, state: &State, who: usize, all: &mut Vec<Next>) {
    let machine = &state.machines[who];
    if !machine.started {
        return;
    }
    let mut next = state.clone();
    if let Some(exit) = machine.dies {
        all.push(Next::End(exit.to_owned(), state.printed.clone()));
    } else if let Some(text) = next.machines[who].says.take() {
        next.printed.push_str(&text);
        all.push(Next::State(Box::new(next)));
    } else if who == 0 && state.unstarted > 0 {
        let new = program.len() - state.unstarted;
        next.machines[new].started = true;
        next.unstarted -= 1;
        all.push(Next::State(Box::new(next)));
    } else if let Some(&op) = program[who].get(machine.at) {
        do_op(program, state, who, op, all);
    } else if who == 0 {
        all.push(Next::End("returned".to_owned(), state.printed.clone()));
    }
}

/// Goroutines that are at an operation like this.
fn at<'a>(
    program: &'a Program,
    state: &'a State,
    like: impl Fn(Op) -> bool + 'a,
) -> impl Iterator<Item = usize> + 'a {
    (0..program.len()).filter(move |&who| {
        let machine = &state.machines[who];
        let idle = machine.started && machine.says.is_none() && machine.dies.is_none();
        let ready = idle && (who > 0 || state.unstarted == 0);
        ready && program[who].get(machine.at).is_some_and(|op| like(*op))
    })
}

impl State {
    /// The same after `who` has done its operation, of which it says this.
    fn after(&self, who: usize, says: Option<&str>) -> Self {
        let mut next = self.clone();
        let machine = &mut next.machines[who];
        machine.says = says.map(|text| format!("{who}.{}={text} ", machine.at));
        (machine.at, machine.waits, machine.phase) = (machine.at + 1, Waits::No, 0);
        next
    }

    /// The same, at another point of its section; of which it says this.
    fn within(&self, who: usize, phase: u8, says: Option<&str>) -> Self {
        let mut next = self.clone();
        let machine = &mut next.machines[who];
        machine.says = says.map(|text| format!("{who}.{}={text} ", machine.at));
        machine.phase = phase;
        next
    }

    /// Those who wait for the group can go on.
    fn release(&mut self) {
        for machine in self.machines.iter_mut().filter(|machine| machine.waits == Waits::Parked) {
            machine.waits = Waits::Released;
        }
    }

    fn dies(&self, who: usize, exit: &'static str) -> Self {
        let mut next = self.clone();
        next.machines[who].dies = Some(exit);
        next
    }
}

fn do_op(program: &Program, state: &State, who: usize, op: Op, all: &mut Vec<Next>) {
    let mut push = |state: State| all.push(Next::State(Box::new(state)));
    match op {
        Op::Send(c) if state.closed[c] => push(state.dies(who, "panic: send on closed channel")),
        Op::Send(c) => {
            let value = value(who, state.machines[who].at);
            if state.buffers[c].len() < ROOM[c] {
                let mut next = state.after(who, None);
                next.buffers[c].push_back(value);
                push(next);
            } else if ROOM[c] == 0 {
                let waits = move |op| op == Op::Recv(c) || op == (Op::Select { default: false });
                for other in at(program, state, waits).filter(|other| *other != who) {
                    push(state.after(who, None).after(other, Some(&value.to_string())));
                }
            }
        }
        Op::Recv(c) => {
            // Meeting a sender is the sender's step.
            receive(state, who, c).into_iter().for_each(push);
        }
        Op::TrySend(c) if state.closed[c] => push(state.dies(who, "panic: send on closed channel")),
        Op::TrySend(c) => try_send(program, state, who, c).into_iter().for_each(push),
        Op::TryLock => {
            let mut next = state.after(who, Some(if state.locked { "false" } else { "true" }));
            next.locked = true;
            push(next);
        }
        Op::Read | Op::Write | Op::Once | Op::Section | Op::CondWait => {
            in_section(state, who, op).into_iter().for_each(push);
        }
        Op::Signal | Op::Broadcast => {
            let mut next = state.after(who, None);
            let all = if op == Op::Signal { 1 } else { usize::MAX };
            next.listed.drain(..all.min(next.listed.len()));
            push(next);
        }
        Op::Cancel => {
            let mut next = state.after(who, None);
            next.cancelled = true;
            push(next);
        }
        Op::Cancelled if state.cancelled => push(state.after(who, Some("closed"))),
        Op::Cancelled => {}
        Op::TryRecv(c) => try_receive(program, state, who, &[c]).into_iter().for_each(push),
        Op::Select { default: false } => {
            ROOM.iter().enumerate().filter_map(|(c, _)| receive(state, who, c)).for_each(push);
        }
        Op::Select { default: true } => {
            try_receive(program, state, who, &[0, 1]).into_iter().for_each(push);
        }
        Op::Close(c) if state.closed[c] => push(state.dies(who, "panic: close of closed channel")),
        Op::Close(c) => {
            let mut next = state.after(who, None);
            next.closed[c] = true;
            push(next);
        }
        Op::Lock if state.locked => {}
        Op::Lock | Op::Unlock if op == Op::Lock || state.locked => {
            let mut next = state.after(who, None);
            next.locked = op == Op::Lock;
            push(next);
        }
        Op::Lock | Op::Unlock => {
            push(state.dies(who, "fatal error: sync: unlock of unlocked mutex"));
        }
        Op::Done => {
            let mut next = match state.group {
                1.. => state.after(who, None),
                _ => state.dies(who, "panic: sync: negative WaitGroup counter"),
            };
            next.group -= 1;
            if next.group == 0 {
                next.release();
            }
            push(next);
        }
        Op::Wait => match (state.machines[who].waits, state.group) {
            (Waits::Parked, _) => {}
            (Waits::Released, n) if n != 0 => push(state.dies(who, REUSED)),
            (_, 0) => push(state.after(who, None)),
            (_, _) => {
                let mut next = state.clone();
                next.machines[who].waits = Waits::Parked;
                push(next);
            }
        },
        Op::Add => {
            let mut next = state.after(who, Some(&(state.count + 1).to_string()));
            next.count += 1;
            push(next);
        }
    }
}

/// The next step in a section, if it can be taken.
fn in_section(state: &State, who: usize, op: Op) -> Option<State> {
    let mut next;
    match (op, state.machines[who].phase) {
        (Op::Read, 0) if !state.writer => {
            next = state.within(who, 1, Some(&state.table.to_string()));
            next.readers += 1;
        }
        (Op::Read, 1) => {
            next = state.after(who, None);
            next.readers -= 1;
        }
        // From here on no reader comes in.
        (Op::Write, 0) if !state.writer => {
            next = state.within(who, 1, None);
            next.writer = true;
        }
        (Op::Write, 1) if state.readers == 0 => {
            next = state.within(who, 2, Some(&(state.table + 1).to_string()));
            next.table += 1;
        }
        (Op::Write, 2) => {
            next = state.after(who, None);
            next.writer = false;
        }
        (Op::Once, 0) if state.once == Ran::Not => {
            next = state.within(who, 1, Some("ran"));
            next.once = Ran::Now;
        }
        (Op::Once, 0) if state.once == Ran::Done => next = state.after(who, None),
        (Op::Once, 1) => {
            next = state.after(who, None);
            next.once = Ran::Done;
        }
        (Op::Section, 0) if state.section => {
            next = state.within(who, 1, None);
            next.line.push_back(who);
        }
        (Op::Section, 0) => {
            next = state.within(who, 2, Some("held"));
            next.section = true;
        }
        // Whoever has waited longest has it from here on.
        (Op::Section, 2) => {
            next = state.after(who, None);
            match next.line.pop_front() {
                Some(first) => next = next.within(first, 2, Some("held")),
                None => next.section = false,
            }
        }
        (Op::CondWait, 0 | 3) if !state.guard => {
            let woken = state.machines[who].phase == 3;
            next = state.within(who, if woken { 4 } else { 1 }, woken.then_some("woken"));
            next.guard = true;
        }
        (Op::CondWait, 1) => {
            next = state.within(who, 2, None);
            next.listed.push_back(who);
            next.guard = false;
        }
        (Op::CondWait, 2) if !state.listed.contains(&who) => next = state.within(who, 3, None),
        (Op::CondWait, 4) => {
            next = state.after(who, None);
            next.guard = false;
        }
        _ => return None,
    }
    Some(next)
}

/// A send that does not wait. A receiver that is about to receive may have come already, or not.
fn try_send(program: &Program, state: &State, who: usize, c: usize) -> Vec<State> {
    let value = value(who, state.machines[who].at);
    if state.buffers[c].len() < ROOM[c] {
        let mut next = state.after(who, Some("sent"));
        next.buffers[c].push_back(value);
        return vec![next];
    }
    let mut all = vec![state.after(who, Some("full"))];
    if ROOM[c] == 0 {
        let waits = move |op| op == Op::Recv(c) || op == (Op::Select { default: false });
        for other in at(program, state, waits) {
            all.push(state.after(who, Some("sent")).after(other, Some(&value.to_string())));
        }
    }
    all
}

/// A receive of what is there already.
fn receive(state: &State, who: usize, c: usize) -> Option<State> {
    if let Some(value) = state.buffers[c].front() {
        let mut next = state.after(who, Some(&value.to_string()));
        next.buffers[c].pop_front();
        return Some(next);
    }
    state.closed[c].then(|| state.after(who, Some("closed")))
}

/// A receive that does not wait. A sender that is about to send may have come already, or not.
fn try_receive(program: &Program, state: &State, who: usize, from: &[usize]) -> Vec<State> {
    let there: Vec<State> = from.iter().filter_map(|&c| receive(state, who, c)).collect();
    let mut all = Vec::new();
    if there.is_empty() {
        all.push(state.after(who, Some("none")));
    }
    for &c in from.iter().filter(|&&c| ROOM[c] == 0 && !state.closed[c]) {
        for sender in at(program, state, move |op| op == Op::Send(c)) {
            let value = value(sender, state.machines[sender].at).to_string();
            all.push(state.after(sender, None).after(who, Some(&value)));
        }
    }
    all.extend(there);
    all
}

// ---- the comparison

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
    complete: bool,
}

fn explored(strategy: &str, schedules: u64, program: &Arc<Program>) -> Explored {
    let program = Arc::clone(program);
    let report = exploration(strategy).schedules(schedules).run(move || run(&program));
    let (schedules, complete) = (report.schedules, report.complete);
    let seen = report.outcomes.into_keys().map(|outcome| (outcome.exit, outcome.stdout)).collect();
    Explored { seen, schedules, complete }
}

/// How much was compared.
#[derive(Clone, Copy, Default, Debug)]
struct Compared {
    outcomes: usize,
    schedules: u64,
}

/// What the simulator and the cores make of a program, against what it can do.
fn compare(program: Program, compared: &mut Compared) -> Result<(), TestCaseError> {
    let possible = interpret(&program);
    let program = Arc::new(program);
    let shown: Seen = possible.iter().filter(|(exit, _)| exit != REUSED).cloned().collect();
    for (search, schedules) in [("dpor", 200_000), ("dfs", INTERLEAVINGS)] {
        let Explored { seen, schedules: ran, complete } = explored(search, schedules, &program);
        compared.schedules += ran;
        if ran < schedules {
            prop_assert_eq!(&seen, &shown, "{}", search);
            let exact = complete == (seen == possible);
            prop_assert!(exact || reuses(&program), "{}: complete is {}", search, complete);
        } else {
            prop_assert_eq!(search, "dfs", "the search did not end");
            prop_assert!(seen.is_subset(&shown), "dfs: {:?}", seen.difference(&shown));
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

fn fuzz(cases: u32, ops: usize) -> Compared {
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]);
    let mut runner = TestRunner::new_with_rng(config, rng);
    let compared = std::cell::Cell::new(Compared::default());
    let result = runner.run(&programs(ops), |program| {
        let mut so_far = compared.get();
        compare(program, &mut so_far)?;
        compared.set(so_far);
        Ok(())
    });
    result.unwrap_or_else(|error| panic!("{error}"));
    compared.get()
}

#[test]
fn two_hundred_random_programs_do_what_they_can_do() {
    assert!(fuzz(200, 6).outcomes > 200);
}

#[test]
#[ignore = "minutes; .ci/nightly runs it"]
#[expect(clippy::print_stdout, reason = "a summary for whoever asks for it")]
fn ten_thousand_random_programs_do_what_they_can_do() {
    let Compared { outcomes, schedules } = fuzz(10_000, 8);
    println!("10,000 programs, {outcomes} outcomes, {schedules} schedules, no difference");
}
