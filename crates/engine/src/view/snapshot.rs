//! What a view is loaded from.

use crate::domain::{MemberStatus, ResourceRef, Revision, SubjectRef, Tenant, Timestamp};

/// Receives a tenant's facts while they are loaded. `tenant` comes first, all else in any order.
pub trait Snapshot: Send {
    /// The tenant, and the revision of all that follows.
    fn tenant(&mut self, tenant: Tenant, revision: Revision);
    /// A registered resource.
    fn resource(
        &mut self,
        key: ResourceRef<'_>,
        parent: Option<ResourceRef<'_>>,
        owner: Option<SubjectRef<'_>>,
        archived: bool,
    );
    /// A member.
    fn member(&mut self, subject: SubjectRef<'_>, status: MemberStatus, locked: bool);
    /// A role bound to a member at a resource, and when it ends, if it does.
    fn binding(&mut self, holder: SubjectRef<'_>, resource: ResourceRef<'_>, role: &str, expires_at: Option<Timestamp>);
}
