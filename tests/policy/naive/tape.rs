/// A strip of random bytes from which everything random is chosen. Shorter and smaller bytes choose simpler things,
/// so what makes a test fail can be shrunk.
pub struct Tape<'a> {
    bytes: std::slice::Iter<'a, u8>,
}

impl<'a> Tape<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes: bytes.iter() }
    }

    /// A number below `limit`; the first one when the strip has ended.
    pub fn below(&mut self, limit: usize) -> usize {
        usize::from(self.bytes.next().copied().unwrap_or(0)) % limit
    }

    /// True once in `every` times.
    pub fn one_in(&mut self, every: usize) -> bool {
        self.below(every) + 1 == every
    }

    pub fn pick<'t, T>(&mut self, from: &'t [T]) -> &'t T {
        &from[self.below(from.len())]
    }
}
