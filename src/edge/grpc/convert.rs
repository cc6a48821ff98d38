//! Conversions between Protobuf messages and the types of the engine and the service. Functions that begin with `to_`
//! make messages; the others read them.

use rollcall_engine::{
    Explanation, Grant, Member, MemberStatus, Profile, Reason, Resource, ResourceKey, ResourceRef, Revision,
    StatedFacts, Subject, SubjectRef, Timestamp, Token, kind,
};

use crate::{
    edge::grpc::{caller::CallerContext, write_request::WriteRequest},
    proto,
    service::{Caller, Consistency, IdempotencyKey, MemberAnswer, RequestContext, ResourceAnswer, input::Validator},
};

/// The subject that a message names, not validated: a user where the type is empty, and an empty id where there is no
/// message.
pub(crate) fn subject_ref(subject: Option<&proto::Subject>) -> SubjectRef<'_> {
    let (kind, id) = subject.map_or(("", ""), |subject| (&subject.r#type, &subject.id));
    SubjectRef { kind: if kind.is_empty() { kind::USER } else { kind }, id }
}

pub(crate) fn subject(subject: Option<&proto::Subject>) -> Subject {
    subject_ref(subject).to_subject()
}

pub(crate) fn resource_ref(resource: Option<&proto::ResourceRef>) -> ResourceRef<'_> {
    resource
        .map_or(ResourceRef { kind: "", id: "" }, |resource| ResourceRef { kind: &resource.r#type, id: &resource.id })
}

pub(crate) fn resource_key(resource: Option<&proto::ResourceRef>) -> ResourceKey {
    resource_ref(resource).to_key()
}

pub(crate) fn stated(stated: Option<&proto::StatedFacts>) -> StatedFacts<'_> {
    stated.map_or(StatedFacts::default(), |stated| StatedFacts {
        parent: stated.parent.as_ref().map(|parent| resource_ref(Some(parent))),
        owner: stated.owner.as_ref().map(|owner| subject_ref(Some(owner))),
    })
}

pub(crate) fn consistency(consistency: Option<&proto::Consistency>) -> Consistency<'_> {
    use proto::consistency::Requirement;
    match consistency.and_then(|consistency| consistency.requirement.as_ref()) {
        Some(Requirement::AtLeastAsFresh(token)) => Consistency::AtLeastAsFresh(token),
        Some(Requirement::AtExactSnapshot(token)) => Consistency::AtExactSnapshot(token),
        Some(Requirement::FullyConsistent(true)) => Consistency::FullyConsistent,
        Some(Requirement::FullyConsistent(false) | Requirement::MinimizeLatency(_)) | None => {
            Consistency::MinimizeLatency
        }
    }
}

/// The context of a write, from the fields that every write has; their mistakes are noted. A retry under the same
/// `request_id` must have the same method and body.
pub(super) fn request_context<R: WriteRequest>(
    validator: &mut Validator,
    caller: CallerContext<'_>,
    request: &R,
) -> RequestContext {
    let (actor, request_id) = (subject(request.actor()), request.request_id());
    validator.tenant(request.tenant());
    validator.subject("actor", actor.as_ref());
    validator.request_id(request_id);
    let key = || IdempotencyKey::new(request_id.to_owned(), R::METHOD, &request.encode_to_vec());
    RequestContext {
        tenant: request.tenant().to_owned(),
        actor,
        caller: Caller::clone(&caller),
        trace_id: caller.trace_id(),
        idempotency_key: (!request_id.is_empty()).then(key),
        validate_only: request.validate_only(),
    }
}

pub(crate) fn profile(profile: Option<&proto::Profile>) -> Profile {
    let profile = profile.cloned().unwrap_or_default();
    Profile {
        display_name: profile.display_name,
        email: Some(profile.email),
        username: Some(profile.username),
        phone: Some(profile.phone),
    }
}

/// Reads a role to be granted. Mistakes are noted with paths below `field`.
pub(crate) fn grant(validator: &mut Validator, field: &str, grant: &proto::RoleGrant) -> Grant {
    let expires_at = expiry(validator, &format!("{field}.expire_time"), grant.expire_time);
    let grant = Grant { resource: resource_key(grant.resource.as_ref()), role: grant.role.clone(), expires_at };
    validator.grant(field, &grant);
    grant
}

/// Reads an expiry; `None` where the field is not set. A mistake is noted with the path `field`.
pub(crate) fn expiry(validator: &mut Validator, field: &str, at: Option<prost_types::Timestamp>) -> Option<Timestamp> {
    at.map(|at| timestamp(validator, field, &at))
}

pub(crate) fn to_subject(subject: Subject) -> proto::Subject {
    proto::Subject { r#type: subject.kind, id: subject.id }
}

pub(crate) fn to_resource_ref(key: ResourceKey) -> proto::ResourceRef {
    proto::ResourceRef { r#type: key.kind, id: key.id }
}

pub(crate) fn to_grant(grant: Grant) -> proto::RoleGrant {
    proto::RoleGrant {
        resource: Some(to_resource_ref(grant.resource)),
        role: grant.role,
        expire_time: grant.expires_at.map(to_timestamp),
    }
}

pub(crate) fn to_grants(grants: Vec<Grant>) -> Vec<proto::RoleGrant> {
    grants.into_iter().map(to_grant).collect()
}

pub(crate) fn to_timestamp(at: Timestamp) -> prost_types::Timestamp {
    let nanos = i32::try_from(at.0.rem_euclid(1_000_000) * 1000).unwrap_or_default();
    prost_types::Timestamp { seconds: at.0.div_euclid(1_000_000), nanos }
}

/// Reads an instant, rounded up to the microsecond. A mistake is noted with the path `field`.
pub(crate) fn timestamp(validator: &mut Validator, field: &str, at: &prost_types::Timestamp) -> Timestamp {
    validator.timestamp(field, at.seconds, at.nanos)
}

/// A resource with the etag of the revision that last changed it.
pub(crate) fn to_resource(tenant: &str, answer: ResourceAnswer) -> proto::Resource {
    let etag = Token::encode(tenant, answer.changed_at);
    proto::Resource { etag, ..to_past_resource(answer.resource) }
}

/// A resource as the log recorded it, without an etag.
pub(crate) fn to_past_resource(resource: Resource) -> proto::Resource {
    proto::Resource {
        r#ref: Some(to_resource_ref(resource.key)),
        parent: resource.parent.map(to_resource_ref),
        owner: resource.owner.map(to_subject),
        display_name: resource.display_name,
        create_time: Some(to_timestamp(resource.created_at)),
        archived: resource.archived,
        etag: String::new(),
    }
}

/// A member with the etag of the revision that last changed them.
pub(crate) fn to_member(tenant: &str, answer: MemberAnswer) -> proto::Member {
    let etag = Token::encode(tenant, answer.changed_at);
    proto::Member { etag, ..to_past_member(answer.member) }
}

/// A member as the log recorded them, without an etag.
pub(crate) fn to_past_member(member: Member) -> proto::Member {
    proto::Member {
        subject: Some(to_subject(member.subject)),
        profile: Some(proto::Profile {
            display_name: member.profile.display_name,
            email: member.profile.email.unwrap_or_default(),
            username: member.profile.username.unwrap_or_default(),
            phone: member.profile.phone.unwrap_or_default(),
        }),
        status: to_status(member.status).into(),
        locked: member.locked,
        etag: String::new(),
        create_time: Some(to_timestamp(member.created_at)),
    }
}

pub(crate) fn to_token(tenant: &str, revision: Revision) -> String {
    Token::encode(tenant, revision)
}

fn to_status(status: MemberStatus) -> proto::MemberStatus {
    match status {
        MemberStatus::Invited => proto::MemberStatus::Invited,
        MemberStatus::Active => proto::MemberStatus::Active,
        MemberStatus::Deactivated => proto::MemberStatus::Deactivated,
    }
}

pub(crate) fn to_reason(reason: Reason) -> proto::Reason {
    match reason {
        Reason::GrantedByRole => proto::Reason::GrantedByRole,
        Reason::GrantedByRelation => proto::Reason::GrantedByRelation,
        Reason::GrantedToAnyone => proto::Reason::GrantedToAnyone,
        Reason::GrantedToOperator => proto::Reason::GrantedToOperator,
        Reason::NotAMember => proto::Reason::NotAMember,
        Reason::MemberInvited => proto::Reason::MemberInvited,
        Reason::MemberDeactivated => proto::Reason::MemberDeactivated,
        Reason::MemberLocked => proto::Reason::MemberLocked,
        Reason::ResourceNotFound => proto::Reason::ResourceNotFound,
        Reason::ResourceArchived => proto::Reason::ResourceArchived,
        Reason::NotGranted => proto::Reason::NotGranted,
        Reason::Excluded => proto::Reason::Excluded,
    }
}

pub(crate) fn to_explanation(explanation: Explanation) -> proto::Explanation {
    let line = proto::PolicyLine {
        policy: explanation.policy,
        version: explanation.version,
        line: explanation.line,
        rule: explanation.rule,
    };
    let effective_roles = explanation.held_roles.into_iter().map(|role| proto::HeldRole {
        role: role.role,
        implied_by: role.implied_by.unwrap_or_default(),
        resource: Some(to_resource_ref(role.at)),
        decisive: role.decisive,
        through: role.through.map(to_subject),
    });
    let ways_in = explanation.ways_in.into_iter().map(|way_in| proto::WayIn {
        role: way_in.role,
        resource: Some(to_resource_ref(way_in.at)),
        given_by: way_in.given_by,
    });
    proto::Explanation {
        summary: explanation.summary,
        policy_line: Some(line),
        held: effective_roles.collect(),
        ways_in: ways_in.collect(),
    }
}
