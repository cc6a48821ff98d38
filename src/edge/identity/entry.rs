//! The callers as settings describe them: what each may, and how it is known.

use std::path::PathBuf;

use rollcall_engine::Timestamp;

use crate::{
    edge::identity::{certificate_name::CertificateName, token::Algorithm},
    service::Caller,
};

/// A caller, and what proves that a request is its own. At least one of these is there.
#[derive(Clone, Debug)]
pub struct CallerEntry {
    /// Its name and rights.
    pub caller: Caller,
    /// Its keys, of which several are valid at once while one replaces another.
    pub keys: Vec<KeyEntry>,
    /// The names in its certificates, as [`CertificateName::parse`] reads them.
    pub certificates: Vec<CertificateName>,
    /// The issuers and subjects of its JSON Web Tokens.
    pub tokens: Vec<TokenEntry>,
}

/// A key, which only its caller knows.
#[derive(Clone, Copy, Debug)]
pub struct KeyEntry {
    /// The SHA-256 of its bytes.
    pub sha256: [u8; 32],
    /// The first instant at which it counts no more; none if it does not end.
    pub until: Option<Timestamp>,
}

/// Whose tokens a caller sends.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TokenEntry {
    /// The issuer, which is one of [`IssuerEntry`].
    pub issuer: String,
    /// The subject, as the tokens have it.
    pub subject: String,
}

/// What a callers' file says.
#[derive(Clone, Debug, Default)]
pub struct CallersFile {
    /// The callers, of whom no two have a name or a credential in common.
    pub callers: Vec<CallerEntry>,
    /// The issuers of the callers' tokens.
    pub issuers: Vec<IssuerEntry>,
    /// The trust domains of the callers' SPIFFE ids.
    pub trust_domains: Vec<TrustDomain>,
}

/// An issuer of JSON Web Tokens.
#[derive(Clone, Debug)]
pub struct IssuerEntry {
    /// Its name, as the tokens have it in `iss`.
    pub issuer: String,
    /// The audiences of which a token must have one in `aud`; at least one.
    pub audiences: Vec<String>,
    /// The algorithms by which it signs; at least one, and none with a shared secret.
    pub algorithms: Vec<Algorithm>,
    /// The file with its keys, a JSON Web Key Set.
    pub keys: PathBuf,
}

/// A SPIFFE trust domain.
#[derive(Clone, Debug)]
pub struct TrustDomain {
    /// Its name, in lower case.
    pub name: String,
    /// The file with its certificate authorities, in PEM.
    pub authorities: PathBuf,
}
