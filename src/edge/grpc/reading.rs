//! The methods of `MembershipService` that list and look up members.

use rollcall_engine::{Grant, MemberStatus, Subject, SubjectRef, kind};
use tonic::{Request, Response, Status};

use crate::{
    edge::grpc::{
        Handler, MAX_ENUMS,
        convert::{
            resource_key, resource_ref, subject_ref, to_grants, to_member, to_resource_ref, to_subject, to_timestamp,
            to_token,
        },
    },
    proto::{self, get_member_request::Member as Named},
    service::{
        Error, ListMembers, ListedMember, MemberAnswer,
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

impl Handler {
    pub(super) async fn list_members_page(
        &self,
        request: &Request<proto::ListMembersRequest>,
    ) -> Result<Response<proto::ListMembersResponse>, Status> {
        self.callers.identify(request.metadata())?;
        let request = request.get_ref();
        let mut validator = Validator::default();
        validator.tenant(&request.tenant);
        validator.max_bytes("text", &request.text, MAX_TEXT);
        for (field, count) in [("roles", request.roles.len()), ("teams", request.teams.len())] {
            if count > MAX_NAMED {
                validator.entry_count(field, count, MAX_NAMED);
            }
        }
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
            statuses: statuses(&mut validator, &request.statuses),
            text: request.text.clone(),
            order: order(&mut validator, request.order_by),
            limit: validator.page_size(request.page_size, PAGE.1, PAGE.0),
            page_token: request.page_token.clone(),
        };
        validator.finish()?;
        let page = self.service.list_members(&list).await?;
        Ok(Response::new(proto::ListMembersResponse {
            members: page.members.into_iter().map(|listed| to_listed(&request.tenant, listed)).collect(),
            next_page_token: page.next.unwrap_or_default(),
            token: to_token(&request.tenant, page.revision),
        }))
    }

    pub(super) async fn one_member(
        &self,
        request: &Request<proto::GetMemberRequest>,
    ) -> Result<Response<proto::GetMemberResponse>, Status> {
        self.callers.identify(request.metadata())?;
        let request = request.get_ref();
        let mut validator = Validator::default();
        validator.tenant(&request.tenant);
        let normalised;
        let by = match &request.member {
            Some(Named::Subject(subject)) if subject.r#type == kind::EMAIL => {
                normalised = validator.email("subject.id", &subject.id);
                MemberBy::Subject(SubjectRef { kind: kind::EMAIL, id: &normalised })
            }
            Some(Named::Subject(subject)) => {
                let subject = subject_ref(Some(subject));
                validator.subject("subject", subject);
                MemberBy::Subject(subject)
            }
            Some(Named::Email(text)) => {
                normalised = validator.email("email", text);
                MemberBy::Email(&normalised)
            }
            Some(Named::Username(text)) => {
                validator.name("username", text);
                normalised = text.to_lowercase();
                MemberBy::Username(&normalised)
            }
            Some(Named::Phone(text)) => {
                validator.name("phone", text);
                MemberBy::Phone(text)
            }
            None => {
                validator.required("member", "");
                MemberBy::Email("")
            }
        };
        validator.finish()?;
        let found = self.service.member(&request.tenant, by).await?;
        let answer = MemberAnswer { member: found.record.member, changed_at: found.record.changed_at };
        Ok(Response::new(proto::GetMemberResponse {
            member: Some(to_member(&request.tenant, answer)),
            grants: to_grants(found.record.grants),
            through_teams: found.through.into_iter().map(|(team, grant)| to_membership(team, grant)).collect(),
            token: to_token(&request.tenant, found.revision),
        }))
    }
}

/// A role that a member has through a team.
fn to_membership(team: Subject, grant: Grant) -> proto::Membership {
    proto::Membership {
        role: format!("{}.{}", grant.resource.kind, grant.role),
        resource: Some(to_resource_ref(grant.resource)),
        implied_by: String::new(),
        through: Some(to_subject(team)),
        expire_time: grant.expires_at.map(to_timestamp),
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
    let memberships = listed.memberships.into_iter().map(|membership| proto::Membership {
        role: membership.role,
        resource: Some(to_resource_ref(membership.resource)),
        implied_by: membership.implied_by.unwrap_or_default(),
        through: membership.through.map(to_subject),
        expire_time: membership.expires_at.map(to_timestamp),
    });
    proto::ListedMember { member: Some(to_member(tenant, answer)), memberships: memberships.collect() }
}
