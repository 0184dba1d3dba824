//! Stacks for coroutines, and the pool that reuses them.
//!
//! A stack is a slot in a [`Slab`], one large mapping that many share. The pool hands out the stack
//! that came back last, as it is still in the cache; only without one does it cut a fresh slot, and
//! only without slots does it map another slab, twice the size of the one before.
//!
//! ```text
//!             idle                                newest slab
//!   ┌───────┬───────┬───────┬───────┐     ┌──────┬──────┬──────┬──────┐
//!   │ clean │ clean │ used  │ used  │     │ used │ used │ fresh│ fresh│
//!   └───────┴───────┴───────┴───────┘     └──────┴──────┴──────┴──────┘
//!        shrink() cleans ─►     ▲ put/take                 ▲ take, when nothing is idle
//! ```
//!
//! Every stack holds a reference to its slab, which is unmapped with the last of them. So a pool may
//! be dropped while its stacks are in use, and the slab of an abandoned stack stays mapped for ever,
//! with no book-keeping for either.

#![expect(unsafe_code, reason = "promises to the coroutine switch that a stack is a stack")]

use std::sync::Arc;
use std::{error, fmt, io};

use corosensei::stack::StackPointer;

use super::slab::{Slab, page_size};

/// The size of a goroutine's stack unless another one is asked for.
pub(crate) const DEFAULT_STACK_SIZE: usize = 256 * 1024;

/// The least size: printing a backtrace alone takes 22 KiB.
const MIN_STACK_SIZE: usize = 64 * 1024;

/// Slabs grow from the first size to the second, in bytes of address space: from about 64 stacks of
/// the default size to about 16,000, so that a million stacks take some 70 slabs.
const FIRST_SLAB: usize = 64 * DEFAULT_STACK_SIZE;
const LARGEST_SLAB: usize = 256 * FIRST_SLAB;

/// How the page below a stack is made untouchable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum GuardKind {
    /// By `madvise` where the kernel can (Linux 6.13 and later), else as below.
    Auto,
    /// By `mprotect`, on any kernel. This costs two memory maps a stack, and a process may only
    /// have so many.
    Mprotect,
}

/// A stack that no coroutine lives on, ready to be used by one.
#[must_use = "a stack that is dropped is lost to its pool"]
pub(crate) struct Stack {
    /// One past the highest byte. Stacks grow downwards, so use begins here.
    base: StackPointer,
    /// Keeps the memory mapped.
    slab: Arc<Slab>,
}

// SAFETY: `base` is the page-aligned end of a slot in a mapped slab, the slot belongs to this
// value alone, it is larger than the least size, and its lowest page is a guard page: `Stack` is
// only made by `StackPool::fresh`, which installs that first.
unsafe impl corosensei::stack::Stack for Stack {
    #[inline]
    fn base(&self) -> StackPointer {
        self.base
    }

    #[inline]
    fn limit(&self) -> StackPointer {
        let limit = self.base.get() - self.slab.slot_len();
        StackPointer::new(limit).expect("a slot never begins at address zero")
    }
}

impl Stack {
    /// One past its highest byte.
    fn end(&self) -> usize {
        self.base.get()
    }
}

/// Stacks of one size, the most recently used one first.
pub(crate) struct StackPool {
    /// Usable bytes of each stack: a whole number of pages.
    size: usize,
    guard: GuardKind,
    /// The slab that fresh stacks are cut from.
    newest: Option<Arc<Slab>>,
    /// How many stacks have been cut from `newest`.
    cut: usize,
    /// Stacks nobody uses, the most recently used one last.
    idle: Vec<Stack>,
    /// This many stacks at the front of `idle` have no memory behind them.
    clean: usize,
}

impl StackPool {
    /// A pool of stacks with `size` usable bytes, rounded up to pages and to at least 64 KiB.
    pub(crate) fn new(size: usize) -> Self {
        Self::with_guard(size, GuardKind::Auto)
    }

    /// As [`new`](Self::new), choosing how stacks are guarded.
    pub(crate) fn with_guard(size: usize, guard: GuardKind) -> Self {
        let size = size.max(MIN_STACK_SIZE).next_multiple_of(page_size());
        Self { size, guard, newest: None, cut: 0, idle: Vec::new(), clean: 0 }
    }

    /// The usable bytes of each stack.
    #[cfg(test)]
    pub(crate) fn stack_size(&self) -> usize {
        self.size
    }

    /// Hands out a stack.
    ///
    /// # Errors
    ///
    /// Fails if the kernel refuses more memory, or more guard pages.
    #[inline]
    pub(crate) fn take(&mut self) -> Result<Stack, StackError> {
        let Some(stack) = self.idle.pop() else { return self.fresh() };
        self.clean = self.clean.min(self.idle.len());
        Ok(stack)
    }

    /// Takes a stack back.
    #[inline]
    pub(crate) fn put(&mut self, stack: Stack) {
        debug_assert_eq!(stack.slab.slot_len(), self.slot_len(), "a stack of another size");
        self.idle.push(stack);
    }

    /// Gives back the memory behind all idle stacks but the `keep` most recently used. The stacks
    /// stay in the pool; their next use costs a page fault per page.
    pub(crate) fn shrink(&mut self, keep: usize) {
        let end = self.idle.len().saturating_sub(keep);
        let Some(used) = self.idle.get_mut(self.clean..end) else { return };
        // Neighbours go back in one call, since each call interrupts every other thread.
        used.sort_unstable_by_key(Stack::end);
        let neighbours = |a: &Stack, b: &Stack| {
            Arc::ptr_eq(&a.slab, &b.slab) && a.end() + a.slab.slot_len() == b.end()
        };
        for run in used.chunk_by(neighbours) {
            run[0].slab.discard(run[0].end(), run.len());
        }
        self.clean = self.clean.max(end);
    }

    /// How many idle stacks beyond `keep` have memory behind them.
    pub(crate) fn excess(&self, keep: usize) -> usize {
        self.idle.len().saturating_sub(keep.max(self.clean))
    }

    /// Cuts a stack that was never used out of the newest slab, or out of another one.
    #[cold]
    fn fresh(&mut self) -> Result<Stack, StackError> {
        let slab = self.slab_with_room()?;
        let slot = slab.slot(self.cut);
        self.install_guard(&slab, slot)?;
        self.cut += 1;
        let base = StackPointer::new(slot + slab.slot_len());
        Ok(Stack { base: base.expect("a slot never ends at address zero"), slab })
    }

    /// The newest slab, after mapping another one if it is used up.
    fn slab_with_room(&mut self) -> Result<Arc<Slab>, StackError> {
        let bytes = match &self.newest {
            None => FIRST_SLAB,
            Some(slab) if self.cut == slab.slots() => (2 * slab.len()).min(LARGEST_SLAB),
            Some(slab) => return Ok(Arc::clone(slab)),
        };
        let slots = (bytes / self.slot_len()).max(1);
        let slab = Slab::map(slots, self.slot_len()).map_err(StackError::memory)?;
        self.cut = 0;
        Ok(Arc::clone(self.newest.insert(Arc::new(slab))))
    }

    /// Makes the first page of a slot untouchable.
    fn install_guard(&mut self, slab: &Slab, slot: usize) -> Result<(), StackError> {
        if self.guard == GuardKind::Auto {
            match slab.guard_by_madvise(slot) {
                // This kernel is older, or the memory is locked: do without from here on.
                Err(e) if e.raw_os_error() == Some(libc::EINVAL) => {}
                result => return result.map_err(StackError::memory),
            }
            self.guard = GuardKind::Mprotect;
        }
        slab.guard_by_mprotect(slot).map_err(StackError::mprotect)
    }

    /// A stack and the guard page below it, in bytes.
    fn slot_len(&self) -> usize {
        self.size + page_size()
    }
}

/// Why no stack could be had.
#[derive(Debug)]
pub(crate) struct StackError {
    kind: ErrorKind,
    source: io::Error,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ErrorKind {
    /// The kernel refused memory.
    Memory,
    /// The process has all the memory maps it may have.
    TooManyMaps,
}

impl StackError {
    fn memory(source: io::Error) -> Self {
        Self { kind: ErrorKind::Memory, source }
    }

    /// `mprotect` on memory of our own has one reason to run out: it would split a map.
    fn mprotect(source: io::Error) -> Self {
        let full = source.raw_os_error() == Some(libc::ENOMEM);
        let kind = if full { ErrorKind::TooManyMaps } else { ErrorKind::Memory };
        Self { kind, source }
    }
}

impl fmt::Display for StackError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            ErrorKind::Memory => write!(f, "no memory for a goroutine's stack: {}", self.source),
            ErrorKind::TooManyMaps => f.write_str(
                "too many goroutine stacks for vm.max_map_count: before Linux 6.13 each one takes \
                 two memory maps, so the usual 65530 maps allow about 32,000 stacks; \
                 raise it with `sysctl -w vm.max_map_count=4194304`",
            ),
        }
    }
}

impl error::Error for StackError {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        Some(&self.source)
    }
}

// A pool may move between threads, with all its idle stacks.
const _: () = {
    const fn assert_send<T: Send>() {}
    assert_send::<StackPool>();
    assert!(size_of::<Stack>() == 16, "a stack is moved at every spawn");
};
