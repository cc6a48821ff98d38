//! Where may this subject do this? What may they do here?

use crate::{
    decision::decide::{Target, decide},
    domain::{MemberStatus, SubjectRef},
    facts::{Facts, Node, Principals},
    model::{Action, ResourceType, TypeId, mask::Mask},
};

/// The actions of a type that the subject may do on a target, in the order of the file.
pub fn actions<'p, F: Facts + ?Sized>(
    facts: &F,
    subject: SubjectRef<'_>,
    of: &'p ResourceType,
    target: Target<'_>,
) -> Vec<&'p Action> {
    of.actions().iter().filter(|action| decide(facts, subject, action, target).allowed()).collect()
}

/// The search for a page of the registered resources of a type on which a subject may do an action, in order of their
/// id. It is made in pieces, all of which must see the same facts.
pub struct Search<'q> {
    subject: SubjectRef<'q>,
    of: TypeId,
    limit: usize,
    places: Places,
    next: usize,
    found: Vec<Node>,
}

impl<'q> Search<'q> {
    /// A search for those after `after`, `limit` at most, that has looked at none yet.
    pub fn new<F: Facts + ?Sized>(
        facts: &F,
        subject: SubjectRef<'q>,
        (of, action): (&ResourceType, &Action),
        after: Option<&str>,
        limit: usize,
    ) -> Self {
        let places = places(facts, subject, of, action);
        let mut search = Self { subject, of: of.id(), limit, places, next: 0, found: Vec::new() };
        search.next = after.map_or(0, |after| search.places(facts).partition_point(|node| facts.id(*node) <= after));
        search
    }

    /// Looks at `piece` more resources. At the end, what was found and whether there are more; before it, none.
    pub fn go_on<F: Facts + ?Sized>(&mut self, facts: &F, action: &Action, piece: usize) -> Option<(&[Node], bool)> {
        let end = self.next.saturating_add(piece);
        while let Some(node) = self.places(facts).get(self.next).copied().filter(|_| self.found.len() <= self.limit) {
            if self.next == end {
                return None;
            }
            self.next += 1;
            if decide(facts, self.subject, action, Target::Registered(node)).allowed() {
                self.found.push(node);
            }
        }
        Some((self.found.get(..self.limit).unwrap_or(&self.found), self.found.len() > self.limit))
    }

    fn places<'s, F: Facts + ?Sized>(&'s self, facts: &'s F) -> &'s [Node] {
        match &self.places {
            Places::Nowhere => &[],
            Places::Anywhere => facts.resources_of_type(self.of),
            Places::Among(nodes) => nodes,
        }
    }
}

/// Which resources of a type are worth asking about.
enum Places {
    Nowhere,
    Anywhere,
    /// In order of their id.
    Among(Vec<Node>),
}

/// Where every way to be let through needs a role held at the resource itself, only the resources at which the
/// subject holds one are worth asking about: a few, among however many there are.
fn places<F: Facts + ?Sized>(facts: &F, subject: SubjectRef<'_>, of: &ResourceType, action: &Action) -> Places {
    if subject.is_operator() {
        return Places::Anywhere;
    }
    let holders = match facts.member_state(subject) {
        None => Principals::of_stranger(facts, subject),
        Some(standing) if standing.status == MemberStatus::Active => {
            Some(Principals::of(facts, subject, standing.member))
        }
        Some(_) => None,
    };
    let Some(holders) = holders else { return Places::Nowhere };
    let (mut elsewhere, mut here) = (Mask::EMPTY, Vec::new());
    for holder in holders.each() {
        facts.each_assignment(holder, &mut |node, bound| {
            if facts.resource(node).of == of.id() {
                here.push(node);
                // A role that reaches down counts at resources of this type at which nothing is bound.
                elsewhere |= bound & facts.policy().reaching;
            } else {
                elsewhere |= bound;
            }
        });
    }
    let without_a_role_here = facts.policy().closure(elsewhere) | Mask::ANYONE | Mask::OWNER | Mask::SELF;
    if action.rule().terms().iter().any(|term| without_a_role_here.contains(term.need)) {
        return Places::Anywhere;
    }
    here.sort_unstable_by(|a, b| facts.id(*a).cmp(facts.id(*b)));
    here.dedup();
    Places::Among(here)
}
