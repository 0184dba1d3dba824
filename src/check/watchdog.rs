//! One thread that notices a program which no longer reaches a point.
//!
//! Rust cannot interrupt a loop without any goseed operation, nor a goroutine that waits in a lock of
//! `std`: the whole simulator hangs with it. After ten seconds without a step the watchdog says where
//! that was and ends the process.

use std::fmt;
use std::io::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, Once, PoisonError, Weak};
use std::thread;
use std::time::Duration;

use crate::backend::sim::TokenOf;
use crate::event::Heartbeat;

/// Seconds without a step after which a run counts as stuck.
const PATIENCE: u32 = 10;

/// A simulator as the watchdog sees it.
pub(super) struct Watched {
    pub(super) heartbeat: Arc<Heartbeat>,
    /// How many runs it has begun: tells the third step of this run from that of the last one.
    pub(super) runs: AtomicU64,
    /// The index of the schedule that it runs.
    pub(super) index: AtomicU64,
    token: Arc<TokenOf>,
}

impl fmt::Debug for Watched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watched").field("heartbeat", &self.heartbeat).finish_non_exhaustive()
    }
}

static ALL: Mutex<Vec<Weak<Watched>>> = Mutex::new(Vec::new());

/// A new simulator to be watched, as long as somebody holds it. The first one starts the thread.
pub(super) fn watch(token: Arc<TokenOf>) -> Arc<Watched> {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // Without a thread there is no watchdog, and nothing else is lost.
        let _ = thread::Builder::new().name("goseed watchdog".to_owned()).spawn(patrol);
    });
    let watched = Arc::new(Watched {
        heartbeat: Arc::default(),
        runs: AtomicU64::new(0),
        index: AtomicU64::new(0),
        token,
    });
    let mut all = ALL.lock().unwrap_or_else(PoisonError::into_inner);
    all.retain(|other| other.strong_count() > 0);
    all.push(Arc::downgrade(&watched));
    watched
}

/// What was seen of a simulator, and for how many seconds in a row.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct Sight {
    runs: u64,
    steps: u64,
    seconds: u32,
}

impl Sight {
    /// The next look, a second later; it is stuck if nothing has changed for too long.
    fn next(self, runs: u64, steps: u64) -> Self {
        let same = steps != 0 && (runs, steps) == (self.runs, self.steps);
        Self { runs, steps, seconds: if same { self.seconds + 1 } else { 0 } }
    }
}

fn patrol() {
    let mut sights: Vec<(Arc<Watched>, Sight)> = Vec::new();
    loop {
        thread::park_timeout(Duration::from_secs(1));
        let before = std::mem::take(&mut sights);
        let all = ALL.lock().unwrap_or_else(PoisonError::into_inner).clone();
        for watched in all.iter().filter_map(Weak::upgrade) {
            let known = before.iter().find(|(other, _)| Arc::ptr_eq(other, &watched));
            let last = known.map_or(Sight::default(), |(_, sight)| *sight);
            let runs = watched.runs.load(Ordering::Relaxed);
            let sight = last.next(runs, watched.heartbeat.steps());
            if sight.seconds >= PATIENCE {
                give_up(&watched, sight);
            }
            sights.push((watched, sight));
        }
    }
}

fn give_up(watched: &Watched, sight: Sight) -> ! {
    let place = watched.heartbeat.place().map_or("?".to_owned(), |place| place.to_string());
    let goroutine = watched.heartbeat.goroutine().number();
    let token = (watched.token)(watched.index.load(Ordering::Relaxed), None);
    let text = format!(
        "goseed: no step for {PATIENCE} s: the last one, {}, was that of goroutine {goroutine} at {place}, and \
         whoever has run since then is stuck\n\
         token {token}\n\
         hint: is there a std primitive, or a loop without any goseed operation, inside a goroutine?\n",
        sight.steps
    );
    // Past the harness of the tests, which keeps what is printed, and shows it at an end that never comes.
    let _ = std::io::stderr().write_all(text.as_bytes());
    std::process::exit(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_stuck_only_if_neither_run_nor_step_changes() {
        let mut sight = Sight::default();
        for run in 0..100 {
            sight = sight.next(run, 3);
        }
        assert_eq!(sight.seconds, 0);
        for _ in 0..PATIENCE {
            sight = sight.next(99, 3);
        }
        assert_eq!(sight.seconds, PATIENCE);
        assert_eq!(sight.next(99, 4).seconds, 0);
    }

    #[test]
    fn nothing_is_stuck_between_runs() {
        let sight = Sight { runs: 5, steps: 0, seconds: 0 };
        assert_eq!(sight.next(5, 0).seconds, 0);
    }
}
