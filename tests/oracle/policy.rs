//! A policy as its file says it, and which role a name of it stands for.

use std::collections::{BTreeMap, BTreeSet};

use super::expression::Expr;

/// A day in microseconds.
pub const DAY: i64 = 24 * 3600 * 1_000_000;

/// A version of the policy, and the line of a rule in it.
pub type RuleName = (u32, usize);

/// A role's type and name.
pub type RoleName = (String, String);

/// A policy file: its name and version, and its types by name.
pub struct PolicyFile {
    pub name: String,
    pub version: u32,
    pub root: String,
    /// The other versions of it that there are.
    pub other_versions: Vec<u32>,
    /// Whether to invite a deactivated member lets them back in.
    pub reactivates: bool,
    /// How long an invitation can be accepted, in microseconds.
    pub lifetime: i64,
    pub types: BTreeMap<String, ResourceType>,
}

/// One `[TYPE]` of the policy; its `[TYPE.members]` are `rules` and `joins_as`.
#[derive(Default)]
pub struct ResourceType {
    pub parent: Option<String>,
    pub owned: bool,
    /// Whether its resources are teams.
    pub teams: bool,
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
    pub for_teams: bool,
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
    /// The rule of a type by which something was given, if it was one of this version.
    pub fn rule_named(&self, resource_type: &str, (version, line): RuleName) -> Option<&Rule> {
        let mut rules = self.resource_type(resource_type).rules.iter();
        rules.find(|rule| version == self.version && rule.line == line)
    }

    /// The rule of a type that the log names; none where it has none of these, or what it is about came along with others.
    pub fn find_rule(&self, resource_type: &str, named: &str) -> Option<RuleName> {
        let prefix = format!("{}@{}:", self.name, self.version);
        let lines = named.split(' ').filter_map(|rule| rule.strip_prefix(&prefix)?.parse().ok());
        let mut rules = lines.map(|line| (self.version, line));
        rules.find(|rule| self.rule_named(resource_type, *rule).is_some())
    }

    /// Whether a type of subjects is one of teams.
    pub fn is_team(&self, kind: &str) -> bool {
        self.types.get(kind).is_some_and(|resource_type| resource_type.teams)
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
