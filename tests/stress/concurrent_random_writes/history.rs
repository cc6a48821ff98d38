//! The history of a tenant as its log tells it, and whether it explains what the clients saw.

use std::{collections::BTreeMap, path::Path};

use super::policy;
use crate::{
    oracle::{IssuedInvitation, Key, ModelFacts, Operation, PolicyFile, Verdict, decide},
    support::{
        db::audited,
        replay::{State, revisions},
    },
};

/// One operation as its client saw it: the tenant's revision before and after it, the revision that it made or the
/// reason of its refusal, and the invitations that it issued.
pub(super) struct OperationRecord {
    pub(super) operation: Operation,
    pub(super) before: i64,
    pub(super) after: i64,
    pub(super) result: Result<i64, String>,
    pub(super) issued: Vec<IssuedInvitation>,
}

/// The tenant's facts at every revision, from the log, and who made it.
pub(super) struct History {
    policy: PolicyFile,
    pub(super) root: Key,
    facts: Vec<ModelFacts>,
    /// The facts at the last revision, as the tables have them.
    tables: ModelFacts,
    actors: Vec<Key>,
}

impl History {
    /// Reads the log of a tenant, of which `first` are the facts at an earlier revision: what people are called and reached
    /// by is not in the log, and is what each write makes it from then on.
    pub(super) async fn read(dir: &Path, tenant: &str, (start, first): (i64, ModelFacts)) -> Self {
        let (log, tables) = audited(dir, tenant).await;
        let policy = policy();
        let mut state = State::default();
        let (mut facts, mut actors) = (vec![ModelFacts::default()], vec![Key::default()]);
        for group in revisions(&log) {
            state.apply_all(group);
            facts.push(ModelFacts::of(&state, &policy));
            actors.push(group[0].actor.clone());
        }
        let start = usize::try_from(start).expect("revisions count from 1");
        assert_eq!(facts[start], first.clone().without_profiles());
        facts[start] = first;
        let tables = ModelFacts::of(&tables, &policy);
        let root = (policy.root.clone(), tenant.to_owned());
        Self { policy, root, facts, tables, actors }
    }

    fn at(&self, revision: i64) -> &ModelFacts {
        &self.facts[usize::try_from(revision).expect("revisions count from 1")]
    }

    pub(super) fn last(&self) -> &ModelFacts {
        self.facts.last().expect("there is a revision 0")
    }

    pub(super) fn is_admin(&self, facts: &ModelFacts, member: &Key) -> bool {
        facts.assigned_role(member, &self.root).is_some_and(|assigned| assigned.role == "admin")
    }

    /// Asserts what must hold at every revision, whoever wrote what.
    pub(super) fn assert_invariants(&self) {
        for (revision, pair) in self.facts.windows(2).enumerate() {
            let (before, after) = (&pair[0], &pair[1]);
            after.assert_invariants(&self.policy, before);
            assert!(after.count_permanent_holders(&self.root, "admin") > 0, "an admin remains at {}", revision + 1);
            for ((holder, resource), assigned) in &before.bindings {
                let protected =
                    *resource != self.root && self.is_admin(before, holder) && after.members.contains_key(holder);
                let kept = after.assigned_role(holder, resource) == Some(assigned);
                assert!(kept || !protected, "the admin {holder:?} lost {resource:?} at {}", revision + 1);
            }
            let without_role = after.members.keys().find(|member| after.assigned_role(member, &self.root).is_none());
            assert_eq!(without_role, None, "every member is of the workspace at {}", revision + 1);
        }
    }

    /// Asserts that each revision is the operation of one client, allowed in the state before it, and changes what it
    /// should. Returns how many there are.
    pub(super) fn explain_accepted(&mut self, start: i64, records: &[OperationRecord]) -> usize {
        let mut by_revision = BTreeMap::new();
        for record in records {
            let Ok(revision) = record.result else { continue };
            assert!(record.before < revision && revision <= record.after, "{:?} is out of time", record.operation);
            assert!(by_revision.insert(revision, record).is_none(), "revision {revision} is reported twice");
        }
        let all = start + 1..i64::try_from(self.facts.len()).expect("few");
        assert!(by_revision.keys().copied().eq(all), "every revision is somebody's");
        for (revision, OperationRecord { operation, issued, .. }) in &by_revision {
            let actor = &self.actors[usize::try_from(*revision).expect("revisions count from 1")];
            assert_eq!(*actor, operation.actor, "the log knows who made {revision}");
            match decide(&self.policy, self.at(revision - 1), operation) {
                Verdict::Allowed(mut after) => {
                    after.learn(issued);
                    let index = usize::try_from(*revision).expect("revisions count from 1");
                    assert_eq!(after.clone().without_profiles(), self.facts[index], "{revision}: {operation:?}");
                    self.facts[index] = after;
                }
                Verdict::Refused(reasons) => panic!("{revision}: {operation:?} was accepted against {reasons:?}"),
            }
        }
        assert_eq!(*self.last(), self.tables, "the tables have what the writes made");
        by_revision.len()
    }

    /// Asserts that each refusal was right at some moment between the call and its response, and counts them.
    pub(super) fn explain_refused(&self, records: &[OperationRecord]) -> usize {
        let mut count = 0;
        for OperationRecord { operation, before, after, result, .. } in records {
            let Err(reason) = result else { continue };
            count += 1;
            let is_right = |revision| match decide(&self.policy, self.at(revision), operation) {
                Verdict::Refused(reasons) => reasons.contains(reason.as_str()),
                Verdict::Allowed(_) => false,
            };
            assert!((*before..=*after).any(is_right), "{operation:?} was refused as {reason} from {before} to {after}");
        }
        count
    }
}
