//! The roles that somebody invited was offered, and whether who offered them may give them still.

use rollcall_engine::{
    self as engine, Facts, Grant, GrantedBy, MemberRule, MembershipWrite, Node, Policy, Refusal, ResourceType,
    SubjectRef, WriteKind,
};

use crate::service::resolve::rules::rule_name;

/// Why an offered role can't be given.
pub(crate) struct FailedOffer {
    pub(crate) node: Node,
    /// The write by which it would be given.
    pub(crate) write: MembershipWrite,
    pub(crate) refusal: Refusal,
}

/// Of each role that was offered to somebody, why it can't be given to a subject now; none where it can.
///
/// INVARIANT (granters): what is given at an acceptance is what its granter could give at that very moment, to this very
/// subject; under a policy whose invitations outlive their inviters, what they could give when they offered it, unless they
/// accept it themselves.
pub(crate) fn failed_offers(
    facts: &dyn Facts,
    target: SubjectRef<'_>,
    offered: &[(Grant, GrantedBy)],
) -> Vec<Option<FailedOffer>> {
    let mut failed: Vec<_> =
        offered.iter().map(|(grant, granted_by)| failed_offer(facts, target, grant, granted_by)).collect();
    let joining = joining_roles(facts.policy(), offered.iter().zip(&failed).filter(|(_, failed)| failed.is_none()));
    let root = engine::name_of(facts, facts.root());
    for ((grant, _), failed) in offered.iter().zip(&mut failed) {
        // A joining role needs no right of its own: it comes with the roles that bring it.
        if root == grant.resource.as_ref() && joining.contains(&&*grant.role) {
            *failed = None;
        }
    }
    failed
}

fn failed_offer(
    facts: &dyn Facts,
    target: SubjectRef<'_>,
    grant: &Grant,
    GrantedBy { subject, rule, .. }: &GrantedBy,
) -> Option<FailedOffer> {
    let (policy, granter) = (facts.policy(), subject.as_ref());
    if policy.invitations_outlive_inviter() && granter != target {
        return None;
    }
    let resource_type = policy.type_named(&grant.resource.kind)?;
    let node = facts.find(resource_type.id(), &grant.resource.id)?;
    let role = policy.find_role(resource_type, &grant.role).ok()?.id();
    let kind = kind_of(policy, resource_type, rule);
    let refusal = engine::may_still_give(facts, granter, node, target, (kind, role, grant.expires_at)).err()?;
    let write = MembershipWrite::giving(kind.unwrap_or(WriteKind::Invite), role).until(grant.expires_at);
    Some(FailedOffer { node, write, refusal })
}

/// The kind of write that gave a role by a rule, as the log names it; none where the policy has no such rule.
fn kind_of(policy: &Policy, resource_type: &ResourceType, named: &str) -> Option<WriteKind> {
    let is_named = |rule: &MemberRule| named.split(' ').any(|named| named == rule_name(policy, rule.by().line()));
    [WriteKind::Invite, WriteKind::Change].into_iter().find(|kind| resource_type.members().of_kind(*kind).any(is_named))
}

/// The roles of the root type that come with these.
fn joining_roles<'p, 'o>(
    policy: &'p Policy,
    given: impl Iterator<Item = (&'o (Grant, GrantedBy), &'o Option<FailedOffer>)>,
) -> Vec<&'p str> {
    let joins_as = given.filter_map(|((grant, _), _)| policy.type_named(&grant.resource.kind)?.joins_as());
    joins_as.map(|role| policy.role(role).name()).collect()
}
