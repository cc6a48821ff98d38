//! Which members belong to which teams: whoever has a role bound at one, or belongs to a team that has. A role from above
//! counts at a team as at any resource, but makes nobody belong to it: else an admin of the tenant would be in every team.

use crate::{
    domain::{ResourceRef, SubjectRef},
    facts::{Facts, MemberKey, Node},
    view::facts::View,
};

impl View {
    /// Computes anew which teams a member belongs to and, if the member is a team, those of all who belong to it.
    pub(crate) fn refresh_teams(&mut self, row: u32) {
        let mut rows = vec![row];
        if self.is_team(row) {
            self.leave_outer_teams(row);
            self.join_outer_teams(row);
            let belonging = self.teams.iter().filter(|(_, teams)| teams.contains(&MemberKey(row)));
            rows.extend(belonging.map(|(row, _)| *row));
        }
        for row in rows {
            let teams = self.teams_of(row);
            if teams.is_empty() {
                self.teams.remove(&row);
            } else {
                self.teams.insert(row, teams.into());
            }
        }
    }

    /// As [`View::refresh_teams`], if the roles that changed are at a team.
    pub(crate) fn refresh_teams_at(&mut self, row: u32, resource: ResourceRef<'_>) {
        if self.locate(resource).is_some_and(|node| self.is_team_node(node)) {
            self.refresh_teams(row);
        }
    }

    /// As [`View::refresh_teams`], for every member.
    pub(crate) fn refresh_all_teams(&mut self) {
        if !self.policy.types().iter().any(crate::model::ResourceType::is_team_type) {
            return;
        }
        let rows = 0..u32::try_from(self.members.len()).unwrap_or(u32::MAX);
        let teams = rows.map(|row| (row, self.teams_of(row))).filter(|(_, teams)| !teams.is_empty());
        self.teams = teams.map(|(row, teams)| (row, teams.into())).collect();
        let nested: Vec<u32> = self.teams.keys().copied().filter(|row| self.is_team(*row)).collect();
        for row in nested {
            self.join_outer_teams(row);
        }
    }

    /// Forgets what belongs to a member who is removed, and what they belong to.
    pub(crate) fn forget_teams(&mut self, row: u32) {
        if self.is_team(row) {
            self.leave_outer_teams(row);
            self.inner_teams.remove(&row);
        }
        self.teams.remove(&row);
    }

    /// Makes a team one of the inner teams of those at which roles are bound to it.
    fn join_outer_teams(&mut self, row: u32) {
        for outer in self.outer_teams(row) {
            self.inner_teams.entry(outer).or_default().push(MemberKey(row));
        }
    }

    /// Makes a team an inner team of none. Whatever it was one of is among the teams that it is known to belong to.
    fn leave_outer_teams(&mut self, row: u32) {
        for outer in self.teams.get(&row).into_iter().flatten() {
            if let Some(inner) = self.inner_teams.get_mut(&outer.0) {
                inner.retain(|team| team.0 != row);
                if inner.is_empty() {
                    self.inner_teams.remove(&outer.0);
                }
            }
        }
    }

    /// Whether the resource at a node is a team.
    pub(crate) fn is_team_node(&self, node: Node) -> bool {
        self.policy.resource_type(self.resource(node).resource_type).is_team_type()
    }

    /// Whether a member is a team.
    pub(crate) fn is_team(&self, row: u32) -> bool {
        let member = self.members.get(row as usize);
        let subject_type = member.and_then(|member| self.subject_types.get(usize::from(member.subject_type)));
        subject_type.is_some_and(|subject_type| subject_type.is_team)
    }

    /// The teams that a member belongs to, directly or through other teams.
    fn teams_of(&self, row: u32) -> Vec<MemberKey> {
        let mut teams = Vec::new();
        let mut next = vec![row];
        while let Some(row) = next.pop() {
            for team in self.outer_teams(row) {
                if !teams.contains(&MemberKey(team)) {
                    teams.push(MemberKey(team));
                    next.push(team);
                }
            }
        }
        teams
    }

    /// The teams at which roles are bound to a member, each once.
    fn outer_teams(&self, row: u32) -> Vec<u32> {
        let assignments = self.members.get(row as usize).map_or(&[][..], |member| &member.assignments);
        let mut teams: Vec<u32> = assignments.iter().filter_map(|assignment| self.team_at(assignment.node)).collect();
        // The roles at one resource lie side by side.
        teams.dedup();
        teams
    }

    /// The member that the team at a node is; none if it is not a team, or not a member yet.
    fn team_at(&self, node: Node) -> Option<u32> {
        let resource_type = self.policy.resource_type(self.resource(node).resource_type);
        let subject = SubjectRef { kind: resource_type.name(), id: self.id(node) };
        resource_type.is_team_type().then(|| self.find_member(subject)).flatten()
    }
}
