//! Writes about a tenant, its policy and its resources in short form, to be sent by
//! [`WireTenant::does`](super::WireTenant::does) and its like.

use rollcall::proto::{
    ArchiveResourceRequest, CreateResourceRequest, CreateTenantRequest, DeleteResourceRequest, MoveResourceRequest,
    RestoreResourceRequest, SetPolicyRequest, TransferOwnershipRequest,
};

use super::{
    WireTenant, Write,
    names::{profile, resource, subject},
    wire_tenant::OPERATOR,
};

macro_rules! write {
    ($tenant:ident, $request:ident, $actor:expr $(, $field:ident: $value:expr)*) => {
        Write::from($request {
            tenant: $tenant.tenant.clone(),
            actor: Some(subject($actor)),
            $($field: $value,)*
            ..$request::default()
        })
    };
}

impl WireTenant {
    /// The creation of this tenant on `lumicon`, with its first member.
    pub fn create_tenant(&self, first_member: &str) -> Write {
        self.create_tenant_on(("lumicon", 0), first_member)
    }

    /// The creation of this tenant on a policy and a version of it, with its first member.
    pub fn create_tenant_on(&self, (policy, policy_version): (&str, u32), first_member: &str) -> Write {
        Write::from(CreateTenantRequest {
            tenant: self.tenant.clone(),
            actor: Some(subject(OPERATOR)),
            display_name: "Acme".into(),
            policy: policy.into(),
            policy_version,
            first_member: Some(subject(first_member)),
            profile: Some(profile(first_member)),
            ..Default::default()
        })
    }

    /// The creation of a job site below the root.
    pub fn create_site(&self, actor: &str, site: &str) -> Write {
        Write::from(CreateResourceRequest {
            tenant: self.tenant.clone(),
            actor: Some(subject(actor)),
            resource: Some(resource(&self.tenant, site)),
            ..Default::default()
        })
    }

    /// The switch of the tenant to another version of its policy.
    pub fn set_policy(&self, policy_version: u32) -> Write {
        write!(self, SetPolicyRequest, OPERATOR, policy_version: policy_version)
    }

    /// The creation of a resource below a parent.
    pub fn create(&self, actor: &str, at: &str, parent: &str) -> Write {
        self.create_resource(actor, at, Some(parent))
    }

    /// The creation of a resource below a parent; without one the request names none, and the server takes the root.
    pub fn create_resource(&self, actor: &str, at: &str, parent: Option<&str>) -> Write {
        write!(self, CreateResourceRequest, actor, resource: Some(resource(&self.tenant, at)),
            parent: parent.map(|parent| resource(&self.tenant, parent)))
    }

    /// The archiving of a resource.
    pub fn archive(&self, actor: &str, at: &str) -> Write {
        write!(self, ArchiveResourceRequest, actor, resource: Some(resource(&self.tenant, at)))
    }

    /// The restoration of an archived resource.
    pub fn restore(&self, actor: &str, at: &str) -> Write {
        write!(self, RestoreResourceRequest, actor, resource: Some(resource(&self.tenant, at)))
    }

    /// The deletion of a resource.
    pub fn delete(&self, actor: &str, at: &str) -> Write {
        write!(self, DeleteResourceRequest, actor, resource: Some(resource(&self.tenant, at)))
    }

    /// The move of a resource below another parent.
    pub fn put(&self, actor: &str, at: &str, parent: &str) -> Write {
        write!(self, MoveResourceRequest, actor, resource: Some(resource(&self.tenant, at)),
            parent: Some(resource(&self.tenant, parent)))
    }

    /// The transfer of a resource to another owner.
    pub fn give(&self, actor: &str, at: &str, owner: &str) -> Write {
        write!(self, TransferOwnershipRequest, actor, resource: Some(resource(&self.tenant, at)),
            owner: Some(subject(owner)))
    }
}
