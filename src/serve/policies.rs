//! Loads policies: from the files `NAME.toml` of a directory, and for the demo one that is built in. Files called
//! `NAME.tests.toml` are cases for policies, and no policies.

use std::{
    collections::BTreeMap,
    fs,
    io::{self, IsTerminal as _},
    path::{Path, PathBuf},
    sync::Arc,
};

use rollcall_engine::{self as engine, Diagnostics, Policy, PolicySet};

use crate::serve::error::Error;

/// The policy of the demo's sample tenant, and what stands for its file in the log and in diagnostics.
const BUILT_IN: &str = include_str!("../../policies/lumicon.toml");
const BUILT_IN_FILE: &str = "lumicon.toml (built in)";

/// The text of each policy file of the directory.
pub(super) type Texts = BTreeMap<PathBuf, String>;

/// The directory of the policy files, and what is loaded beside it.
#[derive(Debug)]
pub(super) struct Sources {
    dir: PathBuf,
    /// Loaded beside the files of the directory, unless one of them has this policy and version.
    built_in: Option<File>,
}

/// The loaded policies, each with its file.
#[derive(Debug, Default)]
pub(super) struct Files {
    /// The texts of the files of the directory, without the built-in policy.
    texts: Texts,
    files: BTreeMap<PathBuf, File>,
}

#[derive(Clone, Debug)]
struct File {
    policy: Arc<Policy>,
    /// Its lint warnings.
    warnings: Option<Diagnostics>,
}

/// Why a set of files can't be loaded.
#[derive(Debug)]
pub(super) enum Refused {
    /// Two files have the same policy and version: which.
    Duplicate(String),
    /// Files have mistakes: those of each such file.
    Mistakes(Vec<Diagnostics>),
}

impl Sources {
    /// The policy files of a directory. With the demo the directory need not exist, and the policy of the sample tenant
    /// is loaded beside its files, unless one of them has that policy and version.
    ///
    /// # Errors
    /// Mistakes in the policy that is built in.
    pub(super) fn new(dir: &Path, demo: bool) -> Result<Self, Error> {
        let built_in = demo.then(|| File::compile(Path::new(BUILT_IN_FILE), BUILT_IN)).transpose();
        Ok(Self { dir: dir.to_owned(), built_in: built_in.map_err(|mistakes| mistakes_error(&[mistakes]))? })
    }

    /// The directory of the policy files, as the settings have it.
    pub(super) fn dir(&self) -> &Path {
        &self.dir
    }

    /// Reads and compiles every policy, and logs each with its lint warnings.
    ///
    /// # Errors
    /// When the directory can't be read or has no policy, and every mistake of every file.
    pub(super) fn load(&self) -> Result<Files, Error> {
        let failed = |problem: String| Error::Policies { dir: self.dir.clone(), problem };
        let texts = self.read().map_err(failed)?;
        let files = self.compile(&texts, &Files::default()).map_err(|refused| match refused {
            Refused::Duplicate(problem) => failed(problem),
            Refused::Mistakes(files) => mistakes_error(&files),
        })?;
        if files.files.is_empty() {
            return Err(failed("there is no `NAME.toml`".to_owned()));
        }
        for (path, policy) in files.iter() {
            tracing::info!(policy = policy.name(), version = policy.version(), file = %path.display(), "loaded");
        }
        files.log_new_warnings(&PolicySet::default());
        Ok(files)
    }

    /// Reads every policy file of the directory. One that does not exist has none, if a policy is built in.
    ///
    /// # Errors
    /// Which file or directory can't be read, and why.
    pub(super) fn read(&self) -> Result<Texts, String> {
        let entries = match fs::read_dir(&self.dir) {
            Err(error) if error.kind() == io::ErrorKind::NotFound && self.built_in.is_some() => return Ok(Texts::new()),
            entries => entries,
        };
        let mut paths: Vec<PathBuf> = entries
            .and_then(|entries| entries.map(|entry| entry.map(|entry| entry.path())).collect())
            .map_err(|error: io::Error| error.to_string())?;
        paths.retain(|path| is_policy(path));
        let text = |path: PathBuf| match fs::read_to_string(&path) {
            Ok(text) => Ok((path, text)),
            Err(error) => Err(format!("`{}`: {error}", path.display())),
        };
        paths.into_iter().map(text).collect()
    }

    /// Compiles the files that have changed since `before`, and adds what is built in. A file with the same text keeps
    /// its compiled policy.
    ///
    /// # Errors
    /// Every mistake of every file.
    pub(super) fn compile(&self, texts: &Texts, before: &Files) -> Result<Files, Refused> {
        let (mut files, mut mistakes) = (BTreeMap::new(), Vec::new());
        for (path, text) in texts {
            let known = before.files.get(path).filter(|_| before.texts.get(path) == Some(text));
            match known.map_or_else(|| File::compile(path, text), |known| Ok(known.clone())) {
                Ok(file) => drop(files.insert(path.clone(), file)),
                Err(diagnostics) => mistakes.push(diagnostics),
            }
        }
        if !mistakes.is_empty() {
            return Err(Refused::Mistakes(mistakes));
        }
        let mut files = Files { texts: texts.clone(), files };
        files.check_duplicates().map_err(Refused::Duplicate)?;
        let loaded = files.policy_set();
        let is_missing = |file: &&File| loaded.get(file.policy.name(), file.policy.version()).is_none();
        if let Some(file) = self.built_in.as_ref().filter(is_missing) {
            files.files.insert(PathBuf::from(BUILT_IN_FILE), file.clone());
        }
        Ok(files)
    }
}

/// The error of mistakes in policies, rendered for standard error.
fn mistakes_error(files: &[Diagnostics]) -> Error {
    let rendered = files.iter().map(|mistakes| mistakes.render(io::stderr().is_terminal()));
    Error::PolicyMistakes(rendered.collect::<Vec<_>>().join("\n"))
}

impl Files {
    /// Each file and its policy.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&Path, &Arc<Policy>)> {
        self.files.iter().map(|(path, file)| (path.as_path(), &file.policy))
    }

    /// Logs the lint warnings of the policies that are not among `known`.
    pub(super) fn log_new_warnings(&self, known: &PolicySet) {
        let new = self.files.values().filter(|file| !known.has(&file.policy));
        for (at, warning) in new.filter_map(|file| file.warnings.as_ref()).flat_map(Diagnostics::in_lines) {
            tracing::warn!(at, warning, "a policy has a lint warning; it was loaded anyway");
        }
    }

    /// The set of all policies of the files.
    pub(super) fn policy_set(&self) -> PolicySet {
        let mut policies = PolicySet::default();
        for (_, policy) in self.iter() {
            policies.insert(policy.clone());
        }
        policies
    }

    /// The texts of the files of the directory.
    pub(super) fn texts(&self) -> &Texts {
        &self.texts
    }

    fn check_duplicates(&self) -> Result<(), String> {
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
        let (policy, warnings) = engine::compile_with_warnings(&path.display().to_string(), text)?;
        Ok(Self { policy: Arc::new(policy), warnings })
    }
}

fn is_policy(path: &Path) -> bool {
    let is_toml = path.extension().is_some_and(|extension| extension == "toml");
    let is_tests = path.file_stem().is_some_and(|stem| Path::new(stem).extension().is_some_and(|it| it == "tests"));
    is_toml && !is_tests
}
