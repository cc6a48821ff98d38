//! The kinds of membership writes that a policy has rules about.

/// A kind of membership write, as rules and cases name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum WriteKind {
    /// Give a role to somebody who holds none there.
    Invite,
    /// Exchange a role for another.
    Change,
    /// Take a role away; at the root, the whole membership.
    Remove,
    /// Send the invitation of somebody invited there again.
    Resend,
    /// Lock an active member, which denies most actions to them.
    Lock,
    /// End a member's lock.
    Unlock,
    /// Change a member's profile.
    Update,
    /// End everything that a member may do, until they are reactivated.
    Deactivate,
    /// Make a deactivated member active again.
    Reactivate,
    /// Make somebody else the owner of a resource.
    Transfer,
    /// Give a role to everybody of a subject type.
    Publish,
}

/// The types at which rules of a kind of write have a meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WriteScope {
    /// Rules may stand at every type.
    Anywhere,
    /// Rules may stand at the root type: the write is done to a member of the whole tenant.
    AtTheRoot,
    /// Rules may stand at types whose resources have owners.
    WhereOwned,
}

impl WriteKind {
    /// Every kind, in the order of a help page.
    pub const ALL: [Self; 11] = [
        Self::Invite,
        Self::Change,
        Self::Remove,
        Self::Resend,
        Self::Lock,
        Self::Unlock,
        Self::Update,
        Self::Deactivate,
        Self::Reactivate,
        Self::Transfer,
        Self::Publish,
    ];

    /// The word for the kind, as policy files and cases write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Invite => "invite",
            Self::Change => "change",
            Self::Remove => "remove",
            Self::Resend => "resend",
            Self::Lock => "lock",
            Self::Unlock => "unlock",
            Self::Update => "update",
            Self::Deactivate => "deactivate",
            Self::Reactivate => "reactivate",
            Self::Transfer => "transfer",
            Self::Publish => "publish",
        }
    }

    /// The kind that policy files and cases write as `name`; none if there is none.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Whether its rules say which roles may be taken away.
    pub fn removes_roles(self) -> bool {
        matches!(self, Self::Change | Self::Remove)
    }

    /// Whether its rules can say of whom they are: everybody of a type has nothing that could be told.
    pub fn says_whom(self) -> bool {
        self != Self::Publish
    }

    /// Whether its rules say which roles may be given.
    pub fn grants_roles(self) -> bool {
        matches!(self, Self::Invite | Self::Change | Self::Publish)
    }

    /// Whether it gives what may go on after its giver's right to give it: a role, or ownership, which has no end.
    pub fn can_outlast(self) -> bool {
        self.grants_roles() || self == Self::Transfer
    }

    /// The types at which its rules have a meaning.
    pub fn scope(self) -> WriteScope {
        match self {
            Self::Invite | Self::Change | Self::Remove | Self::Resend | Self::Publish => WriteScope::Anywhere,
            Self::Lock | Self::Unlock | Self::Update | Self::Deactivate | Self::Reactivate => WriteScope::AtTheRoot,
            Self::Transfer => WriteScope::WhereOwned,
        }
    }
}
