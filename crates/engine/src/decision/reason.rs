//! The reasons of decisions about actions, and their stable codes.

/// Why a subject may do an action, or may not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reason {
    /// The subject holds the roles that a term of the rule needs.
    GrantedByRole,
    /// The subject is `owner` or `self`, and a term of the rule needs no role besides.
    GrantedByRelation,
    /// A term of the rule needs no role and no relation beside `anyone`: every active member may.
    GrantedToAnyone,
    /// The subject is an operator, and a term of the rule needs no more than that.
    GrantedToOperator,
    /// The subject is no member of the tenant, and nothing published to everybody of its type grants the action.
    NotAMember,
    /// The subject is an invited member who has not accepted yet.
    MemberInvited,
    /// The subject is a member who is deactivated.
    MemberDeactivated,
    /// The subject is locked, and the action is not allowed to locked members.
    MemberLocked,
    /// There is no such resource, and no registered parent was stated for it; or the record is of no member.
    ResourceNotFound,
    /// The resource, or one above it, is archived, and the action is not allowed on archived resources.
    ResourceArchived,
    /// The subject lacks a role or relation that each term of the rule needs.
    NotGranted,
    /// The subject has all that a term of the rule needs, and each such term excludes a role or relation that they
    /// have.
    Excluded,
}

impl Reason {
    /// All reasons, grants before denials.
    pub const ALL: [Self; 12] = [
        Self::GrantedByRole,
        Self::GrantedByRelation,
        Self::GrantedToAnyone,
        Self::GrantedToOperator,
        Self::NotAMember,
        Self::MemberInvited,
        Self::MemberDeactivated,
        Self::MemberLocked,
        Self::ResourceNotFound,
        Self::ResourceArchived,
        Self::NotGranted,
        Self::Excluded,
    ];

    /// The stable code that programs and cases go by: the name of the contract's value without `REASON_`.
    pub fn code(self) -> &'static str {
        match self {
            Self::GrantedByRole => "GRANTED_BY_ROLE",
            Self::GrantedByRelation => "GRANTED_BY_RELATION",
            Self::GrantedToAnyone => "GRANTED_TO_ANYONE",
            Self::GrantedToOperator => "GRANTED_TO_OPERATOR",
            Self::NotAMember => "NOT_A_MEMBER",
            Self::MemberInvited => "MEMBER_INVITED",
            Self::MemberDeactivated => "MEMBER_DEACTIVATED",
            Self::MemberLocked => "MEMBER_LOCKED",
            Self::ResourceNotFound => "RESOURCE_NOT_FOUND",
            Self::ResourceArchived => "RESOURCE_ARCHIVED",
            Self::NotGranted => "NOT_GRANTED",
            Self::Excluded => "EXCLUDED",
        }
    }

    /// Whether a decision with this reason lets the subject do the action.
    pub fn allowed(self) -> bool {
        matches!(self, Self::GrantedByRole | Self::GrantedByRelation | Self::GrantedToAnyone | Self::GrantedToOperator)
    }
}
