//! Resources, the names that they go by, and the roles that are bound at them.

use std::fmt;

use crate::domain::{Subject, Timestamp};

/// The name of a resource: a type of the policy, and an id within it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ResourceKey {
    /// The name of a resource type of the tenant's policy.
    pub kind: String,
    /// The id within the type, compared byte by byte: 1 to 128 bytes without white space or invisible characters. For
    /// the root resource it is the tenant's id.
    pub id: String,
}

/// A borrowed [`ResourceKey`], for paths that must not allocate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ResourceRef<'a> {
    /// The name of a resource type of the tenant's policy.
    pub kind: &'a str,
    /// The id within the type, as in [`ResourceKey::id`].
    pub id: &'a str,
}

/// A registered resource, as the store keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resource {
    /// The resource's type and id, unique in the tenant.
    pub key: ResourceKey,
    /// The resource above it; none for the root resource.
    pub parent: Option<ResourceKey>,
    /// The subject that owns it; always none when its type has no owners.
    pub owner: Option<Subject>,
    /// Whether it is archived itself; one below an archived resource may say false here.
    pub archived: bool,
    /// The name that people read, at most 200 bytes without control characters; may be empty.
    pub display_name: String,
    /// When the resource was registered.
    pub created_at: Timestamp,
}

/// A role at a resource, and until when: what an invitation gives and a member holds.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Grant {
    /// The resource at which the role is bound.
    pub resource: ResourceKey,
    /// The role's short name, unique among the roles of the resource's type.
    pub role: String,
    /// The role no longer counts from this instant on; none if it is permanent.
    pub expires_at: Option<Timestamp>,
}

impl Grant {
    /// A grant of a role that does not expire.
    pub fn permanent(resource: ResourceKey, role: impl Into<String>) -> Self {
        Self { resource, role: role.into(), expires_at: None }
    }

    /// Whether both are the same role at the same resource, whatever their expiries.
    pub fn is_same_role(&self, other: &Self) -> bool {
        self.resource == other.resource && self.role == other.role
    }
}

impl ResourceKey {
    /// The name of a resource of this type and id; neither is checked.
    pub fn new(kind: impl Into<String>, id: impl Into<String>) -> Self {
        Self { kind: kind.into(), id: id.into() }
    }

    /// The same name, borrowed.
    pub fn as_ref(&self) -> ResourceRef<'_> {
        ResourceRef { kind: &self.kind, id: &self.id }
    }
}

impl ResourceRef<'_> {
    /// The same name, owned.
    pub fn to_key(&self) -> ResourceKey {
        ResourceKey::new(self.kind, self.id)
    }
}

impl fmt::Display for ResourceRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.kind, self.id)
    }
}

impl fmt::Display for ResourceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_ref().fmt(f)
    }
}
