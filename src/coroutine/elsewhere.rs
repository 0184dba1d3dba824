//! macOS and Windows: one mapping per stack, made by the `corosensei` crate, behind the same API.
//!
//! These platforms are kept compiling; the careful work on memory is in `stack` and `slab`.

use std::io;

use corosensei::stack::DefaultStack;

/// The size of a goroutine's stack unless another one is asked for.
pub(crate) const DEFAULT_STACK_SIZE: usize = 256 * 1024;

/// The least size: printing a backtrace alone takes 22 KiB.
const MIN_STACK_SIZE: usize = 64 * 1024;

/// A stack with a guard page at its low end; its memory is unmapped when it is dropped.
pub(crate) type Stack = DefaultStack;

/// Why no stack could be had.
pub(crate) type StackError = io::Error;

/// Stacks of one size, the most recently used one first.
pub(crate) struct StackPool {
    size: usize,
    idle: Vec<Stack>,
}

impl StackPool {
    /// A pool of stacks with `size` usable bytes, or 64 KiB if that is more.
    pub(crate) fn new(size: usize) -> Self {
        Self { size: size.max(MIN_STACK_SIZE), idle: Vec::new() }
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
    /// Fails if the system refuses more memory.
    pub(crate) fn take(&mut self) -> Result<Stack, StackError> {
        self.idle.pop().map_or_else(|| DefaultStack::new(self.size), Ok)
    }

    /// Takes a stack back.
    pub(crate) fn put(&mut self, stack: Stack) {
        self.idle.push(stack);
    }

    /// Keeps the `keep` most recently used idle stacks and unmaps the others.
    pub(crate) fn shrink(&mut self, keep: usize) {
        let surplus = self.idle.len().saturating_sub(keep);
        self.idle.drain(..surplus);
    }

    /// How many idle stacks there are beyond `keep`.
    pub(crate) fn excess(&self, keep: usize) -> usize {
        self.idle.len().saturating_sub(keep)
    }
}

/// No message of our own: an overflow ends the process as the system sees fit.
pub(crate) mod overflow {
    /// A goroutine ran off its stack; there is none of these on this platform.
    pub(crate) enum Overflow {}

    impl Overflow {
        /// Prints one line that names the goroutine.
        pub(crate) fn report(&self, _goroutine: u32, _note: &str) {
            match *self {}
        }
    }

    /// Who knows which goroutine runs on this thread.
    pub(crate) type Owner = fn(&Overflow);

    /// Does nothing here.
    pub(crate) fn install(_owner: Owner) {}
}
