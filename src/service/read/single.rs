//! One tenant, resource or member, read from the store.

use rollcall_engine::{self as engine, Grant, GrantedBy, Head, Member, Moment, ResourceRef, Subject, Tenant};
use serde::{Deserialize, Serialize};

use crate::service::{
    Service,
    error::{Error, Result},
    ports::{MemberBy, ResourceRecord, StoredGrant},
    read::consistency::Consistency,
    resolve::{
        givers::Givers,
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
    /// The commit that last changed them or one of their bindings.
    pub changed_at: Head,
    /// At most `limit` of their roles: their own, then those of the teams that they belong to, by team; each by
    /// resource type, resource id and role.
    pub roles: Vec<MemberRole>,
    /// The page token of the next page of roles; none after the last page.
    pub next: Option<String>,
    /// The moment at which all of it was read.
    pub moment: Moment,
}

/// A role that a member has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberRole {
    /// The team that holds it; none where they themselves do.
    pub through: Option<Subject>,
    /// The role and where it is bound.
    pub grant: Grant,
    /// Who gave it; of one that a team has, to the team.
    pub granted_by: Option<GrantedBy>,
}

/// What a page token of a member's roles holds: the last role returned, in the order of its fields.
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
    /// `STORE_UNAVAILABLE` or `STORE_LOST`.
    pub async fn ready(&self) -> Result<()> {
        Ok(self.store.ping().await?)
    }

    /// Succeeds when the service can make writes: its store takes commits, and its clock is believed.
    ///
    /// # Errors
    /// What a write would end with.
    pub fn can_write(&self) -> Result<()> {
        self.store.can_commit()?;
        if self.clock.reading().is_believed() { Ok(()) } else { Err(Error::clock_not_believed()) }
    }

    /// A tenant, read with this consistency, and the moment at which it was read.
    ///
    /// # Errors
    /// `TENANT_NOT_FOUND`, and the errors of consistency and of the store.
    pub async fn tenant_at(&self, tenant: &str, consistency: Consistency<'_>) -> Result<(Tenant, Moment)> {
        let (snapshot, moment) = self.snapshot(tenant, consistency).await?;
        Ok((snapshot.tenant().clone(), moment))
    }

    /// A tenant and its newest commit.
    ///
    /// # Errors
    /// `TENANT_NOT_FOUND`, and the store's errors.
    pub async fn tenant(&self, tenant: &str) -> Result<(Tenant, Head)> {
        let (snapshot, _) = self.snapshot(tenant, Consistency::MinimizeLatency).await?;
        Ok((snapshot.tenant().clone(), snapshot.head()))
    }

    /// A registered resource, and the moment at which it was read. An empty id of the root type means the root.
    ///
    /// # Errors
    /// `TENANT_NOT_FOUND`, `RESOURCE_NOT_FOUND`, `UNKNOWN_RESOURCE_TYPE`, `FIELD_REQUIRED` for a resource without an id,
    /// and the errors of consistency, of loading and of the store.
    pub async fn resource(
        &self,
        tenant: &str,
        key: ResourceRef<'_>,
        consistency: Consistency<'_>,
    ) -> Result<(ResourceRecord, Moment)> {
        let mut at = self.snapshot_and_view(tenant, consistency).await?;
        if let Some(record) = at.snapshot.resource(key).await? {
            return Ok((record, at.moment));
        }
        // The root by its type alone; or why there is no such resource.
        let named = self.facts_in(&mut at, |facts, _| {
            find_node(facts, &key.to_key(), "resource").map(|node| engine::name_of(facts, node).to_key())
        });
        let named = named.await??;
        let record = at.snapshot.resource(named.as_ref()).await?.ok_or_else(|| no_resource(key, "resource"))?;
        Ok((record, at.moment))
    }

    /// A member by subject or normalised identifier, with a page of their roles, their own and those of their teams, at
    /// most `limit` of them, all read at one moment.
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
        let (kind, called) = match by {
            MemberBy::Subject(subject) => ("subject", subject.to_string()),
            MemberBy::Email(text) => ("email", text.to_owned()),
            MemberBy::Username(text) => ("username", text.to_owned()),
            MemberBy::Phone(text) => ("phone", text.to_owned()),
        };
        let page = self.page_token(&["member", tenant, kind, &called]);
        let after: Option<RoleCursor> = page.decode(page_token)?;
        let mut at = self.snapshot_and_view(tenant, consistency).await?;
        let record = at.snapshot.member(by).await?.ok_or_else(|| no_member(&called))?;
        let subject = record.member.subject.clone();
        let teams = self.facts_in(&mut at, |facts, moment| (teams_of(facts, subject.as_ref()), *moment));
        let (teams, moment) = teams.await?;
        let now = self.clock.now().max(moment.passed_end).max(at.snapshot.committed_at());
        // One that has ended counts no more, though the log may not say so yet.
        let lasts = |stored: &StoredGrant| stored.expires_at.is_none_or(|end| end > now);
        let own = record.grants.into_iter().filter(lasts).map(|stored| (None, stored));
        let mut roles: Vec<(Option<Subject>, StoredGrant)> = own.collect();
        for team in teams {
            let found = at.snapshot.member(MemberBy::Subject(team.as_ref())).await?;
            let grants = found.into_iter().flat_map(|record| record.grants).filter(lasts);
            roles.extend(grants.map(|stored| (Some(team.clone()), stored)));
        }
        roles.sort_by_cached_key(RoleCursor::of);
        roles.retain(|role| after.as_ref().is_none_or(|after| RoleCursor::of(role) > *after));
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let more = roles.len() > limit;
        roles.truncate(limit);
        let next = roles.last().filter(|_| more).map(|last| page.encode(&RoleCursor::of(last)));
        let givers = Givers::find(&mut *at.snapshot, roles.iter().map(|(_, stored)| stored)).await?;
        let role = |(through, StoredGrant { grant, giver, .. }): (Option<Subject>, StoredGrant)| {
            let granted_by = givers.granted_by(&giver);
            MemberRole { through, grant, granted_by }
        };
        let roles = roles.into_iter().map(role).collect();
        Ok(FoundMember { member: record.member, changed_at: record.changed_at, roles, next, moment })
    }
}

impl RoleCursor {
    fn of((through, stored): &(Option<Subject>, StoredGrant)) -> Self {
        let Grant { resource, role, .. } = &stored.grant;
        Self {
            through: through.as_ref().map(|team| (team.kind.clone(), team.id.clone())),
            resource: (resource.kind.clone(), resource.id.clone()),
            role: role.clone(),
        }
    }
}
