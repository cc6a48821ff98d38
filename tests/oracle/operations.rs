//! The operations that the oracle knows: every kind of write to a tenant that exists, and its actor.

use super::facts::{Key, Profile};

/// A write, and the actor who asks for it.
#[derive(Clone, Debug)]
pub struct Operation {
    pub actor: Key,
    pub kind: OperationKind,
}

/// A write without its actor.
#[derive(Clone, Debug)]
pub enum OperationKind {
    Create {
        resource: Key,
        parent: Option<Key>,
    },
    Archive {
        resource: Key,
    },
    Restore {
        resource: Key,
    },
    Delete {
        resource: Key,
    },
    Move {
        resource: Key,
        parent: Key,
    },
    Transfer {
        resource: Key,
        owner: Key,
    },
    Invite {
        invitees: Vec<Who>,
        grants: Vec<(Key, String, Option<i64>)>,
    },
    /// The invitation is the one that the token opens, if any does.
    Accept {
        token: String,
        profile: Profile,
    },
    /// The invitation is the one that the token opens, if any does.
    Decline {
        token: String,
        email: String,
    },
    /// By id.
    Resend {
        invitation: String,
    },
    /// By id.
    Revoke {
        invitation: String,
    },
    Suppress {
        email: String,
    },
    Clear {
        email: String,
    },
    ChangeRole(RoleChange),
    ChangeRoles(Vec<RoleChange>),
    Remove {
        member: Key,
        resource: Key,
        role: Option<String>,
    },
    Lock {
        member: Key,
    },
    Unlock {
        member: Key,
    },
    Deactivate {
        member: Key,
    },
    Reactivate {
        member: Key,
    },
    Update {
        member: Key,
        profile: Profile,
    },
}

/// An exchange of a role for another; without `from`, of whichever role is assigned.
#[derive(Clone, Debug)]
pub struct RoleChange {
    pub member: Key,
    pub resource: Key,
    pub from: Option<String>,
    pub to: String,
    pub end: Option<i64>,
}

/// An invitee: an email, or a member.
#[derive(Clone, Debug)]
pub enum Who {
    Email(String),
    Subject(Key),
}
