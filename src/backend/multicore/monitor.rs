//! A thread that looks after the workers: it ends slices, finds those that are stuck in a goroutine
//! without points, fires their timers, and starts a spare worker where nobody else would run what waits.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::Duration;

use super::outside::Outside;
use super::shared::{Phase, Port, SLICE, Shared};
use super::{Output, quit};
use crate::backend::Timed;

/// How often it looks. A goroutine's slice is over after one to two of these.
const PERIOD: Duration = Duration::from_millis(10);
/// After so many looks a worker is stuck. One that has only lost its processor for a while comes back
/// before that.
const STUCK: u32 = 3;

/// Watches the workers until the run is over. `spare` starts the worker at a position.
pub(super) fn watch(shared: &Arc<Shared>, spare: &dyn Fn(usize)) {
    let mut looks = vec![Look::default(); shared.ports.len()];
    while shared.phase() == Phase::Live {
        thread::park_timeout(PERIOD);
        if matches!(shared.config.output, Output::Real(_)) && quit::requested() {
            quit::dump(shared);
        }
        let looks = looks.iter_mut().zip(shared.active());
        let late: Vec<(&Port, Late)> =
            looks.filter_map(|(look, port)| Some((&**port, look.at(port)?))).collect();
        for (port, _) in &late {
            port.attention.fetch_or(SLICE, Ordering::Relaxed);
            fire_timers(shared, port);
        }
        help_out(shared, &late, spare);
    }
}

/// What the monitor has seen of a worker.
#[derive(Clone, Copy, Default)]
struct Look {
    tick: u32,
    /// For how many looks it has been in the same goroutine.
    looks: u32,
}

/// How a worker is that has been in the same goroutine for a while.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Late {
    /// It will step back at its next point.
    Told,
    /// It has come to no point since it was told to.
    Stuck,
}

impl Look {
    /// Looks again.
    fn at(&mut self, port: &Port) -> Option<Late> {
        let tick = port.tick.load(Ordering::Relaxed);
        let same = tick == self.tick && !port.sleeper.sleeps();
        *self = Self { tick, looks: if same { self.looks + 1 } else { 0 } };
        match self.looks {
            0 => None,
            1..STUCK => Some(Late::Told),
            _ => Some(Late::Stuck),
        }
    }
}

/// Sees to it that somebody starts what they would have.
fn help_out(shared: &Shared, late: &[(&Port, Late)], spare: &dyn Fn(usize)) {
    let waiting = late.iter().any(|(port, _)| port.stealable() > 0);
    let stuck = late.iter().filter(|(_, late)| *late == Late::Stuck).count();
    // Others may be busy, but not stuck: they will come to it.
    if !waiting || stuck < shared.config.procs {
        return shared.notify();
    }
    let workers = shared.workers.load(Ordering::SeqCst);
    if !shared.call_spare() && stuck == workers && workers < shared.ports.len() {
        shared.workers.store(workers + 1, Ordering::SeqCst);
        spare(workers);
    }
}

/// Does what is overdue with a worker that does not look at its timers.
fn fire_timers(shared: &Arc<Shared>, port: &Port) {
    // Counted as work under way, lest somebody takes the pause for a deadlock.
    shared.idle.outside_begins();
    let clock = Outside::new(shared);
    let now = shared.clock.now();
    while let Some((due, what)) = port.pop_due(now) {
        match what {
            Timed::Wake(waiter) => {
                shared.wake(waiter, None, |_| {});
            }
            Timed::Fire(timer) => timer.fire(&clock, due),
        }
    }
    shared.outside_ends();
}
