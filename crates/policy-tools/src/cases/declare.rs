//! Reads the facts that a file of cases declares: the tenant, resources, members, people who are none, and groups.

use std::collections::{HashMap, HashSet};

use rollcall_engine::{
    Diagnostic, MemberStatus, OWNER, Policy, ResourceKey, ResourceType, RoleId, Subject, kind,
    reader::{Fields, Key, Located, Problems, Value, one_or_more, string},
};
use toml::de::DeValue;

use crate::cases::scene::{
    DeclaredResource, EVERYBODY, EVERYBODY_ELSE, OPERATOR, Person, SELF, Scene, subject_of, unknown,
};

const RESERVED_PEOPLE: [&str; 5] = ["", OPERATOR, SELF, EVERYBODY, EVERYBODY_ELSE];
/// The fields of a member besides the names of resources, under which their roles are.
const RESERVED_RESOURCES: [&str; 3] = ["", "status", "locked"];

/// The most resources, members, and groups that a file may have, of each.
const MAX_FACTS: usize = 256;

/// The most roles that all members of a file may hold together.
const MAX_ROLES: usize = 1024;

/// A resource as the file has it.
struct ResourceDeclaration {
    name: Located<String>,
    resource_type: Located<String>,
    parent: Option<Located<String>>,
    owner: Option<Located<String>>,
    archived: bool,
    stated: bool,
}

/// Reads the facts; none when there is no tenant or too many facts.
pub(crate) fn read<'p>(fields: &mut Fields<'_, '_>, policy: &'p Policy, problems: &mut Problems) -> Option<Scene<'p>> {
    let tenant = fields.require("tenant", "tenant = \"acme\"", problems);
    let resources = fields.get("resources").and_then(|value| Fields::from_value(value, "`resources`", problems));
    let members = fields.get("members").and_then(|value| Fields::from_value(value, "`members`", problems));
    let non_members = fields.strings("non_members", problems);
    let groups = fields.get("groups").and_then(|value| Fields::from_value(value, "`groups`", problems));
    for (what, fields) in [("resources", &resources), ("members", &members), ("groups", &groups)] {
        check_entry_count(what, fields.as_ref(), problems)?;
    }
    let tenant = tenant.and_then(|value| string(value, "tenant", problems))?;
    let root = ResourceKey::new(policy.root().name(), tenant.value);
    let mut builder = SceneBuilder {
        scene: Scene { policy, root, resources: Vec::new(), people: Vec::new(), groups: Vec::new() },
        problems,
    };
    let declared: Vec<ResourceDeclaration> = resources.map_or(Vec::new(), |fields| {
        fields.rest().filter_map(|(key, value)| declaration(key, value, builder.problems)).collect()
    });
    builder.resources(&declared);
    for (key, value) in members.iter().flat_map(Fields::rest) {
        builder.member(&name(key), value);
    }
    builder.check_role_count(members.as_ref())?;
    for name in non_members {
        builder.person(&name, None, Vec::new());
    }
    builder.owners(&declared);
    for (key, value) in groups.iter().flat_map(Fields::rest) {
        builder.group(&name(key), value);
    }
    Some(builder.scene)
}

struct SceneBuilder<'a, 'p> {
    scene: Scene<'p>,
    problems: &'a mut Problems,
}

impl SceneBuilder<'_, '_> {
    fn resources(&mut self, declared: &[ResourceDeclaration]) {
        for decl in declared {
            match self.resource(decl, declared) {
                Ok(resource) => self.scene.resources.push(resource),
                Err(diagnostic) => self.problems.push(diagnostic),
            }
        }
        let depths: HashMap<ResourceKey, usize> =
            self.scene.resources.iter().map(|it| (it.key.clone(), depth(&self.scene.resources, it))).collect();
        for decl in declared {
            let is_in_cycle = |key: &ResourceKey| depths.get(key).is_some_and(|depth| *depth > depths.len());
            if is_in_cycle(&ResourceKey::new(&decl.resource_type.value, &decl.name.value)) {
                let message = format!("`{}` is below itself", decl.name.value);
                self.problems.push(Diagnostic::new(message, decl.name.span.clone(), "this resource"));
            }
        }
        self.scene.resources.sort_by_key(|declared| depths.get(&declared.key).copied());
    }

    fn resource(
        &self,
        decl: &ResourceDeclaration,
        all: &[ResourceDeclaration],
    ) -> Result<DeclaredResource, Diagnostic> {
        let scene = &self.scene;
        let resource_type = scene.find_type(&decl.resource_type)?;
        let name = &decl.name.value;
        if *name == scene.root.id {
            return mistake(format!("`{name}` is the tenant already"), &decl.name, "give it another name");
        }
        let Some(parent_type) = resource_type.parent().map(|parent_type| scene.policy.resource_type(parent_type))
        else {
            let message = format!("`{name}` can't be a second `{}`", resource_type.name());
            return mistake(message, &decl.resource_type, "the tenant is the only one");
        };
        if resource_type.has_member_records() {
            let message = format!("a `{}` is not declared: every member has one", resource_type.name());
            return mistake(
                message,
                &decl.resource_type,
                format!("write `{}:NAME` in the cases", resource_type.name()),
            );
        }
        Ok(DeclaredResource {
            key: ResourceKey::new(resource_type.name(), name),
            parent: self.parent(decl, (resource_type, parent_type), all)?,
            owner: None,
            archived: decl.archived,
            registered: !decl.stated,
        })
    }

    fn parent(
        &self,
        decl: &ResourceDeclaration,
        (resource_type, parent_type): (&ResourceType, &ResourceType),
        all: &[ResourceDeclaration],
    ) -> Result<ResourceKey, Diagnostic> {
        let root = &self.scene.root;
        let expected = || format!("a `{}` is below a `{}`", resource_type.name(), parent_type.name());
        let Some(parent) = &decl.parent else {
            if parent_type.name() == root.kind {
                return Ok(root.clone());
            }
            return mistake(format!("`{}` has no parent", decl.name.value), &decl.name, expected());
        };
        // What is registered hangs from what is.
        let is_possible = |other: &&ResourceDeclaration| decl.stated || !other.stated;
        let named = |other: &&ResourceDeclaration| other.name.value == parent.value;
        let kind = match all.iter().filter(is_possible).find(named) {
            Some(found) => &found.resource_type.value,
            None if parent.value == root.id => &root.kind,
            None if all.iter().any(|other| named(&other)) => {
                let message = format!("`{}` is not registered, so nothing registered is below it", parent.value);
                let help = format!("add `stated = true` to `{}` too", decl.name.value);
                return Err(Diagnostic::new(message, parent.span.clone(), "stated in the request").help(help));
            }
            None => {
                let what = if decl.stated { "resource" } else { "registered resource" };
                let known = all.iter().filter(is_possible).map(|other| other.name.value.as_str());
                return Err(unknown(what, parent, known.chain([root.id.as_str()])));
            }
        };
        let fits = self.scene.policy.find_type(kind).is_ok_and(|found| resource_type.may_be_below(found.id()));
        if !fits {
            return mistake(format!("`{}` is a `{kind}`", parent.value), parent, expected());
        }
        Ok(ResourceKey::new(kind, &parent.value))
    }

    /// People are read after the resources at which they hold roles, so owners come last.
    fn owners(&mut self, declared: &[ResourceDeclaration]) {
        for (decl, owner) in declared.iter().filter_map(|decl| Some((decl, decl.owner.as_ref()?))) {
            self.check_has_owner(decl, owner);
            match self.scene.subject(owner) {
                Ok(subject) => {
                    let mut resources = self.scene.resources.iter_mut();
                    if let Some(found) = resources.find(|found| found.key.id == decl.name.value) {
                        found.owner = Some(subject);
                    }
                }
                Err(diagnostic) => self.problems.push(diagnostic),
            }
        }
    }

    /// Reports an owner of a resource whose type has no owners: no rule asks for them.
    fn check_has_owner(&mut self, decl: &ResourceDeclaration, owner: &Located<String>) {
        let Ok(resource_type) = self.scene.policy.find_type(&decl.resource_type.value) else { return };
        if resource_type.is_owned() {
            return;
        }
        let name = resource_type.name();
        let message = format!("a `{name}` has no owner");
        let help = if self.scene.policy.find_role(resource_type, OWNER).is_ok() {
            format!("give the role in `[members]`: `{} = {{ {} = \"{OWNER}\" }}`", owner.value, decl.name.value)
        } else {
            format!("add `owned = true` to `[{name}]` of the policy, or take this out")
        };
        self.problems.push(Diagnostic::new(message, owner.span.clone(), "its type is not `owned`").help(help));
    }

    fn member(&mut self, name: &Located<String>, value: Value<'_, '_>) {
        let Some(mut fields) = Fields::from_value(value, format!("the member `{}`", name.value), self.problems) else {
            return;
        };
        let status =
            fields.string("status", self.problems).map_or(Ok(MemberStatus::Active), |written| status(&written));
        let locked = fields.flag("locked", self.problems);
        let mut roles = Vec::new();
        for (key, value) in fields.rest() {
            match self.roles(key, value) {
                Ok(assigned_roles) => roles.extend(assigned_roles),
                Err(diagnostic) => self.problems.push(diagnostic),
            }
        }
        match status {
            Ok(status) => self.person(name, Some((status, locked)), roles),
            Err(diagnostic) => self.problems.push(diagnostic),
        }
    }

    /// The facts are built anew for each case, so there must be few.
    fn check_role_count(&mut self, members: Option<&Fields<'_, '_>>) -> Option<()> {
        let role_count: usize = self.scene.people.iter().map(|person| person.roles.len()).sum();
        let Some(members) = members.filter(|_| role_count > MAX_ROLES) else { return Some(()) };
        let diagnostic = Diagnostic::new(
            format!("the members hold {role_count} roles"),
            members.span(),
            format!("expected {MAX_ROLES} at most"),
        );
        self.problems.push(diagnostic);
        None
    }

    fn roles(&mut self, key: Key<'_, '_>, value: Value<'_, '_>) -> Result<Vec<(ResourceKey, RoleId)>, Diagnostic> {
        let names = one_or_more(value, key.get_ref(), self.problems).unwrap_or_default();
        let at = self.scene.registered(&name(key))?;
        let resource_type = self.scene.find_type(&Located::new(at.kind.clone(), key.span()))?;
        names.iter().map(|role| Ok((at.clone(), self.scene.role(resource_type, role)?))).collect()
    }

    fn person(
        &mut self,
        name: &Located<String>,
        member_state: Option<(MemberStatus, bool)>,
        roles: Vec<(ResourceKey, RoleId)>,
    ) {
        if let Some(subject) = self.new_subject(name) {
            self.scene.people.push(Person { subject, member_state, roles });
        }
    }

    fn group(&mut self, name: &Located<String>, value: Value<'_, '_>) {
        let mut people = Vec::new();
        for person in one_or_more(value, &name.value, self.problems).unwrap_or_default() {
            match self.scene.subjects(&person) {
                Ok(found) => people.extend(found),
                Err(diagnostic) => self.problems.push(diagnostic),
            }
        }
        // Groups of groups would otherwise double from one to the next.
        let mut seen = HashSet::new();
        people.retain(|person: &Subject| seen.insert(person.clone()));
        if self.new_subject(name).is_some() {
            self.scene.groups.push((name.value.clone(), people));
        }
    }

    /// The subject of a new name; none when the name is used already or reserved.
    fn new_subject(&mut self, name: &Located<String>) -> Option<Subject> {
        let subject = subject_of(&name.value);
        let is_named = self.scene.person(&subject).is_some();
        if is_named || RESERVED_PEOPLE.contains(&name.value.as_str()) || subject.kind == kind::OPERATOR {
            let label = if is_named { "named before" } else { "this word means something else in a case" };
            self.problems.push(Diagnostic::new("this can't be the name of somebody", name.span.clone(), label));
            return None;
        }
        Some(subject)
    }
}

fn declaration(key: Key<'_, '_>, value: Value<'_, '_>, problems: &mut Problems) -> Option<ResourceDeclaration> {
    let name = name(key);
    if name.value.contains(':') || RESERVED_RESOURCES.contains(&name.value.as_str()) {
        let label = "expected an id without `:`, other than `status` and `locked`";
        problems.push(Diagnostic::new("this can't be the name of a resource", name.span, label));
        return None;
    }
    if let DeValue::String(_) = value.get_ref() {
        let resource_type = string(value, &name.value, problems)?;
        return Some(ResourceDeclaration {
            name,
            resource_type,
            parent: None,
            owner: None,
            archived: false,
            stated: false,
        });
    }
    let mut fields = Fields::from_value(value, format!("the resource `{}`", name.value), problems)?;
    let resource_type =
        fields.require("type", "type = \"TYPE\"", problems).and_then(|value| string(value, "type", problems));
    let (parent, owner) = (fields.string("parent", problems), fields.string("owner", problems));
    let (archived, stated) = (fields.flag("archived", problems), fields.flag("stated", problems));
    fields.finish(problems);
    Some(ResourceDeclaration { name, resource_type: resource_type?, parent, owner, archived, stated })
}

/// Reports a table of the facts that has too many entries; none when it has.
fn check_entry_count(what: &str, fields: Option<&Fields<'_, '_>>, problems: &mut Problems) -> Option<()> {
    let Some(fields) = fields else { return Some(()) };
    let count = fields.rest().count();
    if count <= MAX_FACTS {
        return Some(());
    }
    let message = format!("`{what}` has {count} entries");
    problems.push(Diagnostic::new(message, fields.span(), format!("expected {MAX_FACTS} at most")));
    None
}

fn name(key: Key<'_, '_>) -> Located<String> {
    Located::new(key.get_ref().as_ref().to_owned(), key.span())
}

fn status(written: &Located<String>) -> Result<MemberStatus, Diagnostic> {
    match written.value.as_str() {
        "invited" => Ok(MemberStatus::Invited),
        "active" => Ok(MemberStatus::Active),
        "deactivated" => Ok(MemberStatus::Deactivated),
        _ => Err(unknown("status", written, ["invited", "active", "deactivated"])),
    }
}

/// How many resources of the file a resource is below, counting itself; more than there are when it is below itself.
fn depth(resources: &[DeclaredResource], resource: &DeclaredResource) -> usize {
    let up = |below: &&DeclaredResource| resources.iter().find(|parent_type| parent_type.key == below.parent);
    std::iter::successors(Some(resource), up).take(resources.len() + 1).count()
}

fn mistake<T>(message: String, at: &Located<String>, label: impl Into<String>) -> Result<T, Diagnostic> {
    Err(Diagnostic::new(message, at.span.clone(), label))
}
