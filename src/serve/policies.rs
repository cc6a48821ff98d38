//! The policy files of a directory, `NAME.toml`; `NAME.tests.toml` are their tests and no policies.

use std::{
    collections::BTreeMap,
    fs,
    io::{self, IsTerminal as _},
    path::{Path, PathBuf},
    sync::Arc,
};

use crate::policy::{self, Diagnostics, Library, Policy};

use super::Error;

/// What each policy file says.
pub(super) type Texts = BTreeMap<PathBuf, String>;

/// Policies, by the file that each is of.
#[derive(Debug, Default)]
pub(super) struct Files {
    files: BTreeMap<PathBuf, File>,
}

#[derive(Clone, Debug)]
struct File {
    text: String,
    policy: Arc<Policy>,
    /// What it says and hardly means.
    warnings: Option<Diagnostics>,
}

/// Why files are no policies.
#[derive(Debug)]
pub(super) enum Refused {
    /// Two files have the same policy.
    Twice(String),
    /// Files have mistakes.
    Mistakes(Vec<Diagnostics>),
}

/// Loads every policy file of a directory.
pub(super) fn load(dir: &Path) -> Result<Files, Error> {
    let failed = |problem: String| Error::Policies { dir: dir.to_owned(), problem };
    let texts = read(dir).map_err(failed)?;
    let files = Files::compile(&texts, &Files::default()).map_err(|refused| match refused {
        Refused::Twice(problem) => failed(problem),
        Refused::Mistakes(files) => {
            let shown = files.iter().map(|mistakes| mistakes.render(io::stderr().is_terminal()));
            Error::PolicyMistakes(shown.collect::<Vec<_>>().join("\n"))
        }
    })?;
    if files.files.is_empty() {
        return Err(failed("there is no `NAME.toml`".to_owned()));
    }
    for (path, policy) in files.iter() {
        tracing::info!(policy = policy.name(), version = policy.version(), file = %path.display(), "loaded");
    }
    files.warn_beside(&Library::default());
    Ok(files)
}

/// Reads every policy file of a directory.
///
/// # Errors
/// Which file or directory can't be read, and why.
pub(super) fn read(dir: &Path) -> Result<Texts, String> {
    let mut paths: Vec<PathBuf> = fs::read_dir(dir)
        .and_then(|entries| entries.map(|entry| entry.map(|entry| entry.path())).collect())
        .map_err(|error: io::Error| error.to_string())?;
    paths.retain(|path| is_policy(path));
    let text = |path: PathBuf| match fs::read_to_string(&path) {
        Ok(text) => Ok((path, text)),
        Err(error) => Err(format!("`{}`: {error}", path.display())),
    };
    paths.into_iter().map(text).collect()
}

impl Files {
    /// Compiles what has changed since `before`; a file that says the same has the same policy.
    ///
    /// # Errors
    /// Every mistake of every file.
    pub(super) fn compile(texts: &Texts, before: &Self) -> Result<Self, Refused> {
        let (mut files, mut mistakes) = (BTreeMap::new(), Vec::new());
        for (path, text) in texts {
            let known = before.files.get(path).filter(|known| known.text == *text);
            match known.map_or_else(|| File::compile(path, text), |known| Ok(known.clone())) {
                Ok(file) => drop(files.insert(path.clone(), file)),
                Err(diagnostics) => mistakes.push(diagnostics),
            }
        }
        if !mistakes.is_empty() {
            return Err(Refused::Mistakes(mistakes));
        }
        let files = Self { files };
        files.once().map_err(Refused::Twice)?;
        Ok(files)
    }

    /// Each file and its policy.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&Path, &Arc<Policy>)> {
        self.files.iter().map(|(path, file)| (path.as_path(), &file.policy))
    }

    /// Logs what is doubtful in the policies that are not among `known`.
    pub(super) fn warn_beside(&self, known: &Library) {
        let new = self.files.values().filter(|file| !known.has(&file.policy));
        for (at, warning) in new.filter_map(|file| file.warnings.as_ref()).flat_map(Diagnostics::in_lines) {
            tracing::warn!(at, warning, "a policy hardly means what it says; it counts all the same");
        }
    }

    /// The policies.
    pub(super) fn library(&self) -> Library {
        let mut library = Library::default();
        for (_, policy) in self.iter() {
            library.insert(policy.clone());
        }
        library
    }

    /// What each file says.
    pub(super) fn texts(&self) -> Texts {
        self.files.iter().map(|(path, file)| (path.clone(), file.text.clone())).collect()
    }

    fn once(&self) -> Result<(), String> {
        let mut seen: BTreeMap<(&str, u32), &Path> = BTreeMap::new();
        for (path, policy) in self.iter() {
            let (name, version) = (policy.name(), policy.version());
            if let Some(other) = seen.insert((name, version), path) {
                let (one, two) = (other.display(), path.display());
                return Err(format!("two files have policy `{name}` version {version}: `{one}` and `{two}`"));
            }
        }
        Ok(())
    }
}

impl File {
    fn compile(path: &Path, text: &str) -> Result<Self, Diagnostics> {
        let (policy, warnings) = policy::compile_with_warnings(&path.display().to_string(), text)?;
        Ok(Self { text: text.to_owned(), policy: Arc::new(policy), warnings })
    }
}

fn is_policy(path: &Path) -> bool {
    let is_toml = path.extension().is_some_and(|extension| extension == "toml");
    let is_tests = path.file_stem().is_some_and(|stem| Path::new(stem).extension().is_some_and(|it| it == "tests"));
    is_toml && !is_tests
}
