//! Says which goroutine overflowed its stack, where the system would only say "Segmentation fault".
//!
//! Running off a stack touches its guard page, and the kernel sends a signal. The handler looks the
//! address up in a table of all slabs. So this costs nothing while all is well: no bounds are
//! stored when a goroutine is switched in.
//!
//! ```text
//!  address of the fault ─► in a slab? ─► in the first page of a slot? ─► one line, then abort
//!                              │ no             │ no
//!                              └────────────────┴─► the handler that was there before
//! ```
//!
//! A signal handler may interrupt anything, so nothing in here allocates, or waits for a lock: it
//! reads atomics, calls `write`, and aborts. It runs on the thread's alternate stack, which std
//! sets up for every thread it starts.

#![expect(unsafe_code, reason = "installs a signal handler")]

use std::ffi::{c_int, c_void};
use std::fmt::{self, Write};
use std::process::abort;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, Once, OnceLock, PoisonError};
use std::{mem, ptr};

use super::slab::page_size;

/// A goroutine ran off its stack, here and now: its owner gets this in the signal handler.
pub(crate) struct Overflow {
    stack_size: usize,
}

impl Overflow {
    /// Prints one line that names the goroutine, and then `note`, as it is.
    pub(crate) fn report(&self, goroutine: u32, note: &str) {
        let size = self.stack_size;
        let mut line = Line::new();
        // A line that is too long is cut, and still says the most important part.
        let _ = writeln!(
            line,
            "goroutine {goroutine}: stack overflow (its stack is {size} bytes; \
             raise it with stack_size)",
        );
        write_to_stderr(line.as_bytes());
        write_to_stderr(note.as_bytes());
    }
}

/// Who knows which goroutine runs on this thread, and calls [`Overflow::report`] with it.
///
/// It is called in a signal handler: it may read atomics and plain thread-local cells, and must
/// neither allocate nor lock.
pub(crate) type Owner = fn(&Overflow);

/// Installs the handler. Only the first call in a process counts.
pub(crate) fn install(owner: Owner) {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // Known before our handler can run.
        INSTALLED.get_or_init(|| Installed { owner, before: SIGNALS.map(current_action) });
        SIGNALS.into_iter().for_each(handle);
    });
}

// ---- Where the stacks are ----

/// A slab, so that a signal handler can read it. `start` is 0 in a row that is free.
struct Row {
    start: AtomicUsize,
    len: AtomicUsize,
    slot_len: AtomicUsize,
}

/// Enough for 16 million stacks in one pool. A slab that finds no row is only less well explained.
static TABLE: [Row; 1024] = [const { Row::free() }; 1024];

/// Held while a row is written. Readers hold nothing: a row that changes under them belongs to
/// a slab in which nobody runs.
static WRITING: Mutex<()> = Mutex::new(());

impl Row {
    const fn free() -> Self {
        Self { start: AtomicUsize::new(0), len: AtomicUsize::new(0), slot_len: AtomicUsize::new(0) }
    }

    fn begins_at(&self, address: usize) -> bool {
        self.start.load(Ordering::Acquire) == address
    }

    /// The overflow that a fault at `address` means, if it is in the guard page of a slot.
    fn overflow_at(&self, address: usize) -> Option<Overflow> {
        let start = self.start.load(Ordering::Acquire);
        let len = self.len.load(Ordering::Relaxed);
        let slot_len = self.slot_len.load(Ordering::Relaxed);
        let offset = address.checked_sub(start).filter(|&o| start != 0 && o < len)?;
        let guard = page_size();
        (offset % slot_len < guard).then(|| Overflow { stack_size: slot_len - guard })
    }
}

/// Explains overflows in a new slab from here on.
pub(super) fn watch(start: usize, len: usize, slot_len: usize) {
    let _writing = WRITING.lock().unwrap_or_else(PoisonError::into_inner);
    let Some(row) = TABLE.iter().find(|row| row.begins_at(0)) else { return };
    row.len.store(len, Ordering::Relaxed);
    row.slot_len.store(slot_len, Ordering::Relaxed);
    // Last, as it makes the row count.
    row.start.store(start, Ordering::Release);
}

/// Forgets a slab that is about to be unmapped.
pub(super) fn unwatch(start: usize) {
    let _writing = WRITING.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(row) = TABLE.iter().find(|row| row.begins_at(start)) {
        row.start.store(0, Ordering::Release);
    }
}

// ---- The handler ----

/// What touching a guard page raises: the first on Linux, the second to be safe.
const SIGNALS: [c_int; 2] = [libc::SIGSEGV, libc::SIGBUS];

/// What the handler has to know.
struct Installed {
    owner: Owner,
    /// The actions that were in force before, in the order of `SIGNALS`.
    before: [libc::sigaction; 2],
}

static INSTALLED: OnceLock<Installed> = OnceLock::new();

/// Runs in place of the instruction that faulted.
extern "C" fn on_fault(signal: c_int, info: *mut libc::siginfo_t, context: *mut c_void) {
    let Some(installed) = INSTALLED.get() else { abort() };
    // SAFETY: the kernel hands a handler with SA_SIGINFO a siginfo that is valid until it returns.
    let fault = unsafe { &*info };
    // SAFETY: both signals carry an address.
    let address = unsafe { fault.si_addr() }.addr();
    if let Some(overflow) = TABLE.iter().find_map(|row| row.overflow_at(address)) {
        (installed.owner)(&overflow);
        abort();
    }
    let before = &installed.before[usize::from(signal != SIGNALS[0])];
    pass_on(before, signal, info, context);
}

/// Does what would have been done without us.
fn pass_on(
    before: &libc::sigaction,
    signal: c_int,
    info: *mut libc::siginfo_t,
    context: *mut c_void,
) {
    type Plain = extern "C" fn(c_int);
    type Detailed = extern "C" fn(c_int, *mut libc::siginfo_t, *mut c_void);

    let action = before.sa_sigaction;
    if action == libc::SIG_DFL || action == libc::SIG_IGN {
        set_action(signal, before);
        // SAFETY: it arrives when our handler returns, and then meets the action from before.
        unsafe { libc::raise(signal) };
    } else if before.sa_flags & libc::SA_SIGINFO != 0 {
        // SAFETY: with this flag, the action is a function of this type.
        let handler = unsafe { mem::transmute::<usize, Detailed>(action) };
        handler(signal, info, context);
    } else {
        // SAFETY: without the flag, the action is a function of this type.
        let handler = unsafe { mem::transmute::<usize, Plain>(action) };
        handler(signal);
    }
}

/// Makes `on_fault` the handler of `signal`.
fn handle(signal: c_int) {
    let handler: extern "C" fn(c_int, *mut libc::siginfo_t, *mut c_void) = on_fault;
    let mut action = no_action();
    action.sa_sigaction = handler as usize;
    action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
    set_action(signal, &action);
}

/// The action in force for `signal`.
fn current_action(signal: c_int) -> libc::sigaction {
    let mut action = no_action();
    // SAFETY: asks only, and writes to a place of the right type.
    let result = unsafe { libc::sigaction(signal, ptr::null(), &raw mut action) };
    debug_assert_eq!(result, 0, "the signal exists");
    action
}

/// Puts an action in force for `signal`.
fn set_action(signal: c_int, action: &libc::sigaction) {
    // SAFETY: the action is `on_fault`, which keeps to what a handler may do, or was there before.
    let result = unsafe { libc::sigaction(signal, action, ptr::null_mut()) };
    debug_assert_eq!(result, 0, "the signal exists");
}

/// The action that blocks no signal, has no flags and does the default.
fn no_action() -> libc::sigaction {
    // SAFETY: integers, an empty set and no function are all zeros.
    unsafe { mem::zeroed() }
}

// ---- Printing without allocating ----

/// A line of text in a fixed buffer; what does not fit is cut.
struct Line {
    bytes: [u8; 128],
    len: usize,
}

impl Line {
    fn new() -> Self {
        Self { bytes: [0; 128], len: 0 }
    }

    fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.len]
    }
}

impl Write for Line {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let free = &mut self.bytes[self.len..];
        let fits = text.len().min(free.len());
        free[..fits].copy_from_slice(&text.as_bytes()[..fits]);
        self.len += fits;
        if fits == text.len() { Ok(()) } else { Err(fmt::Error) }
    }
}

/// Writes to the file descriptor: `std::io` would take a lock.
fn write_to_stderr(text: &[u8]) {
    // SAFETY: the bytes are valid for their length. A failure has nobody left to hear of it.
    unsafe { libc::write(libc::STDERR_FILENO, text.as_ptr().cast(), text.len()) };
}
