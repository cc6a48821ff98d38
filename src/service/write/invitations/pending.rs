//! What an open invitation is to give: the roles that its invited member has been assigned, and their resources.

use rollcall_engine::ResourceKey;

use crate::service::{
    error::Result,
    ports::{MemberRecord, StoredGrant},
    write::engine::context::{ResourceNode, WriteContext},
};

/// The roles of a member that have not expired; those of an invited member count when they accept.
pub(crate) fn unexpired_grants<'r>(
    context: &WriteContext<'_>,
    record: &'r MemberRecord,
) -> impl Iterator<Item = &'r StoredGrant> + use<'r> {
    let now = context.now();
    record.grants.iter().filter(move |grant| grant.expires_at.is_none_or(|end| end > now))
}

/// Those of a member who is invited that can be accepted still.
pub(crate) fn offered_grants<'r>(
    context: &WriteContext<'_>,
    record: &'r MemberRecord,
) -> impl Iterator<Item = &'r StoredGrant> + use<'r> {
    let now = context.now();
    record.grants.iter().filter(move |stored| stored.is_offered_at(now))
}

/// The resources that somebody is invited to, in the order of type and id; the root, if they have no roles left.
pub(crate) fn invited_resources(context: &WriteContext<'_>, invited: &MemberRecord) -> Result<Vec<ResourceNode>> {
    let mut resources: Vec<&ResourceKey> = unexpired_grants(context, invited).map(|grant| &grant.resource).collect();
    resources.dedup();
    if resources.is_empty() {
        return Ok(vec![context.root()?]);
    }
    resources.into_iter().map(|resource| context.resource_node(resource, "invitation")).collect()
}
