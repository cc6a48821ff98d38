//! Who belongs to which teams: whoever holds a role at one, by themselves or through a team that does.

use crate::{
    domain::SubjectRef,
    facts::{Facts, MemberKey, Node},
    view::facts::View,
};

impl View {
    /// Works out anew to which teams a member belongs, and with a team all who belong to it.
    pub(crate) fn regroup(&mut self, row: u32) {
        let mut rows = vec![row];
        if self.is_team(row) {
            let within = self.teams.iter().filter(|(_, teams)| teams.contains(&MemberKey(row)));
            rows.extend(within.map(|(row, _)| *row));
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

    /// As [`View::regroup`], for everybody.
    pub(crate) fn regroup_all(&mut self) {
        if !self.policy.types().iter().any(crate::model::ResourceType::is_teams) {
            return;
        }
        let rows = 0..u32::try_from(self.members.len()).unwrap_or(u32::MAX);
        let teams = rows.map(|row| (row, self.teams_of(row))).filter(|(_, teams)| !teams.is_empty());
        self.teams = teams.map(|(row, teams)| (row, teams.into())).collect();
    }

    /// Whether a node is a team.
    pub(crate) fn is_team_node(&self, node: Node) -> bool {
        self.policy.resource_type(self.resource(node).of).is_teams()
    }

    pub(crate) fn is_team(&self, row: u32) -> bool {
        let kind = self.members.get(row as usize).and_then(|member| self.kinds.get(usize::from(member.kind)));
        kind.is_some_and(|kind| kind.teams)
    }

    fn teams_of(&self, row: u32) -> Vec<MemberKey> {
        let mut teams = Vec::new();
        let mut next = vec![row];
        while let Some(row) = next.pop() {
            let bound = self.members.get(row as usize).map_or(&[][..], |member| &member.assignments);
            for team in bound.iter().filter_map(|bound| self.team_at(bound.node)) {
                if !teams.contains(&MemberKey(team)) {
                    teams.push(MemberKey(team));
                    next.push(team);
                }
            }
        }
        teams
    }

    /// The member that the team at a node is.
    fn team_at(&self, node: Node) -> Option<u32> {
        let of = self.policy.resource_type(self.resource(node).of);
        of.is_teams().then(|| self.find_member(SubjectRef { kind: of.name(), id: self.id(node) })).flatten()
    }
}
