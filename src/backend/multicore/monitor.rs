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

/// Watches the workers until the run is over. `spare` starts the worker at a position.
pub(super) fn watch(shared: &Arc<Shared>, spare: &dyn Fn(usize)) {
    let mut ticks = vec![0; shared.ports.len()];
    while shared.phase() == Phase::Live {
        thread::park_timeout(PERIOD);
        if matches!(shared.config.output, Output::Real(_)) && quit::requested() {
            quit::dump(shared);
        }
        let stuck: Vec<&Port> = shared
            .active()
            .iter()
            .enumerate()
            .filter(|(at, port)| is_stuck(port, &mut ticks[*at]))
            .map(|(_, port)| &**port)
            .collect();
        for port in &stuck {
            port.attention.fetch_or(SLICE, Ordering::Relaxed);
            fire_timers(shared, port);
        }
        help_out(shared, &stuck, spare);
    }
}

/// Whether the worker is in the same goroutine as at the last look.
fn is_stuck(port: &Port, before: &mut u32) -> bool {
    let tick = port.tick.load(Ordering::Relaxed);
    let same = std::mem::replace(before, tick) == tick;
    same && !port.sleeping.load(Ordering::Relaxed)
}

/// Sees to it that somebody starts what the stuck ones would have.
fn help_out(shared: &Shared, stuck: &[&Port], spare: &dyn Fn(usize)) {
    let waiting = stuck.iter().any(|port| port.stealable() > 0 || !port.given.is_empty());
    if !waiting || shared.spinning.load(Ordering::SeqCst) > 0 {
        return;
    }
    if shared.idle.load(Ordering::SeqCst) > 0 {
        return shared.rouse_any();
    }
    let workers = shared.workers.load(Ordering::SeqCst);
    // Others are busy, but not stuck: they will come to it.
    if stuck.len() == workers && workers < shared.ports.len() {
        shared.workers.store(workers + 1, Ordering::SeqCst);
        spare(workers);
    }
}

/// Does what is overdue with a worker that does not look at its timers.
fn fire_timers(shared: &Arc<Shared>, port: &Port) {
    // Counted as work under way, lest somebody takes the pause for a deadlock.
    shared.external.fetch_add(1, Ordering::SeqCst);
    let clock = Outside(Arc::clone(shared));
    let now = shared.clock.now();
    while let Some((due, what)) = port.pop_due(now) {
        match what {
            Timed::Wake(waiter) => {
                shared.wake(waiter, None, |_| {});
            }
            Timed::Fire(timer) => timer.fire(&clock, due),
        }
    }
    shared.external.fetch_sub(1, Ordering::SeqCst);
}
