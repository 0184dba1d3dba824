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
    /// The stream with which a strategy makes the schedule with this index.
    pub fn of(seed: u64, index: u64) -> Self {
        Self::new(seed, index, Purpose::Schedule)
    }

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
        use Purpose::{Directed, Pair, Pilot, Program, Schedule, Select, Start};
        let purposes = [Schedule, Select, Program, Start, Pilot, Pair, Directed];
        let first = |seed, index, purpose| {
            let mut dice = Dice::new(seed, index, purpose);
            [(); 4].map(|()| dice.word())
        };
        let words = [(0, 0), (1, 12345)]
            .map(|(seed, index)| purposes.map(|purpose| first(seed, index, purpose)));
        assert_eq!(words, PINNED, "this breaks every token ever printed: {words:#x?}");
    }

    const PINNED: [[[u64; 4]; 7]; 2] = [
        [
            [
                0x9bd4_f14f_72e2_3f04,
                0xd0cc_74f7_dcc1_c259,
                0x2272_6c2d_0cf7_1b61,
                0xa9f3_3aaf_14d2_7e44,
            ],
            [
                0x1d9d_9032_e260_079b,
                0xb34d_cd90_97d0_813a,
                0xe49d_3e00_ff63_b369,
                0xeef0_52a1_6410_6777,
            ],
            [
                0xa8f8_aacc_f1dd_e6b1,
                0xdac1_c866_33c6_6b2c,
                0xd5d6_afec_8b66_65ff,
                0x55e5_40ff_c611_6e27,
            ],
            [
                0x5d4b_c5a3_e873_2a24,
                0xe367_6a1d_353e_aabe,
                0x7d2e_0386_31b6_add9,
                0xa0aa_9994_dd2e_a781,
            ],
            [
                0x713f_f6a1_b30a_349b,
                0xcf26_22c7_1e29_5615,
                0xd154_6d6a_7e3b_acc6,
                0x9a57_7c9e_f16c_cb49,
            ],
            [
                0xbe1c_9d45_1fb7_a465,
                0x2ba7_5079_c6c0_58d8,
                0x8546_616e_ccf6_15ef,
                0xe7bf_7974_d7b3_4bf5,
            ],
            [
                0xfb72_beb5_1aa1_8015,
                0xe4fa_83fe_cf9e_8f3f,
                0xe643_bf92_b347_2377,
                0x0765_1f4a_e5ab_ba8e,
            ],
        ],
        [
            [
                0x5d2e_b38d_52b3_27c3,
                0x0e3c_801f_f862_a524,
                0x5a25_f78f_12e5_6d9f,
                0xe6ad_2b69_c39e_5d46,
            ],
            [
                0x01f4_c238_07e0_a9f2,
                0x0210_f3d3_df97_776d,
                0xcee3_244c_aa52_6a41,
                0x7a2f_715a_1c9c_711a,
            ],
            [
                0x060d_1d58_0880_d77c,
                0xacd2_6c4a_1775_4079,
                0xa8c0_eeb2_b7f6_0077,
                0xe7a7_b7dd_6bb9_f962,
            ],
            [
                0x3c17_4316_d831_86f2,
                0xf0b0_3917_4092_c6df,
                0xb4b5_790b_b483_b82a,
                0x2f28_5888_b978_086a,
            ],
            [
                0xd22f_fb16_8009_ea51,
                0x708c_68fa_07b8_84d7,
                0xaa61_c6ba_c5b6_e8a4,
                0xef3c_0863_8016_776f,
            ],
            [
                0x73ec_46b6_c699_9ceb,
                0x7760_638c_b3e4_f4df,
                0xca89_8ee3_3510_86d4,
                0x05f0_e7f0_cd85_0bae,
            ],
            [
                0x6d02_5643_2449_61d4,
                0xeb9b_8981_8318_6340,
                0x566a_f702_f9af_5141,
                0xd27d_9d86_16a5_726e,
            ],
        ],
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
