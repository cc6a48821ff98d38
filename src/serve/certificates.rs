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
            authorities.insert(set, AuthorityFile { path, found: Settled::new(Ok(pem)) });
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
        let named = AuthoritySet::named(&self.options, domains);
        let gone = self.authorities.keys().filter(|set| !named.iter().any(|(named, _)| named == *set)).cloned();
        for set in gone.collect::<Vec<_>>() {
            self.authorities.remove(&set);
            self.take(&set, Ok(None));
        }
        for (set, path) in named {
            let pem = set.read(&path);
            if !self.is_known(&set, &path) {
                // The callers' file waited for it.
                self.authorities.insert(set.clone(), AuthorityFile { path, found: Settled::new(pem.clone()) });
                self.take(&set, pem.map(Some));
            } else if let Some(found) = self.authorities.get_mut(&set).and_then(|file| file.found.look(pem).cloned()) {
                self.take(&set, found.map(Some));
            }
        }
    }

    fn is_known(&self, set: &AuthoritySet, path: &Path) -> bool {
        self.authorities.get(set).is_some_and(|known| known.path == path)
    }

    /// Takes over other authorities of a set; none: that it is no more.
    fn take(&mut self, set: &AuthoritySet, pem: Result<Option<Vec<u8>>, String>) {
        let clients = pem.map(|pem| self.used.1.with(set, pem));
        let replaced = clients.and_then(|clients| self.replace((self.used.0.clone(), clients)));
        report(replaced, &set.to_string());
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
