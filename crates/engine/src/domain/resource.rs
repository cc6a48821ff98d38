use std::fmt;

use serde::{Deserialize, Serialize};

use crate::domain::{Subject, Timestamp};

/// Names a resource: a type of the policy, and an id within it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ResourceKey {
    /// A resource type of the tenant's policy.
    #[serde(rename = "type")]
    pub kind: String,
    /// The id within the type; for the root resource, the tenant's id.
    pub id: String,
}

/// A borrowed [`ResourceKey`], for paths that must not allocate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ResourceRef<'a> {
    /// A resource type of the tenant's policy.
    pub kind: &'a str,
    /// The id within the type.
    pub id: &'a str,
}

/// A registered resource.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resource {
    /// Its name.
    pub key: ResourceKey,
    /// The resource above it; none for the root resource.
    pub parent: Option<ResourceKey>,
    /// Its owner, when its type has owners.
    pub owner: Option<Subject>,
    /// Whether it is archived.
    pub archived: bool,
    /// What people call it.
    pub display_name: String,
    /// When it was registered.
    pub created_at: Timestamp,
}

/// A role at a resource: what an invitation gives and a binding holds.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Grant {
    /// Where the role is held.
    pub resource: ResourceKey,
    /// The role's short name within the resource's type.
    pub role: String,
    /// From this instant on it counts no more; none for one that lasts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
}

impl Grant {
    /// A role that lasts.
    pub fn lasting(resource: ResourceKey, role: impl Into<String>) -> Self {
        Self { resource, role: role.into(), expires_at: None }
    }

    /// Whether both are the same role at the same resource, whenever they end.
    pub fn is_role_of(&self, other: &Self) -> bool {
        self.resource == other.resource && self.role == other.role
    }
}

impl ResourceKey {
    /// A resource of the given type and id.
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
