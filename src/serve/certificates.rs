//! How connections are encrypted: by files that are read at the start and again when they change. The server's own certificate and
//! the authorities of its clients change apart from each other.

use std::sync::Arc;

use crate::{
    edge::{
        identity::TrustDomain,
        tls::{ClientCertificates, ClientFiles, OwnFiles, Tls, TlsOptions},
    },
    serve::settled::Settled,
};

/// Keeps what encrypts connections up to date.
pub(super) struct Certificates {
    options: TlsOptions,
    tls: Arc<Tls>,
    own: Part<OwnFiles>,
    clients: Part<ClientFiles>,
}

/// Files that change together: what was read, and what of it was used last.
struct Part<F> {
    read: Settled<Result<F, String>>,
    used: F,
}

impl<F: Clone + PartialEq> Part<F> {
    fn new(read: F) -> Self {
        Self { read: Settled::new(Ok(read.clone())), used: read }
    }
}

impl Certificates {
    /// What the files have now; none where connections are not encrypted.
    ///
    /// # Errors
    /// What is wrong with a file.
    pub(super) fn load(options: &TlsOptions, domains: &[TrustDomain]) -> Result<Option<Self>, String> {
        let Some(own) = OwnFiles::read(options)? else { return Ok(None) };
        let clients = ClientFiles::read(options, domains)?;
        if options.client_certificates != ClientCertificates::None && clients.is_empty() {
            return Err(
                "tls.client_certificates asks for certificates, and no authority is named by which they would count; \
                        set tls.client_authorities, or name a trust domain in the callers' file"
                    .to_owned(),
            );
        }
        let tls = Arc::new(Tls::new(&own, &clients, options)?);
        Ok(Some(Self { options: options.clone(), tls, own: Part::new(own), clients: Part::new(clients) }))
    }

    /// How connections are encrypted now, and after each change.
    pub(super) fn tls(&self) -> &Arc<Tls> {
        &self.tls
    }

    /// Takes over what has changed. What can't be used changes nothing, and does not keep the other part from changing.
    pub(super) fn look(&mut self, domains: &[TrustDomain]) {
        let own = OwnFiles::read(&self.options).and_then(|files| files.ok_or_else(|| "there is none".to_owned()));
        if let Some(found) = self.own.read.look(own).cloned() {
            let replaced = found.and_then(|own| {
                self.tls.replace(&own, &self.clients.used, &self.options)?;
                self.own.used = own;
                Ok(())
            });
            report(replaced, "the server's certificate");
        }
        if let Some(found) = self.clients.read.look(ClientFiles::read(&self.options, domains)).cloned() {
            let replaced = found.and_then(|clients| {
                self.tls.replace(&self.own.used, &clients, &self.options)?;
                self.clients.used = clients;
                Ok(())
            });
            report(replaced, "the authorities of clients");
        }
    }
}

fn report(replaced: Result<(), String>, what: &str) {
    match replaced {
        Ok(()) => tracing::info!(what, "certificates were replaced; new connections have the new ones"),
        Err(problem) => tracing::error!(what, problem, "certificates can't be used; they stay as they are"),
    }
}
