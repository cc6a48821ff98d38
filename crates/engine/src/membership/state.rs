//! The last step of the decision about a membership write: whether the state of the tenant allows it.

use crate::{
    domain::{MemberStatus, Timestamp},
    facts::Facts,
    membership::{
        expiry::narrows,
        holders::HolderCounts,
        nesting::{Nesting, nesting_refusals},
        refusal::Refusal,
        request::Request,
        rules::find_rule,
        write::MembershipWrite,
    },
    model::{RoleId, mask::Mask, write_kind::WriteKind},
};

/// Step 5 of [`permit`](super::permit::permit()); `until` is when the actor's right to the write ends, if it does.
///
/// # Errors
/// What forbids the write: that it would change nothing comes before that somebody must be kept, and that before an end
/// that is too late.
pub(super) fn check_state<F: Facts + ?Sized>(
    request: &Request<'_, '_, F>,
    removed_roles: Mask,
    until: Option<Timestamp>,
) -> Result<(), Refusal> {
    let write = request.write;
    let sends_again = write.kind == WriteKind::Invite && request.has_new_role();
    match write.kind {
        WriteKind::Invite | WriteKind::Publish => check_giving(request)?,
        WriteKind::Change => check_change(request, removed_roles)?,
        _ => check_status(request)?,
    }
    if !write.is_one_of_several {
        check_last_holders(request, removed_roles)?;
    }
    match until {
        Some(latest) if !write.ends_by(latest) && !sends_again && !narrows(request, removed_roles) => {
            Err(Refusal::OutlastsGranter { latest })
        }
        _ => Ok(()),
    }
}

/// A role can be given to whoever has none there, or may have several.
fn check_giving<F: Facts + ?Sized>(request: &Request<'_, '_, F>) -> Result<(), Refusal> {
    let (facts, policy) = (request.facts, request.facts.policy());
    let resource_type = policy.resource_type(facts.resource(request.node).resource_type);
    let invites = request.write.kind == WriteKind::Invite;
    if invites && request.target_status() == Some(MemberStatus::Deactivated) && !policy.invitations_reactivate() {
        return Err(Refusal::Deactivated);
    }
    if invites && request.has_new_role() && request.target_status() == Some(MemberStatus::Invited) {
        // To invite to what is pending only sends the invitation again, which may have rules of its own.
        if resource_type.members().of_kind(WriteKind::Resend).next().is_some() {
            let resend = MembershipWrite::plain(WriteKind::Resend);
            find_rule(facts, request.actor, request.node, request.target, resend)?;
        }
        return Ok(());
    }
    if request.has_new_role() || !(resource_type.allows_several_roles() || request.assigned_roles.is_empty()) {
        return Err(Refusal::AlreadyAMember);
    }
    let nesting = if invites { Nesting::find(facts, request.node, request.target) } else { None };
    let refusal = nesting_refusals(facts, nesting.as_slice()).into_iter().flatten().next();
    refusal.map_or(Ok(()), Err)
}

/// A change to the role that is held changes its end, or nothing.
fn check_change<F: Facts + ?Sized>(request: &Request<'_, '_, F>, removed_roles: Mask) -> Result<(), Refusal> {
    let write = request.write;
    let only_expiry = write.changes_expiry && write.to.map(RoleId::mask) == Some(removed_roles);
    if request.has_new_role() && !only_expiry { Err(Refusal::RoleUnchanged) } else { Ok(()) }
}

/// Writes to a member, an invitation or an owner, which must not be there already.
fn check_status<F: Facts + ?Sized>(request: &Request<'_, '_, F>) -> Result<(), Refusal> {
    let status = request.target_status();
    let is_locked = request.target_state.is_some_and(|state| state.locked);
    let refusal = match request.write.kind {
        WriteKind::Lock if is_locked => Refusal::AlreadyLocked,
        WriteKind::Unlock if !is_locked => Refusal::NotLocked,
        WriteKind::Resend if status != Some(MemberStatus::Invited) => Refusal::NotInvited,
        WriteKind::Deactivate | WriteKind::Transfer if status != Some(MemberStatus::Active) => Refusal::NotActive,
        WriteKind::Reactivate if status != Some(MemberStatus::Deactivated) => Refusal::NotDeactivated,
        WriteKind::Transfer if request.facts.resource(request.node).owner == Some(request.target) => {
            Refusal::OwnerUnchanged
        }
        _ => return Ok(()),
    };
    Err(refusal)
}

/// Refuses what would leave a role with too few active holders, wherever the target loses it.
fn check_last_holders<F: Facts + ?Sized>(request: &Request<'_, '_, F>, removed_roles: Mask) -> Result<(), Refusal> {
    let Request { facts, node, target, write, .. } = *request;
    let mut counts = HolderCounts::default();
    let leaves = write.kind == WriteKind::Remove && node == facts.root() && write.from.is_none();
    if leaves || matches!(write.kind, WriteKind::Deactivate | WriteKind::Lock) {
        counts.lose_all(facts, target);
    } else {
        counts.lose(facts, target, node, removed_roles);
    }
    let lacking = counts.lacking(facts);
    if lacking.is_empty() { Ok(()) } else { Err(Refusal::LastHolder { lacking }) }
}
