//! How long the chapter's durations last.
//!
//! In the simulator they are the chapter's own, and cost nothing. On cores the longest one of a scenario
//! takes a tenth of a second, and the others are as much shorter as it is.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use goseed::{runtime, time};

use crate::Scenario;

/// What the longest duration of a scenario takes on cores.
const ON_CORES: Duration = Duration::from_millis(100);
/// How long a program on cores looks for a state that it waits for.
const PATIENCE: Duration = Duration::from_secs(10);

/// The longest duration of a scenario that runs on cores; unset in the simulator.
type Longest = Arc<OnceLock<Duration>>;

goseed::global! {
    static LONGEST: Longest = Longest::default();
}

impl Scenario {
    /// The program, at the pace of cores.
    pub fn paced(&self) -> impl FnOnce() + Send + 'static {
        let (longest, main) = (self.longest, self.main);
        move || {
            let _ = LONGEST.get().set(longest);
            main();
        }
    }
}

/// A duration of the chapter, as long as it lasts in this run.
pub(crate) fn span(chapter: Duration) -> Duration {
    match LONGEST.get().get() {
        Some(longest) if *longest > ON_CORES => {
            ON_CORES.mul_f64(chapter.as_secs_f64() / longest.as_secs_f64())
        }
        _ => chapter,
    }
}

/// Waits until those who were woken have come as far as they can: for a millisecond in the simulator,
/// where that is certain; on cores, until `seen` holds.
pub(crate) fn settle(seen: impl Fn() -> bool) {
    let milli = Duration::from_millis(1);
    if LONGEST.get().get().is_none() {
        return time::sleep(milli);
    }
    let began = time::now();
    while !seen() && time::since(began) < PATIENCE {
        time::sleep(milli);
    }
}

/// The number of goroutines, once it is `count`, or as it stays.
pub(crate) fn settled_count(count: usize) -> usize {
    settle(|| runtime::num_goroutine() == count);
    runtime::num_goroutine()
}
