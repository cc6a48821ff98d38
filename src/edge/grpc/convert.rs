//! Conversions between Protobuf messages and the types of the engine and the service. Functions that begin with `to_`
//! make messages; the others read them.

use rollcall_engine::{
    Explanation, FailedGrant, Grant, GrantedBy, Member, MemberStatus, Profile, Reason, Resource, ResourceKey,
    ResourceRef, Subject, SubjectRef, Timestamp, etag, kind,
};

use crate::{
    edge::error::cut,
    proto,
    service::{
        Consistency, Error, MemberAnswer, Refusal, ResourceAnswer,
        input::{Validator, not_about_the_past, unverified},
    },
};

/// The most parents that a request may state: as many as a policy has types.
pub(crate) const MAX_PARENTS: usize = 64;
/// The most effective roles of an explanation.
const MAX_EFFECTIVE: usize = 100;
/// The most bytes of the message of an item's error: 10,000 of them fit a message of 4 MiB.
const MAX_ITEM_MESSAGE: usize = 256;
/// The most roles that an answer lists beside their number.
pub(crate) const MAX_GRANTS: usize = 1000;

/// The subject that a message names, not validated: a user where the type is empty, and an empty id where there is no
/// message.
pub(crate) fn subject_ref(subject: Option<&proto::Subject>) -> SubjectRef<'_> {
    let (kind, id) = subject.map_or(("", ""), |subject| (&subject.r#type, &subject.id));
    SubjectRef { kind: if kind.is_empty() { kind::USER } else { kind }, id }
}

/// Reads a subject, whose parts are at `field.type` and `field.id`, in the form that is compared; mistakes are noted.
pub(crate) fn subject(validator: &mut Validator, field: &str, message: Option<&proto::Subject>) -> Subject {
    let read = subject_ref(message);
    Subject::new(read.kind, validator.subject(field, read))
}

pub(crate) fn resource_ref(resource: Option<&proto::ResourceRef>) -> ResourceRef<'_> {
    resource
        .map_or(ResourceRef { kind: "", id: "" }, |resource| ResourceRef { kind: &resource.r#type, id: &resource.id })
}

pub(crate) fn resource_key(resource: Option<&proto::ResourceRef>) -> ResourceKey {
    resource_ref(resource).to_key()
}

/// How fresh an answer must be. What is no choice, an empty token or `false`, is noted as a mistake.
pub(crate) fn consistency<'a>(
    validator: &mut Validator,
    consistency: Option<&'a proto::Consistency>,
) -> Consistency<'a> {
    use proto::consistency::Requirement;
    let mut chosen = |field: &str, is_chosen: bool| {
        if !is_chosen {
            let description = "is `false`, which chooses nothing; set it to true, or leave it out";
            validator.add(Error::field("FIELD_INVALID", format!("consistency.{field}"), description));
        }
    };
    match consistency.and_then(|consistency| consistency.requirement.as_ref()) {
        Some(Requirement::AtLeastAsFresh(token)) => {
            validator.required("consistency.at_least_as_fresh", token);
            Consistency::AtLeastAsFresh(token)
        }
        Some(Requirement::AtExactSnapshot(token)) => {
            validator.required("consistency.at_exact_snapshot", token);
            Consistency::AtExactSnapshot(token)
        }
        Some(Requirement::FullyConsistent(is_chosen)) => {
            chosen("fully_consistent", *is_chosen);
            Consistency::FullyConsistent
        }
        Some(Requirement::MinimizeLatency(is_chosen)) => {
            chosen("minimize_latency", *is_chosen);
            Consistency::MinimizeLatency
        }
        None => Consistency::MinimizeLatency,
    }
}

/// The consistency of a read of the store, which is never about the past. A mistake is noted.
pub(crate) fn store_consistency<'a>(
    validator: &mut Validator,
    message: Option<&'a proto::Consistency>,
) -> Consistency<'a> {
    let read = consistency(validator, message);
    if matches!(read, Consistency::AtExactSnapshot(_)) {
        validator.add(not_about_the_past());
    }
    read
}

/// Reads a profile, whose parts are below `field`, and whether its email is verified. Mistakes are noted.
pub(crate) fn profile(validator: &mut Validator, field: &str, profile: Option<&proto::Profile>) -> (Profile, bool) {
    let profile = profile.cloned().unwrap_or_default();
    validator.not_supported(&format!("{field}.emails[1]"), profile.emails.len() > 1);
    let verified = profile.emails.first().is_some_and(|address| address.verified);
    let address = profile.emails.into_iter().next();
    if address.as_ref().is_some_and(|address| address.email.is_empty()) {
        validator.required(&format!("{field}.emails[0].email"), "");
    }
    let read = Profile {
        display_name: profile.display_name,
        email: address.map(|address| address.email),
        username: Some(profile.username),
        phone: Some(profile.phone),
    };
    (validator.profile(field, read), verified)
}

/// As [`profile`], of which the email must be verified.
pub(crate) fn verified_profile(validator: &mut Validator, field: &str, message: Option<&proto::Profile>) -> Profile {
    let (profile, verified) = profile(validator, field, message);
    if profile.email.is_some() && !verified {
        validator.add(unverified(&format!("{field}.emails[0]")));
    }
    profile
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

pub(crate) fn to_grant(grant: Grant) -> proto::Grant {
    proto::Grant {
        resource: Some(to_resource_ref(grant.resource)),
        role: grant.role,
        expire_time: grant.expires_at.map(to_timestamp),
        granted_by: None,
    }
}

pub(crate) fn to_failed_grant(FailedGrant { resource, role, reason }: FailedGrant) -> proto::FailedGrant {
    proto::FailedGrant { resource: Some(to_resource_ref(resource)), role, reason: to_error_reason(&reason).into() }
}

pub(crate) fn to_granted_by(GrantedBy { subject, rule, at }: GrantedBy) -> proto::GrantedBy {
    proto::GrantedBy { subject: Some(to_subject(subject)), rule, time: Some(to_timestamp(at)) }
}

/// The first 1,000 grants.
pub(crate) fn to_grants(grants: Vec<Grant>) -> Vec<proto::Grant> {
    grants.into_iter().take(MAX_GRANTS).map(to_grant).collect()
}

/// How many there are of something, as the contract counts.
pub(crate) fn to_count(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

pub(crate) fn to_refusal(refusal: Refusal) -> proto::Refusal {
    proto::Refusal {
        field: refusal.field,
        reason: to_error_reason(refusal.reason).into(),
        message: refusal.message,
        metadata: refusal.metadata.into_iter().map(|(key, value)| (key.to_owned(), value)).collect(),
    }
}

/// Why an item of a batch could not be decided: what its error says, cut to 256 bytes.
pub(crate) fn to_check_error(error: &Error) -> proto::CheckError {
    let field = error.violations.first().map_or(String::new(), |violation| violation.field.clone());
    let message = cut(&error.message, MAX_ITEM_MESSAGE).into_owned();
    proto::CheckError { reason: to_error_reason(error.reason).into(), field, message }
}

fn to_error_reason(reason: &str) -> proto::ErrorReason {
    proto::ErrorReason::from_str_name(reason).unwrap_or_default()
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
    let etag = etag(tenant, answer.changed_at);
    proto::Resource { etag, ..to_past_resource(answer.resource) }
}

/// A resource as the log recorded it, without an etag.
pub(crate) fn to_past_resource(resource: Resource) -> proto::Resource {
    proto::Resource {
        key: Some(to_resource_ref(resource.key)),
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
    let etag = etag(tenant, answer.changed_at);
    proto::Member { etag, ..to_past_member(answer.member) }
}

/// A member as the log recorded them, without an etag.
pub(crate) fn to_past_member(member: Member) -> proto::Member {
    let verified = member.status != MemberStatus::Invited;
    proto::Member {
        subject: Some(to_subject(member.subject)),
        profile: Some(proto::Profile {
            display_name: member.profile.display_name,
            // Whoever is invited has not shown yet that the address is theirs.
            emails: member.profile.email.map(|email| proto::EmailAddress { email, verified }).into_iter().collect(),
            username: member.profile.username.unwrap_or_default(),
            phone: member.profile.phone.unwrap_or_default(),
        }),
        status: to_status(member.status).into(),
        locked: member.locked,
        etag: String::new(),
        create_time: Some(to_timestamp(member.created_at)),
    }
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
    let effective_roles = explanation.held_roles.into_iter().take(MAX_EFFECTIVE).map(|role| proto::EffectiveRole {
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
        effective_roles: effective_roles.collect(),
        ways_in: ways_in.collect(),
    }
}
