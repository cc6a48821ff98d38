//! Members as the store port has them, and queries for pages of them.

use std::ops::Deref;

use rollcall_engine::{Grant, Head, Member, MemberStatus, ResourceKey, Revision, SubjectRef, Timestamp};

/// What a member is looked up by. Each is unique in a tenant, and compared exactly.
#[derive(Clone, Copy, Debug)]
pub enum MemberBy<'a> {
    /// Their type and id. One of type `email` is whoever has the address.
    Subject(SubjectRef<'a>),
    /// Their email, normalised as [`Profile::email`](rollcall_engine::Profile::email); an invited person's too.
    Email(&'a str),
    /// The user name, normalised as [`Profile::username`](rollcall_engine::Profile::username).
    Username(&'a str),
    /// The phone number, normalised as [`Profile::phone`](rollcall_engine::Profile::phone).
    Phone(&'a str),
}

/// A member as the store has them.
#[derive(Clone, Debug)]
pub struct MemberRecord {
    /// Their random id, which the log knows them by: 26 lower-case letters and digits.
    pub id: String,
    /// The member with profile and status.
    pub member: Member,
    /// The commit that last changed them or one of their bindings.
    pub changed_at: Head,
    /// Their grants, or those that a query asked for, by resource type, resource id and role.
    pub grants: Vec<StoredGrant>,
}

/// A grant as the store has it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct StoredGrant {
    /// The role, where, and until when.
    pub grant: Grant,
    /// Who gave it: the actor of the write that did, or whoever offered it to somebody who then accepted.
    pub giver: Giver,
    /// Of a pending grant, when it can be accepted no more, where that is before its invitation expires.
    pub offer_ends_at: Option<Timestamp>,
}

/// Who gave a role: [`GrantedBy`](rollcall_engine::GrantedBy), by an id.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Giver {
    /// The random id of the subject on whose behalf it was given, which [`Snapshot::subjects`](super::Snapshot::subjects)
    /// finds.
    pub id: String,
    /// What allowed it, as [`GrantedBy::rule`](rollcall_engine::GrantedBy::rule) has it.
    pub rule: String,
    /// When it was given.
    pub at: Timestamp,
}

impl StoredGrant {
    /// Whether it has not ended and, as long as it is pending, can be accepted.
    pub fn is_offered_at(&self, now: Timestamp) -> bool {
        [self.expires_at, self.offer_ends_at].into_iter().flatten().all(|end| end > now)
    }
}

impl Deref for StoredGrant {
    type Target = Grant;

    fn deref(&self) -> &Grant {
        &self.grant
    }
}

impl MemberRecord {
    /// The roles, where and until when, without who gave them.
    pub fn plain_grants(&self) -> Vec<Grant> {
        self.grants.iter().map(|stored| stored.grant.clone()).collect()
    }
}

/// Which members to list; those that meet every condition.
#[derive(Clone, Debug)]
pub struct MemberQuery {
    /// The bindings that count: unless `everybody` is set a member must hold one of them, and those held are returned.
    /// Empty: nobody is listed unless `everybody` is set, and no grant is returned.
    pub scopes: Vec<MemberScope>,
    /// Lists every member, whether they hold one of `scopes` or not.
    pub everybody: bool,
    /// Only members who also hold one of these roles, given by resource and short name. None: all; empty: nobody.
    pub team_grants: Option<Vec<(ResourceKey, String)>>,
    /// Leaves out members of these subject types and the member `*`. None: nobody is left out.
    pub excluded_types: Option<Vec<String>>,
    /// Bindings that end at or before this instant count as not held.
    pub now: Timestamp,
    /// Only members with one of these statuses. Empty: all.
    pub statuses: Vec<MemberStatus>,
    /// Only members whose display name, email or username contains this, which is in lower case. Empty: all.
    pub text: String,
    /// What to sort by; ties go by subject type and id, bytewise.
    pub order: MemberOrder,
    /// Only members after this position in the order; none: from the first.
    pub after: Option<MemberCursor>,
    /// The most members to return; 0 returns none.
    pub limit: u32,
}

/// A binding whose holders count as members of the requested resource.
#[derive(Clone, Debug)]
pub struct MemberScope {
    /// The resource at which the role is bound.
    pub resource: ResourceKey,
    /// The role's short name, without its type.
    pub role: String,
    /// The sort value of a holder in [`MemberOrder::Role`], below [`Self::NO_RANK`]; a member sorts by their smallest.
    pub rank: i32,
}

impl MemberScope {
    /// The rank of a member who holds no binding that counts.
    pub const NO_RANK: i32 = i32::MAX;
}

/// The orders in which members can be listed; ties go by subject type and id, bytewise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MemberOrder {
    /// By display name in lower case, bytewise; an empty one first.
    Name,
    /// By email, bytewise; those without one first.
    Email,
    /// By the smallest [`MemberScope::rank`] of the bindings held; with none by [`MemberScope::NO_RANK`], last.
    Role,
    /// By the number of the status, [`MemberStatus::code`].
    Status,
}

impl MemberOrder {
    /// Whether the value that members are sorted by is text rather than a number.
    pub fn sorts_by_text(self) -> bool {
        matches!(self, Self::Name | Self::Email)
    }
}

/// A position in a list of members: after the one who was returned last. It tells nothing of them but their ids.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberCursor {
    /// The ids of the last members returned, the very last first, at most [`Self::ANCHORS`]. The next page begins after the
    /// first of them whose sort value is what it was, and leaves those before it out, for they were returned.
    pub last: Vec<String>,
    /// The sort value of the very last where it is a number; none where it is text, which is looked up.
    pub number: Option<i32>,
    /// The revision at which they were returned.
    pub revision: Revision,
}

impl MemberCursor {
    /// How many of the last members a position names: of so many in a row one is left as it was, nearly always.
    pub const ANCHORS: usize = 8;
}
