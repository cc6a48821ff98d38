//! The refusals of membership writes, and their stable codes.

use crate::{
    decision::reason::Reason,
    domain::Timestamp,
    facts::Node,
    membership::{holders::LackingRole, write::MembershipWrite},
    model::MemberRule,
};

/// Why a membership write is refused. Which of several comes first is a contract of
/// [`permit`](super::permit::permit()).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The actor may not write at all. The reason is one of [`Reason::NotAMember`], [`Reason::MemberInvited`],
    /// [`Reason::MemberDeactivated`] and [`Reason::MemberLocked`].
    Actor(Reason),
    /// The target is no member, and the write is not what makes them one.
    NoMember,
    /// The target of an invitation is deactivated, and under this policy no invitation makes them active again.
    Deactivated,
    /// The target holds a role above the resource that protects them from writes below it.
    Protected {
        /// The role that protects, in the form `TYPE.ROLE`.
        role: String,
        /// The resource at which it is assigned.
        at: Node,
    },
    /// The write takes a role that is not assigned to the target at the resource, or any where none is.
    RoleNotBound,
    /// No rule lets this actor make this write.
    NotPermitted {
        /// The write that no rule permits: of the roles that it takes, one that is assigned to the target; of a kind that
        /// takes none, one that they hold there.
        write: MembershipWrite,
        /// The rules about this write, which let others make it, in the order of the file; empty where nobody may.
        rules: Vec<RuleLine>,
    },
    /// The role would end later than the actor's right to give it, or not at all.
    OutlastsGranter {
        /// The latest end that the actor may give the role.
        latest: Timestamp,
    },
    /// Several roles are assigned to the target at the resource, and a change does not say which one it takes.
    RoleAmbiguous,
    /// The role is assigned to the target at the resource already, or another one is and the type allows one only.
    AlreadyAMember,
    /// The role that a change gives is assigned to the target already, and the change is not one of its end alone.
    RoleUnchanged,
    /// The target is to be locked, and is locked already.
    AlreadyLocked,
    /// The target is to be unlocked, and is not locked.
    NotLocked,
    /// The invitation of the target is to be sent again, and they are not invited.
    NotInvited,
    /// The target is to be deactivated or to become the owner, and is not active.
    NotActive,
    /// The target is to be reactivated, and is not deactivated.
    NotDeactivated,
    /// The target is to become the owner of the resource, and is so already.
    OwnerUnchanged,
    /// The write is not for a subject of this kind. A team or everybody of a type can only be given roles (a team those
    /// `for_teams`, everybody by publishing) and lose them, and nobody else can be published to.
    SubjectNotEligible,
    /// The target is the team at the resource, or a team that this one belongs to, and so can't be a part of it.
    TeamCycle,
    /// The target is a team, and in the team at the resource it would make a chain of more than
    /// [`MAX_TEAM_DEPTH`](super::nesting::MAX_TEAM_DEPTH) teams, each of which belongs to the next.
    TeamsTooDeep,
    /// Roles with `at_least` would be left with too few holders.
    LastHolder {
        /// Each of them, at least one, in the order of resources.
        lacking: Vec<LackingRole>,
    },
}

/// A rule about membership writes as the policy's file has it, for messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleLine {
    /// The rule's `by`: an expression of roles and relations, as the file has it.
    pub by: String,
    /// Whom the rule is about, likewise; none where that is anybody.
    pub whom: Option<String>,
    /// The line in the policy's file, counted from 1.
    pub line: u32,
}

impl RuleLine {
    pub(super) fn of(rule: &MemberRule) -> Self {
        let whom = rule.whom().map(|whom| whom.text().to_owned());
        Self { by: rule.by().text().to_owned(), whom, line: rule.by().line() }
    }
}

impl Refusal {
    /// Every code that [`Refusal::code`] returns, each once.
    pub const CODES: [&'static str; 23] = [
        "ACTOR_NOT_A_MEMBER",
        "ACTOR_INVITED",
        "ACTOR_DEACTIVATED",
        "ACTOR_LOCKED",
        "MEMBER_NOT_FOUND",
        "MEMBER_DEACTIVATED",
        "MEMBER_PROTECTED",
        "ROLE_NOT_BOUND",
        "ROLE_AMBIGUOUS",
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
        "SUBJECT_NOT_ELIGIBLE",
        "TEAM_CYCLE",
        "TEAMS_TOO_DEEP",
        "LAST_HOLDER",
    ];

    /// The stable code that programs and cases go by: upper-case letters and `_`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Actor(Reason::MemberInvited) => "ACTOR_INVITED",
            Self::Actor(Reason::MemberDeactivated) => "ACTOR_DEACTIVATED",
            Self::Actor(Reason::MemberLocked) => "ACTOR_LOCKED",
            Self::Actor(_) => "ACTOR_NOT_A_MEMBER",
            Self::NoMember => "MEMBER_NOT_FOUND",
            Self::Deactivated => "MEMBER_DEACTIVATED",
            Self::Protected { .. } => "MEMBER_PROTECTED",
            Self::RoleNotBound => "ROLE_NOT_BOUND",
            Self::RoleAmbiguous => "ROLE_AMBIGUOUS",
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
            Self::SubjectNotEligible => "SUBJECT_NOT_ELIGIBLE",
            Self::TeamCycle => "TEAM_CYCLE",
            Self::TeamsTooDeep => "TEAMS_TOO_DEEP",
            Self::LastHolder { .. } => "LAST_HOLDER",
        }
    }
}
