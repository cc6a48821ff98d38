//! A question as it is asked, before its names are looked up.

use rollcall_engine::{ResourceRef, StatedFacts, SubjectRef};

/// One question: may this subject do this action on this resource?
#[derive(Clone, Copy, Debug)]
pub struct CheckQuestion<'a> {
    /// The subject of the action. It need not be a member: without a membership only the roles of `*` count.
    pub subject: SubjectRef<'a>,
    /// The short name of an action of the resource's type.
    pub action: &'a str,
    /// The resource, registered or not. An empty id of the root type means the tenant's root; of another type it is an
    /// error.
    pub resource: ResourceRef<'a>,
    /// The parent and owner that the caller states; they count only while the resource is not registered.
    pub stated: StatedFacts<'a>,
}
