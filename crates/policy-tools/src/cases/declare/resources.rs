//! Reads the resources that a file of cases declares.

use rollcall_engine::{
    Diagnostic, OWNER, Registration, ResourceKey, ResourceType,
    reader::{Fields, Key, Located, Value, string},
};
use toml::de::DeValue;

use crate::cases::{
    declare::builder::{SceneBuilder, key_name},
    mistakes::NameKind,
    names::{declared_id, type_and_id},
};

/// Names that no resource can have: what a member's table has besides the names of resources, under which their roles
/// are.
const RESERVED: [&str; 5] = ["", "status", "locked", "type", "id"];
/// The fields of a resource.
const FIELDS: [&str; 6] = ["type", "id", "parent", "owner", "archived", "stated"];

/// A resource as the file has it.
pub(super) struct ResourceDeclaration {
    pub(super) name: Located<String>,
    resource_type: Located<String>,
    pub(super) id: Option<Located<String>>,
    pub(super) parent: Option<Located<String>>,
    owner: Option<Located<String>>,
    pub(super) archived: bool,
    pub(super) stated: bool,
}

/// A declaration of a known type, with the resource that it declares.
pub(super) struct Identified<'d, 'p> {
    pub(super) decl: &'d ResourceDeclaration,
    pub(super) resource_type: &'p ResourceType,
    pub(super) key: ResourceKey,
}

impl<'p> SceneBuilder<'_, '_, 'p> {
    /// The declarations of the table `[resources]`.
    pub(super) fn read_resources(&mut self, table: Option<&Fields<'_, '_>>) -> Vec<ResourceDeclaration> {
        let entries = table.into_iter().flat_map(Fields::rest);
        entries.filter_map(|(key, value)| self.read_resource(key, value)).collect()
    }

    fn read_resource(&mut self, key: Key<'_, '_>, value: Value<'_, '_>) -> Option<ResourceDeclaration> {
        let name = key_name(key);
        if RESERVED.contains(&name.value.as_str()) {
            let others = RESERVED.get(1..).unwrap_or_default().join("`, `");
            let diagnostic = Diagnostic::new(
                "this can't be the name of a resource",
                name.span,
                format!("expected a name other than `{others}`"),
            );
            self.mistakes.push(diagnostic.help("give it another name, and this as its `id`"));
            self.mistakes.excuse(NameKind::Resource, &name.value);
            return None;
        }
        let declared = self.read_fields(&name, value);
        if declared.is_none() {
            self.mistakes.excuse(NameKind::Resource, &name.value);
        }
        declared
    }

    fn read_fields(&mut self, name: &Located<String>, value: Value<'_, '_>) -> Option<ResourceDeclaration> {
        let name = name.clone();
        if let DeValue::String(_) = value.get_ref() {
            let resource_type = string(value, &name.value, self.mistakes.problems())?;
            let (id, parent, owner) = Default::default();
            return Some(ResourceDeclaration {
                name,
                resource_type,
                id,
                parent,
                owner,
                archived: false,
                stated: false,
            });
        }
        let what = format!("the resource `{}`", name.value);
        let mut fields = Fields::from_value(value, what, self.mistakes.problems())?;
        self.mistakes.check_fields("resource", &mut fields, &FIELDS);
        let problems = self.mistakes.problems();
        let resource_type =
            fields.require("type", "type = \"TYPE\"", problems).and_then(|value| string(value, "type", problems));
        let (parent, owner) = (fields.string("parent", problems), fields.string("owner", problems));
        let (archived, stated) = (fields.flag("archived", problems), fields.flag("stated", problems));
        let id = self.text(&mut fields, "id");
        Some(ResourceDeclaration { name, resource_type: resource_type?, id, parent, owner, archived, stated })
    }

    /// The resource that a declaration declares, beside those before it. None where there can't be such a one, which is
    /// reported.
    pub(super) fn identify<'d>(
        &mut self,
        decl: &'d ResourceDeclaration,
        before: &[Identified<'_, '_>],
    ) -> Option<Identified<'d, 'p>> {
        let policy = self.scene.policy;
        self.scene.find_type(&decl.resource_type, self.mistakes)?;
        let resource_type = policy.find_type(&decl.resource_type.value).ok()?;
        match self.key(decl, resource_type, before) {
            Ok(key) => Some(Identified { decl, resource_type, key }),
            Err(diagnostic) => {
                self.mistakes.push(diagnostic);
                None
            }
        }
    }

    fn key(
        &self,
        decl: &ResourceDeclaration,
        resource_type: &ResourceType,
        before: &[Identified<'_, '_>],
    ) -> Result<ResourceKey, Diagnostic> {
        let (name, type_name, root) = (&decl.name.value, resource_type.name(), &self.scene.root);
        if *name == root.id {
            return mistake(format!("`{name}` is the tenant already"), &decl.name, "give it another name");
        }
        if resource_type.parent().is_none() {
            let message = format!("`{name}` can't be a second `{type_name}`");
            return mistake(message, &decl.resource_type, "the tenant is the only one");
        }
        if resource_type.has_member_records() {
            let message = format!("a `{type_name}` is not declared: every member has one");
            let label = format!("write `{type_name}:NAME` in the cases");
            return mistake(message, &decl.resource_type, label);
        }
        if resource_type.registration() == Registration::Never && !decl.stated {
            return mistake(format!("no `{type_name}` is registered"), &decl.resource_type, "add `stated = true`");
        }
        let reading = type_and_id(self.scene.policy, name).map(|(read, id)| (read.name(), id));
        let key = ResourceKey::new(type_name, declared_id(&decl.name, type_name, decl.id.as_ref(), reading)?);
        if key.to_string() == root.id {
            let message = format!("`{key}` can be read as the tenant, and as the `{type_name}` `{}`", key.id);
            return mistake(message, &decl.name, "give the tenant another name");
        }
        match before.iter().find(|other| other.key == key) {
            Some(other) => {
                let message =
                    format!("`{name}` is the `{type_name}` `{}`, and so is `{}`", key.id, other.decl.name.value);
                mistake(message, &decl.name, "declared before")
            }
            None => Ok(key),
        }
    }

    /// People are read after the resources at which they hold roles, so owners come last.
    pub(super) fn add_owners(&mut self, declared: &[ResourceDeclaration]) {
        for (decl, owner) in declared.iter().filter_map(|decl| Some((decl, decl.owner.as_ref()?))) {
            self.check_has_owner(decl, owner);
            let Some(subject) = self.scene.subject(owner, self.mistakes) else { continue };
            let mut resources = self.scene.resources.iter_mut();
            if let Some(found) = resources.find(|found| found.name == decl.name.value) {
                found.owner = Some(subject);
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
        self.mistakes.push(Diagnostic::new(message, owner.span.clone(), "its type is not `owned`").help(help));
    }
}

fn mistake<T>(message: String, at: &Located<String>, label: impl Into<String>) -> Result<T, Diagnostic> {
    Err(Diagnostic::new(message, at.span.clone(), label))
}
