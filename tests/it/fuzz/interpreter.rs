//! A random program as plain state machines, and all that it can do.

use std::collections::{BTreeSet, VecDeque};

use super::{Op, Program, REUSED, ROOM, Seen, value};

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
pub(super) fn interpret(program: &Program) -> Seen {
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
        Op::Sleep => unreachable!("nobody asks what a sleep does"),
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

/// A send that does not wait. A receiver that is about to receive may have come already, or not; a select
/// that could go on with its other channel does not wait.
fn try_send(program: &Program, state: &State, who: usize, c: usize) -> Vec<State> {
    let value = value(who, state.machines[who].at);
    if state.buffers[c].len() < ROOM[c] {
        let mut next = state.after(who, Some("sent"));
        next.buffers[c].push_back(value);
        return vec![next];
    }
    let mut all = vec![state.after(who, Some("full"))];
    if ROOM[c] == 0 {
        let ready = (0..ROOM.len()).any(|c| !state.buffers[c].is_empty() || state.closed[c]);
        let waits = |op| op == Op::Recv(c) || !ready && op == (Op::Select { default: false });
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
