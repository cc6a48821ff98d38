//! Counts the membership writes of the cases, and demands that together they reach every rule of a policy.

use std::collections::{BTreeMap, BTreeSet};

use rollcall_engine::{Policy, ResourceType, WriteKind, WriteScope};
use rollcall_policy_tools::cases::{Case, WriteCase};

/// The membership writes that were sent, by resource type and kind of write.
#[derive(Debug, Default)]
pub struct Coverage {
    writes: BTreeMap<(String, WriteKind), Outcomes>,
    /// The lines of the policy that allowed one.
    rules: BTreeSet<u32>,
}

/// How many writes of one type and kind were allowed, and how many refused.
#[derive(Debug, Default)]
struct Outcomes {
    allowed: usize,
    refused: usize,
}

impl Coverage {
    pub fn allowed(&mut self, write: &WriteCase, rules: BTreeSet<u32>) {
        self.outcomes(write).allowed += 1;
        self.rules.extend(rules);
    }

    pub fn refused(&mut self, write: &WriteCase) {
        self.outcomes(write).refused += 1;
    }

    fn outcomes(&mut self, write: &WriteCase) -> &mut Outcomes {
        self.writes.entry((write.at.kind.clone(), write.operation.kind)).or_default()
    }

    /// Demands that every write of the cases was sent, that every rule on members allowed one, and that every kind of
    /// write was refused at each type that has a rule for it, and somewhere if no type has.
    ///
    /// # Panics
    /// If one is missing.
    pub fn assert_complete(&self, policy: &Policy, cases: &[Case]) {
        let total: usize = self.writes.values().map(|outcomes| outcomes.allowed + outcomes.refused).sum();
        assert_eq!(total, cases.iter().map(|case| case.writes.len()).sum::<usize>(), "{self:#?}");
        for kind in WriteKind::ALL {
            let has_rules = |resource_type: &&ResourceType| resource_type.members().of_kind(kind).next().is_some();
            for resource_type in policy.types().iter().filter(has_rules) {
                assert!(
                    self.refused_at(resource_type, kind),
                    "nobody is refused to {} at `{}`",
                    kind.name(),
                    resource_type.name()
                );
                for rule in resource_type.members().of_kind(kind) {
                    let line = rule.by().line();
                    let text = rule.by().text();
                    assert!(self.rules.contains(&line), "no {} is allowed by line {line}: `{text}`", kind.name());
                }
            }
            let mut possible =
                policy.types().iter().filter(|resource_type| is_possible(kind, resource_type)).peekable();
            let refused_somewhere =
                possible.peek().is_none() || possible.any(|resource_type| self.refused_at(resource_type, kind));
            assert!(refused_somewhere, "nobody is refused to {}", kind.name());
        }
    }

    fn refused_at(&self, resource_type: &ResourceType, kind: WriteKind) -> bool {
        self.writes.get(&(resource_type.name().to_owned(), kind)).is_some_and(|outcomes| outcomes.refused > 0)
    }
}

/// Whether a request of this kind can name resources of a type.
fn is_possible(kind: WriteKind, resource_type: &ResourceType) -> bool {
    match kind.scope() {
        WriteScope::Anywhere => true,
        WriteScope::AtTheRoot => resource_type.parent().is_none(),
        WriteScope::WhereOwned => resource_type.is_owned(),
    }
}
