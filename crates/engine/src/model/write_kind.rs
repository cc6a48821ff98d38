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
    /// Lock a member.
    Lock,
    /// End a member's lock.
    Unlock,
    /// Change a member's profile.
    Update,
    /// Take a member out of everything until they are reactivated.
    Deactivate,
    /// End that.
    Reactivate,
    /// Make somebody else the owner.
    Transfer,
    /// Give a role to everybody of a type of subjects.
    Publish,
}

/// At which types a rule means something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WriteScope {
    /// At every type.
    Anywhere,
    /// At the root type: the write is done to a member of the whole tenant.
    AtTheRoot,
    /// At types whose resources have owners.
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

    /// Its word.
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

    /// The kind that this word means.
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|verb| verb.name() == name)
    }

    /// Whether its rules say which roles may be taken.
    pub fn removes_roles(self) -> bool {
        matches!(self, Self::Change | Self::Remove)
    }

    /// Whether its rules say which roles may be given.
    pub fn grants_roles(self) -> bool {
        matches!(self, Self::Invite | Self::Change | Self::Publish)
    }

    /// Where its rules mean something.
    pub fn scope(self) -> WriteScope {
        match self {
            Self::Invite | Self::Change | Self::Remove | Self::Resend | Self::Publish => WriteScope::Anywhere,
            Self::Lock | Self::Unlock | Self::Update | Self::Deactivate | Self::Reactivate => WriteScope::AtTheRoot,
            Self::Transfer => WriteScope::WhereOwned,
        }
    }
}
