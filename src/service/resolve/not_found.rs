//! The errors of things that there are not.

use rollcall_engine::ResourceRef;

use crate::service::error::{Error, ErrorKind};

/// No such member.
pub(crate) fn no_member(called: &str) -> Error {
    let message = format!("`{called}` is no member of this tenant; invite them by email first");
    Error::new(ErrorKind::NotFound, "MEMBER_NOT_FOUND", message).with("member", called)
}

/// No such resource, which the request has in `field`.
pub(crate) fn no_resource(key: ResourceRef<'_>, field: &str) -> Error {
    let message = format!("no resource `{key}` is registered; create it first");
    Error::new(ErrorKind::NotFound, "RESOURCE_NOT_FOUND", message)
        .with("resource", key.to_string())
        .with("field", field)
}

/// No such invitation.
pub(crate) fn no_invitation(id: &str) -> Error {
    let message = format!("there is no invitation `{id}`");
    Error::new(ErrorKind::NotFound, "INVITATION_NOT_FOUND", message).with("invitation", id)
}
