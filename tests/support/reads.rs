//! Reads of a tenant on the real server in short form: checks, lists of all pages, and its whole observable state.

use std::collections::BTreeMap;

use rollcall::proto::{
    CheckRequest, GetMemberRequest, GetMemberResponse, GetResourceRequest, GetTenantRequest, Grant, Invitation,
    ListActionsRequest, ListInvitationsRequest, ListMembersRequest, ListResourcesRequest, ListedInvitation,
    ListedMember, Reason, Resource, ResourceRef, get_member_request::Member as By,
};
use tonic::Status;

use super::{
    WireTenant,
    names::{named, resource, short, subject},
    tokens::revision_of,
};

/// All that the API shows of a tenant; two are equal when nothing was written between them.
#[derive(Clone, Debug, PartialEq)]
pub struct ObservedState {
    pub revision: i64,
    pub members: Vec<ListedMember>,
    pub grants: BTreeMap<String, Vec<String>>,
    pub invitations: Vec<ListedInvitation>,
}

impl WireTenant {
    /// The request that asks whether a subject may do an action at a resource.
    pub fn question(&self, who: &str, action: &str, at: &str) -> CheckRequest {
        CheckRequest {
            tenant: self.tenant.clone(),
            subject: Some(subject(who)),
            action: action.into(),
            resource: Some(resource(&self.tenant, at)),
            ..Default::default()
        }
    }

    /// Whether a subject may do an action at a resource, and why.
    pub async fn check(&self, who: &str, action: &str, at: &str) -> (bool, Reason) {
        let answer = self.api.check(self.question(who, action, at)).await.expect("the request is well formed");
        (answer.allowed, answer.reason())
    }

    /// Whether a subject may do an action at a resource.
    pub async fn may(&self, who: &str, action: &str, at: &str) -> bool {
        self.check(who, action, at).await.0
    }

    /// The actions that a subject may do at a resource.
    pub async fn actions(&self, who: &str, at: &str) -> Vec<String> {
        let request = ListActionsRequest {
            tenant: self.tenant.clone(),
            subject: Some(subject(who)),
            resource: Some(resource(&self.tenant, at)),
            ..Default::default()
        };
        self.api.list_actions(request).await.expect("the request is well formed").actions
    }

    /// The ids of the job sites where a subject may do an action, of all pages.
    pub async fn sites(&self, who: &str, action: &str) -> Vec<String> {
        let mut request = ListResourcesRequest {
            tenant: self.tenant.clone(),
            subject: Some(subject(who)),
            action: action.into(),
            resource_type: "job_site".into(),
            ..Default::default()
        };
        let mut sites = Vec::new();
        loop {
            let answer = self.api.list_resources(request.clone()).await.expect("the request is well formed");
            sites.extend(answer.resources.into_iter().map(|site| site.id));
            if answer.next_page_token.is_empty() {
                return sites;
            }
            request.page_token = answer.next_page_token;
        }
    }

    /// A request for the first page of the members at a resource.
    pub fn members_at(&self, at: &str) -> ListMembersRequest {
        ListMembersRequest {
            tenant: self.tenant.clone(),
            resource: Some(resource(&self.tenant, at)),
            ..Default::default()
        }
    }

    /// Every member that a request lists, of all pages.
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

    /// The short names of the members that a request lists, of all pages, in its order.
    pub async fn names(&self, request: ListMembersRequest) -> Vec<String> {
        self.list(request).await.iter().map(name).collect()
    }

    /// One member with the roles that they hold.
    pub async fn member(&self, who: &str) -> Result<GetMemberResponse, Status> {
        self.member_by(By::Subject(subject(who))).await
    }

    /// One member by subject or identifier.
    pub async fn member_by(&self, by: By) -> Result<GetMemberResponse, Status> {
        let request = GetMemberRequest { tenant: self.tenant.clone(), member: Some(by), ..Default::default() };
        self.api.get_member(request).await
    }

    /// The roles that are assigned to a member, as sorted texts `ID ROLE`, with `workspace` for the id of a workspace;
    /// empty for a subject that is no member.
    pub async fn grants(&self, who: &str) -> Vec<String> {
        let Ok(answer) = self.member(who).await else { return Vec::new() };
        let short_resource = |at: Option<ResourceRef>| {
            at.map(|at| if at.r#type == "workspace" { at.r#type } else { at.id }).unwrap_or_default()
        };
        let mut grants = own_roles(answer)
            .into_iter()
            .map(|grant| format!("{} {}", short_resource(grant.resource), grant.role))
            .collect::<Vec<_>>();
        grants.sort();
        grants
    }

    /// The role that is assigned to a member at a resource; `-` for none.
    pub async fn role(&self, who: &str, at: &str) -> String {
        let grants = self.grants(who).await;
        let at = at.split_once(':').map_or(at, |(_, id)| id);
        let role = grants.iter().find_map(|grant| Some(grant.strip_prefix(at)?.strip_prefix(' ')?.to_owned()));
        role.unwrap_or_else(|| "-".into())
    }

    /// The etag of a subject that is a member.
    pub async fn etag(&self, who: &str) -> String {
        self.member(who).await.expect("is a member").member.expect("the answer has the member").etag
    }

    /// A registered resource; `None` when the server answers with an error, as for an unknown name.
    pub async fn registered(&self, at: &str) -> Option<Resource> {
        let request = GetResourceRequest {
            tenant: self.tenant.clone(),
            resource: Some(resource(&self.tenant, at)),
            consistency: None,
        };
        self.api.get_resource(request).await.ok()?.resource
    }

    /// A request for the first page of the tenant's invitations.
    pub fn invitations(&self) -> ListInvitationsRequest {
        ListInvitationsRequest { tenant: self.tenant.clone(), ..Default::default() }
    }

    /// Every invitation that a request lists, of all pages.
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

    /// The newest invitation of an email, which must have one.
    pub async fn invitation_of(&self, email: &str) -> Invitation {
        let request = ListInvitationsRequest { email: email.into(), ..self.invitations() };
        let found = self.list_invitations(request).await.into_iter().next();
        found.expect("the email has an invitation").invitation.expect("the list has its fields")
    }

    /// The tenant's newest token.
    pub async fn token(&self) -> String {
        let request = GetTenantRequest { tenant: self.tenant.clone(), consistency: None };
        self.api.get_tenant(request).await.expect("the tenant exists").token
    }

    /// The tenant's newest revision.
    pub async fn revision(&self) -> i64 {
        revision_of(&self.token().await)
    }

    /// All that the API shows of the tenant now, by several reads: nothing may write meanwhile.
    pub async fn observed_state(&self) -> ObservedState {
        let revision = self.revision().await;
        let members = self.list(ListMembersRequest { resource: None, ..self.members_at("workspace") }).await;
        let mut grants = BTreeMap::new();
        for listed in &members {
            let who = name(listed);
            let assigned_roles = self.grants(&who).await;
            grants.insert(who, assigned_roles);
        }
        let invitations = self.list_invitations(self.invitations()).await;
        ObservedState { revision, members, grants, invitations }
    }
}

/// The short name of a listed member.
pub fn name(listed: &ListedMember) -> String {
    short(&named(listed.member.as_ref().expect("a listed member is there")))
}

/// The roles that are assigned to a member themselves, of the page that an answer has, by their short names.
pub fn own_roles(found: GetMemberResponse) -> Vec<Grant> {
    let own = found.memberships.into_iter().filter(|membership| membership.through.is_none());
    let short = |role: &str| role.rsplit_once('.').map_or("", |(_, short)| short).to_owned();
    own.map(|membership| Grant {
        role: short(&membership.role),
        resource: membership.resource,
        expire_time: membership.expire_time,
        granted_by: membership.granted_by,
    })
    .collect()
}
