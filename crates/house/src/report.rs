//! What a check has found, and how it is printed.

use std::fmt;

/// One thing that is wrong, at a line of a file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Fault {
    /// The file's path from the root of the repository.
    pub(crate) path: String,
    /// The line, counted from 1; 1 for a fault of the whole file.
    pub(crate) line: usize,
    /// What is wrong, a semicolon, and what to do about it.
    pub(crate) text: String,
}

impl Fault {
    /// A fault at a line of a file.
    pub(crate) fn new(path: &str, line: usize, text: String) -> Self {
        Self { path: path.to_owned(), line, text }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.path, self.line, self.text)
    }
}

/// The outcome of one check over the whole repository.
#[derive(Debug)]
pub(crate) struct Check {
    name: &'static str,
    seen: String,
    faults: Vec<Fault>,
}

impl Check {
    /// The outcome of the check `name`; `seen` says in a few words what it looked at.
    pub(crate) fn new(name: &'static str, seen: String, mut faults: Vec<Fault>) -> Self {
        faults.sort();
        faults.dedup();
        Self { name, seen, faults }
    }

    /// Whether it found nothing wrong.
    pub(crate) fn passed(&self) -> bool {
        self.faults.is_empty()
    }
}

/// One summary line, then a line for each fault, in the order of files.
impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.faults.len() {
            0 => writeln!(f, "ok    {}: {}", self.name, self.seen)?,
            1 => writeln!(f, "FAIL  {}: {}; 1 fault", self.name, self.seen)?,
            faults => writeln!(f, "FAIL  {}: {}; {faults} faults", self.name, self.seen)?,
        }
        self.faults.iter().try_for_each(|fault| writeln!(f, "{fault}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_sorted_and_said_once() {
        let fault = |line| Fault::new("src/a.rs", line, "is wrong; mend it".to_owned());
        let check = Check::new("size", "2 files".to_owned(), vec![fault(9), fault(2), fault(9)]);
        assert!(!check.passed());
        assert_eq!(
            check.to_string(),
            "FAIL  size: 2 files; 2 faults\nsrc/a.rs:2: is wrong; mend it\nsrc/a.rs:9: is wrong; mend it\n"
        );
    }

    #[test]
    fn a_check_without_faults_is_one_line() {
        let check = Check::new("size", "2 files".to_owned(), Vec::new());
        assert!(check.passed());
        assert_eq!(check.to_string(), "ok    size: 2 files\n");
    }
}
