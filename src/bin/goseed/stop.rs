//! Ctrl-C: the first one ends the exploration, whose findings are still printed; the second one the
//! process.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Set by Ctrl-C.
#[derive(Clone, Debug)]
pub(crate) struct Stop(Arc<AtomicBool>);

impl Stop {
    /// Listens from now on.
    pub(crate) fn on_ctrl_c() -> Self {
        let stop = Self(Arc::default());
        let flag = Arc::clone(&stop.0);
        let pressed = move || {
            if flag.swap(true, Ordering::Relaxed) {
                std::process::exit(75);
            }
        };
        if let Err(error) = ctrlc::set_handler(pressed) {
            crate::out::say(&format!("Ctrl-C will end this at once: {error}"));
        }
        stop
    }

    /// Whether it was pressed.
    pub(crate) fn pressed(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// The flag itself, for whoever looks at it while exploring.
    pub(crate) fn flag(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.0)
    }
}
