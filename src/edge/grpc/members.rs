//! What the writes of members and their roles read of their messages, and answer.

use rollcall_engine::{Subject, kind};

use crate::{
    edge::grpc::{
        MAX_OPAQUE,
        convert::{
            MAX_GRANTS, expiry, grant, profile, resource_key, subject, subject_ref, to_count, to_failed_grant,
            to_grants, to_member,
        },
        invitation::to_invitation,
    },
    proto,
    service::{
        AcceptInvitation, AcceptedInvitation, ChangeRole, ChangeRoles, ChangedRole, ChangedRoles, Error, Hidden,
        Invite, InviteResults, Invitee, InviteeResult, MemberAnswer, RemoveMember, RemovedMember, UpdateMember, Who,
        input::Validator,
    },
};

/// The most invitees of one `Invite`, the most grants of one of them, and the most changes of one `BatchChangeRole`.
const MAX_INVITEES: usize = 100;
/// The most grants of one `Invite`, of all invitees.
const MAX_INVITED_GRANTS: usize = 1000;
pub(super) fn invite(validator: &mut Validator, request: &proto::InviteRequest) -> Invite {
    validator.entry_count("invitees", request.invitees.len(), MAX_INVITEES);
    let total: usize = request.invitees.iter().map(|invitee| invitee.grants.len()).sum();
    validator.total("invitees", total, MAX_INVITED_GRANTS);
    let invitees = request.invitees.iter().take(MAX_INVITEES).enumerate();
    Invite { invitees: invitees.map(|(index, invitee)| to_invitee(validator, index, invitee)).collect() }
}

pub(super) fn invited(tenant: &str, answer: InviteResults) -> proto::InviteResponse {
    let results = answer.results.into_iter().map(|result| to_invite_result(tenant, result)).collect();
    proto::InviteResponse { results, ..Default::default() }
}

pub(super) fn accept(validator: &mut Validator, request: &proto::AcceptInvitationRequest) -> AcceptInvitation {
    validator.person_type("actor", subject_ref(request.actor.as_ref()));
    if validator.required("invitation_token", &request.invitation_token) {
        validator.max_bytes("invitation_token", &request.invitation_token, MAX_OPAQUE);
    }
    let (profile, verified) = profile(validator, "profile", request.profile.as_ref());
    if profile.email.is_none() {
        validator.required("profile.emails", "");
    } else if !verified {
        let description = "is false; whoever accepts has shown that the address is theirs: verify it, and send true";
        validator.add(Error::field("FIELD_INVALID", "profile.emails[0].verified", description));
    }
    AcceptInvitation { token: Hidden::new(request.invitation_token.clone()), profile }
}

pub(super) fn accepted(tenant: &str, answer: AcceptedInvitation) -> proto::AcceptInvitationResponse {
    proto::AcceptInvitationResponse {
        member: Some(to_member(tenant, answer.member)),
        total_grants: to_count(answer.grants.len()),
        grants: to_grants(answer.grants),
        failed_grants: answer.failed.into_iter().take(MAX_GRANTS).map(to_failed_grant).collect(),
        ..Default::default()
    }
}

pub(super) fn change_role(validator: &mut Validator, request: &proto::ChangeRoleRequest) -> ChangeRole {
    let member = existing(validator, "", request.member.as_ref(), &request.etag);
    let resource = resource_key(request.resource.as_ref());
    validator.resource("resource", resource.as_ref());
    validator.name("role", &request.role);
    validator.max_bytes("from_role", &request.from_role, MAX_OPAQUE);
    let expires_at = expiry(validator, "expire_time", request.expire_time);
    let (from, role) = (request.from_role.clone(), request.role.clone());
    ChangeRole { member, resource, from, role, expires_at, etag: request.etag.clone() }
}

pub(super) fn changed_role(tenant: &str, answer: ChangedRole) -> proto::ChangeRoleResponse {
    proto::ChangeRoleResponse {
        member: Some(to_member(tenant, answer.member)),
        previous_role: answer.previous_role,
        ..Default::default()
    }
}

pub(super) fn change_roles(validator: &mut Validator, request: &proto::BatchChangeRoleRequest) -> ChangeRoles {
    validator.entry_count("changes", request.changes.len(), MAX_INVITEES);
    let changes = request.changes.iter().take(MAX_INVITEES).enumerate();
    ChangeRoles { changes: changes.map(|(index, change)| to_role_change(validator, index, change)).collect() }
}

pub(super) fn changed_roles(tenant: &str, answer: ChangedRoles) -> proto::BatchChangeRoleResponse {
    let results = answer.results.into_iter().map(|result| proto::RoleExchanged {
        member: Some(to_member(tenant, result.member)),
        previous_role: result.previous_role,
    });
    proto::BatchChangeRoleResponse { results: results.collect(), ..Default::default() }
}

pub(super) fn remove(validator: &mut Validator, request: &proto::RemoveMemberRequest) -> RemoveMember {
    let member = existing(validator, "", request.member.as_ref(), &request.etag);
    let resource = resource_key(request.resource.as_ref());
    validator.resource("resource", resource.as_ref());
    validator.max_bytes("role", &request.role, MAX_OPAQUE);
    let (role, etag) = (request.role.clone(), request.etag.clone());
    RemoveMember { member, resource, role, etag, revoked: Vec::new() }
}

pub(super) fn removed(_tenant: &str, answer: RemovedMember) -> proto::RemoveMemberResponse {
    proto::RemoveMemberResponse {
        total_revoked: to_count(answer.revoked.len()),
        revoked: to_grants(answer.revoked),
        ..Default::default()
    }
}

pub(super) fn update(validator: &mut Validator, request: &proto::UpdateMemberRequest) -> UpdateMember {
    let member = existing(validator, "", request.member.as_ref(), &request.etag);
    if request.profile.is_none() {
        // A forgotten profile must not clear the one that is there.
        validator.required("profile", "");
    }
    let (profile, is_email_verified) = profile(validator, "profile", request.profile.as_ref());
    UpdateMember { member, profile, is_email_verified, etag: request.etag.clone() }
}

pub(super) fn updated(tenant: &str, answer: MemberAnswer) -> proto::UpdateMemberResponse {
    proto::UpdateMemberResponse { member: Some(to_member(tenant, answer)), ..Default::default() }
}

/// Reads the member that a write is about, and validates the etag. `prefix` is put before the paths of both fields:
/// empty, or the path of a list's item with a dot.
pub(super) fn existing(
    validator: &mut Validator,
    prefix: &str,
    member: Option<&proto::Subject>,
    etag: &str,
) -> Subject {
    validator.max_bytes(&format!("{prefix}etag"), etag, MAX_OPAQUE);
    subject(validator, &format!("{prefix}member"), member)
}

fn to_role_change(validator: &mut Validator, index: usize, change: &proto::RoleExchange) -> ChangeRole {
    let field = format!("changes[{index}]");
    let member = existing(validator, &format!("{field}."), change.member.as_ref(), &change.etag);
    let resource = resource_key(change.resource.as_ref());
    validator.resource(&format!("{field}.resource"), resource.as_ref());
    validator.name(&format!("{field}.role"), &change.role);
    validator.max_bytes(&format!("{field}.from_role"), &change.from_role, MAX_OPAQUE);
    let expires_at = expiry(validator, &format!("{field}.expire_time"), change.expire_time);
    let (from, role, etag) = (change.from_role.clone(), change.role.clone(), change.etag.clone());
    ChangeRole { member, resource, from, role, expires_at, etag }
}

fn to_invitee(validator: &mut Validator, index: usize, invitee: &proto::Invitee) -> Invitee {
    use proto::invitee::Who as Named;
    let field = format!("invitees[{index}]");
    validator.display_name(&format!("{field}.display_name"), &invitee.display_name);
    let who = match &invitee.who {
        Some(Named::Email(email)) => Who::Email(validator.email(&format!("{field}.email"), email)),
        Some(Named::Subject(named)) if named.r#type == kind::EMAIL => {
            Who::Email(subject(validator, &format!("{field}.subject"), Some(named)).id)
        }
        Some(Named::Subject(named)) => {
            Who::Member(validator.person(&format!("{field}.subject"), subject_ref(Some(named))))
        }
        None => {
            validator.required(&format!("{field}.who"), "");
            Who::Email(String::new())
        }
    };
    validator.entry_count(&format!("{field}.grants"), invitee.grants.len(), MAX_INVITEES);
    let grants = invitee.grants.iter().take(MAX_INVITEES).enumerate();
    let grants = grants.map(|(at, message)| grant(validator, &format!("{field}.grants[{at}]"), message)).collect();
    validator.not_supported(&format!("{field}.lifetime"), invitee.lifetime.is_some());
    validator.not_supported(&format!("{field}.locale"), !invitee.locale.is_empty());
    validator.not_supported(&format!("{field}.message"), !invitee.message.is_empty());
    Invitee { who, display_name: invitee.display_name.clone(), grants }
}

fn to_invite_result(tenant: &str, result: InviteeResult) -> proto::InviteResult {
    let invited = result.issued.is_some();
    let outcome = if invited { proto::InviteOutcome::Invited } else { proto::InviteOutcome::Added };
    let token = result.issued.as_ref().map_or(String::new(), |issued| issued.token.expose().clone());
    proto::InviteResult {
        outcome: outcome.into(),
        member: Some(to_member(tenant, result.member)),
        grants: to_grants(result.grants),
        invitation: result.issued.map(|issued| to_invitation(tenant, issued.invitation)),
        invitation_token: token,
    }
}
