//! The kinds of findings, and which of them fail a check.

use std::fmt;

/// What sort of thing is wrong.
///
/// The kinds up to [`Stranded`](Kind::Stranded) fail a check, the others are shown as notes;
/// [`Explore::allow`](crate::Explore::allow) and [`Explore::deny`](crate::Explore::deny) change that.
///
/// ```
/// use goseed::Kind;
///
/// assert_eq!(Kind::Leak.to_string(), "leak");
/// assert!(Kind::Panic < Kind::CutOff);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[non_exhaustive]
pub enum Kind {
    /// A panic that nobody recovered, or that was lost because main returned first.
    Panic,
    /// A misuse that Go calls a fatal error.
    Fatal,
    /// All goroutines were asleep.
    Deadlock,
    /// `os::exit` with a code other than 0.
    NonZeroExit,
    /// The run did more steps than it was allowed.
    StepLimit,
    /// A goroutine was left blocked, and nothing could ever wake it.
    Leak,
    /// Two accesses of one variable, at least one of them a write, that nothing orders.
    Race,
    /// The same choices did not give the same run: the program decides something by itself.
    Divergence,
    /// A goroutine has never returned from its destructors.
    Stranded,
    /// A goroutine would still have done something when main returned.
    CutOff,
    /// Locks are taken in different orders.
    LockOrder,
    /// A goroutine was in a loop without points when the program ended on cores, and its thread runs on.
    Starvation,
}

impl Kind {
    /// Whether it fails a check unless it is allowed.
    pub(crate) fn fails_by_default(self) -> bool {
        self <= Self::Stranded
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Panic => "panic",
            Self::Fatal => "fatal error",
            Self::Deadlock => "deadlock",
            Self::NonZeroExit => "non-zero exit",
            Self::StepLimit => "step limit",
            Self::Leak => "leak",
            Self::Race => "data race",
            Self::Divergence => "divergence",
            Self::Stranded => "stranded",
            Self::CutOff => "cut off",
            Self::LockOrder => "lock order",
            Self::Starvation => "starvation",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_do_not_fail() {
        assert!(Kind::Panic.fails_by_default() && Kind::Stranded.fails_by_default());
        assert!(!Kind::CutOff.fails_by_default() && !Kind::Starvation.fails_by_default());
    }
}
