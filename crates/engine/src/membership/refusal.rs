//! Why a membership write is refused.

use crate::{
    decision::decide::Reason, domain::Timestamp, facts::Node, membership::write::MembershipWrite, model::RoleId,
};

/// Why a membership write is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The actor may not act at all: no member, invited, deactivated or locked.
    Actor(Reason),
    /// The target is no member.
    NoMember,
    /// The target is deactivated, and under this policy no invitation lets them back in.
    Deactivated,
    /// The target holds a role above that protects them from writes below.
    Protected {
        /// The role that protects, in the form `type.role`.
        role: String,
        /// Where they hold it.
        at: Node,
    },
    /// The target holds no role there by a binding.
    RoleNotBound,
    /// No rule lets this actor do this.
    NotPermitted {
        /// What was asked, with the role that the target holds.
        operation: MembershipWrite,
        /// The rules that would let somebody else do it.
        rules: Vec<RuleLine>,
    },
    /// The role would outlast what lets the actor give it.
    OutlastsGranter {
        /// The latest end that the actor may give it.
        latest: Timestamp,
    },
    /// The target holds several roles there, and the write does not say which one it takes.
    RoleAmbiguous,
    /// The target holds a role there already.
    AlreadyAMember,
    /// The target holds that very role already.
    RoleUnchanged,
    /// The target is locked already.
    AlreadyLocked,
    /// The target is not locked.
    NotLocked,
    /// The target has no pending invitation.
    NotInvited,
    /// The target is not active.
    NotActive,
    /// The target is not deactivated.
    NotDeactivated,
    /// The target owns the resource already.
    OwnerUnchanged,
    /// The target is a team, or stands for everybody, and this can't be done to such a one.
    SubjectNotEligible,
    /// The team to be added has the one that it would be added to among its own.
    TeamCycle,
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

impl Refusal {
    /// Every code that a refusal can have.
    pub const CODES: [&'static str; 22] = [
        "ACTOR_NOT_A_MEMBER",
        "ACTOR_INVITED",
        "ACTOR_DEACTIVATED",
        "ACTOR_LOCKED",
        "MEMBER_NOT_FOUND",
        "MEMBER_DEACTIVATED",
        "MEMBER_PROTECTED",
        "NO_ROLE_HERE",
        "WHICH_ROLE",
        "NOT_PERMITTED",
        "OUTLASTS_GRANTER",
        "ALREADY_A_MEMBER",
        "ROLE_UNCHANGED",
        "ALREADY_LOCKED",
        "NOT_LOCKED",
        "NOT_INVITED",
        "NOT_ACTIVE",
        "NOT_DEACTIVATED",
        "OWNER_UNCHANGED",
        "HOLDER_UNSUITABLE",
        "TEAM_CYCLE",
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
            Self::RoleNotBound => "NO_ROLE_HERE",
            Self::RoleAmbiguous => "WHICH_ROLE",
            Self::NotPermitted { .. } => "NOT_PERMITTED",
            Self::OutlastsGranter { .. } => "OUTLASTS_GRANTER",
            Self::AlreadyAMember => "ALREADY_A_MEMBER",
            Self::RoleUnchanged => "ROLE_UNCHANGED",
            Self::AlreadyLocked => "ALREADY_LOCKED",
            Self::NotLocked => "NOT_LOCKED",
            Self::NotInvited => "NOT_INVITED",
            Self::NotActive => "NOT_ACTIVE",
            Self::NotDeactivated => "NOT_DEACTIVATED",
            Self::OwnerUnchanged => "OWNER_UNCHANGED",
            Self::SubjectNotEligible => "HOLDER_UNSUITABLE",
            Self::TeamCycle => "TEAM_CYCLE",
            Self::LastHolder { .. } => "LAST_HOLDER",
        }
    }
}
