//! A row whose people are known: who acts, and to whom.

use std::{collections::HashSet, hash::Hash};

use rollcall_engine::{Diagnostic, Subject, reader::Located};

use crate::cases::{
    case::Expected,
    mistakes::{Mistakes, NameKind, unknown},
    names::{EVERYBODY, EVERYBODY_ELSE, SELF, operator},
    rows::CaseRow,
    scene::Scene,
};

/// A row of which all that does not depend on the resource has been looked up.
pub(super) struct ReadRow<'r> {
    pub(super) row: &'r CaseRow,
    /// Who acts, each once.
    pub(super) actors: Vec<Subject>,
    targets: Vec<Targets>,
    /// Whether nothing was wrong with what was looked up.
    pub(super) is_sound: bool,
}

/// To whom one word of `whom` has writes made.
enum Targets {
    Actor,
    Everybody,
    EverybodyElse,
    Named(Vec<Subject>),
}

/// Those whom some rows name. Unknown names are left out here: reading the row reports them.
pub(super) fn named(scene: &Scene<'_>, rows: &[CaseRow]) -> HashSet<Subject> {
    let mut known = HashSet::new();
    let names = rows.iter().flat_map(|row| &row.who).filter(|name| known.insert(name.value.as_str()));
    names.flat_map(|name| scene.find_subjects(&name.value).unwrap_or_default()).collect()
}

impl<'r> ReadRow<'r> {
    /// Looks up the people of a row; "everybody else" are those who are not in `named`. `denials` are the codes that a
    /// reason may have, and `other_denials` those that it may have in the other kind of rows.
    pub(super) fn new(
        scene: &Scene<'_>,
        row: &'r CaseRow,
        named: &HashSet<Subject>,
        (denials, other_denials): (&[&str], &[&str]),
        mistakes: &mut Mistakes<'_>,
    ) -> Self {
        let everybody = || scene.people.iter().map(|person| person.subject.clone()).chain([operator()]);
        let mut read = Self { row, actors: Vec::new(), targets: Vec::new(), is_sound: true };
        for word in &row.who {
            match word.value.as_str() {
                EVERYBODY => read.actors.extend(everybody()),
                EVERYBODY_ELSE => read.actors.extend(everybody().filter(|subject| !named.contains(subject))),
                _ => read.actors.extend(read_people(scene, word, &mut read.is_sound, mistakes)),
            }
        }
        read.actors = deduplicated(read.actors);
        for word in &row.whom {
            read.targets.push(match word.value.as_str() {
                SELF => Targets::Actor,
                EVERYBODY => Targets::Everybody,
                EVERYBODY_ELSE => Targets::EverybodyElse,
                _ => Targets::Named(read_people(scene, word, &mut read.is_sound, mistakes)),
            });
        }
        if let Some(reason) = &row.reason {
            check_reason(row, reason, (denials, other_denials), mistakes);
        }
        if let (Some(until), Some(now)) = (&row.until, scene.now)
            && until.value <= now
        {
            let label = format!("expected an instant after {now}, when the questions are asked");
            mistakes.push(Diagnostic::new("`until` is not after `now`", until.span.clone(), label));
        }
        read
    }

    /// The targets of an actor's writes, each once. "Everybody else" are all but the actor.
    pub(super) fn targets(&self, scene: &Scene<'_>, actor: &Subject) -> Vec<Subject> {
        let everybody = || scene.people.iter().map(|person| person.subject.clone());
        let mut targets = Vec::new();
        for word in &self.targets {
            match word {
                Targets::Actor => targets.push(actor.clone()),
                Targets::Everybody => targets.extend(everybody()),
                Targets::EverybodyElse => targets.extend(everybody().filter(|subject| subject != actor)),
                Targets::Named(people) => targets.extend(people.iter().cloned()),
            }
        }
        deduplicated(targets)
    }

    /// The outcome that the row demands, by whether it is to be allowed.
    pub(super) fn expected(&self, allowed: bool) -> Expected {
        let reason = self.row.reason.as_ref().filter(|_| !allowed).map(|reason| reason.value.clone());
        Expected { line: self.row.line, allowed, reason }
    }

    /// Reports a row that comes to no question: it would pass for one that holds. Where something else is wrong, that
    /// may be why.
    pub(super) fn check_asks(&self, is_empty: bool, scene: &Scene<'_>, mistakes: &mut Mistakes<'_>) {
        if is_empty && scene.is_sound {
            let label = "nobody or nothing is left to ask about";
            mistakes.push(Diagnostic::new("this row asks nothing", self.row.span.clone(), label));
        }
    }
}

fn read_people(
    scene: &Scene<'_>,
    name: &Located<String>,
    is_sound: &mut bool,
    mistakes: &mut Mistakes<'_>,
) -> Vec<Subject> {
    let found = scene.subjects(name, mistakes);
    *is_sound &= found.is_some();
    found.unwrap_or_default()
}

fn check_reason(
    row: &CaseRow,
    reason: &Located<String>,
    (denials, other_denials): (&[&str], &[&str]),
    mistakes: &mut Mistakes<'_>,
) {
    if row.may_not.is_empty() {
        let message = "a reason says why something is denied";
        mistakes.push(Diagnostic::new(message, reason.span.clone(), "this row denies nothing"));
    } else if !denials.contains(&reason.value.as_str()) {
        let is_of_others = other_denials.contains(&reason.value.as_str());
        let scope = if !is_of_others {
            ""
        } else if row.whom.is_empty() {
            "actions"
        } else {
            "writes"
        };
        let known = denials.iter().copied();
        mistakes.wrong_name(NameKind::Reason, scope, reason, || unknown("reason", reason, known));
    }
}

/// The same without duplicates, each where it comes first.
pub(super) fn deduplicated<T: Clone + Eq + Hash>(mut all: Vec<T>) -> Vec<T> {
    let mut seen = HashSet::new();
    all.retain(|one| seen.insert(one.clone()));
    all
}
