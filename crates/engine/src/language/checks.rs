//! Checks a policy's types before they are compiled: limits, the tree of parents, and options and rules that could
//! never take effect, which are mistakes because somebody believes that they do.

use crate::{
    domain::kind,
    language::{
        diagnostic::{Diagnostic, Problems},
        document::{Document, TypeDecl},
        span::{Located, Span},
    },
    model::{
        mask::Mask,
        write_kind::{WriteKind, WriteScope},
    },
};

/// The most resource types that a policy may have.
const MAX_TYPES: usize = 64;
/// The most membership rules that a policy may have, over all types.
const MAX_MEMBER_RULES: usize = 1024;
/// The most actions that a type may have.
const MAX_ACTIONS: usize = 512;
/// The subject types that have a meaning of their own, or will have one, so that teams can't be called that.
const SUBJECT_KINDS: [&str; 6] = [kind::USER, kind::OPERATOR, kind::EMAIL, kind::SERVICE, kind::INVITED, kind::ERASED];

/// Who people are when the file does not say.
const PEOPLE: &str = kind::USER;

/// Subject types of which no active member is.
const NO_PEOPLE: [&str; 4] = [kind::OPERATOR, kind::EMAIL, kind::INVITED, kind::ERASED];

/// How much of everything a policy may have.
pub(crate) fn limits(document: &Document, problems: &mut Problems) {
    let types = &document.types;
    let roles: usize = types.iter().map(|resource_type| resource_type.roles.len()).sum();
    let rules: usize = types.iter().map(|resource_type| resource_type.members.rules.len()).sum();
    let mut limit = |owner: &str, what: &str, count: usize, max: usize, span: &Span| {
        if count > max {
            let message = format!("{owner} has {max} {what} at most");
            problems.push(Diagnostic::new(message, span.clone(), format!("there are {count}")));
        }
    };
    limit("a policy", "resource types", types.len(), MAX_TYPES, &document.name.span);
    limit("a policy", "roles", roles, Mask::MAX_ROLES, &document.name.span);
    limit("a policy", "membership rules", rules, MAX_MEMBER_RULES, &document.name.span);
    for resource_type in types {
        limit("a type", "actions", resource_type.actions.len(), MAX_ACTIONS, &resource_type.name.span);
    }
}

/// Every type must be below the root: a parent is a type of the policy and only the root has none, so it is unless its
/// ancestors form a cycle. `parents` are positions in `types`.
pub(crate) fn cycles(types: &[TypeDecl], parents: &[Option<usize>], problems: &mut Problems) {
    let parent_of = |position: usize| parents.get(position).copied().flatten();
    for (position, resource_type) in types.iter().enumerate() {
        let mut ancestors = std::iter::successors(parent_of(position), |above| parent_of(*above)).take(parents.len());
        if let (true, Some(parent)) = (ancestors.any(|above| above == position), &resource_type.parent) {
            let message = format!("`{}` is below itself", resource_type.name.value);
            let help = "follow the parents up: they must end at the root type";
            problems.push(Diagnostic::new(message, parent.span.clone(), "this parent").help(help));
        }
    }
}

/// The options of a type and its roles must fit each other and the place of the type in the tree.
pub(crate) fn type_options(
    resource_type: &TypeDecl,
    root: &str,
    (is_root, is_below_root): (bool, bool),
    problems: &mut Problems,
) {
    let mut mistake = |message: String, help: String| {
        problems.push(Diagnostic::new(message, resource_type.name.span.clone(), "this type").help(help));
    };
    let name = &resource_type.name.value;
    if resource_type.member_records && (!resource_type.roles.is_empty() || resource_type.owned) {
        let message = format!("`{name}` has one resource a member, so nobody holds roles there");
        mistake(message, "take out its roles and `owned`, or `member_records`".to_owned());
    }
    if resource_type.member_records && !is_below_root {
        let message = format!("`{name}` has one resource a member, and members belong to the whole tenant");
        mistake(message, format!("hang it from the root type `{root}`, or take out `member_records`"));
    }
    if resource_type.owned && is_root {
        let message = format!("a `{name}` is the tenant itself, and nobody owns it");
        mistake(message, "take out `owned`; a role of it may be called `owner`".to_owned());
    }
    if resource_type.nested && (is_root || resource_type.member_records) {
        let message = format!("a `{name}` can't be below another `{name}`");
        let why = if is_root { "there is one tenant" } else { "every member has one, below the tenant" };
        mistake(message, format!("take out `nested`: {why}"));
    }
    for role in resource_type.roles.iter().filter(|role| role.reaches_down && !resource_type.nested) {
        let message = format!("no `{name}` is below another, so `{}` has nowhere to reach down to", role.name.value);
        let help = "take out `reaches_down`, or add `nested = true` to the type";
        problems.push(Diagnostic::new(message, role.name.span.clone(), "this role").help(help));
    }
}

/// The membership rules of a type must be of kinds that have a meaning there.
pub(crate) fn rule_scopes(resource_type: &TypeDecl, root: &str, is_root: bool, problems: &mut Problems) {
    let name = &resource_type.name.value;
    for (write_kind, rule) in &resource_type.members.rules {
        let word = write_kind.name();
        let (message, help) = match write_kind.scope() {
            WriteScope::AtTheRoot if !is_root => (
                format!("`{word}` is done to a member of the whole tenant, not at a `{name}`"),
                format!("move it to `[{root}.members]`"),
            ),
            WriteScope::WhereOwned if is_root => {
                (format!("a `{name}` is the tenant itself, and nobody owns it"), "take the rule out".to_owned())
            }
            _ if *write_kind == WriteKind::Publish && resource_type.teams => (
                format!("everybody can't belong to a team, as a `{name}` is"),
                "publish roles where they are held, or take the rule out".to_owned(),
            ),
            WriteScope::WhereOwned if !resource_type.owned => {
                (format!("a `{name}` has no owner to change"), "add `owned = true`, or take the rule out".to_owned())
            }
            _ => continue,
        };
        problems.push(Diagnostic::new(message, rule.by.span.clone(), "this rule").help(help));
    }
}

/// Teams need somebody who can belong to them, and a name of their own among subject types.
pub(crate) fn teams(document: &Document, resource_type: &TypeDecl, is_root: bool, problems: &mut Problems) {
    let name = &resource_type.name.value;
    let mut mistake = |message: String, span: &Span, label: &str, help: &str| {
        problems.push(Diagnostic::new(message, span.clone(), label).help(help));
    };
    if resource_type.teams && (is_root || resource_type.roles.is_empty()) {
        let help = if is_root {
            "the root resource is the tenant itself: take out `teams`"
        } else {
            "nobody could belong to it: give it roles, or take out `teams`"
        };
        mistake(format!("a `{name}` can't be a team"), &resource_type.name.span, "this type", help);
    }
    if let Some(kind) = SUBJECT_KINDS.iter().find(|kind| resource_type.teams && kind.eq_ignore_ascii_case(name)) {
        let message = if kind == name {
            format!("`{name}` is a type of subjects already, so teams can't be called that")
        } else {
            format!(
                "`{name}` differs from `{kind}`, a type of subjects, by its case alone, so teams can't be called that"
            )
        };
        mistake(message, &resource_type.name.span, "this type", "give the type another name");
    }
    let has_no_teams = !document.types.iter().any(|resource_type| resource_type.teams);
    for role in resource_type.roles.iter().filter(|role| role.for_teams && has_no_teams) {
        let message = format!("no type of this policy has teams, so none can hold `{}`", role.name.value);
        let help = "take out `for_teams`, or add `teams = true` to the type whose resources are teams";
        mistake(message, &role.name.span, "this role", help);
    }
}

/// The subject types of people. Reports those that can't be.
pub(super) fn people(named: &[Located<String>], types: &[TypeDecl], problems: &mut Problems) -> Vec<String> {
    for (at, name) in named.iter().enumerate() {
        let is_team = types.iter().any(|declared| declared.teams && declared.name.value == name.value);
        let is_repeated = named.iter().take(at).any(|other| other.value == name.value);
        let label = match &*name.value {
            _ if is_repeated => "it is here twice",
            _ if is_team => "its subjects are teams, which can't act",
            other if NO_PEOPLE.contains(&other) => "no active member is of this type",
            _ => continue,
        };
        let message = format!("`{}` can't be a type of `people`", name.value);
        problems.push(Diagnostic::new(message, name.span.clone(), label).help("take it out"));
    }
    match named {
        [] => vec![PEOPLE.to_owned()],
        named => named.iter().map(|name| name.value.clone()).collect(),
    }
}
