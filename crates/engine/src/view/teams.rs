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
            let assignments = self.members.get(row as usize).map_or(&[][..], |member| &member.assignments);
            for team in assignments.iter().filter_map(|assignment| self.team_at(assignment.node)) {
                if !teams.contains(&MemberKey(team)) {
                    teams.push(MemberKey(team));
                    next.push(team);
                }
            }
        }
        teams
    }

    /// The member that the team at a node is; none if it is not a team, or not a member yet.
    fn team_at(&self, node: Node) -> Option<u32> {
        let resource_type = self.policy.resource_type(self.resource(node).resource_type);
        let subject = SubjectRef { kind: resource_type.name(), id: self.id(node) };
        resource_type.is_team_type().then(|| self.find_member(subject)).flatten()
    }
}
