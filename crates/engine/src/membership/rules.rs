//! May this actor make this membership write? The same bits and masks as for any action, over the rules of
//! `[TYPE.members]`.

use crate::{
    decision::decide::{Reason, Target, effective_roles},
    domain::{MemberStatus, SubjectRef},
    facts::{Facts, MemberState, Node, Principals, ancestors},
    membership::{
        refusal::{Refusal, RuleLine},
        write::MembershipWrite,
    },
    model::{MemberRule, Role, RoleId, mask::Mask, rules_about::rules_about},
};

/// Decides about one membership write at a registered resource. The rule that lets it through, or why none does.
///
/// # Errors
/// The refusal.
pub fn find_rule<'f, F: Facts + ?Sized>(
    facts: &'f F,
    actor: SubjectRef<'_>,
    node: Node,
    target: SubjectRef<'_>,
    operation: MembershipWrite,
) -> Result<&'f MemberRule, Refusal> {
    let policy = facts.policy();
    let held = actor_roles(facts, actor, Target::Registered(node))?;
    let held = if actor == target { held | Mask::SELF } else { held };
    let of = policy.resource_type(facts.resource(node).of);
    let from = match operation.from {
        _ if !operation.kind.removes_roles() => Mask::EMPTY,
        None => Mask::ANYONE,
        Some(from) => from.mask(),
    };
    let to = operation.to.map_or(Mask::EMPTY, RoleId::mask);
    let rules = || rules_about(of, operation.kind, from, to);
    if operation.moves_roles() {
        protected(facts, node, target)?;
    }
    rules().find(|rule| rule.by.satisfied_by(held)).ok_or_else(|| Refusal::NotPermitted {
        operation,
        rules: rules().map(|rule| RuleLine { by: rule.by.text.clone(), line: rule.by.line }).collect(),
    })
}

/// Whether an actor may act at all, and a target may be touched, whatever the operation.
///
/// # Errors
/// The refusal.
pub(crate) fn check_actor_and_target<F: Facts + ?Sized>(
    facts: &F,
    actor: SubjectRef<'_>,
    node: Node,
    target: SubjectRef<'_>,
) -> Result<(), Refusal> {
    actor_roles(facts, actor, Target::Registered(node))?;
    protected(facts, node, target)
}

/// Whether a subject holds a role above a resource that protects them there.
pub fn is_protected<F: Facts + ?Sized>(facts: &F, node: Node, target: SubjectRef<'_>) -> bool {
    protected(facts, node, target).is_err()
}

/// The standing of an actor who may write at all; none for an operator, who has none.
///
/// INVARIANT (actors): nobody else writes anything, whatever the rules say, and whatever survives a lock.
///
/// # Errors
/// Why they may not.
pub fn active_actor<F: Facts + ?Sized>(facts: &F, actor: SubjectRef<'_>) -> Result<Option<MemberState>, Reason> {
    if actor.is_operator() {
        return Ok(None);
    }
    let acts = |actor| facts.policy().is_person(actor);
    let standing = facts.member_state(actor).filter(|_| acts(actor)).ok_or(Reason::NotAMember)?;
    match standing.status {
        MemberStatus::Invited => Err(Reason::MemberInvited),
        MemberStatus::Deactivated => Err(Reason::MemberDeactivated),
        MemberStatus::Active if standing.locked => Err(Reason::MemberLocked),
        MemberStatus::Active => Ok(Some(standing)),
    }
}

/// What an actor holds at a target.
///
/// # Errors
/// When the actor may not act at all.
pub(crate) fn actor_roles<F: Facts + ?Sized>(
    facts: &F,
    actor: SubjectRef<'_>,
    target: Target<'_>,
) -> Result<Mask, Refusal> {
    let gathered =
        |standing: MemberState| effective_roles(facts, actor, Principals::of(facts, actor, standing.member), target).0;
    Ok(active_actor(facts, actor).map_err(Refusal::Actor)?.map_or(Mask::OPERATOR, gathered))
}

/// INVARIANT (protected holders): whoever holds a protecting role above keeps their place below, whoever asks.
fn protected<F: Facts + ?Sized>(facts: &F, node: Node, target: SubjectRef<'_>) -> Result<(), Refusal> {
    let Some(standing) = facts.member_state(target) else { return Ok(()) };
    let (policy, holders) = (facts.policy(), Principals::of(facts, target, standing.member));
    for (above, _) in ancestors(facts, node).skip(1) {
        let bound = holders.assigned_roles(facts, above);
        if let Some(role) = policy.roles_in(bound).find(|role| role.protected_below) {
            return Err(Refusal::Protected { role: policy.qualified(role), at: above });
        }
    }
    Ok(())
}

/// Of the roles that this member loses at a resource, those that must keep a holder and count them as one.
pub fn counted_roles<F: Facts + ?Sized>(facts: &F, member: SubjectRef<'_>, node: Node, lost: &[RoleId]) -> Vec<RoleId> {
    let counted = facts.member_state(member).filter(|standing| standing.status == MemberStatus::Active);
    let lasting = counted.map_or(Mask::EMPTY, |standing| facts.permanent_roles(standing.member, node));
    let counts = |role: &&RoleId| lasting.contains(role.mask()) && facts.policy().role(**role).at_least > 0;
    lost.iter().filter(counts).copied().collect()
}

/// The role that would be left with too few active holders if this member lost these roles at a resource.
///
/// INVARIANT (last holder): every write that takes a role away asks this first.
pub(crate) fn last_holder<'f, F: Facts + ?Sized>(
    facts: &'f F,
    member: SubjectRef<'_>,
    node: Node,
    lost: Mask,
) -> Option<&'f Role> {
    let standing = facts.member_state(member)?;
    if standing.status != MemberStatus::Active {
        return None;
    }
    let lost = lost & facts.permanent_roles(standing.member, node);
    facts.policy().roles_in(lost).find(|role| role.at_least > 0 && facts.active_holders(node, role.id) <= role.at_least)
}
