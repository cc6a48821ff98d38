use std::hash::{BuildHasher as _, RandomState};

/// A small random source (xorshift64*) whose whole run follows from one printable seed.
pub struct Rng(u64);

impl Rng {
    /// The source that a seed names.
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// A seed that differs from run to run, or the one in `TEST_SEED`.
    pub fn any_seed() -> u64 {
        let given = std::env::var_os("TEST_SEED").and_then(|seed| seed.to_str()?.parse().ok());
        given.unwrap_or_else(|| RandomState::new().hash_one("seed") >> 16)
    }

    /// Any number.
    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// A number in `low..high`.
    pub fn range(&mut self, low: u64, high: u64) -> u64 {
        low + (self.next() >> 11) % (high - low)
    }

    /// One of the items.
    pub fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        let place = self.range(0, items.len() as u64);
        &items[usize::try_from(place).expect("a slice's place fits")]
    }
}
