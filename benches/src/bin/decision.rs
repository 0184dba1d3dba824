//! What a decision of the simulator costs among 100 goroutines that can all run, in nanoseconds: the difference
//! between a program and the same with more steps. `pct:1` mostly goes on, `random` mostly switches.
#![expect(clippy::print_stdout, reason = "a command that prints what it measured")]

use std::time::Duration;

use benches::time_with_races;
use goseed::prelude::*;
use goseed::sync::atomic::AtomicI64;

const GOROUTINES: usize = 100;
const FEW: usize = 10;
const MANY: usize = 210;
const SCHEDULES: usize = 200;

fn main() {
    for (strategy, what) in [("pct:1", "without a switch"), ("random", "with a switch")] {
        let best = |program: fn()| {
            let rounds = (0..5).map(|_| time_with_races(program, strategy, SCHEDULES, false));
            rounds.min().unwrap_or(Duration::ZERO)
        };
        let more = best(adds::<MANY>).saturating_sub(best(adds::<FEW>));
        let steps = (SCHEDULES * GOROUTINES * (MANY - FEW)) as f64;
        println!("{what}: {:.1} ns", more.as_nanos() as f64 / steps);
    }
}

/// Goroutines that each add to something so often.
fn adds<const EACH: usize>() {
    let (x, wg) = (AtomicI64::new(0), WaitGroup::new());
    for _ in 0..GOROUTINES {
        let x = x.clone();
        wg.go(move || (0..EACH).for_each(|_| assert!(x.add(1) > 0)));
    }
    wg.wait();
}
