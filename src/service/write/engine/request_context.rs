//! The context of a write's request: tenant, caller, actor, trace, and what recognises a retry.

use std::sync::Arc;

use rollcall_engine::Subject;
use sha2::{Digest, Sha256};

use crate::service::{caller::Caller, hidden::Hidden};

/// What every write carries beside its own fields: the tenant, and who writes for whom.
#[derive(Clone, Debug)]
pub struct RequestContext {
    /// The tenant's id; the id of a tenant that is to be created.
    pub tenant: String,
    /// The service that sent the request.
    pub caller: Arc<Caller>,
    /// The subject on whose behalf it writes, whom the policy permits or refuses.
    pub actor: Subject,
    /// The id of the trace that the request is part of, 32 digits in lower-case hexadecimal, where it is traced.
    pub trace_id: Option<String>,
    /// Why the write is made, in the words of the request; empty where it does not say.
    pub reason: String,
    /// Recognises a retry of the same request, which gets the stored answer; none: each request is a new write.
    pub idempotency_key: Option<IdempotencyKey>,
    /// Whether to decide and answer as for the real write, and change nothing.
    pub validate_only: bool,
}

/// A request id, with a hash of the request that was sent under it.
#[derive(Clone, Debug)]
pub struct IdempotencyKey {
    /// The tenant's id: the same id is another one in another tenant.
    pub tenant: String,
    /// The name of the caller, to whom the id belongs: another caller's same id is another one.
    pub caller: String,
    /// The id that the caller chose, 1 to 128 bytes without invisible characters. Never stored: the tokens of invitations
    /// are derived from it.
    pub request_id: Hidden<String>,
    /// SHA-256 of the method and the whole body, in lower-case hexadecimal.
    pub body_hash: String,
}

impl IdempotencyKey {
    /// The key of a request of this method (`Invite`) with this encoded body, in a tenant and of a caller.
    pub fn new((tenant, caller): (&str, &str), request_id: &str, method: &str, body: &[u8]) -> Self {
        let digest = Sha256::new().chain_update(method).chain_update([0]).chain_update(body).finalize();
        Self {
            tenant: tenant.to_owned(),
            caller: caller.to_owned(),
            request_id: Hidden::new(request_id.to_owned()),
            body_hash: hex(&digest),
        }
    }

    /// What the store knows the request by: SHA-256 of tenant, caller and request id, in lower-case hexadecimal.
    pub(crate) fn request_hash(&self) -> String {
        hex(&Sha256::digest(self.owned_id()))
    }

    /// The tenant, the caller and its request id as one text, which no others make: names have no NUL.
    pub(crate) fn owned_id(&self) -> String {
        format!("{}\0{}\0{}", self.tenant, self.caller, self.request_id.expose())
    }
}

/// Bytes in lower-case hexadecimal, two digits each.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        // Writing to a string can't fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
