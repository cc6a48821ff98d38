//! Reads the people and groups that a file of cases names.

use std::collections::HashSet;

use rollcall_engine::{
    Diagnostic, MemberStatus, Subject, kind,
    reader::{Fields, Located, Value, one_or_more},
};

use crate::cases::{
    declare::builder::{SceneBuilder, key_name},
    mistakes::NameKind,
    names::{EVERYBODY, EVERYBODY_ELSE, OPERATOR, SELF, ambiguous, declared_id},
    scene::{AssignedRole, Person},
};

/// Names that no person and no group can have.
const RESERVED: [&str; 5] = ["", OPERATOR, SELF, EVERYBODY, EVERYBODY_ELSE];

impl SceneBuilder<'_, '_, '_> {
    /// Adds people who are no members.
    pub(super) fn add_non_members(&mut self, names: &[Located<String>]) {
        for name in names {
            if let Err(diagnostic) = self.add_person(name, (None, None), None, Vec::new()) {
                self.mistakes.push(diagnostic);
            }
        }
    }

    /// Adds somebody of this type and id, where they are given.
    ///
    /// # Errors
    /// When the name can't be theirs. Its uses are then no further mistakes.
    pub(super) fn add_person(
        &mut self,
        name: &Located<String>,
        (subject_type, id): (Option<&Located<String>>, Option<&Located<String>>),
        member_state: Option<(MemberStatus, bool)>,
        roles: Vec<AssignedRole>,
    ) -> Result<(), Diagnostic> {
        let reading = self.scene.subject_types.split(&name.value);
        let kind = subject_type.map(|given| given.value.as_str()).or(reading.map(|(kind, _)| kind));
        let kind = kind.unwrap_or(kind::USER);
        let subject = declared_id(name, kind, id, reading).and_then(|id| {
            let subject = Subject::new(kind, id);
            let mistake = reserved_name(name).or_else(|| self.taken_subject(name, &subject));
            mistake.or_else(|| self.other_reading(name, &subject)).map_or(Ok(subject), Err)
        });
        let subject = subject.inspect_err(|_| {
            for name in [Some(name), id].into_iter().flatten() {
                self.mistakes.excuse(NameKind::Subject, &name.value);
            }
        })?;
        self.scene.people.push(Person { name: name.value.clone(), subject, member_state, roles });
        Ok(())
    }

    /// Adds the groups of the table `[groups]`, each of people and of groups before it.
    pub(super) fn add_groups(&mut self, table: Option<&Fields<'_, '_>>) {
        for (key, value) in table.into_iter().flat_map(Fields::rest) {
            self.add_group(&key_name(key), value);
        }
    }

    fn add_group(&mut self, name: &Located<String>, value: Value<'_, '_>) {
        let mut people = Vec::new();
        for person in one_or_more(value, &name.value, self.mistakes.problems()).unwrap_or_default() {
            people.extend(self.scene.subjects(&person, self.mistakes).unwrap_or_default());
        }
        // Groups of groups would otherwise double from one to the next.
        let mut seen = HashSet::new();
        people.retain(|person: &Subject| seen.insert(person.clone()));
        let reading = self.scene.subject_types.split(&name.value);
        let ambiguous = reading.map(|reading| {
            let help = format!("give the group a name that does not begin with `{}:`", reading.0);
            ambiguous(&name.value, name.span.clone(), reading, "the group").help(help)
        });
        let user = || self.taken_subject(name, &Subject::user(&name.value));
        match reserved_name(name).or(ambiguous).or_else(user) {
            Some(diagnostic) => {
                self.mistakes.push(diagnostic);
                self.mistakes.excuse(NameKind::Subject, &name.value);
            }
            None => self.scene.groups.push((name.value.clone(), people)),
        }
    }

    /// The mistake of a name, or of whom it is given to, that was declared before.
    fn taken_subject(&self, name: &Located<String>, subject: &Subject) -> Option<Diagnostic> {
        if subject.kind == kind::OPERATOR {
            return Some(impossible(name, "this word means something else in a case"));
        }
        let is_name = self.scene.people.iter().any(|person| person.name == name.value);
        let is_group = self.scene.groups.iter().any(|(group, _)| *group == name.value);
        if is_name || is_group {
            return Some(impossible(name, "named before"));
        }
        let other = self.scene.person(subject)?;
        let label = format!("the `{}` `{}` is named `{}` before", subject.kind, subject.id, other.name);
        Some(impossible(name, label))
    }

    /// The mistake of a name that reads as somebody else who is declared before, or of a subject as whom such a name
    /// reads.
    fn other_reading(&self, name: &Located<String>, subject: &Subject) -> Option<Diagnostic> {
        let types = &self.scene.subject_types;
        let reading = types.read(&name.value);
        let (text, read, named) = if reading != *subject && self.scene.person(&reading).is_some() {
            (&name.value, &reading, subject)
        } else {
            let other = self.scene.people.iter().find(|person| types.read(&person.name) == *subject)?;
            (&other.name, subject, &other.subject)
        };
        let other = format!("the `{}` `{}`", named.kind, named.id);
        let help = "give one of the two another name, and its `id`";
        Some(ambiguous(text, name.span.clone(), (&read.kind, &read.id), &other).help(help))
    }
}

/// The mistake of a name that means something else in a case.
fn reserved_name(name: &Located<String>) -> Option<Diagnostic> {
    let is_reserved = RESERVED.contains(&name.value.as_str());
    is_reserved.then(|| impossible(name, "this word means something else in a case"))
}

fn impossible(name: &Located<String>, label: impl Into<String>) -> Diagnostic {
    Diagnostic::new("this can't be the name of somebody", name.span.clone(), label)
}
