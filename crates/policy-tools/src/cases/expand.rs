//! From the rows of a case to single questions.

use std::{collections::HashSet, hash::Hash};

use rollcall_engine::{
    Action, Diagnostic, MembershipWrite, Reason, Refusal, ResourceKey, ResourceType, RoleId, Subject, WriteKind,
    WriteScope,
    reader::{At, Problems},
};

use crate::cases::{
    Case, CheckCase, Expected, WriteCase,
    rows::{self, Row},
    scene::{EVERYBODY, EVERYBODY_ELSE, OPERATOR, SELF, Scene, Spot, subject_of, unknown},
};

/// In place of actions or operations: all that there are.
const ANYTHING: &str = "anything";
/// In place of actions or operations: all but those of the row's other side.
const ANYTHING_ELSE: &str = "anything else";

/// The rows of a file may come to this many questions, those included that turn out to be none.
const MAX_QUESTIONS: usize = 100_000;

/// How many questions a file may still come to.
pub(crate) struct Left(usize);

impl Left {
    /// As many as a file may have.
    pub(crate) fn all() -> Self {
        Self(MAX_QUESTIONS)
    }

    /// Takes some; none may be asked past the limit.
    fn take(&mut self, questions: usize, row: &Row) -> Result<()> {
        let Some(left) = self.0.checked_sub(questions) else {
            self.0 = 0;
            let message = format!("the rows of this file come to more than {MAX_QUESTIONS} questions");
            let diagnostic = Diagnostic::new(message, row.span.clone(), "from this row on");
            return Err(diagnostic.help("name fewer people, actions or roles, or split the file"));
        };
        self.0 = left;
        Ok(())
    }
}

type Result<T> = std::result::Result<T, Diagnostic>;

/// Spells out a case; none when nothing can be asked.
pub(crate) fn spelt_out(
    scene: &Scene<'_>,
    case: &rows::Case,
    left: &mut Left,
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
        let spot = match scene.spot(on) {
            Ok(spot) => spot,
            Err(diagnostic) => {
                problems.push(diagnostic);
                continue;
            }
        };
        for row in &case.actions {
            match checks_of(&scene, &named.0, &spot, row, left) {
                Ok(asked) => checks.extend(asked),
                Err(diagnostic) => problems.push(diagnostic),
            }
        }
        for row in &case.writes {
            match writes_of(&scene, &named.1, (on, &spot), row, left) {
                Ok(asked) => writes.extend(asked),
                Err(diagnostic) => problems.push(diagnostic),
            }
        }
    }
    Some(Case { name: case.name.clone(), facts: scene.facts(), checks, writes })
}

fn checks_of(
    scene: &Scene<'_>,
    named: &HashSet<Subject>,
    spot: &Spot<'_>,
    row: &Row,
    left: &mut Left,
) -> Result<Vec<CheckCase>> {
    let known: Vec<&str> = spot.of.actions().iter().map(Action::name).collect();
    let denials: Vec<&str> =
        Reason::ALL.iter().filter(|reason| !reason.allowed()).map(|reason| reason.code()).collect();
    let expected = expected(row, &denials)?;
    let mut checks = Vec::new();
    for subject in actors(scene, row, named)? {
        for (words, others, allowed) in [(&row.may, &row.may_not, true), (&row.may_not, &row.may, false)] {
            for action in pick(words, others, (&known, &known), ("action", spot.of.name()))? {
                left.take(1, row)?;
                checks.push(CheckCase {
                    expected: expected(allowed),
                    subject: subject.clone(),
                    action: action.to_owned(),
                    resource: ResourceKey::new(spot.of.name(), spot.id.as_ref().unwrap_or(&subject.id)),
                    parent: spot.declared.map(|declared| declared.parent.clone()),
                    owner: spot.declared.and_then(|declared| declared.owner.clone()),
                });
            }
        }
    }
    something(checks, row)
}

fn writes_of(
    scene: &Scene<'_>,
    named: &HashSet<Subject>,
    (on, spot): (&At<String>, &Spot<'_>),
    row: &Row,
    left: &mut Left,
) -> Result<Vec<WriteCase>> {
    let (true, Some(id)) = (spot.registered, &spot.id) else {
        let message = format!("`{}` is not registered, so nobody is a member there", on.value);
        return Err(Diagnostic::new(message, on.span.clone(), "take `writes` out of this case"));
    };
    let at = ResourceKey::new(spot.of.name(), id);
    let known: Vec<&str> =
        WriteKind::ALL.into_iter().filter(|verb| means_something(*verb, spot.of)).map(WriteKind::name).collect();
    let expected = expected(row, &Refusal::CODES)?;
    let mut writes = Vec::new();
    for actor in actors(scene, row, named)? {
        for target in targets(scene, row, &actor)? {
            let usual: Vec<&str> = WriteKind::ALL
                .into_iter()
                .filter(|verb| is_usual(*verb, spot.of, &target))
                .map(WriteKind::name)
                .collect();
            for (words, others, allowed) in [(&row.may, &row.may_not, true), (&row.may_not, &row.may, false)] {
                for operation in pick(words, others, (&known, &usual), ("membership write", spot.of.name()))? {
                    let wanted = wanted(scene, spot.of, &at, row, operation, &target)?;
                    left.take(wanted.len().max(1), row)?;
                    for wanted in wanted {
                        writes.push(WriteCase {
                            expected: expected(allowed),
                            actor: actor.clone(),
                            wanted,
                            target: target.clone(),
                            at: at.clone(),
                        });
                    }
                }
            }
        }
    }
    sides_count(row, &writes)?;
    something(writes, row)
}

/// A role that no write of the row takes or gives was meant for another operation.
fn sides_count(row: &Row, writes: &[WriteCase]) -> Result<()> {
    let takes = |write: &WriteCase| write.wanted.kind.removes_roles();
    let gives = |write: &WriteCase| write.wanted.kind.grants_roles();
    let idle = |name: &At<String>| {
        Err(Diagnostic::new("no write of this row takes or gives this role", name.span.clone(), "take this out"))
    };
    match (&row.from, row.to.first()) {
        (Some(from), _) if !writes.iter().any(takes) => idle(from),
        (_, Some(to)) if !writes.iter().any(gives) => idle(to),
        _ => Ok(()),
    }
}

/// What a row expects, given whether that is a grant.
fn expected<'r>(row: &'r Row, denials: &[&str]) -> Result<impl Fn(bool) -> Expected + 'r> {
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

/// Those whom some rows name; unknown names are told elsewhere.
fn named(scene: &Scene<'_>, rows: &[Row]) -> HashSet<Subject> {
    let mut known = HashSet::new();
    let names = rows.iter().flat_map(|row| &row.who).filter(|name| known.insert(name.value.as_str()));
    names.flat_map(|name| scene.subjects(name).unwrap_or_default()).collect()
}

/// Who acts in a row, each once. "Everybody else" are those whom no row beside it names.
fn actors(scene: &Scene<'_>, row: &Row, named: &HashSet<Subject>) -> Result<Vec<Subject>> {
    let everybody = || scene.people.iter().map(|person| person.subject.clone()).chain([subject_of(OPERATOR)]);
    let mut actors = Vec::new();
    for word in &row.who {
        match word.value.as_str() {
            EVERYBODY => actors.extend(everybody()),
            EVERYBODY_ELSE => actors.extend(everybody().filter(|subject| !named.contains(subject))),
            _ => actors.extend(scene.subjects(word)?),
        }
    }
    Ok(once(actors))
}

/// Whom an actor writes to, each once. "Everybody else" are all but the actor.
fn targets(scene: &Scene<'_>, row: &Row, actor: &Subject) -> Result<Vec<Subject>> {
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
    Ok(once(targets))
}

/// The same, each where it comes first.
fn once<T: Clone + Eq + Hash>(mut all: Vec<T>) -> Vec<T> {
    let mut seen = HashSet::new();
    all.retain(|one| seen.insert(one.clone()));
    all
}

/// The actions or operations that one side of a row names, of those that are known; "anything" stands for the usual
/// ones.
fn pick<'k>(
    words: &[At<String>],
    others: &[At<String>],
    (known, usual): (&[&'k str], &[&'k str]),
    (what, of): (&str, &str),
) -> Result<Vec<&'k str>> {
    let mut picked = Vec::new();
    for word in words {
        match word.value.as_str() {
            ANYTHING => picked.extend(usual),
            ANYTHING_ELSE if others.is_empty() => {
                let help = "name the rest on the row's other side, or write `anything`";
                let message = "else than what? The row's other side is empty";
                return Err(Diagnostic::new(message, word.span.clone(), "this side").help(help));
            }
            ANYTHING_ELSE => {
                picked.extend(usual.iter().filter(|name| !others.iter().any(|other| other.value == **name)));
            }
            name => {
                let found = known.iter().find(|known| **known == name);
                picked.push(*found.ok_or_else(|| {
                    let label = format!("not one of `{of}`");
                    Diagnostic { label, ..unknown(what, word, known.iter().copied()) }
                })?);
            }
        }
    }
    Ok(once(picked))
}

/// The writes that an operation comes to: one for each role that it gives.
fn wanted(
    scene: &Scene<'_>,
    of: &ResourceType,
    at: &ResourceKey,
    row: &Row,
    operation: &str,
    target: &Subject,
) -> Result<Vec<MembershipWrite>> {
    let held = scene.roles_at(target, at);
    let named = match &row.from {
        None => None,
        Some(name) => {
            let role = scene.role(of, name)?;
            if !held.contains(&role) {
                let message = format!("`{target}` holds no `{}` at `{at}` in these facts", name.value);
                return Err(Diagnostic::new(message, name.span.clone(), "not held"));
            }
            Some(role)
        }
    };
    let given: Vec<RoleId> = row.to.iter().map(|name| scene.role(of, name)).collect::<Result<_>>()?;
    let Some(verb) = WriteKind::of_name(operation).filter(|verb| verb.grants_roles()) else {
        let taking = |verb: WriteKind| MembershipWrite::plain(verb).taking(named.filter(|_| verb.removes_roles()));
        return Ok(WriteKind::of_name(operation).map(taking).into_iter().collect());
    };
    let given = if given.is_empty() {
        // "May change" without a role means to any other.
        of.roles().iter().copied().filter(|to| verb != WriteKind::Change || !held.contains(to)).collect()
    } else {
        given
    };
    let taken = named.filter(|_| verb.removes_roles());
    Ok(given.into_iter().map(|to| MembershipWrite::giving(verb, to).taking(taken)).collect())
}

/// Whether a kind of write can be done at a resource of this type.
fn means_something(verb: WriteKind, of: &ResourceType) -> bool {
    match verb.scope() {
        WriteScope::Anywhere => true,
        WriteScope::AtTheRoot => of.parent().is_none(),
        WriteScope::WhereOwned => of.is_owned(),
    }
}

/// Whether a kind of write is one that can be done to such a target.
fn is_usual(verb: WriteKind, of: &ResourceType, target: &Subject) -> bool {
    let fits = match verb {
        WriteKind::Publish => target.as_ref().is_everybody(),
        WriteKind::Remove => true,
        _ => !target.as_ref().is_everybody(),
    };
    fits && means_something(verb, of)
}

/// A row that comes to no question would pass for one that holds.
fn something<T>(questions: Vec<T>, row: &Row) -> Result<Vec<T>> {
    if questions.is_empty() {
        return Err(Diagnostic::new(
            "a row comes to nothing",
            row.span.clone(),
            "nobody or nothing is left to ask about",
        ));
    }
    Ok(questions)
}
