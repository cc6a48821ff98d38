//! The rules of `[TYPE.members]`: which of them lets an actor make a write. The same bits and masks as for any action.

use crate::{
    decision::target::Target,
    domain::SubjectRef,
    facts::{Facts, Node},
    membership::{
        actor::actor_roles,
        protection::check_protection,
        refusal::{Refusal, RuleLine},
        write::MembershipWrite,
    },
    model::{MemberRule, RoleId, mask::Mask, rules_about::rules_about},
};

/// The first rule that lets an actor make a write at a registered resource, in the order of the file. A part of
/// [`permit`](super::permit::permit()), which also looks at the target and at the state.
///
/// # Errors
/// [`Refusal::Actor`], [`Refusal::Protected`] or [`Refusal::NotPermitted`], in this order.
pub fn find_rule<'f, F: Facts + ?Sized>(
    facts: &'f F,
    actor: SubjectRef<'_>,
    node: Node,
    target: SubjectRef<'_>,
    write: MembershipWrite,
) -> Result<&'f MemberRule, Refusal> {
    let policy = facts.policy();
    let actor_roles = actor_roles(facts, actor, Target::Registered(node))?;
    let bits = if actor == target { actor_roles | Mask::SELF } else { actor_roles };
    if write.affects_roles() {
        check_protection(facts, node, target)?;
    }
    let resource_type = policy.resource_type(facts.resource(node).resource_type);
    let from = match write.from {
        _ if !write.kind.removes_roles() => Mask::EMPTY,
        None => Mask::ANYONE,
        Some(from) => from.mask(),
    };
    let to = write.to.map_or(Mask::EMPTY, RoleId::mask);
    let rules = || rules_about(resource_type, write.kind, from, to);
    rules().find(|rule| rule.by().allows(bits)).ok_or_else(|| Refusal::NotPermitted {
        write,
        rules: rules().map(|rule| RuleLine { by: rule.by().text().to_owned(), line: rule.by().line() }).collect(),
    })
}
