//! What was asked, so that nothing of a policy goes unasked.

use std::collections::{BTreeMap, BTreeSet};

use rollcall_engine::{Policy, ResourceType, WriteKind, WriteScope};
use rollcall_policy_tools::cases::{Case, WriteCase as Wish};

/// The membership writes that were asked, by type and verb.
#[derive(Debug, Default)]
pub struct Tally {
    asked: BTreeMap<(String, WriteKind), Outcomes>,
    /// The lines of the policy that let something through.
    rules: BTreeSet<u32>,
}

/// How many writes ended how.
#[derive(Debug, Default)]
struct Outcomes {
    allowed: usize,
    refused: usize,
}

impl Tally {
    pub fn allowed(&mut self, wish: &Wish, rules: BTreeSet<u32>) {
        self.outcomes(wish).allowed += 1;
        self.rules.extend(rules);
    }

    pub fn refused(&mut self, wish: &Wish) {
        self.outcomes(wish).refused += 1;
    }

    fn outcomes(&mut self, wish: &Wish) -> &mut Outcomes {
        self.asked.entry((wish.at.kind.clone(), wish.wanted.kind)).or_default()
    }

    /// Demands that every write of the cases was asked, that every rule on members let one through, and that every verb
    /// was refused at each type that has a rule for it, and somewhere where none has.
    pub fn is_whole(&self, policy: &Policy, cases: &[Case]) {
        let asked: usize = self.asked.values().map(|outcomes| outcomes.allowed + outcomes.refused).sum();
        assert_eq!(asked, cases.iter().map(|case| case.writes.len()).sum::<usize>(), "{self:#?}");
        for verb in WriteKind::ALL {
            let ruled = |of: &&ResourceType| of.members().of(verb).next().is_some();
            for of in policy.types().iter().filter(ruled) {
                assert!(self.refused_at(of, verb), "nobody is refused to {} at `{}`", verb.name(), of.name());
                for rule in of.members().of(verb) {
                    let line = rule.by().line();
                    let text = rule.by().text();
                    assert!(self.rules.contains(&line), "no {} is allowed by line {line}: `{text}`", verb.name());
                }
            }
            let mut possible = policy.types().iter().filter(|of| is_possible(verb, of)).peekable();
            let somewhere = possible.peek().is_none() || possible.any(|of| self.refused_at(of, verb));
            assert!(somewhere, "nobody is refused to {}", verb.name());
        }
    }

    fn refused_at(&self, of: &ResourceType, verb: WriteKind) -> bool {
        self.asked.get(&(of.name().to_owned(), verb)).is_some_and(|outcomes| outcomes.refused > 0)
    }
}

/// Whether a write can be meant at resources of a type.
fn is_possible(verb: WriteKind, of: &ResourceType) -> bool {
    match verb.scope() {
        WriteScope::Anywhere => true,
        WriteScope::AtTheRoot => of.parent().is_none(),
        WriteScope::WhereOwned => of.is_owned(),
    }
}
