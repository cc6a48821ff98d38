//! The lists and look-ups of members.

use rollcall_engine::{MemberStatus, Moment, Subject};

use crate::{
    edge::grpc::{
        MAX_ENUMS,
        convert::{
            resource_key, resource_ref, store_consistency, subject, to_count, to_granted_by, to_member,
            to_resource_ref, to_subject, to_timestamp,
        },
        handler::CallContext,
    },
    proto::{self, get_member_request::Member as Named},
    service::{
        Consistency, Error, ListMembers, ListedMember, MemberAnswer, MemberRole, Result,
        input::Validator,
        ports::{MemberBy, MemberOrder},
    },
};

/// The most entries of a page, and how many it has when the request gives no page size.
pub(super) const PAGE: (u32, u32) = (1000, 100);
/// The most roles, and the most teams, that a list can be filtered by.
const MAX_NAMED: usize = 128;
/// The longest search text of a list, in bytes.
pub(super) const MAX_TEXT: usize = 200;

pub(super) fn list<'r>(
    validator: &mut Validator,
    request: &'r proto::ListMembersRequest,
) -> (ListMembers, Consistency<'r>) {
    validator.search_text("text", &request.text, MAX_TEXT);
    validator.max_entries("roles", request.roles.len(), MAX_NAMED);
    validator.max_entries("teams", request.teams.len(), MAX_NAMED);
    for (index, role) in request.roles.iter().enumerate().take(MAX_NAMED) {
        validator.name(&format!("roles[{index}]"), role);
    }
    for (index, team) in request.teams.iter().enumerate().take(MAX_NAMED) {
        validator.resource(&format!("teams[{index}]"), resource_ref(Some(team)));
    }
    if let Some(resource) = &request.resource {
        validator.resource("resource", resource_ref(Some(resource)));
    }
    let list = ListMembers {
        tenant: request.tenant.clone(),
        resource: request.resource.as_ref().map(|resource| resource_key(Some(resource))),
        roles: request.roles.clone(),
        teams: request.teams.iter().map(|team| resource_key(Some(team))).collect(),
        statuses: statuses(validator, &request.statuses),
        text: request.text.clone(),
        order: order(validator, request.order_by),
        limit: validator.page_size(request.page_size, PAGE.1, PAGE.0),
        page_token: request.page_token.clone(),
    };
    (list, store_consistency(validator, request.consistency.as_ref()))
}

pub(super) async fn list_members(
    context: CallContext<'_>,
    (list, consistency): (ListMembers, Consistency<'_>),
) -> Result<(proto::ListMembersResponse, Moment)> {
    let page = context.service.list_members(&list, consistency).await?;
    let response = proto::ListMembersResponse {
        members: page.members.into_iter().map(|listed| to_listed(context.tenant, listed)).collect(),
        next_page_token: page.next.unwrap_or_default(),
        ..Default::default()
    };
    Ok((response, page.moment))
}

/// A look-up of a member and a page of their roles.
pub(super) struct OneMember<'r> {
    by: By<'r>,
    consistency: Consistency<'r>,
    limit: u32,
    page_token: &'r str,
}

/// What a member is looked up by, in the form that is compared.
enum By<'r> {
    Subject(Subject),
    Email(String),
    Username(String),
    Phone(&'r str),
}

pub(super) fn one<'r>(validator: &mut Validator, request: &'r proto::GetMemberRequest) -> OneMember<'r> {
    let by = match &request.member {
        Some(Named::Subject(named)) => By::Subject(subject(validator, "subject", Some(named))),
        Some(Named::Email(text)) => By::Email(validator.email("email", text)),
        Some(Named::Username(text)) => By::Username(validator.username("username", text)),
        Some(Named::Phone(text)) => {
            validator.phone("phone", text);
            By::Phone(text)
        }
        None => {
            validator.required("member", "");
            By::Phone("")
        }
    };
    OneMember {
        by,
        consistency: store_consistency(validator, request.consistency.as_ref()),
        limit: validator.page_size(request.page_size, PAGE.1, PAGE.0),
        page_token: &request.page_token,
    }
}

pub(super) async fn get_member(
    context: CallContext<'_>,
    one: OneMember<'_>,
) -> Result<(proto::GetMemberResponse, Moment)> {
    let by = match &one.by {
        By::Subject(subject) => MemberBy::Subject(subject.as_ref()),
        By::Email(email) => MemberBy::Email(email),
        By::Username(username) => MemberBy::Username(username),
        By::Phone(phone) => MemberBy::Phone(phone),
    };
    let page = (one.limit, one.page_token);
    let found = context.service.member(context.tenant, by, one.consistency, page).await?;
    let answer = MemberAnswer { member: found.member, changed_at: found.changed_at };
    let response = proto::GetMemberResponse {
        member: Some(to_member(context.tenant, answer)),
        memberships: found.roles.into_iter().map(to_membership).collect(),
        next_page_token: found.next.unwrap_or_default(),
        ..Default::default()
    };
    Ok((response, found.moment))
}

fn to_membership(MemberRole { through, grant, granted_by }: MemberRole) -> proto::Membership {
    proto::Membership {
        role: format!("{}.{}", grant.resource.kind, grant.role),
        resource: Some(to_resource_ref(grant.resource)),
        through: through.map(to_subject),
        expire_time: grant.expires_at.map(to_timestamp),
        granted_by: granted_by.map(to_granted_by),
        ..Default::default()
    }
}

fn statuses(validator: &mut Validator, statuses: &[i32]) -> Vec<MemberStatus> {
    let read = |(index, status): (usize, &i32)| match proto::MemberStatus::try_from(*status) {
        Ok(proto::MemberStatus::Invited) => Some(MemberStatus::Invited),
        Ok(proto::MemberStatus::Active) => Some(MemberStatus::Active),
        Ok(proto::MemberStatus::Deactivated) => Some(MemberStatus::Deactivated),
        Ok(proto::MemberStatus::Unspecified) | Err(_) => {
            let description = format!(
                "`{status}` is no status; use MEMBER_STATUS_INVITED, MEMBER_STATUS_ACTIVE or MEMBER_STATUS_DEACTIVATED"
            );
            validator.add(Error::field("FIELD_INVALID", format!("statuses[{index}]"), description));
            None
        }
    };
    let mut found: Vec<MemberStatus> = statuses.iter().take(MAX_ENUMS).enumerate().filter_map(read).collect();
    validator.max_entries("statuses", statuses.len(), MAX_ENUMS);
    found.sort_unstable_by_key(|status| status.code());
    found.dedup();
    found
}

fn order(validator: &mut Validator, order: i32) -> MemberOrder {
    match proto::MemberOrder::try_from(order) {
        Ok(proto::MemberOrder::Unspecified | proto::MemberOrder::Name) => MemberOrder::Name,
        Ok(proto::MemberOrder::Email) => MemberOrder::Email,
        Ok(proto::MemberOrder::Role) => MemberOrder::Role,
        Ok(proto::MemberOrder::Status) => MemberOrder::Status,
        Err(_) => {
            let description = format!(
                "`{order}` is no order; use MEMBER_ORDER_NAME, MEMBER_ORDER_EMAIL, MEMBER_ORDER_ROLE or \
                 MEMBER_ORDER_STATUS"
            );
            validator.add(Error::field("FIELD_INVALID", "order_by", description));
            MemberOrder::Name
        }
    }
}

fn to_listed(tenant: &str, listed: ListedMember) -> proto::ListedMember {
    let answer = MemberAnswer { member: listed.record.member, changed_at: listed.record.changed_at };
    let total_memberships = to_count(listed.memberships.len());
    let memberships = listed.memberships.into_iter().take(ListedMember::MAX_MEMBERSHIPS);
    let memberships = memberships.map(|membership| proto::Membership {
        role: membership.role,
        resource: Some(to_resource_ref(membership.resource)),
        implied_by: membership.implied_by.unwrap_or_default(),
        through: membership.through.map(to_subject),
        expire_time: membership.expires_at.map(to_timestamp),
        granted_by: membership.granted_by.map(to_granted_by),
    });
    proto::ListedMember {
        member: Some(to_member(tenant, answer)),
        memberships: memberships.collect(),
        total_memberships,
    }
}
