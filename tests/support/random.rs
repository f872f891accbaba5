//! Pseudorandom numbers and bytes from a seed, so that a failure can be reproduced.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher as _, Hasher as _};

/// A generator (splitmix64) that returns the same sequence for the same seed.
#[derive(Clone, Debug)]
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Uses the seed in `S3_TEST_SEED`, or else a new one. The seed is printed, so the output of a failing
    /// test shows it.
    pub(crate) fn printed() -> Self {
        let given = std::env::var("S3_TEST_SEED").ok().map(|seed| seed.parse().expect("S3_TEST_SEED"));
        let seed = given.unwrap_or_else(Self::new_seed);
        println!("reproduce with S3_TEST_SEED={seed}");
        Self(seed)
    }

    pub(crate) fn new_seed() -> u64 {
        RandomState::new().build_hasher().finish() >> 32
    }

    pub(crate) fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Returns a number from 0 to `end`, exclusive.
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.number() % end
    }

    pub(crate) fn bytes(&mut self, len: usize) -> Vec<u8> {
        let mut bytes = vec![0; len];
        for eight in bytes.chunks_mut(8) {
            eight.copy_from_slice(&self.number().to_le_bytes()[..eight.len()]);
        }
        bytes
    }
}

/// Returns bytes without repetition, so that shifted or truncated content differs.
pub(crate) fn content(len: usize) -> Vec<u8> {
    Random::new(len as u64).bytes(len)
}
