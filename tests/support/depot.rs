//! Writes in short form to tenants that are not on `lumicon`: about resources of any kind, and members' standing.

use rollcall::proto::{
    ArchiveResourceRequest, BatchChangeRoleRequest, CreateResourceRequest, CreateTenantRequest,
    DeactivateMemberRequest, DeleteResourceRequest, MoveResourceRequest, ReactivateMemberRequest, RemoveMemberRequest,
    Resource, RestoreResourceRequest, RoleExchange, SetPolicyRequest, TransferOwnershipRequest,
};

use super::{
    Answer, Api, World, Write,
    names::{email_of, resource, subject},
    world::{OPERATOR, profile},
};

/// The settings with which a server knows the policy `depot`, in which every kind of write can happen.
pub const DEPOT: &[&str] = &["policies.dir=tests/support/policies"];

macro_rules! write {
    ($world:ident, $request:ident, $actor:expr $(, $field:ident: $value:expr)*) => {
        Write::from($request {
            tenant: $world.tenant.clone(),
            actor: Some(subject($actor)),
            $($field: $value,)*
            ..$request::default()
        })
    };
}

impl World {
    /// A tenant on some policy, with its first member `ada` and nothing else.
    pub async fn on(api: &Api, tenant: &str, policy: &str, version: u32) -> Self {
        let world = Self { api: api.clone(), tenant: tenant.into() };
        world.does(world.create_tenant_on(policy, version)).await;
        world
    }

    /// The depot `tenant` with its keeper `ada` and some hands.
    pub async fn depot(api: &Api, tenant: &str, hands: &[&str]) -> Self {
        let world = Self::on(api, tenant, "depot", 1).await;
        for hand in hands {
            world.enter("ada", hand, "depot:", "hand").await;
        }
        world
    }

    /// The creation of this tenant on some policy.
    pub fn create_tenant_on(&self, policy: &str, version: u32) -> Write {
        write!(self, CreateTenantRequest, OPERATOR, policy: policy.into(), policy_version: version,
            first_member: Some(subject("ada")), profile: Some(profile("ada")))
    }

    /// Another version of the tenant's policy.
    pub fn set_policy(&self, policy: &str, version: u32) -> Write {
        write!(self, SetPolicyRequest, OPERATOR, policy: policy.into(), policy_version: version)
    }

    /// Does a write that must be allowed.
    pub async fn does(&self, write: Write) -> Answer {
        self.api.write(write.clone()).await.unwrap_or_else(|status| panic!("{write:?}: {status:?}"))
    }

    /// Invites somebody new. The invitation's id and token.
    pub async fn invited(&self, actor: &str, email: &str, place: &str, role: &str) -> (String, String) {
        let mut answer = self.does(self.invite(actor, email, place, role)).await.invite();
        let result = answer.results.remove(0);
        (result.invitation.expect("somebody new is invited").id, result.invitation_token)
    }

    /// Invites a user of a new name and accepts for them.
    pub async fn enter(&self, actor: &str, user: &str, place: &str, role: &str) {
        let (_, token) = self.invited(actor, &email_of(user), place, role).await;
        self.does(self.accept(user, &token)).await;
    }

    /// The creation of a resource below another.
    pub fn create(&self, actor: &str, place: &str, parent: &str) -> Write {
        write!(self, CreateResourceRequest, actor, resource: Some(resource(&self.tenant, place)),
            parent: Some(resource(&self.tenant, parent)))
    }

    /// A resource into the archive.
    pub fn archive(&self, actor: &str, place: &str) -> Write {
        write!(self, ArchiveResourceRequest, actor, resource: Some(resource(&self.tenant, place)))
    }

    /// A resource out of the archive.
    pub fn restore(&self, actor: &str, place: &str) -> Write {
        write!(self, RestoreResourceRequest, actor, resource: Some(resource(&self.tenant, place)))
    }

    /// The end of a resource.
    pub fn delete(&self, actor: &str, place: &str) -> Write {
        write!(self, DeleteResourceRequest, actor, resource: Some(resource(&self.tenant, place)))
    }

    /// A resource below another parent.
    pub fn put(&self, actor: &str, place: &str, parent: &str) -> Write {
        write!(self, MoveResourceRequest, actor, resource: Some(resource(&self.tenant, place)),
            parent: Some(resource(&self.tenant, parent)))
    }

    /// Another owner for a resource.
    pub fn give(&self, actor: &str, place: &str, owner: &str) -> Write {
        write!(self, TransferOwnershipRequest, actor, resource: Some(resource(&self.tenant, place)),
            owner: Some(subject(owner)))
    }

    /// Other roles for several members, of whom each names the member, the place and the role.
    pub fn change_all(&self, actor: &str, changes: &[[&str; 3]]) -> Write {
        let exchange = |[member, place, role]: &[&str; 3]| RoleExchange {
            member: Some(subject(member)),
            resource: Some(resource(&self.tenant, place)),
            role: (*role).into(),
            ..RoleExchange::default()
        };
        write!(self, BatchChangeRoleRequest, actor, changes: changes.iter().map(exchange).collect())
    }

    /// One role of a member away from them.
    pub fn demote(&self, actor: &str, member: &str, place: &str, role: &str) -> Write {
        write!(self, RemoveMemberRequest, actor, member: Some(subject(member)),
            resource: Some(resource(&self.tenant, place)), role: role.into())
    }

    /// A member out of everything.
    pub fn deactivate(&self, actor: &str, member: &str) -> Write {
        write!(self, DeactivateMemberRequest, actor, member: Some(subject(member)))
    }

    /// A member back into the tenant.
    pub fn reactivate(&self, actor: &str, member: &str) -> Write {
        write!(self, ReactivateMemberRequest, actor, member: Some(subject(member)))
    }

    /// A registered resource; none where there is no such.
    pub async fn registered(&self, place: &str) -> Option<Resource> {
        let request = rollcall::proto::GetResourceRequest {
            tenant: self.tenant.clone(),
            resource: Some(resource(&self.tenant, place)),
        };
        self.api.get_resource(request).await.ok()?.resource
    }

    /// The role that is bound to somebody at a place; `-` for none.
    pub async fn role(&self, who: &str, place: &str) -> String {
        let held = self.grants(who).await;
        let place = place.split_once(':').map_or(place, |(_, id)| id);
        let role = held.iter().find_map(|grant| Some(grant.strip_prefix(place)?.strip_prefix(' ')?.to_owned()));
        role.unwrap_or_else(|| "-".into())
    }
}
