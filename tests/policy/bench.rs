//! Facts made for the columns of a table: for everything that somebody may hold there is one who holds just that, at
//! resources of their own.

use rollcall_engine::Snapshot;
use rollcall_engine::{
    Facts, Loading, Mask, MemberStatus, MembershipWrite, Policy, PolicySet, ResourceRef, ResourceType, Revision,
    RoleId, Stated, Subject, Tenant, Timestamp, View, WriteKind, compile, decide, find_rule, locate,
};

const TENANT: &str = "acme";
/// A member who holds nothing, to be written to.
const OTHER: &str = "other";

/// Roles with their types, and relations.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Holding {
    pub roles: Vec<String>,
    pub relations: Vec<&'static str>,
}

/// One policy, with those who hold something under it.
pub struct Bench {
    view: View,
    holdings: Vec<Holding>,
}

/// A policy without what protects holders, which no table of rules knows, and without what must never come about,
/// which a change of rules may break.
pub fn compiled(text: &str) -> Policy {
    let mut in_never = false;
    let kept = text.lines().filter(|line| {
        in_never = if line.starts_with('[') { *line == "[[never]]" } else { in_never };
        !in_never
    });
    let text = kept.flat_map(|line| [line, "\n"]).collect::<String>();
    let text = text.replace("protected_below = true", "protected_below = false");
    compile("bench.toml", &text).unwrap_or_else(|wrong| panic!("{}\n{text}", wrong.render(false)))
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

    fn has(&self, relation: &str) -> bool {
        self.relations.contains(&relation)
    }

    /// Everything that is this but for one thing.
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

impl Bench {
    /// Roles that the policy does not have are held by nobody.
    pub fn new(text: &str, holdings: Vec<Holding>) -> Self {
        let policy = compiled(text);
        let mut library = PolicySet::default();
        let (name, version) = (policy.name().to_owned(), policy.version());
        library.insert(policy);
        let policy = library.get(&name, version).unwrap();
        let mut loading = Loading::new(&library);
        let tenant = Tenant {
            id: TENANT.to_owned(),
            display_name: String::new(),
            policy: name,
            policy_version: version,
            created_at: Timestamp::default(),
        };
        loading.tenant(tenant, Revision(1));
        loading.member(Subject::user(OTHER).as_ref(), MemberStatus::Active, false);
        for (at, holding) in holdings.iter().enumerate() {
            let who = Subject::user(name_of(at));
            loading.member(who.as_ref(), MemberStatus::Active, false);
            for of in policy.types().iter().filter(|of| !of.has_member_records()) {
                let Some(above) = of.parent().map(|above| policy.resource_type(above)) else { continue };
                let parent = ResourceRef { kind: above.name(), id: &id_at(above, at) };
                let key = ResourceRef { kind: of.name(), id: &id_at(of, at) };
                let owner = holding.has("owner").then_some(who.as_ref());
                loading.resource(key, Some(parent), owner, false);
            }
            for role in policy.roles().iter().filter(|role| holding.roles.contains(&policy.qualified(role))) {
                let of = policy.resource_type(role.of());
                loading.binding(who.as_ref(), ResourceRef { kind: of.name(), id: &id_at(of, at) }, role.name(), None);
            }
        }
        Self { view: loading.finish().unwrap().unwrap(), holdings }
    }

    pub fn policy(&self) -> &Policy {
        self.view.policy()
    }

    fn place(&self, holding: &Holding) -> usize {
        self.holdings
            .iter()
            .position(|known| known == holding)
            .unwrap_or_else(|| panic!("{holding:?} is held by nobody"))
    }

    fn subject(&self, holding: &Holding) -> Subject {
        if holding.has("operator") {
            Subject::new("operator", "op")
        } else {
            Subject::user(name_of(self.place(holding)))
        }
    }

    /// Whether one who holds this may do an action; not so where the policy has no such type or action.
    pub fn may(&self, holding: &Holding, of: &str, action: &str) -> bool {
        let Ok(of) = self.policy().find_type(of) else { return false };
        let Ok(action) = of.find_action(action) else { return false };
        let who = self.subject(holding);
        let id = match (of.has_member_records(), holding.has("self")) {
            (true, true) => who.id.clone(),
            (true, false) => OTHER.to_owned(),
            _ => id_at(of, self.place(holding)),
        };
        decide(&self.view, who.as_ref(), action, locate(&self.view, of, &id, Stated::default())).allowed()
    }

    /// Whether one who holds this may make a membership write, roles by their short names.
    pub fn may_write(&self, holding: &Holding, of: &str, write: (WriteKind, &str, &str)) -> bool {
        let Ok(of) = self.policy().find_type(of) else { return false };
        let Some(operation) = operation(self.policy(), of, write) else { return false };
        let who = self.subject(holding);
        let target = if holding.has("self") { who.clone() } else { Subject::user(OTHER) };
        let Some(node) = self.view.find(of.id(), &id_at(of, self.place(holding))) else { return false };
        find_rule(&self.view, who.as_ref(), node, target.as_ref(), operation).is_ok()
    }
}

/// A write, its roles by short names; none when the type has no such role. To take from `anyone` is to take no role.
fn operation(policy: &Policy, of: &ResourceType, (verb, from, to): (WriteKind, &str, &str)) -> Option<MembershipWrite> {
    let role = |name: &str| -> Option<Option<RoleId>> {
        if name.is_empty() || name == "anyone" { Some(None) } else { Some(Some(policy.find_role(of, name).ok()?.id())) }
    };
    Some(MembershipWrite { kind: verb, from: role(from)?, to: role(to)?, expires_at: None, changes_expiry: false })
}

fn name_of(at: usize) -> String {
    format!("h{at}")
}

fn id_at(of: &ResourceType, at: usize) -> String {
    if of.parent().is_none() { TENANT.to_owned() } else { name_of(at) }
}
