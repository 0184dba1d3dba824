//! `SIGQUIT`: a process that is stuck tells where, as a Go program does.

use std::sync::atomic::{AtomicBool, Ordering};

use super::shared::Shared;
use crate::event::full_dump;

static REQUESTED: AtomicBool = AtomicBool::new(false);

/// Whether somebody wants to know where the goroutines are.
pub(super) fn requested() -> bool {
    REQUESTED.load(Ordering::Relaxed)
}

/// Prints all goroutines and ends the process with Go's exit code.
pub(super) fn dump(shared: &Shared) -> ! {
    let text = format!("SIGQUIT: quit\n\n{}", full_dump(&shared.slots.infos()));
    let _ = std::io::Write::write_all(&mut std::io::stderr(), text.as_bytes());
    std::process::exit(2)
}

/// From now on `SIGQUIT` is answered by the run's monitor.
#[cfg(unix)]
pub(super) fn listen() {
    raw::listen();
}

/// There is no such signal here.
#[cfg(not(unix))]
pub(super) fn listen() {}

#[cfg(unix)]
mod raw {
    #![expect(unsafe_code, reason = "installs a signal handler")]

    use std::sync::atomic::Ordering;

    extern "C" fn note(_signal: libc::c_int) {
        super::REQUESTED.store(true, Ordering::Relaxed);
    }

    pub(super) fn listen() {
        let handler = note as extern "C" fn(libc::c_int);
        // SAFETY: the handler does nothing but store to an atomic, which is allowed in any signal.
        unsafe { libc::signal(libc::SIGQUIT, handler as *const () as libc::sighandler_t) };
    }
}
