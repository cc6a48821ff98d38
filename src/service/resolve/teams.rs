//! From names to teams: those of a tenant with the roles that make a member belong, and those of one member.

use rollcall_engine::{self as engine, Facts, MemberKey, Node, ResourceKey, ResourceType, Subject, SubjectRef};

use crate::service::{
    error::{Error, Result},
    resolve::{resources::find_node, types::find_type},
};

/// A team, which is a resource and a member at once: whoever has one of its roles bound at it belongs to it, and nobody by
/// a role from above.
pub(crate) struct Team {
    /// The team as a member, who holds roles for all who belong to it.
    pub(crate) member: MemberKey,
    /// The team as a resource, at which its roles are bound.
    pub(crate) resource: ResourceKey,
    /// The short names of the roles of its type.
    pub(crate) roles: Vec<String>,
}

impl Team {
    /// Every team of a tenant, by type in the order of the policy file.
    pub(crate) fn all(facts: &dyn Facts) -> Vec<Self> {
        let policy = facts.policy();
        let types = policy.types().iter().filter(|resource_type| resource_type.is_team_type());
        let nodes = types.flat_map(|resource_type| {
            facts.resources_of_type(resource_type.id()).iter().map(move |node| (resource_type, *node))
        });
        let team = |(resource_type, node): (&ResourceType, Node)| {
            let resource = engine::name_of(facts, node).to_key();
            let member = facts.member_state(SubjectRef { kind: &resource.kind, id: &resource.id })?.member;
            let roles = resource_type.roles().iter().map(|id| policy.role(*id).name().to_owned()).collect();
            Some(Self { member, resource, roles })
        };
        nodes.filter_map(team).collect()
    }

    /// Whether it is one of these teams, or belongs to one of them, through other teams too.
    pub(crate) fn is_within(&self, facts: &dyn Facts, teams: &[MemberKey]) -> bool {
        teams.contains(&self.member) || facts.teams(self.member).iter().any(|team| teams.contains(team))
    }
}

/// The teams that a member belongs to, through other teams too, by type and id; none for one who is no member.
pub(crate) fn teams_of(facts: &dyn Facts, member: SubjectRef<'_>) -> Vec<Subject> {
    let Some(member_state) = facts.member_state(member) else { return Vec::new() };
    let mut teams: Vec<Subject> =
        facts.teams(member_state.member).iter().map(|team| facts.subject(*team).to_subject()).collect();
    teams.sort_unstable_by(|a, b| (&a.kind, &a.id).cmp(&(&b.kind, &b.id)));
    teams
}

/// The teams of these names, which the request has in the field `teams`. An unknown one is an error, and so is a
/// resource of a type without teams.
pub(crate) fn find_teams(facts: &dyn Facts, keys: &[ResourceKey]) -> Result<Vec<MemberKey>> {
    let mut found = Vec::new();
    for (index, key) in keys.iter().enumerate() {
        let field = format!("teams[{index}]");
        if !find_type(facts.policy(), &key.kind, &format!("{field}.type"))?.is_team_type() {
            return Err(no_team(facts, &key.kind, &field));
        }
        find_node(facts, key, &field)?;
        let team = SubjectRef { kind: &key.kind, id: &key.id };
        found.extend(facts.member_state(team).map(|member_state| member_state.member));
    }
    Ok(found)
}

fn no_team(facts: &dyn Facts, kind: &str, field: &str) -> Error {
    let types = facts.policy().types().iter().filter(|resource_type| resource_type.is_team_type());
    let types: Vec<String> = types.map(|resource_type| format!("`{}`", resource_type.name())).collect();
    let description = match types.as_slice() {
        [] => format!("a `{kind}` is no team, and no type of this policy has teams; leave `teams` out"),
        types => format!("a `{kind}` is no team; name one of the type {}", types.join(" or ")),
    };
    Error::field("FIELD_INVALID", format!("{field}.type"), description)
}
