//! Two policies with the same subjects, and the difference between the two: it is held against what the engine decides
//! under each.

use std::collections::BTreeSet;

use rollcall_engine::{Policy, WriteKind};
use rollcall_policy_tools::diff::{Diff, DiffOperation, diff};

use crate::holdings::{Holding, HoldingsFixture, compile_rules};

/// Each role alone and nothing, with relations or not; and an operator.
fn plain_holdings(policies: &[Policy; 2]) -> Vec<Holding> {
    let mut roles: BTreeSet<Vec<String>> = BTreeSet::from([Vec::new()]);
    roles.extend(policies.iter().flat_map(|policy| policy.roles().iter().map(|role| vec![policy.qualified(role)])));
    let relations: [&[&str]; 4] = [&[], &["owner"], &["self"], &["owner", "self"]];
    let members = roles.iter().flat_map(|roles| relations.map(|relations| Holding::of(roles, relations)));
    members.chain([Holding::of(&[], &["operator"])]).collect()
}

/// Every two different roles of these holdings, without relations.
fn pairs_of_roles(holdings: &[Holding]) -> Vec<Holding> {
    let roles: BTreeSet<&String> = holdings.iter().flat_map(|holding| &holding.roles).collect();
    let pairs = roles.iter().flat_map(|one| {
        roles.iter().filter(move |other| one < *other).map(move |other| [(*one).clone(), (*other).clone()])
    });
    pairs.map(|pair| Holding::of(&pair, &[])).collect()
}

/// Two policies under which the same subjects hold everything that matters.
pub struct PolicyPair {
    old: HoldingsFixture,
    new: HoldingsFixture,
    pub diff: Diff,
    plain: Vec<Holding>,
    pairs: Vec<Holding>,
}

/// Names one decision at a type: a write from a role to a role, or, without a kind of write, the action of the third
/// name.
type DecisionKey = (String, Option<WriteKind>, String, String);

/// What happens to a decision from the old policy to the new one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum DecisionChange {
    /// It was denied, and is allowed.
    Gain,
    /// It was allowed, and is denied.
    Loss,
}

impl PolicyPair {
    pub fn new(old: &str, new: &str) -> Self {
        let policies = [compile_rules(old), compile_rules(new)];
        let diff = diff(&policies[0], &policies[1]);
        let plain = plain_holdings(&policies);
        let pairs = pairs_of_roles(&plain);
        let decisions = diff.types.iter().flat_map(|resource_type| &resource_type.decisions);
        let reported = decisions.flat_map(|decision| decision.gains.iter().chain(&decision.losses));
        let reported = reported.map(|holding| Holding::of(&holding.roles, &holding.relations));
        let mut all: BTreeSet<Holding> = plain.iter().chain(&pairs).cloned().chain(reported).collect();
        let with_less: Vec<Holding> = all.iter().flat_map(Holding::one_less).collect();
        all.extend(with_less);
        let all: Vec<Holding> = all.into_iter().collect();
        let (old, new) = (HoldingsFixture::new(old, all.clone()), HoldingsFixture::new(new, all));
        Self { old, new, diff, plain, pairs }
    }

    /// Everything that either policy decides about.
    fn decision_keys(&self) -> BTreeSet<DecisionKey> {
        let mut keys = BTreeSet::new();
        for fixture in [&self.old, &self.new] {
            for resource_type in fixture.policy().types() {
                let mut add = |kind: Option<WriteKind>, from: &str, to: &str| {
                    keys.insert((resource_type.name().to_owned(), kind, from.to_owned(), to.to_owned()));
                };
                resource_type.actions().iter().for_each(|action| add(None, action.name(), ""));
                let roles: Vec<&str> =
                    resource_type.roles().iter().map(|role| fixture.policy().role(*role).name()).collect();
                for kind in WriteKind::ALL {
                    let removes_member = resource_type.parent().is_none() && kind == WriteKind::Remove;
                    let nobody = removes_member.then_some("anyone");
                    let removed: Vec<&str> =
                        if kind.removes_roles() { roles.iter().copied().chain(nobody).collect() } else { vec![""] };
                    for from in removed {
                        let granted: Vec<&str> = if kind.grants_roles() { roles.clone() } else { vec![""] };
                        granted
                            .into_iter()
                            .filter(|to| to.is_empty() || *to != from)
                            .for_each(|to| add(Some(kind), from, to));
                    }
                }
            }
        }
        keys
    }

    /// Whether every role of a holding is one of the type or of those above it, under either policy.
    fn applies(&self, resource_type: &str, holding: &Holding) -> bool {
        let is_role_of = |policy: &Policy, role: &String| {
            let ancestors =
                policy.find_type(resource_type).map_or(Vec::new(), |resource_type| policy.ancestors(resource_type));
            ancestors.iter().flat_map(|above| above.roles()).any(|id| policy.qualified(policy.role(*id)) == *role)
        };
        let policies = [self.old.policy(), self.new.policy()];
        holding.roles.iter().all(|role| policies.iter().any(|policy| is_role_of(policy, role)))
    }

    /// How a decision changes for one who holds this; `None` if it does not.
    fn change(&self, (resource_type, kind, from, to): &DecisionKey, holding: &Holding) -> Option<DecisionChange> {
        let may = |fixture: &HoldingsFixture| match kind {
            None => fixture.decide(holding, resource_type, from),
            Some(kind) => fixture.permit(holding, resource_type, (*kind, from, to)),
        };
        match (may(&self.old), may(&self.new)) {
            (false, true) => Some(DecisionChange::Gain),
            (true, false) => Some(DecisionChange::Loss),
            _ => None,
        }
    }

    /// Those of the plain holdings for whom a decision changes so, and who must be reported: one without relations
    /// always, and one with relations only if the change takes all that they hold.
    fn expected(&self, key: &DecisionKey, change: DecisionChange) -> BTreeSet<Holding> {
        let is_expected = |holding: &&Holding| {
            let alone = holding.relations.is_empty() || holding.relations == ["operator"];
            self.applies(&key.0, holding)
                && self.change(key, holding) == Some(change)
                && (alone || !holding.one_less().iter().any(|less| self.change(key, less) == Some(change)))
        };
        self.plain.iter().filter(is_expected).cloned().collect()
    }

    /// Those whom the difference names for a decision.
    fn reported(&self, (resource_type, kind, from, to): &DecisionKey, change: DecisionChange) -> BTreeSet<Holding> {
        let types = self.diff.types.iter().filter(|found| found.resource_type == *resource_type);
        let includes = |names: &[String], name: &String| names.contains(name) || (names.is_empty() && name.is_empty());
        let decisions = types.flat_map(|found| &found.decisions).filter(|decision| match &decision.operation {
            DiffOperation::Action(action) => kind.is_none() && action == from,
            DiffOperation::Write { kind: of_kind, from: froms, to: tos, whom } => {
                whom.is_empty() && *kind == Some(*of_kind) && includes(froms, from) && includes(tos, to)
            }
        });
        let holdings = decisions.flat_map(|decision| match change {
            DecisionChange::Gain => &decision.gains,
            DecisionChange::Loss => &decision.losses,
        });
        holdings.map(|holding| Holding::of(&holding.roles, &holding.relations)).collect()
    }

    /// Holds the difference against what the engine decides under both; how many changes of decisions are reported.
    pub fn verify(&self) -> usize {
        let mut changes = 0;
        for key in self.decision_keys() {
            for change in [DecisionChange::Gain, DecisionChange::Loss] {
                let (expected, reported) = (self.expected(&key, change), self.reported(&key, change));
                let (few, many): (BTreeSet<Holding>, BTreeSet<Holding>) =
                    reported.iter().cloned().partition(|holding| holding.roles.len() < 2);
                assert_eq!(few, expected, "{key:?} {change:?}\n{:#?}", self.diff);
                let is_so = |holding: &Holding| self.change(&key, holding) == Some(change);
                for holding in &many {
                    assert!(is_so(holding), "{key:?} {change:?}: {holding:?}");
                    assert!(!holding.one_less().iter().any(is_so), "{holding:?}");
                }
                let unnoticed = self.pairs.iter().find(|pair| self.applies(&key.0, pair) && is_so(pair));
                assert_eq!(unnoticed.filter(|_| reported.is_empty()), None, "{key:?} {change:?}: nobody is reported");
                changes += reported.len();
            }
        }
        changes
    }
}
