//! Numbers within a run, and identities that outlive it.

use std::fmt;

use super::Place;

/// A goroutine's number within one run: `g1` is main, as in Go.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct GoId(u32);

impl GoId {
    /// The clock, which strategies may schedule like a goroutine (`TimeModel::Racing`).
    pub const CLOCK: Self = Self(0);
    /// The goroutine that runs main.
    pub const MAIN: Self = Self(1);

    /// The goroutine with this number.
    #[inline]
    pub const fn new(number: u32) -> Self {
        Self(number)
    }

    /// The number, dense from 1 in the order of creation.
    #[inline]
    pub const fn number(self) -> u32 {
        self.0
    }

    /// The number as an index; 0 is the clock.
    #[inline]
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

impl fmt::Display for GoId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::CLOCK => f.write_str("clock"),
            Self(n) => write!(f, "g{n}"),
        }
    }
}

/// An object's number within one run, dense in the order of creation.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ObjectId(u32);

impl ObjectId {
    /// The object with this number.
    #[inline]
    pub const fn new(number: u32) -> Self {
        Self(number)
    }

    /// The number as an index.
    #[inline]
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// The objects that every run has; the program's own come after [`objects::FIRST`].
pub(crate) mod objects {
    use super::ObjectId;

    /// Nothing: operations that touch no object.
    pub(crate) const NONE: ObjectId = ObjectId(0);
    /// Standard output.
    pub(crate) const STDOUT: ObjectId = ObjectId(1);
    /// Standard error.
    pub(crate) const STDERR: ObjectId = ObjectId(2);
    /// The clock.
    pub(crate) const CLOCK: ObjectId = ObjectId(3);
    /// The number of goroutines.
    pub(crate) const GOROUTINES: ObjectId = ObjectId(4);
    /// The program's random numbers.
    pub(crate) const RAND: ObjectId = ObjectId(5);
    /// The first number of an object that the program makes.
    pub(crate) const FIRST: u32 = 6;
}

/// What an object is; the word under which it is shown.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[non_exhaustive]
#[expect(missing_docs, reason = "each variant is the primitive of its name")]
pub enum ObjectKind {
    None,
    Stdout,
    Stderr,
    Clock,
    Goroutines,
    Rand,
    Chan,
    Var,
    Mutex,
    RwMutex,
    WaitGroup,
    Once,
    Cond,
    Pool,
    Map,
    ErrGroup,
    Semaphore,
    SingleFlight,
    Atomic,
    Context,
    Timer,
}

impl ObjectKind {
    /// The word before the number: `chan` of `chan#2`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::None => "nothing",
            Self::Stdout => "stdout",
            Self::Stderr => "stderr",
            Self::Clock => "clock",
            Self::Goroutines => "goroutines",
            Self::Rand => "rand",
            Self::Chan => "chan",
            Self::Var => "var",
            Self::Mutex => "mutex",
            Self::RwMutex => "rwmutex",
            Self::WaitGroup => "wg",
            Self::Once => "once",
            Self::Cond => "cond",
            Self::Pool => "pool",
            Self::Map => "map",
            Self::ErrGroup => "errgroup",
            Self::Semaphore => "semaphore",
            Self::SingleFlight => "singleflight",
            Self::Atomic => "atomic",
            Self::Context => "context",
            Self::Timer => "timer",
        }
    }
}

/// What is known of an object.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ObjectInfo {
    pub(crate) kind: ObjectKind,
    /// Which one of its kind, in the order of creation: the 2 of `chan#2`.
    pub(crate) ordinal: u32,
    pub(crate) path: Path,
}

impl fmt::Display for ObjectInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.ordinal {
            0 => f.write_str(self.kind.word()),
            n => write!(f, "{}#{n}", self.kind.word()),
        }
    }
}

/// The stable identity of a goroutine or an object, as a hash.
///
/// A goroutine's is (parent's path, n-th `go` of the parent), an object's (creator's path, n-th `make`
/// of the creator). Both survive changes elsewhere in the program and are equal in every process.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Path(u64);

impl Path {
    pub(crate) const MAIN: Self = Self(0x6d61_696e);

    /// The path of the `ordinal`-th goroutine that the goroutine with this path starts.
    #[inline]
    pub(crate) const fn child(self, ordinal: u32) -> Self {
        Self(mix(self.0 ^ 0x676f, ordinal as u64))
    }

    /// The path of the `ordinal`-th object that the goroutine with this path makes.
    #[inline]
    pub(crate) const fn object(self, ordinal: u32) -> Self {
        Self(mix(self.0 ^ 0x6f62, ordinal as u64))
    }

    /// The path of an object made by the initialiser of a global at `place`.
    pub(crate) fn global(place: Place) -> Self {
        let text = place.to_string();
        Self(text.bytes().fold(0x676c_6f62, |hash, byte| mix(hash, u64::from(byte))))
    }

    #[inline]
    pub(crate) const fn hash(self) -> u64 {
        self.0
    }
}

/// Two words into one, each bit of the result depending on all bits of both (`SplitMix64`'s finaliser).
#[inline]
pub(crate) const fn mix(a: u64, b: u64) -> u64 {
    let mut z = a.rotate_left(25) ^ b.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
