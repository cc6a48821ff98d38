//! Finds the rules that are about one membership write.

use crate::model::{MemberRule, ResourceType, Role, mask::Mask, write_kind::WriteKind};

/// The rules about a kind of write that takes away one of the roles `from` or, of a kind that takes none, is made to
/// somebody who holds it there; [`Mask::ANYONE`] stands for no role. It gives one of the roles `to`, which is empty if the
/// kind of write gives none. Whom a rule lets it be made to is not looked at.
pub fn rules_about(
    resource_type: &ResourceType,
    kind: WriteKind,
    from: Mask,
    to: Mask,
) -> impl Iterator<Item = &MemberRule> {
    let fits = move |rule: &&MemberRule| {
        (rule.from.contains(Mask::ANYONE) || rule.from.contains(from)) && rule.to.contains(to)
    };
    resource_type.members.of_kind(kind).filter(fits)
}

/// The rules by which somebody may give a role to a person: by invitation first, then by change.
pub fn granting_rules<'p>(resource_type: &'p ResourceType, role: &'p Role) -> impl Iterator<Item = &'p MemberRule> {
    resource_type
        .members
        .of_kind(WriteKind::Invite)
        .chain(resource_type.members.of_kind(WriteKind::Change))
        .filter(|rule| rule.to.contains(role.mask()))
}
