use rollcall::proto::{
    AcceptInvitationRequest, CheckRequest, CheckResponse, CreateResourceRequest, CreateTenantRequest, GetMemberRequest,
    InviteRequest, Invitee, ListMembersRequest, ListedMember, Membership, Profile, RemoveMemberRequest,
    ResourceRef as Place, RoleGrant, Subject as Somebody, get_member_request::Member as By, invitee::Who,
};

use crate::support::{Answer, Stage, Write, error::reason_of};

pub(crate) fn who(text: &str) -> Option<Somebody> {
    let (kind, id) = text.split_once(':').unwrap_or(("user", text));
    Some(Somebody { r#type: kind.into(), id: id.into() })
}

pub(crate) fn place(text: &str) -> Option<Place> {
    let (kind, id) = text.split_once(':').unwrap();
    Some(Place { r#type: kind.into(), id: id.into() })
}

/// A drive `acme` with a folder `plans` and a group `crew`, kept by `gwen`, who is in it with `carl`; `ada` made all
/// of that, and `omar` and `ada` are members.
pub(crate) struct Drive(pub(crate) Stage);

impl Drive {
    pub(crate) async fn new() -> Self {
        Self::with(&[]).await
    }

    /// As [`Self::new`], on a server with further settings.
    pub(crate) async fn with(settings: &[&str]) -> Self {
        let stage = Stage::with(&[&["policies.dir=tests/policy/models"], settings].concat()).await;
        let drive = Self(stage);
        let tenant = CreateTenantRequest {
            tenant: "acme".into(),
            actor: who("operator:root"),
            policy: "folders".into(),
            first_member: who("ada"),
            profile: Some(Profile { email: "ada@acme.test".into(), ..Profile::default() }),
            ..CreateTenantRequest::default()
        };
        drive.does(tenant).await;
        drive.does(Drive::create("ada", "folder:plans", "drive:")).await;
        drive.does(Drive::create("ada", "group:crew", "drive:")).await;
        drive.does(Drive::create("ada", "group:night", "drive:")).await;
        for person in ["gwen", "carl", "omar"] {
            drive.join(person).await;
        }
        drive.does(Drive::invite("ada", "gwen", "group:crew", "keeper")).await;
        drive.does(Drive::invite("gwen", "carl", "group:crew", "person")).await;
        drive
    }

    pub(crate) async fn tried(&self, request: impl Into<Write>) -> Result<(), String> {
        self.0.api.write(request.into()).await.map(drop).map_err(|status| reason_of(&status))
    }

    pub(crate) async fn does(&self, request: impl Into<Write>) {
        self.0.api.write(request.into()).await.expect("this is allowed");
    }

    pub(crate) fn create(actor: &str, resource: &str, parent: &str) -> CreateResourceRequest {
        CreateResourceRequest {
            tenant: "acme".into(),
            actor: who(actor),
            resource: place(resource),
            parent: place(parent),
            ..CreateResourceRequest::default()
        }
    }

    pub(crate) fn invite(actor: &str, whom: &str, at: &str, role: &str) -> InviteRequest {
        InviteRequest {
            tenant: "acme".into(),
            actor: who(actor),
            invitees: vec![Invitee { who: who(whom).map(Who::Subject), display_name: String::new() }],
            grants: vec![RoleGrant { resource: place(at), role: role.into(), expire_time: None }],
            ..InviteRequest::default()
        }
    }

    pub(crate) fn remove(actor: &str, whom: &str, at: &str) -> RemoveMemberRequest {
        RemoveMemberRequest {
            tenant: "acme".into(),
            actor: who(actor),
            member: who(whom),
            resource: place(at),
            ..RemoveMemberRequest::default()
        }
    }

    /// Somebody new becomes a plain member, by way of a folder that they then leave.
    pub(crate) async fn join(&self, person: &str) {
        let email = format!("{person}@acme.test");
        let mut invite = Self::invite("ada", person, "folder:plans", "poster");
        invite.invitees = vec![Invitee { who: Some(Who::Email(email.clone())), display_name: String::new() }];
        let answer = self.0.api.write(invite.into()).await.expect("ada invites");
        let Answer::Invite(answer) = answer else { panic!("an invitation") };
        self.does(AcceptInvitationRequest {
            tenant: "acme".into(),
            actor: who(person),
            invitation_token: answer.results[0].invitation_token.clone(),
            profile: Some(Profile { email, ..Profile::default() }),
            ..AcceptInvitationRequest::default()
        })
        .await;
        self.does(Self::remove(person, person, "folder:plans")).await;
    }

    pub(crate) async fn check(&self, subject: &str, action: &str, resource: &str) -> CheckResponse {
        let request = CheckRequest {
            tenant: "acme".into(),
            subject: who(subject),
            action: action.into(),
            resource: place(resource),
            explain: true,
            ..CheckRequest::default()
        };
        self.0.api.check(request).await.expect("well formed")
    }

    pub(crate) async fn may(&self, subject: &str, action: &str, resource: &str) -> bool {
        self.check(subject, action, resource).await.allowed
    }

    /// The roles that a person has through teams: the team, and what it holds where.
    pub(crate) async fn through_teams(&self, person: &str) -> Vec<String> {
        let request = GetMemberRequest { tenant: "acme".into(), member: who(person).map(By::Subject) };
        let found = self.0.api.get_member(request).await.expect("a member").through_teams;
        let line =
            |held: Membership| format!("{}: {} at {}", held.through.unwrap().id, held.role, held.resource.unwrap().id);
        found.into_iter().map(line).collect()
    }

    /// Who is listed at a place, and through which team.
    pub(crate) async fn listed(&self, resource: &str) -> Vec<String> {
        let request = ListMembersRequest { tenant: "acme".into(), resource: place(resource), ..Default::default() };
        let page = self.0.api.list_members(request).await.expect("well formed");
        let line = |member: ListedMember| {
            let subject = member.member.unwrap().subject.unwrap();
            let roles = member.memberships.into_iter().map(|membership| {
                let through = membership.through.map_or(String::new(), |team| format!(" by {}", team.id));
                format!("{}{through}", membership.role)
            });
            format!("{}: {}", subject.id, roles.collect::<Vec<_>>().join(", "))
        };
        let mut lines: Vec<String> = page.members.into_iter().map(line).collect();
        lines.sort();
        lines
    }
}
