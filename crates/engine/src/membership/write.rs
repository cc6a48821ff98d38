use crate::{
    domain::Timestamp,
    model::{RoleId, write_kind::WriteKind},
};

/// A membership write at one resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MembershipWrite {
    /// Its kind.
    pub kind: WriteKind,
    /// The role taken, by a kind that takes one. None: [`judge`](super::judge()) takes whatever is held, and a rule is
    /// asked about one who holds nothing.
    pub from: Option<RoleId>,
    /// The role given, by a kind that gives one.
    pub to: Option<RoleId>,
    /// When what is given ends; none when it lasts.
    pub expires_at: Option<Timestamp>,
    /// Whether what is given ends at another time than what is taken: the same role is then a change too.
    pub changes_expiry: bool,
}

impl MembershipWrite {
    /// A write that gives no role.
    pub fn plain(verb: WriteKind) -> Self {
        Self { kind: verb, from: None, to: None, expires_at: None, changes_expiry: false }
    }

    /// A write that gives a role for good.
    pub fn giving(verb: WriteKind, to: RoleId) -> Self {
        Self { to: Some(to), ..Self::plain(verb) }
    }

    /// The same write, giving the role until then.
    #[must_use]
    pub fn until(self, expires_at: Option<Timestamp>) -> Self {
        Self { expires_at, ..self }
    }

    /// The same write, taking this very role.
    #[must_use]
    pub fn taking(self, from: Option<RoleId>) -> Self {
        Self { from, ..self }
    }

    /// Whether what it gives ends, and no later than then.
    pub(crate) fn ends_by(self, latest: Timestamp) -> bool {
        self.expires_at.is_some_and(|end| end <= latest)
    }

    /// Whether what it gives is within a right that may end.
    pub fn is_within(self, until: Option<Timestamp>) -> bool {
        until.is_none_or(|latest| self.ends_by(latest))
    }

    /// Whether it touches the roles that a member holds at the resource.
    pub(crate) fn moves_roles(self) -> bool {
        self.kind.removes_roles() || self.kind.grants_roles()
    }
}
