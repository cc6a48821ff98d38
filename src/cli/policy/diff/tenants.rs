//! Compares two policies over the members of the tenants that run the old one, read from a database beside its server.

use std::{error::Error as _, iter, sync::Arc};

use rollcall_engine::{
    Effects, Head, MemberStatus, Policy, ResourceRef, SnapshotSink, SubjectRef, Tenant, Timestamp, ViewBuilder, effects,
};

use crate::{
    cli::policy::file::Mistake,
    serve::SystemClock,
    service::{PolicyIncompatibilities, ports::Clock as _},
    store::{ReadError, SqlReader, shown},
};

/// What changes for the members of one tenant.
pub(super) struct TenantDiff {
    pub(super) tenant: String,
    /// Which of its facts the new policy does not allow, in one sentence; none where it allows all.
    pub(super) incompatibilities: Option<String>,
    pub(super) effects: Effects,
}

/// Over which tenants of a database to compare.
pub(super) struct Comparison<'a> {
    pub(super) database: &'a str,
    /// Only this tenant; every one on the old policy when none.
    pub(super) tenant: Option<&'a str>,
    /// The most effects of each tenant to list; the rest is counted.
    pub(super) most: usize,
}

impl Comparison<'_> {
    /// Compares two policies over every tenant that runs the old one, in the order of their ids.
    pub(super) fn compare(&self, old: &Arc<Policy>, new: &Arc<Policy>) -> Result<Vec<TenantDiff>, Mistake> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| Mistake::Unreadable(error.to_string()))?;
        runtime.block_on(async {
            let reader = SqlReader::open(self.database).await.map_err(|error| self.unreadable(&error))?;
            let ids = self.tenants(&reader, old).await?;
            let mut found = Vec::with_capacity(ids.len());
            for id in ids {
                let compared = self.compare_tenant(&reader, id, old, new).await;
                found.extend(compared.map_err(|error| self.unreadable(&error))?);
            }
            reader.close().await.map_err(|error| self.unreadable(&error))?;
            Ok(found)
        })
    }

    /// The ids of the tenants to compare over.
    async fn tenants(&self, reader: &SqlReader, old: &Policy) -> Result<Vec<String>, Mistake> {
        let (name, version) = (old.name(), old.version());
        let Some(id) = self.tenant else {
            return reader.tenants_on(name, version).await.map_err(|error| self.unreadable(&error));
        };
        match reader.tenant(id).await.map_err(|error| self.unreadable(&error))? {
            None => Err(Mistake::Unknown(format!("no tenant in `{}` is called `{id}`", self.database))),
            Some((tenant, _)) if tenant.policy != name || tenant.policy_version != version => {
                let runs = format!("`{}` version {}", tenant.policy, tenant.policy_version);
                Err(Mistake::Unknown(format!("tenant `{id}` runs policy {runs}, not `{name}` version {version}")))
            }
            Some(_) => Ok(vec![id.to_owned()]),
        }
    }

    /// Compares over one tenant; none when it was deleted meanwhile.
    async fn compare_tenant(
        &self,
        reader: &SqlReader,
        id: String,
        old: &Arc<Policy>,
        new: &Arc<Policy>,
    ) -> Result<Option<TenantDiff>, ReadError> {
        let mut facts = TenantFacts {
            now: SystemClock::new().now(),
            tenant: None,
            before: ViewBuilder::new(Arc::clone(old)),
            after: ViewBuilder::new(Arc::clone(new)),
            incompatibilities: PolicyIncompatibilities::of(new),
        };
        reader.load(&id, &mut facts).await?;
        let TenantFacts { tenant, before, after, mut incompatibilities, .. } = facts;
        let (Some(tenant), Ok(Some(before)), Ok(Some(after))) = (tenant, before.finish(), after.finish()) else {
            return Ok(None);
        };
        incompatibilities.compare(&before, &after);
        let incompatibilities = incompatibilities.finish(&tenant).err().map(|error| error.message);
        let effects = effects(&before, &after, self.most, &mut || true).unwrap_or_default();
        Ok(Some(TenantDiff { tenant: id, incompatibilities, effects }))
    }

    fn unreadable(&self, error: &ReadError) -> Mistake {
        let causes = iter::successors(error.source(), |error| (**error).source());
        let why: Vec<String> = iter::once(error.to_string()).chain(causes.map(ToString::to_string)).collect();
        Mistake::Unreadable(format!("can't read the database `{}`: {}", shown(self.database), why.join(": ")))
    }
}

/// A tenant's facts under both policies, of one revision.
struct TenantFacts<'p> {
    /// Bindings that ended before count no more.
    now: Timestamp,
    tenant: Option<Tenant>,
    before: ViewBuilder<'static>,
    after: ViewBuilder<'static>,
    incompatibilities: PolicyIncompatibilities<'p>,
}

impl SnapshotSink for TenantFacts<'_> {
    fn tenant(&mut self, tenant: Tenant, head: Head) {
        self.before.tenant(tenant.clone(), head);
        self.after.tenant(tenant.clone(), head);
        self.tenant = Some(tenant);
    }

    fn resource(
        &mut self,
        key: ResourceRef<'_>,
        parent: Option<ResourceRef<'_>>,
        owner: Option<SubjectRef<'_>>,
        archived: bool,
    ) {
        self.before.resource(key, parent, owner, archived);
        self.after.resource(key, parent, owner, archived);
        self.incompatibilities.resource(key, parent, owner, archived);
    }

    fn types_with_deleted(&self) -> Vec<String> {
        [self.before.types_with_deleted(), self.after.types_with_deleted()].concat()
    }

    fn deleted_resource(&mut self, key: ResourceRef<'_>) {
        self.before.deleted_resource(key);
        self.after.deleted_resource(key);
    }

    fn member(&mut self, subject: SubjectRef<'_>, status: MemberStatus, locked: bool) {
        self.before.member(subject, status, locked);
        self.after.member(subject, status, locked);
    }

    fn binding(
        &mut self,
        holder: SubjectRef<'_>,
        resource: ResourceRef<'_>,
        role: &str,
        expires_at: Option<Timestamp>,
    ) {
        self.incompatibilities.binding(holder, resource, role, expires_at);
        if expires_at.is_none_or(|end| end > self.now) {
            self.before.binding(holder, resource, role, expires_at);
            self.after.binding(holder, resource, role, expires_at);
        }
    }
}
