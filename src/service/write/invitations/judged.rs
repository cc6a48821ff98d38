//! The roles that an invitation offers, judged when they are to be given: who offered one must be able to give it still, to
//! whoever accepts.

use rollcall_engine::{
    self as engine, Facts, FailedGrant, Grant, GrantedBy, MemberRule, MembershipWrite, Policy, ResourceType, Subject,
    WriteKind,
};

use crate::service::{
    error::{Error, Result},
    ports::{MemberRecord, StoredGrant},
    resolve::givers::Givers,
    write::engine::{
        context::{WriteContext, rule_name},
        refuse,
    },
};

/// What becomes of the offered roles.
#[derive(Default)]
pub(crate) struct Judged {
    /// Those that are given, with who gives them.
    pub(crate) given: Vec<(Grant, GrantedBy)>,
    /// Those that are not.
    pub(crate) failed: Vec<FailedGrant>,
    /// Why the first of these is not.
    pub(crate) refusal: Option<Error>,
}

/// Judges roles that were offered to whoever accepts them now.
///
/// INVARIANT (granters): what is given at an acceptance is what its granter could give at that very moment, to this very
/// subject; under a policy whose invitations outlive their inviters, what they could give when they offered it, unless they
/// accept it themselves.
pub(crate) async fn permit_offered(
    context: &mut WriteContext<'_>,
    accepter: &Subject,
    offered: Vec<StoredGrant>,
) -> Result<Judged> {
    let givers = Givers::find(context.snapshot()?, &offered).await?;
    let (mut judged, mut refused) = (Judged::default(), Vec::new());
    for StoredGrant { grant, giver } in offered {
        let granted_by =
            givers.granted_by(&giver).ok_or_else(|| Error::internal("the giver of a role is not known"))?;
        match refusal(context, &granted_by, accepter, &grant)? {
            None => judged.given.push((grant, granted_by)),
            Some(error) => refused.push((grant, granted_by, error)),
        }
    }
    for (grant, granted_by, error) in refused {
        // A joining role needs no right of its own: it comes with the roles that bring it.
        if brings(context, &judged.given, &grant)? {
            judged.given.push((grant, granted_by));
            continue;
        }
        let Grant { resource, role, .. } = grant;
        judged.failed.push(FailedGrant { resource, role, reason: error.reason.to_owned() });
        judged.refusal.get_or_insert(error);
    }
    Ok(judged)
}

/// The roles of somebody invited that nobody can give them any more who offered them.
pub(crate) async fn void(context: &mut WriteContext<'_>, invited: &MemberRecord) -> Result<Vec<Grant>> {
    let now = context.now();
    let offered = invited.grants.iter().filter(|stored| stored.expires_at.is_none_or(|end| end > now)).cloned();
    let judged = permit_offered(context, &invited.member.subject, offered.collect()).await?;
    Ok(judged.failed.into_iter().map(|FailedGrant { resource, role, .. }| Grant::permanent(resource, role)).collect())
}

/// Why somebody may not give a role to a subject now that they offered before; none where they may.
fn refusal(
    context: &WriteContext<'_>,
    granted_by: &GrantedBy,
    target: &Subject,
    grant: &Grant,
) -> Result<Option<Error>> {
    let resource = context.resource_node(&grant.resource, "invitation")?;
    let role = context.role(resource, &grant.role, "invitation")?;
    context.with_facts(|facts| {
        let (policy, granter) = (facts.policy(), &granted_by.subject);
        if policy.invitations_outlive_inviter() && granter != target {
            return Ok(None);
        }
        let (node, ends) = (resource.node, grant.expires_at);
        let kind = kind_of(policy, policy.resource_type(facts.resource(node).resource_type), &granted_by.rule);
        let judged = engine::may_still_give(facts, granter.as_ref(), node, target.as_ref(), (kind, role, ends));
        let write = MembershipWrite::giving(kind.unwrap_or(WriteKind::Invite), role).until(ends);
        Ok(judged.err().map(|refusal| refuse::membership_write(facts, granter, node, target, write, &refusal)))
    })
}

/// The kind of write that gave a role by a rule, as the log names it; none where the policy has no such rule.
fn kind_of(policy: &Policy, resource_type: &ResourceType, named: &str) -> Option<WriteKind> {
    let is_named = |rule: &MemberRule| named.split(' ').any(|named| named == rule_name(policy, rule.by().line()));
    [WriteKind::Invite, WriteKind::Change].into_iter().find(|kind| resource_type.members().of_kind(*kind).any(is_named))
}

/// Whether a role is the joining role of one of those that are given.
fn brings(context: &WriteContext<'_>, given: &[(Grant, GrantedBy)], grant: &Grant) -> Result<bool> {
    context.with_facts(|facts: &dyn Facts| {
        let policy = facts.policy();
        let is_at_root = engine::name_of(facts, facts.root()) == grant.resource.as_ref();
        let mut joining = given.iter().filter_map(|(other, _)| policy.type_named(&other.resource.kind)?.joins_as());
        Ok(is_at_root && joining.any(|role| policy.role(role).name() == grant.role))
    })
}
