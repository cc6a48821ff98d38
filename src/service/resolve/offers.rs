//! The roles that somebody invited was offered: which of them are given to a subject, by whom and until when.

use rollcall_engine::{
    self as engine, Facts, Grant, GrantedBy, MemberStatus, MembershipWrite, Node, Refusal, ResourceType, RoleId,
    Subject, SubjectRef, WriteKind, kind,
};

use crate::service::resolve::{
    ends::{earlier, is_later},
    offer::TracedOffer,
    rules::{came_along, coming_along},
};

/// Why an offered role is not given.
pub(crate) struct FailedOffer {
    /// Who may not give it any more.
    pub(crate) by: Subject,
    /// Where it was offered.
    pub(crate) node: Node,
    /// The write by which it would be given.
    pub(crate) write: MembershipWrite,
    pub(crate) refusal: Refusal,
}

/// Decides about each role that was offered, as if a subject accepted it now.
///
/// INVARIANT (granters): what is given at an acceptance is what its granter could give at that very moment, to this very
/// subject; where it is a change of another offer, so could whoever made that one. Under a policy whose invitations outlive
/// their inviters it is what somebody could give to this subject, unless its granter accepts it themselves. A joining role needs no
/// right of its own: it comes to somebody new with a role that brings it, from whoever gives that, and lasts no longer.
pub(crate) fn decide_offers(
    facts: &dyn Facts,
    target: SubjectRef<'_>,
    offered: &[TracedOffer],
) -> Vec<Result<(Grant, GrantedBy), Box<FailedOffer>>> {
    let is_new = facts.member_state(target).is_none_or(|state| state.status == MemberStatus::Invited);
    // Whoever accepts as somebody new holds nothing yet, not even what is pending.
    let target = if is_new && target.kind == kind::INVITED { SOMEBODY_NEW } else { target };
    let mut decided = decide_in_turn(facts, target, offered);
    let given: Vec<(Grant, GrantedBy)> = decided.iter().flatten().filter(|_| is_new).cloned().collect();
    for (TracedOffer { grant, .. }, decided) in offered.iter().zip(&mut decided).filter(|(_, decided)| decided.is_err())
    {
        if let Some((bringing, by)) = last_bringing(facts, &given, grant) {
            let expires_at = earlier(grant.expires_at, bringing.expires_at);
            *decided = Ok((Grant { expires_at, ..grant.clone() }, bringing_along(by)));
        }
    }
    decided
}

/// Decides about each offer for whoever has been given those that were decided about before: the root's first, and each again
/// while others are given.
fn decide_in_turn(
    facts: &dyn Facts,
    target: SubjectRef<'_>,
    offered: &[TracedOffer],
) -> Vec<Result<(Grant, GrantedBy), Box<FailedOffer>>> {
    let root = engine::name_of(facts, facts.root());
    let mut waiting: Vec<(usize, &TracedOffer)> = offered.iter().enumerate().collect();
    waiting.sort_by_key(|(_, offer)| offer.grant.resource.as_ref() != root);
    let (mut beside, mut decided) = (Vec::new(), Vec::new());
    loop {
        let (before, mut refused) = (waiting.len(), Vec::new());
        for (index, offer) in waiting {
            match check_offer(facts, target, offer, &beside) {
                Ok(given) => {
                    beside.push(given);
                    decided.push((index, Ok((offer.grant.clone(), offer.by.clone()))));
                }
                Err(failed) => refused.push(((index, offer), failed)),
            }
        }
        if refused.is_empty() || refused.len() == before {
            decided.extend(refused.into_iter().map(|((index, _), failed)| (index, Err(failed))));
            break;
        }
        waiting = refused.into_iter().map(|(waiting, _)| waiting).collect();
    }
    decided.sort_by_key(|(index, _)| *index);
    decided.into_iter().map(|(_, decided)| decided).collect()
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

/// The role of an offer, to whoever is given others beside. Refuses one that one of those may not make any more who made it what it
/// is: whoever may offer it as it is stands for it alone.
fn check_offer(
    facts: &dyn Facts,
    target: SubjectRef<'_>,
    offer: &TracedOffer,
    beside: &[(Node, RoleId)],
) -> Result<(Node, RoleId), Box<FailedOffer>> {
    let policy = facts.policy();
    let resource_type = policy.type_named(&offer.grant.resource.kind);
    let node = resource_type.and_then(|resource_type| facts.find(resource_type.id(), &offer.grant.resource.id));
    let nobody_may = || {
        let write = MembershipWrite::plain(WriteKind::Invite);
        let refusal = Refusal::NotPermitted { write, rules: Vec::new() };
        let (by, node) = (offer.by.subject.clone(), node.unwrap_or_else(|| facts.root()));
        Box::new(FailedOffer { by, node, write, refusal })
    };
    // Nobody gives what there is not, nor what nobody knows the beginning of.
    let (Some(resource_type), Some(node), Some(links)) = (resource_type, node, offer.links()) else {
        return Err(nobody_may());
    };
    let links = links.map(|(grant, by)| Some((policy.find_role(resource_type, &grant.role).ok()?.id(), grant, by)));
    let links = links.collect::<Option<Vec<_>>>().ok_or_else(nobody_may)?;
    let make = |by: &GrantedBy, write: MembershipWrite, from_end| {
        let granter = by.subject.as_ref();
        let made = if policy.invitations_outlive_inviter() && granter != target && !came_along(&by.rule) {
            engine::may_be_given(facts, node, target, write, beside)
        } else {
            engine::may_still_give(facts, granter, node, target, (write, from_end), beside)
        };
        made.map_err(|refusal| Box::new(FailedOffer { by: by.subject.clone(), node, write, refusal }))
    };
    let is_brought = |role| {
        let joins_as = |at| policy.resource_type(facts.resource(at).resource_type).joins_as();
        node == facts.root() && beside.iter().any(|(at, _)| joins_as(*at) == Some(role))
    };
    // From the last change back to whoever may offer what was there then.
    for (index, (role, grant, by)) in links.iter().enumerate().rev() {
        let invite = MembershipWrite::giving(WriteKind::Invite, *role).until(grant.expires_at);
        let offered = make(by, invite, None);
        let Some((from, earlier, _)) = index.checked_sub(1).and_then(|before| links.get(before)) else {
            // What came along with others needs no right of its own while one of them is given.
            if !(links.len() > 1 && came_along(&by.rule) && is_brought(*role)) {
                offered?;
            }
            break;
        };
        if offered.is_ok() {
            break;
        }
        let change = MembershipWrite { kind: WriteKind::Change, ..invite }.taking(Some(*from));
        make(by, change, earlier.expires_at)?;
    }
    links.last().map(|(role, ..)| (node, *role)).ok_or_else(nobody_may)
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
