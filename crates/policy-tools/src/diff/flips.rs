//! For whom a decision turns.

use rollcall_engine::{Mask, Term};

use crate::{
    diff::side::{Held, Holding, Side, Sides},
    table::cell::{allowed, held_relations, singles},
};

/// How far one term is searched for somebody whom it lets through and the other policy does not.
const MAX_STEPS: usize = 2_000;

/// For whom a decision turns, and which way.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Flips {
    pub(crate) gains: Vec<Holding>,
    pub(crate) losses: Vec<Holding>,
}

/// Compares what two rules decide.
pub(crate) fn flips(sides: &Sides<'_>, old: &[Term], new: &[Term]) -> Flips {
    let before = Policed { side: &sides.old, terms: old };
    let after = Policed { side: &sides.new, terms: new };
    Flips { gains: turned(sides, &after, &before), losses: turned(sides, &before, &after) }
}

/// The rules about one operation under one policy.
struct Policed<'a> {
    side: &'a Side<'a>,
    terms: &'a [Term],
}

impl Policed<'_> {
    fn lets(&self, held: &Held) -> bool {
        allowed(self.terms, self.side.bits(held))
    }
}

/// Those whom `lets` lets through and `denies` does not.
fn turned(sides: &Sides<'_>, lets: &Policed<'_>, denies: &Policed<'_>) -> Vec<Holding> {
    let turns = |held: &Held| lets.lets(held) && !denies.lets(held);
    let relations: Mask =
        lets.terms.iter().chain(denies.terms).map(|term| held_relations(term.need | term.forbid)).collect();
    let mut found: Vec<Held> = holdings(sides.roles.len(), relations).filter(|held| turns(held)).collect();
    found.retain(|held| is_plain(held) || !held.one_less().iter().any(turns));
    for term in lets.terms {
        for mut held in counterexamples(sides, *term, lets, denies) {
            while let Some(less) = held.one_less().into_iter().find(|less| turns(less)) {
                held = less;
            }
            if !found.contains(&held) {
                found.push(held);
            }
        }
    }
    found.iter().map(|held| sides.named(held)).collect()
}

/// Nothing, a role alone, or an operator: what is always told by itself.
fn is_plain(held: &Held) -> bool {
    let relations = singles(held.relations).count();
    (held.roles.len() < 2 && relations == 0) || (held.roles.is_empty() && held.relations == Mask::OPERATOR)
}

/// Nothing and each role alone, with every choice among these relations; and an operator.
fn holdings(roles: usize, relations: Mask) -> impl Iterator<Item = Held> {
    let mut choices = vec![Mask::EMPTY];
    for relation in singles(relations) {
        choices.extend(choices.clone().into_iter().map(|choice| choice | relation));
    }
    let bound = std::iter::once(Vec::new()).chain((0..roles).map(|role| vec![role]));
    bound
        .flat_map(move |roles| {
            choices.clone().into_iter().map(move |relations| Held { roles: roles.clone(), relations })
        })
        .chain([Held { roles: Vec::new(), relations: Mask::OPERATOR }])
}

/// Those whom this term lets through and `denies` does not, however much they must hold for it: from the least that
/// satisfies the term, what shuts out under `denies` is added until nothing there lets through.
fn counterexamples(sides: &Sides<'_>, term: Term, lets: &Policed<'_>, denies: &Policed<'_>) -> Vec<Held> {
    let mut reached: Vec<Held> = sides.holders(lets.side, term.need, MAX_STEPS);
    let mut found = Vec::new();
    let mut next = 0;
    while let Some(held) = reached.get(next).cloned() {
        next += 1;
        if next > MAX_STEPS {
            break;
        }
        if !term.satisfied_by(lets.side.bits(&held)) {
            continue;
        }
        let bits = denies.side.bits(&held);
        let Some(other) = denies.terms.iter().find(|other| other.satisfied_by(bits)) else {
            found.push(held);
            continue;
        };
        for forbidden in singles(other.forbid).flat_map(|bit| sides.holders(denies.side, bit, MAX_STEPS)) {
            let more = held.and(&forbidden);
            if !reached.contains(&more) {
                reached.push(more);
            }
        }
    }
    found
}
