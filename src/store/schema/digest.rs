//! The digest of a commit, which covers it, its changes, and the digest of the commit before.

use sha2::{Digest as _, Sha256};

/// A commit as far as its digest goes. Where it stands in the feed of all tenants is decided later, and is not part of it.
pub(in crate::store) struct DigestedCommit<'a> {
    pub(in crate::store) tenant: &'a str,
    pub(in crate::store) revision: i64,
    pub(in crate::store) write_id: &'a [u8],
    pub(in crate::store) at: i64,
    pub(in crate::store) actor: &'a str,
    pub(in crate::store) caller: &'a str,
    pub(in crate::store) trace_id: Option<&'a str>,
    pub(in crate::store) format: i16,
}

/// A change as far as its commit's digest goes.
pub(in crate::store) struct DigestedChange<'a> {
    pub(in crate::store) seq: i64,
    pub(in crate::store) kind: &'a str,
    pub(in crate::store) rule: &'a str,
    pub(in crate::store) about: Option<&'a str>,
    pub(in crate::store) resource: Option<(&'a str, &'a str)>,
    pub(in crate::store) data: &'a str,
}

/// The digest before a tenant's first commit.
pub(in crate::store) const GENESIS: [u8; 32] = [0; 32];

/// SHA-256 of the digest before, the commit and its changes, each part behind its length.
pub(in crate::store) fn digest<'a>(
    before: &[u8],
    commit: &DigestedCommit<'_>,
    changes: impl IntoIterator<Item = DigestedChange<'a>>,
) -> [u8; 32] {
    let mut hasher = Sha256::new();
    let mut part = |bytes: &[u8]| {
        hasher.update((bytes.len() as u64).to_be_bytes());
        hasher.update(bytes);
    };
    part(before);
    part(commit.tenant.as_bytes());
    part(&commit.revision.to_be_bytes());
    part(commit.write_id);
    part(&commit.at.to_be_bytes());
    part(commit.actor.as_bytes());
    part(commit.caller.as_bytes());
    part(commit.trace_id.unwrap_or_default().as_bytes());
    part(&commit.format.to_be_bytes());
    for change in changes {
        let (resource_type, resource_id) = change.resource.unwrap_or_default();
        part(&change.seq.to_be_bytes());
        for text in
            [change.kind, change.rule, change.about.unwrap_or_default(), resource_type, resource_id, change.data]
        {
            part(text.as_bytes());
        }
    }
    hasher.finalize().into()
}
