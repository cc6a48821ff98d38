//! The rules of `[TYPE.members]`: which of them lets an actor make a write. The same bits and masks as for any action.

use crate::{
    decision::{roles::effective_roles, target::Target},
    domain::{MemberStatus, SubjectRef},
    facts::{Facts, Node, Principals, ancestors_with_inheritance, name_of},
    membership::{
        actor::actor_roles,
        protection::check_protection,
        refusal::{Refusal, RuleLine},
        write::MembershipWrite,
    },
    model::{MemberRule, Role, RoleId, TypeSet, mask::Mask, rules_about::rules_about},
};

/// The first rule that lets an actor make a write at a registered resource, in the order of the file. Where it takes no role
/// and the target holds several there, each has such a rule, and this is the first one's. A part of
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
    find_rule_beside(facts, actor, node, target, write, &[])
}

/// As [`find_rule`], where the target is given other roles beside: whom a rule is about holds these, too.
///
/// # Errors
/// As [`find_rule`].
pub(crate) fn find_rule_beside<'f, F: Facts + ?Sized>(
    facts: &'f F,
    actor: SubjectRef<'_>,
    node: Node,
    target: SubjectRef<'_>,
    write: MembershipWrite,
    beside: &[(Node, RoleId)],
) -> Result<&'f MemberRule, Refusal> {
    let actor_roles = actor_roles(facts, actor, Target::Registered(node))?;
    let bits = if actor == target { actor_roles | Mask::SELF } else { actor_roles };
    if write.affects_roles() {
        check_protection(facts, node, target)?;
    }
    let mut writes = of_each_role(facts, node, target, write, beside).into_iter();
    let rule_for = |write| {
        rules_for(facts, node, target, write, beside).find(|rule| rule.by().allows(bits)).ok_or_else(|| {
            Refusal::NotPermitted { write, rules: rules_of(facts, node, write).map(RuleLine::of).collect() }
        })
    };
    let rule = rule_for(writes.next().unwrap_or(write))?;
    for write in writes {
        rule_for(write)?;
    }
    Ok(rule)
}

/// The rules about a write that may be made to this target, with what they are given beside, in the order of the file.
pub(super) fn rules_for<'f, F: Facts + ?Sized>(
    facts: &'f F,
    node: Node,
    target: SubjectRef<'_>,
    write: MembershipWrite,
    beside: &[(Node, RoleId)],
) -> impl Iterator<Item = &'f MemberRule> {
    let asks_whom = rules_of(facts, node, write).any(|rule| rule.whom().is_some());
    let bits = if asks_whom { target_bits(facts, node, target) | bits_of(facts, node, beside) } else { Mask::EMPTY };
    rules_of(facts, node, write).filter(move |rule| rule.whom().is_none() || rule.is_about(bits))
}

/// What roles count as at a resource, with what they imply; one at a team brings what the team holds.
fn bits_of<F: Facts + ?Sized>(facts: &F, node: Node, roles: &[(Node, RoleId)]) -> Mask {
    if roles.is_empty() {
        return Mask::EMPTY;
    }
    let policy = facts.policy();
    let team = |(at, _): &(Node, RoleId)| {
        let team = name_of(facts, *at);
        let team = SubjectRef { kind: team.kind, id: team.id };
        let state = facts.member_state(team).filter(|_| policy.is_team(team))?;
        Some(Principals::of_member(facts, team, state.member))
    };
    let teams: Vec<Principals<'_>> = roles.iter().filter_map(team).collect();
    let bits_above = ancestors_with_inheritance(facts, node, TypeSet::EMPTY).map(|(above, _, inheritance)| {
        let there: Mask = roles.iter().filter(|(at, _)| *at == above).map(|(_, role)| role.mask()).collect();
        let through_teams: Mask = teams.iter().map(|team| team.assigned_roles(facts, above)).collect();
        inheritance.roles(policy, there | through_teams)
    });
    policy.closure(bits_above.collect())
}

/// A write of a kind that takes no role, once for each role that the target holds at the resource, where some rule says which
/// these may be. Any other as it is.
pub(super) fn of_each_role<F: Facts + ?Sized>(
    facts: &F,
    node: Node,
    target: SubjectRef<'_>,
    write: MembershipWrite,
    beside: &[(Node, RoleId)],
) -> Vec<MembershipWrite> {
    let resource_type = facts.policy().resource_type(facts.resource(node).resource_type);
    let asks_for_roles = !write.kind.removes_roles() && resource_type.members().says_from(write.kind);
    let state = facts.member_state(target).filter(|_| asks_for_roles);
    let assigned_roles = state.map_or(Mask::EMPTY, |state| facts.assigned_roles(state.member, node));
    let beside = beside.iter().filter(|(at, _)| asks_for_roles && *at == node).map(|(_, role)| role.mask());
    let assigned_roles = beside.fold(assigned_roles, |all, role| all | role);
    let writes: Vec<_> =
        facts.policy().roles_in(assigned_roles).map(|role: &Role| write.taking(Some(role.id()))).collect();
    if writes.is_empty() { vec![write] } else { writes }
}

/// The rules about a write, to whomever it may be made.
fn rules_of<F: Facts + ?Sized>(facts: &F, node: Node, write: MembershipWrite) -> impl Iterator<Item = &MemberRule> {
    let resource_type = facts.policy().resource_type(facts.resource(node).resource_type);
    let from = write.from.map_or(Mask::ANYONE, RoleId::mask);
    rules_about(resource_type, write.kind, from, write.to.map_or(Mask::EMPTY, RoleId::mask))
}

/// What a rule's `whom` is asked of: what a target holds at a resource, whatever their status, with what that implies, and what
/// they are invited to, too. Nothing for whoever is no member.
pub fn target_bits<F: Facts + ?Sized>(facts: &F, node: Node, target: SubjectRef<'_>) -> Mask {
    let Some(state) = facts.member_state(target) else { return Mask::EMPTY };
    let principals = Principals::of_member(facts, target, state.member);
    let (effective_roles, _) = effective_roles(facts, target, principals, Target::Registered(node));
    if state.status == MemberStatus::Active { effective_roles } else { effective_roles.without(Mask::ANYONE) }
}
