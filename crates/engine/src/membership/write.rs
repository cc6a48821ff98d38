//! A membership write as decisions take it: what is done to the roles of one target at one resource.

use crate::{
    domain::Timestamp,
    model::{RoleId, write_kind::WriteKind},
};

/// What one membership write does, beside who makes it, where and to whom. The roles are those of the resource's type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MembershipWrite {
    /// What is done. To invite everybody of a type counts as [`WriteKind::Publish`].
    pub kind: WriteKind,
    /// The role that the write takes from the target; not looked at for a kind that takes none, of which a refusal names
    /// with it a role that the target holds. Where it is none, [`permit`](super::permit::permit()) takes every role that the
    /// target holds at the resource, for a change the only one, and [`find_rule`](super::rules::find_rule) finds rules about a
    /// target who holds none.
    pub from: Option<RoleId>,
    /// The role that the write gives to the target; none for a kind that gives none.
    pub to: Option<RoleId>,
    /// When the role given ends; none when it is given for good.
    pub expires_at: Option<Timestamp>,
    /// For [`WriteKind::Change`], whether the role given ends at another time than the role taken: to change a role to
    /// itself is then allowed.
    pub changes_expiry: bool,
    /// Whether it is one of several that are made at once: whether roles keep their holders is then left to be decided about
    /// all of them, by [`HolderCounts`](super::holders::HolderCounts).
    pub is_one_of_several: bool,
}

impl MembershipWrite {
    /// A write of a kind that gives no role. If it takes roles, it takes all that the target holds at the resource.
    pub fn plain(kind: WriteKind) -> Self {
        Self { kind, from: None, to: None, expires_at: None, changes_expiry: false, is_one_of_several: false }
    }

    /// A write of a kind that gives a role, which is given for good.
    pub fn giving(kind: WriteKind, to: RoleId) -> Self {
        Self { to: Some(to), ..Self::plain(kind) }
    }

    /// The same write with another end of the role given; none gives it for good.
    #[must_use]
    pub fn until(self, expires_at: Option<Timestamp>) -> Self {
        Self { expires_at, ..self }
    }

    /// The same write, taking this role; none takes every role that the target holds at the resource.
    #[must_use]
    pub fn taking(self, from: Option<RoleId>) -> Self {
        Self { from, ..self }
    }

    /// Whether the role given ends, and no later than `latest`.
    pub(crate) fn ends_by(self, latest: Timestamp) -> bool {
        self.expires_at.is_some_and(|end| end <= latest)
    }

    /// Whether the role given ends no later than a right that lasts until `until`; always, if that lasts for good.
    pub fn is_within(self, until: Option<Timestamp>) -> bool {
        until.is_none_or(|latest| self.ends_by(latest))
    }

    /// Whether it gives or takes roles at the resource.
    pub(crate) fn affects_roles(self) -> bool {
        self.kind.removes_roles() || self.kind.grants_roles()
    }
}
