//! Positions in the text of a file.

use std::ops::Range;

/// A range of bytes in a file, from its start; the end is not part of it.
pub type Span = Range<usize>;

/// A value, and where in the file it was written.
#[derive(Clone, Debug)]
pub struct Located<T> {
    /// The value as it was read.
    pub value: T,
    /// The bytes of the file in which it was written.
    pub span: Span,
}

impl<T> Located<T> {
    /// A value that was written at `span`.
    pub fn new(value: T, span: Span) -> Self {
        Self { value, span }
    }
}

/// Where the lines of a file end, to find the line of an offset.
#[derive(Debug)]
pub struct Lines {
    ends: Vec<usize>,
}

impl Lines {
    /// Finds the lines of this text, which end with `\n`.
    pub fn new(text: &str) -> Self {
        Self { ends: text.match_indices('\n').map(|(at, _)| at).collect() }
    }

    /// The byte offset at which the line that `offset` is in begins.
    pub fn line_start(&self, offset: usize) -> usize {
        let line = self.ends.partition_point(|end| *end < offset);
        line.checked_sub(1).and_then(|before| self.ends.get(before)).map_or(0, |end| end + 1)
    }

    /// The byte offset of the line break that ends the line that `offset` is in; none for a last line without one.
    pub fn line_end(&self, offset: usize) -> Option<usize> {
        self.ends.get(self.ends.partition_point(|end| *end < offset)).copied()
    }

    /// The number of the line that the byte `offset` is in, counted from 1.
    pub fn line_number(&self, offset: usize) -> u32 {
        u32::try_from(self.ends.partition_point(|end| *end < offset)).unwrap_or(u32::MAX - 1) + 1
    }
}
