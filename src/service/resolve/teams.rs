//! Teams as lists ask about them: which there are, and what one holds to belong to them.

use rollcall_engine::{self as engine, Facts, MemberKey, Node, ResourceKey, ResourceType, Subject, SubjectRef};

use crate::service::{
    error::{Error, Result},
    resolve::{resources::find_node, types::find_type},
};

/// A team, and what one holds there to belong to it.
pub(crate) struct Team {
    /// The member that it is.
    pub(crate) member: MemberKey,
    /// Where its roles are held.
    pub(crate) resource: ResourceKey,
    /// The short names of its roles.
    pub(crate) roles: Vec<String>,
}

impl Team {
    /// Every team of a tenant.
    pub(crate) fn all(facts: &dyn Facts) -> Vec<Self> {
        let policy = facts.policy();
        let types = policy.types().iter().filter(|of| of.is_teams());
        let nodes = types.flat_map(|of| facts.resources_of_type(of.id()).iter().map(move |node| (of, *node)));
        let team = |(of, node): (&ResourceType, Node)| {
            let resource = engine::name_of(facts, node).to_key();
            let member = facts.member_state(SubjectRef { kind: &resource.kind, id: &resource.id })?.member;
            let roles = of.roles().iter().map(|id| policy.role(*id).name().to_owned()).collect();
            Some(Self { member, resource, roles })
        };
        nodes.filter_map(team).collect()
    }

    /// Whether it is one of these teams, or belongs to one.
    pub(crate) fn is_within(&self, facts: &dyn Facts, teams: &[MemberKey]) -> bool {
        teams.contains(&self.member) || facts.teams(self.member).iter().any(|team| teams.contains(team))
    }
}

/// The teams that a member belongs to, through others too, by type and id.
pub(crate) fn teams_of(facts: &dyn Facts, member: SubjectRef<'_>) -> Vec<Subject> {
    let Some(standing) = facts.member_state(member) else { return Vec::new() };
    let mut teams: Vec<Subject> =
        facts.teams(standing.member).iter().map(|team| facts.subject(*team).to_subject()).collect();
    teams.sort_unstable_by(|a, b| (&a.kind, &a.id).cmp(&(&b.kind, &b.id)));
    teams
}

/// The teams of these names, which the request has in `teams`.
pub(crate) fn find_teams(facts: &dyn Facts, keys: &[ResourceKey]) -> Result<Vec<MemberKey>> {
    let mut found = Vec::new();
    for (index, key) in keys.iter().enumerate() {
        let field = format!("teams[{index}]");
        if !find_type(facts.policy(), &key.kind, &format!("{field}.type"))?.is_teams() {
            return Err(no_team(facts, &key.kind, &field));
        }
        find_node(facts, key, &field)?;
        let team = SubjectRef { kind: &key.kind, id: &key.id };
        found.extend(facts.member_state(team).map(|standing| standing.member));
    }
    Ok(found)
}

fn no_team(facts: &dyn Facts, kind: &str, field: &str) -> Error {
    let types = facts.policy().types().iter().filter(|of| of.is_teams());
    let types: Vec<String> = types.map(|of| format!("`{}`", of.name())).collect();
    let description = match types.as_slice() {
        [] => format!("a `{kind}` is no team, and no type of this policy has teams; leave `teams` out"),
        types => format!("a `{kind}` is no team; name one of the type {}", types.join(" or ")),
    };
    Error::field("FIELD_INVALID", format!("{field}.type"), description)
}
