//! What callers are known by: read from files at the start, and again when they change.
//! A file with a mistake changes nothing, and keeps none of the others from changing.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use crate::{
    config::{Auth, Config, parse_callers},
    edge::{
        identity::{
            CallerBook, CallerEntry, Callers, CallersFile, CertificateName, Issuer, IssuerEntry, IssuerKeys, KeyEntry,
        },
        tls::{ClientCertificates, Tls},
    },
    serve::{
        certificates::Certificates,
        error::Error,
        settled::{Settled, look_every},
    },
    service::{Caller, ports::Clock},
};

/// Keeps the callers and the certificates up to date.
pub(super) struct Credentials {
    auth: Auth,
    asks_for_certificates: bool,
    callers: Arc<Callers>,
    certificates: Option<Certificates>,
    file_text: Settled<Result<String, String>>,
    /// What the callers' file said last without a mistake.
    file: CallersFile,
    /// What it says now, if keys or authorities that it names are missing, and the problem of these that was logged.
    waiting: Option<(CallersFile, String)>,
    keys: BTreeMap<PathBuf, KeyFile>,
}

/// A file with an issuer's keys, and those that it had last without a mistake.
struct KeyFile {
    bytes: Settled<Result<Vec<u8>, String>>,
    keys: IssuerKeys,
}

impl Credentials {
    /// What the settings and their files say now. With `demo`, everybody may call where no callers are named.
    ///
    /// # Errors
    /// `NoCallers`, and what is wrong with a file.
    pub(super) fn load(config: &Config, demo: bool, clock: Arc<dyn Clock>) -> Result<Self, Error> {
        let auth = config.auth.clone();
        let asks_for_certificates = config.tls.client_certificates != ClientCertificates::None;
        let (file_text, file) = match &auth.file {
            None => (Ok(String::new()), CallersFile::default()),
            Some(path) => {
                let text = read_text(path).map_err(Error::Credentials)?;
                let file = parse(&auth, path, &text, asks_for_certificates).map_err(Error::Credentials)?;
                (Ok(text), file)
            }
        };
        let keys = new_keys(&file, &BTreeMap::new()).map_err(Error::Credentials)?;
        let certificates = Certificates::load(&config.tls, &file.trust_domains).map_err(Error::Credentials)?;
        let book = if auth.callers.is_empty() && auth.file.is_none() {
            if !auth.allow_anonymous && !demo {
                return Err(Error::NoCallers);
            }
            CallerBook::anyone(auth.anonymous_operators)
        } else {
            book(&auth, &file, &keys)
        };
        Ok(Self {
            callers: Arc::new(Callers::new(book, clock)),
            asks_for_certificates,
            certificates,
            file_text: Settled::new(file_text),
            auth,
            file,
            waiting: None,
            keys,
        })
    }

    /// Who may call.
    pub(super) fn callers(&self) -> &Arc<Callers> {
        &self.callers
    }

    /// How connections are encrypted, if they are.
    pub(super) fn tls(&self) -> Option<&Arc<Tls>> {
        self.certificates.as_ref().map(Certificates::tls)
    }

    /// Reads the files every so often; zero: never. Never ends.
    pub(super) async fn watch(self, every: Duration) {
        let has_files = self.auth.file.is_some() || self.certificates.is_some();
        let every = if has_files { every } else { Duration::ZERO };
        look_every(self, every, "the files of callers and certificates", Self::look).await;
    }

    fn look(&mut self) {
        let is_changed = self.look_at_file() | self.look_at_keys();
        if is_changed {
            self.callers.replace(book(&self.auth, &self.file, &self.keys));
            tracing::info!(callers = self.file.callers.len(), "the callers were replaced");
        }
        if let Some(certificates) = &mut self.certificates {
            certificates.look(&self.file.trust_domains);
        }
    }

    /// Whether the callers' file says something else. It counts once the keys of every issuer and the authorities of every trust
    /// domain are there, so that no token and no certificate is refused meanwhile.
    fn look_at_file(&mut self) -> bool {
        let Some(path) = &self.auth.file else { return false };
        let waiting = self.waiting.take();
        let found = self.file_text.look(read_text(path)).cloned();
        let (file, logged) = match found {
            // What it said is there no more, or not yet again.
            None if !self.file_text.is_settled() => return false,
            None => match waiting {
                None => return false,
                Some((file, problem)) => (Ok(file), Some(problem)),
            },
            Some(text) => (text.and_then(|text| parse(&self.auth, path, &text, self.asks_for_certificates)), None),
        };
        let (file, problem) = match file {
            Err(problem) => (None, problem),
            Ok(file) => match self.new_keys(&file) {
                Ok(keys) => {
                    self.keys.extend(keys);
                    self.keys.retain(|path, _| file.issuers.iter().any(|issuer| issuer.keys == *path));
                    self.file = file;
                    return true;
                }
                Err(problem) => (Some(file), problem),
            },
        };
        if logged.as_ref() != Some(&problem) {
            tracing::error!(problem, "the callers' file has a mistake; the callers stay as they are");
        }
        self.waiting = file.map(|file| (file, problem));
        false
    }

    /// The files of keys that a callers' file names and that are not known; the authorities that it names are there, too.
    fn new_keys(&self, file: &CallersFile) -> Result<BTreeMap<PathBuf, KeyFile>, String> {
        if let Some(certificates) = &self.certificates {
            certificates.check(&file.trust_domains)?;
        }
        new_keys(file, &self.keys)
    }

    /// Whether an issuer has other keys.
    fn look_at_keys(&mut self) -> bool {
        let mut is_changed = false;
        for (path, known) in &mut self.keys {
            let Some(found) = known.bytes.look(read_bytes(path)) else { continue };
            match found.as_ref().map_err(Clone::clone).and_then(|bytes| parse_keys(path, bytes)) {
                Ok(keys) => {
                    known.keys = keys;
                    is_changed = true;
                }
                Err(problem) => {
                    tracing::error!(problem, "an issuer's keys have a mistake; its keys stay as they are");
                }
            }
        }
        is_changed
    }
}

/// The callers of the settings and of the file.
fn book(auth: &Auth, file: &CallersFile, keys: &BTreeMap<PathBuf, KeyFile>) -> CallerBook {
    let short = auth.callers.iter().map(|known| CallerEntry {
        caller: Caller::unlimited(&known.name, auth.operators.contains(&known.name)),
        keys: vec![KeyEntry { sha256: known.key_sha256, until: None }],
        certificates: Vec::new(),
        tokens: Vec::new(),
    });
    let issuers = file.issuers.iter().map(|entry| Issuer {
        issuer: entry.issuer.clone(),
        audiences: entry.audiences.clone(),
        algorithms: entry.algorithms.clone(),
        keys: keys.get(&entry.keys).map(|file| file.keys.clone()).unwrap_or_default(),
    });
    CallerBook::new(short.chain(file.callers.iter().cloned()).collect(), issuers.collect())
}

/// What a callers' file says, whose callers are none of the settings', and can be known by what they have.
fn parse(auth: &Auth, path: &Path, text: &str, asks_for_certificates: bool) -> Result<CallersFile, String> {
    let directory = path.parent().unwrap_or_else(|| Path::new(""));
    let file = parse_callers(&path.display().to_string(), directory, text).map_err(|mistakes| mistakes.to_string())?;
    for entry in &file.callers {
        let name = &entry.caller.name;
        let has_key = |hash: [u8; 32]| entry.keys.iter().any(|key| key.sha256 == hash);
        if auth.callers.iter().any(|known| known.name == *name || has_key(known.key_sha256)) {
            return Err(format!("caller `{name}` or a key of it is in `auth.callers` too; leave it in one of them"));
        }
        if !entry.certificates.is_empty() && !asks_for_certificates {
            return Err(format!(
                "caller `{name}` has certificates, which nobody is asked for; set tls.client_certificates to `optional` or \
                 `required`"
            ));
        }
        let domains = entry.certificates.iter().filter_map(CertificateName::trust_domain);
        for domain in domains {
            if !file.trust_domains.iter().any(|known| known.name == domain) {
                return Err(format!(
                    "caller `{name}` has an id of the trust domain `{domain}`, whose authorities are not named; add a \
                     [[trust_domain]] for it"
                ));
            }
        }
    }
    Ok(file)
}

/// The files of keys that a callers' file names, and that are not known.
fn new_keys(file: &CallersFile, known: &BTreeMap<PathBuf, KeyFile>) -> Result<BTreeMap<PathBuf, KeyFile>, String> {
    let paths = file.issuers.iter().map(|IssuerEntry { keys: path, .. }| path);
    let new = paths.filter(|path| !known.contains_key(*path)).map(|path| {
        let bytes = read_bytes(path)?;
        let keys = parse_keys(path, &bytes)?;
        Ok((path.clone(), KeyFile { bytes: Settled::new(Ok(bytes)), keys }))
    });
    new.collect()
}

fn parse_keys(path: &Path, bytes: &[u8]) -> Result<IssuerKeys, String> {
    IssuerKeys::parse(bytes).map_err(|problem| format!("`{}`: {problem}", path.display()))
}

fn read_text(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| format!("`{}` can't be read: {error}", path.display()))
}

fn read_bytes(path: &Path) -> Result<Vec<u8>, String> {
    fs::read(path).map_err(|error| format!("`{}` can't be read: {error}", path.display()))
}
