//! Facts made for the columns of a table: for each combination of roles and relations there is one subject who holds
//! just that, at resources of their own.

use std::sync::Arc;

use rollcall_engine::{
    Facts, Mask, MemberStatus, MembershipWrite, Policy, Question, ResourceType, RoleId, StatedFacts, Subject, View,
    WriteKind, compile, decide, find_rule, locate,
};

use crate::description::tenant_under;

const TENANT: &str = "acme";
/// A member without roles, to be the target of writes.
const OTHER: &str = "other";

/// What somebody holds: roles and relations.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Holding {
    /// Each with its type, `TYPE.ROLE`; sorted.
    pub roles: Vec<String>,
    /// Words of the policy language, `anyone` excepted.
    pub relations: Vec<&'static str>,
}

/// A tenant under one policy, with a subject for each holding.
pub struct HoldingsFixture {
    view: View,
    holdings: Vec<Holding>,
}

/// Compiles a policy without what protects holders, which no table of rules knows, and without `[[never]]`, which a
/// change of rules may break.
pub fn compile_rules(text: &str) -> Policy {
    let mut in_never = false;
    let lines = text.lines().filter(|line| {
        in_never = if line.starts_with('[') { *line == "[[never]]" } else { in_never };
        !in_never
    });
    let text = lines.flat_map(|line| [line, "\n"]).collect::<String>();
    let text = text.replace("protected_below = true", "protected_below = false");
    compile("holdings.toml", &text).unwrap_or_else(|diagnostics| panic!("{}\n{text}", diagnostics.render(false)))
}

impl Holding {
    pub fn new(policy: &Policy, mask: Mask) -> Self {
        let relations = Mask::RELATIONS.iter().filter(|(_, relation)| mask.contains(*relation));
        let mut holding = Self {
            roles: policy.roles_in(mask).map(|role| policy.qualified(role)).collect(),
            relations: relations.map(|(word, _)| *word).filter(|word| *word != "anyone").collect(),
        };
        holding.roles.sort();
        holding
    }

    pub fn of(roles: &[String], relations: &[&'static str]) -> Self {
        let mut holding = Self { roles: roles.to_vec(), relations: relations.to_vec() };
        holding.roles.sort();
        holding
    }

    fn has_relation(&self, relation: &str) -> bool {
        self.relations.contains(&relation)
    }

    /// This holding without one of its roles or relations, for each of them.
    pub fn one_less(&self) -> Vec<Self> {
        let without_role = |at: usize| {
            let mut less = self.clone();
            less.roles.remove(at);
            less
        };
        let without_relation = |at: usize| {
            let mut less = self.clone();
            less.relations.remove(at);
            less
        };
        let roles = (0..self.roles.len()).map(without_role);
        roles.chain((0..self.relations.len()).map(without_relation)).collect()
    }
}

impl HoldingsFixture {
    /// Compiles the policy as [`compile_rules`] does. Roles that it does not have are held by nobody.
    pub fn new(text: &str, holdings: Vec<Holding>) -> Self {
        let policy = Arc::new(compile_rules(text));
        let mut fixture = tenant_under(Arc::clone(&policy)).named(TENANT).member(OTHER, MemberStatus::Active);
        let key =
            |resource_type: &ResourceType, at: usize| format!("{}:{}", resource_type.name(), id_at(resource_type, at));
        for (at, holding) in holdings.iter().enumerate() {
            let who = name_of(at);
            fixture = fixture.member(&who, MemberStatus::Active);
            for resource_type in policy.types().iter().filter(|resource_type| !resource_type.has_member_records()) {
                let Some(above) = resource_type.parent().map(|above| policy.resource_type(above)) else { continue };
                fixture = fixture.resource_in(&key(resource_type, at), &key(above, at));
                if holding.has_relation("owner") {
                    fixture = fixture.owned_by(&who);
                }
            }
            for role in policy.roles().iter().filter(|role| holding.roles.contains(&policy.qualified(role))) {
                let resource_type = policy.resource_type(role.resource_type());
                fixture = fixture.role(&who, &key(resource_type, at), role.name());
            }
        }
        Self { view: fixture.facts(), holdings }
    }

    pub fn policy(&self) -> &Policy {
        self.view.policy()
    }

    /// The number of a holding, which is in the name of its subject and of that one's resources.
    fn index_of(&self, holding: &Holding) -> usize {
        self.holdings
            .iter()
            .position(|known| known == holding)
            .unwrap_or_else(|| panic!("{holding:?} is held by nobody"))
    }

    fn subject(&self, holding: &Holding) -> Subject {
        if holding.has_relation("operator") {
            Subject::new("operator", "op")
        } else {
            Subject::user(name_of(self.index_of(holding)))
        }
    }

    /// Whether one who holds this may do an action; `false` where the policy has no such type or action.
    pub fn decide(&self, holding: &Holding, resource_type: &str, action: &str) -> bool {
        let Ok(resource_type) = self.policy().find_type(resource_type) else { return false };
        let Ok(action) = resource_type.find_action(action) else { return false };
        let who = self.subject(holding);
        let id = match (resource_type.has_member_records(), holding.has_relation("self")) {
            (true, true) => who.id.clone(),
            (true, false) => OTHER.to_owned(),
            _ => id_at(resource_type, self.index_of(holding)),
        };
        let target = locate(&self.view, resource_type, &id, StatedFacts::default());
        decide(&self.view, &Question::new(who.as_ref(), action, target)).allowed()
    }

    /// Whether one who holds this may make a membership write, roles by their short names; `false` where the policy has
    /// no such type or role.
    pub fn permit(&self, holding: &Holding, resource_type: &str, write: (WriteKind, &str, &str)) -> bool {
        let Ok(resource_type) = self.policy().find_type(resource_type) else { return false };
        let Some(operation) = operation(self.policy(), resource_type, write) else { return false };
        let who = self.subject(holding);
        let target = if holding.has_relation("self") { who.clone() } else { Subject::user(OTHER) };
        let Some(node) = self.view.find(resource_type.id(), &id_at(resource_type, self.index_of(holding))) else {
            return false;
        };
        find_rule(&self.view, who.as_ref(), node, target.as_ref(), operation).is_ok()
    }
}

/// A write, its roles by short names; `None` when the type has no such role. To remove `anyone` is to remove no role.
fn operation(
    policy: &Policy,
    resource_type: &ResourceType,
    (kind, from, to): (WriteKind, &str, &str),
) -> Option<MembershipWrite> {
    let role = |name: &str| -> Option<Option<RoleId>> {
        if name.is_empty() || name == "anyone" {
            Some(None)
        } else {
            Some(Some(policy.find_role(resource_type, name).ok()?.id()))
        }
    };
    Some(MembershipWrite { from: role(from)?, to: role(to)?, ..MembershipWrite::plain(kind) })
}

fn name_of(at: usize) -> String {
    format!("h{at}")
}

fn id_at(resource_type: &ResourceType, at: usize) -> String {
    if resource_type.parent().is_none() { TENANT.to_owned() } else { name_of(at) }
}
