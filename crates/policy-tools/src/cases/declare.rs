//! Reads the facts of a file of cases.

use std::collections::{HashMap, HashSet};

use rollcall_engine::{
    Diagnostic, MemberStatus, Policy, ResourceKey, ResourceType, RoleId, Subject, kind,
    reader::{At, Fields, Key, Problems, Value, one_or_more, string},
};
use toml::de::DeValue;

use crate::cases::scene::{Declared, EVERYBODY, EVERYBODY_ELSE, OPERATOR, Person, SELF, Scene, subject_of, unknown};

const RESERVED_PEOPLE: [&str; 5] = ["", OPERATOR, SELF, EVERYBODY, EVERYBODY_ELSE];
/// A member's roles stand under the names of resources, among their other fields.
const RESERVED_RESOURCES: [&str; 3] = ["", "status", "locked"];

/// A file may have this many resources, as many members, and as many groups.
const MAX_FACTS: usize = 256;

/// All members of a file together may hold this many roles.
const MAX_HELD: usize = 1024;

/// A resource as it was written.
struct Decl {
    name: At<String>,
    of: At<String>,
    parent: Option<At<String>>,
    owner: Option<At<String>>,
    archived: bool,
    stated: bool,
}

/// Reads the facts; none when there is no tenant to hang them from.
pub(crate) fn read<'p>(fields: &mut Fields<'_, '_>, policy: &'p Policy, problems: &mut Problems) -> Option<Scene<'p>> {
    let tenant = fields.require("tenant", "tenant = \"acme\"", problems);
    let resources = fields.get("resources").and_then(|value| Fields::of(value, "`resources`", problems));
    let members = fields.get("members").and_then(|value| Fields::of(value, "`members`", problems));
    let non_members = fields.strings("non_members", problems);
    let groups = fields.get("groups").and_then(|value| Fields::of(value, "`groups`", problems));
    for (what, fields) in [("resources", &resources), ("members", &members), ("groups", &groups)] {
        few(what, fields.as_ref(), problems)?;
    }
    let tenant = tenant.and_then(|value| string(value, "tenant", problems))?;
    let root = ResourceKey::new(policy.root().name(), tenant.value);
    let mut declaring = Declaring {
        scene: Scene { policy, root, resources: Vec::new(), people: Vec::new(), groups: Vec::new() },
        problems,
    };
    let declared: Vec<Decl> = resources.map_or(Vec::new(), |fields| {
        fields.rest().filter_map(|(key, value)| decl(key, value, declaring.problems)).collect()
    });
    declaring.resources(&declared);
    for (key, value) in members.iter().flat_map(Fields::rest) {
        declaring.member(&name(key), value);
    }
    declaring.few_roles(members.as_ref())?;
    for name in non_members {
        declaring.person(&name, None, Vec::new());
    }
    declaring.owners(&declared);
    for (key, value) in groups.iter().flat_map(Fields::rest) {
        declaring.group(&name(key), value);
    }
    Some(declaring.scene)
}

struct Declaring<'a, 'p> {
    scene: Scene<'p>,
    problems: &'a mut Problems,
}

impl Declaring<'_, '_> {
    fn resources(&mut self, declared: &[Decl]) {
        for decl in declared {
            match self.resource(decl, declared) {
                Ok(resource) => self.scene.resources.push(resource),
                Err(diagnostic) => self.problems.push(diagnostic),
            }
        }
        let depths: HashMap<ResourceKey, usize> =
            self.scene.resources.iter().map(|it| (it.key.clone(), depth(&self.scene.resources, it))).collect();
        for decl in declared {
            let around = |key: &ResourceKey| depths.get(key).is_some_and(|depth| *depth > depths.len());
            if around(&ResourceKey::new(&decl.of.value, &decl.name.value)) {
                let message = format!("`{}` is below itself", decl.name.value);
                self.problems.push(Diagnostic::new(message, decl.name.span.clone(), "this resource"));
            }
        }
        self.scene.resources.sort_by_key(|declared| depths.get(&declared.key).copied());
    }

    fn resource(&self, decl: &Decl, all: &[Decl]) -> Result<Declared, Diagnostic> {
        let scene = &self.scene;
        let of = scene.find_type(&decl.of)?;
        let name = &decl.name.value;
        if *name == scene.root.id {
            return mistake(format!("`{name}` is the tenant already"), &decl.name, "give it another name");
        }
        let Some(above) = of.parent().map(|above| scene.policy.resource_type(above)) else {
            let message = format!("`{name}` can't be a second `{}`", of.name());
            return mistake(message, &decl.of, "the tenant is the only one");
        };
        if of.has_member_records() {
            let message = format!("a `{}` is not declared: every member has one", of.name());
            return mistake(message, &decl.of, format!("write `{}:NAME` in the cases", of.name()));
        }
        Ok(Declared {
            key: ResourceKey::new(of.name(), name),
            parent: self.parent(decl, (of, above), all)?,
            owner: None,
            archived: decl.archived,
            registered: !decl.stated,
        })
    }

    fn parent(
        &self,
        decl: &Decl,
        (of, above): (&ResourceType, &ResourceType),
        all: &[Decl],
    ) -> Result<ResourceKey, Diagnostic> {
        let root = &self.scene.root;
        let wanted = || format!("a `{}` is below a `{}`", of.name(), above.name());
        let Some(parent) = &decl.parent else {
            if above.name() == root.kind {
                return Ok(root.clone());
            }
            return mistake(format!("`{}` has no parent", decl.name.value), &decl.name, wanted());
        };
        let mut registered = all.iter().filter(|other| !other.stated);
        let kind = match registered.clone().find(|other| other.name.value == parent.value) {
            Some(found) => &found.of.value,
            None if parent.value == root.id => &root.kind,
            None => {
                let known = registered.by_ref().map(|other| other.name.value.as_str());
                return Err(unknown("registered resource", parent, known.chain([root.id.as_str()])));
            }
        };
        let fits = self.scene.policy.find_type(kind).is_ok_and(|found| of.may_be_below(found.id()));
        if !fits {
            return mistake(format!("`{}` is a `{kind}`", parent.value), parent, wanted());
        }
        Ok(ResourceKey::new(kind, &parent.value))
    }

    /// People are read after the resources at which they hold roles, so owners come last.
    fn owners(&mut self, declared: &[Decl]) {
        for (decl, owner) in declared.iter().filter_map(|decl| Some((decl, decl.owner.as_ref()?))) {
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

    fn member(&mut self, name: &At<String>, value: Value<'_, '_>) {
        let Some(mut fields) = Fields::of(value, format!("the member `{}`", name.value), self.problems) else { return };
        let status =
            fields.string("status", self.problems).map_or(Ok(MemberStatus::Active), |written| status(&written));
        let locked = fields.flag("locked", self.problems);
        let mut roles = Vec::new();
        for (key, value) in fields.rest() {
            match self.roles(key, value) {
                Ok(held) => roles.extend(held),
                Err(diagnostic) => self.problems.push(diagnostic),
            }
        }
        match status {
            Ok(status) => self.person(name, Some((status, locked)), roles),
            Err(diagnostic) => self.problems.push(diagnostic),
        }
    }

    /// Each case has the facts anew, so there must be few.
    fn few_roles(&mut self, members: Option<&Fields<'_, '_>>) -> Option<()> {
        let held: usize = self.scene.people.iter().map(|person| person.roles.len()).sum();
        let Some(members) = members.filter(|_| held > MAX_HELD) else { return Some(()) };
        let diagnostic = Diagnostic::new(
            format!("the members hold {held} roles"),
            members.span(),
            format!("expected {MAX_HELD} at most"),
        );
        self.problems.push(diagnostic);
        None
    }

    fn roles(&mut self, key: Key<'_, '_>, value: Value<'_, '_>) -> Result<Vec<(ResourceKey, RoleId)>, Diagnostic> {
        let names = one_or_more(value, key.get_ref(), self.problems).unwrap_or_default();
        let at = self.scene.registered(&name(key))?;
        let of = self.scene.find_type(&At::new(at.kind.clone(), key.span()))?;
        names.iter().map(|role| Ok((at.clone(), self.scene.role(of, role)?))).collect()
    }

    fn person(&mut self, name: &At<String>, standing: Option<(MemberStatus, bool)>, roles: Vec<(ResourceKey, RoleId)>) {
        if let Some(subject) = self.free(name) {
            self.scene.people.push(Person { subject, standing, roles });
        }
    }

    fn group(&mut self, name: &At<String>, value: Value<'_, '_>) {
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
        if self.free(name).is_some() {
            self.scene.groups.push((name.value.clone(), people));
        }
    }

    /// The subject of a new name; none when the name is taken.
    fn free(&mut self, name: &At<String>) -> Option<Subject> {
        let subject = subject_of(&name.value);
        let taken = self.scene.person(&subject).is_some();
        if taken || RESERVED_PEOPLE.contains(&name.value.as_str()) || subject.kind == kind::OPERATOR {
            let label = if taken { "named before" } else { "this word means something else in a case" };
            self.problems.push(Diagnostic::new("this can't be the name of somebody", name.span.clone(), label));
            return None;
        }
        Some(subject)
    }
}

fn decl(key: Key<'_, '_>, value: Value<'_, '_>, problems: &mut Problems) -> Option<Decl> {
    let name = name(key);
    if name.value.contains(':') || RESERVED_RESOURCES.contains(&name.value.as_str()) {
        let label = "expected an id without `:`, other than `status` and `locked`";
        problems.push(Diagnostic::new("this can't be the name of a resource", name.span, label));
        return None;
    }
    if let DeValue::String(_) = value.get_ref() {
        let of = string(value, &name.value, problems)?;
        return Some(Decl { name, of, parent: None, owner: None, archived: false, stated: false });
    }
    let mut fields = Fields::of(value, format!("the resource `{}`", name.value), problems)?;
    let of = fields.require("type", "type = \"TYPE\"", problems).and_then(|value| string(value, "type", problems));
    let (parent, owner) = (fields.string("parent", problems), fields.string("owner", problems));
    let (archived, stated) = (fields.flag("archived", problems), fields.flag("stated", problems));
    fields.finish(problems);
    Some(Decl { name, of: of?, parent, owner, archived, stated })
}

/// Whether a table of the facts has few enough entries; none when it has not.
fn few(what: &str, fields: Option<&Fields<'_, '_>>, problems: &mut Problems) -> Option<()> {
    let Some(fields) = fields else { return Some(()) };
    let count = fields.rest().count();
    if count <= MAX_FACTS {
        return Some(());
    }
    let message = format!("`{what}` has {count} entries");
    problems.push(Diagnostic::new(message, fields.span(), format!("expected {MAX_FACTS} at most")));
    None
}

fn name(key: Key<'_, '_>) -> At<String> {
    At::new(key.get_ref().as_ref().to_owned(), key.span())
}

fn status(written: &At<String>) -> Result<MemberStatus, Diagnostic> {
    match written.value.as_str() {
        "invited" => Ok(MemberStatus::Invited),
        "active" => Ok(MemberStatus::Active),
        "deactivated" => Ok(MemberStatus::Deactivated),
        _ => Err(unknown("status", written, ["invited", "active", "deactivated"])),
    }
}

/// How many resources of the file are above one; more than there are when the way up comes round again.
fn depth(resources: &[Declared], of: &Declared) -> usize {
    let up = |below: &&Declared| resources.iter().find(|above| above.key == below.parent);
    std::iter::successors(Some(of), up).take(resources.len() + 1).count()
}

fn mistake<T>(message: String, at: &At<String>, label: impl Into<String>) -> Result<T, Diagnostic> {
    Err(Diagnostic::new(message, at.span.clone(), label))
}
