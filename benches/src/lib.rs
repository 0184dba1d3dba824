//! The workloads of the simulator, each written twice: for goseed and for shuttle; and in `cores` those of
//! the real scheduler.
//!
//! The two versions do the same operations in the same order, with each library's own primitives.

use std::time::{Duration, Instant};

pub mod cores;
pub mod ours;
pub mod theirs;

/// One workload.
#[derive(Clone, Copy, Debug)]
pub struct Workload {
    /// Its name in tables.
    pub name: &'static str,
    /// The program for goseed.
    pub ours: fn(),
    /// The program for shuttle.
    pub theirs: fn(),
    /// Schedules that take about a millisecond or more in goseed.
    pub schedules: usize,
}

/// All of them.
pub const WORKLOADS: &[Workload] = &[
    Workload {
        name: "W1 lost counter, 2 goroutines",
        ours: ours::lost_counter::<2>,
        theirs: theirs::lost_counter::<2>,
        schedules: 2_000,
    },
    Workload {
        name: "W2 lost counter, 100 goroutines",
        ours: ours::lost_counter::<100>,
        theirs: theirs::lost_counter::<100>,
        schedules: 100,
    },
    Workload {
        name: "W3 ping-pong, 1,000 round trips",
        ours: ours::ping_pong,
        theirs: theirs::ping_pong,
        schedules: 20,
    },
    Workload {
        name: "W4 mutex, 8 goroutines x 50",
        ours: ours::contended_mutex,
        theirs: theirs::contended_mutex,
        schedules: 50,
    },
    Workload {
        name: "W5 4 producers x 25, capacity 4",
        ours: ours::producers_consumer,
        theirs: theirs::producers_consumer,
        schedules: 200,
    },
    Workload {
        name: "W6 spawn 1,000 and join",
        ours: ours::spawn_and_join,
        theirs: theirs::spawn_and_join,
        schedules: 10,
    },
    Workload {
        name: "W7 4 goroutines x 1,000 yields",
        ours: ours::yields,
        theirs: theirs::yields,
        schedules: 20,
    },
];

/// How long goseed takes for so many schedules, without looking for races, as shuttle does not.
pub fn time_ours(main: fn(), strategy: &str, schedules: usize) -> Duration {
    time_with_races(main, strategy, schedules, false)
}

/// The same, looking for races or not.
pub fn time_with_races(main: fn(), strategy: &str, schedules: usize, races: bool) -> Duration {
    let explore = goseed::Explore::new()
        .schedules(schedules as u64)
        .strategy(strategy)
        .races(races)
        .keep_going();
    timed(|| drop(explore.run(main)))
}

/// How long shuttle takes for so many schedules, with its defaults.
pub fn time_theirs(main: fn(), strategy: &str, schedules: usize) -> Duration {
    use shuttle::scheduler::{PctScheduler, RandomScheduler};
    let config = shuttle::Config::new();
    match strategy {
        "random" => {
            let scheduler = RandomScheduler::new_from_seed(1, schedules);
            timed(|| {
                shuttle::Runner::new(scheduler, config).run(main);
            })
        }
        _ => {
            let scheduler = PctScheduler::new_from_seed(1, 3, schedules);
            timed(|| {
                shuttle::Runner::new(scheduler, config).run(main);
            })
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "speed is measured here and nowhere else")]
fn timed(f: impl FnOnce()) -> Duration {
    let start = Instant::now();
    f();
    start.elapsed()
}
