//! The joining role: what a type of resources gives in the tenant itself to whoever gets a role at one of them.

use rollcall_engine::{self as engine, Change, Grant, Subject, Timestamp};

use crate::service::{
    error::Result,
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
            let role = offered.iter().find_map(joins_as).filter(|_| !offers_root_role);
            let bringing = offered.iter().zip(ends).filter(|(offered, _)| role.is_some() && joins_as(offered) == role);
            let until =
                bringing.map(|(_, end)| *end).collect::<Option<Vec<_>>>().and_then(|ends| ends.into_iter().max());
            let root = engine::name_of(facts, facts.root()).to_key();
            let grant = |role| Grant { expires_at: until, ..Grant::permanent(root, policy.role(role).name()) };
            Ok(Self { grant: role.map(grant), until })
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
            let Some(role) = policy.resource_type(facts.resource(resource.node).resource_type).joins_as() else {
                return Ok(None);
            };
            let root = engine::name_of(facts, facts.root()).to_key();
            let grant = Some(Grant { expires_at: until, ..Grant::permanent(root, policy.role(role).name()) });
            Ok(Some(Self { grant, until }))
        })
    }

    /// Whether it lasts longer than another.
    pub(crate) fn outlasts(&self, other: &Self) -> bool {
        other.until.is_some_and(|end| self.until.is_none_or(|until| until > end))
    }

    /// The joining role for a member without a role of the root type, apart from `expired` ones.
    pub(crate) fn new_grant(&self, current: &[Grant], expired: &[Grant]) -> Option<Grant> {
        let joining = self.grant.as_ref()?;
        let holds_one = current.iter().any(|grant| grant.resource == joining.resource && !expired.contains(grant));
        (!holds_one).then(|| joining.clone())
    }

    /// The joining role with a later expiry, for a member who got it from somebody who could not give it for as long.
    pub(crate) fn extension(&self, member: &Subject, current: &[Grant], expired: &[Grant]) -> Option<Change> {
        let joining = self.grant.as_ref()?;
        let present = current.iter().find(|grant| grant.resource == joining.resource && !expired.contains(grant))?;
        let expires_sooner = present.expires_at.is_some_and(|end| joining.expires_at.is_none_or(|later| later > end));
        (present.role == joining.role && expires_sooner).then(|| Change::RoleChanged {
            subject: member.clone(),
            resource: joining.resource.clone(),
            from: present.role.clone(),
            from_expires_at: present.expires_at,
            to: joining.role.clone(),
            expires_at: joining.expires_at,
        })
    }
}

/// The earlier of two ends; none is never.
pub(crate) fn earlier(one: Option<Timestamp>, other: Option<Timestamp>) -> Option<Timestamp> {
    [one, other].into_iter().flatten().min()
}
