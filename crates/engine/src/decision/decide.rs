//! May this subject do this here? Bits are gathered on the way up to the root; then a few ANDs.

use crate::{
    domain::{MemberStatus, ResourceRef, SubjectRef, kind},
    facts::{Facts, Node, Principals, ancestors, ancestors_with_mask},
    model::{
        Action, ResourceType, TypeId,
        mask::{Mask, Term},
    },
};

/// What the caller says about a resource that is not registered.
#[derive(Clone, Copy, Debug, Default)]
pub struct Stated<'a> {
    /// Its parent.
    pub parent: Option<ResourceRef<'a>>,
    /// Its owner.
    pub owner: Option<SubjectRef<'a>>,
}

/// What an action would be done to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target<'a> {
    /// A registered resource.
    Registered(Node),
    /// A resource that is not registered; its parent is.
    Stated {
        /// Its type.
        of: TypeId,
        /// The registered resource above it.
        parent: Node,
        /// Its owner, as stated.
        owner: Option<SubjectRef<'a>>,
    },
    /// The record of the user with this id, who is a member.
    Record(&'a str),
    /// Nothing that is known.
    Absent,
}

/// Why a decision came out as it did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reason {
    /// A role that the subject holds grants it.
    GrantedByRole,
    /// The relation `owner` or `self` grants it.
    GrantedByRelation,
    /// Every active member may.
    GrantedToAnyone,
    /// An operator may.
    GrantedToOperator,
    /// The subject is no member.
    NotAMember,
    /// The subject has not accepted their invitation.
    MemberInvited,
    /// The subject's membership is deactivated.
    MemberDeactivated,
    /// The subject is locked, and the action does not survive a lock.
    MemberLocked,
    /// There is no such resource, and no parent was stated for it.
    ResourceNotFound,
    /// The resource, or one above it, is archived.
    ResourceArchived,
    /// Nothing that the subject holds grants it.
    NotGranted,
    /// What is needed is held, and something that the rule excludes beside it.
    Excluded,
}

/// The answer, and what it rests on.
#[derive(Clone, Copy, Debug)]
pub struct Decision {
    /// Why; [`Reason::allowed`] says which way.
    pub reason: Reason,
    /// What the subject holds on the way from the resource to the root; empty for one who may not act at all.
    pub effective_roles: Mask,
    /// The term of the rule that let through.
    pub term: Option<Term>,
}

impl Reason {
    /// Every reason.
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

    /// Its stable name: the contract's, without `REASON_`.
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

    /// Whether the decision is a grant.
    pub fn allowed(self) -> bool {
        matches!(self, Self::GrantedByRole | Self::GrantedByRelation | Self::GrantedToAnyone | Self::GrantedToOperator)
    }
}

impl Decision {
    /// Whether the subject may.
    pub fn allowed(&self) -> bool {
        self.reason.allowed()
    }

    fn denied(reason: Reason, held: Mask) -> Self {
        Self { reason, effective_roles: held, term: None }
    }
}

/// Finds what a request names. A registered fact wins over a stated one.
pub fn locate<'a, F: Facts + ?Sized>(facts: &F, of: &ResourceType, id: &'a str, stated: Stated<'a>) -> Target<'a> {
    if of.has_member_records() {
        let user = SubjectRef { kind: kind::USER, id };
        return if facts.member_state(user).is_some() { Target::Record(id) } else { Target::Absent };
    }
    if let Some(node) = facts.find(of.id(), id) {
        return Target::Registered(node);
    }
    let policy = facts.policy();
    stated
        .parent
        .and_then(|parent| {
            let above = policy.find_type(parent.kind).ok()?;
            let fits = of.may_be_below(above.id());
            // The root type has one resource, so its id may be left out.
            let is_root = parent.id.is_empty() && above.parent().is_none();
            let find = || if is_root { Some(facts.root()) } else { facts.find(above.id(), parent.id) };
            fits.then(find).flatten()
        })
        .map_or(Target::Absent, |parent| Target::Stated { of: of.id(), parent, owner: stated.owner })
}

/// Decides about one action.
pub fn decide<F: Facts + ?Sized>(facts: &F, subject: SubjectRef<'_>, action: &Action, target: Target<'_>) -> Decision {
    let (held, archived) = if subject.is_operator() {
        let archived = lowest_registered(facts, target)
            .is_some_and(|node| ancestors(facts, node).any(|(_, place)| place.archived));
        (Mask::OPERATOR, archived)
    } else {
        // Everybody is a member so that they can hold what is published, and may do no more than that.
        let standing = facts.member_state(subject).filter(|_| !subject.is_everybody());
        let Some(standing) = standing else { return decide_for_stranger(facts, subject, action, target) };
        let barred = match standing.status {
            MemberStatus::Invited => Some(Reason::MemberInvited),
            MemberStatus::Deactivated => Some(Reason::MemberDeactivated),
            MemberStatus::Active if standing.locked && !action.when_locked => Some(Reason::MemberLocked),
            MemberStatus::Active => None,
        };
        if let Some(reason) = barred {
            return Decision::denied(reason, Mask::EMPTY);
        }
        effective_roles(facts, subject, Principals::of(facts, subject, standing.member), target)
    };
    if target == Target::Absent {
        return Decision::denied(Reason::ResourceNotFound, held);
    }
    if archived && !action.when_archived {
        return Decision::denied(Reason::ResourceArchived, held);
    }
    by_rule(action, held)
}

/// Decides for somebody who is no member: they may do what a role lets them do that everybody holds, and not what every
/// member may.
fn decide_for_stranger<F: Facts + ?Sized>(
    facts: &F,
    subject: SubjectRef<'_>,
    action: &Action,
    target: Target<'_>,
) -> Decision {
    let stranger = Decision::denied(Reason::NotAMember, Mask::EMPTY);
    let Some(holders) = Principals::of_stranger(facts, subject) else { return stranger };
    let (bound, archived) = roles_on_ancestors(facts, holders, target);
    let held = facts.policy().closure(bound);
    if target == Target::Absent || archived && !action.when_archived {
        return stranger;
    }
    let lets = |term: &&Term| term.need.roles().next().is_some() && term.satisfied_by(held | Mask::ANYONE);
    match action.rule.terms().iter().find(lets) {
        Some(term) => Decision { reason: Reason::GrantedByRole, effective_roles: held, term: Some(*term) },
        None => stranger,
    }
}

/// What an active member holds at a target, and whether anything on the way up is archived.
pub(crate) fn effective_roles<F: Facts + ?Sized>(
    facts: &F,
    subject: SubjectRef<'_>,
    holders: Principals<'_>,
    target: Target<'_>,
) -> (Mask, bool) {
    let (held, archived) = assigned_roles(facts, subject, holders, target);
    (facts.policy().closure(held), archived)
}

/// As [`gather`], without what bound roles imply.
pub(crate) fn assigned_roles<F: Facts + ?Sized>(
    facts: &F,
    subject: SubjectRef<'_>,
    holders: Principals<'_>,
    target: Target<'_>,
) -> (Mask, bool) {
    let mut held = Mask::ANYONE;
    match target {
        Target::Record(id) if subject.kind == kind::USER && subject.id == id => held |= Mask::SELF,
        Target::Stated { owner: Some(owner), .. } if owner == subject => held |= Mask::OWNER,
        Target::Registered(node) if facts.resource(node).owner == Some(subject) => held |= Mask::OWNER,
        _ => {}
    }
    let (bound, archived) = roles_on_ancestors(facts, holders, target);
    (held | bound, archived)
}

/// The bound roles that count at a target, and whether anything on the way up is archived.
fn roles_on_ancestors<F: Facts + ?Sized>(facts: &F, holders: Principals<'_>, target: Target<'_>) -> (Mask, bool) {
    let (mut bound, mut archived) = (Mask::EMPTY, false);
    let Some(node) = lowest_registered(facts, target) else { return (bound, archived) };
    for (node, place, counts) in ancestors_with_mask(facts, node, unregistered_type(target)) {
        bound |= holders.assigned_roles(facts, node) & counts;
        archived |= place.archived;
    }
    (bound, archived)
}

/// The lowest registered resource on the way up from a target.
pub(crate) fn lowest_registered<F: Facts + ?Sized>(facts: &F, target: Target<'_>) -> Option<Node> {
    match target {
        Target::Registered(node) | Target::Stated { parent: node, .. } => Some(node),
        Target::Record(_) => Some(facts.root()),
        Target::Absent => None,
    }
}

/// The type of a target that is not registered, and so is below where the way up starts.
pub(crate) fn unregistered_type(target: Target<'_>) -> Option<TypeId> {
    match target {
        Target::Stated { of, .. } => Some(of),
        Target::Registered(_) | Target::Record(_) | Target::Absent => None,
    }
}

/// What a subject holds at a target by bindings and relations, without what those imply: nothing for whoever is no active
/// member.
pub fn assigned_roles_of<F: Facts + ?Sized>(facts: &F, subject: SubjectRef<'_>, target: Target<'_>) -> Mask {
    if subject.is_operator() {
        return Mask::OPERATOR;
    }
    let active = facts.member_state(subject).filter(|standing| standing.status == MemberStatus::Active);
    active.map_or(Mask::EMPTY, |standing| {
        assigned_roles(facts, subject, Principals::of(facts, subject, standing.member), target).0
    })
}

/// Whether a target, or anything above it, is archived.
pub fn is_archived<F: Facts + ?Sized>(facts: &F, target: Target<'_>) -> bool {
    lowest_registered(facts, target).is_some_and(|node| ancestors(facts, node).any(|(_, place)| place.archived))
}

fn by_rule(action: &Action, held: Mask) -> Decision {
    let terms = action.rule.terms();
    if let Some(term) = terms.iter().find(|term| term.satisfied_by(held)) {
        return Decision { reason: granted(term.need), effective_roles: held, term: Some(*term) };
    }
    let excluded = terms.iter().any(|term| held.contains(term.need));
    Decision::denied(if excluded { Reason::Excluded } else { Reason::NotGranted }, held)
}

fn granted(need: Mask) -> Reason {
    if need.roles().next().is_some() {
        Reason::GrantedByRole
    } else if need.intersects(Mask::OWNER | Mask::SELF) {
        Reason::GrantedByRelation
    } else if need.contains(Mask::OPERATOR) {
        Reason::GrantedToOperator
    } else {
        Reason::GrantedToAnyone
    }
}
