//! Random bytes as a source of choices, so that proptest can shrink what was chosen.

/// Random bytes from which everything random is chosen. Fewer and smaller bytes choose simpler things, so what makes a
/// test fail can be shrunk.
pub struct ByteSource<'a> {
    bytes: std::slice::Iter<'a, u8>,
}

impl<'a> ByteSource<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes: bytes.iter() }
    }

    /// A number below `limit`; 0 when no bytes are left.
    pub fn below(&mut self, limit: usize) -> usize {
        usize::from(self.bytes.next().copied().unwrap_or(0)) % limit
    }

    /// True once in `every` times.
    pub fn one_in(&mut self, every: usize) -> bool {
        self.below(every) + 1 == every
    }

    /// One of several; the first of them when no bytes are left.
    pub fn pick<'t, T>(&mut self, from: &'t [T]) -> &'t T {
        &from[self.below(from.len())]
    }
}
