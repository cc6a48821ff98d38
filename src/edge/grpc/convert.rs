//! Between the wire's messages and the service's own words.

use prost::Message;
use rollcall_engine::{
    Explanation, Grant, Member, MemberStatus, Profile, Reason, Resource, ResourceKey, ResourceRef, Revision, Stated,
    Subject, SubjectRef, Timestamp, Token, kind,
};

use crate::{
    edge::grpc::caller::CallerContext,
    proto,
    service::{Caller, Consistency, IdempotencyKey, MemberAnswer, RequestContext, ResourceAnswer, input::Validator},
};

/// Who a message names; a person where it gives no type.
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

pub(crate) fn stated(stated: Option<&proto::StatedFacts>) -> Stated<'_> {
    stated.map_or(Stated::default(), |stated| Stated {
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

/// What every write carries, checked; `body` is the request itself.
pub(crate) fn call(
    checked: &mut Validator,
    sender: CallerContext<'_>,
    (tenant, actor, request_id, validate_only): (&str, Option<&proto::Subject>, &str, bool),
    method: &str,
    body: &impl Message,
) -> RequestContext {
    let actor = subject(actor);
    checked.tenant(tenant);
    checked.subject("actor", actor.as_ref());
    checked.request_id(request_id);
    let request =
        (!request_id.is_empty()).then(|| IdempotencyKey::new(request_id.to_owned(), method, &body.encode_to_vec()));
    let (caller, trace_id) = (Caller::clone(&sender), sender.trace_id());
    RequestContext { tenant: tenant.to_owned(), actor, caller, trace_id, idempotency_key: request, validate_only }
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

/// A role to be given, whose parts lie below `field`.
pub(crate) fn grant(checked: &mut Validator, field: &str, grant: &proto::RoleGrant) -> Grant {
    let expires_at = expiry(checked, &format!("{field}.expire_time"), grant.expire_time);
    let grant = Grant { resource: resource_key(grant.resource.as_ref()), role: grant.role.clone(), expires_at };
    checked.grant(field, &grant);
    grant
}

/// When something is to end, if it is.
pub(crate) fn expiry(checked: &mut Validator, field: &str, at: Option<prost_types::Timestamp>) -> Option<Timestamp> {
    at.map(|at| timestamp(checked, field, &at))
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

/// The instant that a message names, to the microsecond above. A mistake is noted of `field`.
pub(crate) fn timestamp(checked: &mut Validator, field: &str, at: &prost_types::Timestamp) -> Timestamp {
    checked.timestamp(field, at.seconds, at.nanos)
}

/// A resource with the etag of the revision that last changed it.
pub(crate) fn to_resource(tenant: &str, answer: ResourceAnswer) -> proto::Resource {
    let etag = Token::encode(tenant, answer.changed_at);
    proto::Resource { etag, ..to_past_resource(answer.resource) }
}

/// A resource as the log has it, without an etag.
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

/// A member as they were once, without an etag.
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
    let held = explanation.held.into_iter().map(|held| proto::HeldRole {
        role: held.role,
        implied_by: held.implied_by.unwrap_or_default(),
        resource: Some(to_resource_ref(held.at)),
        decisive: held.decisive,
        through: held.through.map(to_subject),
    });
    let ways_in = explanation.ways_in.into_iter().map(|way| proto::WayIn {
        role: way.role,
        resource: Some(to_resource_ref(way.at)),
        given_by: way.given_by,
    });
    proto::Explanation {
        summary: explanation.summary,
        policy_line: Some(line),
        held: held.collect(),
        ways_in: ways_in.collect(),
    }
}
