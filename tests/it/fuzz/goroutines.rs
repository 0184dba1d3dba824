//! A random program as goroutines.

use std::sync::Arc;

use goseed::prelude::*;
use goseed::print;
use goseed::sync::Semaphore;
use goseed::sync::atomic::AtomicI64;

use super::{Op, Program, ROOM, received, value};

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
pub(super) fn run(program: &Arc<Program>) {
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
        Op::Sleep => time::sleep(Duration::from_millis(1)),
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
