//! A firm whose crews are in one another, and what its boss may do there.

use rollcall_engine::{Facts as _, MemberStatus, MembershipWrite, Node, Refusal, View, WriteKind, permit};

use crate::support::{TENANT, TenantFacts, compiled, key, subject};

/// A firm of crews, in which several roles may be bound to one member.
const POLICY: &str = r#"
edition = 1
policy  = "firm"
version = 1
root    = "firm"

[firm.roles]
boss = { implies = ["crew.lead", "site.keeper"] }

[crew]
parent        = "firm"
teams         = true
several_roles = true

[crew.roles]
lead = {}
hand = { for_teams = true }
help = { for_teams = true }

[crew.members]
invite = [{ by = "lead", to = ["lead", "hand", "help"] }]
change = [{ by = "lead", from = ["hand"], to = ["help"] }]

[site]
parent = "firm"

[site.roles]
keeper = { for_teams = true }

[site.members]
invite = [{ by = "keeper", to = ["keeper"] }]
"#;

/// The firm of the boss `ada` with the site `yard` and these crews, of which the first of each pair is in the second.
pub fn firm(crews: &[String], nested: &[(String, String)]) -> View {
    let root = format!("firm:{TENANT}");
    let facts = TenantFacts::of(&compiled(POLICY)).active("ada", &[(&root, "boss")]).active("bob", &[]);
    let facts = facts.resource("site:yard", &root, None, false);
    let facts = crews
        .iter()
        .fold(facts, |facts, crew| facts.resource(crew, &root, None, false).member(crew, MemberStatus::Active, false));
    nested.iter().fold(facts, |facts, (inner, outer)| facts.role(inner, outer, "hand", None)).view()
}

/// The crews `crew:NAME1`, `crew:NAME2` and so on.
pub fn crews(name: &str, count: usize) -> Vec<String> {
    (1..=count).map(|number| format!("crew:{name}{number}")).collect()
}

/// Each of the crews in the next.
pub fn chain(crews: &[String]) -> Vec<(String, String)> {
    crews.windows(2).map(|pair| (pair[0].clone(), pair[1].clone())).collect()
}

pub fn node(view: &View, name: &str) -> Node {
    let name = key(name);
    view.find(view.policy().find_type(&name.kind).unwrap().id(), &name.id).unwrap()
}

/// What the boss is told who gives somebody a role.
pub fn given(view: &View, who: &str, at: &str, role: &str) -> Result<(), Refusal> {
    let node = node(view, at);
    let resource_type = view.policy().find_type(&key(at).kind).unwrap();
    let write = MembershipWrite::giving(WriteKind::Invite, view.policy().find_role(resource_type, role).unwrap().id());
    permit(view, subject("ada").as_ref(), node, subject(who).as_ref(), write).map(|_| ())
}

/// What the boss is told who puts a crew in another.
pub fn nested(view: &View, inner: &str, outer: &str) -> Result<(), Refusal> {
    given(view, inner, outer, "hand")
}
