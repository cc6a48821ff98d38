//! Single things as the store has them.

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
    /// The member with everything that they hold.
    pub record: MemberRecord,
    /// What they hold through teams, each with the team.
    pub through: Vec<(Subject, Grant)>,
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

    /// A member by subject or (normalised) identifier, with everything that they hold, themselves and through teams.
    ///
    /// # Errors
    /// `TENANT_NOT_FOUND`, `MEMBER_NOT_FOUND`, and what the store brings.
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

    /// What the teams hold that a member belongs to.
    async fn through_teams(&self, tenant: &str, member: &Subject) -> Result<Vec<(Subject, Grant)>> {
        let view = self.view(tenant, Consistency::MinimizeLatency).await?;
        let mut held = Vec::new();
        for team in view.with(|facts, _| teams_of(facts, member.as_ref())) {
            let found = self.store.member(tenant, MemberBy::Subject(team.as_ref())).await?;
            held.extend(found.into_iter().flat_map(|(team, _)| team.held).map(|grant| (team.clone(), grant)));
        }
        Ok(held)
    }
}
