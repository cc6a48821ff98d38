//! The roles that are bound to members of a view: binding and unbinding them, their expiry, and the count of the
//! holders of roles with `at_least`.

use crate::{
    domain::{EVERYBODY, MemberStatus, ResourceRef, SubjectRef, Timestamp},
    facts::{Facts, Node},
    model::RoleId,
    view::{apply::Diverged, expirations::Assignment, facts::View},
};

impl View {
    /// Binds a role, and returns the member's row. A role that the policy does not have is ignored: it can grant
    /// nothing.
    pub(crate) fn bind(
        &mut self,
        member: SubjectRef<'_>,
        resource: ResourceRef<'_>,
        role: &str,
        expires_at: Option<Timestamp>,
    ) -> Result<u32, Diverged> {
        let (row, node) = (self.find_member(member).ok_or(Diverged)?, self.locate(resource).ok_or(Diverged)?);
        let Some(role) = self.role(node, role) else { return Ok(row) };
        let assignment = Assignment { node, role };
        // A role that has expired is bound anew before the log says that it has, and may still be here.
        let found = self.members.get(row as usize).ok_or(Diverged)?.assignments.binary_search(&assignment);
        if found.is_ok() {
            self.count_holder(row, assignment, false);
        }
        match expires_at {
            Some(end) => self.expirations.set(row, assignment, end),
            None => _ = self.expirations.remove(row, assignment),
        }
        if let (Err(position), Some(member)) = (found, self.members.get_mut(row as usize)) {
            member.assignments.insert(position, assignment);
        }
        self.count_holder(row, assignment, true);
        Ok(row)
    }

    /// Unbinds a role, and returns the member's row.
    pub(crate) fn unbind(
        &mut self,
        member: SubjectRef<'_>,
        resource: ResourceRef<'_>,
        role: &str,
    ) -> Result<u32, Diverged> {
        let (row, node) = (self.find_member(member).ok_or(Diverged)?, self.locate(resource).ok_or(Diverged)?);
        let Some(role) = self.role(node, role) else { return Ok(row) };
        let assignment = Assignment { node, role };
        let member = self.members.get_mut(row as usize).ok_or(Diverged)?;
        match member.assignments.binary_search(&assignment) {
            Ok(position) => {
                member.assignments.remove(position);
                self.count_holder(row, assignment, false);
                self.expirations.remove(row, assignment);
            }
            // It has expired here already.
            Err(_) if self.expirations.remove(row, assignment) => {}
            Err(_) => return Err(Diverged),
        }
        Ok(row)
    }

    /// Unbinds the roles that have expired by `now`: before the log says so, for it is written a little later.
    pub fn expire_due(&mut self, now: Timestamp) {
        while let Some((end, row, assignment)) = self.expirations.pop_due(now) {
            self.passed_end = self.passed_end.max(end);
            let Some(member) = self.members.get_mut(row as usize) else { continue };
            if let Ok(position) = member.assignments.binary_search(&assignment) {
                member.assignments.remove(position);
            }
            if self.is_team_node(assignment.node) {
                self.refresh_teams(row);
            }
        }
    }

    /// Whether a role that is bound there does not expire.
    pub(crate) fn is_permanent(&self, row: u32, assignment: Assignment) -> bool {
        self.expirations.expiry_of(row, assignment).is_none()
    }

    /// Whether a member counts for `at_least` by the roles that last: a person who can act.
    pub(crate) fn may_count(&self, row: u32) -> bool {
        let Some(member) = self.members.get(row as usize) else { return false };
        let is_people = self.subject_types.get(usize::from(member.subject_type)).is_some_and(|known| known.is_people);
        is_people && member.status == MemberStatus::Active && !member.locked && *member.id != *EVERYBODY
    }

    pub(crate) fn count_holder_everywhere(&mut self, row: u32, add: bool) {
        let assignments = self.members.get(row as usize).map_or(Vec::new(), |member| member.assignments.clone());
        for assignment in assignments {
            self.count_holder(row, assignment, add);
        }
    }

    /// Counts a holder in or out, if the role has `at_least` and they count.
    fn count_holder(&mut self, row: u32, assignment: Assignment, add: bool) {
        let has_least = self.policy.role(assignment.role).at_least() > 0;
        if !has_least || !self.may_count(row) || !self.is_permanent(row, assignment) {
            return;
        }
        let count = self.holder_counts.entry((assignment.node, assignment.role)).or_default();
        *count = if add { count.saturating_add(1) } else { count.saturating_sub(1) };
    }

    fn role(&self, node: Node, name: &str) -> Option<RoleId> {
        let resource_type = self.policy.resource_type(self.resource(node).resource_type);
        self.policy.find_role(resource_type, name).ok().map(crate::model::Role::id)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::{
        domain::{Change, Grant, Head, Member, Profile, ResourceKey, Subject},
        language::compile::compile,
    };

    const POLICY: &str = "edition = 1\npolicy = \"depot\"\nversion = 1\nroot = \"depot\"\n\
                          [depot.roles]\nboss = { at_least = 1 }\nhand = {}\n";

    /// How many bosses count after each of these bindings of `ada`, which end then or last.
    fn counted(ends: &[Option<i64>]) -> Vec<u32> {
        let policy = Arc::new(compile("depot.toml", POLICY).expect("a good policy"));
        let mut view = View::new(policy, Head::default());
        let (root, ada) = (ResourceKey::new("depot", "acme"), Subject::user("ada"));
        view.add_node(root.as_ref(), None, false);
        let (subject, profile) = (ada.clone(), Profile::default());
        let (status, created_at) = (MemberStatus::Active, Timestamp::default());
        let member = Member { subject, profile, status, locked: false, created_at };
        let mut changes = vec![Change::MemberAdded { member }];
        changes.extend(ends.iter().map(|end| {
            let grant = Grant { expires_at: end.map(Timestamp), ..Grant::permanent(root.clone(), "boss") };
            Change::granted(&ada, &grant)
        }));
        let count = |change: &Change| {
            view.apply(change).expect("the change can be made");
            let role = view.policy.roles().first().expect("there is one").id();
            view.counted_holders(view.root(), role)
        };
        changes.iter().map(count).skip(1).collect()
    }

    #[test]
    fn only_what_lasts_counts_however_it_came() {
        assert_eq!(counted(&[None]), [1]);
        assert_eq!(counted(&[Some(5)]), [0]);
        assert_eq!(counted(&[Some(5), None]), [0, 1]);
        assert_eq!(counted(&[Some(5), None, Some(9)]), [0, 1, 0]);
    }
}
