use std::sync::atomic::{AtomicU32, Ordering};

use rollcall::proto::{
    AcceptInvitationRequest, ChangeRoleRequest, ClearAddressRequest, CreateResourceRequest, CreateTenantRequest,
    DeclineInvitationRequest, InviteRequest, LockMemberRequest, Profile, RemoveMemberRequest, ResendInvitationRequest,
    RevokeInvitationRequest, RoleGrant, SuppressAddressRequest, UnlockMemberRequest, UpdateMemberRequest,
};
use tempfile::TempDir;

use super::{
    Api, Server, Write, invitee,
    names::{email_of, resource, subject},
};

/// The operator of the tests.
pub const OPERATOR: &str = "operator:root";

/// A running server and the directory of its store. Worlds are made on it, a tenant each.
pub struct Stage {
    pub server: Server,
    pub api: Api,
    pub dir: TempDir,
    worlds: AtomicU32,
}

/// One tenant on `lumicon`, and every question and write about it in short form. Names are read as
/// [`subject`] and [`resource`] read them.
#[derive(Clone)]
pub struct World {
    pub api: Api,
    pub tenant: String,
}

/// A furnished tenant named `acme` on a server of its own.
pub async fn fixture() -> (Stage, World) {
    let stage = Stage::new().await;
    let world = World::furnished(&stage.api, "acme").await;
    (stage, world)
}

impl Stage {
    /// A server with an empty store.
    pub async fn new() -> Self {
        Self::with(&[]).await
    }

    /// A server with an empty store and further settings.
    pub async fn with(settings: &[&str]) -> Self {
        Self::over(tempfile::tempdir().expect("there is room for a directory"), settings).await
    }

    /// A server over what an earlier one left in a directory.
    pub async fn over(dir: TempDir, settings: &[&str]) -> Self {
        let server = Server::start_with(dir.path(), settings).await;
        let api = server.api().await;
        Self { server, api, dir, worlds: AtomicU32::new(0) }
    }

    /// A furnished tenant of a new name.
    pub async fn world(&self) -> World {
        let number = self.worlds.fetch_add(1, Ordering::Relaxed);
        World::furnished(&self.api, &format!("acme-{number}")).await
    }
}

impl World {
    /// A tenant with the admin `ada` and nothing else.
    pub async fn bare(api: &Api, tenant: &str) -> Self {
        let world = Self { api: api.clone(), tenant: tenant.into() };
        api.write(world.create_tenant("ada")).await.expect("an operator creates a tenant");
        world
    }

    /// The tenant that most tests want:
    ///
    /// - `ada`, `alan`: admins, in no job site by a binding of their own
    /// - `edith`: created `harbour`, an editor there
    /// - `emil`: created `quarry`, an editor there and in `harbour`
    /// - `victor`, `vera`: viewers of `harbour`
    /// - `olga`: a user in no job site
    /// - `lars`: an editor of `harbour`, locked
    /// - `nina@acme.test`: invited as a viewer of `harbour`
    ///
    /// Nobody is called `stranger`.
    pub async fn furnished(api: &Api, tenant: &str) -> Self {
        let world = Self::bare(api, tenant).await;
        world.join(OPERATOR, &["alan"], "admin").await;
        world.join("ada", &["edith", "emil", "victor", "vera", "olga", "lars"], "user").await;
        for write in [
            world.create_site("edith", "harbour"),
            world.create_site("emil", "quarry"),
            world.invite_all("edith", &["emil", "lars"], &[("harbour", "editor")]),
            world.invite_all("edith", &["victor", "vera"], &[("harbour", "viewer")]),
            world.invite("edith", "nina@acme.test", "harbour", "viewer"),
            world.lock("ada", "lars"),
        ] {
            api.write(write).await.expect("the furnishing is allowed");
        }
        world
    }

    /// Invites users of new names to the workspace and accepts for each of them.
    pub async fn join(&self, actor: &str, users: &[&str], role: &str) {
        let emails = users.iter().map(|user| email_of(user)).collect::<Vec<_>>();
        let emails = emails.iter().map(String::as_str).collect::<Vec<_>>();
        let write = self.invite_all(actor, &emails, &[("workspace", role)]);
        let answer = self.api.write(write).await.expect("the invitation is allowed").invite();
        for (user, result) in users.iter().zip(answer.results) {
            let accept = self.accept(user, &result.invitation_token);
            self.api.write(accept).await.expect("the invitation can be accepted");
        }
    }

    /// The creation of this tenant, with its first member.
    pub fn create_tenant(&self, first_member: &str) -> Write {
        Write::from(CreateTenantRequest {
            tenant: self.tenant.clone(),
            actor: Some(subject(OPERATOR)),
            display_name: "Acme".into(),
            policy: "lumicon".into(),
            first_member: Some(subject(first_member)),
            profile: Some(profile(first_member)),
            ..Default::default()
        })
    }

    /// The creation of a job site.
    pub fn create_site(&self, actor: &str, site: &str) -> Write {
        Write::from(CreateResourceRequest {
            tenant: self.tenant.clone(),
            actor: Some(subject(actor)),
            resource: Some(resource(&self.tenant, site)),
            ..Default::default()
        })
    }

    /// One person to one place.
    pub fn invite(&self, actor: &str, whom: &str, place: &str, role: &str) -> Write {
        self.invite_all(actor, &[whom], &[(place, role)])
    }

    /// Several people to several places.
    pub fn invite_all(&self, actor: &str, whom: &[&str], grants: &[(&str, &str)]) -> Write {
        Write::from(InviteRequest {
            tenant: self.tenant.clone(),
            actor: Some(subject(actor)),
            invitees: whom.iter().map(|whom| invitee(whom)).collect(),
            grants: grants.iter().map(|(place, role)| self.grant(place, role)).collect(),
            ..Default::default()
        })
    }

    /// The acceptance of an invitation to the user's usual email.
    pub fn accept(&self, user: &str, token: &str) -> Write {
        Write::from(AcceptInvitationRequest {
            tenant: self.tenant.clone(),
            actor: Some(subject(user)),
            invitation_token: token.into(),
            profile: Some(profile(user)),
            ..Default::default()
        })
    }

    /// The refusal of an invitation to the user's usual email.
    pub fn decline(&self, user: &str, token: &str) -> Write {
        Write::from(DeclineInvitationRequest {
            tenant: self.tenant.clone(),
            actor: Some(subject(user)),
            invitation_token: token.into(),
            email: email_of(user),
            ..Default::default()
        })
    }

    /// An invitation, by its id, once more.
    pub fn resend(&self, actor: &str, invitation: &str) -> Write {
        Write::from(ResendInvitationRequest {
            tenant: self.tenant.clone(),
            actor: Some(subject(actor)),
            invitation: invitation.into(),
            ..Default::default()
        })
    }

    /// An invitation, by its id, taken back.
    pub fn revoke(&self, actor: &str, invitation: &str) -> Write {
        Write::from(RevokeInvitationRequest {
            tenant: self.tenant.clone(),
            actor: Some(subject(actor)),
            invitation: invitation.into(),
            ..Default::default()
        })
    }

    /// Nothing more to an address.
    pub fn suppress(&self, actor: &str, email: &str) -> Write {
        Write::from(SuppressAddressRequest {
            tenant: self.tenant.clone(),
            actor: Some(subject(actor)),
            email: email.into(),
            detail: "550 no such user".into(),
            ..Default::default()
        })
    }

    /// The end of that.
    pub fn clear(&self, actor: &str, email: &str) -> Write {
        Write::from(ClearAddressRequest {
            tenant: self.tenant.clone(),
            actor: Some(subject(actor)),
            email: email.into(),
            ..Default::default()
        })
    }

    /// Another role for a member.
    pub fn change(&self, actor: &str, member: &str, place: &str, role: &str) -> Write {
        Write::from(ChangeRoleRequest {
            tenant: self.tenant.clone(),
            actor: Some(subject(actor)),
            member: Some(subject(member)),
            resource: Some(resource(&self.tenant, place)),
            role: role.into(),
            ..Default::default()
        })
    }

    /// A member out of a place.
    pub fn remove(&self, actor: &str, member: &str, place: &str) -> Write {
        Write::from(RemoveMemberRequest {
            tenant: self.tenant.clone(),
            actor: Some(subject(actor)),
            member: Some(subject(member)),
            resource: Some(resource(&self.tenant, place)),
            ..Default::default()
        })
    }

    /// A lock.
    pub fn lock(&self, actor: &str, member: &str) -> Write {
        Write::from(LockMemberRequest {
            tenant: self.tenant.clone(),
            actor: Some(subject(actor)),
            member: Some(subject(member)),
            ..Default::default()
        })
    }

    /// The end of a lock.
    pub fn unlock(&self, actor: &str, member: &str) -> Write {
        Write::from(UnlockMemberRequest {
            tenant: self.tenant.clone(),
            actor: Some(subject(actor)),
            member: Some(subject(member)),
            ..Default::default()
        })
    }

    /// Another profile for a member.
    pub fn update(&self, actor: &str, member: &str, profile: Profile) -> Write {
        Write::from(UpdateMemberRequest {
            tenant: self.tenant.clone(),
            actor: Some(subject(actor)),
            member: Some(subject(member)),
            profile: Some(profile),
            ..Default::default()
        })
    }

    fn grant(&self, place: &str, role: &str) -> RoleGrant {
        RoleGrant { resource: Some(resource(&self.tenant, place)), role: role.into(), expire_time: None }
    }
}

/// The usual profile of a user of the tests: everything follows from the name.
pub fn profile(user: &str) -> Profile {
    let mut display_name = user.to_owned();
    if let Some(first) = display_name.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    Profile { display_name, email: email_of(user), username: user.into(), phone: String::new() }
}
