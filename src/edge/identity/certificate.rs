//! What a client's certificate says of its owner: names, and until when they count.

use rollcall_engine::Timestamp;
use x509_parser::{
    asn1_rs::{FromDer, Oid},
    certificate::X509Certificate,
    error::X509Error,
    extensions::{BasicConstraints, ExtendedKeyUsage, GeneralName, KeyUsage, SubjectAlternativeName},
    oid_registry::{
        OID_X509_EXT_BASIC_CONSTRAINTS, OID_X509_EXT_EXTENDED_KEY_USAGE, OID_X509_EXT_KEY_USAGE,
        OID_X509_EXT_SUBJECT_ALT_NAME,
    },
};

use crate::edge::identity::{
    certificate_name::{CertificateName, absolute_uri, host_name, is_spiffe},
    spiffe::SpiffeId,
};

/// What a certificate says of the peer that proved to own it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeerCertificate {
    /// Its names; at least one. That of a SPIFFE id is alone; else the other URI, if there is one, and then each DNS
    /// name.
    pub names: Vec<CertificateName>,
    /// The last second in which it is valid: its `notAfter`.
    pub ends_at: Timestamp,
}

impl PeerCertificate {
    /// The trust domain of its SPIFFE id, in lower case; none for one that has other names.
    pub fn trust_domain(&self) -> Option<&str> {
        self.names.iter().find_map(|name| match name {
            CertificateName::Spiffe(id) => Some(id.trust_domain()),
            CertificateName::Uri(_) | CertificateName::Dns(_) => None,
        })
    }
}

/// Why a certificate names no caller although its chain is good.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LeafFault {
    /// It is no certificate, has bytes after its end, or an extension twice or malformed.
    #[error("it is malformed")]
    Malformed,
    /// It is that of a certificate authority.
    #[error("it belongs to a certificate authority")]
    Authority,
    /// Its key may sign certificates or revocation lists.
    #[error("its key may sign certificates or revocation lists")]
    Signs,
    /// It has extended key usages, and that of clients is not among them.
    #[error("its extended key usages do not include client authentication")]
    NotForClients,
    /// A subject alternative name, or all of them, can't be read.
    #[error("it has a malformed subject alternative name")]
    MalformedName,
    /// It has more than one URI.
    #[error("it has more than one URI among its subject alternative names")]
    SeveralUris,
    /// It has a URI with the scheme `spiffe` that is no SPIFFE id; what is wrong with it, as [`SpiffeId::parse`] says.
    #[error("it has a SPIFFE id that {0}")]
    BadSpiffeId(String),
    /// It has the SPIFFE id of a trust domain, which names no workload.
    #[error("it has a SPIFFE id without a path")]
    RootSpiffeId,
    /// It has no URI and no name of a host.
    #[error("it has neither a URI nor a DNS name among its subject alternative names")]
    NoName,
}

impl LeafFault {
    /// A word for it in snake case, for logs.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::Authority => "authority",
            Self::Signs => "signs",
            Self::NotForClients => "not_for_clients",
            Self::MalformedName => "malformed_name",
            Self::SeveralUris => "several_uris",
            Self::BadSpiffeId(_) => "bad_spiffe_id",
            Self::RootSpiffeId => "root_spiffe_id",
            Self::NoName => "no_name",
        }
    }
}

/// Reads a leaf, in DER, whose chain, dates and signature were verified. Its subject is not read: only subject
/// alternative names count. DNS names with a wildcard name no caller and are passed over, as addresses are.
///
/// # Errors
/// [`LeafFault`] for one that is malformed, may sign others, is not for clients, has more than one URI or a SPIFFE id
/// that names no workload, or has no name.
pub fn read_leaf(der: &[u8]) -> Result<PeerCertificate, LeafFault> {
    let leaf = parse(der)?;
    let basic = extension::<BasicConstraints>(&leaf, &OID_X509_EXT_BASIC_CONSTRAINTS, LeafFault::Malformed)?;
    if basic.is_some_and(|basic| basic.ca) {
        return Err(LeafFault::Authority);
    }
    let usage = extension::<KeyUsage>(&leaf, &OID_X509_EXT_KEY_USAGE, LeafFault::Malformed)?;
    if usage.is_some_and(|usage| usage.key_cert_sign() || usage.crl_sign()) {
        return Err(LeafFault::Signs);
    }
    let purposes = extension::<ExtendedKeyUsage>(&leaf, &OID_X509_EXT_EXTENDED_KEY_USAGE, LeafFault::Malformed)?;
    if purposes.is_some_and(|purposes| !purposes.client_auth) {
        return Err(LeafFault::NotForClients);
    }
    let names = names(&general_names(&leaf)?)?;
    if names.is_empty() {
        return Err(LeafFault::NoName);
    }
    let ends_at = Timestamp(leaf.validity().not_after.timestamp().saturating_mul(1_000_000));
    Ok(PeerCertificate { names, ends_at })
}

/// The trust domain that a leaf, in DER, claims to be of: that of its first SPIFFE id. Nothing of it was verified yet,
/// and it may be one that [`read_leaf`] refuses. None if it claims none.
pub(crate) fn claimed_trust_domain(der: &[u8]) -> Option<String> {
    let names = general_names(&parse(der).ok()?).ok()?;
    names.iter().find_map(|name| match name {
        GeneralName::URI(uri) => SpiffeId::parse(uri).ok().map(|id| id.trust_domain().to_owned()),
        _ => None,
    })
}

fn parse(der: &[u8]) -> Result<X509Certificate<'_>, LeafFault> {
    match X509Certificate::from_der(der) {
        Ok(([], leaf)) => Ok(leaf),
        _ => Err(LeafFault::Malformed),
    }
}

/// An extension, which is there at most once and has nothing after its value. `fault` is said of a malformed value.
fn extension<'a, T>(leaf: &X509Certificate<'a>, oid: &Oid<'_>, fault: LeafFault) -> Result<Option<T>, LeafFault>
where
    T: FromDer<'a, X509Error>,
{
    let Some(extension) = leaf.get_extension_unique(oid).map_err(|_| LeafFault::Malformed)? else {
        return Ok(None);
    };
    match T::from_der(extension.value) {
        Ok(([], value)) => Ok(Some(value)),
        _ => Err(fault),
    }
}

fn general_names<'a>(leaf: &X509Certificate<'a>) -> Result<Vec<GeneralName<'a>>, LeafFault> {
    let names =
        extension::<SubjectAlternativeName<'a>>(leaf, &OID_X509_EXT_SUBJECT_ALT_NAME, LeafFault::MalformedName)?;
    Ok(names.map(|names| names.general_names).unwrap_or_default())
}

fn names(general_names: &[GeneralName<'_>]) -> Result<Vec<CertificateName>, LeafFault> {
    let (mut uris, mut hosts) = (Vec::new(), Vec::new());
    for name in general_names {
        match name {
            GeneralName::URI(uri) => uris.push(*uri),
            GeneralName::DNSName(host) => hosts.push(*host),
            GeneralName::Invalid(..) => return Err(LeafFault::MalformedName),
            _ => {}
        }
    }
    let mut names = match *uris {
        [] => Vec::new(),
        [uri] if is_spiffe(uri) => return Ok(vec![CertificateName::Spiffe(workload(uri)?)]),
        [uri] => vec![CertificateName::Uri(absolute_uri(uri).ok_or(LeafFault::MalformedName)?)],
        _ => return Err(LeafFault::SeveralUris),
    };
    for host in hosts.iter().filter(|host| !host.starts_with("*.")) {
        let host = host_name(&host.to_ascii_lowercase()).ok_or(LeafFault::MalformedName)?;
        names.push(CertificateName::Dns(host));
    }
    Ok(names)
}

fn workload(uri: &str) -> Result<SpiffeId, LeafFault> {
    let id = SpiffeId::parse(uri).map_err(LeafFault::BadSpiffeId)?;
    if id.is_root() { Err(LeafFault::RootSpiffeId) } else { Ok(id) }
}

#[cfg(test)]
mod tests;
