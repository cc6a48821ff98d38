//! The joining role: what a type of resources gives in the tenant itself to whoever gets a role at one of them.

use rollcall_engine::{self as engine, Change, Grant, Subject, Timestamp};

use crate::service::{
    error::Result,
    write::{engine::context::WriteContext, invitations::offered::OfferedGrant},
};

/// The role of the root type that comes with offered roles.
pub(crate) struct JoiningRole {
    /// None where the types have none, or where a role of the root type is offered itself.
    grant: Option<Grant>,
    /// When the actor's right to give the roles that it comes with ends; none if it does not.
    pub(crate) until: Option<Timestamp>,
}

impl JoiningRole {
    /// The joining role of these offered roles. `rights_end` has for each of them when the actor's right to give it
    /// ends.
    pub(crate) fn of(
        context: &WriteContext<'_>,
        offered: &[OfferedGrant],
        rights_end: &[Option<Timestamp>],
    ) -> Result<Self> {
        context.with_facts(|facts| {
            let policy = facts.policy();
            let joins_as = |offered: &OfferedGrant| {
                policy.resource_type(facts.resource(offered.resource.node).resource_type).joins_as()
            };
            let offers_root_role = offered.iter().any(|offered| offered.resource.is_root);
            let role = offered.iter().find_map(joins_as).filter(|_| !offers_root_role);
            let bringing =
                offered.iter().zip(rights_end).filter(|(offered, _)| role.is_some() && joins_as(offered) == role);
            let until =
                bringing.map(|(_, end)| *end).collect::<Option<Vec<_>>>().and_then(|ends| ends.into_iter().max());
            let root = engine::name_of(facts, facts.root()).to_key();
            let grant = |role| Grant { expires_at: until, ..Grant::permanent(root, policy.role(role).name()) };
            Ok(Self { grant: role.map(grant), until })
        })
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
