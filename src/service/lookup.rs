//! Single things as the store has them.

use crate::domain::{ResourceRef, Revision, Tenant};

use super::{
    Service,
    error::{Error, Kind, Result},
    ports::{MemberBy, MemberRecord, ResourceRecord},
};

/// A member and the revision at which they were read.
#[derive(Debug)]
pub struct FoundMember {
    /// The member with everything that they hold.
    pub record: MemberRecord,
    /// When.
    pub revision: Revision,
}

impl Service {
    /// Whether the store answers.
    ///
    /// # Errors
    /// `STORE_UNAVAILABLE`.
    pub async fn ready(&self) -> Result<()> {
        Ok(self.store.ping().await?)
    }

    /// A tenant and its newest revision.
    ///
    /// # Errors
    /// `TENANT_NOT_FOUND`, and what the store brings.
    pub async fn tenant(&self, tenant: &str) -> Result<(Tenant, Revision)> {
        self.store.tenant(tenant).await?.ok_or_else(|| Error::no_tenant(tenant))
    }

    /// A registered resource.
    ///
    /// # Errors
    /// `TENANT_NOT_FOUND`, `RESOURCE_NOT_FOUND`, and what the store brings.
    pub async fn resource(&self, tenant: &str, key: ResourceRef<'_>) -> Result<(ResourceRecord, Revision)> {
        if let Some(found) = self.store.resource(tenant, key).await? {
            return Ok(found);
        }
        self.tenant(tenant).await?;
        Err(no_resource(key, "resource"))
    }

    /// A member by subject or (normalised) identifier, with everything that they hold.
    ///
    /// # Errors
    /// `TENANT_NOT_FOUND`, `MEMBER_NOT_FOUND`, and what the store brings.
    pub async fn member(&self, tenant: &str, by: MemberBy<'_>) -> Result<FoundMember> {
        if let Some((record, revision)) = self.store.member(tenant, by).await? {
            return Ok(FoundMember { record, revision });
        }
        self.tenant(tenant).await?;
        let called = match by {
            MemberBy::Subject(subject) => subject.to_string(),
            MemberBy::Email(text) | MemberBy::Username(text) | MemberBy::Phone(text) => text.to_owned(),
        };
        Err(no_member(&called))
    }
}

/// No such member.
pub(crate) fn no_member(called: &str) -> Error {
    let message = format!("`{called}` is no member of this tenant; invite them first");
    Error::new(Kind::NotFound, "MEMBER_NOT_FOUND", message).with("member", called)
}

/// No such resource, which the request has in `field`.
pub(crate) fn no_resource(key: ResourceRef<'_>, field: &str) -> Error {
    let message = format!("no resource `{key}` is registered; create it first");
    Error::new(Kind::NotFound, "RESOURCE_NOT_FOUND", message).with("resource", key.to_string()).with("field", field)
}
