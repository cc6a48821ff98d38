//! One membership write, judged whole: the policy's rules, the holders that it protects, and what the state allows.
//! Real writes, their dry runs and the cases beside a policy all ask this.

use crate::{
    domain::{MemberStatus, SubjectRef, Timestamp, kind},
    facts::{Facts, MemberKey, Node, name_of},
    membership::{
        refusal::Refusal,
        rules::{check_actor_and_target, find_rule, last_holder},
        until::right_ends,
        write::MembershipWrite,
    },
    model::{MemberRule, Role, RoleId, mask::Mask, rules_about::rules_about, write_kind::WriteKind},
};

/// Subject types of which there is no everybody.
const RESERVED: [&str; 2] = [kind::OPERATOR, kind::EMAIL];

/// A membership write that is allowed, and what it comes to.
#[derive(Clone, Debug)]
pub struct Permitted<'f> {
    /// The rule that lets it through.
    pub rule: &'f MemberRule,
    /// The roles that it takes from the target at the resource.
    pub removed_roles: Mask,
    /// Whether the role asked for is new to the target: a pending invitation to it may be sent again.
    pub is_new_role: bool,
    /// The first instant at which the actor may do this no more, by the ends of roles that are known; none when that
    /// never comes. What is given ends no later.
    pub until: Option<Timestamp>,
}

/// Judges one membership write at a registered resource.
///
/// # Errors
/// The refusal. Where several would fit, who may not act comes before what is not allowed, and that before what the
/// state forbids.
pub fn permit<'f, F: Facts + ?Sized>(
    facts: &'f F,
    actor: SubjectRef<'_>,
    node: Node,
    target: SubjectRef<'_>,
    wanted: MembershipWrite,
) -> Result<Permitted<'f>, Refusal> {
    let standing = facts.member_state(target);
    let status = standing.map(|standing| standing.status);
    let person = facts.policy().is_person(target);
    // To invite everybody is to publish.
    let verb = if wanted.kind == WriteKind::Invite && target.is_everybody() { WriteKind::Publish } else { wanted.kind };
    let wanted = MembershipWrite { kind: verb, ..wanted };
    let named = person && verb == WriteKind::Invite || target.is_everybody() && verb == WriteKind::Publish;
    if status.is_none() && !named {
        return Err(Refusal::NoMember);
    }
    let bound = standing.map_or(Mask::EMPTY, |standing| facts.assigned_roles(standing.member, node));
    let taken = match taken(wanted, bound, person && node == facts.root()) {
        Ok(taken) => taken,
        Err(refusal) => {
            // Who may not act at all is told so first.
            check_actor_and_target(facts, actor, node, target)?;
            return Err(refusal);
        }
    };
    if !suits(facts, target, wanted, person) {
        check_actor_and_target(facts, actor, node, target)?;
        return Err(Refusal::SubjectNotEligible);
    }
    let permitted = |from: Option<RoleId>| find_rule(facts, actor, node, target, MembershipWrite { from, ..wanted });
    let mut roles = facts.policy().roles_in(taken).map(|role| Some(role.id()));
    let rule = permitted(roles.next().flatten())?;
    for role in roles {
        permitted(role)?;
    }
    let until = wanted.kind.grants_roles().then(|| until(facts, actor, node, target, wanted, taken)).flatten();
    let of = facts.policy().resource_type(facts.resource(node).of);
    let pending = status == Some(MemberStatus::Invited);
    let locked = standing.is_some_and(|standing| standing.locked);
    let has = wanted.to.is_some_and(|to| bound.contains(to.mask()));
    let shut_out = status == Some(MemberStatus::Deactivated) && !facts.policy().invitations_reactivate();
    let refusal = match wanted.kind {
        WriteKind::Invite if shut_out => Some(Refusal::Deactivated),
        WriteKind::Invite if has && pending => {
            // To invite to what is pending only sends the invitation again, which may have rules of its own.
            if of.members().of(WriteKind::Resend).next().is_some() {
                find_rule(facts, actor, node, target, MembershipWrite::plain(WriteKind::Resend))?;
            }
            None
        }
        WriteKind::Invite | WriteKind::Publish if has || !(of.holds_several() || bound.is_empty()) => {
            Some(Refusal::AlreadyAMember)
        }
        WriteKind::Invite if of.is_teams() && encloses(facts, target, node) => Some(Refusal::TeamCycle),
        WriteKind::Change if has && !(wanted.changes_expiry && wanted.to.map(RoleId::mask) == Some(taken)) => {
            Some(Refusal::RoleUnchanged)
        }
        WriteKind::Lock if locked => Some(Refusal::AlreadyLocked),
        WriteKind::Unlock if !locked => Some(Refusal::NotLocked),
        WriteKind::Resend if !pending => Some(Refusal::NotInvited),
        WriteKind::Deactivate | WriteKind::Transfer if status != Some(MemberStatus::Active) => Some(Refusal::NotActive),
        WriteKind::Reactivate if status != Some(MemberStatus::Deactivated) => Some(Refusal::NotDeactivated),
        WriteKind::Transfer if facts.resource(node).owner == Some(target) => Some(Refusal::OwnerUnchanged),
        _ => last_holders(facts, node, target, wanted, taken),
    };
    let sends_again = wanted.kind == WriteKind::Invite && has;
    let narrows = || standing.is_some_and(|standing| narrows(facts, standing.member, node, wanted, taken));
    let outlasts = until.filter(|_| !wanted.is_within(until) && !sends_again && !narrows());
    let refusal = refusal.or(outlasts.map(|latest| Refusal::OutlastsGranter { latest }));
    refusal.map_or(Ok(Permitted { rule, removed_roles: taken, is_new_role: !has, until }), Err)
}

/// Whether an actor may have a role of somebody invited go on beyond the end of its invitation: who may give it, or send
/// the invitation again there, for as long as the role is to count. Until when they may, if not for good.
///
/// # Errors
/// The refusal.
pub fn may_renew<F: Facts + ?Sized>(
    facts: &F,
    actor: SubjectRef<'_>,
    node: Node,
    target: SubjectRef<'_>,
    role: RoleId,
    expires_at: Option<Timestamp>,
) -> Result<Option<Timestamp>, Refusal> {
    let give = MembershipWrite::giving(WriteKind::Invite, role).until(expires_at);
    let lets = |wanted| find_rule(facts, actor, node, target, wanted).map(|_| wanted);
    let (resend, give_it) = (lets(MembershipWrite::plain(WriteKind::Resend)), lets(give));
    let ends = [&resend, &give_it].into_iter().flatten();
    let ends = ends.map(|wanted| until(facts, actor, node, target, *wanted, Mask::EMPTY));
    match ends.collect::<Option<Vec<_>>>().map(|ends| ends.into_iter().max()) {
        None => Ok(None),
        Some(Some(latest)) if give.ends_by(latest) => Ok(Some(latest)),
        Some(Some(latest)) => Err(Refusal::OutlastsGranter { latest }),
        Some(None) => give_it.map(|_| None),
    }
}

/// Until when the actor may make a write, if some end is known after which they may not.
///
/// INVARIANT (nothing outlasts its granter): whoever holds a right for a time gives nothing for longer, themselves
/// included.
fn until<F: Facts + ?Sized>(
    facts: &F,
    actor: SubjectRef<'_>,
    node: Node,
    target: SubjectRef<'_>,
    wanted: MembershipWrite,
    taken: Mask,
) -> Option<Timestamp> {
    let to = wanted.to.map_or(Mask::EMPTY, RoleId::mask);
    let of = facts.policy().resource_type(facts.resource(node).of);
    let own = if actor == target { Mask::SELF } else { Mask::EMPTY };
    let mut sides: Vec<Mask> = facts.policy().roles_in(taken).map(|role| role.id().mask()).collect();
    if sides.is_empty() {
        sides.push(if wanted.kind.removes_roles() { Mask::ANYONE } else { Mask::EMPTY });
    }
    let lets = |held: Mask| {
        let lets = |from: &Mask| rules_about(of, wanted.kind, *from, to).any(|rule| rule.by().satisfied_by(held | own));
        sides.iter().all(lets)
    };
    right_ends(facts, actor, node, &lets)
}

/// Whether a change leaves a member with no more than they have, and for no longer.
fn narrows<F: Facts + ?Sized>(facts: &F, member: MemberKey, node: Node, wanted: MembershipWrite, taken: Mask) -> bool {
    let (policy, to) = (facts.policy(), wanted.to.map_or(Mask::EMPTY, RoleId::mask));
    let ends_sooner = |role: &Role| facts.role_expiry(member, node, role.id()).is_none_or(|end| wanted.ends_by(end));
    wanted.kind == WriteKind::Change
        && policy.closure(taken).contains(policy.closure(to))
        && policy.roles_in(taken).all(ends_sooner)
}

/// Whether a write can be done to such a target: a team and everybody hold roles, and can't do or be more.
fn suits<F: Facts + ?Sized>(facts: &F, target: SubjectRef<'_>, wanted: MembershipWrite, person: bool) -> bool {
    let policy = facts.policy();
    match wanted.kind {
        WriteKind::Publish => target.is_everybody() && !policy.is_team(target) && !RESERVED.contains(&target.kind),
        WriteKind::Remove => true,
        _ if person => true,
        WriteKind::Invite | WriteKind::Change => {
            !target.is_everybody() && wanted.to.is_some_and(|to| policy.role(to).for_teams)
        }
        _ => false,
    }
}

/// Whether the team at `node` is the target, or belongs to it: the target can't become a part of that.
fn encloses<F: Facts + ?Sized>(facts: &F, target: SubjectRef<'_>, node: Node) -> bool {
    let team = name_of(facts, node);
    let team = SubjectRef { kind: team.kind, id: team.id };
    let (Some(outer), Some(inner)) = (facts.member_state(target), facts.member_state(team)) else { return false };
    outer.member == inner.member || facts.teams(inner.member).contains(&outer.member)
}

/// The roles that a write takes from one who holds `bound` there.
fn taken(wanted: MembershipWrite, bound: Mask, at_the_root: bool) -> Result<Mask, Refusal> {
    if !wanted.kind.removes_roles() {
        return Ok(Mask::EMPTY);
    }
    match wanted.from {
        Some(role) if bound.contains(role.mask()) => Ok(role.mask()),
        Some(_) => Err(Refusal::RoleNotBound),
        // Whoever holds nothing in the tenant itself can still be taken out of it.
        None if bound.is_empty() && wanted.kind == WriteKind::Remove && at_the_root => Ok(bound),
        None if bound.is_empty() => Err(Refusal::RoleNotBound),
        None if wanted.kind == WriteKind::Change && bound.roles().nth(1).is_some() => Err(Refusal::RoleAmbiguous),
        None => Ok(bound),
    }
}

/// The role, if any, that would be left with too few active holders.
fn last_holders<F: Facts + ?Sized>(
    facts: &F,
    node: Node,
    target: SubjectRef<'_>,
    wanted: MembershipWrite,
    taken: Mask,
) -> Option<Refusal> {
    let mut lost = vec![(node, taken)];
    let leaves = wanted.kind == WriteKind::Remove && node == facts.root() && wanted.from.is_none();
    if let (Some(standing), true) = (facts.member_state(target), leaves || wanted.kind == WriteKind::Deactivate) {
        facts.each_assignment(standing.member, &mut |at, bound| lost.push((at, bound)));
    }
    lost.into_iter().find_map(|(at, lost)| {
        let role = last_holder(facts, target, at, lost)?;
        Some(Refusal::LastHolder { role: role.id(), at })
    })
}
