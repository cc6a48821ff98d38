//! Places in the text of a file.

use std::ops::Range;

/// A byte range in a file.
pub type Span = Range<usize>;

/// A value, and where in the file it was written.
#[derive(Clone, Debug)]
pub struct At<T> {
    /// The value as it was read.
    pub value: T,
    /// Where it was written.
    pub span: Span,
}

impl<T> At<T> {
    /// A value that was written at `span`.
    pub fn new(value: T, span: Span) -> Self {
        Self { value, span }
    }
}

/// Where the lines of a file end.
#[derive(Debug)]
pub struct Lines {
    ends: Vec<usize>,
}

impl Lines {
    /// The lines of this text.
    pub fn new(text: &str) -> Self {
        Self { ends: text.match_indices('\n').map(|(at, _)| at).collect() }
    }

    /// The byte offset at which the line of another one begins.
    pub fn start(&self, offset: usize) -> usize {
        let line = self.ends.partition_point(|end| *end < offset);
        line.checked_sub(1).and_then(|before| self.ends.get(before)).map_or(0, |end| end + 1)
    }

    /// The byte offset at which the line of another one ends; none for the last line.
    pub fn end(&self, offset: usize) -> Option<usize> {
        self.ends.get(self.ends.partition_point(|end| *end < offset)).copied()
    }

    /// The line of a byte offset, counted from 1.
    pub fn of(&self, offset: usize) -> u32 {
        u32::try_from(self.ends.partition_point(|end| *end < offset)).unwrap_or(u32::MAX - 1) + 1
    }
}
