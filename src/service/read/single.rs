//! One tenant, resource or member, read from the store.

use rollcall_engine::{self as engine, Grant, Member, ResourceRef, Revision, Subject, Tenant};
use serde::{Deserialize, Serialize};

use crate::service::{
    Service,
    error::{Error, Result},
    ports::{MemberBy, ResourceRecord},
    read::consistency::{Consistency, check_fresh, least_revision},
    resolve::{
        not_found::{no_member, no_resource},
        resources::find_node,
        teams::teams_of,
    },
};

/// A member and a page of their roles.
#[derive(Debug)]
pub struct FoundMember {
    /// The member's profile and status.
    pub member: Member,
    /// The revision that last changed them or one of their bindings.
    pub changed_at: Revision,
    /// At most `limit` of their roles: their own, then those of the teams that they belong to, by team; each by
    /// resource type, resource id and role. Those of teams may be of another revision than the member.
    pub roles: Vec<MemberRole>,
    /// The page token of the next page of roles; none after the last page.
    pub next: Option<String>,
    /// The tenant's revision at which the member was read.
    pub revision: Revision,
}

/// A role that a member has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberRole {
    /// The team that holds it; none where they themselves do.
    pub through: Option<Subject>,
    /// The role and where it is bound.
    pub grant: Grant,
}

/// What a page token of a member's roles holds: the last role returned, as [`MemberRole::key`] orders them.
#[derive(PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct RoleCursor {
    through: Option<(String, String)>,
    resource: (String, String),
    role: String,
}

impl Service {
    /// Succeeds when the store answers.
    ///
    /// # Errors
    /// `STORE_UNAVAILABLE`.
    pub async fn ready(&self) -> Result<()> {
        Ok(self.store.ping().await?)
    }

    /// A tenant and its newest revision, read with this consistency.
    ///
    /// # Errors
    /// `TENANT_NOT_FOUND`, and the errors of consistency and of the store.
    pub async fn tenant_at(&self, tenant: &str, consistency: Consistency<'_>) -> Result<(Tenant, Revision)> {
        let least = least_revision(tenant, consistency)?;
        let (found, revision) = self.tenant(tenant).await?;
        check_fresh(tenant, revision, least)?;
        Ok((found, revision))
    }

    /// A tenant and its newest revision.
    ///
    /// # Errors
    /// `TENANT_NOT_FOUND`, and the store's errors.
    pub async fn tenant(&self, tenant: &str) -> Result<(Tenant, Revision)> {
        self.store.tenant(tenant).await?.ok_or_else(|| Error::tenant_not_found(tenant))
    }

    /// A registered resource, and the revision at which it was read. An empty id of the root type means the root.
    ///
    /// # Errors
    /// `TENANT_NOT_FOUND`, `RESOURCE_NOT_FOUND`, `UNKNOWN_RESOURCE_TYPE`, `FIELD_REQUIRED` for a resource without an id,
    /// and the errors of consistency, of loading and of the store.
    pub async fn resource(
        &self,
        tenant: &str,
        key: ResourceRef<'_>,
        consistency: Consistency<'_>,
    ) -> Result<(ResourceRecord, Revision)> {
        let least = least_revision(tenant, consistency)?;
        if let Some((record, revision)) = self.store.resource(tenant, key).await? {
            check_fresh(tenant, revision, least)?;
            return Ok((record, revision));
        }
        // The root by its type alone; or why there is no such resource.
        let view = self.view(tenant, consistency).await?;
        let named = view.with(|facts, _| {
            find_node(facts, &key.to_key(), "resource").map(|node| engine::name_of(facts, node).to_key())
        })?;
        let found = self.store.resource(tenant, named.as_ref()).await?;
        let (record, revision) = found.ok_or_else(|| no_resource(key, "resource"))?;
        check_fresh(tenant, revision, least)?;
        Ok((record, revision))
    }

    /// A member by subject or normalised identifier, with a page of their roles, their own and those of their teams, at
    /// most `limit` of them.
    ///
    /// # Errors
    /// `TENANT_NOT_FOUND`, `MEMBER_NOT_FOUND`, `INVALID_PAGE_TOKEN`, and the errors of consistency, of loading and of
    /// the store.
    pub async fn member(
        &self,
        tenant: &str,
        by: MemberBy<'_>,
        consistency: Consistency<'_>,
        (limit, page_token): (u32, &str),
    ) -> Result<FoundMember> {
        let least = least_revision(tenant, consistency)?;
        let (kind, called) = match by {
            MemberBy::Subject(subject) => ("subject", subject.to_string()),
            MemberBy::Email(text) => ("email", text.to_owned()),
            MemberBy::Username(text) => ("username", text.to_owned()),
            MemberBy::Phone(text) => ("phone", text.to_owned()),
        };
        let page = self.page_token(&["member", tenant, kind, &called]).await?;
        let after: Option<RoleCursor> = page.decode(page_token)?;
        let Some((record, revision)) = self.store.member(tenant, by).await? else {
            let (_, revision) = self.tenant(tenant).await?;
            check_fresh(tenant, revision, least)?;
            return Err(no_member(&called));
        };
        check_fresh(tenant, revision, least)?;
        let own = record.grants.into_iter().map(|grant| MemberRole { through: None, grant });
        let mut roles: Vec<MemberRole> =
            own.chain(self.through_teams(tenant, &record.member.subject, consistency).await?).collect();
        roles.sort_by_cached_key(MemberRole::key);
        roles.retain(|role| after.as_ref().is_none_or(|after| role.key() > *after));
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let more = roles.len() > limit;
        roles.truncate(limit);
        let next = roles.last().filter(|_| more).map(|last| page.encode(&last.key()));
        Ok(FoundMember { member: record.member, changed_at: record.changed_at, roles, next, revision })
    }

    /// The roles of the teams that a member belongs to.
    async fn through_teams(
        &self,
        tenant: &str,
        member: &Subject,
        consistency: Consistency<'_>,
    ) -> Result<Vec<MemberRole>> {
        let view = self.view(tenant, consistency).await?;
        let mut roles = Vec::new();
        for team in view.with(|facts, _| teams_of(facts, member.as_ref())) {
            let found = self.store.member(tenant, MemberBy::Subject(team.as_ref())).await?;
            let grants = found.into_iter().flat_map(|(record, _)| record.grants);
            roles.extend(grants.map(|grant| MemberRole { through: Some(team.clone()), grant }));
        }
        Ok(roles)
    }
}

impl MemberRole {
    fn key(&self) -> RoleCursor {
        let Grant { resource, role, .. } = &self.grant;
        RoleCursor {
            through: self.through.as_ref().map(|team| (team.kind.clone(), team.id.clone())),
            resource: (resource.kind.clone(), resource.id.clone()),
            role: role.clone(),
        }
    }
}
