//! How connections are encrypted: by files that are read at the start and again when they change. The server's own certificate and
//! each file of authorities of its clients change by themselves: a mistake in one keeps none of the others from changing.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use crate::{
    edge::{
        identity::TrustDomain,
        tls::{AuthoritySet, ClientCertificates, ClientFiles, OwnFiles, Tls, TlsOptions},
    },
    serve::settled::Settled,
};

/// Keeps what encrypts connections up to date.
pub(super) struct Certificates {
    options: TlsOptions,
    tls: Arc<Tls>,
    own: Settled<Result<OwnFiles, String>>,
    /// By whose certificates they make.
    authorities: BTreeMap<AuthoritySet, AuthorityFile>,
    /// What counts now.
    used: (OwnFiles, ClientFiles),
}

/// A file of authorities.
struct AuthorityFile {
    path: PathBuf,
    found: Settled<Result<Vec<u8>, String>>,
    /// What it has, where that does not go with what the others have: it counts once it does.
    waiting: Option<Vec<u8>>,
}

impl AuthorityFile {
    fn new(path: PathBuf, found: Result<Vec<u8>, String>) -> Self {
        Self { path, found: Settled::new(found), waiting: None }
    }

    /// What it has now, if that is to be taken over: it has changed, or waits.
    fn look(&mut self, found: Result<Vec<u8>, String>) -> Option<Result<Vec<u8>, String>> {
        if let Some(changed) = self.found.look(found).cloned() {
            self.waiting = None;
            return Some(changed);
        }
        // What it had is there no more.
        if !self.found.is_settled() {
            self.waiting = None;
        }
        self.waiting.clone().map(Ok)
    }
}

impl Certificates {
    /// What the files have now; none where connections are not encrypted.
    ///
    /// # Errors
    /// What is wrong with a file.
    pub(super) fn load(options: &TlsOptions, domains: &[TrustDomain]) -> Result<Option<Self>, String> {
        let Some(own) = OwnFiles::read(options)? else { return Ok(None) };
        let (mut clients, mut authorities) = (ClientFiles::default(), BTreeMap::new());
        for (set, path) in AuthoritySet::named(options, domains) {
            let pem = set.read(&path)?;
            clients = clients.with(&set, Some(pem.clone()));
            authorities.insert(set, AuthorityFile::new(path, Ok(pem)));
        }
        if options.client_certificates != ClientCertificates::None && clients.is_empty() {
            return Err(
                "tls.client_certificates asks for certificates, and no authority is named by which they would count; \
                        set tls.client_authorities, or name a trust domain in the callers' file"
                    .to_owned(),
            );
        }
        let tls = Arc::new(Tls::new(&own, &clients, options)?);
        let found = Settled::new(Ok(own.clone()));
        Ok(Some(Self { options: options.clone(), tls, own: found, authorities, used: (own, clients) }))
    }

    /// How connections are encrypted now, and after each change.
    pub(super) fn tls(&self) -> &Arc<Tls> {
        &self.tls
    }

    /// Succeeds when the authorities are there of each trust domain that is not known yet.
    ///
    /// # Errors
    /// What is wrong with a file.
    pub(super) fn check(&self, domains: &[TrustDomain]) -> Result<(), String> {
        let mut named = AuthoritySet::named(&self.options, domains).into_iter();
        named.try_for_each(|(set, path)| if self.is_known(&set, &path) { Ok(()) } else { set.read(&path).map(|_| ()) })
    }

    /// Takes over what has changed. What can't be used changes nothing.
    pub(super) fn look(&mut self, domains: &[TrustDomain]) {
        let own = OwnFiles::read(&self.options).and_then(|files| files.ok_or_else(|| "there is none".to_owned()));
        if let Some(own) = self.own.look(own).cloned() {
            let replaced = own.and_then(|own| self.replace((own, self.used.1.clone())));
            report(replaced, "the server's certificate");
        }
        let changes = self.changed(AuthoritySet::named(&self.options, domains));
        self.take(changes);
    }

    /// What has changed of the sets that are named now: other authorities, or that a set is no more. What waits for others is
    /// among it.
    fn changed(&mut self, named: Vec<(AuthoritySet, PathBuf)>) -> Vec<(AuthoritySet, Option<Vec<u8>>)> {
        let gone = self.authorities.keys().filter(|set| !named.iter().any(|(named, _)| named == *set)).cloned();
        let mut changes: Vec<_> = gone.map(|set| (set, None)).collect();
        self.authorities.retain(|set, _| named.iter().any(|(named, _)| named == set));
        for (set, path) in named {
            let pem = set.read(&path);
            let found = if self.is_known(&set, &path) {
                self.authorities.get_mut(&set).and_then(|file| file.look(pem))
            } else {
                // The callers' file waited for it.
                self.authorities.insert(set.clone(), AuthorityFile::new(path, pem.clone()));
                Some(pem)
            };
            match found {
                Some(Ok(pem)) => changes.push((set, Some(pem))),
                Some(Err(problem)) => report(Err(problem), &set.to_string()),
                None => {}
            }
        }
        changes
    }

    /// Takes over changes: together, as they may need one another, or else those that do no harm to any.
    fn take(&mut self, mut changes: Vec<(AuthoritySet, Option<Vec<u8>>)>) {
        let all = changes.iter().fold(self.used.1.clone(), |files, (set, pem)| files.with(set, pem.clone()));
        if !changes.is_empty() && self.replace((self.used.0.clone(), all)).is_ok() {
            for (set, _) in &changes {
                self.settle(set, Ok(()));
            }
            return;
        }
        loop {
            let (before, mut refused) = (changes.len(), Vec::new());
            for (set, pem) in changes {
                let files = self.used.1.with(&set, pem.clone());
                match self.replace((self.used.0.clone(), files)) {
                    Ok(()) => self.settle(&set, Ok(())),
                    Err(problem) => refused.push(((set, pem), problem)),
                }
            }
            if refused.is_empty() || refused.len() == before {
                for ((set, pem), problem) in refused {
                    self.settle(&set, Err((pem, problem)));
                }
                return;
            }
            changes = refused.into_iter().map(|(change, _)| change).collect();
        }
    }

    /// Notes what has become of a set, and says so unless it waited already.
    fn settle(&mut self, set: &AuthoritySet, outcome: Result<(), (Option<Vec<u8>>, String)>) {
        let waiting = outcome.as_ref().err().and_then(|(pem, _)| pem.clone());
        let waited = self.authorities.get_mut(set).and_then(|file| std::mem::replace(&mut file.waiting, waiting));
        if outcome.is_ok() || waited.is_none() {
            report(outcome.map_err(|(_, problem)| problem), &set.to_string());
        }
    }

    fn is_known(&self, set: &AuthoritySet, path: &Path) -> bool {
        self.authorities.get(set).is_some_and(|known| known.path == path)
    }

    fn replace(&mut self, (own, clients): (OwnFiles, ClientFiles)) -> Result<(), String> {
        self.tls.replace(&own, &clients, &self.options)?;
        self.used = (own, clients);
        Ok(())
    }
}

fn report(replaced: Result<(), String>, what: &str) {
    match replaced {
        Ok(()) => tracing::info!(what, "certificates were replaced; new connections have the new ones"),
        Err(problem) => tracing::error!(what, problem, "certificates can't be used; they stay as they are"),
    }
}
