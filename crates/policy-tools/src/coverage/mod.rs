//! How much of a policy's table is asked about: which cell, of whom, and how it came out.
//!
//! What counts is what the engine was asked, not what a file of cases says: whoever asks it tells a [`Coverage`] of each
//! answer, and the [`Report`] names the cells of the table that are left.

mod demand;
mod report;

use std::collections::HashSet;

use rollcall_engine::{
    Action, Decision, Facts, Mask, MembershipWrite, Node, Permitted, Policy, Reason, Refusal, ResourceType, RoleId,
    SubjectRef, Target, TypeId, WriteKind, assigned_roles_of, is_archived,
};

pub use report::Report;

/// The questions that were asked under one policy, as far as its rules answered them.
#[derive(Debug)]
pub struct Coverage<'p> {
    policy: &'p Policy,
    asked: HashSet<(TypeId, What, Asked)>,
}

/// A row of the table, one for each role taken and given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum What {
    /// The action at this place of its type.
    Action(usize),
    /// A membership write.
    Write {
        verb: WriteKind,
        /// The role that it takes, [`Mask::ANYONE`] of whoever holds none; empty where the kind takes none.
        from: Mask,
        /// The role that it gives; empty where the kind gives none.
        to: Mask,
    },
}

/// Who asked, and how it came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Asked {
    /// Bound roles that count there, without what they imply, and relations.
    held: Mask,
    allowed: bool,
    locked: bool,
    archived: bool,
}

impl<'p> Coverage<'p> {
    /// Nothing has been asked.
    pub fn new(policy: &'p Policy) -> Self {
        Self { policy, asked: HashSet::new() }
    }

    /// Takes down a question about an action. One that no rule answered, as when the subject is no member, is left out.
    pub fn check<F: Facts + ?Sized>(
        &mut self,
        facts: &F,
        subject: SubjectRef<'_>,
        (of, action): (&ResourceType, &Action),
        target: Target<'_>,
        decision: &Decision,
    ) {
        let by_a_rule = decision.allowed() || matches!(decision.reason, Reason::NotGranted | Reason::Excluded);
        let Some(at) = of.actions().iter().position(|known| known.name() == action.name()).filter(|_| by_a_rule) else {
            return;
        };
        let asked = Asked {
            held: assigned_roles_of(facts, subject, target),
            allowed: decision.allowed(),
            locked: facts.member_state(subject).is_some_and(|standing| standing.locked),
            archived: is_archived(facts, target),
        };
        self.asked.insert((of.id(), What::Action(at), asked));
    }

    /// Takes down a question about a membership write. One that no rule answered, as when the target is protected or the
    /// state forbids what the rules allow, is left out.
    pub fn write<F: Facts + ?Sized>(
        &mut self,
        facts: &F,
        actor: SubjectRef<'_>,
        node: Node,
        target: SubjectRef<'_>,
        wanted: MembershipWrite,
        outcome: &Result<Permitted<'_>, Refusal>,
    ) {
        let own = if actor == target { Mask::SELF } else { Mask::EMPTY };
        let held = assigned_roles_of(facts, actor, Target::Registered(node)) | own;
        let of = facts.resource(node).of;
        let mut take_down = |operation: MembershipWrite, taken: Mask| {
            let what = What::Write {
                verb: operation.kind,
                from: if operation.kind.removes_roles() && taken.is_empty() { Mask::ANYONE } else { taken },
                to: operation.to.map_or(Mask::EMPTY, RoleId::mask),
            };
            let asked = Asked { held, allowed: outcome.is_ok(), locked: false, archived: false };
            self.asked.insert((of, what, asked));
        };
        match outcome {
            Ok(permitted) if permitted.removed_roles.is_empty() => take_down(wanted, Mask::EMPTY),
            Ok(permitted) => permitted.removed_roles.roles().for_each(|role| take_down(wanted, Mask::role(role))),
            Err(Refusal::NotPermitted { operation, .. }) => {
                take_down(*operation, operation.from.map_or(Mask::EMPTY, RoleId::mask));
            }
            Err(_) => {}
        }
    }

    /// What was asked, and what is left to ask.
    pub fn report(&self) -> Report {
        report::report(self)
    }

    fn asked(&self, of: &ResourceType, what: What) -> Vec<Asked> {
        let here = self.asked.iter().filter(|(asked_of, asked, _)| (*asked_of, *asked) == (of.id(), what));
        here.map(|(_, _, asked)| *asked).collect()
    }
}
