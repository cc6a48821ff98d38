//! Reads the members that a file of cases declares, with the roles that they have.

use std::collections::HashSet;

use rollcall_engine::{
    Diagnostic, MemberStatus, NameForm, ResourceKey, RoleId, Timestamp,
    reader::{Fields, Key, Located, Value, checked_name, list, string, wrong_type},
};
use toml::de::DeValue;

use crate::cases::{
    declare::builder::{SceneBuilder, key_name},
    instant::instant,
    mistakes::{NameKind, unknown},
    scene::AssignedRole,
};

/// The fields of a member that a key may have been meant for which is no resource's name.
const FIELDS: [&str; 3] = ["type", "status", "locked"];
/// The fields of a role that ends.
const ROLE_FIELDS: [&str; 2] = ["role", "until"];
/// The statuses of a member.
const STATUSES: [(&str, MemberStatus); 3] =
    [("invited", MemberStatus::Invited), ("active", MemberStatus::Active), ("deactivated", MemberStatus::Deactivated)];

/// A member as the file has it.
pub(super) struct MemberDeclaration {
    name: Located<String>,
    subject_type: Option<Located<String>>,
    id: Option<Located<String>>,
    status: MemberStatus,
    locked: bool,
    /// The roles at each resource, with the name of that.
    roles: Vec<(Located<String>, ResourceKey, Vec<RoleDeclaration>)>,
    /// Whether every key was known: another may have been meant for the type or the id.
    is_whole: bool,
}

/// A role as the file has it.
struct RoleDeclaration {
    role: Located<String>,
    until: Option<Timestamp>,
}

impl SceneBuilder<'_, '_, '_> {
    /// The declarations of the table `[members]`. The types of subjects that they name are known from then on.
    pub(super) fn read_members(&mut self, table: Option<&Fields<'_, '_>>) -> Vec<MemberDeclaration> {
        let entries = table.into_iter().flat_map(Fields::rest);
        entries.map(|(key, value)| self.read_member(key_name(key), value)).collect()
    }

    /// A member of whom something is wrong is declared without it.
    fn read_member(&mut self, name: Located<String>, value: Value<'_, '_>) -> MemberDeclaration {
        let mut member = MemberDeclaration {
            name,
            subject_type: None,
            id: None,
            status: MemberStatus::Active,
            locked: false,
            roles: Vec::new(),
            is_whole: true,
        };
        let what = format!("the member `{}`", member.name.value);
        let Some(mut fields) = Fields::from_value(value, what, self.mistakes.problems()) else { return member };
        // A resource that is called like a field is reported, and the key was meant for that.
        let [has_type, has_id, has_status, has_locked] =
            ["type", "id", "status", "locked"].map(|name| !self.mistakes.is_excused(NameKind::Resource, name));
        if let Some(written) = has_status.then(|| fields.string("status", self.mistakes.problems())).flatten() {
            member.status = self.status(&written);
        }
        member.locked = has_locked && fields.flag("locked", self.mistakes.problems());
        member.id = has_id.then(|| self.text(&mut fields, "id")).flatten();
        let subject_type = has_type.then(|| fields.string("type", self.mistakes.problems())).flatten();
        member.subject_type = subject_type.and_then(|written| {
            checked_name(written, "a type of subjects", NameForm::TypeOrRole, self.mistakes.problems())
        });
        if let Some(subject_type) = &member.subject_type {
            self.scene.subject_types.add(&subject_type.value);
        }
        for (key, value) in fields.rest() {
            let resource = key_name(key);
            match self.scene.registered(&resource, &FIELDS, self.mistakes).cloned() {
                Some(at) => member.roles.push((resource, at, self.read_roles(key, value))),
                None => member.is_whole = false,
            }
        }
        member
    }

    fn status(&mut self, written: &Located<String>) -> MemberStatus {
        if let Some((_, status)) = STATUSES.iter().find(|(name, _)| *name == written.value) {
            return *status;
        }
        let known = STATUSES.map(|(name, _)| name);
        self.mistakes.wrong_name(NameKind::Status, "", written, || unknown("status", written, known));
        MemberStatus::Active
    }

    /// The roles at a resource: one or a list of several, each a name, or a table with an end.
    fn read_roles(&mut self, key: Key<'_, '_>, value: Value<'_, '_>) -> Vec<RoleDeclaration> {
        let what = key.get_ref().as_ref();
        match value.get_ref() {
            DeValue::Array(items) if items.is_empty() => {
                self.mistakes.push(Diagnostic::new(format!("`{what}` is empty"), value.span(), "expected one or more"));
                Vec::new()
            }
            DeValue::Array(_) => {
                let items = list(value, what, self.mistakes.problems()).unwrap_or_default();
                items.into_iter().filter_map(|item| self.read_role(what, item)).collect()
            }
            _ => self.read_role(what, value).into_iter().collect(),
        }
    }

    fn read_role(&mut self, what: &str, value: Value<'_, '_>) -> Option<RoleDeclaration> {
        match value.get_ref() {
            DeValue::String(_) => {
                let role = string(value, what, self.mistakes.problems())?;
                Some(RoleDeclaration { role, until: None })
            }
            DeValue::Table(_) => {
                let mut fields = Fields::from_value(value, format!("a role at `{what}`"), self.mistakes.problems())?;
                self.mistakes.check_fields("role", &mut fields, &ROLE_FIELDS);
                let problems = self.mistakes.problems();
                let until = fields.get("until").and_then(|value| instant(value, "until", problems));
                let role = fields.require("role", "role = \"ROLE\"", problems);
                let role = role.and_then(|value| string(value, "role", problems))?;
                Some(RoleDeclaration { role, until: until.map(|until| until.value) })
            }
            other => {
                let expected = "a role, `{ role = \"ROLE\", until = \"…\" }`, or a list of these";
                self.mistakes.push(wrong_type(value.span(), what, expected, other));
                None
            }
        }
    }

    /// Adds the members, with the roles that they have at resources.
    pub(super) fn add_members(&mut self, declared: Vec<MemberDeclaration>) {
        for member in declared {
            let roles = self.assigned_roles(&member);
            let MemberDeclaration { name, subject_type, id, status, locked, is_whole, .. } = member;
            let identity = (subject_type.as_ref(), id.as_ref());
            if let Err(diagnostic) = self.add_person(&name, identity, Some((status, locked)), roles)
                && is_whole
            {
                self.mistakes.push(diagnostic);
            }
        }
    }

    fn assigned_roles(&mut self, member: &MemberDeclaration) -> Vec<AssignedRole> {
        let mut seen: HashSet<(ResourceKey, RoleId)> = HashSet::new();
        let mut assigned_roles = Vec::new();
        for (resource, at, roles) in &member.roles {
            let Ok(resource_type) = self.scene.policy.find_type(&at.kind) else { continue };
            for RoleDeclaration { role: name, until } in roles {
                let Some(role) = self.scene.role(resource_type, name, self.mistakes) else { continue };
                if seen.insert((at.clone(), role)) {
                    assigned_roles.push(AssignedRole { at: at.clone(), role, until: *until });
                } else {
                    let message =
                        format!("`{}` has `{}` at `{}` already", member.name.value, name.value, resource.value);
                    self.mistakes.push(Diagnostic::new(message, name.span.clone(), "take one of the two out"));
                }
            }
        }
        assigned_roles
    }

    /// The facts are built anew for each case, so there must be few.
    pub(super) fn check_role_count(&mut self, members: Option<&Fields<'_, '_>>, most: usize) -> Option<()> {
        let role_count: usize = self.scene.people.iter().map(|person| person.roles.len()).sum();
        let Some(members) = members.filter(|_| role_count > most) else { return Some(()) };
        let message = format!("the members hold {role_count} roles");
        self.mistakes.push(Diagnostic::new(message, members.span(), format!("expected {most} at most")));
        None
    }
}
