//! The roles that somebody invited was offered: which of them are given to a subject, by whom and until when.

use rollcall_engine::{
    self as engine, Facts, Grant, GrantedBy, Mask, MemberRule, MemberStatus, MembershipWrite, Node, Policy, Refusal,
    ResourceType, SubjectRef, WriteKind,
};

use crate::service::resolve::{
    ends::{earlier, is_later},
    rules::rule_name,
};

/// Why an offered role is not given.
pub(crate) struct FailedOffer {
    /// Where it was offered.
    pub(crate) node: Node,
    /// The write by which it would be given.
    pub(crate) write: MembershipWrite,
    pub(crate) refusal: Refusal,
}

/// Decides about each role that was offered, as if a subject accepted it now.
///
/// INVARIANT (granters): what is given at an acceptance is what its granter could give at that very moment, to this very
/// subject; under a policy whose invitations outlive their inviters, what they could give when they offered it, unless they
/// accept it themselves. A joining role needs no right of its own: it comes to somebody new with a role that brings it, from
/// whoever gives that, and lasts no longer.
pub(crate) fn decide_offers(
    facts: &dyn Facts,
    target: SubjectRef<'_>,
    offered: &[(Grant, GrantedBy)],
) -> Vec<Result<(Grant, GrantedBy), FailedOffer>> {
    let decide = |offer: &(Grant, GrantedBy)| check_offer(facts, target, offer).map(|()| offer.clone());
    let mut decided: Vec<Result<_, _>> = offered.iter().map(decide).collect();
    let is_new = facts.member_state(target).is_none_or(|state| state.status == MemberStatus::Invited);
    let given: Vec<(Grant, GrantedBy)> = decided.iter().flatten().filter(|_| is_new).cloned().collect();
    for ((grant, _), decided) in offered.iter().zip(&mut decided).filter(|(_, decided)| decided.is_err()) {
        if let Some((bringing, by)) = last_bringing(facts, &given, grant) {
            let expires_at = earlier(grant.expires_at, bringing.expires_at);
            *decided = Ok((Grant { expires_at, ..grant.clone() }, by.clone()));
        }
    }
    decided
}

/// Refuses an offer that its granter may not make any more.
fn check_offer(
    facts: &dyn Facts,
    target: SubjectRef<'_>,
    (grant, GrantedBy { subject, rule, .. }): &(Grant, GrantedBy),
) -> Result<(), FailedOffer> {
    let (policy, granter) = (facts.policy(), subject.as_ref());
    if policy.invitations_outlive_inviter() && granter != target {
        return Ok(());
    }
    let resource_type = policy.type_named(&grant.resource.kind);
    let role = resource_type.and_then(|resource_type| policy.find_role(resource_type, &grant.role).ok());
    let node = resource_type.and_then(|resource_type| facts.find(resource_type.id(), &grant.resource.id));
    let (Some(resource_type), Some(role), Some(node)) = (resource_type, role, node) else {
        // Nobody gives what there is not.
        let write = MembershipWrite::plain(WriteKind::Invite);
        let refusal = Refusal::NotPermitted { write, rules: Vec::new() };
        return Err(FailedOffer { node: facts.root(), write, refusal });
    };
    let raised_from = raised_from(policy, resource_type, rule);
    let write = MembershipWrite::giving(WriteKind::Invite, role.id()).until(grant.expires_at);
    engine::may_still_give(facts, granter, node, target, write, raised_from).map_err(|refusal| FailedOffer {
        node,
        write,
        refusal,
    })
}

/// Where a rule, as the log names it, gave a role by a change: the roles that it may have been changed from. Empty where it
/// gave it by an invitation, or the policy that runs has no such rule.
fn raised_from(policy: &Policy, resource_type: &ResourceType, named: &str) -> Mask {
    let is_named = |rule: &&MemberRule| named.split(' ').any(|named| named == rule_name(policy, rule.by().line()));
    let rules = |kind| resource_type.members().of_kind(kind).find(is_named);
    rules(WriteKind::Change).filter(|_| rules(WriteKind::Invite).is_none()).map_or(Mask::EMPTY, MemberRule::from)
}

/// Of the roles that bring a joining role, the first of those that last longest.
fn last_bringing<'g>(
    facts: &dyn Facts,
    given: &'g [(Grant, GrantedBy)],
    joining: &Grant,
) -> Option<&'g (Grant, GrantedBy)> {
    if engine::name_of(facts, facts.root()) != joining.resource.as_ref() {
        return None;
    }
    let policy = facts.policy();
    let brings = |(grant, _): &&(Grant, GrantedBy)| {
        let joins_as = policy.type_named(&grant.resource.kind).and_then(ResourceType::joins_as);
        joins_as.is_some_and(|role| policy.role(role).name() == joining.role)
    };
    given.iter().filter(brings).reduce(
        |longest, other| {
            if is_later(other.0.expires_at, longest.0.expires_at) { other } else { longest }
        },
    )
}
