//! The operations that the oracle knows: every kind of write to a tenant that exists, and its actor.

use super::facts::{Key, ModelFacts, Profile};

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
    SetPolicy {
        version: u32,
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

impl Operation {
    /// The same operation, in which whoever is named by an email is the member who has the address.
    #[must_use]
    pub fn resolved(&self, facts: &ModelFacts) -> Self {
        let mut operation = self.clone();
        let mut named = vec![&mut operation.actor];
        match &mut operation.kind {
            OperationKind::Transfer { owner: member, .. }
            | OperationKind::ChangeRole(RoleChange { member, .. })
            | OperationKind::Remove { member, .. }
            | OperationKind::Lock { member }
            | OperationKind::Unlock { member }
            | OperationKind::Deactivate { member }
            | OperationKind::Reactivate { member }
            | OperationKind::Update { member, .. } => named.push(member),
            OperationKind::ChangeRoles(changes) => named.extend(changes.iter_mut().map(|change| &mut change.member)),
            _ => {}
        }
        for key in named {
            let has_address = |profile: &Profile| profile.email.as_ref() == Some(&key.1);
            let found = facts.members.iter().find(|(_, member)| key.0 == "email" && has_address(&member.profile));
            if let Some((member, _)) = found {
                *key = member.clone();
            }
        }
        operation
    }
}
