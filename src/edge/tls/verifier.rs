//! Verifies the certificates of clients, each against the authorities of the trust domain that it claims to be of.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use tokio_rustls::rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, Error, OtherError, RootCertStore, SignatureScheme,
    client::danger::HandshakeSignatureValid,
    crypto::{CryptoProvider, WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, UnixTime},
    server::{
        WebPkiClientVerifier,
        danger::{ClientCertVerified, ClientCertVerifier},
    },
};

use crate::edge::identity::{SpiffeId, claimed_trust_domain, read_leaf};

/// Verifies against all authorities that stand for one set of names.
type Verifier = Arc<dyn ClientCertVerifier>;

/// A certificate with a SPIFFE id is verified against the authorities of its trust domain alone, so that no authority
/// makes names of another one's; every other against those of no domain.
#[derive(Debug)]
struct ByTrustDomain {
    domains: BTreeMap<String, Verifier>,
    other: Option<Verifier>,
    algorithms: WebPkiSupportedAlgorithms,
    required: bool,
}

/// A verifier of clients' certificates, which lets in only what [`read_leaf`] finds a name in. `domains` are the
/// authorities of each SPIFFE trust domain by its name in lower case; `other` those of certificates that have no SPIFFE
/// id, and may be none. With `required` there is no connection without a certificate.
///
/// It tells handshakes `UnknownIssuer` for a trust domain that is not among them; of a certificate with a good chain that
/// `read_leaf` refuses, its fault, which is for the log: the client learns no more than that it was refused. Without any authority, no certificate counts.
///
/// # Errors
/// What is wrong, as a sentence: a domain without an authority or with a name that is none, an authority
/// that can't be read, and one whose key also stands for another domain or for `other`.
pub(super) fn client_verifier(
    domains: BTreeMap<String, Vec<CertificateDer<'static>>>,
    other: Vec<CertificateDer<'static>>,
    required: bool,
    provider: &Arc<CryptoProvider>,
) -> Result<Arc<dyn ClientCertVerifier>, String> {
    let algorithms = provider.signature_verification_algorithms;
    let mut keys = BTreeSet::new();
    let mut verifiers = BTreeMap::new();
    for (domain, authorities) in domains {
        let is_domain =
            SpiffeId::parse(&format!("spiffe://{domain}")).is_ok_and(|id| id.is_root() && id.trust_domain() == domain);
        if !is_domain {
            return Err(format!("`{domain}` is not the name of a trust domain in lower case"));
        }
        let whose = format!("the trust domain `{domain}`");
        verifiers.insert(domain, verifier(&whose, authorities, &mut keys, provider)?);
    }
    let other = if other.is_empty() {
        None
    } else {
        Some(verifier("certificates without a SPIFFE id", other, &mut keys, provider)?)
    };
    Ok(Arc::new(ByTrustDomain { domains: verifiers, other, algorithms, required }))
}

/// Verifies against these authorities, whose keys are added to those that are in use already.
fn verifier(
    whose: &str,
    authorities: Vec<CertificateDer<'static>>,
    keys: &mut BTreeSet<Vec<u8>>,
    provider: &Arc<CryptoProvider>,
) -> Result<Verifier, String> {
    let mut roots = RootCertStore::empty();
    for authority in authorities {
        roots.add(authority).map_err(|error| format!("a certificate authority of {whose} can't be used: {error}"))?;
    }
    // One authority may have several certificates with one key.
    let own: BTreeSet<Vec<u8>> = roots.roots.iter().map(|root| root.subject_public_key_info.to_vec()).collect();
    if !keys.is_disjoint(&own) {
        return Err(format!("a certificate authority of {whose} is also that of another trust domain"));
    }
    keys.extend(own);
    WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider))
        .build()
        .map_err(|error| format!("the certificate authorities of {whose} can't be used: {error}"))
}

impl ClientCertVerifier for ByTrustDomain {
    fn client_auth_mandatory(&self) -> bool {
        self.required
    }

    /// None: clients send what they have, and nobody learns whom the server trusts.
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        let claimed = claimed_trust_domain(end_entity);
        let chain = match &claimed {
            Some(domain) => self.domains.get(domain),
            None => self.other.as_ref(),
        };
        let verified =
            chain.ok_or(CertificateError::UnknownIssuer)?.verify_client_cert(end_entity, intermediates, now)?;
        match read_leaf(end_entity) {
            Ok(peer) if peer.trust_domain() == claimed.as_deref() => Ok(verified),
            Ok(_) => Err(CertificateError::ApplicationVerificationFailure.into()),
            Err(fault) => Err(CertificateError::Other(OtherError(Arc::new(fault))).into()),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, cert, dss, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, cert, dss, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests;
