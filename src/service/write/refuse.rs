//! Refusals of the policy, told so that the reader knows what would change them.

use crate::{
    domain::Subject,
    policy::{Facts, Node, Operation, Reason, Refusal, Role, RoleId, name_of},
};

use super::{
    super::error::{Error, Kind},
    call::Call,
};

/// A refused membership write; `what` says it in words.
pub(crate) fn refused(
    facts: &dyn Facts,
    call: &Call,
    node: Node,
    target: &Subject,
    operation: &str,
    what: &str,
    refusal: Refusal,
) -> Error {
    match refusal {
        Refusal::Actor(reason) => actor(call, reason),
        Refusal::Protected { role, at } => protected(facts, call, node, target, operation, (role, at)),
        Refusal::NotPermitted { rules } => {
            let policy = facts.policy();
            let lets: Vec<String> = rules.iter().map(|rule| format!("`{}` (line {})", rule.by, rule.line)).collect();
            let remedy = if lets.is_empty() {
                format!("policy `{}` lets nobody do that", policy.name())
            } else {
                format!("policy `{}` lets {} do that", policy.name(), lets.join(" or "))
            };
            let place = name_of(facts, node);
            let message = format!("`{}` may not {what} at `{place}`: {remedy}", call.actor);
            let by: Vec<&str> = rules.iter().map(|rule| rule.by.as_str()).collect();
            Error::new(Kind::PermissionDenied, "NOT_PERMITTED", message)
                .with("actor", call.actor.to_string())
                .with("operation", operation)
                .with("member", target.to_string())
                .with("resource", place.to_string())
                .with("policy", format!("{}@{}", policy.name(), policy.version()))
                .with("permitted_to", by.join(" ; "))
        }
    }
}

/// The actor may not act at all.
pub(crate) fn actor(call: &Call, reason: Reason) -> Error {
    let (reason, why) = match reason {
        Reason::MemberInvited => ("ACTOR_INVITED", "has not accepted their invitation"),
        Reason::MemberDeactivated => ("ACTOR_DEACTIVATED", "is deactivated"),
        Reason::MemberLocked => ("ACTOR_LOCKED", "is locked until somebody unlocks them"),
        _ => ("ACTOR_NOT_A_MEMBER", "is no member of this tenant"),
    };
    let message = format!("`{}` may not act: they are the actor, and the actor {why}", call.actor);
    Error::new(Kind::PermissionDenied, reason, message).with("actor", call.actor.to_string())
}

/// The member holds a role above that protects them.
fn protected(
    facts: &dyn Facts,
    call: &Call,
    node: Node,
    target: &Subject,
    operation: &str,
    (role, at): (String, Node),
) -> Error {
    let place = name_of(facts, node);
    let above = name_of(facts, at);
    let message = format!(
        "`{target}` holds `{role}` at `{above}`, which protects them from being invited, changed or removed at \
         `{place}`; change that role first"
    );
    Error::new(Kind::PermissionDenied, "MEMBER_PROTECTED", message)
        .with("actor", call.actor.to_string())
        .with("operation", operation)
        .with("member", target.to_string())
        .with("resource", place.to_string())
        .with("protected_by", role)
        .with("protected_at", above.to_string())
}

/// The member holds nothing at the resource that could be changed or taken.
pub(crate) fn no_role_here(facts: &dyn Facts, node: Node, target: &Subject) -> Error {
    let place = name_of(facts, node);
    let message = format!("`{target}` holds no role bound at `{place}`; invite them there first");
    Error::new(Kind::FailedPrecondition, "NO_ROLE_HERE", message)
        .with("member", target.to_string())
        .with("resource", place.to_string())
}

/// The role would be left with too few holders.
pub(crate) fn last_holder(facts: &dyn Facts, node: Node, target: &Subject, role: &Role) -> Error {
    let place = name_of(facts, node);
    let role_name = facts.policy().qualified(role);
    let message = format!(
        "`{target}` is the last that `{place}` must keep as `{role_name}` ({} at least); give the role to somebody \
         else first",
        role.at_least()
    );
    Error::new(Kind::FailedPrecondition, "LAST_HOLDER", message)
        .with("member", target.to_string())
        .with("role", role_name)
        .with("resource", place.to_string())
        .with("at_least", role.at_least().to_string())
}

/// A membership write in words.
pub(crate) fn described(facts: &dyn Facts, target: &Subject, operation: Operation) -> String {
    let role = |id: RoleId| facts.policy().role(id).name();
    match operation {
        Operation::Invite { to } => format!("invite `{target}` as `{}`", role(to)),
        Operation::Change { from, to } => format!("change `{target}` from `{}` to `{}`", role(from), role(to)),
        Operation::Remove { from } => format!("remove `{target}`, who is `{}`,", role(from)),
        Operation::Lock | Operation::Unlock | Operation::Update => format!("{} `{target}`", operation.name()),
    }
}
