//! One reserved range of addresses, divided into slots of a stack each.
//!
//! ```text
//!  start                                                                  start + len
//!  │ guard │ stack 0 ............ │ guard │ stack 1 ............ │ guard │ ...   │
//!  └─ slot(0) ──────────────────┘ └─ slot(1) ──────────────────┘
//!            ◄── grows downwards
//! ```
//!
//! Reserving costs nothing: the kernel backs a page when it is first touched. Sharing one mapping
//! keeps a million stacks within a few dozen of them, as long as guard pages do not split it: those
//! made by `madvise` do not, those made by `mprotect` do, twice for each stack.

#![expect(unsafe_code, reason = "maps and unmaps memory")]

use std::ffi::{c_int, c_void};
use std::{io, ptr};

use super::overflow;

/// Makes pages fault when touched, without splitting their mapping: Linux 6.13 and later.
const MADV_GUARD_INSTALL: c_int = 102;

/// A mapping that is unmapped when dropped: whoever lives in it holds a reference.
pub(super) struct Slab {
    start: usize,
    slots: usize,
    /// A stack and its guard page: a whole number of pages.
    slot_len: usize,
}

impl Slab {
    /// Reserves memory for `slots` stacks. None is guarded yet.
    pub(super) fn map(slots: usize, slot_len: usize) -> io::Result<Self> {
        let len = slots * slot_len;
        let access = libc::PROT_READ | libc::PROT_WRITE;
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE;
        // SAFETY: without MAP_FIXED the kernel takes addresses that nothing else uses.
        let start = unsafe { libc::mmap(ptr::null_mut(), len, access, flags, -1, 0) };
        if start == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        let slab = Self { start: start.expose_provenance(), slots, slot_len };
        // A huge page would back dozens of stacks that use one small page each. A kernel without
        // huge pages refuses, and that is as good.
        let _ = slab.advise(slab.start, len, libc::MADV_NOHUGEPAGE);
        overflow::watch(slab.start, len, slot_len);
        Ok(slab)
    }

    /// How many stacks fit in.
    pub(super) fn slots(&self) -> usize {
        self.slots
    }

    /// The size in bytes.
    pub(super) fn len(&self) -> usize {
        self.slots * self.slot_len
    }

    /// A stack and its guard page, in bytes.
    pub(super) fn slot_len(&self) -> usize {
        self.slot_len
    }

    /// The lowest address of a slot, which is that of its guard page.
    pub(super) fn slot(&self, index: usize) -> usize {
        assert!(index < self.slots, "a slot of the slab");
        self.start + index * self.slot_len
    }

    /// Makes the first page of the slot at `slot` untouchable, within the same memory map.
    pub(super) fn guard_by_madvise(&self, slot: usize) -> io::Result<()> {
        self.advise(slot, page_size(), MADV_GUARD_INSTALL)
    }

    /// The same on any kernel, in a memory map of its own.
    pub(super) fn guard_by_mprotect(&self, slot: usize) -> io::Result<()> {
        let page = self.pointer(slot, page_size());
        // SAFETY: the page is ours, and no stack has been handed out above it yet.
        let result = unsafe { libc::mprotect(page, page_size(), libc::PROT_NONE) };
        check(result)
    }

    /// Gives the memory of `count` idle stacks in a row back to the kernel, the first of which ends at
    /// `end`: it reads as zero when next touched. Guard pages stay, whichever way they were made.
    pub(super) fn discard(&self, end: usize, count: usize) {
        let start = end - self.slot_len + page_size();
        let len = count * self.slot_len - page_size();
        // Only locked memory cannot be given back: then it is kept.
        let _ = self.advise(start, len, libc::MADV_DONTNEED);
    }

    /// `madvise` on part of the slab in which no coroutine lives.
    fn advise(&self, address: usize, len: usize, advice: c_int) -> io::Result<()> {
        let memory = self.pointer(address, len);
        // SAFETY: the range is in our mapping, and nothing refers to what is in it.
        let result = unsafe { libc::madvise(memory, len, advice) };
        check(result)
    }

    /// An address in the slab as the kernel wants it.
    fn pointer(&self, address: usize, len: usize) -> *mut c_void {
        assert!(self.start <= address, "begins in the slab");
        assert!(address + len <= self.start + self.len(), "ends in the slab");
        ptr::with_exposed_provenance_mut(address)
    }
}

impl Drop for Slab {
    fn drop(&mut self) {
        overflow::unwatch(self.start);
        let memory = self.pointer(self.start, self.len());
        // SAFETY: every stack in it holds a reference to the slab, so none is left.
        let result = unsafe { libc::munmap(memory, self.len()) };
        debug_assert_eq!(result, 0, "{}", io::Error::last_os_error());
    }
}

/// The unit of memory protection, in bytes.
pub(super) fn page_size() -> usize {
    // SAFETY: a question without side effects.
    let bytes = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
    usize::try_from(bytes).expect("every Linux knows its page size")
}

/// Turns a system call's result into one of ours.
fn check(result: c_int) -> io::Result<()> {
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}
