//! Random numbers that are the same forever.
//!
//! The format, version 1: the key of `ChaCha8` is the seed as 8 bytes, little-endian, followed by the
//! bytes of `goseed/1` and 16 zero bytes; the stream is `index * 16 + purpose`; the counter starts at 0.
//! A number below `m` is drawn by Lemire's multiply-shift with rejection on 32-bit words: a rejected
//! word is consumed.

use std::fmt;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// What a stream of random numbers is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Purpose {
    /// Who runs next.
    Schedule = 0,
    /// Which ready case a `select` takes.
    Select = 1,
    /// The program's own random numbers.
    Program = 2,
    /// What a strategy draws before the run starts and when goroutines are made.
    Start = 5,
    /// The choices of pilot runs.
    Pilot = 6,
    /// What follows a pair of steps whose order is tried.
    Pair = 7,
    /// The choices of a schedule that is led to a deadlock.
    Directed = 8,
}

/// A stream of random numbers.
pub struct Dice(Source);

enum Source {
    /// Not used yet: setting up a stream costs more than most schedules' first steps.
    Waiting {
        seed: u64,
        stream: u64,
    },
    Stream(Box<ChaCha8Rng>),
    #[cfg(test)]
    All(std::sync::Arc<std::sync::Mutex<all::Enumeration>>),
}

impl Dice {
    /// The stream of (seed, index, purpose).
    pub(crate) fn new(seed: u64, index: u64, purpose: Purpose) -> Self {
        let stream = index.wrapping_mul(16).wrapping_add(purpose as u64);
        Self(Source::Waiting { seed, stream })
    }

    /// A number below `m`, each equally likely; 0 without a draw if `m` is at most 1.
    #[inline]
    pub fn below(&mut self, m: u32) -> u32 {
        if m <= 1 {
            return 0;
        }
        #[cfg(test)]
        if let Source::All(enumeration) = &self.0 {
            return all::locked(enumeration).next(m);
        }
        let rng = self.rng();
        let mut product = u64::from(rng.next_u32()) * u64::from(m);
        if (product as u32) < m {
            let least = m.wrapping_neg() % m;
            while (product as u32) < least {
                product = u64::from(rng.next_u32()) * u64::from(m);
            }
        }
        (product >> 32) as u32
    }

    /// A number of 64 bits.
    #[inline]
    pub fn word(&mut self) -> u64 {
        #[cfg(test)]
        if let Source::All(enumeration) = &self.0 {
            // Enough ranks for the handful of goroutines of an exhaustive test.
            return u64::from(all::locked(enumeration).rank());
        }
        self.rng().next_u64()
    }

    #[inline]
    fn rng(&mut self) -> &mut ChaCha8Rng {
        if let Source::Waiting { seed, stream } = self.0 {
            self.0 = Source::Stream(Box::new(stream_of(seed, stream)));
        }
        match &mut self.0 {
            Source::Stream(rng) => rng,
            _ => unreachable!("it was set up above, and exhaustive dice never come here"),
        }
    }
}

#[cold]
fn stream_of(seed: u64, stream: u64) -> ChaCha8Rng {
    let mut key = [0; 32];
    key[..8].copy_from_slice(&seed.to_le_bytes());
    key[8..16].copy_from_slice(b"goseed/1");
    let mut rng = ChaCha8Rng::from_seed(key);
    rng.set_stream(stream);
    rng
}

impl fmt::Debug for Dice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Dice")
    }
}

#[cfg(test)]
pub(crate) mod all {
    //! Exhaustive dice: every sequence of answers once, each with its exact probability.

    use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

    use super::{Dice, Source};

    /// Depth-first enumeration of answers. `rank` answers a 64-bit draw by the new number's rank
    /// among those drawn before, which is all that a comparison of priorities can see.
    #[derive(Debug, Default)]
    pub(crate) struct Enumeration {
        answers: Vec<(u32, u32)>,
        asked: usize,
        ranks: Vec<u32>,
    }

    impl Enumeration {
        pub(super) fn next(&mut self, m: u32) -> u32 {
            if self.asked == self.answers.len() {
                self.answers.push((0, m));
            }
            let (answer, of) = self.answers[self.asked];
            assert_eq!(of, m, "a strategy must ask the same questions after the same answers");
            self.asked += 1;
            answer
        }

        /// A key that lies, with equal probability, in each gap between the earlier ones.
        pub(super) fn rank(&mut self) -> u32 {
            const WIDTH: u32 = 1 << 31;
            let place = self.next(self.ranks.len() as u32 + 1) as usize;
            let below = if place == 0 { 0 } else { self.ranks[place - 1] };
            let above = self.ranks.get(place).copied().unwrap_or(WIDTH);
            let key = below + (above - below) / 2;
            self.ranks.insert(place, key);
            key
        }

        fn weight(&self) -> f64 {
            self.answers.iter().map(|&(_, m)| 1.0 / f64::from(m)).product()
        }

        /// Moves to the next sequence of answers.
        fn advance(&mut self) -> bool {
            self.asked = 0;
            self.ranks.clear();
            while let Some((answer, m)) = self.answers.pop() {
                if answer + 1 < m {
                    self.answers.push((answer + 1, m));
                    return true;
                }
            }
            false
        }
    }

    pub(super) fn locked(enumeration: &Mutex<Enumeration>) -> MutexGuard<'_, Enumeration> {
        enumeration.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs `f` once for every sequence of answers; gives what it returned the last time for each
    /// sequence, with the probability of that sequence.
    pub(crate) fn every<R>(mut f: impl FnMut(Dice) -> R) -> Vec<(R, f64)> {
        let shared = Arc::new(Mutex::new(Enumeration::default()));
        let mut results = Vec::new();
        loop {
            let result = f(Dice(Source::All(Arc::clone(&shared))));
            let mut enumeration = locked(&shared);
            results.push((result, enumeration.weight()));
            if !enumeration.advance() {
                return results;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_words_of_each_stream_never_change() {
        let first = |seed, index, purpose| Dice::new(seed, index, purpose).word();
        let words = [
            first(0, 0, Purpose::Schedule),
            first(0, 0, Purpose::Select),
            first(0, 0, Purpose::Program),
            first(0, 0, Purpose::Start),
            first(0, 0, Purpose::Pilot),
            first(1, 12345, Purpose::Schedule),
            first(1, 12345, Purpose::Start),
        ];
        assert_eq!(words, PINNED, "this breaks every token ever printed: {words:#x?}");
    }

    const PINNED: [u64; 7] = [
        0x9bd4_f14f_72e2_3f04,
        0x1d9d_9032_e260_079b,
        0xa8f8_aacc_f1dd_e6b1,
        0x5d4b_c5a3_e873_2a24,
        0x713f_f6a1_b30a_349b,
        0x5d2e_b38d_52b3_27c3,
        0x3c17_4316_d831_86f2,
    ];

    #[test]
    fn numbers_below_m_are_equally_likely() {
        let mut dice = Dice::new(7, 3, Purpose::Schedule);
        let mut counts = [0_u32; 5];
        for _ in 0..50_000 {
            counts[dice.below(5) as usize] += 1;
        }
        // Binomial(50,000, 1/5): standard deviation 89; 500 is over 5 of them (p < 10^-7).
        assert!(counts.iter().all(|&count| count.abs_diff(10_000) < 500), "{counts:?}");
    }
}
