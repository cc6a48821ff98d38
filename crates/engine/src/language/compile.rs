//! Compiles a policy file to masks: every name is looked up here, and every mistake is reported at once.

use crate::{
    language::{
        checks,
        diagnostic::{Diagnostic, Diagnostics, Problems},
        document::{self, ActionDecl, Document, RoleDecl, TypeDecl},
        expr, lint, never, registered,
        resolve::{Relations, Scope},
        rules::{MembersDecl, RuleDecl},
        span::{Lines, Located},
        terms,
    },
    model::{
        Action, Index, MemberRule, MemberRules, Policy, Registration, ResourceType, Role, RoleId, Rule, TypeId,
        mask::Mask, nearest::suggestion, write_kind::WriteKind,
    },
};

/// In the `from` of a rule that takes no role, or removes somebody from the root: whatever role they hold there, and even
/// none.
const ANY_ROLE: &str = "anyone";

/// Compiles the text of a policy file, at most 1 MiB of TOML; `path` is only shown in diagnostics.
///
/// # Errors
/// Every mistake in the file.
pub fn compile(path: &str, text: &str) -> Result<Policy, Diagnostics> {
    document_and_policy(path, text).map(|(_, policy)| policy)
}

/// As [`compile`], with warnings about what the file may say but hardly means; none when there is nothing to warn of.
///
/// # Errors
/// Every mistake in the file.
pub fn compile_with_warnings(path: &str, text: &str) -> Result<(Policy, Option<Diagnostics>), Diagnostics> {
    let (document, policy) = document_and_policy(path, text)?;
    let warnings = lint::warnings(&document, &policy).into_warnings(path, text);
    Ok((policy, warnings))
}

fn document_and_policy(path: &str, text: &str) -> Result<(Document, Policy), Diagnostics> {
    let document = document::read(path, text)?;
    let mut problems = Problems::default();
    let policy = Compiler { text, lines: Lines::new(text), document: &document, problems: &mut problems }.policy();
    let Some(mut policy) = policy.filter(|_| problems.is_empty()) else {
        return Err(problems.into_diagnostics(path, text));
    };
    policy.never = never::constraints(&document, &policy).map_err(|broken| broken.into_diagnostics(path, text))?;
    Ok((document, policy))
}

/// The compiler of one file. Types and roles go by their position in it.
struct Compiler<'a> {
    text: &'a str,
    lines: Lines,
    document: &'a Document,
    problems: &'a mut Problems,
}

impl Compiler<'_> {
    fn policy(&mut self) -> Option<Policy> {
        let document = self.document;
        checks::limits(document, self.problems);
        if !self.problems.is_empty() {
            return None;
        }
        let names = document.types.iter().map(|resource_type| resource_type.name.value.clone());
        let type_index: Index = names.enumerate().map(|(position, name)| (name, position)).collect();
        let root = self.find_type(&document.root, &type_index)?;
        let parents = document.types.iter().map(|resource_type| self.parent(resource_type, root, &type_index));
        let parents: Vec<Option<usize>> = parents.collect();
        checks::cycles(&document.types, &parents, self.problems);
        if !self.problems.is_empty() {
            return None;
        }
        let types = document.types.iter().enumerate();
        let declared_roles: Vec<(usize, &RoleDecl)> = types
            .clone()
            .flat_map(|(position, resource_type)| resource_type.roles.iter().map(move |role| (position, role)))
            .collect();
        let role_names = declared_roles.iter().map(|(position, role)| (*position, role.name.value.as_str()));
        let scope = Scope::new(&document.types, parents, role_names);
        let roles = self.roles(&scope, &declared_roles);
        let people = checks::people(&document.people, &document.types, self.problems);
        let types = types.map(|(position, resource_type)| self.resource_type(position, resource_type, root, &scope));
        Some(Policy {
            edition: document.edition,
            name: document.name.value.clone(),
            version: document.version,
            root: type_id(root),
            invitation_lifetime: document.invitations.lifetime,
            reminders: document.invitations.reminders.clone(),
            invitations_reactivate: document.invitations.reactivates,
            invitations_outlive_inviter: document.invitations.outlive_inviter,
            people,
            types: types.collect(),
            roles,
            type_index,
            never: Vec::new(),
        })
    }

    fn find_type(&mut self, name: &Located<String>, index: &Index) -> Option<usize> {
        let found = index.get(&name.value).copied();
        if found.is_none() {
            let message = format!("no resource type `{}`", name.value);
            let known = self.document.types.iter().map(|resource_type| resource_type.name.value.as_str());
            let help = suggestion(&name.value, known);
            self.problems.push(Diagnostic::new(message, name.span.clone(), "not a type of this policy").help(help));
        }
        found
    }

    fn parent(&mut self, resource_type: &TypeDecl, root: usize, index: &Index) -> Option<usize> {
        let is_root = index.get(&resource_type.name.value) == Some(&root);
        match (&resource_type.parent, is_root) {
            (Some(parent), false) => self.find_type(parent, index),
            (None, true) => None,
            (Some(parent), true) => {
                let diagnostic = Diagnostic::new("the root type has no parent", parent.span.clone(), "take this out");
                self.problems.push(diagnostic);
                None
            }
            (None, false) => {
                let message = format!("`{}` has no parent", resource_type.name.value);
                let help = format!("add `parent = \"{}\"`", self.document.root.value);
                self.problems.push(Diagnostic::new(message, resource_type.name.span.clone(), "this type").help(help));
                None
            }
        }
    }

    fn roles(&mut self, scope: &Scope<'_>, declared: &[(usize, &RoleDecl)]) -> Vec<Role> {
        let closures = self.closures(scope, declared);
        let reaching_down = |resource_type: usize| -> Mask {
            let roles = scope.roles_of(resource_type);
            roles
                .filter(|role| declared.get(*role).is_some_and(|(_, role)| role.reaches_down))
                .map(Mask::role)
                .collect()
        };
        let roles = declared.iter().zip(closures).enumerate();
        let compiled = roles.map(|(index, ((resource_type, role), closure))| Role {
            id: role_id(index),
            name: role.name.value.clone(),
            resource_type: type_id(*resource_type),
            closure,
            reaches_down: role.reaches_down,
            reaching_roles: closure & reaching_down(*resource_type),
            protected_below: role.protected_below,
            for_teams: role.for_teams,
            at_least: role.at_least,
        });
        compiled.collect()
    }

    /// Each role with all that it implies, to the end of every chain.
    fn closures(&mut self, scope: &Scope<'_>, roles: &[(usize, &RoleDecl)]) -> Vec<Mask> {
        let mut closures: Vec<Mask> = Vec::with_capacity(roles.len());
        for (index, (resource_type, role)) in roles.iter().enumerate() {
            let mut mask = Mask::role(index);
            for implied in &role.implies {
                match scope.role_of_type_or_below(*resource_type, implied) {
                    Ok(found) => mask |= Mask::role(found),
                    Err(diagnostic) => self.problems.push(diagnostic),
                }
            }
            closures.push(mask);
        }
        loop {
            let wider: Vec<Mask> = closures
                .iter()
                .map(|mask| mask.roles().filter_map(|role| closures.get(role)).copied().collect::<Mask>() | *mask)
                .collect();
            if wider == closures {
                return closures;
            }
            closures = wider;
        }
    }

    fn resource_type(
        &mut self,
        position: usize,
        resource_type: &TypeDecl,
        root: usize,
        scope: &Scope<'_>,
    ) -> ResourceType {
        let (is_root, is_below_root) = (position == root, scope.parent(position) == Some(root));
        let root_name = &self.document.root.value;
        checks::type_options(resource_type, root_name, (is_root, is_below_root), self.problems);
        registered::check(self.document, resource_type, is_root, scope.parent(position), self.problems);
        checks::rule_scopes(resource_type, root_name, is_root, self.problems);
        checks::teams(self.document, resource_type, is_root, self.problems);
        let actions = resource_type.actions.iter();
        let actions: Vec<Action> =
            actions.filter_map(|action| self.action(position, resource_type, action, scope)).collect();
        ResourceType {
            id: type_id(position),
            name: resource_type.name.value.clone(),
            parent: scope.parent(position).map(type_id),
            nested: resource_type.nested,
            member_records: resource_type.member_records,
            owned: resource_type.owned,
            several_roles: resource_type.several_roles,
            teams: resource_type.teams,
            registration: resource_type.registration(),
            creator_role: self.role_of_type(resource_type.creator_role.as_ref(), position, scope),
            create_actions: self.create_actions(position, resource_type, scope),
            joins_as: self.role_of_type(resource_type.members.joins_as.as_ref(), root, scope),
            action_index: actions.iter().enumerate().map(|(index, action)| (action.name.clone(), index)).collect(),
            roles: scope.roles_of(position).map(role_id).collect(),
            actions,
            members: self.member_rules(position, &resource_type.members, scope),
        }
    }

    fn role_of_type(&mut self, name: Option<&Located<String>>, position: usize, scope: &Scope<'_>) -> Option<RoleId> {
        match scope.role_of_type(position, name?) {
            Ok(role) => Some(role_id(role)),
            Err(diagnostic) => {
                self.problems.push(diagnostic);
                None
            }
        }
    }

    fn action(
        &mut self,
        position: usize,
        resource_type: &TypeDecl,
        action: &ActionDecl,
        scope: &Scope<'_>,
    ) -> Option<Action> {
        let relations = Relations::of_action(resource_type.member_records, scope.is_owned(position));
        Some(Action {
            name: action.name.value.clone(),
            rule: self.rule(position, &action.rule, relations, scope)?,
            when_locked: action.when_locked,
            when_archived: action.when_archived,
        })
    }

    fn rule(
        &mut self,
        position: usize,
        rule: &Located<String>,
        relations: Relations,
        scope: &Scope<'_>,
    ) -> Option<Rule> {
        let terms = expr::parse(&rule.value, self.text, &rule.span)
            .and_then(|expr| terms::terms(scope, position, &expr, relations, &rule.span));
        match terms {
            Ok(terms) => Some(Rule { terms, text: rule.value.clone(), line: self.lines.line_number(rule.span.start) }),
            Err(diagnostic) => {
                self.problems.push(diagnostic);
                None
            }
        }
    }

    fn member_rules(&mut self, position: usize, members: &MembersDecl, scope: &Scope<'_>) -> MemberRules {
        let compiled = members.rules.iter().filter_map(|(write_kind, rule)| {
            self.member_rule(position, *write_kind, rule, scope).map(|rule| (*write_kind, rule))
        });
        MemberRules { rules: compiled.collect() }
    }

    fn member_rule(
        &mut self,
        position: usize,
        write_kind: WriteKind,
        rule: &RuleDecl,
        scope: &Scope<'_>,
    ) -> Option<MemberRule> {
        let is_any_role_allowed =
            !write_kind.removes_roles() || (write_kind == WriteKind::Remove && scope.parent(position).is_none());
        let mut roles_mask = |roles: &[Located<String>], is_any_role_allowed: bool| -> Mask {
            let mask = |role: &Located<String>| {
                if is_any_role_allowed && role.value == ANY_ROLE {
                    return Some(Mask::ANYONE);
                }
                self.role_of_type(Some(role), position, scope).map(RoleId::mask)
            };
            roles.iter().filter_map(mask).collect()
        };
        let (from, to) = (roles_mask(&rule.from, is_any_role_allowed), roles_mask(&rule.to, false));
        let says_nothing = rule.from.is_empty() && !write_kind.removes_roles();
        let from = if says_nothing { Mask::ANYONE } else { from };
        let is_owned = scope.is_owned(position);
        let by = self.rule(position, &rule.by, Relations::of_writer(is_owned), scope);
        let whom = rule.whom.as_ref().map(|whom| self.rule(position, whom, Relations::of_target(is_owned), scope));
        Some(MemberRule {
            by: by?,
            from,
            to,
            whom: whom.map_or(Some(None), |whom| whom.map(Some))?,
            may_outlast: rule.may_outlast,
        })
    }

    /// The actions of the type above that let somebody create a resource of this type.
    fn create_actions(&mut self, position: usize, resource_type: &TypeDecl, scope: &Scope<'_>) -> Vec<String> {
        let parent = scope.parent(position).and_then(|parent| self.document.types.get(parent));
        let Some(parent) = parent else {
            if let Some(first) = resource_type.create_actions.first() {
                let message = "the root resource comes with its tenant, so no action creates it";
                self.problems.push(Diagnostic::new(message, first.span.clone(), "take this out"));
            }
            return Vec::new();
        };
        let parent_types = [Some(parent), resource_type.nested.then_some(resource_type)];
        let actions = || parent_types.into_iter().flatten().flat_map(|parent| &parent.actions);
        let is_known = |name: &str| actions().any(|action| action.name.value == name);
        if resource_type.registration() == Registration::Never {
            return Vec::new();
        }
        if resource_type.create_actions.is_empty() {
            let usual = format!("{}.create", resource_type.name.value);
            return if is_known(&usual) { vec![usual] } else { Vec::new() };
        }
        for action in resource_type.create_actions.iter().filter(|action| !is_known(&action.value)) {
            let message = format!("`{}` has no action `{}`", parent.name.value, action.value);
            let help = suggestion(&action.value, actions().map(|action| action.name.value.as_str()));
            let label = "expected an action of the type above";
            self.problems.push(Diagnostic::new(message, action.span.clone(), label).help(help));
        }
        resource_type.create_actions.iter().map(|action| action.value.clone()).collect()
    }
}

fn type_id(index: usize) -> TypeId {
    TypeId(u16::try_from(index).unwrap_or(u16::MAX))
}

fn role_id(index: usize) -> RoleId {
    RoleId(u16::try_from(index).unwrap_or(u16::MAX))
}
