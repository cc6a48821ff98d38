//! Reads the files of the repository, each once, and parses those in Rust.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
    path::Path,
    process::Command,
};

use syn::{Attribute, Ident, Meta, ext::IdentExt as _};

use crate::report::{Check, Fault};

/// Files whose text some check looks at; so is all below `docs/`.
const TEXTS: [&str; 5] = [".rs", ".md", ".proto", ".toml", ".txt"];

/// What is read of a repository. Paths begin at its root and are separated by `/`.
#[derive(Default)]
pub(crate) struct Repository {
    /// All files, but those that git ignores.
    pub(crate) paths: BTreeSet<String>,
    /// The text of those that a check may look at, by path.
    pub(crate) texts: BTreeMap<String, String>,
    /// The parsed text of those in Rust, by path.
    pub(crate) sources: BTreeMap<String, syn::File>,
    faults: Vec<Fault>,
}

impl Repository {
    /// Reads the repository of the working directory, as it is there, committed or not.
    ///
    /// # Errors
    /// When git can't list the files, or one of them can't be read.
    pub(crate) fn read() -> io::Result<Self> {
        let listed =
            Command::new("git").args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"]).output()?;
        if !listed.status.success() {
            return Err(io::Error::other(String::from_utf8_lossy(&listed.stderr).trim().to_owned()));
        }
        let mut repository = Self::default();
        for path in String::from_utf8_lossy(&listed.stdout).split('\0').filter(|path| !path.is_empty()) {
            // A file that was deleted, and not yet from the index, is still listed.
            if fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_file()) {
                let text = if is_text(path) { Some(fs::read(path)?) } else { None };
                repository.add(path, text.as_deref().map(String::from_utf8_lossy).as_deref());
            }
        }
        Ok(repository)
    }

    /// A repository of these files and texts.
    #[cfg(test)]
    pub(crate) fn from_texts(files: &[(&str, &str)]) -> Self {
        let mut repository = Self::default();
        for (path, text) in files {
            repository.add(path, Some(text));
        }
        repository
    }

    fn add(&mut self, path: &str, text: Option<&str>) {
        self.paths.insert(path.to_owned());
        let Some(text) = text else { return };
        self.texts.insert(path.to_owned(), text.to_owned());
        if !is_rust(path) {
            return;
        }
        match syn::parse_file(text) {
            Ok(syntax) => drop(self.sources.insert(path.to_owned(), syntax)),
            Err(error) => {
                let text = format!("does not parse: {error}; mend it, or no check sees this file");
                self.faults.push(Fault::new(path, error.span().start().line, text));
            }
        }
    }

    /// The texts in Rust, with their paths.
    pub(crate) fn rust_texts(&self) -> impl Iterator<Item = (&str, &str)> {
        let texts = self.texts.iter().filter(|(path, _)| is_rust(path));
        texts.map(|(path, text)| (path.as_str(), text.as_str()))
    }

    /// Whether there is a directory of this path.
    pub(crate) fn has_directory(&self, path: &str) -> bool {
        let inside = format!("{path}/");
        self.paths.range(inside.clone()..).next().is_some_and(|next| next.starts_with(&inside))
    }
}

/// Every file in Rust has to parse, for else the other checks pass over it.
pub(crate) fn check(repository: &Repository) -> Check {
    let seen = format!("{} files, {} of them in Rust", repository.paths.len(), repository.rust_texts().count());
    Check::new("files", seen, repository.faults.clone())
}

/// Whether an item is compiled for tests only, by `#[cfg(test)]`.
pub(crate) fn is_test(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        let Meta::List(list) = &attribute.meta else { return false };
        let condition = list.tokens.to_string().replace(' ', "");
        list.path.is_ident("cfg") && (condition == "test" || condition.starts_with("all(test,"))
    })
}

/// An identifier's name, without the `r#` of a raw one.
pub(crate) fn name(identifier: &Ident) -> String {
    identifier.unraw().to_string()
}

fn is_rust(path: &str) -> bool {
    Path::new(path).extension().is_some_and(|extension| extension == "rs")
}

fn is_text(path: &str) -> bool {
    path == ".gitignore" || path.starts_with("docs/") || TEXTS.iter().any(|ending| path.ends_with(ending))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_does_not_parse_is_a_fault() {
        let repository = Repository::from_texts(&[("src/a.rs", "//! A.\n"), ("src/b.rs", "//! B.\nfn f( {}\n")]);
        assert_eq!(repository.sources.keys().collect::<Vec<_>>(), ["src/a.rs"]);
        let report = check(&repository).to_string();
        assert!(report.starts_with("FAIL  files: 2 files, 2 of them in Rust; 1 fault\nsrc/b.rs:2: does not parse: "));
    }

    #[test]
    fn a_directory_is_known_by_what_is_in_it() {
        let repository = Repository::from_texts(&[("src/store/mod.rs", ""), ("src/store.rs", "")]);
        assert!(repository.has_directory("src/store"));
        assert!(!repository.has_directory("src/sto"));
        assert!(!repository.has_directory("src/store.rs"));
    }

    #[test]
    fn what_is_for_tests_only_is_known() {
        for (item, expected) in [
            ("#[cfg(test)] mod tests {}", true),
            ("#[cfg(all(test, unix))] mod tests {}", true),
            ("#[cfg(not(test))] mod real {}", false),
            ("#[cfg(unix)] mod tests {}", false),
        ] {
            let item: syn::ItemMod = syn::parse_str(item).unwrap();
            assert_eq!(is_test(&item.attrs), expected);
        }
    }
}
