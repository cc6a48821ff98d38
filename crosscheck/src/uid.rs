//! What subjects and resources are called in Cedar.

use cedar_policy::{EntityId, EntityTypeName, EntityUid};
use rollcall_engine::{ResourceKey, Subject};

/// The entity of this type and id.
///
/// # Errors
/// When the type is no name for Cedar.
pub fn uid(resource_type: &str, id: &str) -> Result<EntityUid, String> {
    let resource_type: EntityTypeName = resource_type.parse().map_err(|error| format!("`{resource_type}`: {error}"))?;
    Ok(EntityUid::from_type_name_and_id(resource_type, EntityId::new(id)))
}

/// The entity of a subject.
///
/// # Errors
/// As [`uid`].
pub fn subject(subject: &Subject) -> Result<EntityUid, String> {
    uid(&format!("Subject::{}", subject.kind), &subject.id)
}

/// The entity of a resource.
///
/// # Errors
/// As [`uid`].
pub fn resource(key: &ResourceKey) -> Result<EntityUid, String> {
    uid(&format!("Resource::{}", key.kind), &key.id)
}
