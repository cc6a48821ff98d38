//! The joining role: what a type of resources gives in the tenant itself to whoever gets a role at one of them.

use rollcall_engine::{self as engine, Change, Facts, Grant, RoleId, Subject, Timestamp};

use crate::service::{
    error::Result,
    ports::StoredGrant,
    resolve::{ends::is_later, rules::came_along},
    write::{
        engine::context::{ResourceNode, WriteContext},
        invitations::offered::OfferedGrant,
    },
};

/// The role of the root type that comes with offered roles.
pub(crate) struct JoiningRole {
    /// None where the types have none, or where a role of the root type is offered itself.
    grant: Option<Grant>,
    /// When the last of the roles ends that it comes with, or of the actor's rights to give them; none if that is never.
    pub(crate) until: Option<Timestamp>,
}

impl JoiningRole {
    /// The joining role of these offered roles. `ends` has for each of them when it ends, or the actor's right to give it.
    ///
    /// INVARIANT (joining roles): it lasts no longer than a role that it comes with.
    pub(crate) fn of(context: &WriteContext<'_>, offered: &[OfferedGrant], ends: &[Option<Timestamp>]) -> Result<Self> {
        context.with_facts(|facts| {
            let policy = facts.policy();
            let joins_as = |offered: &OfferedGrant| {
                policy.resource_type(facts.resource(offered.resource.node).resource_type).joins_as()
            };
            let offers_root_role = offered.iter().any(|offered| offered.resource.is_root);
            let role = offered.iter().find_map(joins_as);
            let bringing = offered.iter().zip(ends).filter(|(offered, _)| role.is_some() && joins_as(offered) == role);
            let until =
                bringing.map(|(_, end)| *end).collect::<Option<Vec<_>>>().and_then(|ends| ends.into_iter().max());
            Ok(Self::new(facts, role.filter(|_| !offers_root_role), until))
        })
    }

    /// The joining role that goes on with a role at a resource, which ends then. None where its type has none.
    pub(crate) fn beside(
        context: &WriteContext<'_>,
        resource: ResourceNode,
        until: Option<Timestamp>,
    ) -> Result<Option<Self>> {
        context.with_facts(|facts| {
            let policy = facts.policy();
            let role = policy.resource_type(facts.resource(resource.node).resource_type).joins_as();
            Ok(role.map(|role| Self::new(facts, Some(role), until)))
        })
    }

    fn new(facts: &dyn Facts, role: Option<RoleId>, until: Option<Timestamp>) -> Self {
        let policy = facts.policy();
        let root = engine::name_of(facts, facts.root()).to_key();
        let grant = |role| Grant { expires_at: until, ..Grant::permanent(root, policy.role(role).name()) };
        Self { grant: role.map(grant), until }
    }

    /// Whether both are the same role.
    pub(crate) fn is_same_role(&self, other: &Self) -> bool {
        self.grant.as_ref().zip(other.grant.as_ref()).is_some_and(|(one, other)| one.is_same_role(other))
    }

    /// Whether it lasts longer than another.
    pub(crate) fn outlasts(&self, other: &Self) -> bool {
        is_later(self.until, other.until)
    }

    /// The joining role for a member without a role of the root type, apart from `expired` ones.
    pub(crate) fn new_grant(&self, current: &[StoredGrant], expired: &[Grant]) -> Option<Grant> {
        let joining = self.grant.as_ref()?;
        let holds_one =
            current.iter().any(|stored| stored.resource == joining.resource && !expired.contains(&stored.grant));
        (!holds_one).then(|| joining.clone())
    }

    /// The joining role with a later end, for a member to whom it came with others that end sooner. One that was given as
    /// such is theirs as it is.
    pub(crate) fn extension(&self, member: &Subject, current: &[StoredGrant], expired: &[Grant]) -> Option<Change> {
        let joining = self.grant.as_ref()?;
        let is_it = |stored: &&StoredGrant| stored.is_same_role(joining) && !expired.contains(&stored.grant);
        let present = current.iter().find(is_it)?;
        (came_along(&present.giver.rule) && is_later(joining.expires_at, present.expires_at)).then(|| {
            Change::RoleChanged {
                subject: member.clone(),
                resource: joining.resource.clone(),
                from: present.role.clone(),
                from_expires_at: present.expires_at,
                to: joining.role.clone(),
                expires_at: joining.expires_at,
            }
        })
    }
}
