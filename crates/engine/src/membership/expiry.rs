//! Nothing outlasts its granter: until when an actor may make a write, and what may go on beyond that.

use crate::{
    decision::target::Target,
    domain::{SubjectRef, Timestamp},
    facts::{Facts, Node},
    membership::{
        actor::actor_roles,
        protection::check_protection,
        refusal::Refusal,
        request::Request,
        right_end::right_end,
        rules::{find_rule, find_rule_beside, of_each_role, rules_for},
        write::MembershipWrite,
    },
    model::{MemberRule, Role, RoleId, mask::Mask, write_kind::WriteKind},
};

/// Until when the actor may make the write, for a kind that gives something; none for other kinds, and where no end is known
/// after which they may not. An owner passes on what is theirs for good.
pub(super) fn permitted_until<F: Facts + ?Sized>(
    request: &Request<'_, '_, F>,
    removed_roles: Mask,
) -> Option<Timestamp> {
    let Request { facts, actor, node, target, write, beside, .. } = *request;
    let passes_on = write.kind == WriteKind::Transfer && facts.resource(node).owner == Some(actor);
    (write.kind.can_outlast() && !passes_on)
        .then(|| write_ends(facts, actor, (node, target), write, removed_roles, beside))
        .flatten()
}

/// Whether a change leaves a member with no more than they have, and for no longer.
pub(super) fn narrows<F: Facts + ?Sized>(request: &Request<'_, '_, F>, removed_roles: Mask) -> bool {
    let Request { facts, node, write, .. } = *request;
    let Some(member) = request.target_state.map(|state| state.member) else { return false };
    let (policy, to) = (facts.policy(), write.to.map_or(Mask::EMPTY, RoleId::mask));
    let ends_sooner = |role: &Role| facts.role_expiry(member, node, role.id()).is_none_or(|end| write.ends_by(end));
    write.kind == WriteKind::Change
        && policy.closure(removed_roles).contains(policy.closure(to))
        && policy.roles_in(removed_roles).all(ends_sooner)
}

/// Whether an actor may have a role of somebody invited go on beyond the end of its invitation: who may give it, or send
/// the invitation again there, for as long as the role is to count. Until when they may, if not for good.
///
/// # Errors
/// The refusal of giving the role, or [`Refusal::OutlastsGranter`].
pub fn may_renew<F: Facts + ?Sized>(
    facts: &F,
    actor: SubjectRef<'_>,
    node: Node,
    target: SubjectRef<'_>,
    role: RoleId,
    expires_at: Option<Timestamp>,
) -> Result<Option<Timestamp>, Refusal> {
    let invite = MembershipWrite::giving(WriteKind::Invite, role).until(expires_at);
    let permitted = |write| find_rule(facts, actor, node, target, write).map(|_| write);
    let (may_resend, may_invite) = (permitted(MembershipWrite::plain(WriteKind::Resend)), permitted(invite));
    let ways = [&may_resend, &may_invite].into_iter().flatten();
    let ends = ways.map(|write| write_ends(facts, actor, (node, target), *write, Mask::EMPTY, &[]));
    match ends.collect::<Option<Vec<_>>>().map(|ends| ends.into_iter().max()) {
        None => Ok(None),
        Some(Some(latest)) if invite.ends_by(latest) => Ok(Some(latest)),
        Some(Some(latest)) => Err(Refusal::OutlastsGranter { latest }),
        Some(None) => may_invite.map(|_| None),
    }
}

/// Succeeds when a granter may make an offer now that they made before, to whoever accepts it, and for as long: an invitation,
/// or a change of what was offered until `from_end` (none: for good), which it takes. `beside` has what else they are given.
///
/// # Errors
/// The first refusal of the write, or [`Refusal::OutlastsGranter`].
pub fn may_still_give<F: Facts + ?Sized>(
    facts: &F,
    granter: SubjectRef<'_>,
    node: Node,
    target: SubjectRef<'_>,
    (offer, from_end): (MembershipWrite, Option<Timestamp>),
    beside: &[(Node, RoleId)],
) -> Result<(), Refusal> {
    find_rule_beside(facts, granter, node, target, offer, beside)?;
    let (policy, mask) = (facts.policy(), |role: Option<RoleId>| role.map_or(Mask::EMPTY, RoleId::mask));
    let narrows = offer.kind == WriteKind::Change
        && policy.closure(mask(offer.from)).contains(policy.closure(mask(offer.to)))
        && from_end.is_none_or(|end| offer.ends_by(end));
    match write_ends(facts, granter, (node, target), offer, mask(offer.from), beside) {
        Some(latest) if !offer.ends_by(latest) && !narrows => Err(Refusal::OutlastsGranter { latest }),
        _ => Ok(()),
    }
}

/// Succeeds when somebody could make an offer to whoever accepts it, and is given these roles beside, whoever made it.
///
/// # Errors
/// [`Refusal::Protected`] or [`Refusal::NotPermitted`].
pub fn may_be_given<F: Facts + ?Sized>(
    facts: &F,
    node: Node,
    target: SubjectRef<'_>,
    offer: MembershipWrite,
    beside: &[(Node, RoleId)],
) -> Result<(), Refusal> {
    check_protection(facts, node, target)?;
    let has_rule = |write: &MembershipWrite| rules_for(facts, node, target, *write, beside).next().is_some();
    match of_each_role(facts, node, target, offer, beside).into_iter().find(|write| !has_rule(write)) {
        Some(write) => Err(Refusal::NotPermitted { write, rules: Vec::new() }),
        None => Ok(()),
    }
}

/// Until when the actor may make a write, if some end is known after which they may not.
///
/// INVARIANT (nothing outlasts its granter): whoever holds a right for a time gives nothing for longer, themselves
/// included; but by a rule that says `may_outlast`.
fn write_ends<F: Facts + ?Sized>(
    facts: &F,
    actor: SubjectRef<'_>,
    (node, target): (Node, SubjectRef<'_>),
    write: MembershipWrite,
    removed_roles: Mask,
    beside: &[(Node, RoleId)],
) -> Option<Timestamp> {
    let relations = if actor == target { Mask::SELF } else { Mask::EMPTY };
    let mut writes: Vec<MembershipWrite> =
        facts.policy().roles_in(removed_roles).map(|role| write.taking(Some(role.id()))).collect();
    if writes.is_empty() {
        writes = of_each_role(facts, node, target, write.taking(None), beside);
    }
    // What the target holds stays as it is: whom a rule is about is decided once.
    let mut rules: Vec<Vec<&MemberRule>> =
        writes.into_iter().map(|write| rules_for(facts, node, target, write, beside).collect()).collect();
    // What a rule gives that says `may_outlast` has no end for its giver's sake.
    let bits = actor_roles(facts, actor, Target::Registered(node)).unwrap_or_default() | relations;
    rules.retain(|rules| !rules.iter().any(|rule| rule.may_outlast() && rule.by().allows(bits)));
    if rules.is_empty() {
        return None;
    }
    right_end(facts, actor, node, &|roles| {
        let bits = roles | relations;
        rules.iter().all(|rules| rules.iter().any(|rule| rule.by().allows(bits)))
    })
}
