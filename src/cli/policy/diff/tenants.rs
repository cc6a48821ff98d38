//! Whom a difference meets: the members of the tenants that run the old policy, read beside a server.

use std::{error::Error as _, iter, sync::Arc};

use rollcall_engine::{
    Effects, Loading, MemberStatus, Policy, ResourceRef, Revision, Snapshot, SubjectRef, Tenant, Timestamp, effects,
};

use crate::{
    cli::policy::file::Mistake,
    serve::SystemClock,
    service::{PolicyIncompatibilities, ports::Clock as _},
    store::{ReadError, SqlReader},
};

/// What changes for the members of one tenant.
pub(super) struct TenantDiff {
    pub(super) tenant: String,
    /// What of its facts has no place under the new policy, in one sentence.
    pub(super) misfits: Option<String>,
    pub(super) effects: Effects,
}

/// What is asked of a database.
pub(super) struct Comparison<'a> {
    pub(super) database: &'a str,
    /// Only this tenant.
    pub(super) tenant: Option<&'a str>,
    /// How many effects of each tenant are kept.
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
                let compared = self.one(&reader, id, old, new).await;
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

    /// None when the tenant is gone meanwhile.
    async fn one(
        &self,
        reader: &SqlReader,
        id: String,
        old: &Arc<Policy>,
        new: &Arc<Policy>,
    ) -> Result<Option<TenantDiff>, ReadError> {
        let mut facts = Facts {
            now: SystemClock.now(),
            tenant: None,
            before: Loading::under(Arc::clone(old)),
            after: Loading::under(Arc::clone(new)),
            misfits: PolicyIncompatibilities::of(new),
        };
        reader.load(&id, &mut facts).await?;
        let Facts { tenant, before, after, mut misfits, .. } = facts;
        let (Some(tenant), Ok(Some(before)), Ok(Some(after))) = (tenant, before.finish(), after.finish()) else {
            return Ok(None);
        };
        misfits.compare(&before, &after);
        let misfits = misfits.finish(&tenant).err().map(|error| error.message);
        Ok(Some(TenantDiff { tenant: id, misfits, effects: effects(&before, &after, self.most) }))
    }

    fn unreadable(&self, error: &ReadError) -> Mistake {
        let causes = iter::successors(error.source(), |error| (**error).source());
        let why: Vec<String> = iter::once(error.to_string()).chain(causes.map(ToString::to_string)).collect();
        Mistake::Unreadable(format!("can't read the database `{}`: {}", self.database, why.join(": ")))
    }
}

/// A tenant's facts under both policies, of one revision.
struct Facts<'p> {
    /// What ended before counts no more.
    now: Timestamp,
    tenant: Option<Tenant>,
    before: Loading<'static>,
    after: Loading<'static>,
    misfits: PolicyIncompatibilities<'p>,
}

impl Snapshot for Facts<'_> {
    fn tenant(&mut self, tenant: Tenant, revision: Revision) {
        self.before.tenant(tenant.clone(), revision);
        self.after.tenant(tenant.clone(), revision);
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
        self.misfits.resource(key, parent, owner, archived);
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
        self.misfits.binding(holder, resource, role, expires_at);
        if expires_at.is_none_or(|end| end > self.now) {
            self.before.binding(holder, resource, role, expires_at);
            self.after.binding(holder, resource, role, expires_at);
        }
    }
}
