//! Where the commands of `rollcall policy` write, and what they exit with.

use std::io::{self, Write};

use crate::cli::policy::file::Mistake;

/// The exit code when all is well, and of a comparison that found no difference.
pub(crate) const EXIT_OK: u8 = 0;
/// The exit code when a file has a mistake, a case fails or is missing, or two policies differ.
pub(crate) const EXIT_FAULT: u8 = 1;
/// The exit code when two policies could not be compared.
pub(crate) const EXIT_NOT_COMPARED: u8 = 2;

/// Where a command of `rollcall policy` writes.
pub struct Output<'a> {
    /// Where results go: the standard output.
    pub out: &'a mut dyn Write,
    /// Where mistakes in files and warnings go: the standard error.
    pub err: &'a mut dyn Write,
    /// Whether mistakes, and results that have colours, are written with ANSI colours.
    pub styled: bool,
}

impl Output<'_> {
    /// Reports a mistake in a file.
    pub(crate) fn mistake(&mut self, mistake: &Mistake) -> io::Result<()> {
        writeln!(self.err, "{}", mistake.render(self.styled))
    }
}

/// A number with its noun: `1 role`, `2 roles`.
pub(crate) fn counted(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}
