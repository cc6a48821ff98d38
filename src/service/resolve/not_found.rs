//! The `NotFound` errors of members, resources and invitations, alike wherever they are looked up.

use rollcall_engine::ResourceRef;

use crate::service::error::{Error, ErrorKind};

/// `MEMBER_NOT_FOUND`: nobody goes by this subject or identifier.
pub(crate) fn no_member(called: &str) -> Error {
    let message = format!("`{called}` is no member of this tenant; invite them by email first");
    Error::new(ErrorKind::NotFound, "MEMBER_NOT_FOUND", message).with("member", called)
}

/// `RESOURCE_NOT_FOUND`: the resource that the request has in `field` is not registered.
pub(crate) fn no_resource(key: ResourceRef<'_>, field: &str) -> Error {
    let message = format!("no resource `{key}` is registered; create it first");
    Error::new(ErrorKind::NotFound, "RESOURCE_NOT_FOUND", message)
        .with("resource", key.to_string())
        .with("field", field)
}

/// `INVITATION_NOT_FOUND`: no invitation has this id.
pub(crate) fn no_invitation(id: &str) -> Error {
    let message = format!("there is no invitation `{id}`");
    Error::new(ErrorKind::NotFound, "INVITATION_NOT_FOUND", message).with("invitation", id)
}
