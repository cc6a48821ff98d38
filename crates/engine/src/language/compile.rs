//! From a file's text to masks: every name is looked up here, and every mistake told at once.

use crate::{
    domain::kind,
    language::{
        bounds,
        diagnostic::{Diagnostic, Diagnostics, Problems},
        document::{self, ActionDecl, Document, MembersDecl, RoleDecl, RuleDecl, TypeDecl},
        expr, lint,
        resolve::{Relations, Scope},
        span::{At, Lines},
    },
    model::{
        Action, Index, MemberRule, MemberRules, Policy, ResourceType, Role, RoleId, Rule, TypeId,
        mask::Mask,
        nearest::suggestion,
        write_kind::{WriteKind, WriteScope},
    },
};

/// The most resource types that a policy may have.
const MAX_TYPES: usize = 64;
/// The most membership rules that a policy may have, over all types.
const MAX_MEMBER_RULES: usize = 1024;
/// In the `from` of who may be taken out of the tenant: whatever role they hold there, and even none.
const WHOEVER: &str = "anyone";
/// Subject types that mean something by themselves.
const SUBJECT_KINDS: [&str; 3] = [kind::USER, kind::OPERATOR, kind::EMAIL];
/// The most actions that a type may have.
const MAX_ACTIONS: usize = 512;

/// Compiles the text of a policy file; `path` is only shown in diagnostics.
///
/// # Errors
/// Every mistake in the file.
pub fn compile(path: &str, text: &str) -> Result<Policy, Diagnostics> {
    document_and_policy(path, text).map(|(_, policy)| policy)
}

/// As [`compile`], with what the file may well say and hardly means.
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
    policy.never = bounds::held(&document, &policy).map_err(|broken| broken.into_diagnostics(path, text))?;
    Ok((document, policy))
}

struct Compiler<'a> {
    text: &'a str,
    lines: Lines,
    document: &'a Document,
    problems: &'a mut Problems,
}

impl Compiler<'_> {
    fn policy(&mut self) -> Option<Policy> {
        let document = self.document;
        self.limits();
        if !self.problems.is_empty() {
            return None;
        }
        let type_index: Index = document.types.iter().enumerate().map(|(at, of)| (of.name.value.clone(), at)).collect();
        let root = self.find_type(&document.root, &type_index)?;
        let parents: Vec<Option<usize>> = document.types.iter().map(|of| self.parent(of, root, &type_index)).collect();
        self.tree(&parents);
        if !self.problems.is_empty() {
            return None;
        }
        let roles = document.types.iter().enumerate().flat_map(|(at, of)| of.roles.iter().map(move |role| (at, role)));
        let scope =
            Scope::new(&document.types, parents, roles.clone().map(|(at, role)| (at, role.name.value.as_str())));
        let closures = self.closures(&scope, &roles.clone().collect::<Vec<_>>());
        let compiled_roles: Vec<Role> = roles
            .zip(&closures)
            .enumerate()
            .map(|(index, ((of, role), closure))| Role {
                id: role_id(index),
                name: role.name.value.clone(),
                of: type_id(of),
                closure: *closure,
                reaches_down: role.reaches_down,
                protected_below: role.protected_below,
                for_teams: role.for_teams,
                at_least: role.at_least,
            })
            .collect();
        let types =
            document.types.iter().enumerate().map(|(at, of)| self.resource_type(at, of, root, &scope)).collect();
        Some(Policy {
            name: document.name.value.clone(),
            version: document.version,
            root: type_id(root),
            invitation_lifetime: document.invitations.lifetime,
            reminders: document.invitations.reminders.clone(),
            invitations_reactivate: document.invitations.reactivates,
            types,
            reaching: compiled_roles.iter().filter(|role| role.reaches_down).map(Role::mask).collect(),
            roles: compiled_roles,
            type_index,
            never: Vec::new(),
        })
    }

    fn limits(&mut self) {
        let types = &self.document.types;
        let roles: usize = types.iter().map(|of| of.roles.len()).sum();
        let rules: usize = types.iter().map(|of| of.members.rules.len()).sum();
        let mut limit = |whose: &str, what: &str, count: usize, most: usize, span| {
            if count > most {
                let message = format!("{whose} has {most} {what} at most");
                self.problems.push(Diagnostic::new(message, span, format!("there are {count}")));
            }
        };
        limit("a policy", "resource types", types.len(), MAX_TYPES, self.document.name.span.clone());
        limit("a policy", "roles", roles, Mask::MAX_ROLES, self.document.name.span.clone());
        limit("a policy", "membership rules", rules, MAX_MEMBER_RULES, self.document.name.span.clone());
        for of in types {
            limit("a type", "actions", of.actions.len(), MAX_ACTIONS, of.name.span.clone());
        }
    }

    fn find_type(&mut self, name: &At<String>, index: &Index) -> Option<usize> {
        let found = index.get(&name.value).copied();
        if found.is_none() {
            let message = format!("no resource type `{}`", name.value);
            let help = suggestion(&name.value, self.document.types.iter().map(|of| of.name.value.as_str()));
            self.problems.push(Diagnostic::new(message, name.span.clone(), "not a type of this policy").help(help));
        }
        found
    }

    fn parent(&mut self, of: &TypeDecl, root: usize, index: &Index) -> Option<usize> {
        let is_root = index.get(&of.name.value) == Some(&root);
        match (&of.parent, is_root) {
            (Some(parent), false) => self.find_type(parent, index),
            (None, true) => None,
            (Some(parent), true) => {
                let diagnostic = Diagnostic::new("the root type has no parent", parent.span.clone(), "take this out");
                self.problems.push(diagnostic);
                None
            }
            (None, false) => {
                let message = format!("`{}` has no parent", of.name.value);
                let help = format!("add `parent = \"{}\"`", self.document.root.value);
                self.problems.push(Diagnostic::new(message, of.name.span.clone(), "this type").help(help));
                None
            }
        }
    }

    /// Every type must hang from the root: a parent is a type of the policy and only the root has none, so it does
    /// unless the way up comes round again.
    fn tree(&mut self, parents: &[Option<usize>]) {
        let up = |at: usize| parents.get(at).copied().flatten();
        for (at, of) in self.document.types.iter().enumerate() {
            let way_up = std::iter::successors(up(at), |above| up(*above)).take(parents.len());
            if let (true, Some(parent)) = (way_up.into_iter().any(|above| above == at), &of.parent) {
                let message = format!("`{}` is below itself", of.name.value);
                let help = "follow the parents up: they must end at the root type";
                self.problems.push(Diagnostic::new(message, parent.span.clone(), "this parent").help(help));
            }
        }
    }

    /// Each role with all that it implies, to the end of every chain.
    fn closures(&mut self, scope: &Scope<'_>, roles: &[(usize, &RoleDecl)]) -> Vec<Mask> {
        let mut closures: Vec<Mask> = Vec::with_capacity(roles.len());
        for (index, (of, role)) in roles.iter().enumerate() {
            let mut mask = Mask::role(index);
            for implied in &role.implies {
                match scope.here_or_below(*of, implied) {
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

    fn resource_type(&mut self, at: usize, of: &TypeDecl, root: usize, scope: &Scope<'_>) -> ResourceType {
        let roles: Vec<RoleId> = scope.roles_of(at).map(role_id).collect();
        self.meaningful(of, at == root, scope.parent(at) == Some(root));
        self.teams(of, at == root);
        let actions: Vec<Action> = of.actions.iter().filter_map(|action| self.action(at, of, action, scope)).collect();
        ResourceType {
            id: type_id(at),
            name: of.name.value.clone(),
            parent: scope.parent(at).map(type_id),
            nested: of.nested,
            member_records: of.member_records,
            owned: of.owned,
            several_roles: of.several_roles,
            teams: of.teams,
            creator_role: self.own_role(of.creator_role.as_ref(), at, scope),
            create_actions: self.create_actions(at, of, scope),
            joins_as: self.own_role(of.members.joins_as.as_ref(), root, scope),
            action_index: actions.iter().enumerate().map(|(index, action)| (action.name.clone(), index)).collect(),
            roles,
            actions,
            members: self.member_rules(at, &of.members, scope),
        }
    }

    /// What a type says that could never count is a mistake: somebody believes that it does.
    fn meaningful(&mut self, of: &TypeDecl, is_root: bool, is_below_root: bool) {
        let mut mistake = |message: String, help: String| {
            self.problems.push(Diagnostic::new(message, of.name.span.clone(), "this type").help(help));
        };
        let (name, root) = (&of.name.value, &self.document.root.value);
        if of.member_records && (!of.roles.is_empty() || of.owned) {
            let message = format!("`{name}` has one resource a member, so nobody holds roles there");
            mistake(message, "take out its roles and `owned`, or `member_records`".to_owned());
        }
        if of.member_records && !is_below_root {
            let message = format!("`{name}` has one resource a member, and members belong to the whole tenant");
            mistake(message, format!("hang it from the root type `{root}`, or take out `member_records`"));
        }
        if of.nested && (is_root || of.member_records) {
            let message = format!("a `{name}` can't be below another `{name}`");
            let why = if is_root { "there is one tenant" } else { "every member has one, below the tenant" };
            mistake(message, format!("take out `nested`: {why}"));
        }
        for role in of.roles.iter().filter(|role| role.reaches_down && !of.nested) {
            let message =
                format!("no `{name}` is below another, so `{}` has nowhere to reach down to", role.name.value);
            let help = "take out `reaches_down`, or add `nested = true` to the type";
            self.problems.push(Diagnostic::new(message, role.name.span.clone(), "this role").help(help));
        }
        for (verb, rule) in &of.members.rules {
            let (what, why) = (verb.name(), rule.by.span.clone());
            let (message, help) = match verb.scope() {
                WriteScope::AtTheRoot if !is_root => (
                    format!("`{what}` is done to a member of the whole tenant, not at a `{name}`"),
                    format!("move it to `[{root}.members]`"),
                ),
                WriteScope::WhereOwned if is_root => {
                    (format!("a `{name}` is the tenant itself, and nobody owns it"), "take the rule out".to_owned())
                }
                _ if *verb == WriteKind::Publish && of.teams => (
                    format!("everybody can't belong to a team, as a `{name}` is"),
                    "publish roles where they are held, or take the rule out".to_owned(),
                ),
                WriteScope::WhereOwned if !of.owned => (
                    format!("a `{name}` has no owner to change"),
                    "add `owned = true`, or take the rule out".to_owned(),
                ),
                _ => continue,
            };
            self.problems.push(Diagnostic::new(message, why, "this rule").help(help));
        }
    }

    /// Teams need somebody who can belong to them, and a name of their own among subjects.
    fn teams(&mut self, of: &TypeDecl, is_root: bool) {
        let name = &of.name.value;
        let mut mistake = |message: String, span: &std::ops::Range<usize>, label: &str, help: &str| {
            self.problems.push(Diagnostic::new(message, span.clone(), label).help(help));
        };
        if of.teams && (is_root || of.roles.is_empty()) {
            let help = if is_root {
                "the root resource is the tenant itself: take out `teams`"
            } else {
                "nobody could belong to it: give it roles, or take out `teams`"
            };
            mistake(format!("a `{name}` can't be a team"), &of.name.span, "this type", help);
        }
        if of.teams && SUBJECT_KINDS.contains(&name.as_str()) {
            let message = format!("`{name}` is a type of subjects already, so teams can't be called that");
            mistake(message, &of.name.span, "this type", "give the type another name");
        }
        let no_teams = !self.document.types.iter().any(|of| of.teams);
        for role in of.roles.iter().filter(|role| role.for_teams && no_teams) {
            let message = format!("no type of this policy has teams, so none can hold `{}`", role.name.value);
            let help = "take out `for_teams`, or add `teams = true` to the type whose resources are teams";
            mistake(message, &role.name.span, "this role", help);
        }
    }

    fn own_role(&mut self, name: Option<&At<String>>, of: usize, scope: &Scope<'_>) -> Option<RoleId> {
        match scope.own(of, name?) {
            Ok(role) => Some(role_id(role)),
            Err(diagnostic) => {
                self.problems.push(diagnostic);
                None
            }
        }
    }

    fn action(&mut self, at: usize, of: &TypeDecl, action: &ActionDecl, scope: &Scope<'_>) -> Option<Action> {
        let relations =
            Relations { itself: of.member_records, owner: scope.parent(at).is_some() && !of.member_records };
        Some(Action {
            name: action.name.value.clone(),
            rule: self.rule(at, &action.rule, relations, scope)?,
            when_locked: action.when_locked,
            when_archived: action.when_archived,
        })
    }

    fn rule(&mut self, at: usize, rule: &At<String>, relations: Relations, scope: &Scope<'_>) -> Option<Rule> {
        let terms = expr::parse(&rule.value, self.text, &rule.span)
            .and_then(|expr| scope.terms(at, &expr, relations, &rule.span));
        match terms {
            Ok(terms) => Some(Rule { terms, text: rule.value.clone(), line: self.lines.of(rule.span.start) }),
            Err(diagnostic) => {
                self.problems.push(diagnostic);
                None
            }
        }
    }

    fn member_rules(&mut self, at: usize, members: &MembersDecl, scope: &Scope<'_>) -> MemberRules {
        let rules =
            members.rules.iter().filter_map(|(verb, rule)| Some((*verb, self.member_rule(at, *verb, rule, scope)?)));
        MemberRules { rules: rules.collect() }
    }

    fn member_rule(&mut self, at: usize, verb: WriteKind, rule: &RuleDecl, scope: &Scope<'_>) -> Option<MemberRule> {
        let whoever = verb == WriteKind::Remove && scope.parent(at).is_none();
        let mut side = |roles: &[At<String>], whoever: bool| -> Mask {
            let mask = |role: &At<String>| {
                if whoever && role.value == WHOEVER {
                    return Some(Mask::ANYONE);
                }
                self.own_role(Some(role), at, scope).map(RoleId::mask)
            };
            roles.iter().filter_map(mask).collect()
        };
        let (from, to) = (side(&rule.from, whoever), side(&rule.to, false));
        let relations = Relations { itself: true, owner: scope.parent(at).is_some() };
        Some(MemberRule { by: self.rule(at, &rule.by, relations, scope)?, from, to })
    }

    /// The actions of the type above that let somebody create a resource of this type.
    fn create_actions(&mut self, at: usize, of: &TypeDecl, scope: &Scope<'_>) -> Vec<String> {
        let above = scope.parent(at).and_then(|above| self.document.types.get(above));
        let Some(above) = above else {
            if let Some(first) = of.create_actions.first() {
                let message = "the root resource comes with its tenant, so no action creates it";
                self.problems.push(Diagnostic::new(message, first.span.clone(), "take this out"));
            }
            return Vec::new();
        };
        let places = [Some(above), of.nested.then_some(of)];
        let actions = || places.into_iter().flatten().flat_map(|place| &place.actions);
        let known = |name: &str| actions().any(|action| action.name.value == name);
        if of.create_actions.is_empty() {
            let usual = format!("{}.create", of.name.value);
            return if known(&usual) { vec![usual] } else { Vec::new() };
        }
        for action in of.create_actions.iter().filter(|action| !known(&action.value)) {
            let message = format!("`{}` has no action `{}`", above.name.value, action.value);
            let help = suggestion(&action.value, actions().map(|action| action.name.value.as_str()));
            let label = "expected an action of the type above";
            self.problems.push(Diagnostic::new(message, action.span.clone(), label).help(help));
        }
        of.create_actions.iter().map(|action| action.value.clone()).collect()
    }
}

fn type_id(index: usize) -> TypeId {
    TypeId(u16::try_from(index).unwrap_or(u16::MAX))
}

fn role_id(index: usize) -> RoleId {
    RoleId(u16::try_from(index).unwrap_or(u16::MAX))
}
