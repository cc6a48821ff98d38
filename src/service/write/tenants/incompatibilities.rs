//! What would not fit when a tenant goes to another policy.

use std::collections::BTreeMap;

use rollcall_engine::{
    Facts, MemberStatus, Policy, ResourceRef, ResourceType, Revision, Snapshot, SubjectRef, Tenant, Timestamp,
};

use crate::service::error::{Error, ErrorKind, Result};

/// An error travels in HTTP headers, which peers limit: this many things that do not fit are told at most.
const MOST_TOLD: usize = 20;

/// What of a tenant's facts has no place under a policy: each by its name, with how many there are.
pub struct PolicyIncompatibilities<'p> {
    policy: &'p Policy,
    resources: BTreeMap<String, u64>,
    roles: BTreeMap<String, u64>,
    at_least: BTreeMap<String, u64>,
    teams: BTreeMap<String, u64>,
}

impl<'p> PolicyIncompatibilities<'p> {
    /// Nothing yet of a tenant that is to run this policy.
    pub fn of(policy: &'p Policy) -> Self {
        let none = BTreeMap::new;
        Self { policy, resources: none(), roles: none(), at_least: none(), teams: none() }
    }

    /// Counts what both facts are needed for: teams that would be none, or resources and members that would become teams,
    /// for a team is both from its creation on; and what [`Misfits::holders`] says.
    pub fn compare(&mut self, before: &dyn Facts, after: &dyn Facts) {
        for of in self.policy.types() {
            let was = before.policy().find_type(of.name()).is_ok_and(ResourceType::is_teams);
            let mut members = 0;
            if was != of.is_teams() {
                before.each_member(&mut |subject, _| members += u64::from(subject.kind == of.name()));
            }
            let count = members.max(after.resources_of_type(of.id()).len() as u64);
            if was != of.is_teams() && count > 0 {
                self.teams.insert(of.name().to_owned(), count);
            }
        }
        self.holders(before, after);
    }

    /// Counts resources at which a role would have fewer active holders than it must keep, and has not now.
    fn holders(&mut self, before: &dyn Facts, after: &dyn Facts) {
        for role in self.policy.roles().iter().filter(|role| role.at_least() > 0) {
            let of = self.policy.resource_type(role.of());
            let was = before.policy().find_type(of.name()).ok();
            let was = was.and_then(|of| Some((of.id(), before.policy().find_role(of, role.name()).ok()?)));
            for node in after.resources_of_type(of.id()) {
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

    /// Whether everything fits.
    ///
    /// # Errors
    /// `POLICY_INCOMPATIBLE` when there are any.
    pub fn finish(self, tenant: &Tenant) -> Result<()> {
        let kinds = [
            ("resources", "resources without a place in it", self.resources),
            ("roles", "bindings of roles that it has not", self.roles),
            ("teams", "teams that it has as other resources, or resources or members that it has as teams", self.teams),
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
        let error = Error::new(ErrorKind::FailedPrecondition, "POLICY_INCOMPATIBLE", message)
            .with("tenant", tenant.id.clone())
            .with("policy", name)
            .with("version", version.to_string());
        Err(metadata.into_iter().fold(error, |error, (key, value)| error.with(key, value)))
    }
}

impl Snapshot for PolicyIncompatibilities<'_> {
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
