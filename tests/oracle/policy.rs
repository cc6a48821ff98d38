//! A policy as its file says it, and which role a name of it stands for.

use std::collections::{BTreeMap, BTreeSet};

use super::expression::Expr;

/// A role's type and name.
pub type RoleName = (String, String);

/// A policy file: its name and version, and its types by name.
pub struct PolicyFile {
    pub name: String,
    pub version: u32,
    pub root: String,
    /// Whether to invite a deactivated member lets them back in.
    pub reactivates: bool,
    pub types: BTreeMap<String, ResourceType>,
}

/// One `[TYPE]` of the policy; its `[TYPE.members]` are `rules` and `joins_as`.
#[derive(Default)]
pub struct ResourceType {
    pub parent: Option<String>,
    pub owned: bool,
    pub member_records: bool,
    pub creator_role: Option<String>,
    pub create_actions: Vec<String>,
    pub joins_as: Option<String>,
    pub roles: BTreeMap<String, Role>,
    pub actions: BTreeMap<String, Action>,
    pub rules: Vec<Rule>,
}

/// A role without its name.
pub struct Role {
    pub implies: Vec<String>,
    pub protected_below: bool,
    pub at_least: usize,
}

/// An action without its name.
pub struct Action {
    pub rule: Expr,
    pub when_archived: bool,
}

/// A rule of `[TYPE.members]`.
pub struct Rule {
    /// The line of its `by` in the file.
    pub line: usize,
    pub verb: String,
    pub by: Expr,
    pub from: Vec<String>,
    pub to: Vec<String>,
    pub whom: Option<Expr>,
    pub may_outlast: bool,
}

impl PolicyFile {
    /// The rule of a type at a line.
    pub fn rule_at(&self, resource_type: &str, line: usize) -> Option<&Rule> {
        self.resource_type(resource_type).rules.iter().find(|rule| rule.line == line)
    }

    /// The line of the rule of a type that the log names; none where it has none of these.
    pub fn line_of(&self, resource_type: &str, named: &str) -> Option<usize> {
        let prefix = format!("{}@{}:", self.name, self.version);
        let lines = named.split(' ').filter_map(|rule| rule.strip_prefix(&prefix)?.parse().ok());
        lines.into_iter().find(|line| self.rule_at(resource_type, *line).is_some())
    }

    /// The type of this name.
    ///
    /// # Panics
    ///
    /// If there is none.
    pub fn resource_type(&self, name: &str) -> &ResourceType {
        self.types.get(name).unwrap_or_else(|| panic!("the policy has no type `{name}`"))
    }

    /// A type and the types above it, up to the root's.
    fn above<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        std::iter::successors(Some(name), |name| self.resource_type(name).parent.as_deref())
    }

    /// The role that a name stands for in a rule of a type: `TYPE.ROLE`, the type's own, or else the nearest above.
    fn resolve_role(&self, at: &str, name: &str) -> RoleName {
        if let Some((resource_type, role)) = name.split_once('.') {
            return (resource_type.to_owned(), role.to_owned());
        }
        let resource_type =
            self.above(at).find(|resource_type| self.resource_type(resource_type).roles.contains_key(name));
        (resource_type.unwrap_or_else(|| panic!("no role `{name}` at `{at}`")).to_owned(), name.to_owned())
    }

    /// Whether an assigned role is, or implies, the role that a rule of a type names.
    pub fn includes_role(&self, assigned: &RoleName, at: &str, named: &str) -> bool {
        let (searched, mut seen) = (self.resolve_role(at, named), BTreeSet::new());
        let mut left = vec![assigned.clone()];
        while let Some(role) = left.pop() {
            if role == searched {
                return true;
            }
            if seen.insert(role.clone()) {
                let implied = &self.resource_type(&role.0).roles[&role.1].implies;
                left.extend(implied.iter().map(|implied| self.resolve_role(&role.0, implied)));
            }
        }
        false
    }
}
