//! A random source whose printed seed repeats a test's run.

use std::hash::{BuildHasher as _, RandomState};

/// A small random source (xorshift64*) whose whole run follows from one printable seed.
pub struct Rng(u64);

impl Rng {
    /// The source that starts from a seed; equal seeds draw equal numbers.
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// A seed that differs from run to run, or the one in `TEST_SEED`.
    pub fn any_seed() -> u64 {
        let given = std::env::var_os("TEST_SEED").and_then(|seed| seed.to_str()?.parse().ok());
        given.unwrap_or_else(|| RandomState::new().hash_one("seed") >> 16)
    }

    /// The seed in `TEST_SEED`, else in the quick profile this one, and in the full profile one that differs from run to run: what
    /// is drawn anew there must not stop a change that has nothing to do with it.
    pub fn seed_of_profile(quick: u64) -> u64 {
        let is_full = std::env::var_os("TEST_PROFILE").is_some_and(|profile| profile == "full");
        if is_full || std::env::var_os("TEST_SEED").is_some() { Self::any_seed() } else { quick }
    }

    /// The next number, of the whole range.
    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// A number in `low..high`, which must not be empty.
    pub fn range(&mut self, low: u64, high: u64) -> u64 {
        low + (self.next() >> 11) % (high - low)
    }

    /// One of the items, of which there must be one.
    pub fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        let index = self.range(0, items.len() as u64);
        &items[usize::try_from(index).expect("a slice's index fits")]
    }
}
