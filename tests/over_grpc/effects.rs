//! What an allowed write is to do, told from what it asks for alone.

use std::collections::BTreeSet;

use rollcall_engine::{InvitationStatus, MemberStatus, Policy, ResourceKey, RoleId, Subject, WriteKind, kind};
use rollcall_policy_tools::cases::WriteCase as Wish;

use crate::{
    ground::{Ground, email},
    requests::NEW_NAME,
    sight::{Seen, Sight},
};

/// Whom a write is done to, as the tenant has them afterwards or had them before.
pub fn target(ground: &Ground, wish: &Wish) -> Subject {
    let known = ground.is_member(&wish.target) || wish.target.as_ref().is_everybody();
    match wish.wanted.kind {
        WriteKind::Resend => ground.invited(&wish.target, &wish.at).expect("an allowed write is to somebody invited"),
        WriteKind::Invite if !known => Subject::email(email(&wish.target)),
        _ => ground.target(&wish.target),
    }
}

/// What is to be seen after a write in a tenant of its own: everything as before but for what the write is about.
pub fn after(policy: &Policy, ground: &Ground, wish: &Wish) -> Sight {
    let mut sight = Sight::of(&ground.facts);
    sight.revision += 1;
    let target = target(ground, wish);
    let at = ground.place(&wish.at);
    match wish.wanted.kind {
        WriteKind::Invite | WriteKind::Publish => invited(&mut sight, policy, ground, wish),
        WriteKind::Change => {
            let roles = &mut seen(&mut sight, &target).roles;
            let taken = wish.wanted.from.map(|from| policy.role(from).name());
            roles.retain(|(place, role)| *place != at || taken.is_some_and(|taken| taken != role));
            roles.insert(role(policy, at, wish.wanted.to));
        }
        WriteKind::Remove if ground.is_root(&wish.at) && wish.wanted.from.is_none() => {
            sight.members.remove(&target).expect("was a member");
            for owner in sight.owners.values_mut().filter(|owner| owner.as_ref() == Some(&target)) {
                *owner = None;
            }
            if let Some(status) = sight.invitations.get_mut(&target.id).filter(|_| target.kind == kind::EMAIL) {
                *status = InvitationStatus::Revoked;
            }
        }
        WriteKind::Remove => {
            let taken = wish.wanted.from.map(|from| policy.role(from).name());
            let goes = |(place, role): &(ResourceKey, String)| *place == at && taken.is_none_or(|taken| taken == role);
            seen(&mut sight, &target).roles.retain(|held| !goes(held));
        }
        WriteKind::Lock => seen(&mut sight, &target).locked = true,
        WriteKind::Unlock => seen(&mut sight, &target).locked = false,
        WriteKind::Update => NEW_NAME.clone_into(&mut seen(&mut sight, &target).name),
        WriteKind::Deactivate => {
            let seen = seen(&mut sight, &target);
            seen.status = MemberStatus::Deactivated;
            seen.roles.clear();
        }
        WriteKind::Reactivate => seen(&mut sight, &target).status = MemberStatus::Active,
        WriteKind::Transfer => {
            sight.owners.insert(at, Some(target));
        }
        // Of an invitation that is sent again only the secret is another.
        WriteKind::Resend => {}
    }
    sight
}

fn invited(sight: &mut Sight, policy: &Policy, ground: &Ground, wish: &Wish) {
    let target = target(ground, wish);
    let pending = target.kind == kind::EMAIL;
    let status = if pending { MemberStatus::Invited } else { MemberStatus::Active };
    let new = Seen { status, locked: false, name: String::new(), roles: BTreeSet::default() };
    let seen = sight.members.entry(target.clone()).or_insert(new);
    // An invitation lets whoever was deactivated back in.
    let enters = std::mem::replace(&mut seen.status, status) != MemberStatus::Active;
    seen.roles.insert(role(policy, ground.place(&wish.at), wish.wanted.to));
    if pending {
        sight.invitations.insert(target.id, InvitationStatus::Pending);
    }
    // Whoever enters the tenant by one of its resources joins it with that.
    let root = ground.root();
    let of = policy.find_type(&wish.at.kind).expect("the case compiles");
    if enters && of.joins_as().is_some() && seen.roles.iter().all(|(place, _)| *place != root) {
        seen.roles.insert(role(policy, root, of.joins_as()));
    }
}

fn seen<'s>(sight: &'s mut Sight, target: &Subject) -> &'s mut Seen {
    sight.members.get_mut(target).expect("an allowed write is to a member")
}

fn role(policy: &Policy, at: ResourceKey, role: Option<RoleId>) -> (ResourceKey, String) {
    (at, policy.role(role.expect("it gives one")).name().to_owned())
}
