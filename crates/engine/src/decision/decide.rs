//! May this subject do this here? Bits are gathered on the way up to the root; then a few ANDs.

use std::marker::PhantomData;

use crate::{
    decision::{
        reason::Reason,
        roles::{effective_roles, roles_on_ancestors},
        target::{Target, is_archived},
    },
    domain::{MemberStatus, SubjectRef},
    facts::{Facts, Principals},
    model::{
        Action,
        mask::{Mask, Term},
    },
};

/// A question about one action.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Question<'a> {
    /// Who would do it; need not be a member.
    pub subject: SubjectRef<'a>,
    /// What they would do: an action of the target's type.
    pub action: &'a Action,
    /// What it would be done to, as [`locate`](super::target::locate) finds it.
    pub target: Target<'a>,
    /// What the question brings along beside these.
    pub context: Context<'a>,
}

/// What a question brings along beside its names. Nothing yet: the instant and the attributes that conditions of a policy
/// look at have their place here, so that the engine has them from nowhere else.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct Context<'a> {
    borrowed: PhantomData<&'a ()>,
}

/// Which way a decision went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Outcome {
    /// The subject may do it.
    Allowed,
    /// The subject may not do it.
    Denied,
}

/// The answer, and what it rests on.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Decision {
    /// Whether the subject may.
    pub outcome: Outcome,
    /// Why it went that way: a grant's reason where it is allowed, a denial's where it is not.
    pub reason: Reason,
    /// The roles and relations that the subject holds at the target, with what they imply; empty for one who may not act
    /// at all.
    pub effective_roles: Mask,
    /// Which term of the action's rule let the subject through, an index into [`Rule::terms`](crate::Rule::terms); none
    /// where none did.
    pub term: Option<usize>,
}

impl<'a> Question<'a> {
    /// A question that brings along nothing beside its names.
    pub fn new(subject: SubjectRef<'a>, action: &'a Action, target: Target<'a>) -> Self {
        Self { subject, action, target, context: Context::default() }
    }
}

impl Decision {
    /// Whether the subject may.
    pub fn allowed(&self) -> bool {
        self.outcome == Outcome::Allowed
    }

    fn denied(reason: Reason, effective_roles: Mask) -> Self {
        Self { outcome: Outcome::Denied, reason, effective_roles, term: None }
    }
}

/// Who asks, as far as a decision tells them apart.
enum Asker<'f> {
    Operator,
    Member(Principals<'f>),
    /// Somebody who is no member: they may do what a role lets them do that everybody holds, and not what every member
    /// may.
    NonMember(Principals<'f>),
}

/// Decides about one action.
pub fn decide<F: Facts + ?Sized>(facts: &F, question: &Question<'_>) -> Decision {
    let Question { subject, action, target, .. } = *question;
    let asker = match asker(facts, subject, action) {
        Ok(asker) => asker,
        Err(reason) => return Decision::denied(reason, Mask::EMPTY),
    };
    let (bits, archived) = match asker {
        Asker::Operator => (Mask::OPERATOR, is_archived(facts, target)),
        Asker::Member(principals) => effective_roles(facts, subject, principals, target),
        Asker::NonMember(principals) => {
            let (assigned_roles, archived) = roles_on_ancestors(facts, principals, target);
            (facts.policy().closure(assigned_roles), archived)
        }
    };
    let is_member = !matches!(asker, Asker::NonMember(_));
    let decision = if target == Target::Absent {
        Decision::denied(Reason::ResourceNotFound, bits)
    } else if archived && !action.is_allowed_when_archived() {
        Decision::denied(Reason::ResourceArchived, bits)
    } else {
        by_rule(action, bits, is_member)
    };
    if is_member || decision.allowed() { decision } else { Decision::denied(Reason::NotAMember, Mask::EMPTY) }
}

/// Who a subject is to a decision about an action.
///
/// # Errors
/// Why they may not act at all.
fn asker<'f, F: Facts + ?Sized>(facts: &'f F, subject: SubjectRef<'_>, action: &Action) -> Result<Asker<'f>, Reason> {
    if subject.is_operator() {
        return Ok(Asker::Operator);
    }
    // Everybody is a member so that they can hold what is published, and may do no more than that.
    let Some(state) = facts.member_state(subject).filter(|_| !subject.is_everybody()) else {
        let everybody = Principals::of_non_member(facts, subject);
        return everybody.map(Asker::NonMember).ok_or(Reason::NotAMember);
    };
    match state.status {
        MemberStatus::Invited => Err(Reason::MemberInvited),
        MemberStatus::Deactivated => Err(Reason::MemberDeactivated),
        MemberStatus::Active if state.locked && !action.is_allowed_when_locked() => Err(Reason::MemberLocked),
        MemberStatus::Active => Ok(Asker::Member(Principals::of_member(facts, subject, state.member))),
    }
}

fn by_rule(action: &Action, bits: Mask, is_member: bool) -> Decision {
    let terms = action.rule().terms();
    // Whoever is no member is let through by a role, and then by all that the term asks of a member besides.
    let satisfied = |term: &Term| {
        if is_member {
            term.satisfied_by(bits)
        } else {
            term.need.has_roles() && term.satisfied_by(bits | Mask::ANYONE)
        }
    };
    if let Some((index, term)) = terms.iter().enumerate().find(|(_, term)| satisfied(term)) {
        let (outcome, reason) = (Outcome::Allowed, granted_by(term.need));
        return Decision { outcome, reason, effective_roles: bits, term: Some(index) };
    }
    let excluded = terms.iter().any(|term| bits.contains(term.need));
    Decision::denied(if excluded { Reason::Excluded } else { Reason::NotGranted }, bits)
}

fn granted_by(need: Mask) -> Reason {
    if need.has_roles() {
        Reason::GrantedByRole
    } else if need.intersects(Mask::OWNER | Mask::SELF) {
        Reason::GrantedByRelation
    } else if need.contains(Mask::OPERATOR) {
        Reason::GrantedToOperator
    } else {
        Reason::GrantedToAnyone
    }
}
