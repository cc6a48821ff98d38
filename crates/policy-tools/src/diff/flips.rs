//! Finds those for whom a decision changes, by what they hold: each as small as it can be.

use rollcall_engine::{Mask, Term};

use crate::{
    diff::{
        holding::{Holding, IndexedHolding},
        type_version::TypeVersion,
        versions::TypePair,
    },
    table::cell::{allowed, member_relations, singles},
};

/// How many holdings are tried in search of somebody whom one term allows and the other policy denies.
const MAX_STEPS: usize = 2_000;

/// For whom a decision changes, and in which direction.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Flips {
    pub(crate) gains: Vec<Holding>,
    pub(crate) losses: Vec<Holding>,
}

/// Compares what the terms of the old and the new rules decide.
pub(crate) fn flips(pair: &TypePair<'_>, old: &[Term], new: &[Term]) -> Flips {
    let before = VersionRules { version: &pair.old, terms: old };
    let after = VersionRules { version: &pair.new, terms: new };
    Flips { gains: newly_allowed(pair, &after, &before), losses: newly_allowed(pair, &before, &after) }
}

/// The rules about one operation under one policy.
struct VersionRules<'a> {
    version: &'a TypeVersion<'a>,
    terms: &'a [Term],
}

impl VersionRules<'_> {
    fn allows(&self, holding: &IndexedHolding) -> bool {
        allowed(self.terms, self.version.bits(holding))
    }
}

/// Those whom `allowing` allows and `denying` does not.
fn newly_allowed(pair: &TypePair<'_>, allowing: &VersionRules<'_>, denying: &VersionRules<'_>) -> Vec<Holding> {
    let is_flipped = |holding: &IndexedHolding| allowing.allows(holding) && !denying.allows(holding);
    let relations: Mask =
        allowing.terms.iter().chain(denying.terms).map(|term| member_relations(term.need | term.forbid)).collect();
    let mut found: Vec<IndexedHolding> =
        holdings(pair.roles.len(), relations).filter(|holding| is_flipped(holding)).collect();
    found.retain(|holding| is_plain(holding) || !holding.one_less().iter().any(is_flipped));
    for term in allowing.terms {
        for mut holding in counterexamples(pair, *term, allowing, denying) {
            while let Some(less) = holding.one_less().into_iter().find(|less| is_flipped(less)) {
                holding = less;
            }
            if !found.contains(&holding) {
                found.push(holding);
            }
        }
    }
    found.iter().map(|holding| pair.named(holding)).collect()
}

/// Whether a holding is listed whatever smaller one has the same effect: nothing, a role alone, or an operator.
fn is_plain(holding: &IndexedHolding) -> bool {
    let relations = singles(holding.relations).count();
    (holding.roles.len() < 2 && relations == 0) || (holding.roles.is_empty() && holding.relations == Mask::OPERATOR)
}

/// Nothing and each role alone, with every choice among these relations; and an operator.
fn holdings(roles: usize, relations: Mask) -> impl Iterator<Item = IndexedHolding> {
    let mut choices = vec![Mask::EMPTY];
    for relation in singles(relations) {
        choices.extend(choices.clone().into_iter().map(|choice| choice | relation));
    }
    let role_choices = std::iter::once(Vec::new()).chain((0..roles).map(|role| vec![role]));
    role_choices
        .flat_map(move |roles| {
            choices.clone().into_iter().map(move |relations| IndexedHolding { roles: roles.clone(), relations })
        })
        .chain([IndexedHolding { roles: Vec::new(), relations: Mask::OPERATOR }])
}

/// Those whom this term allows and `denying` does not, however much they must hold for it: to the least that satisfies
/// the term, what `denying` excludes is added until nothing there allows it.
fn counterexamples(
    pair: &TypePair<'_>,
    term: Term,
    allowing: &VersionRules<'_>,
    denying: &VersionRules<'_>,
) -> Vec<IndexedHolding> {
    let mut reached: Vec<IndexedHolding> = pair.holders(allowing.version, term.need, MAX_STEPS);
    let mut found = Vec::new();
    let mut next = 0;
    while let Some(holding) = reached.get(next).cloned() {
        next += 1;
        if next > MAX_STEPS {
            break;
        }
        if !term.satisfied_by(allowing.version.bits(&holding)) {
            continue;
        }
        let bits = denying.version.bits(&holding);
        let Some(other) = denying.terms.iter().find(|other| other.satisfied_by(bits)) else {
            found.push(holding);
            continue;
        };
        for forbidden in singles(other.forbid).flat_map(|bit| pair.holders(denying.version, bit, MAX_STEPS)) {
            let more = holding.and(&forbidden);
            if !reached.contains(&more) {
                reached.push(more);
            }
        }
    }
    found
}
