use std::{
    fs,
    io::{self, IsTerminal as _},
    path::{Path, PathBuf},
};

use crate::policy::{self, Library};

use super::Error;

/// Loads every policy file of a directory, `NAME.toml`; `NAME.tests.toml` are its tests and no policies.
pub(super) fn load(dir: &Path) -> Result<Library, Error> {
    let failed = |problem: String| Error::Policies { dir: dir.to_owned(), problem };
    let mut paths: Vec<PathBuf> = fs::read_dir(dir)
        .and_then(|entries| entries.map(|entry| entry.map(|entry| entry.path())).collect())
        .map_err(|error: io::Error| failed(error.to_string()))?;
    paths.retain(|path| is_policy(path));
    paths.sort();
    let (mut library, mut mistakes) = (Library::default(), Vec::new());
    for path in paths {
        let text = fs::read_to_string(&path).map_err(|error| failed(format!("`{}`: {error}", path.display())))?;
        match policy::compile(&path.display().to_string(), &text) {
            Ok(policy) => {
                tracing::info!(policy = policy.name(), version = policy.version(), file = %path.display(), "loaded");
                if let Some(other) = library.insert(policy) {
                    let (name, version) = (other.name(), other.version());
                    return Err(failed(format!("two files have policy `{name}` version {version}")));
                }
            }
            Err(diagnostics) => mistakes.push(diagnostics.render(io::stderr().is_terminal())),
        }
    }
    if !mistakes.is_empty() {
        return Err(Error::PolicyMistakes(mistakes.join("\n")));
    }
    if library.iter().next().is_none() {
        return Err(failed("there is no `NAME.toml`".to_owned()));
    }
    Ok(library)
}

fn is_policy(path: &Path) -> bool {
    let is_toml = path.extension().is_some_and(|extension| extension == "toml");
    let is_tests = path.file_stem().is_some_and(|stem| Path::new(stem).extension().is_some_and(|it| it == "tests"));
    is_toml && !is_tests
}
