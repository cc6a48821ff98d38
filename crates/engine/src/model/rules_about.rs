//! Which rules are about a membership write.

use crate::model::{MemberRule, ResourceType, Role, mask::Mask, write_kind::WriteKind};

/// The rules about a kind of write that takes one of the roles `from`, [`Mask::ANYONE`] standing for none, and gives
/// one of `to`; each is empty where the kind has no such side.
pub fn rules_about(of: &ResourceType, verb: WriteKind, from: Mask, to: Mask) -> impl Iterator<Item = &MemberRule> {
    let fits = move |rule: &&MemberRule| {
        (rule.from.contains(Mask::ANYONE) || rule.from.contains(from)) && rule.to.contains(to)
    };
    of.members.of(verb).filter(fits)
}

/// The rules by which somebody may give a role to a person: by invitation, or by change.
pub fn givers<'p>(of: &'p ResourceType, role: &'p Role) -> impl Iterator<Item = &'p MemberRule> {
    of.members
        .of(WriteKind::Invite)
        .chain(of.members.of(WriteKind::Change))
        .filter(|rule| rule.to.contains(role.mask()))
}
