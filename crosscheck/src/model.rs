//! A policy file as TOML has it: types, roles and the texts of rules.

use std::collections::BTreeMap;

use toml::{Table, Value};

use crate::{
    fields::{flag, texts},
    member_rule::{self, MemberRule},
};

/// A role model: what is in a policy file.
pub struct Model {
    /// The resource types, in any order.
    pub types: Vec<Type>,
    /// The subject types of those who count as holders of a role with `at_least`.
    pub people: Vec<String>,
    /// Whether an invitation lets a deactivated member back in.
    pub reactivates: bool,
}

/// A resource type with its roles, its actions and who writes memberships there.
#[expect(clippy::struct_excessive_bools, reason = "they are the flags of the file")]
pub struct Type {
    /// The name of the type.
    pub name: String,
    /// The type above it; none for the root type.
    pub parent: Option<String>,
    /// Whether its resources are the members themselves.
    pub member_records: bool,
    /// Whether one that is not registered is what a request states of it.
    pub may_be_stated: bool,
    /// Whether its resources have owners: in its rules, `owner` is whoever owns the resource, and else a role.
    pub owned: bool,
    /// Whether a member may hold several of its roles at one resource.
    pub several_roles: bool,
    /// Whether its resources are teams.
    pub teams: bool,
    /// The roles of the type.
    pub roles: Vec<Role>,
    /// The actions of the type.
    pub actions: Vec<Action>,
    /// Who may write memberships at its resources, by operation.
    pub members: BTreeMap<String, Vec<MemberRule>>,
}

/// A role, and what it implies.
pub struct Role {
    /// Its name with its type: `job_site.editor`.
    pub name: String,
    /// The roles that it implies, with their types, as the file says: not what those imply.
    pub implies: Vec<String>,
    /// Whether its holders keep what they hold below.
    pub protected_below: bool,
    /// Whether a team may hold it.
    pub for_teams: bool,
    /// How many holders who can act must remain.
    pub at_least: usize,
}

/// An action, and who may do it.
pub struct Action {
    /// The name of the action, unique in its type.
    pub name: String,
    /// The text of its rule.
    pub rule: String,
    /// Whether a locked member may do it all the same.
    pub when_locked: bool,
    /// Whether it can be done on what is archived.
    pub when_archived: bool,
}

impl Model {
    /// Reads a policy file.
    ///
    /// # Errors
    /// When it is no TOML, lacks what a model needs, or has what is not translated: another edition, nested types, and
    /// types whose names Cedar can't have.
    pub fn read(text: &str) -> Result<Self, String> {
        let file: Table = text.parse().map_err(|error| format!("no policy file: {error}"))?;
        if file.get("edition").and_then(Value::as_integer) != Some(1) {
            return Err("only edition 1 is translated".to_owned());
        }
        let is_type = |key: &String| key != "invitations";
        let types =
            file.iter().filter(|(key, _)| is_type(key)).filter_map(|(name, value)| Some((name, value.as_table()?)));
        let types = types.map(|(name, table)| Type::read(name, table)).collect::<Result<_, _>>()?;
        let people = if file.contains_key("people") { texts(&file, "people") } else { vec!["user".to_owned()] };
        let invitations = file.get("invitations").and_then(Value::as_table);
        let reactivates = invitations.is_some_and(|invitations| flag(invitations, "reactivates"));
        Ok(Self { types, people, reactivates })
    }

    /// The type of this name.
    ///
    /// # Errors
    /// When there is none.
    pub fn find(&self, name: &str) -> Result<&Type, String> {
        self.types.iter().find(|resource_type| resource_type.name == name).ok_or_else(|| format!("no type `{name}`"))
    }

    /// Whether this is the name of a type whose resources are teams.
    pub fn is_team_type(&self, name: &str) -> bool {
        self.types.iter().any(|resource_type| resource_type.name == name && resource_type.teams)
    }

    /// The type without a parent.
    ///
    /// # Errors
    /// When there is none.
    pub fn root(&self) -> Result<&Type, String> {
        self.types.iter().find(|resource_type| resource_type.parent.is_none()).ok_or_else(|| "no root type".to_owned())
    }

    /// A type and those above it, from itself up to the root.
    pub fn ancestors<'m>(&'m self, resource_type: &'m Type) -> impl Iterator<Item = &'m Type> {
        std::iter::successors(Some(resource_type), |resource_type| self.find(resource_type.parent.as_deref()?).ok())
    }

    /// The qualified name (`TYPE.ROLE`) of a role that a rule of this type names. The rule may leave out the type where
    /// its own type has the role, or else only one above.
    ///
    /// # Errors
    /// When no role or several are meant.
    pub fn qualified_role(&self, resource_type: &Type, name: &str) -> Result<String, String> {
        let qualified = |resource_type: &Type| format!("{}.{name}", resource_type.name);
        let holds = |resource_type: &&Type| {
            resource_type.roles.iter().any(|role| role.name == qualified(resource_type) || role.name == name)
        };
        let above: Vec<&Type> = self.ancestors(resource_type).filter(holds).collect();
        match above.as_slice() {
            [] => Err(format!("no role `{name}` at `{}`", resource_type.name)),
            _ if name.contains('.') => Ok(name.to_owned()),
            [first, rest @ ..] if rest.is_empty() || first.name == resource_type.name => Ok(qualified(first)),
            _ => Err(format!("several roles `{name}` above `{}`", resource_type.name)),
        }
    }
}

impl Type {
    fn read(name: &str, table: &Table) -> Result<Self, String> {
        if flag(table, "nested") {
            return Err(format!("`{name}` is nested, which is not translated"));
        }
        if name.contains('-') {
            return Err(format!("`{name}` has a `-` in it, which no type of Cedar has"));
        }
        let section = |key: &str| table.get(key).and_then(Value::as_table).cloned().unwrap_or_default();
        let roles = section("roles").iter().map(|(role, value)| Role::read(name, role, value)).collect();
        let actions =
            section("actions").iter().map(|(action, value)| Action::read(action, value)).collect::<Result<_, _>>();
        Ok(Self {
            name: name.to_owned(),
            parent: table.get("parent").and_then(Value::as_str).map(str::to_owned),
            member_records: flag(table, "member_records"),
            may_be_stated: table.get("registered").and_then(Value::as_str).is_some_and(|word| word != "required"),
            owned: flag(table, "owned"),
            several_roles: flag(table, "several_roles"),
            teams: flag(table, "teams"),
            roles,
            actions: actions?,
            members: member_rule::read(&section("members"))?,
        })
    }
}

impl Role {
    fn read(resource_type: &str, name: &str, value: &Value) -> Self {
        let qualified =
            |name: &str| if name.contains('.') { name.to_owned() } else { format!("{resource_type}.{name}") };
        let empty = Table::new();
        let table = value.as_table().unwrap_or(&empty);
        let at_least = table.get("at_least").and_then(Value::as_integer);
        Self {
            name: qualified(name),
            implies: texts(table, "implies").iter().map(|name| qualified(name)).collect(),
            protected_below: flag(table, "protected_below"),
            for_teams: flag(table, "for_teams"),
            at_least: at_least.and_then(|number| usize::try_from(number).ok()).unwrap_or(0),
        }
    }
}

impl Action {
    fn read(name: &str, value: &Value) -> Result<Self, String> {
        let empty = Table::new();
        let table = value.as_table().unwrap_or(&empty);
        let rule = value.as_str().or_else(|| table.get("rule").and_then(Value::as_str));
        Ok(Self {
            name: name.to_owned(),
            rule: rule.ok_or_else(|| format!("`{name}` has no rule"))?.to_owned(),
            when_locked: flag(table, "when_locked"),
            when_archived: flag(table, "when_archived"),
        })
    }
}
