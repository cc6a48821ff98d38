//! The roles that somebody invited was offered: which of them are given to a subject, by whom and until when.

use rollcall_engine::{
    self as engine, Facts, Grant, GrantedBy, Mask, MemberRule, MemberStatus, MembershipWrite, Node, Policy, Refusal,
    ResourceType, SubjectRef, WriteKind, kind,
};

use crate::service::resolve::{
    ends::{earlier, is_later},
    rules::{came_along, coming_along, rule_name},
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
    let is_new = facts.member_state(target).is_none_or(|state| state.status == MemberStatus::Invited);
    // Whoever accepts as somebody new holds nothing yet, not even what is pending.
    let target = if is_new && target.kind == kind::INVITED { SOMEBODY_NEW } else { target };
    let decide = |offer: &(Grant, GrantedBy)| check_offer(facts, target, offer).map(|()| offer.clone());
    let mut decided: Vec<Result<_, _>> = offered.iter().map(decide).collect();
    let given: Vec<(Grant, GrantedBy)> = decided.iter().flatten().filter(|_| is_new).cloned().collect();
    for ((grant, _), decided) in offered.iter().zip(&mut decided).filter(|(_, decided)| decided.is_err()) {
        if let Some((bringing, by)) = last_bringing(facts, &given, grant) {
            let expires_at = earlier(grant.expires_at, bringing.expires_at);
            *decided = Ok((Grant { expires_at, ..grant.clone() }, bringing_along(by)));
        }
    }
    decided
}

/// A subject that is no member.
const SOMEBODY_NEW: SubjectRef<'static> = SubjectRef { kind: kind::INVITED, id: "" };

/// The joining role of somebody new who is given no other role of the root: with the role that brings it and lasts longest.
pub(crate) fn joining_offer(facts: &dyn Facts, given: &[(Grant, GrantedBy)]) -> Option<(Grant, GrantedBy)> {
    let (policy, root) = (facts.policy(), engine::name_of(facts, facts.root()));
    if given.iter().any(|(grant, _)| grant.resource.as_ref() == root) {
        return None;
    }
    let joining = |(grant, by): &(Grant, GrantedBy)| {
        let role = policy.type_named(&grant.resource.kind).and_then(ResourceType::joins_as)?;
        let permanent = Grant::permanent(root.to_key(), policy.role(role).name());
        Some((Grant { expires_at: grant.expires_at, ..permanent }, bringing_along(by)))
    };
    given
        .iter()
        .filter_map(joining)
        .reduce(|longest, other| if is_later(other.0.expires_at, longest.0.expires_at) { other } else { longest })
}

/// Who gives a role that comes along, by which lines: whoever gives the one that brings it.
fn bringing_along(by: &GrantedBy) -> GrantedBy {
    GrantedBy { rule: coming_along(&by.rule), ..by.clone() }
}

/// Refuses an offer that its granter may not make any more.
fn check_offer(
    facts: &dyn Facts,
    target: SubjectRef<'_>,
    (grant, GrantedBy { subject, rule, .. }): &(Grant, GrantedBy),
) -> Result<(), FailedOffer> {
    let (policy, granter) = (facts.policy(), subject.as_ref());
    if policy.invitations_outlive_inviter() && granter != target && !came_along(rule) {
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
    let write = MembershipWrite::giving(WriteKind::Invite, role.id()).until(grant.expires_at);
    let still_gives = |raised_from| engine::may_still_give(facts, granter, node, target, write, raised_from);
    let given = match offered_by(policy, resource_type, rule) {
        OfferedBy::Invite => still_gives(Mask::EMPTY),
        OfferedBy::Change(from) => still_gives(from),
        OfferedBy::Unknown => still_gives(Mask::EMPTY).or_else(|refusal| {
            let changes = resource_type.members().of_kind(WriteKind::Change);
            let from: Mask = changes.filter(|rule| rule.to().contains(role.mask())).map(MemberRule::from).collect();
            if from.is_empty() { Err(refusal) } else { still_gives(from).map_err(|_| refusal) }
        }),
    };
    given.map_err(|refusal| FailedOffer { node, write, refusal })
}

/// By which kind of rule a role was offered.
enum OfferedBy {
    Invite,
    /// By changing one of these, which was offered before.
    Change(Mask),
    /// The policy that runs has no such rule: another version of it had.
    Unknown,
}

/// By which kind of rule, as the log names it, a role was offered.
fn offered_by(policy: &Policy, resource_type: &ResourceType, named: &str) -> OfferedBy {
    let is_named = |rule: &&MemberRule| named.split(' ').any(|named| named == rule_name(policy, rule.by().line()));
    let rule = |kind| resource_type.members().of_kind(kind).find(is_named);
    match (rule(WriteKind::Invite), rule(WriteKind::Change)) {
        (Some(_), _) => OfferedBy::Invite,
        (None, Some(change)) => OfferedBy::Change(change.from()),
        (None, None) => OfferedBy::Unknown,
    }
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
