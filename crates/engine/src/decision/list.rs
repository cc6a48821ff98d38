//! Lists the actions that a subject may do on a target, and the resources on which they may do an action.

use crate::{
    decision::{
        decide::{Question, decide},
        target::Target,
    },
    domain::{MemberStatus, SubjectRef},
    facts::{Facts, Node, Principals},
    model::{Action, Inheritance, ResourceType, TypeId, mask::Mask},
};

/// The actions of a type that the subject may do on a target, in the order of the file.
pub fn actions<'p, F: Facts + ?Sized>(
    facts: &F,
    subject: SubjectRef<'_>,
    resource_type: &'p ResourceType,
    target: Target<'_>,
) -> Vec<&'p Action> {
    resource_type
        .actions()
        .iter()
        .filter(|action| decide(facts, &Question::new(subject, action, target)).allowed())
        .collect()
}

/// The search for a page of the registered resources of a type on which a subject may do an action, in order of their
/// ids. It is made in steps, all of which must see the same facts.
pub struct Search<'q> {
    subject: SubjectRef<'q>,
    resource_type: TypeId,
    limit: usize,
    candidates: Candidates,
    next: usize,
    found: Vec<Node>,
}

impl<'q> Search<'q> {
    /// A search for those whose ids come after `after`, `limit` at most, that has looked at none yet.
    pub fn new<F: Facts + ?Sized>(
        facts: &F,
        subject: SubjectRef<'q>,
        (resource_type, action): (&ResourceType, &Action),
        after: Option<&str>,
        limit: usize,
    ) -> Self {
        let candidates = candidates(facts, subject, resource_type, action);
        let resource_type = resource_type.id();
        let mut search = Self { subject, resource_type, limit, candidates, next: 0, found: Vec::new() };
        search.next = after.map_or(0, |after| search.nodes(facts).partition_point(|node| facts.id(*node) <= after));
        search
    }

    /// Decides about `count` more resources, at least one. Returns none as long as the search is not over; then what
    /// was found, and whether there are more beyond the limit.
    pub fn advance<F: Facts + ?Sized>(&mut self, facts: &F, action: &Action, count: usize) -> Option<(&[Node], bool)> {
        let end = self.next.saturating_add(count);
        while let Some(node) = self.nodes(facts).get(self.next).copied().filter(|_| self.found.len() <= self.limit) {
            if self.next == end {
                return None;
            }
            self.next += 1;
            if decide(facts, &Question::new(self.subject, action, Target::Registered(node))).allowed() {
                self.found.push(node);
            }
        }
        Some((self.found.get(..self.limit).unwrap_or(&self.found), self.found.len() > self.limit))
    }

    fn nodes<'s, F: Facts + ?Sized>(&'s self, facts: &'s F) -> &'s [Node] {
        match &self.candidates {
            Candidates::None => &[],
            Candidates::All => facts.resources_of_type(self.resource_type),
            Candidates::Some(nodes) => nodes,
        }
    }
}

/// The resources of a type on which the action may be allowed: no other needs a decision.
enum Candidates {
    None,
    All,
    /// In order of their id.
    Some(Vec<Node>),
}

/// Where no term of the rule can be satisfied without a role that is bound at the resource itself, only the resources
/// at which the subject has one need a decision: a few, among however many there are.
fn candidates<F: Facts + ?Sized>(
    facts: &F,
    subject: SubjectRef<'_>,
    resource_type: &ResourceType,
    action: &Action,
) -> Candidates {
    if subject.is_operator() {
        return Candidates::All;
    }
    let principals = match facts.member_state(subject) {
        None => Principals::of_non_member(facts, subject),
        Some(state) if state.status == MemberStatus::Active => {
            Some(Principals::of_member(facts, subject, state.member))
        }
        Some(_) => None,
    };
    let Some(principals) = principals else { return Candidates::None };
    let (mut inheritable_roles, mut nodes) = (Mask::EMPTY, Vec::new());
    for member in principals.members() {
        facts.each_assignment(member, &mut |node, assigned_roles| {
            if facts.resource(node).resource_type == resource_type.id() {
                nodes.push(node);
                // A role that reaches down counts at resources of this type at which nothing is bound.
                inheritable_roles |= Inheritance::ReachingDown.roles(facts.policy(), assigned_roles);
            } else {
                inheritable_roles |= assigned_roles;
            }
        });
    }
    let bits = facts.policy().closure(inheritable_roles) | Mask::ANYONE | Mask::OWNER | Mask::SELF;
    if action.rule().terms().iter().any(|term| bits.contains(term.need)) {
        return Candidates::All;
    }
    nodes.sort_unstable_by(|a, b| facts.id(*a).cmp(facts.id(*b)));
    nodes.dedup();
    Candidates::Some(nodes)
}
