//! The history of a tenant as its log tells it, and whether it explains what the clients saw.

use std::{collections::BTreeMap, path::Path};

use crate::support::{
    db::audited,
    facts::{Deed, Facts, Op, short},
    replay::{State, revisions},
    rules::{Verdict, decide},
};

/// One operation as its client saw it: the tenant's revision before and after it, and the revision that it made or the
/// reason of its refusal.
pub(super) struct OperationRecord {
    pub(super) operation: Deed,
    pub(super) before: i64,
    pub(super) after: i64,
    pub(super) result: Result<i64, String>,
}

/// The tenant's facts at every revision, from the log, and who made it.
pub(super) struct History {
    facts: Vec<Facts>,
    actors: Vec<String>,
}

impl History {
    pub(super) async fn read(dir: &Path, tenant: &str) -> Self {
        let (log, tables) = audited(dir, tenant).await;
        let mut state = State::default();
        let (mut facts, mut actors) = (vec![Facts::default()], vec![String::new()]);
        for group in revisions(&log) {
            state.apply_all(group);
            facts.push(Facts::from(&state));
            actors.push(short(&group[0].actor));
        }
        assert_eq!(facts.last(), Some(&Facts::from(&tables)));
        Self { facts, actors }
    }

    fn at(&self, revision: i64) -> &Facts {
        &self.facts[usize::try_from(revision).expect("revisions count from 1")]
    }

    pub(super) fn last(&self) -> &Facts {
        self.facts.last().expect("there is a revision 0")
    }

    /// Asserts what must hold at every revision, whoever wrote what.
    pub(super) fn assert_invariants(&self) {
        for (revision, pair) in self.facts.windows(2).enumerate() {
            let (before, after) = (&pair[0], &pair[1]);
            let active = after.admins().filter(|admin| after.members[*admin].active);
            assert!(active.count() > 0, "an admin remains at {}", revision + 1);
            for ((holder, resource), role) in &before.roles {
                let protected =
                    resource != "workspace" && before.is_admin(holder) && after.members.contains_key(holder);
                let kept = after.role(holder, resource) == Some(role);
                assert!(kept || !protected, "the admin `{holder}` lost `{resource}` at {}", revision + 1);
            }
            let without_role = after.members.keys().find(|member| after.role(member, "workspace").is_none());
            assert_eq!(without_role, None, "every member is of the workspace at {}", revision + 1);
        }
    }

    /// Asserts that each revision is the operation of one client, allowed in the state before it, and changes what it
    /// should. Returns how many there are.
    pub(super) fn explain_accepted(&self, start: i64, records: &[OperationRecord]) -> usize {
        let mut by_revision = BTreeMap::new();
        for record in records {
            let Ok(revision) = record.result else { continue };
            assert!(record.before < revision && revision <= record.after, "{:?} is out of time", record.operation);
            assert!(by_revision.insert(revision, &record.operation).is_none(), "revision {revision} is reported twice");
        }
        let all = start + 1..i64::try_from(self.facts.len()).expect("few");
        assert!(by_revision.keys().copied().eq(all), "every revision is somebody's");
        for (revision, operation) in &by_revision {
            let actor = &self.actors[usize::try_from(*revision).expect("revisions count from 1")];
            assert_eq!(*actor, operation.actor, "the log knows who made {revision}");
            match decide(self.at(revision - 1), operation) {
                Verdict::Allowed(after) => assert_eq!(after, *self.at(*revision), "{revision}: {operation:?}"),
                Verdict::Refused(reasons) => panic!("{revision}: {operation:?} was accepted against {reasons:?}"),
            }
        }
        by_revision.len()
    }

    /// Asserts that each refusal was right at some moment between the call and its response, and counts them.
    pub(super) fn explain_refused(&self, records: &[OperationRecord]) -> usize {
        let mut count = 0;
        for OperationRecord { operation, before, after, result } in records {
            let Err(reason) = result else { continue };
            count += 1;
            // The rules know emails and not tokens: one may be of an invitation before the one that is open.
            let stale_token_reasons = ["INVITATION_NOT_FOUND", "INVITATION_USED", "INVITATION_REVOKED"];
            let stale = matches!(operation.op, Op::Accept { .. }) && stale_token_reasons.contains(&reason.as_str());
            let is_right = |revision| match decide(self.at(revision), operation) {
                Verdict::Refused(reasons) => reasons.contains(&reason.as_str()),
                Verdict::Allowed(_) => stale,
            };
            assert!((*before..=*after).any(is_right), "{operation:?} was refused as {reason} from {before} to {after}");
        }
        count
    }
}
