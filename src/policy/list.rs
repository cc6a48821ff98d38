//! Where may this subject do this? What may they do here?

use crate::domain::{MemberStatus, SubjectRef};

use super::{
    decide::{Target, decide},
    facts::{Facts, Holders, Node},
    mask::Mask,
    model::{Action, ResourceType},
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

/// A page of the registered resources of a type on which the subject may do an action, in order of their id: those
/// after `after`, `limit` at most, and whether there are more.
pub fn resources<F: Facts + ?Sized>(
    facts: &F,
    subject: SubjectRef<'_>,
    of: &ResourceType,
    action: &Action,
    after: Option<&str>,
    limit: usize,
) -> (Vec<Node>, bool) {
    let own;
    let candidates = match places(facts, subject, of, action) {
        Places::Nowhere => &[],
        Places::Anywhere => facts.ordered(of.id()),
        Places::Among(nodes) => {
            own = nodes;
            own.as_slice()
        }
    };
    let start = after.map_or(0, |after| candidates.partition_point(|node| facts.id(*node) <= after));
    let mut found: Vec<Node> = candidates
        .get(start..)
        .unwrap_or_default()
        .iter()
        .copied()
        .filter(|node| decide(facts, subject, action, Target::Registered(*node)).allowed())
        .take(limit.saturating_add(1))
        .collect();
    let more = found.len() > limit;
    found.truncate(limit);
    (found, more)
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
    let holders = match facts.standing(subject) {
        None => Holders::of_stranger(facts, subject),
        Some(standing) if standing.status == MemberStatus::Active => Some(Holders::of(facts, subject, standing.member)),
        Some(_) => None,
    };
    let Some(holders) = holders else { return Places::Nowhere };
    let (mut elsewhere, mut here) = (Mask::EMPTY, Vec::new());
    for holder in holders.each() {
        facts.each_bound(holder, &mut |node, bound| {
            if facts.place(node).of == of.id() {
                here.push(node);
                // A role that reaches down counts at resources of this type at which nothing is bound.
                elsewhere |= bound & facts.policy().reaching;
            } else {
                elsewhere |= bound;
            }
        });
    }
    let without_a_role_here = facts.policy().closure(elsewhere) | Mask::ANYONE | Mask::OWNER | Mask::ITSELF;
    if action.rule().terms().iter().any(|term| without_a_role_here.contains(term.need)) {
        return Places::Anywhere;
    }
    here.sort_unstable_by(|a, b| facts.id(*a).cmp(facts.id(*b)));
    here.dedup();
    Places::Among(here)
}
