//! The roles that a request offers to an invitee, looked up in the policy and the tenant.

use std::collections::HashSet;

use rollcall_engine::{Grant, RoleId};

use crate::service::{
    error::{Error, Result},
    write::engine::context::{ResourceNode, WriteContext},
};

/// A role at a resource that an invitee is to get.
pub(crate) struct OfferedGrant {
    pub(crate) resource: ResourceNode,
    pub(crate) role: RoleId,
    /// The same as the log names it, with the expiry of the request.
    pub(crate) grant: Grant,
}

/// Looks up the grants of one invitee, which the request has in `field`. Refuses unknown resources and roles, expiries in the past, and two roles of
/// which a member can hold only one.
pub(crate) fn look_up(context: &WriteContext<'_>, grants: &[Grant], field: &str) -> Result<Vec<OfferedGrant>> {
    let mut seen = HashSet::new();
    let look_up = |(index, grant): (usize, &Grant)| {
        let field = format!("{field}.grants[{index}]");
        let resource = context.resource_node(&grant.resource, &format!("{field}.resource"))?;
        let role = context.role(resource, &grant.role, &format!("{field}.role"))?;
        let allows_several = context.with_facts(|facts| {
            Ok(facts.policy().resource_type(facts.resource(resource.node).resource_type).allows_several_roles())
        })?;
        if !seen.insert((resource.node, allows_several.then_some(role))) {
            let description = "names what an earlier grant names; a member holds one role a resource, unless the \
                               policy says `several_roles`";
            return Err(Error::field("FIELD_INVALID", format!("{field}.resource"), description));
        }
        context.check_not_past(grant.expires_at, &format!("{field}.expire_time"))?;
        let named = context.grant(resource, role)?;
        Ok(OfferedGrant { resource, role, grant: Grant { expires_at: grant.expires_at, ..named } })
    };
    grants.iter().enumerate().map(look_up).collect()
}
