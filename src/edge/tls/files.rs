//! The files of TLS: read together, so that a certificate and its key are of one moment, and made into what a handshake needs.

use std::{collections::BTreeMap, fs, path::Path, sync::Arc};

use tokio_rustls::rustls::{
    ServerConfig,
    crypto::{CryptoProvider, ring},
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
    server::NoServerSessionStorage,
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

/// The bytes of the files.
#[derive(Clone, PartialEq, Eq)]
pub struct TlsFiles {
    certificate: Vec<u8>,
    key: Vec<u8>,
    authorities: Option<Vec<u8>>,
    /// By trust domain.
    domains: BTreeMap<String, Vec<u8>>,
}

impl TlsFiles {
    /// Reads the files that the settings name, and those of the trust domains; none where connections are not encrypted.
    ///
    /// # Errors
    /// Which file can't be read, and why.
    pub fn read(options: &TlsOptions, domains: &[TrustDomain]) -> Result<Option<Self>, String> {
        let (Some(certificate), Some(key)) = (&options.certificate, &options.key) else { return Ok(None) };
        let (certificate, key) = (read(certificate)?, read(key)?);
        let authorities = options.client_authorities.as_deref().map(read).transpose()?;
        let domains = domains.iter().map(|domain| Ok((domain.name.clone(), read(&domain.authorities)?)));
        Ok(Some(Self { certificate, key, authorities, domains: domains.collect::<Result<_, String>>()? }))
    }

    /// What a handshake needs.
    ///
    /// # Errors
    /// What is wrong with the files, without anything that is in them.
    pub(super) fn server_config(&self, options: &TlsOptions) -> Result<ServerConfig, String> {
        let provider = Arc::new(ring::default_provider());
        let versions = match options.minimum_version {
            TlsVersion::V1_2 => &[&TLS13, &TLS12][..],
            TlsVersion::V1_3 => &[&TLS13],
        };
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider));
        let builder = builder.with_protocol_versions(versions).map_err(|error| error.to_string())?;
        let builder = match options.client_certificates {
            ClientCertificates::None => builder.with_no_client_auth(),
            asked_for => {
                let domains = self.domains.iter().map(|(name, pem)| {
                    let what = format!("the authorities of the trust domain `{name}`");
                    Ok((name.clone(), certificates(pem, &what)?))
                });
                let domains = domains.collect::<Result<_, String>>()?;
                let others = self.authorities.as_deref().map(|pem| certificates(pem, "tls.client_authorities"));
                let is_required = asked_for == ClientCertificates::Required;
                let others = others.transpose()?.unwrap_or_default();
                builder.with_client_cert_verifier(client_verifier(domains, others, is_required, &provider)?)
            }
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
