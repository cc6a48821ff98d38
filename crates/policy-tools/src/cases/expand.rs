//! Expands the rows of a case, each about several people, actions and resources, to single questions.

use std::{collections::HashSet, hash::Hash, sync::Arc};

use rollcall_engine::{
    Action, Diagnostic, MembershipWrite, Reason, Refusal, ResourceKey, ResourceType, RoleId, Subject, WriteKind,
    WriteScope,
    reader::{Located, Problems},
};

use crate::cases::{
    case::{Case, CheckCase, Expected, WriteCase},
    rows::{self, CaseRow},
    scene::{CaseResource, EVERYBODY, EVERYBODY_ELSE, OPERATOR, SELF, Scene, subject_of, unknown},
};

/// In place of actions or membership writes: all that there are.
const ANYTHING: &str = "anything";
/// In place of actions or membership writes: all but those of the row's other side.
const ANYTHING_ELSE: &str = "anything else";

/// The most questions that the rows of a file may come to, a kind of write that comes to none counted as one.
const MAX_QUESTIONS: usize = 100_000;

/// How many questions the rest of a file may still come to.
pub(crate) struct QuestionBudget(usize);

impl QuestionBudget {
    /// The budget of a whole file.
    pub(crate) fn all() -> Self {
        Self(MAX_QUESTIONS)
    }

    /// Spends some, or fails at this row. After that nothing is left, so that no later row passes.
    fn take(&mut self, questions: usize, row: &CaseRow) -> Result<()> {
        let Some(remaining) = self.0.checked_sub(questions) else {
            self.0 = 0;
            let message = format!("the rows of this file come to more than {MAX_QUESTIONS} questions");
            let diagnostic = Diagnostic::new(message, row.span.clone(), "from this row on");
            return Err(diagnostic.help("name fewer people, actions or roles, or split the file"));
        };
        self.0 = remaining;
        Ok(())
    }
}

type Result<T> = std::result::Result<T, Diagnostic>;

/// Expands a case; none when somebody whom it leaves out is not known.
pub(crate) fn expand(
    scene: &Scene<'_>,
    case: &rows::WrittenCase,
    budget: &mut QuestionBudget,
    problems: &mut Problems,
) -> Option<Case> {
    let scene = match scene.without(&case.without) {
        Ok(scene) => scene,
        Err(diagnostic) => {
            problems.push(diagnostic);
            return None;
        }
    };
    let named = (named(&scene, &case.actions), named(&scene, &case.writes));
    let (mut checks, mut writes) = (Vec::new(), Vec::new());
    for on in &case.on {
        let resource = match scene.case_resource(on) {
            Ok(resource) => resource,
            Err(diagnostic) => {
                problems.push(diagnostic);
                continue;
            }
        };
        for row in &case.actions {
            match checks_of(&scene, &named.0, &resource, row, budget) {
                Ok(questions) => checks.extend(questions),
                Err(diagnostic) => problems.push(diagnostic),
            }
        }
        for row in &case.writes {
            match writes_of(&scene, &named.1, (on, &resource), row, budget) {
                Ok(questions) => writes.extend(questions),
                Err(diagnostic) => problems.push(diagnostic),
            }
        }
    }
    Some(Case { name: case.name.clone(), facts: scene.facts(), checks, writes })
}

fn checks_of(
    scene: &Scene<'_>,
    named: &HashSet<Subject>,
    resource: &CaseResource<'_>,
    row: &CaseRow,
    budget: &mut QuestionBudget,
) -> Result<Vec<CheckCase>> {
    let known: Vec<&str> = resource.resource_type.actions().iter().map(Action::name).collect();
    let denials: Vec<&str> =
        Reason::ALL.iter().filter(|reason| !reason.allowed()).map(|reason| reason.code()).collect();
    let expected = expected(row, &denials)?;
    let parents = resource.declared.map_or_else(Arc::default, |declared| scene.parents_up_to_registered(declared));
    let mut checks = Vec::new();
    for subject in actors(scene, row, named)? {
        for (words, others, allowed) in [(&row.may, &row.may_not, true), (&row.may_not, &row.may, false)] {
            for action in pick(words, others, (&known, &known), ("action", resource.resource_type.name()))? {
                budget.take(1, row)?;
                checks.push(CheckCase {
                    expected: expected(allowed),
                    subject: subject.clone(),
                    action: action.to_owned(),
                    resource: ResourceKey::new(
                        resource.resource_type.name(),
                        resource.id.as_ref().unwrap_or(&subject.id),
                    ),
                    parents: Arc::clone(&parents),
                    owner: resource.declared.and_then(|declared| declared.owner.clone()),
                });
            }
        }
    }
    non_empty(checks, row)
}

fn writes_of(
    scene: &Scene<'_>,
    named: &HashSet<Subject>,
    (on, resource): (&Located<String>, &CaseResource<'_>),
    row: &CaseRow,
    budget: &mut QuestionBudget,
) -> Result<Vec<WriteCase>> {
    let (true, Some(id)) = (resource.registered, &resource.id) else {
        let message = format!("`{}` is not registered, so nobody is a member there", on.value);
        return Err(Diagnostic::new(message, on.span.clone(), "take `writes` out of this case"));
    };
    let at = ResourceKey::new(resource.resource_type.name(), id);
    let known: Vec<&str> = WriteKind::ALL
        .into_iter()
        .filter(|kind| applies_to_type(*kind, resource.resource_type))
        .map(WriteKind::name)
        .collect();
    let expected = expected(row, &Refusal::CODES)?;
    let mut writes = Vec::new();
    for actor in actors(scene, row, named)? {
        for target in targets(scene, row, &actor)? {
            let usual: Vec<&str> = WriteKind::ALL
                .into_iter()
                .filter(|kind| applies_to_target(*kind, resource.resource_type, &target))
                .map(WriteKind::name)
                .collect();
            for (words, others, allowed) in [(&row.may, &row.may_not, true), (&row.may_not, &row.may, false)] {
                for kind_name in
                    pick(words, others, (&known, &usual), ("membership write", resource.resource_type.name()))?
                {
                    let operations = membership_writes(scene, resource.resource_type, &at, row, kind_name, &target)?;
                    budget.take(operations.len().max(1), row)?;
                    for operation in operations {
                        writes.push(WriteCase {
                            expected: expected(allowed),
                            actor: actor.clone(),
                            operation,
                            target: target.clone(),
                            at: at.clone(),
                        });
                    }
                }
            }
        }
    }
    check_roles_are_used(row, &writes)?;
    non_empty(writes, row)
}

/// Refuses a role that no write of the row removes or grants: it was meant for another kind of write.
fn check_roles_are_used(row: &CaseRow, writes: &[WriteCase]) -> Result<()> {
    let removes = |write: &WriteCase| write.operation.kind.removes_roles();
    let grants = |write: &WriteCase| write.operation.kind.grants_roles();
    let unused = |name: &Located<String>| {
        Err(Diagnostic::new("no write of this row removes or grants this role", name.span.clone(), "take this out"))
    };
    match (&row.from, row.to.first()) {
        (Some(from), _) if !writes.iter().any(removes) => unused(from),
        (_, Some(to)) if !writes.iter().any(grants) => unused(to),
        _ => Ok(()),
    }
}

/// The outcome that a row demands, by whether it is to be allowed.
fn expected<'r>(row: &'r CaseRow, denials: &[&str]) -> Result<impl Fn(bool) -> Expected + 'r> {
    if let Some(reason) = &row.reason {
        if row.may_not.is_empty() {
            let message = "a reason says why something is denied";
            return Err(Diagnostic::new(message, reason.span.clone(), "this row denies nothing"));
        }
        if !denials.contains(&reason.value.as_str()) {
            return Err(unknown("reason", reason, denials.iter().copied()));
        }
    }
    Ok(|allowed: bool| Expected {
        line: row.line,
        allowed,
        reason: row.reason.as_ref().filter(|_| !allowed).map(|reason| reason.value.clone()),
    })
}

/// Those whom some rows name. Unknown names are left out here: expanding the row reports them.
fn named(scene: &Scene<'_>, rows: &[CaseRow]) -> HashSet<Subject> {
    let mut known = HashSet::new();
    let names = rows.iter().flat_map(|row| &row.who).filter(|name| known.insert(name.value.as_str()));
    names.flat_map(|name| scene.subjects(name).unwrap_or_default()).collect()
}

/// Who acts in a row, each once. "Everybody else" are those whom no row of the case names.
fn actors(scene: &Scene<'_>, row: &CaseRow, named: &HashSet<Subject>) -> Result<Vec<Subject>> {
    let everybody = || scene.people.iter().map(|person| person.subject.clone()).chain([subject_of(OPERATOR)]);
    let mut actors = Vec::new();
    for word in &row.who {
        match word.value.as_str() {
            EVERYBODY => actors.extend(everybody()),
            EVERYBODY_ELSE => actors.extend(everybody().filter(|subject| !named.contains(subject))),
            _ => actors.extend(scene.subjects(word)?),
        }
    }
    Ok(deduplicated(actors))
}

/// The targets of an actor's writes, each once. "Everybody else" are all but the actor.
fn targets(scene: &Scene<'_>, row: &CaseRow, actor: &Subject) -> Result<Vec<Subject>> {
    let everybody = || scene.people.iter().map(|person| person.subject.clone());
    let mut targets = Vec::new();
    for word in &row.whom {
        match word.value.as_str() {
            SELF => targets.push(actor.clone()),
            EVERYBODY => targets.extend(everybody()),
            EVERYBODY_ELSE => targets.extend(everybody().filter(|subject| subject != actor)),
            _ => targets.extend(scene.subjects(word)?),
        }
    }
    Ok(deduplicated(targets))
}

/// The same without duplicates, each where it comes first.
fn deduplicated<T: Clone + Eq + Hash>(mut all: Vec<T>) -> Vec<T> {
    let mut seen = HashSet::new();
    all.retain(|one| seen.insert(one.clone()));
    all
}

/// The actions or kinds of write that one side of a row names, of those that are known; "anything" stands for the usual
/// ones.
fn pick<'k>(
    words: &[Located<String>],
    others: &[Located<String>],
    (known, usual): (&[&'k str], &[&'k str]),
    (what, resource_type): (&str, &str),
) -> Result<Vec<&'k str>> {
    let mut picked = Vec::new();
    for word in words {
        match word.value.as_str() {
            ANYTHING => picked.extend(usual),
            ANYTHING_ELSE if others.is_empty() => {
                let help = "name the rest on the row's other side, or write `anything`";
                let message = "`anything else` refers to the row's other side, which is empty";
                return Err(Diagnostic::new(message, word.span.clone(), "this side").help(help));
            }
            ANYTHING_ELSE => {
                picked.extend(usual.iter().filter(|name| !others.iter().any(|other| other.value == **name)));
            }
            name => {
                let found = known.iter().find(|known| **known == name);
                picked.push(*found.ok_or_else(|| {
                    let label = format!("not one of `{resource_type}`");
                    Diagnostic { label, ..unknown(what, word, known.iter().copied()) }
                })?);
            }
        }
    }
    Ok(deduplicated(picked))
}

/// The writes that a kind comes to in a row: one for each role that it grants.
fn membership_writes(
    scene: &Scene<'_>,
    resource_type: &ResourceType,
    at: &ResourceKey,
    row: &CaseRow,
    kind_name: &str,
    target: &Subject,
) -> Result<Vec<MembershipWrite>> {
    let assigned_roles = scene.roles_at(target, at);
    let named_role = match &row.from {
        None => None,
        Some(name) => {
            let role = scene.role(resource_type, name)?;
            if !assigned_roles.contains(&role) {
                let message = format!("`{target}` holds no `{}` at `{at}` in these facts", name.value);
                return Err(Diagnostic::new(message, name.span.clone(), "not held"));
            }
            Some(role)
        }
    };
    let granted_roles: Vec<RoleId> =
        row.to.iter().map(|name| scene.role(resource_type, name)).collect::<Result<_>>()?;
    let Some(kind) = WriteKind::from_name(kind_name).filter(|kind| kind.grants_roles()) else {
        let taking = |kind: WriteKind| MembershipWrite::plain(kind).taking(named_role.filter(|_| kind.removes_roles()));
        return Ok(WriteKind::from_name(kind_name).map(taking).into_iter().collect());
    };
    let granted_roles = if granted_roles.is_empty() {
        // "May change" without a role means to any other.
        resource_type
            .roles()
            .iter()
            .copied()
            .filter(|to| kind != WriteKind::Change || !assigned_roles.contains(to))
            .collect()
    } else {
        granted_roles
    };
    let removed_role = named_role.filter(|_| kind.removes_roles());
    Ok(granted_roles.into_iter().map(|to| MembershipWrite::giving(kind, to).taking(removed_role)).collect())
}

/// Whether a kind of write can be made at a resource of this type.
fn applies_to_type(kind: WriteKind, resource_type: &ResourceType) -> bool {
    match kind.scope() {
        WriteScope::Anywhere => true,
        WriteScope::AtTheRoot => resource_type.parent().is_none(),
        WriteScope::WhereOwned => resource_type.is_owned(),
    }
}

/// Whether a kind of write can be made at a resource of this type to such a target.
fn applies_to_target(kind: WriteKind, resource_type: &ResourceType, target: &Subject) -> bool {
    let fits = match kind {
        WriteKind::Publish => target.as_ref().is_everybody(),
        WriteKind::Remove => true,
        _ => !target.as_ref().is_everybody(),
    };
    fits && applies_to_type(kind, resource_type)
}

/// Refuses a row that comes to no question: it would pass for one that holds.
fn non_empty<T>(questions: Vec<T>, row: &CaseRow) -> Result<Vec<T>> {
    if questions.is_empty() {
        return Err(Diagnostic::new(
            "this row asks nothing",
            row.span.clone(),
            "nobody or nothing is left to ask about",
        ));
    }
    Ok(questions)
}
