//! Every file says in its first line what it is for.

use crate::{
    report::{Check, Fault},
    source::Repository,
};

/// Looks at the first line of every file in Rust.
pub(crate) fn check(repository: &Repository) -> Check {
    let headless = repository.rust_texts().filter(|(_, text)| !has_head(text));
    let faults = headless.map(|(path, _)| {
        let text = "does not open with `//!`; say in a sentence or two what the file is for".to_owned();
        Fault::new(path, 1, text)
    });
    Check::new("heads", format!("{} files", repository.rust_texts().count()), faults.collect())
}

/// Whether the first line is an inner doc comment that says something.
fn has_head(text: &str) -> bool {
    let first = text.lines().next().unwrap_or_default();
    first.strip_prefix("//!").is_some_and(|head| !head.trim().is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_doc_comment_in_the_first_line_is_a_head() {
        for (text, expected) in [
            ("//! The store.\n\nuse std::io;\n", true),
            ("//! The store.", true),
            ("", false),
            ("//!\n//! The store.\n", false),
            ("\n//! The store.\n", false),
            ("// The store.\n", false),
            ("/// The store.\nstruct Store;\n", false),
            ("#![allow(dead_code)]\n//! The store.\n", false),
        ] {
            assert_eq!(has_head(text), expected, "{text}");
        }
    }

    #[test]
    fn a_file_without_a_head_is_named() {
        let repository = Repository::from_texts(&[("src/a.rs", "//! A."), ("src/b.rs", "struct B;"), ("c.md", "C")]);
        let report = check(&repository).to_string();
        assert!(
            report.starts_with("FAIL  heads: 2 files; 1 fault\nsrc/b.rs:1: does not open with `//!`; "),
            "{report}"
        );
    }
}
