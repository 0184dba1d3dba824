//! How a run ended, and what became of its goroutines.

use std::fmt;

use super::{Access, Action, Frame, GoId, ObjectInfo, Panic, Place};

/// How a program ended.
///
/// Two are equal if their text is, which is that of [`Outcome::exit`](crate::Outcome).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Exit {
    /// Main returned.
    Returned,
    /// `os::exit` with this code.
    Exited(i32),
    /// A panic that nobody recovered.
    Panicked(Panic),
    /// All goroutines were asleep.
    Deadlock,
    /// A misuse that Go calls a fatal error.
    Fatal(String),
    /// The run did more steps than it was allowed.
    StepLimit,
}

impl Exit {
    /// The exit code of a Go process that ends this way: 0, `n` or 2.
    pub fn code(&self) -> i32 {
        match self {
            Self::Returned => 0,
            Self::Exited(code) => *code,
            Self::Panicked(_) | Self::Deadlock | Self::Fatal(_) | Self::StepLimit => 2,
        }
    }
}

impl fmt::Display for Exit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Returned => f.write_str("returned"),
            Self::Exited(code) => write!(f, "exit {code}"),
            Self::Panicked(panic) => write!(f, "panic: {}", panic.text()),
            Self::Deadlock => f.write_str("deadlock"),
            Self::Fatal(text) => write!(f, "fatal error: {text}"),
            Self::StepLimit => f.write_str("step limit"),
        }
    }
}

impl PartialEq for Exit {
    fn eq(&self, other: &Self) -> bool {
        self.to_string() == other.to_string()
    }
}

impl Eq for Exit {}

/// A goroutine's state, under Go's name for it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[non_exhaustive]
#[expect(missing_docs, reason = "each variant is Go's state of that name, which Display prints")]
pub enum GoroutineState {
    Running,
    Runnable,
    Syscall,
    ChanReceive,
    ChanSend,
    ChanReceiveNil,
    ChanSendNil,
    Select,
    SelectNoCases,
    Sleep,
    MutexLock,
    RwMutexLock,
    RwMutexRLock,
    WaitGroupWait,
    CondWait,
    Semacquire,
    WaitIdle,
}

impl GoroutineState {
    /// All of them, in the order of their numbers.
    pub(crate) const ALL: [Self; 17] = [
        Self::Running,
        Self::Runnable,
        Self::Syscall,
        Self::ChanReceive,
        Self::ChanSend,
        Self::ChanReceiveNil,
        Self::ChanSendNil,
        Self::Select,
        Self::SelectNoCases,
        Self::Sleep,
        Self::MutexLock,
        Self::RwMutexLock,
        Self::RwMutexRLock,
        Self::WaitGroupWait,
        Self::CondWait,
        Self::Semacquire,
        Self::WaitIdle,
    ];

    /// Whether somebody else has to unlock something.
    pub(crate) fn waits_for_lock(self) -> bool {
        matches!(self, Self::MutexLock | Self::RwMutexLock | Self::RwMutexRLock)
    }

    /// Whether nothing in the world can end this.
    pub(crate) fn is_for_ever(self) -> bool {
        matches!(self, Self::ChanReceiveNil | Self::ChanSendNil | Self::SelectNoCases)
    }
}

impl fmt::Display for GoroutineState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Running => "running",
            Self::Runnable => "runnable",
            Self::Syscall => "syscall",
            Self::ChanReceive => "chan receive",
            Self::ChanSend => "chan send",
            Self::ChanReceiveNil => "chan receive (nil chan)",
            Self::ChanSendNil => "chan send (nil chan)",
            Self::Select => "select",
            Self::SelectNoCases => "select (no cases)",
            Self::Sleep => "sleep",
            Self::MutexLock => "sync.Mutex.Lock",
            Self::RwMutexLock => "sync.RWMutex.Lock",
            Self::RwMutexRLock => "sync.RWMutex.RLock",
            Self::WaitGroupWait => "sync.WaitGroup.Wait",
            Self::CondWait => "sync.Cond.Wait",
            Self::Semacquire => "semacquire",
            Self::WaitIdle => "synctest.Wait",
        })
    }
}

/// One goroutine at the end of a run, or at a dump.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct GoroutineInfo {
    /// Its number; main is 1.
    pub id: GoId,
    /// The name that `go_named` gave it.
    pub name: Option<String>,
    /// Where it stands among its ancestors: `main/0/2`.
    pub path: String,
    /// What it was doing.
    pub state: GoroutineState,
    /// What it was about to do.
    pub action: Action,
    /// The object of that, by display name: `chan#2`; empty if there is none.
    pub object: String,
    /// The line of its last operation.
    pub place: Option<Place>,
    /// Who started it.
    pub parent: Option<GoId>,
    /// The line of the `go` that started it.
    pub created: Option<Place>,
    /// Its stack, innermost call first, where it was looked at.
    pub(crate) stack: Vec<Frame>,
}

/// What became of a goroutine that was alive when the run ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Fate {
    /// Nothing to say: main, or one that only had to return.
    None,
    /// It would still have done something visible.
    CutOff,
    /// It was blocked, and nothing left alive could ever wake it.
    Leaked,
    /// Blocked at the bound, and nobody had touched what it waits for.
    Suspect,
    /// It was panicking: main's return came first.
    Panicking(String, Option<Place>),
    /// It has never returned from its destructors.
    Stranded,
    /// It came to no point after the end, on cores: its thread runs on.
    Abandoned,
}

/// How a run ended: what the backend knows, before anybody judges it.
#[derive(Clone, Debug)]
pub(crate) struct Ending {
    pub(crate) exit: Exit,
    /// Who ended it: the goroutine that panicked, exited or misused a primitive.
    pub(crate) culprit: Option<GoId>,
    /// The place that goes with the exit.
    pub(crate) place: Option<Place>,
    /// Main called `goexit` and nobody is left.
    pub(crate) main_gone: bool,
    /// All goroutines alive then, in the order of creation, with what became of them.
    pub(crate) goroutines: Vec<(GoroutineInfo, Fate)>,
    /// Goroutines that only spun when the step limit was reached, with the line of the loop.
    pub(crate) spinning: Vec<GoId>,
    /// Accesses that nothing ordered, each pair of lines once; empty unless somebody looked for them.
    pub(crate) races: Vec<DataRace>,
    /// Cycles in the orders in which locks were taken; empty unless somebody looked for them.
    pub(crate) lock_orders: Vec<LockCycle>,
    /// Who has the locks that goroutines wait for; empty unless somebody kept account of them.
    pub(crate) holdings: Vec<Holding>,
    /// Who else has used what they wait for; the same.
    pub(crate) uses: Vec<Use>,
}

/// A lock that somebody had when the run ended.
#[derive(Clone, Debug)]
pub(crate) struct Holding {
    /// By display name: `mutex#1`.
    pub(crate) lock: String,
    pub(crate) go: GoId,
    /// `g3 main/0/2`, and whether it has ended.
    pub(crate) who: String,
    /// The line that took it.
    pub(crate) since: Place,
}

/// What became of an object that somebody waited for when the run ended.
#[derive(Clone, Debug)]
pub(crate) struct Use {
    /// By display name: `chan#1`.
    pub(crate) object: String,
    /// The line that made it.
    pub(crate) made: Place,
    /// What was done last by one who does not wait for it: who, what, where.
    pub(crate) last: Option<(String, Action, Place)>,
}

/// Goroutines each of which took a lock that the next one held.
#[derive(Clone, Debug)]
pub(crate) struct LockCycle(pub(crate) Vec<LockEdge>);

/// One goroutine took a lock while it held another one.
#[derive(Clone, Debug)]
pub(crate) struct LockEdge {
    pub(crate) held: ObjectInfo,
    /// The line that took it.
    pub(crate) since: Place,
    pub(crate) taken: ObjectInfo,
    /// Who, and on which line.
    pub(crate) who: Accessed,
}

/// Two accesses of one word that nothing orders.
#[derive(Clone, Debug)]
pub(crate) struct DataRace {
    pub(crate) object: ObjectInfo,
    /// The one that came later in this run.
    pub(crate) later: Accessed,
    pub(crate) earlier: Accessed,
}

/// One access, and who made it.
#[derive(Clone, Debug)]
pub(crate) struct Accessed {
    pub(crate) access: Access,
    pub(crate) place: Place,
    pub(crate) go: GoId,
    /// Where it stands among its ancestors: `main/0/2`.
    pub(crate) path: String,
    /// The line of the `go` that started it; nothing for main.
    pub(crate) created: Option<Place>,
    /// It had not ended by the time of the later one.
    pub(crate) running: bool,
}
