use std::collections::BTreeMap;

use async_trait::async_trait;

use crate::{
    domain::{Change, MemberStatus, ResourceRef, Revision, SubjectRef, Tenant, Timestamp},
    policy::{self, Facts, Policy},
};

use super::{
    super::{
        error::{Error, Kind, Result},
        ports::Snapshot,
    },
    answers::PolicySet,
    run::{Plan, Write},
    session::Session,
};

/// The most effects that an answer has.
const MAX_EFFECTS: usize = 1000;
/// An error travels in HTTP headers, which peers limit: this many things that do not fit are told at most.
const MOST_TOLD: usize = 20;

/// Moves a tenant to another version of its policy, and tells who gains and loses what. An operator's write.
#[derive(Clone, Debug)]
pub struct SetPolicy {
    /// The name of the tenant's policy, or empty.
    pub policy: String,
    /// The version to run; 0 for the newest.
    pub version: u32,
}

#[async_trait]
impl Write for SetPolicy {
    type Answer = PolicySet;

    async fn plan(&self, session: &mut Session<'_>) -> Result<Plan<PolicySet>> {
        session.operators_only("set_policy", "move a tenant to another version of its policy")?;
        let tenant = session.tenant()?.clone();
        if !self.policy.is_empty() && self.policy != tenant.policy {
            let description = format!(
                "is `{}`; a tenant that runs `{}` can be moved to another version of that only",
                self.policy, tenant.policy
            );
            return Err(Error::field("FIELD_INVALID", "policy", description));
        }
        let policy = session.loaded_policy(&tenant.policy, self.version, "policy_version")?;
        let (from, to) = (tenant.policy_version, policy.version());
        if from == to {
            let message = format!("tenant `{}` runs policy `{}` version {to} already", tenant.id, policy.name());
            return Err(Error::new(Kind::FailedPrecondition, "POLICY_UNCHANGED", message)
                .with("tenant", tenant.id)
                .with("policy", policy.name())
                .with("version", to.to_string()));
        }
        let mut misfits = Misfits::of(&policy);
        session.store.load(&tenant.id, &mut misfits).await?;
        misfits.finish(&tenant)?;
        let (before, after) = (session.view()?, session.under(&policy).await?);
        let told = tenant.clone();
        // A look at every member takes a while where there are many, and this thread has others to serve.
        let compared = tokio::task::spawn_blocking(move || {
            before.with(|before, _| {
                after.with(|after, _| {
                    let mut misfits = Misfits::of(after.policy());
                    misfits.holders(before, after);
                    misfits.finish(&told).map(|()| policy::effects(before, after, MAX_EFFECTS))
                })
            })
        });
        let effects = compared.await.map_err(Error::internal)??;
        let answer = PolicySet {
            tenant: Tenant { policy_version: to, ..tenant.clone() },
            root_type: policy.root().name().to_owned(),
            effects: effects.first,
            total: effects.total,
        };
        let changes = vec![Change::PolicySet { policy: tenant.policy, from, to }];
        Ok(Plan { changes, rule: "operator".to_owned(), answer })
    }
}

/// What of a tenant's facts has no place under a policy: each by its name, with how many there are.
struct Misfits<'p> {
    policy: &'p Policy,
    resources: BTreeMap<String, u64>,
    roles: BTreeMap<String, u64>,
    at_least: BTreeMap<String, u64>,
}

impl<'p> Misfits<'p> {
    fn of(policy: &'p Policy) -> Self {
        let none = BTreeMap::new;
        Self { policy, resources: none(), roles: none(), at_least: none() }
    }

    /// Counts resources at which a role would have fewer active holders than it must keep, and has not now.
    fn holders(&mut self, before: &dyn Facts, after: &dyn Facts) {
        for role in self.policy.roles().iter().filter(|role| role.at_least() > 0) {
            let of = self.policy.resource_type(role.of());
            let was = before.policy().find_type(of.name()).ok();
            let was = was.and_then(|of| Some((of.id(), before.policy().find_role(of, role.name()).ok()?)));
            for node in after.ordered(of.id()) {
                let lacked = was.is_some_and(|(of, role)| {
                    let node = before.find(of, after.id(*node));
                    node.is_some_and(|node| {
                        role.at_least() > 0 && before.active_holders(node, role.id()) < role.at_least()
                    })
                });
                if !lacked && after.active_holders(*node, role.id()) < role.at_least() {
                    *self.at_least.entry(self.policy.qualified(role)).or_default() += 1;
                }
            }
        }
    }

    /// # Errors
    /// `POLICY_INCOMPATIBLE` when there are any.
    fn finish(self, tenant: &Tenant) -> Result<()> {
        let kinds = [
            ("resources", "resources without a place in it", self.resources),
            ("roles", "bindings of roles that it has not", self.roles),
            ("at_least", "resources with fewer holders than a role must keep", self.at_least),
        ];
        let (mut what, mut metadata) = (Vec::new(), Vec::new());
        for (key, text, counts) in kinds.into_iter().filter(|(_, _, counts)| !counts.is_empty()) {
            let each = counts.iter().take(MOST_TOLD).map(|(name, count)| format!("{name}={count}"));
            let each = each.collect::<Vec<_>>().join(",");
            what.push(format!("{text} (`{each}`)"));
            metadata.push((key, each));
        }
        if what.is_empty() {
            return Ok(());
        }
        let (name, version) = (self.policy.name(), self.policy.version());
        let message = format!(
            "tenant `{}` does not fit policy `{name}` version {version}: there are {}; change them first, or the policy",
            tenant.id,
            what.join(" and ")
        );
        let error = Error::new(Kind::FailedPrecondition, "POLICY_INCOMPATIBLE", message)
            .with("tenant", tenant.id.clone())
            .with("policy", name)
            .with("version", version.to_string());
        Err(metadata.into_iter().fold(error, |error, (key, value)| error.with(key, value)))
    }
}

impl Snapshot for Misfits<'_> {
    fn tenant(&mut self, _: Tenant, _: Revision) {}

    fn resource(&mut self, key: ResourceRef<'_>, parent: Option<ResourceRef<'_>>, _: Option<SubjectRef<'_>>, _: bool) {
        let fits = self.policy.find_type(key.kind).is_ok_and(|of| {
            let hangs = match parent {
                None => of.parent().is_none(),
                Some(parent) => self.policy.find_type(parent.kind).is_ok_and(|above| of.may_be_below(above.id())),
            };
            !of.has_member_records() && hangs
        });
        if !fits {
            *self.resources.entry(key.kind.to_owned()).or_default() += 1;
        }
    }

    fn member(&mut self, _: SubjectRef<'_>, _: MemberStatus, _: bool) {}

    fn binding(&mut self, _: SubjectRef<'_>, resource: ResourceRef<'_>, role: &str, _: Option<Timestamp>) {
        let of = self.policy.find_type(resource.kind);
        if !of.is_ok_and(|of| self.policy.find_role(of, role).is_ok()) {
            *self.roles.entry(format!("{}.{role}", resource.kind)).or_default() += 1;
        }
    }
}
