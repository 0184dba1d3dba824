//! One panic hook for the whole process, chained before the one that was there.
//!
//! While schedules are run, panics print nothing: the report shows them. The hook notes where a panic was
//! raised, and keeps quiet on threads that asked for it. A panic that is about to abort the process (out
//! of a destructor during unwinding) is announced with its goroutine, since no report will follow. Where
//! panics abort, the hook is the last of the program to run: it lets the run end as Go's would.

use std::any::Any;
use std::cell::Cell;
use std::io::Write as _;
use std::panic::{self, Location};
use std::sync::Once;

use super::Backend;
use crate::event::{Panic, Place};

/// Ends a program with a panic.
type Crash = Box<dyn FnOnce(Panic)>;

thread_local! {
    static QUIET: Cell<bool> = const { Cell::new(false) };
    static LOCATION: Cell<Option<&'static Location<'static>>> = const { Cell::new(None) };
    static BLAMED: Cell<Option<Place>> = const { Cell::new(None) };
    static CRASH: Cell<Option<Crash>> = const { Cell::new(None) };
}

/// Installs the hook, once per process.
pub(crate) fn install() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let previous = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if !QUIET.get() {
                return previous(info);
            }
            let message = text(info.payload());
            if aborts(message) {
                announce(message);
                return previous(info);
            }
            LOCATION.set(info.location().map(super::sim::leak_location));
            let rt = super::current();
            if ABORTS {
                crash(rt, message);
                return previous(info);
            }
            if let Some(rt) = rt {
                rt.raised(message);
            }
        }));
    });
}

/// Panics do not unwind: they end the process.
const ABORTS: bool = cfg!(panic = "abort");

/// Ends the program with this panic, if it is one of a goroutine or of work that is done for one.
fn crash(rt: Option<&dyn Backend>, message: &str) {
    match rt {
        Some(rt) if rt.number() > 0 => {
            rt.raised(message);
            rt.crash(rt.caught().panic(Box::new(message.to_owned())));
        }
        Some(_) => {}
        None => {
            if let Some(crash) = CRASH.take() {
                crash(Panic::new(Box::new(message.to_owned()), LOCATION.take()));
            }
        }
    }
}

/// Does `work` for a goroutine on a thread that has none: where panics abort, one of it goes to `crash`.
pub(super) fn on_behalf(crash: impl FnOnce(Panic) + 'static, work: impl FnOnce()) {
    if ABORTS {
        CRASH.set(Some(Box::new(crash)));
    }
    work();
    CRASH.take();
}

/// Refuses, in one line, what cannot be had without unwinding.
pub(crate) fn needs_unwinding(what: &str) {
    if ABORTS {
        let why = "needs unwinding, and this was built with panic = \"abort\"";
        let _ = writeln!(std::io::stderr(), "goseed: {what} {why}");
        std::process::exit(2);
    }
}

/// The panic that is about to be raised is the fault of this line of the user's.
pub(super) fn blame(place: Place) {
    BLAMED.set(Some(place));
}

/// Where the last panic on this thread was raised.
pub(super) fn take_place() -> Option<Place> {
    let location = LOCATION.take();
    BLAMED.take().or_else(|| location.map(Place::from))
}

/// What a panic says.
pub(super) fn text(payload: &dyn Any) -> &str {
    if let Some(text) = payload.downcast_ref::<&'static str>() {
        text
    } else {
        payload.downcast_ref::<String>().map_or("Box<dyn Any>", String::as_str)
    }
}

/// Whether std raises this one, on its way to an abort that nobody can stop.
fn aborts(message: &str) -> bool {
    let begins = [
        "panic in a destructor during cleanup",
        "panic in a function that cannot unwind",
        "unsafe precondition(s) violated: ",
        "misaligned pointer dereference: address must be",
        "null pointer dereference occurred",
    ];
    begins.iter().any(|begin| message.starts_with(begin))
}

fn announce(message: &str) {
    let who = super::current().map_or_else(|| "no goroutine".to_owned(), |rt| rt.describe());
    let _ = writeln!(std::io::stderr(), "{who}: {message}; the process aborts");
}

/// As long as it lives, panics on this thread print nothing.
#[derive(Debug)]
pub(crate) struct Quiet(bool);

impl Quiet {
    pub(crate) fn new() -> Self {
        Self(QUIET.replace(true))
    }
}

impl Drop for Quiet {
    fn drop(&mut self) {
        QUIET.set(self.0);
    }
}
