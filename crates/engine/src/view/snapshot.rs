//! The port through which a store sends a tenant's facts to a view.

use crate::domain::{Head, MemberStatus, ResourceRef, SubjectRef, Tenant, Timestamp};

/// Receives a tenant's facts while they are loaded. The tenant comes first, all else in any order.
pub trait SnapshotSink: Send {
    /// Receives the tenant, and the head at which all that follows is.
    fn tenant(&mut self, tenant: Tenant, head: Head);
    /// Receives a registered resource, whose parent may come later.
    fn resource(
        &mut self,
        key: ResourceRef<'_>,
        parent: Option<ResourceRef<'_>>,
        owner: Option<SubjectRef<'_>>,
        archived: bool,
    );
    /// The names of the types of which [`SnapshotSink::deleted_resource`] is to be called, asked when the tenant was received.
    fn types_with_deleted(&self) -> Vec<String>;
    /// Receives the id of a resource that was deleted, and not registered again since.
    fn deleted_resource(&mut self, key: ResourceRef<'_>);
    /// Receives a member: a person, a team or everybody of a type.
    fn member(&mut self, subject: SubjectRef<'_>, status: MemberStatus, locked: bool);
    /// Receives a role that is bound to a member at a resource, and when it expires, if it does. Member and resource
    /// may come later.
    fn binding(&mut self, holder: SubjectRef<'_>, resource: ResourceRef<'_>, role: &str, expires_at: Option<Timestamp>);
}
