//! A tenant's revision, and the etag that stands for the revision of one thing on the wire.

use std::fmt;

use crate::domain::fingerprint::fingerprint;
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};

/// A tenant's version: the number of writes that it has seen, never negative. The order of revisions is the order of
/// commits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Revision(pub i64);

impl Revision {
    /// The revision of the write after this one.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The first byte of every etag: the version of the layout of those after it.
const FORMAT: u8 = 1;

/// The etag of a thing of a tenant, by the revision that last changed it: 18 characters of URL-safe Base64 without padding.
pub fn etag(tenant: &str, changed_at: Revision) -> String {
    let mut bytes = [0; 13];
    bytes[0] = FORMAT;
    bytes[1..5].copy_from_slice(&fingerprint(tenant.as_bytes()));
    bytes[5..].copy_from_slice(&changed_at.0.to_be_bytes());
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}
