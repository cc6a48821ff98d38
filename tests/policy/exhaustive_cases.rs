//! A file of cases made from a policy, in which everybody asks everything. What it expects is mostly wrong: it is there
//! to be asked, for its coverage.

use std::fmt::Write as _;

use rollcall_engine::{Policy, ResourceType, Role};

/// A member with some roles, each at every resource of its type.
struct Person<'p> {
    name: String,
    roles: Vec<&'p Role>,
    locked: bool,
}

/// The tenant that the cases are about. For every one, two or no roles that somebody may hold there is a person who
/// holds just these, and owns one resource of each type that has owners.
struct CaseTenant<'p> {
    policy: &'p Policy,
    people: Vec<Person<'p>>,
}

/// The text of the cases.
pub fn exhaustive_cases(policy: &Policy) -> String {
    let tenant = CaseTenant { policy, people: people(policy) };
    let head = "tenant = \"top\"\nnon_members = [\"nora\"]\n";
    format!("{head}{}{}{}", tenant.resources(), tenant.members(), tenant.cases())
}

impl<'p> CaseTenant<'p> {
    /// The types that have resources.
    fn types(&self) -> impl Iterator<Item = &'p ResourceType> {
        self.policy.types().iter().filter(|resource_type| !resource_type.has_member_records())
    }

    /// Those who own a resource of the type; nobody where its resources have no owners.
    fn owners(&self, resource_type: &ResourceType) -> &[Person<'p>] {
        if resource_type.is_owned() { &self.people } else { &[] }
    }

    /// Those whom writes are made to; they have their roles at everybody's resources.
    fn write_targets(&self) -> impl Iterator<Item = &Person<'p>> {
        self.people.iter().filter(|person| person.roles.len() < 2 && !person.locked)
    }

    /// The id of the first resource of a type.
    fn first_id(&self, resource_type: &ResourceType) -> String {
        if resource_type.id() == self.policy.root().id() {
            "top".to_owned()
        } else {
            format!("a_{}", resource_type.name())
        }
    }

    /// Of each type `a_TYPE`; `b_TYPE`, which is below it if the type is nested; `z_TYPE`, which is archived; and
    /// `OWNER_TYPE` for everybody, if there are owners.
    fn resources(&self) -> String {
        let mut text = "[resources]\n".to_owned();
        for resource_type in self.types().filter(|resource_type| resource_type.parent().is_some()) {
            let parent = self.first_id(self.policy.resource_type(resource_type.parent().unwrap()));
            let (nested, name) = (resource_type.is_nested(), resource_type.name());
            writeln!(text, "a_{name} = {{ type = \"{name}\", parent = \"{parent}\" }}").unwrap();
            writeln!(text, "z_{name} = {{ type = \"{name}\", parent = \"{parent}\", archived = true }}").unwrap();
            let above = if nested { format!("a_{name}") } else { parent.clone() };
            writeln!(text, "b_{name} = {{ type = \"{name}\", parent = \"{above}\" }}").unwrap();
            for Person { name: owner, .. } in self.owners(resource_type) {
                writeln!(text, "{owner}_{name} = {{ type = \"{name}\", parent = \"{parent}\", owner = \"{owner}\" }}")
                    .unwrap();
            }
        }
        text
    }

    fn members(&self) -> String {
        let mut text = "[members]\n".to_owned();
        for person in &self.people {
            let roles = self.types().filter_map(|resource_type| self.assigned_roles(person, resource_type));
            let fields: Vec<String> = std::iter::once(format!("locked = {}", person.locked)).chain(roles).collect();
            writeln!(text, "{} = {{ {} }}", person.name, fields.join(", ")).unwrap();
        }
        for (name, status) in [("ida", "invited"), ("dora", "deactivated")] {
            let roles = self.types().filter_map(|resource_type| {
                let role = self.policy.role(*resource_type.roles().first()?);
                Some(format!("{} = {}", self.first_id(resource_type), quoted(role)))
            });
            let roles: Vec<String> = roles.collect();
            writeln!(text, "{name} = {{ {}, status = \"{status}\" }}", roles.join(", ")).unwrap();
        }
        text
    }

    /// The roles that a person has at resources of a type, as fields of the member; none without a role of the type.
    fn assigned_roles(&self, person: &Person<'_>, resource_type: &ResourceType) -> Option<String> {
        let roles = person.roles.iter().filter(|role| role.resource_type() == resource_type.id());
        let roles: Vec<String> = roles.map(|role| quoted(role)).collect();
        let name = resource_type.name();
        // Of a nested type, one of two roles is held above the other.
        if let ([above, below], true) = (roles.as_slice(), resource_type.is_nested()) {
            return Some(format!("a_{name} = {above}, b_{name} = {below}"));
        }
        if roles.is_empty() {
            return None;
        }
        let is_target = self.write_targets().any(|target| target.name == person.name);
        let owners = self.owners(resource_type).iter().filter(|owner| is_target || owner.name == person.name);
        let mut resources: Vec<String> = owners.map(|owner| format!("{}_{name}", owner.name)).collect();
        if resource_type.parent().is_some() {
            resources.extend([format!("b_{name}"), format!("z_{name}")]);
        }
        resources.push(self.first_id(resource_type));
        let fields = resources.iter().map(|resource| format!("{resource} = [{}]", roles.join(", ")));
        Some(fields.collect::<Vec<_>>().join(", "))
    }

    fn cases(&self) -> String {
        let locked = self.people.iter().find(|person| person.locked).map(|person| person.name.as_str()).unwrap();
        let targets = self.write_targets().map(|person| person.name.as_str());
        let whom = ["self", "user:*", "nora", "ida", "dora", locked].into_iter().chain(targets);
        let whom = format!("[{}]", whom.map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(", "));
        let mut text = String::new();
        for resource_type in self.policy.types() {
            let name = resource_type.name();
            if resource_type.has_member_records() {
                let on = format!("[\"{name}:self\", \"{name}:ida\"]");
                text += &case(resource_type, &on, "everybody", None);
                continue;
            }
            let first = format!("\"{}\"", self.first_id(resource_type));
            text += &case(resource_type, &first, "everybody", Some(&whom));
            if resource_type.is_nested() {
                text += &case(resource_type, &format!("\"b_{name}\""), "everybody", Some(&whom));
            }
            if resource_type.allows_several_roles() {
                text += &self.case_of_several_roles(resource_type);
            }
            for Person { name: owner, .. } in self.owners(resource_type) {
                text += &case(resource_type, &format!("\"{owner}_{name}\""), owner, Some(&whom));
            }
            if resource_type.parent().is_some() {
                text += &case(resource_type, &format!("\"z_{name}\""), "everybody", None);
            }
        }
        text
    }

    /// Whoever holds several roles changes and removes each of them for themselves.
    fn case_of_several_roles(&self, resource_type: &ResourceType) -> String {
        let on = self.first_id(resource_type);
        let mut text = format!("[[case]]\nname = \"several roles\"\non = \"{on}\"\nwrites = [\n");
        let roles = || resource_type.roles().iter().map(|id| self.policy.role(*id));
        let to = roles().map(quoted).collect::<Vec<_>>().join(", ");
        for role in roles() {
            let holds = |person: &&Person| person.roles.iter().any(|of_person| of_person.id() == role.id());
            let who = self.people.iter().filter(holds).map(|person| format!("\"{}\"", person.name));
            let (who, from) = (who.collect::<Vec<_>>().join(", "), quoted(role));
            let row = format!("whom = \"self\", from = {from}, to = [{to}]");
            writeln!(text, "{{ who = [{who}], may = [\"change\", \"remove\"], {row} }},").unwrap();
        }
        text + "]\n"
    }
}

/// A case in which somebody does every action, and makes every write to each of `whom`; empty if there is nothing to
/// ask.
fn case(resource_type: &ResourceType, on: &str, who: &str, whom: Option<&str>) -> String {
    let whom = whom.filter(|_| !resource_type.roles().is_empty() || resource_type.is_owned());
    if resource_type.actions().is_empty() && whom.is_none() {
        return String::new();
    }
    let mut text = format!("[[case]]\nname = \"{who}\"\non = {on}\n");
    if !resource_type.actions().is_empty() {
        writeln!(text, "actions = [{{ who = \"{who}\", may = \"anything\" }}]").unwrap();
    }
    if let Some(whom) = whom {
        writeln!(text, "writes = [{{ who = \"{who}\", may = \"anything\", whom = {whom} }}]").unwrap();
    }
    text
}

fn people(policy: &Policy) -> Vec<Person<'_>> {
    let roles = policy.roles();
    let mut holdings: Vec<Vec<&Role>> = vec![Vec::new()];
    holdings.extend(roles.iter().map(|role| vec![role]));
    for (at, one) in roles.iter().enumerate() {
        let resource_type = policy.resource_type(one.resource_type());
        let can_be_combined =
            |other: &&Role| one.resource_type() != other.resource_type() || resource_type.allows_several_roles();
        holdings.extend(roles.iter().skip(at + 1).filter(can_be_combined).map(|other| vec![one, other]));
        let can_be_nested = |other: &&Role| {
            one.id() != other.id() && one.resource_type() == other.resource_type() && resource_type.is_nested()
        };
        holdings.extend(roles.iter().filter(can_be_nested).map(|other| vec![one, other]));
    }
    let holdings = holdings.into_iter().enumerate();
    let active = holdings.map(|(at, roles)| Person { name: format!("p{at}"), roles, locked: false });
    let locked = roles.iter().enumerate();
    let locked = locked.map(|(at, role)| Person { name: format!("l{at}"), roles: vec![role], locked: true });
    active.chain(locked).collect()
}

fn quoted(role: &Role) -> String {
    format!("\"{}\"", role.name())
}
