use std::{sync::Arc, time::Duration};

use rollcall_engine::{
    self as engine, Facts, Grant, Invitation, Member, MembershipWrite, Node, Policy, PolicySet, Resource, ResourceKey,
    Revision, RoleId, Subject, Tenant, Timestamp, Token,
};

use crate::service::{
    Quotas, Service,
    error::{Error, ErrorKind, Result},
    ports::{MemberBy, MemberRecord, Random, ResourceRecord, Store, TenantView, Views, WriteTx},
    resolve::{
        not_found::{no_invitation, no_member, no_resource},
        resources::find_node,
        types::meant,
    },
    write::engine::{
        answers::{MemberAnswer, ResourceAnswer},
        refuse,
        request_context::RequestContext,
        secret::Secret,
    },
};

/// The span in which issued invitations are counted.
const DAY: Duration = Duration::from_hours(24);

/// What a plan is made with: the transaction to read through, the facts at the revision before the write, the
/// time, and the call itself.
pub struct WriteContext<'a> {
    pub(crate) call: &'a RequestContext,
    pub(crate) tx: &'a mut dyn WriteTx,
    pub(crate) secret: &'a Secret,
    pub(crate) random: &'a dyn Random,
    pub(crate) policies: Arc<PolicySet>,
    pub(crate) store: &'a dyn Store,
    limits: Quotas,
    views: &'a dyn Views,
    view: Option<Arc<dyn TenantView>>,
    now: Timestamp,
}

/// A place in the tenant's tree that a write is about.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ResourceNode {
    pub(crate) node: Node,
    pub(crate) is_root: bool,
}

/// A membership write that the policy allows.
pub(crate) struct Permission {
    /// The policy line that allows it, for the log.
    pub(crate) rule: String,
    /// The roles that it takes from the target at the place.
    pub(crate) taken: Vec<RoleId>,
    /// Whether the role asked for is new to the target.
    pub(crate) gives: bool,
    /// Until when the actor may do this, if some end is known after which they may not.
    pub(crate) until: Option<Timestamp>,
}

impl<'a> WriteContext<'a> {
    pub(crate) fn new(
        service: &'a Service,
        call: &'a RequestContext,
        tx: &'a mut dyn WriteTx,
        view: Option<Arc<dyn TenantView>>,
        secret: &'a Secret,
    ) -> Self {
        let (policies, now) = (service.policies(), service.clock.now());
        let (store, views, random) = (&*service.store, &*service.views, &*service.random);
        Self { call, tx, secret, random, policies, store, limits: service.limits, views, view, now }
    }

    /// When this write happens.
    pub(crate) fn now(&self) -> Timestamp {
        self.now
    }

    /// The revision that this write makes.
    pub(crate) fn revision(&self) -> Revision {
        self.tx.revision()
    }

    /// The tenant, which must exist.
    pub(crate) fn tenant(&self) -> Result<&Tenant> {
        self.tx.tenant().ok_or_else(|| Error::no_tenant(&self.call.tenant))
    }

    /// The facts at the revision before this write.
    pub(crate) fn view(&self) -> Result<Arc<dyn TenantView>> {
        self.view.clone().ok_or_else(|| Error::no_tenant(&self.call.tenant))
    }

    /// Looks at the facts.
    pub(crate) fn with<T>(&self, look: impl FnOnce(&dyn Facts) -> Result<T>) -> Result<T> {
        self.view()?.with(|facts, _| look(facts))
    }

    /// The same facts under another policy.
    pub(crate) async fn under(&mut self, policy: &Arc<Policy>) -> Result<Arc<dyn TenantView>> {
        let view = self.views.open_under(&self.call.tenant, policy.clone()).await?;
        let view = view.ok_or_else(|| Error::no_tenant(&self.call.tenant))?;
        if view.revision().next() == self.revision() {
            return Ok(view);
        }
        let message = "the tenant is not as it was when this write began; try again";
        Err(Error::new(ErrorKind::Aborted, "CONFLICT", message).with("tenant", self.call.tenant.clone()))
    }

    /// Refuses whoever is no operator, before any policy is asked.
    pub(crate) fn operators_only(&self, operation: &'static str, what: &str) -> Result<()> {
        let actor = &self.call.actor;
        if actor.as_ref().is_operator() {
            return Ok(());
        }
        let message = format!("`{actor}` may not {what}: only an operator may");
        Err(Error::new(ErrorKind::PermissionDenied, "NOT_PERMITTED", message)
            .with("actor", actor.to_string())
            .with("operation", operation)
            .with("permitted_to", "operator"))
    }

    /// The loaded policy of this name and version, the newest for 0, which the request asks for in `field`.
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

    /// The registered resource that the request names in `field`; the tenant itself for the root type.
    pub(crate) fn resource_node(&self, key: &ResourceKey, field: &str) -> Result<ResourceNode> {
        self.with(|facts| {
            let node = find_node(facts, key, field)?;
            Ok(ResourceNode { node, is_root: node == facts.root() })
        })
    }

    /// The resource whose rules govern what is written to members themselves: the tenant.
    pub(crate) fn root(&self) -> Result<ResourceNode> {
        let root = self.with(|facts| Ok(ResourceKey::new(facts.policy().root().name(), "")))?;
        self.resource_node(&root, "resource")
    }

    /// The role of this name at a place, which the request names in `field`.
    pub(crate) fn role(&self, place: ResourceNode, name: &str, field: &str) -> Result<RoleId> {
        self.with(|facts| {
            let of = facts.policy().resource_type(facts.resource(place.node).of);
            facts.policy().find_role(of, name).map(engine::Role::id).map_err(|unknown| {
                let message = format!("`{}` has no role `{name}`{}", of.name(), meant(&unknown));
                Error::field("UNKNOWN_ROLE", field, message)
                    .with("role", name)
                    .with("resource_type", of.name())
                    .with("nearest", unknown.nearest.join(","))
            })
        })
    }

    /// A role at a place, as the log and the tables name it.
    pub(crate) fn grant(&self, place: ResourceNode, role: RoleId) -> Result<Grant> {
        self.with(|facts| {
            let resource = engine::name_of(facts, place.node).to_key();
            Ok(Grant::lasting(resource, facts.policy().role(role).name()))
        })
    }

    /// A role that a member holds at a place, with its end.
    pub(crate) fn held(&self, record: &MemberRecord, place: ResourceNode, role: RoleId) -> Result<Grant> {
        let named = self.grant(place, role)?;
        Ok(record.held.iter().find(|held| held.is_role_of(&named)).cloned().unwrap_or(named))
    }

    /// Refuses an end that is over already, which the request gives in `field`.
    pub(crate) fn not_over(&self, expires_at: Option<Timestamp>, field: &str) -> Result<()> {
        match expires_at {
            Some(end) if end <= self.now => {
                Err(Error::field("FIELD_INVALID", field, "is in the past; name a time that is yet to come, or none"))
            }
            _ => Ok(()),
        }
    }

    /// The member that a write is about, who must exist.
    pub(crate) async fn member(&mut self, subject: &Subject) -> Result<MemberRecord> {
        self.tenant()?;
        let record = self.tx.member(MemberBy::Subject(subject.as_ref())).await?;
        record.ok_or_else(|| no_member(&subject.to_string()))
    }

    /// A registered resource as it is.
    pub(crate) async fn resource(&mut self, key: &ResourceKey) -> Result<ResourceRecord> {
        let found = self.tx.resource(key.as_ref()).await?;
        found.ok_or_else(|| no_resource(key.as_ref(), "resource"))
    }

    /// Refuses when somebody changed the resource since the caller read it.
    pub(crate) fn resource_unchanged(&self, record: &ResourceRecord, etag: &str) -> Result<()> {
        self.check_etag(record.changed_at, etag, "resource", record.resource.key.to_string())
    }

    /// A resource as it will be after this write.
    pub(crate) fn resource_answer(&self, resource: Resource) -> ResourceAnswer {
        ResourceAnswer { resource, changed_at: self.revision() }
    }

    /// Refuses when somebody changed the member since the caller read them.
    pub(crate) fn unchanged(&self, record: &MemberRecord, etag: &str) -> Result<()> {
        self.check_etag(record.changed_at, etag, "member", record.member.subject.to_string())
    }

    /// Refuses when somebody changed the invitation since the caller read it.
    pub(crate) fn invitation_unchanged(&self, id: &str, changed_at: Revision, etag: &str) -> Result<()> {
        self.check_etag(changed_at, etag, "invitation", id.to_owned())
    }

    fn check_etag(&self, changed_at: Revision, etag: &str, what: &'static str, name: String) -> Result<()> {
        let current = Token::encode(&self.call.tenant, changed_at);
        if etag.is_empty() || etag == current {
            return Ok(());
        }
        let message = format!("`{name}` was changed meanwhile; read it again");
        Err(Error::new(ErrorKind::Aborted, "ETAG_MISMATCH", message).with(what, name).with("current_etag", current))
    }

    /// The invitation that a write is about, which must exist, and the revision that last changed it.
    pub(crate) async fn invitation(&mut self, id: &str) -> Result<(Invitation, Revision)> {
        self.tenant()?;
        self.tx.invitation(id).await?.ok_or_else(|| no_invitation(id))
    }

    /// Refuses when the tenant would have issued more invitations in a day than it may.
    pub(crate) async fn check_invitation_quota(&mut self, count: u64) -> Result<()> {
        let limit = u64::from(self.limits.invitations_per_day);
        let exhausted = |message: String| {
            let error = Error::new(ErrorKind::ResourceExhausted, "INVITATION_LIMIT", message);
            error.with("tenant", self.call.tenant.clone()).with("limit", limit.to_string())
        };
        let Some(spare) = limit.checked_sub(count) else {
            let message = format!("a tenant may issue {limit} invitations in a day, and these are {count}; send fewer");
            return Err(exhausted(message));
        };
        if count == 0 {
            return Ok(());
        }
        // With the invitation before the newest `spare` ones, those of this day and these would be one too many.
        let Some(one_too_many) = self.tx.issued_before(spare, self.now.minus(DAY)).await? else { return Ok(()) };
        let message = format!("a tenant may issue {limit} invitations in a day, and this one has; try again later");
        let wait = one_too_many.plus(DAY).since(self.now);
        Err(Error { retry_after: u32::try_from(wait.as_secs() + 1).ok(), ..exhausted(message) })
    }

    /// Asks the policy about a membership write, as it stands now.
    pub(crate) fn permit(&self, place: ResourceNode, target: &Subject, wanted: MembershipWrite) -> Result<Permission> {
        self.with(|facts| {
            engine::permit(facts, self.call.actor.as_ref(), place.node, target.as_ref(), wanted)
                .map(|permitted| Permission {
                    rule: rule_name(facts.policy(), permitted.rule.by().line()),
                    taken: facts.policy().roles_in(permitted.removed_roles).map(engine::Role::id).collect(),
                    gives: permitted.is_new_role,
                    until: permitted.until,
                })
                .map_err(|refusal| refuse::refused(facts, self.call, place.node, target, wanted, &refusal))
        })
    }

    /// Refuses when an identifier belongs to somebody else than `owner`.
    pub(crate) async fn check_identifier_free(
        &mut self,
        by: MemberBy<'_>,
        field: &str,
        owner: Option<&Subject>,
    ) -> Result<()> {
        let taken = self.tx.member(by).await?.filter(|record| Some(&record.member.subject) != owner);
        let Some(holder) = taken else { return Ok(()) };
        let (identifier, value) = match by {
            MemberBy::Email(value) => ("email", value.to_owned()),
            MemberBy::Username(value) => ("username", value.to_owned()),
            MemberBy::Phone(value) => ("phone", value.to_owned()),
            MemberBy::Subject(subject) => ("subject", subject.to_string()),
        };
        let message = format!("{identifier} `{value}` belongs to `{}` already", holder.member.subject);
        Err(Error::new(ErrorKind::AlreadyExists, "IDENTIFIER_TAKEN", message)
            .with("identifier", identifier)
            .with("value", value)
            .violation(field, "belongs to another member"))
    }

    /// A member as they will be after this write.
    pub(crate) fn answer(&self, member: Member) -> MemberAnswer {
        MemberAnswer { member, changed_at: self.revision() }
    }
}

/// A policy line as the log names it.
pub(crate) fn rule_name(policy: &Policy, line: u32) -> String {
    format!("{}@{}:{line}", policy.name(), policy.version())
}
