//! The facts of a tenant that another version of its policy can't hold, counted by name.

use std::collections::BTreeMap;

use rollcall_engine::{
    Facts, Head, MemberStatus, Policy, Registration, ResourceRef, ResourceType, SnapshotSink, SubjectRef, Tenant,
    Timestamp,
};

use crate::service::error::{Error, ErrorKind, Result};

/// The most names that an error lists of each kind: it travels in HTTP headers, which peers limit.
const MAX_LISTED: usize = 20;

/// The facts of a tenant that do not fit a policy: how many there are of each type or role.
pub struct PolicyIncompatibilities<'p> {
    policy: &'p Policy,
    resources: BTreeMap<String, u64>,
    roles: BTreeMap<String, u64>,
    at_least: BTreeMap<String, u64>,
    teams: BTreeMap<String, u64>,
}

impl<'p> PolicyIncompatibilities<'p> {
    /// No incompatibilities yet, of a tenant that is to run this policy.
    pub fn of(policy: &'p Policy) -> Self {
        let none = BTreeMap::new;
        Self { policy, resources: none(), roles: none(), at_least: none(), teams: none() }
    }

    /// Counts what takes the facts under both policies: teams that would no longer be teams, resources and members that
    /// would become teams (a team is both from its creation on), and resources where a role would lack holders.
    pub fn compare(&mut self, before: &dyn Facts, after: &dyn Facts) {
        for resource_type in self.policy.types() {
            let was = before.policy().find_type(resource_type.name()).is_ok_and(ResourceType::is_team_type);
            let mut members = 0;
            if was != resource_type.is_team_type() {
                before.each_member(&mut |subject, _| members += u64::from(subject.kind == resource_type.name()));
            }
            let count = members.max(after.resources_of_type(resource_type.id()).len() as u64);
            if was != resource_type.is_team_type() && count > 0 {
                self.teams.insert(resource_type.name().to_owned(), count);
            }
        }
        self.count_missing_holders(before, after);
    }

    /// Counts the resources at which a role would have fewer holders than `at_least`, unless it lacks them today, and would
    /// have no fewer.
    fn count_missing_holders(&mut self, before: &dyn Facts, after: &dyn Facts) {
        for role in self.policy.roles().iter().filter(|role| role.at_least() > 0) {
            let resource_type = self.policy.resource_type(role.resource_type());
            let was = before.policy().find_type(resource_type.name()).ok();
            let was = was.and_then(|resource_type| {
                Some((resource_type.id(), before.policy().find_role(resource_type, role.name()).ok()?))
            });
            for node in after.resources_of_type(resource_type.id()) {
                let left = after.counted_holders(*node, role.id());
                let is_excused = was.is_some_and(|(resource_type, role)| {
                    let holders = before.find(resource_type, after.id(*node));
                    let holders = holders.map(|node| before.counted_holders(node, role.id()));
                    holders.is_some_and(|holders| holders < role.at_least() && holders <= left)
                });
                if !is_excused && left < role.at_least() {
                    *self.at_least.entry(self.policy.qualified(role)).or_default() += 1;
                }
            }
        }
    }

    /// Refuses when there are any.
    ///
    /// # Errors
    /// `POLICY_INCOMPATIBLE`, with up to 20 names of each kind in its metadata.
    pub fn finish(self, tenant: &Tenant) -> Result<()> {
        let kinds = [
            ("resources", "resources of types that it does not have, or does not allow there", self.resources),
            ("roles", "bindings of roles that it does not have", self.roles),
            ("teams", "teams whose type is no team in it, or resources or members whose type is", self.teams),
            ("at_least", "resources with fewer holders than a role must keep", self.at_least),
        ];
        let (mut what, mut metadata) = (Vec::new(), Vec::new());
        for (key, text, counts) in kinds.into_iter().filter(|(_, _, counts)| !counts.is_empty()) {
            let each = counts.iter().take(MAX_LISTED).map(|(name, count)| format!("{name}={count}"));
            let each = each.collect::<Vec<_>>().join(",");
            what.push(format!("{text} (`{each}`)"));
            metadata.push((key, each));
        }
        if what.is_empty() {
            return Ok(());
        }
        let (name, version) = (self.policy.name(), self.policy.version());
        let message = format!(
            "tenant `{}` does not fit policy `{name}` version {version}: there are {}; change them first, \
             or the policy",
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

impl SnapshotSink for PolicyIncompatibilities<'_> {
    fn tenant(&mut self, _: Tenant, _: Head) {}

    fn resource(&mut self, key: ResourceRef<'_>, parent: Option<ResourceRef<'_>>, _: Option<SubjectRef<'_>>, _: bool) {
        let fits = self.policy.find_type(key.kind).is_ok_and(|resource_type| {
            let parent_fits = match parent {
                None => resource_type.parent().is_none(),
                Some(parent) => {
                    self.policy.find_type(parent.kind).is_ok_and(|above| resource_type.may_be_below(above.id()))
                }
            };
            let may_be_registered = resource_type.registration() != Registration::Never;
            may_be_registered && !resource_type.has_member_records() && parent_fits
        });
        if !fits {
            *self.resources.entry(key.kind.to_owned()).or_default() += 1;
        }
    }

    fn types_with_deleted(&self) -> Vec<String> {
        Vec::new()
    }

    fn deleted_resource(&mut self, _: ResourceRef<'_>) {}

    fn member(&mut self, _: SubjectRef<'_>, _: MemberStatus, _: bool) {}

    fn binding(&mut self, _: SubjectRef<'_>, resource: ResourceRef<'_>, role: &str, _: Option<Timestamp>) {
        let resource_type = self.policy.find_type(resource.kind);
        if !resource_type.is_ok_and(|resource_type| self.policy.find_role(resource_type, role).is_ok()) {
            *self.roles.entry(format!("{}.{role}", resource.kind)).or_default() += 1;
        }
    }
}
