//! Who sent a request: found by its headers and by the certificate of its connection.

use std::{sync::Arc, time::Duration};

use http::{HeaderMap, header::AUTHORIZATION};
use parking_lot::RwLock;
use rollcall_engine::Timestamp;
use sha2::{Digest, Sha256};
use tokio::{
    sync::watch,
    time::{self, Instant},
};

use crate::{
    edge::identity::{
        book::{CallerBook, Identified},
        certificate::PeerCertificate,
        refused::Refused,
        token::looks_like_token,
    },
    service::{Caller, ports::Clock},
};

/// How often what goes on for long looks again whether its caller is known.
const LOOK_AGAIN: Duration = Duration::from_secs(5);

/// The callers that the server accepts, as they are now: the look-up of a key is by its SHA-256, which leaks no timing of it.
pub struct Callers {
    book: RwLock<Arc<CallerBook>>,
    clock: Arc<dyn Clock>,
    replaced: watch::Sender<()>,
}

/// Who sent a request. In the extensions of every request that came through the layer, but for those to open paths.
#[derive(Clone, Debug)]
pub struct Identity {
    /// The service that sent it.
    pub caller: Arc<Caller>,
    /// When what proved it, or the caller, ends; none if it does not.
    pub ends_at: Option<Instant>,
}

impl Callers {
    /// Accepts those of the book, by the time that the clock is believed to show.
    pub fn new(book: CallerBook, clock: Arc<dyn Clock>) -> Self {
        Self { book: RwLock::new(Arc::new(book)), clock, replaced: watch::Sender::new(()) }
    }

    /// Accepts those of another book from the next request on.
    pub fn replace(&self, book: CallerBook) {
        let before = std::mem::replace(&mut *self.book.write(), Arc::new(book));
        // Large ones are not taken apart while requests wait.
        drop(before);
        self.replaced.send_replace(());
    }

    /// Waits until the sender of these headers, over a connection with this certificate, is nobody known any more, or one of
    /// whom `may` is not true. Looks again whenever the callers are replaced, and every so often: the clock may have been set.
    pub(crate) async fn lost(
        &self,
        headers: &HeaderMap,
        certificate: Option<&PeerCertificate>,
        may: impl Fn(&Caller) -> bool,
    ) {
        let mut replaced = self.replaced.subscribe();
        while self.find(headers, certificate).is_ok_and(|identity| may(&identity.caller)) {
            // The sender is there as long as `self` is.
            let _ = time::timeout(LOOK_AGAIN, replaced.changed()).await;
        }
    }

    /// Who sends these headers, over a connection with this certificate.
    ///
    /// # Errors
    /// Why it is nobody known. Every credential that is there must count, and all must be of one caller.
    pub(super) fn find(&self, headers: &HeaderMap, certificate: Option<&PeerCertificate>) -> Result<Identity, Refused> {
        let book = self.book.read();
        if let Some(caller) = book.anonymous() {
            return Ok(Identity { caller: Arc::clone(caller), ends_at: None });
        }
        let now = || self.clock.reading().believed;
        let connected = certificate.map(|certificate| book.by_certificate(certificate, now)).transpose()?.flatten();
        let sent = bearer(headers)?.map(|credential| by_credential(&book, credential, now)).transpose()?;
        let found = match (connected, sent) {
            (Some(connected), Some(sent)) if connected.caller.name != sent.caller.name => {
                return Err(Refused::Disagreement);
            }
            (Some(connected), Some(sent)) => {
                let until = [connected.until, sent.until].into_iter().flatten().min();
                Identified { until, ..sent }
            }
            (None, Some(found)) | (Some(found), None) => found,
            (None, None) if certificate.is_some() => return Err(Refused::UnknownCertificate),
            (None, None) => return Err(Refused::Missing),
        };
        let Identified { caller, until } = found;
        let Some(until) = [until, caller.until].into_iter().flatten().min() else {
            return Ok(Identity { caller, ends_at: None });
        };
        let now = now();
        if caller.until.is_some_and(|until| until <= now) {
            return Err(Refused::EndedCaller);
        }
        Ok(Identity { caller, ends_at: Instant::now().checked_add(until.since(now)) })
    }
}

fn by_credential(book: &CallerBook, credential: &str, now: impl Fn() -> Timestamp) -> Result<Identified, Refused> {
    if book.takes_tokens() && looks_like_token(credential) {
        return book.by_token(credential, now());
    }
    book.by_key(&Sha256::digest(credential).into(), now)
}

/// The bearer credential of these headers; none where they have no `authorization`.
fn bearer(headers: &HeaderMap) -> Result<Option<&str>, Refused> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(Refused::SeveralHeaders);
    }
    value.to_str().ok().and_then(bearer_key).map(Some).ok_or(Refused::NoBearer)
}

/// The key of an `authorization` header with the scheme `Bearer`, which is written in any case; none for another scheme,
/// and for an empty key.
fn bearer_key(header: &str) -> Option<&str> {
    let (scheme, key) = header.trim_ascii().split_once([' ', '\t'])?;
    let key = key.trim_ascii();
    (scheme.eq_ignore_ascii_case("bearer") && !key.is_empty()).then_some(key)
}

#[cfg(test)]
mod tests;
