//! A policy file as TOML has it: types, roles and the texts of rules.

use toml::{Table, Value};

/// A role model.
pub struct Model {
    /// Its types, in no order that matters.
    pub types: Vec<Type>,
}

/// A resource type.
pub struct Type {
    /// Its name.
    pub name: String,
    /// The type above it; none for the root type.
    pub parent: Option<String>,
    /// Whether its resources are the members themselves.
    pub member_records: bool,
    /// Its roles.
    pub roles: Vec<Role>,
    /// Its actions.
    pub actions: Vec<Action>,
}

/// A role.
pub struct Role {
    /// Its name with its type: `job_site.editor`.
    pub name: String,
    /// The roles that it implies, with their types, as the file says: not what those imply.
    pub implies: Vec<String>,
}

/// An action.
pub struct Action {
    /// Its name.
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
    /// When it is no TOML, lacks what a model needs, or has nested types, which are not translated.
    pub fn read(text: &str) -> Result<Self, String> {
        let file: Table = text.parse().map_err(|error| format!("no policy file: {error}"))?;
        let is_type = |key: &String| key != "invitations";
        let types =
            file.iter().filter(|(key, _)| is_type(key)).filter_map(|(name, value)| Some((name, value.as_table()?)));
        types.map(|(name, table)| Type::read(name, table)).collect::<Result<_, _>>().map(|types| Self { types })
    }

    /// The type of this name.
    ///
    /// # Errors
    /// When there is none.
    pub fn find(&self, name: &str) -> Result<&Type, String> {
        self.types.iter().find(|of| of.name == name).ok_or_else(|| format!("no type `{name}`"))
    }

    /// The root type.
    ///
    /// # Errors
    /// When there is none.
    pub fn root(&self) -> Result<&Type, String> {
        self.types.iter().find(|of| of.parent.is_none()).ok_or_else(|| "no root type".to_owned())
    }

    /// A type and those above it.
    pub fn up_from<'m>(&'m self, of: &'m Type) -> impl Iterator<Item = &'m Type> {
        std::iter::successors(Some(of), |of| self.find(of.parent.as_deref()?).ok())
    }

    /// The whole name of a role that a rule of this type names: with its type, or without it where the type itself has
    /// it, or else only one above.
    ///
    /// # Errors
    /// When no role or several are meant.
    pub fn meant(&self, of: &Type, name: &str) -> Result<String, String> {
        let whole = |of: &Type| format!("{}.{name}", of.name);
        let holds = |of: &&Type| of.roles.iter().any(|role| role.name == whole(of) || role.name == name);
        let above: Vec<&Type> = self.up_from(of).filter(holds).collect();
        match above.as_slice() {
            [] => Err(format!("no role `{name}` at `{}`", of.name)),
            _ if name.contains('.') => Ok(name.to_owned()),
            [first, rest @ ..] if rest.is_empty() || first.name == of.name => Ok(whole(first)),
            _ => Err(format!("several roles `{name}` above `{}`", of.name)),
        }
    }
}

impl Type {
    fn read(name: &str, table: &Table) -> Result<Self, String> {
        if flag(table, "nested") {
            return Err(format!("`{name}` is nested, which is not translated"));
        }
        let within = |key: &str| table.get(key).and_then(Value::as_table).cloned().unwrap_or_default();
        let roles = within("roles").iter().map(|(role, value)| Role::read(name, role, value)).collect();
        let actions =
            within("actions").iter().map(|(action, value)| Action::read(action, value)).collect::<Result<_, _>>();
        Ok(Self {
            name: name.to_owned(),
            parent: table.get("parent").and_then(Value::as_str).map(str::to_owned),
            member_records: flag(table, "member_records"),
            roles,
            actions: actions?,
        })
    }
}

impl Role {
    fn read(of: &str, name: &str, value: &Value) -> Self {
        let whole = |name: &str| if name.contains('.') { name.to_owned() } else { format!("{of}.{name}") };
        let implied = value.get("implies").and_then(Value::as_array).into_iter().flatten();
        Self { name: whole(name), implies: implied.filter_map(Value::as_str).map(whole).collect() }
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

fn flag(table: &Table, key: &str) -> bool {
    table.get(key).and_then(Value::as_bool).unwrap_or(false)
}
