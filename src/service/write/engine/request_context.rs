use rollcall_engine::Subject;
use sha2::{Digest, Sha256};

/// The sibling service on the wire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// Its configured name, or `anonymous`.
    pub name: String,
    /// Whether it may speak for an operator.
    pub asserts_operators: bool,
}

/// What every write is told.
#[derive(Clone, Debug)]
pub struct RequestContext {
    /// The tenant's id.
    pub tenant: String,
    /// On whose behalf.
    pub actor: Subject,
    /// Through whom.
    pub caller: Caller,
    /// The trace that the request is part of, 32 digits in lower-case hexadecimal.
    pub trace_id: Option<String>,
    /// What makes a retry a retry; none: every call is new.
    pub idempotency_key: Option<IdempotencyKey>,
    /// Decide and answer as for the real write, and change nothing.
    pub validate_only: bool,
}

/// A request id with a digest of what was asked under it.
#[derive(Clone, Debug)]
pub struct IdempotencyKey {
    /// As the caller gave it. Never stored: invitation tokens of a retry are derived from it.
    pub id: String,
    /// SHA-256 of the method and the whole body, in lower-case hexadecimal.
    pub body: String,
}

impl IdempotencyKey {
    /// The key of a request of this method with this encoded body.
    pub fn new(id: String, method: &str, body: &[u8]) -> Self {
        let digest = Sha256::new().chain_update(method).chain_update([0]).chain_update(body).finalize();
        Self { id, body: hex(&digest) }
    }

    /// What the store knows the request by.
    pub(crate) fn stored(&self) -> String {
        hex(&Sha256::digest(&self.id))
    }
}

/// Bytes in lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        // Writing to a string can't fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
