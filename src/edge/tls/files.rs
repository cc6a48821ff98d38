//! The files of TLS: read together, so that a certificate and its key are of one moment, and made into what a handshake needs.

use std::{
    collections::BTreeMap,
    fmt::{self, Display, Formatter},
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use tokio_rustls::rustls::{
    ServerConfig,
    crypto::{CryptoProvider, ring},
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
    server::{NoServerSessionStorage, danger::ClientCertVerifier},
    sign::{CertifiedKey, SingleCertAndKey},
    version::{TLS12, TLS13},
};

use crate::edge::{
    identity::TrustDomain,
    tls::{
        options::{ClientCertificates, TlsOptions, TlsVersion},
        verifier::client_verifier,
    },
};

/// The protocol that is spoken over it.
const HTTP_2: &[u8] = b"h2";

/// The server's own certificate and its key, as their files have them.
#[derive(Clone, PartialEq, Eq)]
pub struct OwnFiles {
    certificate: Vec<u8>,
    key: Vec<u8>,
}

/// Whose certificates the authorities of a file make.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AuthoritySet {
    /// Clients' without a SPIFFE id.
    Others,
    /// Clients' with an id of this trust domain.
    TrustDomain(String),
}

/// The authorities of clients' certificates, as their files have them.
#[derive(Clone, Default)]
pub struct ClientFiles(BTreeMap<AuthoritySet, Vec<u8>>);

impl AuthoritySet {
    /// The sets that the settings and the callers' file name, each with its file; none where no certificates are asked for.
    pub fn named(options: &TlsOptions, domains: &[TrustDomain]) -> Vec<(Self, PathBuf)> {
        if options.client_certificates == ClientCertificates::None {
            return Vec::new();
        }
        let others = options.client_authorities.iter().map(|path| (Self::Others, path.clone()));
        let domains = domains.iter().map(|domain| (Self::TrustDomain(domain.name.clone()), domain.authorities.clone()));
        others.chain(domains).collect()
    }

    /// The file of a set, which must have certificates.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn read(&self, path: &Path) -> Result<Vec<u8>, String> {
        let pem = read(path)?;
        certificates(&pem, &self.to_string())?;
        Ok(pem)
    }
}

impl Display for AuthoritySet {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Others => formatter.write_str("tls.client_authorities"),
            Self::TrustDomain(name) => write!(formatter, "the authorities of the trust domain `{name}`"),
        }
    }
}

impl ClientFiles {
    /// Whether there is no authority at all.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The same, with other authorities in a set; none: without that set.
    #[must_use]
    pub fn with(&self, set: &AuthoritySet, pem: Option<Vec<u8>>) -> Self {
        let mut files = self.clone();
        match pem {
            Some(pem) => files.0.insert(set.clone(), pem),
            None => files.0.remove(set),
        };
        files
    }

    /// The verifier of clients' certificates; none where they are not asked for.
    fn verifier(
        &self,
        options: &TlsOptions,
        provider: &Arc<CryptoProvider>,
    ) -> Result<Option<Arc<dyn ClientCertVerifier>>, String> {
        if options.client_certificates == ClientCertificates::None {
            return Ok(None);
        }
        let (mut domains, mut others) = (BTreeMap::new(), Vec::new());
        for (set, pem) in &self.0 {
            let found = certificates(pem, &set.to_string())?;
            match set {
                AuthoritySet::Others => others = found,
                AuthoritySet::TrustDomain(name) => _ = domains.insert(name.clone(), found),
            }
        }
        let is_required = options.client_certificates == ClientCertificates::Required;
        client_verifier(domains, others, is_required, provider).map(Some)
    }
}

impl OwnFiles {
    /// Reads the files that the settings name; none where connections are not encrypted.
    ///
    /// # Errors
    /// Which file can't be read, and why.
    pub fn read(options: &TlsOptions) -> Result<Option<Self>, String> {
        let (Some(certificate), Some(key)) = (&options.certificate, &options.key) else { return Ok(None) };
        Ok(Some(Self { certificate: read(certificate)?, key: read(key)? }))
    }

    /// What a handshake needs.
    ///
    /// # Errors
    /// What is wrong with the files, without anything that is in them.
    pub(super) fn server_config(&self, clients: &ClientFiles, options: &TlsOptions) -> Result<ServerConfig, String> {
        let provider = Arc::new(ring::default_provider());
        let versions = match options.minimum_version {
            TlsVersion::V1_2 => &[&TLS13, &TLS12][..],
            TlsVersion::V1_3 => &[&TLS13],
        };
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider));
        let builder = builder.with_protocol_versions(versions).map_err(|error| error.to_string())?;
        let builder = match clients.verifier(options, &provider)? {
            None => builder.with_no_client_auth(),
            Some(verifier) => builder.with_client_cert_verifier(verifier),
        };
        let own_certificate = SingleCertAndKey::from(self.own_certificate(&provider)?);
        let mut config = builder.with_cert_resolver(Arc::new(own_certificate));
        config.alpn_protocols = vec![HTTP_2.to_vec()];
        // A session that is resumed brings its certificate along without its being verified again: authorities that were taken
        // out, and certificates that have ended, would live on.
        config.session_storage = Arc::new(NoServerSessionStorage {});
        config.send_tls13_tickets = 0;
        Ok(config)
    }

    fn own_certificate(&self, provider: &CryptoProvider) -> Result<CertifiedKey, String> {
        let chain = certificates(&self.certificate, "tls.certificate")?;
        let key = PrivateKeyDer::from_pem_slice(&self.key)
            .map_err(|_| "tls.key: expected a private key in PEM: PKCS#8, PKCS#1 or SEC1".to_owned())?;
        CertifiedKey::from_der(chain, key, provider)
            .map_err(|error| format!("tls.key does not fit tls.certificate: {error}"))
    }
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    fs::read(path).map_err(|error| format!("`{}` can't be read: {error}", path.display()))
}

/// The certificates of a file in PEM, of which there must be one.
fn certificates(pem: &[u8], what: &str) -> Result<Vec<CertificateDer<'static>>, String> {
    let found = CertificateDer::pem_slice_iter(pem).collect::<Result<Vec<_>, _>>();
    match found {
        Ok(found) if !found.is_empty() => Ok(found),
        Ok(_) => Err(format!("{what}: expected certificates in PEM, found none")),
        Err(error) => Err(format!("{what}: expected certificates in PEM: {error}")),
    }
}
