//! The etag that stands on the wire for what a thing of a tenant was when it was read.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};

use crate::domain::{Head, fingerprint::fingerprint};

/// The first byte of every etag: the version of the layout of those after it.
const FORMAT: u8 = 2;

/// The etag of a thing of a tenant, by the commit that last changed it: the format, a fingerprint of the tenant's id, the
/// revision, and the first four bytes of the write's id, as 23 characters of URL-safe Base64 without padding. A commit of
/// another history, after a store was put back, gives another.
pub fn etag(tenant: &str, changed_at: Head) -> String {
    let mut bytes = [0; 17];
    bytes[0] = FORMAT;
    bytes[1..5].copy_from_slice(&fingerprint(tenant.as_bytes()));
    bytes[5..13].copy_from_slice(&changed_at.revision.0.to_be_bytes());
    bytes[13..].copy_from_slice(&changed_at.write_id.prefix());
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}
