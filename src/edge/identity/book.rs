//! The callers that the server knows, by what proves who they are.

use std::{collections::HashMap, sync::Arc};

use rollcall_engine::Timestamp;

use crate::{
    edge::identity::{
        certificate::PeerCertificate,
        certificate_name::CertificateName,
        entry::{CallerEntry, TokenEntry},
        refused::Refused,
        token::{self, Issuer, TokenIdentity},
    },
    service::Caller,
};

/// The callers as they are at a time. It is replaced whole when the files change that it is made of.
#[derive(Clone, Debug, Default)]
pub struct CallerBook {
    by_key: HashMap<[u8; 32], Known>,
    by_certificate: HashMap<CertificateName, Arc<Caller>>,
    by_token: HashMap<TokenEntry, Arc<Caller>>,
    issuers: Vec<Issuer>,
    anonymous: Option<Arc<Caller>>,
}

/// Whose a key is, and when that ends.
#[derive(Clone, Debug)]
struct Known {
    caller: Arc<Caller>,
    until: Option<Timestamp>,
}

/// Who a credential says that its sender is, and when it says so no more; none: not by itself.
pub(super) struct Identified {
    pub(super) caller: Arc<Caller>,
    pub(super) until: Option<Timestamp>,
}

impl CallerBook {
    /// The callers of these entries; of tokens, those of these issuers count. With no entries, every request is refused.
    /// Of two entries with one credential the last counts.
    pub fn new(entries: Vec<CallerEntry>, issuers: Vec<Issuer>) -> Self {
        let mut book = Self { issuers, ..Self::default() };
        for CallerEntry { caller, keys, certificates, tokens } in entries {
            let caller = Arc::new(caller);
            let known = |until| Known { caller: Arc::clone(&caller), until };
            book.by_key.extend(keys.into_iter().map(|key| (key.sha256, known(key.until))));
            book.by_certificate.extend(certificates.into_iter().map(|name| (name, Arc::clone(&caller))));
            book.by_token.extend(tokens.into_iter().map(|token| (token, Arc::clone(&caller))));
        }
        book
    }

    /// Everybody is the caller `anonymous`, whatever they send.
    pub fn anyone(asserts_operators: bool) -> Self {
        let anonymous = Arc::new(Caller::unlimited(Caller::ANONYMOUS, asserts_operators));
        Self { anonymous: Some(anonymous), ..Self::default() }
    }

    pub(super) fn anonymous(&self) -> Option<&Arc<Caller>> {
        self.anonymous.as_ref()
    }

    /// Whether some caller is known by tokens, so that what looks like one is no key.
    pub(super) fn takes_tokens(&self) -> bool {
        !self.issuers.is_empty()
    }

    /// Whose key this is the hash of.
    pub(super) fn by_key(&self, sha256: &[u8; 32], now: impl Fn() -> Timestamp) -> Result<Identified, Refused> {
        let Known { caller, until } = self.by_key.get(sha256).ok_or(Refused::UnknownKey)?;
        match until {
            Some(until) if *until <= now() => Err(Refused::EndedKey),
            until => Ok(Identified { caller: Arc::clone(caller), until: *until }),
        }
    }

    /// Whose a token is.
    pub(super) fn by_token(&self, text: &str, now: Timestamp) -> Result<Identified, Refused> {
        let TokenIdentity { issuer, subject, ends_at } =
            token::verify(text, &self.issuers, now).map_err(Refused::Token)?;
        let caller = self.by_token.get(&TokenEntry { issuer, subject }).ok_or(Refused::UnknownToken)?;
        Ok(Identified { caller: Arc::clone(caller), until: Some(ends_at) })
    }

    /// Whose certificate it is; none where it is of no caller.
    pub(super) fn by_certificate(
        &self,
        certificate: &PeerCertificate,
        now: impl Fn() -> Timestamp,
    ) -> Result<Option<Identified>, Refused> {
        let mut known = certificate.names.iter().filter_map(|name| self.by_certificate.get(name));
        let Some(caller) = known.next() else { return Ok(None) };
        if known.any(|other| other.name != caller.name) {
            return Err(Refused::Disagreement);
        }
        if certificate.ends_at <= now() {
            return Err(Refused::EndedCertificate);
        }
        Ok(Some(Identified { caller: Arc::clone(caller), until: Some(certificate.ends_at) }))
    }
}
