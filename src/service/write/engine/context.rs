//! What a write is planned with, and the look-ups and decisions that plans share.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use rollcall_engine::{
    self as engine, Facts, Grant, Head, Invitation, Member, MembershipWrite, Node, Policy, PolicySet, Resource,
    ResourceKey, RoleId, Subject, Tenant, Timestamp, WriteId,
};

use crate::service::{
    Quotas, Service,
    error::{Error, ErrorKind, Result},
    ports::{MemberBy, MemberRecord, Random, Reading, ResourceRecord, Snapshot, TenantView, Views},
    resolve::{
        not_found::{no_invitation, no_member, no_resource},
        resources::find_node,
        rules::rule_name,
        types::meant,
    },
    write::engine::{
        answers::{MemberAnswer, ResourceAnswer},
        computation::Computations,
        refuse,
        request_context::RequestContext,
        secret::Secret,
    },
};

/// What a write is planned with: its request, the tenant at the revision before it, in the store and in memory, and the
/// time.
pub struct WriteContext<'a> {
    /// Who writes, for whom, and to which tenant.
    pub(crate) request: &'a RequestContext,
    /// What derives the tokens of the invitations that this write issues.
    pub(crate) secret: &'a Secret,
    pub(crate) random: &'a dyn Random,
    pub(crate) policies: Arc<PolicySet>,
    pub(super) quotas: Quotas,
    views: &'a dyn Views,
    computations: &'a Computations,
    /// The tenant in the store; none where there is no such tenant.
    snapshot: Option<Box<dyn Snapshot>>,
    /// The tenant in memory, at the same commit.
    view: Option<Arc<dyn TenantView>>,
    head: Head,
    write_id: WriteId,
    now: Timestamp,
    believed: Timestamp,
    relied_until: Option<Timestamp>,
    has_moved_on: AtomicBool,
}

/// A registered resource as a node of the tenant's tree, at the revision before the write.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ResourceNode {
    pub(crate) node: Node,
    /// Whether it is the tenant itself.
    pub(crate) is_root: bool,
}

/// A membership write that the policy permits.
pub(crate) struct PermittedWrite {
    /// The policy line that permits it, for the log: `lumicon@1:24`.
    pub(crate) rule: String,
    /// The roles that it removes from the target at the resource.
    pub(crate) removed_roles: Vec<RoleId>,
    /// Whether it assigns a role that the target does not hold at the resource yet.
    pub(crate) is_new_role: bool,
    /// When the actor's right to do this ends; none if it does not.
    pub(crate) until: Option<Timestamp>,
}

impl<'a> WriteContext<'a> {
    pub(crate) fn new(
        service: &'a Service,
        request: &'a RequestContext,
        snapshot: Option<Box<dyn Snapshot>>,
        view: Option<Arc<dyn TenantView>>,
        secret: &'a Secret,
    ) -> Self {
        let (views, random, computations) = (&*service.views, &*service.random, &service.computations);
        let (policies, quotas) = (service.policies(), service.quotas);
        let head = snapshot.as_ref().map(|snapshot| snapshot.head()).unwrap_or_default();
        // Times in a log never go back.
        let committed_at = snapshot.as_ref().map(|snapshot| snapshot.committed_at()).unwrap_or_default();
        let Reading { now, believed } = service.clock.reading();
        let (now, believed) = (now.max(committed_at), believed.max(committed_at));
        let write_id = random.bytes().first_chunk().map_or(WriteId::default(), |bytes| WriteId(*bytes));
        let has_moved_on = AtomicBool::new(false);
        Self {
            request,
            secret,
            random,
            policies,
            quotas,
            views,
            computations,
            snapshot,
            view,
            head,
            write_id,
            now,
            believed,
            relied_until: None,
            has_moved_on,
        }
    }

    /// The one instant at which this write is decided and happens.
    pub(crate) fn now(&self) -> Timestamp {
        self.now
    }

    /// The instant by which roles have ended for good: [`Self::now`], where the clock is believed.
    pub(super) fn believed(&self) -> Timestamp {
        self.believed
    }

    /// Notes that the plan rests on something that ends then, beside the roles in the view: by then it must have begun.
    pub(crate) fn rely_until(&mut self, end: Timestamp) {
        self.relied_until = Some(self.relied_until.map_or(end, |other| other.min(end)));
    }

    /// The first end of what was noted.
    pub(super) fn relied_until(&self) -> Option<Timestamp> {
        self.relied_until
    }

    /// The latest instant that is known to have passed: what ends by then has ended, whatever the clock says.
    pub(crate) fn latest(&self) -> Result<Timestamp> {
        Ok(self.view()?.with(|_, moment| moment.passed_end.max(self.now)))
    }

    /// The commit that this write makes, if it makes one.
    pub(crate) fn commit(&self) -> Head {
        Head { revision: self.head.revision.next(), write_id: self.write_id }
    }

    /// The tenant, which must exist.
    pub(crate) fn tenant(&self) -> Result<&Tenant> {
        let snapshot = self.snapshot.as_ref().ok_or_else(|| Error::tenant_not_found(&self.request.tenant))?;
        Ok(snapshot.tenant())
    }

    /// The tenant in the store, at the revision before this write.
    pub(crate) fn snapshot(&mut self) -> Result<&mut dyn Snapshot> {
        match &mut self.snapshot {
            Some(snapshot) => Ok(&mut **snapshot),
            None => Err(Error::tenant_not_found(&self.request.tenant)),
        }
    }

    /// Whether the tenant moved on while the write was planned: then nothing that was planned counts.
    pub(super) fn has_moved_on(&self) -> bool {
        let in_store = self.snapshot.as_ref().is_some_and(|snapshot| snapshot.has_moved_on());
        in_store || self.has_moved_on.load(Ordering::Relaxed)
    }

    /// The view of the tenant at the revision before this write.
    pub(crate) fn view(&self) -> Result<Arc<dyn TenantView>> {
        self.view.clone().ok_or_else(|| Error::tenant_not_found(&self.request.tenant))
    }

    /// A copy of the facts at the revision before this write, for what takes long: no write waits for its readers.
    pub(crate) fn copied_view(&self) -> Result<Arc<dyn TenantView>> {
        let copy = self.view()?.copy();
        if copy.head() == self.head { Ok(copy) } else { Err(self.note_moved_on()) }
    }

    /// Computes what takes long, beside the runtime's threads. The snapshot is given back, for others to read.
    pub(crate) async fn compute<T: Send + 'static>(
        &mut self,
        compute: impl FnOnce(&mut dyn FnMut() -> bool) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.snapshot = None;
        self.computations.run(compute).await
    }

    /// Reads the facts at the revision before this write.
    pub(crate) fn with_facts<T>(&self, read: impl FnOnce(&dyn Facts) -> Result<T>) -> Result<T> {
        self.view()?.with(|facts, moment| {
            if moment.revision == self.head.revision {
                return read(facts);
            }
            Err(self.note_moved_on())
        })
    }

    fn note_moved_on(&self) -> Error {
        self.has_moved_on.store(true, Ordering::Relaxed);
        let message = "the tenant has changed while the write was planned; try again";
        Error::new(ErrorKind::Aborted, "CONFLICT", message).with("tenant", self.request.tenant.clone())
    }

    /// The same facts under another policy.
    pub(crate) async fn view_under(&mut self, policy: &Arc<Policy>) -> Result<Arc<dyn TenantView>> {
        let (views, latest) = (self.views, self.latest()?);
        let view = views.open_under(self.snapshot()?, policy.clone()).await?;
        view.expire_by(latest);
        Ok(view)
    }

    /// The loaded policy of this name and version, which the request names in `field`; 0 for the newest version.
    pub(crate) fn loaded_policy(&self, name: &str, version: u32, field: &str) -> Result<Arc<Policy>> {
        let found = match version {
            0 => self.policies.newest(name).map_err(|unknown| meant(&unknown)),
            _ => self.policies.get(name, version).ok_or_else(|| format!(" at version {version}")),
        };
        found.cloned().map_err(|detail| {
            let description = format!("no policy `{name}` is loaded{detail}");
            Error::field("UNKNOWN_POLICY", field, description).with("policy", name)
        })
    }

    /// The registered resource that the request names in `field`; the tenant itself for the root type without an id.
    pub(crate) fn resource_node(&self, key: &ResourceKey, field: &str) -> Result<ResourceNode> {
        self.with_facts(|facts| {
            let node = find_node(facts, key, field)?;
            Ok(ResourceNode { node, is_root: node == facts.root() })
        })
    }

    /// The root resource as the log and the tables name it.
    pub(crate) fn root_key(&self) -> Result<ResourceKey> {
        self.with_facts(|facts| Ok(engine::name_of(facts, facts.root()).to_key()))
    }

    /// The root resource, whose type has the rules of writes to members as such.
    pub(crate) fn root(&self) -> Result<ResourceNode> {
        let root = self.with_facts(|facts| Ok(ResourceKey::new(facts.policy().root().name(), "")))?;
        self.resource_node(&root, "resource")
    }

    /// The role of this short name at a resource, which the request names in `field`.
    pub(crate) fn role(&self, resource: ResourceNode, name: &str, field: &str) -> Result<RoleId> {
        self.with_facts(|facts| {
            let resource_type = facts.policy().resource_type(facts.resource(resource.node).resource_type);
            facts.policy().find_role(resource_type, name).map(engine::Role::id).map_err(|unknown| {
                let message = format!("`{}` has no role `{name}`{}", resource_type.name(), meant(&unknown));
                Error::field("UNKNOWN_ROLE", field, message)
                    .with("role", name)
                    .with("resource_type", resource_type.name())
                    .with("nearest", unknown.nearest.join(","))
            })
        })
    }

    /// A role at a resource, as the log and the tables name it, without an expiry.
    pub(crate) fn grant(&self, resource: ResourceNode, role: RoleId) -> Result<Grant> {
        self.with_facts(|facts| {
            let key = engine::name_of(facts, resource.node).to_key();
            Ok(Grant::permanent(key, facts.policy().role(role).name()))
        })
    }

    /// A role at a resource with the expiry that it has where it is assigned to the member, else without one.
    pub(crate) fn assigned_grant(&self, record: &MemberRecord, resource: ResourceNode, role: RoleId) -> Result<Grant> {
        let named = self.grant(resource, role)?;
        Ok(record.grants.iter().find(|stored| stored.is_same_role(&named)).map_or(named, |stored| stored.grant.clone()))
    }

    /// The member that a write is about, who must exist.
    pub(crate) async fn member(&mut self, subject: &Subject) -> Result<MemberRecord> {
        let record = self.snapshot()?.member(MemberBy::Subject(subject.as_ref())).await?;
        record.ok_or_else(|| no_member(&subject.to_string()))
    }

    /// The stored record of a registered resource.
    pub(crate) async fn resource(&mut self, key: &ResourceKey) -> Result<ResourceRecord> {
        let found = self.snapshot()?.resource(key.as_ref()).await?;
        found.ok_or_else(|| no_resource(key.as_ref(), "resource"))
    }

    /// A resource as it will be after this write.
    pub(crate) fn resource_answer(&self, resource: Resource) -> ResourceAnswer {
        ResourceAnswer { resource, changed_at: self.commit() }
    }

    /// The invitation that a write is about, which must exist, and the commit that last changed it.
    pub(crate) async fn invitation(&mut self, id: &str) -> Result<(Invitation, Head)> {
        let found = self.snapshot()?.invitation(id).await?.ok_or_else(|| no_invitation(id))?;
        Ok((found.invitation, found.changed_at))
    }

    /// Decides whether the policy permits a membership write, on the facts before it.
    pub(crate) fn permit(
        &self,
        resource: ResourceNode,
        target: &Subject,
        write: MembershipWrite,
    ) -> Result<PermittedWrite> {
        self.permit_beside(resource, target, write, &[])
    }

    /// As [`Self::permit`], where the same write gives the target other roles before.
    pub(crate) fn permit_beside(
        &self,
        resource: ResourceNode,
        target: &Subject,
        write: MembershipWrite,
        beside: &[(Node, RoleId)],
    ) -> Result<PermittedWrite> {
        self.with_facts(|facts| {
            engine::permit_beside(facts, self.request.actor.as_ref(), resource.node, target.as_ref(), write, beside)
                .map(|permitted| PermittedWrite {
                    rule: rule_name(facts.policy(), permitted.rule.by().line()),
                    removed_roles: facts.policy().roles_in(permitted.removed_roles).map(engine::Role::id).collect(),
                    is_new_role: permitted.is_new_role,
                    until: permitted.until,
                })
                .map_err(|refusal| {
                    refuse::membership_write(facts, &self.request.actor, resource.node, target, write, &refusal)
                })
        })
    }

    /// The refusal of a write by which a role would outlast the actor's right to give it.
    pub(crate) fn outlasts(
        &self,
        resource: ResourceNode,
        target: &Subject,
        write: MembershipWrite,
        latest: Timestamp,
    ) -> Result<Error> {
        self.with_facts(|facts| {
            let refusal = engine::Refusal::OutlastsGranter { latest };
            Ok(refuse::membership_write(facts, &self.request.actor, resource.node, target, write, &refusal))
        })
    }

    /// A member as they will be after this write.
    pub(crate) fn member_answer(&self, member: Member) -> MemberAnswer {
        MemberAnswer { member, changed_at: self.commit() }
    }
}
