//! Lists and look-ups of members.

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

/// How many entries a page has at most, and when the request does not say.
pub(super) const PAGE: (u32, u32) = (1000, 100);
/// The most roles, and the most teams, that a list can be filtered by.
const MAX_NAMED: usize = 128;
/// The longest text that a list can be searched for, in bytes.
pub(super) const MAX_TEXT: usize = 200;

impl Handler {
    pub(super) async fn list_members_page(
        &self,
        request: &Request<proto::ListMembersRequest>,
    ) -> Result<Response<proto::ListMembersResponse>, Status> {
        self.callers.identify(request.metadata())?;
        let asked = request.get_ref();
        let mut checked = Validator::default();
        checked.tenant(&asked.tenant);
        checked.at_most("text", &asked.text, MAX_TEXT);
        for (field, count) in [("roles", asked.roles.len()), ("teams", asked.teams.len())] {
            if count > MAX_NAMED {
                checked.count(field, count, MAX_NAMED);
            }
        }
        for (index, role) in asked.roles.iter().enumerate().take(MAX_NAMED) {
            checked.name(&format!("roles[{index}]"), role);
        }
        for (index, team) in asked.teams.iter().enumerate().take(MAX_NAMED) {
            checked.resource(&format!("teams[{index}]"), resource_ref(Some(team)));
        }
        if let Some(resource) = &asked.resource {
            checked.resource("resource", resource_ref(Some(resource)));
        }
        let list = ListMembers {
            tenant: asked.tenant.clone(),
            resource: asked.resource.as_ref().map(|resource| resource_key(Some(resource))),
            roles: asked.roles.clone(),
            teams: asked.teams.iter().map(|team| resource_key(Some(team))).collect(),
            statuses: statuses(&mut checked, &asked.statuses),
            text: asked.text.clone(),
            order: order(&mut checked, asked.order_by),
            limit: checked.page_size(asked.page_size, PAGE.1, PAGE.0),
            page_token: asked.page_token.clone(),
        };
        checked.finish()?;
        let page = self.service.list_members(&list).await?;
        Ok(Response::new(proto::ListMembersResponse {
            members: page.members.into_iter().map(|listed| to_listed(&asked.tenant, listed)).collect(),
            next_page_token: page.next.unwrap_or_default(),
            token: to_token(&asked.tenant, page.revision),
        }))
    }

    pub(super) async fn one_member(
        &self,
        request: &Request<proto::GetMemberRequest>,
    ) -> Result<Response<proto::GetMemberResponse>, Status> {
        self.callers.identify(request.metadata())?;
        let asked = request.get_ref();
        let mut checked = Validator::default();
        checked.tenant(&asked.tenant);
        let normalised;
        let by = match &asked.member {
            Some(Named::Subject(subject)) if subject.r#type == kind::EMAIL => {
                normalised = checked.email("subject.id", &subject.id);
                MemberBy::Subject(SubjectRef { kind: kind::EMAIL, id: &normalised })
            }
            Some(Named::Subject(subject)) => {
                let subject = subject_ref(Some(subject));
                checked.subject("subject", subject);
                MemberBy::Subject(subject)
            }
            Some(Named::Email(text)) => {
                normalised = checked.email("email", text);
                MemberBy::Email(&normalised)
            }
            Some(Named::Username(text)) => {
                checked.name("username", text);
                normalised = text.to_lowercase();
                MemberBy::Username(&normalised)
            }
            Some(Named::Phone(text)) => {
                checked.name("phone", text);
                MemberBy::Phone(text)
            }
            None => {
                checked.required("member", "");
                MemberBy::Email("")
            }
        };
        checked.finish()?;
        let found = self.service.member(&asked.tenant, by).await?;
        let answer = MemberAnswer { member: found.record.member, changed_at: found.record.changed_at };
        Ok(Response::new(proto::GetMemberResponse {
            member: Some(to_member(&asked.tenant, answer)),
            grants: to_grants(found.record.held),
            through_teams: found.through.into_iter().map(|(team, grant)| to_membership(team, grant)).collect(),
            token: to_token(&asked.tenant, found.revision),
        }))
    }
}

/// A role that a team brings.
fn to_membership(team: Subject, grant: Grant) -> proto::Membership {
    proto::Membership {
        role: format!("{}.{}", grant.resource.kind, grant.role),
        resource: Some(to_resource_ref(grant.resource)),
        implied_by: String::new(),
        through: Some(to_subject(team)),
        expire_time: grant.expires_at.map(to_timestamp),
    }
}

fn statuses(checked: &mut Validator, statuses: &[i32]) -> Vec<MemberStatus> {
    let read = |(index, status): (usize, &i32)| match proto::MemberStatus::try_from(*status) {
        Ok(proto::MemberStatus::Invited) => Some(MemberStatus::Invited),
        Ok(proto::MemberStatus::Active) => Some(MemberStatus::Active),
        Ok(proto::MemberStatus::Deactivated) => Some(MemberStatus::Deactivated),
        Ok(proto::MemberStatus::Unspecified) | Err(_) => {
            let description = format!("`{status}` is no status; use INVITED, ACTIVE or DEACTIVATED");
            checked.add(Error::field("FIELD_INVALID", format!("statuses[{index}]"), description));
            None
        }
    };
    let mut found: Vec<MemberStatus> = statuses.iter().take(MAX_ENUMS).enumerate().filter_map(read).collect();
    checked.most("statuses", statuses.len(), MAX_ENUMS);
    found.sort_unstable_by_key(|status| status.code());
    found.dedup();
    found
}

fn order(checked: &mut Validator, order: i32) -> MemberOrder {
    match proto::MemberOrder::try_from(order) {
        Ok(proto::MemberOrder::Unspecified | proto::MemberOrder::Name) => MemberOrder::Name,
        Ok(proto::MemberOrder::Email) => MemberOrder::Email,
        Ok(proto::MemberOrder::Role) => MemberOrder::Role,
        Ok(proto::MemberOrder::Status) => MemberOrder::Status,
        Err(_) => {
            let description = format!("`{order}` is no order; use NAME, EMAIL, ROLE or STATUS");
            checked.add(Error::field("FIELD_INVALID", "order_by", description));
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
