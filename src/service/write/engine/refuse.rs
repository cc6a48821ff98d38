//! Refusals of the policy, told so that the reader knows what would change them.

use rollcall_engine::{
    Facts, MembershipWrite, Node, Reason, Refusal, Role, RoleId, RuleLine, Subject, Timestamp, WriteKind, name_of,
};

use crate::service::{
    error::{Error, ErrorKind},
    resolve::not_found::no_member,
    write::engine::request_context::RequestContext,
};

/// How many refused parts of a write an error tells in full.
const MAX_TOLD: usize = 10;

/// One error for all that is refused of a write of many parts: the first one's, with every part that it can tell in
/// full under its name in the request. (An error travels in HTTP headers, which peers limit.)
pub(crate) fn all_refused(refusals: Vec<(String, Error)>) -> Option<Error> {
    let more = refusals.len().saturating_sub(1);
    let told: Vec<(String, String)> =
        refusals.iter().take(MAX_TOLD).map(|(part, error)| (part.clone(), error.message.clone())).collect();
    let mut error = refusals.into_iter().next()?.1;
    if more > 0 {
        error.message = format!("{} (and {more} more)", error.message);
    }
    Some(told.into_iter().fold(error, |error, (part, message)| error.violation(part, message)))
}

/// A refused membership write.
pub(crate) fn refused(
    facts: &dyn Facts,
    call: &RequestContext,
    node: Node,
    target: &Subject,
    wanted: MembershipWrite,
    refusal: &Refusal,
) -> Error {
    let place = name_of(facts, node);
    let (kind, message) = match refusal {
        Refusal::Actor(reason) => return actor(call, *reason),
        Refusal::NoMember => return no_member(&target.to_string()),
        Refusal::NotPermitted { operation, rules } => {
            return not_permitted(facts, call, node, target, *operation, rules);
        }
        Refusal::Protected { role, at } => return protected(facts, call, node, target, wanted, (role, *at)),
        Refusal::OutlastsGranter { latest } => return outlasts(facts, call, node, target, wanted, *latest),
        Refusal::LastHolder { role, at } => return last_holder(facts, *at, target, facts.policy().role(*role)),
        Refusal::Deactivated => (
            ErrorKind::FailedPrecondition,
            format!("`{target}` is deactivated, and no invitation undoes that here; reactivate them instead"),
        ),
        Refusal::RoleNotBound => (
            ErrorKind::FailedPrecondition,
            format!(
                "`{target}` holds no role bound at `{place}`: there is none to take; a role from above is taken above"
            ),
        ),
        Refusal::RoleAmbiguous => (
            ErrorKind::FailedPrecondition,
            format!("`{target}` holds several roles at `{place}`; say which one in `from_role`"),
        ),
        Refusal::AlreadyAMember => {
            (ErrorKind::AlreadyExists, format!("`{target}` holds a role at `{place}` already; change it instead"))
        }
        Refusal::RoleUnchanged => {
            (ErrorKind::FailedPrecondition, format!("`{target}` holds that role at `{place}` already"))
        }
        Refusal::AlreadyLocked => (ErrorKind::FailedPrecondition, format!("`{target}` is locked already")),
        Refusal::NotLocked => (ErrorKind::FailedPrecondition, format!("`{target}` is not locked")),
        Refusal::NotInvited => (ErrorKind::FailedPrecondition, format!("`{target}` has no pending invitation")),
        Refusal::NotActive => (ErrorKind::FailedPrecondition, format!("`{target}` is not an active member")),
        Refusal::NotDeactivated => (ErrorKind::FailedPrecondition, format!("`{target}` is not deactivated")),
        Refusal::SubjectNotEligible => (ErrorKind::FailedPrecondition, unsuitable(facts, target, wanted)),
        Refusal::TeamCycle => (
            ErrorKind::FailedPrecondition,
            format!("`{place}` belongs to `{target}`, or is it: take it out of there first"),
        ),
        Refusal::OwnerUnchanged => (ErrorKind::FailedPrecondition, format!("`{target}` owns `{place}` already")),
    };
    Error::new(kind, refusal.code(), message)
        .with("member", target.to_string())
        .with("operation", wanted.kind.name())
        .with("resource", place.to_string())
}

/// The actor may not act at all.
pub(crate) fn actor(call: &RequestContext, reason: Reason) -> Error {
    let why = match reason {
        Reason::MemberInvited => "has not accepted their invitation",
        Reason::MemberDeactivated => "is deactivated",
        Reason::MemberLocked => "is locked until somebody unlocks them",
        _ => "is no member of this tenant",
    };
    let message = format!("`{}` may not act: they are the actor, and the actor {why}", call.actor);
    Error::new(ErrorKind::PermissionDenied, Refusal::Actor(reason).code(), message)
        .with("actor", call.actor.to_string())
}

/// No rule lets this actor do this.
fn not_permitted(
    facts: &dyn Facts,
    call: &RequestContext,
    node: Node,
    target: &Subject,
    operation: MembershipWrite,
    rules: &[RuleLine],
) -> Error {
    let policy = facts.policy();
    let lets: Vec<String> = rules.iter().map(|rule| format!("`{}` (line {})", rule.by, rule.line)).collect();
    let remedy = if lets.is_empty() {
        format!("policy `{}` lets nobody do that", policy.name())
    } else {
        format!("policy `{}` lets {} do that", policy.name(), lets.join(" or "))
    };
    let (place, what) = (name_of(facts, node), described(facts, target, operation));
    let message = format!("`{}` may not {what} at `{place}`: {remedy}", call.actor);
    let by: Vec<&str> = rules.iter().map(|rule| rule.by.as_str()).collect();
    Error::new(ErrorKind::PermissionDenied, "NOT_PERMITTED", message)
        .with("actor", call.actor.to_string())
        .with("operation", operation.kind.name())
        .with("member", target.to_string())
        .with("resource", place.to_string())
        .with("policy", format!("{}@{}", policy.name(), policy.version()))
        .with("permitted_to", by.join(" ; "))
}

/// The member holds a role above that protects them.
fn protected(
    facts: &dyn Facts,
    call: &RequestContext,
    node: Node,
    target: &Subject,
    wanted: MembershipWrite,
    (role, at): (&str, Node),
) -> Error {
    let place = name_of(facts, node);
    let above = name_of(facts, at);
    let message = format!(
        "`{target}` holds `{role}` at `{above}`, which protects them from being invited, changed or removed at \
         `{place}`; change that role first"
    );
    Error::new(ErrorKind::PermissionDenied, "MEMBER_PROTECTED", message)
        .with("actor", call.actor.to_string())
        .with("operation", wanted.kind.name())
        .with("member", target.to_string())
        .with("resource", place.to_string())
        .with("protected_by", role)
        .with("protected_at", above.to_string())
}

/// The role would outlast what lets the actor give it.
fn outlasts(
    facts: &dyn Facts,
    call: &RequestContext,
    node: Node,
    target: &Subject,
    wanted: MembershipWrite,
    latest: Timestamp,
) -> Error {
    let (place, what) = (name_of(facts, node), described(facts, target, wanted));
    let latest = rfc3339(latest);
    let message = format!(
        "`{}` may not {what} at `{place}` for longer than until {latest}, when a role that lets them do so ends; give an \
         `expire_time` no later than that",
        call.actor
    );
    Error::new(ErrorKind::PermissionDenied, "OUTLASTS_GRANTER", message)
        .with("actor", call.actor.to_string())
        .with("operation", wanted.kind.name())
        .with("member", target.to_string())
        .with("resource", place.to_string())
        .with("latest_expire_time", latest)
}

/// An instant as people and programs read it: `2026-11-26T07:00:00Z`.
fn rfc3339(at: Timestamp) -> String {
    let micros = i32::try_from(at.0.rem_euclid(1_000_000)).unwrap_or_default();
    prost_types::Timestamp { seconds: at.0.div_euclid(1_000_000), nanos: micros * 1000 }.to_string()
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
    Error::new(ErrorKind::FailedPrecondition, "LAST_HOLDER", message)
        .with("member", target.to_string())
        .with("role", role_name)
        .with("resource", place.to_string())
        .with("at_least", role.at_least().to_string())
}

/// Why a write can't be done to a team, or to everybody.
fn unsuitable(facts: &dyn Facts, target: &Subject, wanted: MembershipWrite) -> String {
    let role = wanted.to.map(|to| facts.policy().qualified(facts.policy().role(to)));
    match role {
        Some(role) if facts.policy().is_team(target.as_ref()) => {
            format!("`{target}` is a team, and `{role}` is not a role `for_teams`")
        }
        Some(role) if wanted.kind == WriteKind::Publish => {
            format!("`{target}` is somebody, and to publish is to give `{role}` to everybody of a type: `user:*`")
        }
        _ => format!("`{target}` is not somebody whom one can {}; only roles are given and taken", wanted.kind.name()),
    }
}

/// A membership write in words.
fn described(facts: &dyn Facts, target: &Subject, operation: MembershipWrite) -> String {
    let role = |id: RoleId| facts.policy().role(id).name();
    let verb = operation.kind.name();
    match (operation.from, operation.to) {
        (Some(from), Some(to)) => format!("{verb} `{target}` from `{}` to `{}`", role(from), role(to)),
        (None, Some(to)) => format!("{verb} `{target}` as `{}`", role(to)),
        (Some(from), None) => format!("{verb} `{target}`, who is `{}`,", role(from)),
        (None, None) => format!("{verb} `{target}`"),
    }
}
