//! Errors of refused membership writes, with the kind and the metadata that a program needs to go on.

use rollcall_engine::{
    Facts, LackingRole, MembershipWrite, Node, Reason, Refusal, Subject, describe_inactive_actor, describe_last_holder,
    describe_refusal, name_of,
};

use crate::service::{
    error::{Error, ErrorKind, MAX_REFUSAL_BYTES, RefusedFor, Violation},
    resolve::not_found::no_member,
};

/// The refused parts of a write as they are found. Past a bound they are counted only, for no answer could name them.
#[derive(Default)]
pub(crate) struct Refusals {
    /// Each with its path in the request.
    named: Vec<(String, Error)>,
    bytes: usize,
    total: u32,
}

impl Refusals {
    /// Adds a part by its path in the request, and why it is refused.
    pub(crate) fn add(&mut self, field: String, error: Error) {
        self.total = self.total.saturating_add(1);
        let metadata: usize = error.metadata.iter().map(|(key, value)| key.len() + value.len()).sum();
        self.bytes = self.bytes.saturating_add(field.len() + error.message.len() + metadata);
        if self.named.is_empty() || self.bytes <= MAX_REFUSAL_BYTES {
            self.named.push((field, error));
        }
    }

    /// Whether nothing is refused.
    pub(crate) fn is_empty(&self) -> bool {
        self.total == 0
    }

    /// One error for all refused parts; none if nothing is refused. It is the first part's error, with a violation for
    /// every part that is named.
    pub(crate) fn into_error(self) -> Option<Error> {
        let Self { named, total, .. } = self;
        let violation = |(field, error): &(String, Error)| Violation {
            field: field.clone(),
            description: error.message.clone(),
            refused: Some(RefusedFor { reason: error.reason, metadata: error.metadata.clone() }),
        };
        let violations = named.iter().map(violation).collect();
        let mut error = named.into_iter().next()?.1;
        if total > 1 {
            error.message = format!("{} (and {} more)", error.message, total - 1);
        }
        Some(Error { violations, refused_parts: total, ..error })
    }
}

/// The error of a refused membership write at a resource.
pub(crate) fn membership_write(
    facts: &dyn Facts,
    actor: &Subject,
    node: Node,
    target: &Subject,
    write: MembershipWrite,
    refusal: &Refusal,
) -> Error {
    let kind = match refusal {
        Refusal::Actor(reason) => return inactive_actor(actor, *reason),
        Refusal::NoMember => return no_member(&target.to_string()),
        Refusal::LastHolder { lacking } => return last_holder(facts, target, lacking),
        Refusal::NotPermitted { .. } | Refusal::Protected { .. } | Refusal::OutlastsGranter { .. } => {
            return permission_denied(facts, actor, node, target, write, refusal);
        }
        Refusal::AlreadyAMember => ErrorKind::AlreadyExists,
        Refusal::Deactivated
        | Refusal::RoleNotBound
        | Refusal::RoleAmbiguous
        | Refusal::RoleUnchanged
        | Refusal::AlreadyLocked
        | Refusal::NotLocked
        | Refusal::NotInvited
        | Refusal::NotActive
        | Refusal::NotDeactivated
        | Refusal::OwnerUnchanged
        | Refusal::SubjectNotEligible
        | Refusal::TeamCycle
        | Refusal::TeamsTooDeep => ErrorKind::FailedPrecondition,
    };
    let message = describe_refusal(facts, actor.as_ref(), node, target.as_ref(), write, refusal);
    Error::new(kind, refusal.code(), message)
        .with("member", target.to_string())
        .with("operation", write.kind.name())
        .with("resource", name_of(facts, node).to_string())
}

/// The error of a write that this actor may not do to this member here.
fn permission_denied(
    facts: &dyn Facts,
    actor: &Subject,
    node: Node,
    target: &Subject,
    write: MembershipWrite,
    refusal: &Refusal,
) -> Error {
    // Inviting everybody was decided as publishing.
    let decided = if let Refusal::NotPermitted { write, .. } = refusal { *write } else { write };
    let message = describe_refusal(facts, actor.as_ref(), node, target.as_ref(), write, refusal);
    let error = Error::new(ErrorKind::PermissionDenied, refusal.code(), message)
        .with("actor", actor.to_string())
        .with("operation", decided.kind.name())
        .with("member", target.to_string())
        .with("resource", name_of(facts, node).to_string());
    match refusal {
        Refusal::NotPermitted { rules, .. } => {
            let policy = facts.policy();
            let by: Vec<&str> = rules.iter().map(|rule| rule.by.as_str()).collect();
            error.with("policy", format!("{}@{}", policy.name(), policy.version())).with("permitted_to", by.join(" ; "))
        }
        Refusal::Protected { role, at } => {
            error.with("protected_by", role.as_str()).with("protected_at", name_of(facts, *at).to_string())
        }
        Refusal::OutlastsGranter { latest } => error.with("latest_expire_time", latest.to_string()),
        _ => error,
    }
}

/// The error of an actor who may not write at all.
pub(crate) fn inactive_actor(actor: &Subject, reason: Reason) -> Error {
    let message = describe_inactive_actor(actor.as_ref(), reason);
    Error::new(ErrorKind::PermissionDenied, Refusal::Actor(reason).code(), message).with("actor", actor.to_string())
}

/// The error of a write that leaves roles at resources with too few holders.
pub(crate) fn last_holder(facts: &dyn Facts, target: &Subject, lacking: &[LackingRole]) -> Error {
    let message = describe_last_holder(facts, target.as_ref(), lacking);
    let named = |lacking: &LackingRole| (name_of(facts, lacking.at).to_string(), facts.policy().role(lacking.role));
    let error = Error::new(ErrorKind::FailedPrecondition, "LAST_HOLDER", message).with("member", target.to_string());
    let Some((resource, role)) = lacking.first().map(named) else { return error };
    let error = error
        .with("role", facts.policy().qualified(role))
        .with("resource", resource)
        .with("at_least", role.at_least().to_string());
    if lacking.len() == 1 {
        return error;
    }
    let all = lacking.iter().map(named).map(|(at, role)| format!("{at}={}", facts.policy().qualified(role)));
    error.with("resources", all.collect::<Vec<_>>().join(","))
}
