use std::collections::BTreeMap;

use rollcall::proto::{
    CheckRequest, GetMemberRequest, GetMemberResponse, GetTenantRequest, Invitation, ListActionsRequest,
    ListInvitationsRequest, ListMembersRequest, ListResourcesRequest, ListedInvitation, ListedMember, Reason,
    ResourceRef, get_member_request::Member as By,
};
use tonic::Status;

use super::{
    World,
    names::{resource, short, subject},
    write::revision_of,
};

/// Everything that a dry run must leave as it is.
#[derive(Clone, Debug, PartialEq)]
pub struct Sight {
    pub revision: i64,
    pub members: Vec<ListedMember>,
    pub grants: BTreeMap<String, Vec<String>>,
    pub invitations: Vec<ListedInvitation>,
}

impl World {
    /// The question whether a subject may do an action.
    pub fn question(&self, who: &str, action: &str, place: &str) -> CheckRequest {
        CheckRequest {
            tenant: self.tenant.clone(),
            subject: Some(subject(who)),
            action: action.into(),
            resource: Some(resource(&self.tenant, place)),
            ..Default::default()
        }
    }

    /// Whether a subject may do an action, and why.
    pub async fn check(&self, who: &str, action: &str, place: &str) -> (bool, Reason) {
        let answer = self.api.check(self.question(who, action, place)).await.expect("the question is well formed");
        (answer.allowed, answer.reason())
    }

    /// Whether a subject may do an action.
    pub async fn may(&self, who: &str, action: &str, place: &str) -> bool {
        self.check(who, action, place).await.0
    }

    /// The actions that a subject may do.
    pub async fn actions(&self, who: &str, place: &str) -> Vec<String> {
        let request = ListActionsRequest {
            tenant: self.tenant.clone(),
            subject: Some(subject(who)),
            resource: Some(resource(&self.tenant, place)),
            ..Default::default()
        };
        self.api.list_actions(request).await.expect("the question is well formed").actions
    }

    /// The ids of the job sites where a subject may do an action.
    pub async fn sites(&self, who: &str, action: &str) -> Vec<String> {
        let request = ListResourcesRequest {
            tenant: self.tenant.clone(),
            subject: Some(subject(who)),
            action: action.into(),
            resource_type: "job_site".into(),
            ..Default::default()
        };
        let answer = self.api.list_resources(request).await.expect("the question is well formed");
        answer.resources.into_iter().map(|site| site.id).collect()
    }

    /// A request for the members at a place.
    pub fn members_at(&self, place: &str) -> ListMembersRequest {
        ListMembersRequest {
            tenant: self.tenant.clone(),
            resource: Some(resource(&self.tenant, place)),
            ..Default::default()
        }
    }

    /// Everybody whom a request lists, page by page.
    pub async fn list(&self, mut request: ListMembersRequest) -> Vec<ListedMember> {
        let mut all = Vec::new();
        loop {
            let answer = self.api.list_members(request.clone()).await.expect("the request is well formed");
            all.extend(answer.members);
            if answer.next_page_token.is_empty() {
                return all;
            }
            request.page_token = answer.next_page_token;
        }
    }

    /// The short names of everybody whom a request lists, in its order.
    pub async fn names(&self, request: ListMembersRequest) -> Vec<String> {
        self.list(request).await.iter().map(name).collect()
    }

    /// One member with what they hold.
    pub async fn member(&self, who: &str) -> Result<GetMemberResponse, Status> {
        self.member_by(By::Subject(subject(who))).await
    }

    /// One member by subject or identifier.
    pub async fn member_by(&self, by: By) -> Result<GetMemberResponse, Status> {
        self.api.get_member(GetMemberRequest { tenant: self.tenant.clone(), member: Some(by) }).await
    }

    /// What is bound to a member, as `place role` in order; nothing for somebody who is no member.
    pub async fn grants(&self, who: &str) -> Vec<String> {
        let Ok(answer) = self.member(who).await else { return Vec::new() };
        let place = |at: Option<ResourceRef>| {
            at.map(|at| if at.r#type == "workspace" { at.r#type } else { at.id }).unwrap_or_default()
        };
        let mut grants = answer
            .grants
            .into_iter()
            .map(|grant| format!("{} {}", place(grant.resource), grant.role))
            .collect::<Vec<_>>();
        grants.sort();
        grants
    }

    /// A member's etag.
    pub async fn etag(&self, who: &str) -> String {
        self.member(who).await.expect("is a member").member.expect("the answer has the member").etag
    }

    /// A request for the tenant's invitations.
    pub fn invitations(&self) -> ListInvitationsRequest {
        ListInvitationsRequest { tenant: self.tenant.clone(), ..Default::default() }
    }

    /// Every invitation that a request lists, page by page.
    pub async fn list_invitations(&self, mut request: ListInvitationsRequest) -> Vec<ListedInvitation> {
        let mut all = Vec::new();
        loop {
            let answer = self.api.list_invitations(request.clone()).await.expect("the request is well formed");
            all.extend(answer.invitations);
            if answer.next_page_token.is_empty() {
                return all;
            }
            request.page_token = answer.next_page_token;
        }
    }

    /// The newest invitation of an email.
    pub async fn invitation_of(&self, email: &str) -> Invitation {
        let request = ListInvitationsRequest { email: email.into(), ..self.invitations() };
        let found = self.list_invitations(request).await.into_iter().next();
        found.expect("there is one").invitation.expect("is told")
    }

    /// The tenant's newest token.
    pub async fn token(&self) -> String {
        self.api.get_tenant(GetTenantRequest { tenant: self.tenant.clone() }).await.expect("the tenant exists").token
    }

    /// The tenant's newest revision.
    pub async fn revision(&self) -> i64 {
        revision_of(&self.tenant, &self.token().await)
    }

    /// All that can be seen of the tenant.
    pub async fn sight(&self) -> Sight {
        let revision = self.revision().await;
        let members = self.list(ListMembersRequest { resource: None, ..self.members_at("workspace") }).await;
        let mut grants = BTreeMap::new();
        for listed in &members {
            let who = name(listed);
            let held = self.grants(&who).await;
            grants.insert(who, held);
        }
        let invitations = self.list_invitations(self.invitations()).await;
        Sight { revision, members, grants, invitations }
    }
}

/// The short name of a listed member.
pub fn name(listed: &ListedMember) -> String {
    let member = listed.member.as_ref().expect("a listed member is there");
    short(member.subject.as_ref().expect("a member has a subject"))
}
