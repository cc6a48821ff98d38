//! One membership write, judged whole: the policy's rules, the holders that it protects, and what the state allows.
//! Real writes, their dry runs and the cases beside a policy all ask this.

use crate::domain::{MemberStatus, SubjectRef};

use super::{
    decide::Reason,
    facts::{Facts, Node},
    govern::{Operation, last_holder, may_write, permit},
    mask::Mask,
    model::{MemberRule, RoleId},
};

/// A membership write at one resource, as it is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// Give a role to somebody who holds none there.
    Invite {
        /// The role given.
        to: RoleId,
    },
    /// Exchange the role held there for another.
    Change {
        /// The role given.
        to: RoleId,
    },
    /// Take the role held there away; at the root resource, everything.
    Remove,
    /// Lock the member.
    Lock,
    /// End the member's lock.
    Unlock,
    /// Change the member's profile.
    Update,
}

/// Why a membership write is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The actor may not act at all: no member, invited, deactivated or locked.
    Actor(Reason),
    /// The target is no member.
    NoMember,
    /// The target is deactivated.
    Deactivated,
    /// The target holds a role above that protects them from writes below.
    Protected {
        /// The role that protects, in the form `type.role`.
        role: String,
        /// Where they hold it.
        at: Node,
    },
    /// The target holds no role there by a binding.
    NoRoleHere,
    /// No rule lets this actor do this.
    NotPermitted {
        /// What was asked, with the role that the target holds.
        operation: Operation,
        /// The rules that would let somebody else do it.
        rules: Vec<RuleLine>,
    },
    /// The target holds a role there already.
    AlreadyAMember,
    /// The target holds that very role already.
    RoleUnchanged,
    /// The target is locked already.
    AlreadyLocked,
    /// The target is not locked.
    NotLocked,
    /// Too few active holders would remain.
    LastHolder {
        /// The role.
        role: RoleId,
        /// Where it is held.
        at: Node,
    },
}

/// A rule as the file has it, for messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleLine {
    /// Who may.
    pub by: String,
    /// The line in the policy file, counted from 1.
    pub line: u32,
}

/// A membership write that is allowed, and what it comes to.
#[derive(Clone, Debug)]
pub struct Permitted<'f> {
    /// The rule that lets it through.
    pub rule: &'f MemberRule,
    /// The role that the target holds at the resource by a binding.
    pub from: Option<RoleId>,
    /// Whether the role asked for is new to the target: a pending invitation to it may be sent again.
    pub gives: bool,
}

impl Wanted {
    /// What it is called in rules and messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Invite { .. } => "invite",
            Self::Change { .. } => "change",
            Self::Remove => "remove",
            Self::Lock => "lock",
            Self::Unlock => "unlock",
            Self::Update => "update",
        }
    }

    /// As the rules know it; none where the role to take away is not there.
    fn operation(self, from: Option<RoleId>) -> Option<Operation> {
        match self {
            Self::Invite { to } => Some(Operation::Invite { to }),
            Self::Change { to } => from.map(|from| Operation::Change { from, to }),
            Self::Remove => from.map(|from| Operation::Remove { from }),
            Self::Lock => Some(Operation::Lock),
            Self::Unlock => Some(Operation::Unlock),
            Self::Update => Some(Operation::Update),
        }
    }
}

impl Refusal {
    /// Every code that a refusal can have.
    pub const CODES: [&'static str; 14] = [
        "ACTOR_NOT_A_MEMBER",
        "ACTOR_INVITED",
        "ACTOR_DEACTIVATED",
        "ACTOR_LOCKED",
        "MEMBER_NOT_FOUND",
        "MEMBER_DEACTIVATED",
        "MEMBER_PROTECTED",
        "NO_ROLE_HERE",
        "NOT_PERMITTED",
        "ALREADY_A_MEMBER",
        "ROLE_UNCHANGED",
        "ALREADY_LOCKED",
        "NOT_LOCKED",
        "LAST_HOLDER",
    ];

    /// The stable name that programs and cases go by.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Actor(Reason::MemberInvited) => "ACTOR_INVITED",
            Self::Actor(Reason::MemberDeactivated) => "ACTOR_DEACTIVATED",
            Self::Actor(Reason::MemberLocked) => "ACTOR_LOCKED",
            Self::Actor(_) => "ACTOR_NOT_A_MEMBER",
            Self::NoMember => "MEMBER_NOT_FOUND",
            Self::Deactivated => "MEMBER_DEACTIVATED",
            Self::Protected { .. } => "MEMBER_PROTECTED",
            Self::NoRoleHere => "NO_ROLE_HERE",
            Self::NotPermitted { .. } => "NOT_PERMITTED",
            Self::AlreadyAMember => "ALREADY_A_MEMBER",
            Self::RoleUnchanged => "ROLE_UNCHANGED",
            Self::AlreadyLocked => "ALREADY_LOCKED",
            Self::NotLocked => "NOT_LOCKED",
            Self::LastHolder { .. } => "LAST_HOLDER",
        }
    }
}

/// Judges one membership write at a registered resource.
///
/// # Errors
/// The refusal. Where several would fit, who may not act comes before what is not allowed, and that before what the
/// state forbids.
pub fn judge<'f, F: Facts + ?Sized>(
    facts: &'f F,
    actor: SubjectRef<'_>,
    node: Node,
    target: SubjectRef<'_>,
    wanted: Wanted,
) -> Result<Permitted<'f>, Refusal> {
    let invites = matches!(wanted, Wanted::Invite { .. });
    let standing = facts.standing(target);
    match standing.map(|standing| standing.status) {
        None if !invites => return Err(Refusal::NoMember),
        Some(MemberStatus::Deactivated) if invites => return Err(Refusal::Deactivated),
        _ => {}
    }
    let bound = standing.map_or(Mask::EMPTY, |standing| facts.bound(standing.member, node));
    let from = facts.policy().roles_in(bound).next().map(super::model::Role::id);
    let Some(operation) = wanted.operation(from) else {
        may_write(facts, actor, node, target)?;
        return Err(Refusal::NoRoleHere);
    };
    let rule = permit(facts, actor, node, target, operation)?;
    let locked = standing.is_some_and(|standing| standing.locked);
    let pending = standing.is_some_and(|standing| standing.status == MemberStatus::Invited);
    let mut lost = Vec::new();
    match operation {
        Operation::Invite { to } if pending && bound.contains(to.mask()) => {
            return Ok(Permitted { rule, from, gives: false });
        }
        Operation::Invite { .. } if !bound.is_empty() => return Err(Refusal::AlreadyAMember),
        Operation::Change { from, to } if from == to => return Err(Refusal::RoleUnchanged),
        Operation::Lock if locked => return Err(Refusal::AlreadyLocked),
        Operation::Unlock if !locked => return Err(Refusal::NotLocked),
        Operation::Remove { .. } if node == facts.root() => {
            if let Some(standing) = standing {
                facts.each_bound(standing.member, &mut |node, bound| lost.push((node, bound)));
            }
        }
        Operation::Change { from, .. } | Operation::Remove { from } => lost.push((node, from.mask())),
        Operation::Invite { .. } | Operation::Lock | Operation::Unlock | Operation::Update => {}
    }
    for (at, lost) in lost {
        if let Some(role) = last_holder(facts, target, at, lost) {
            return Err(Refusal::LastHolder { role: role.id(), at });
        }
    }
    Ok(Permitted { rule, from, gives: true })
}
