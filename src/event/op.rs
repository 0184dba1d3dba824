//! Operations: what a goroutine is about to do, or has done.

use std::fmt;

use super::{GoId, ObjectId, Place, objects};

/// One visible operation: an action on an object, from a place.
///
/// It is two words, so that it travels in registers: each goroutine makes one for each of its steps.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Op {
    /// The line that does it.
    pub place: Place,
    what: What,
}

/// From the lowest bit: an action (8), the objects that it may touch if there are several (24), the first of
/// them (32).
#[derive(Clone, Copy, PartialEq, Eq)]
struct What(u64);

impl Op {
    /// `action` on `object`.
    #[inline]
    pub fn new(action: Action, object: ObjectId, place: Place) -> Self {
        Self::of(action, object, ObjectSet::EMPTY, place)
    }

    /// An operation on no object.
    #[inline]
    pub fn local(action: Action, place: Place) -> Self {
        Self::of(action, objects::NONE, ObjectSet::EMPTY, place)
    }

    #[inline]
    fn of(action: Action, object: ObjectId, objects: ObjectSet, place: Place) -> Self {
        let what = action as u64 | u64::from(objects.0) << 8 | (object.index() as u64) << 32;
        Self { place, what: What(what) }
    }

    /// The same operation with another action.
    #[inline]
    pub(crate) fn with_action(self, action: Action) -> Self {
        Self { what: What(self.what.0 & !0xff | action as u64), ..self }
    }

    /// The same operation, which may touch all of these.
    #[inline]
    pub(crate) fn with_objects(self, objects: ObjectSet) -> Self {
        Self::of(self.action(), self.object(), objects, self.place)
    }

    /// What is done.
    #[inline]
    pub fn action(&self) -> Action {
        const ACTIONS: [Action; 256] = Action::table();
        ACTIONS[usize::from(self.what.0 as u8)]
    }

    /// Whether this is done.
    #[inline]
    pub(crate) fn is(&self, action: Action) -> bool {
        self.what.0 as u8 == action as u8
    }

    /// The action as a number, to be hashed.
    #[inline]
    pub(crate) fn action_number(&self) -> u64 {
        u64::from(self.what.0 as u8)
    }

    /// How it relates to others on the same object.
    #[inline]
    pub(crate) fn effect(&self) -> Effect {
        self.action().effect()
    }

    /// The object it is done to; for a `select` that of its first case.
    #[inline]
    pub fn object(&self) -> ObjectId {
        ObjectId::new((self.what.0 >> 32) as u32)
    }

    /// All objects that it may touch; more than one only for `select`.
    #[inline]
    pub(crate) fn objects(&self) -> ObjectSet {
        match ObjectSet((self.what.0 >> 8) as u32 & ObjectSet::ALL) {
            ObjectSet::EMPTY if self.object() != objects::NONE => ObjectSet::one(self.object()),
            several => several,
        }
    }

    /// Whether the order of two operations of different goroutines can be observed.
    ///
    /// Never `false` wrongly: where it is not sure (a `select` over many channels), it says `true`.
    pub fn conflicts(&self, other: &Self) -> bool {
        use Effect::{Add, All, Local, Read, Recv, Send};
        let (a, b) = (self.action().effect(), other.action().effect());
        match (a, b) {
            // Whoever is about to step back may do so, and more, before the program ends.
            (Local, All) => !self.action().is_invisible(),
            (All, Local) => !other.action().is_invisible(),
            (Local, _) | (_, Local) => false,
            // Nobody can tell whether a goroutine had ended when the program did.
            (All, _) if other.action() == Action::End => false,
            (_, All) if self.action() == Action::End => false,
            (All, _) | (_, All) => true,
            (Read, Read) => false,
            // The k-th receive gets the k-th value whichever side came first; who comes later than both is told
            // by neither.
            (Send, Recv) | (Recv, Send) => false,
            (Add, Add) if !self.crosses_zero_with(other) => false,
            _ if self.action() == Action::Return || other.action() == Action::Return => {
                self.ends_with_main() && other.ends_with_main()
            }
            _ if self.objects().is_many() || other.objects().is_many() => {
                self.objects().meets(other.objects())
            }
            _ => self.object() == other.object(),
        }
    }

    /// Whether the one takes up what the other takes down: a group's counter must not go below zero.
    fn crosses_zero_with(&self, other: &Self) -> bool {
        matches!(
            (self.action(), other.action()),
            (Action::Add, Action::Done) | (Action::Done, Action::Add)
        )
    }

    /// Whether main's return cuts it off visibly.
    fn ends_with_main(&self) -> bool {
        self.action() == Action::Return
            || matches!(self.object(), objects::STDOUT | objects::STDERR)
    }
}

impl fmt::Debug for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (action, object, objects) = (self.action(), self.object(), self.objects());
        write!(f, "{action} {object:?} {objects:?} at {}", self.place)
    }
}

/// How an action relates to others on the same object.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Effect {
    /// Conflicts with nothing but the end of the program, before which more may come.
    Local,
    /// Commutes with other reads.
    Read,
    /// Commutes with other adds, whose result nobody is told.
    Add,
    /// Commutes with receives from the same channel, not with other sends.
    Send,
    /// Commutes with sends on the same channel, not with other receives.
    Recv,
    /// Conflicts with everything on its object.
    Write,
    /// Conflicts with everything.
    All,
}

macro_rules! actions {
    ($($(#[$doc:meta])* $name:ident $text:literal $effect:ident,)*) => {
        /// What an operation does.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        #[non_exhaustive]
        #[repr(u8)]
        pub enum Action { $($(#[$doc])* $name,)* }

        impl Action {
            /// All of them, in the order of their numbers.
            pub(crate) const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The same, by any number that a byte can hold.
            const fn table() -> [Self; 256] {
                let (mut table, mut n) = ([Self::ALL[0]; 256], 0);
                while n < Self::ALL.len() {
                    table[n] = Self::ALL[n];
                    n += 1;
                }
                table
            }

            /// The words under which it is shown: `send`, `lock`, ….
            pub const fn words(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }

            #[inline]
            pub(crate) const fn effect(self) -> Effect {
                match self { $(Self::$name => Effect::$effect,)* }
            }
        }
    };
}

actions! {
    /// A goroutine that has not run yet runs up to its first operation.
    Start "start" Local,
    /// A goroutine whose blocked operation was done for it goes on.
    Resume "resume" Local,
    /// A goroutine has run its last line.
    End "end" Add,
    /// An uncaught panic has run its last deferred call.
    Crash "crash" All,
    /// Main returns, which cuts everything off.
    Return "return" Write,
    /// A `go` statement.
    Go "go" Add,
    /// `runtime::gosched`.
    Gosched "gosched" Local,
    /// `runtime::goexit`.
    Goexit "goexit" Local,
    /// A system call.
    Blocking "blocking" Local,
    /// `runtime::wait_idle`.
    WaitIdle "wait idle" Write,
    /// Send on a channel.
    Send "send" Send,
    /// Receive from a channel.
    Recv "receive" Recv,
    /// Send without waiting.
    TrySend "try send" Write,
    /// Receive without waiting.
    TryRecv "try receive" Write,
    /// Receive from a closed and drained channel, which changes nothing.
    RecvClosed "receive" Read,
    /// Send on a closed channel, which changes nothing but for the panic.
    SendClosed "send" Read,
    /// An attempt that did not succeed and changed nothing.
    Failed "try" Read,
    /// Close of a channel.
    Close "close" Write,
    /// Length of a channel.
    Len "len" Read,
    /// Choice between cases.
    Select "select" Write,
    /// Lock of a mutex.
    Lock "lock" Write,
    /// Attempt to lock a mutex.
    TryLock "try lock" Write,
    /// Unlock of a mutex.
    Unlock "unlock" Write,
    /// Read lock.
    RLock "rlock" Write,
    /// Attempt to read-lock.
    TryRLock "try rlock" Write,
    /// End of a read lock.
    RUnlock "runlock" Write,
    /// A writer that has announced itself waits for the readers.
    LockReaders "lock" Write,
    /// Addition to a wait group.
    Add "add" Write,
    /// `done`, or a negative addition.
    Done "done" Add,
    /// Wait for a wait group.
    Wait "wait" Read,
    /// `Once`, `OnceFunc`, `OnceValue`.
    Once "once" Write,
    /// Wait on a condition variable.
    CondWait "wait" Write,
    /// Signal of a condition variable.
    Signal "signal" Write,
    /// Broadcast of a condition variable.
    Broadcast "broadcast" Write,
    /// Acquisition of a semaphore's units.
    Acquire "acquire" Write,
    /// Release of a semaphore's units.
    Release "release" Write,
    /// Read of a plain variable.
    Get "read" Read,
    /// Write of a plain variable.
    Set "write" Write,
    /// Atomic load.
    Load "load" Read,
    /// Atomic store.
    Store "store" Write,
    /// Atomic read-modify-write.
    Modify "modify" Write,
    /// Cancellation of a context.
    Cancel "cancel" Write,
    /// Look at a context's error or cause.
    Err "err" Read,
    /// Registration with a context.
    Register "register" Write,
    /// Look at the clock.
    Now "now" Read,
    /// Sleep.
    Sleep "sleep" Read,
    /// Arming of a timer.
    Arm "arm" Read,
    /// Stop of a timer.
    Stop "stop" Write,
    /// Reset of a timer.
    Reset "reset" Write,
    /// The clock moves and timers fire.
    Fire "fire" All,
    /// Text to standard output or standard error.
    Print "print" Write,
    /// `os::exit`.
    Exit "exit" All,
    /// Look at the number of goroutines, or a dump.
    Count "count" Read,
    /// The program's own random number.
    Random "random" Write,
    /// What was just attempted is a mistake, which another order might have spared.
    Misuse "misuse" Write,
}

impl Action {
    /// Whether it makes a goroutine the holder of a lock, once it is done.
    pub(crate) const fn takes_lock(self) -> bool {
        matches!(
            self,
            Self::Lock | Self::LockReaders | Self::TryLock | Self::RLock | Self::TryRLock
        )
    }

    /// Whether a goroutine that was woken while it waited to do it has to try again, and may find that others
    /// have been faster.
    pub(crate) const fn is_tried_again(self) -> bool {
        matches!(self, Self::Lock | Self::Wait)
    }

    /// Whether nothing about the order of this step against others can be observed, so that a search
    /// takes it at once.
    #[inline]
    pub(crate) const fn is_invisible(self) -> bool {
        matches!(self, Self::Start | Self::Resume)
    }
}

/// A set of objects, exact up to 24 objects and larger than the truth beyond.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct ObjectSet(u32);

impl ObjectSet {
    pub(crate) const EMPTY: Self = Self(0);
    const ALL: u32 = 0xff_ffff;

    #[inline]
    pub(crate) const fn one(object: ObjectId) -> Self {
        Self(1 << (object.index() % 24))
    }

    #[inline]
    pub(crate) const fn with(self, object: ObjectId) -> Self {
        Self(self.0 | Self::one(object).0)
    }

    #[inline]
    pub(crate) const fn and(self, others: Self) -> Self {
        Self(self.0 | others.0)
    }

    #[inline]
    pub(crate) const fn is_many(self) -> bool {
        self.0.count_ones() > 1
    }

    #[inline]
    pub(crate) const fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

/// Shown in traces and lanes: `send chan#2` is put together by whoever knows the objects' names.
impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.words())
    }
}

/// The announced operation of each goroutine, by number.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Announced<'a>(pub(crate) &'a [Op]);

impl<'a> Announced<'a> {
    #[inline]
    pub(crate) fn of(&self, go: GoId) -> &'a Op {
        &self.0[go.index()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn op(action: Action, object: u32) -> Op {
        Op::new(action, ObjectId::new(object), Place::here())
    }

    #[test]
    fn reads_commute_and_writes_do_not() {
        let (get, set) = (op(Action::Get, 9), op(Action::Set, 9));
        assert!(!get.conflicts(&get));
        assert!(get.conflicts(&set) && set.conflicts(&get) && set.conflicts(&set));
        assert!(!set.conflicts(&op(Action::Set, 10)));
    }

    #[test]
    fn mains_return_conflicts_with_output_and_with_the_end_of_the_program_only() {
        let ret = Op::new(Action::Return, objects::STDOUT, Place::here());
        let print = |stream| Op::new(Action::Print, stream, Place::here());
        assert!(ret.conflicts(&print(objects::STDOUT)) && ret.conflicts(&print(objects::STDERR)));
        assert!(ret.conflicts(&Op::local(Action::Exit, Place::here())));
        assert!(!ret.conflicts(&op(Action::Set, 9)));
    }

    #[test]
    fn a_select_conflicts_with_whatever_touches_one_of_its_channels() {
        let mut select = op(Action::Select, 6);
        select = select.with_objects(select.objects().with(ObjectId::new(9)));
        assert!(select.conflicts(&op(Action::Send, 9)) && op(Action::Recv, 6).conflicts(&select));
        assert!(!select.conflicts(&op(Action::Send, 7)));
    }

    #[test]
    fn dones_commute_but_not_with_add_or_wait() {
        let (add, done, wait) = (op(Action::Add, 7), op(Action::Done, 7), op(Action::Wait, 7));
        assert!(!done.conflicts(&done));
        assert!(done.conflicts(&add) && done.conflicts(&wait));
    }

    #[test]
    fn an_operation_is_small() {
        assert!(size_of::<Op>() <= 24);
    }
}
