//! One tenant, resource or member, read from the store.

use rollcall_engine::{Grant, ResourceRef, Revision, Subject, Tenant};

use crate::service::{
    Service,
    error::{Error, Result},
    ports::{MemberBy, MemberRecord, ResourceRecord},
    read::consistency::Consistency,
    resolve::{
        not_found::{no_member, no_resource},
        teams::teams_of,
    },
};

/// A member and the revision at which they were read.
#[derive(Debug)]
pub struct FoundMember {
    /// The member's profile, status and grants.
    pub record: MemberRecord,
    /// The grants of the teams that the member belongs to, each with its team; by team, resource and role. They may be
    /// of another revision than the record.
    pub through: Vec<(Subject, Grant)>,
    /// The tenant's revision at which the record was read.
    pub revision: Revision,
}

impl Service {
    /// Succeeds when the store answers.
    ///
    /// # Errors
    /// `STORE_UNAVAILABLE`.
    pub async fn ready(&self) -> Result<()> {
        Ok(self.store.ping().await?)
    }

    /// A tenant and its newest revision.
    ///
    /// # Errors
    /// `TENANT_NOT_FOUND`, and the store's errors.
    pub async fn tenant(&self, tenant: &str) -> Result<(Tenant, Revision)> {
        self.store.tenant(tenant).await?.ok_or_else(|| Error::tenant_not_found(tenant))
    }

    /// A registered resource, and the revision at which it was read. The id must be given, that of the root too.
    ///
    /// # Errors
    /// `TENANT_NOT_FOUND`, `RESOURCE_NOT_FOUND`, and the store's errors.
    pub async fn resource(&self, tenant: &str, key: ResourceRef<'_>) -> Result<(ResourceRecord, Revision)> {
        if let Some(found) = self.store.resource(tenant, key).await? {
            return Ok(found);
        }
        self.tenant(tenant).await?;
        Err(no_resource(key, "resource"))
    }

    /// A member by subject or normalised identifier, with their own grants and those of their teams.
    ///
    /// # Errors
    /// `TENANT_NOT_FOUND`, `MEMBER_NOT_FOUND`, and the errors of loading and of the store.
    pub async fn member(&self, tenant: &str, by: MemberBy<'_>) -> Result<FoundMember> {
        if let Some((record, revision)) = self.store.member(tenant, by).await? {
            let through = self.through_teams(tenant, &record.member.subject).await?;
            return Ok(FoundMember { record, through, revision });
        }
        self.tenant(tenant).await?;
        let called = match by {
            MemberBy::Subject(subject) => subject.to_string(),
            MemberBy::Email(text) | MemberBy::Username(text) | MemberBy::Phone(text) => text.to_owned(),
        };
        Err(no_member(&called))
    }

    /// The grants of the teams that a member belongs to, each with its team.
    async fn through_teams(&self, tenant: &str, member: &Subject) -> Result<Vec<(Subject, Grant)>> {
        let view = self.view(tenant, Consistency::MinimizeLatency).await?;
        let mut grants = Vec::new();
        for team in view.with(|facts, _| teams_of(facts, member.as_ref())) {
            let found = self.store.member(tenant, MemberBy::Subject(team.as_ref())).await?;
            grants.extend(found.into_iter().flat_map(|(team, _)| team.grants).map(|grant| (team.clone(), grant)));
        }
        Ok(grants)
    }
}
