//! The people, teams and groups of a scene, by name.

use std::collections::HashSet;

use rollcall_engine::{Diagnostic, ResourceKey, ResourceType, Subject, reader::Located};

use crate::cases::{
    mistakes::{Mistakes, NameKind, unknown},
    names::{OPERATOR, operator, split},
    scene::{AssignedRole, DeclaredResource, Person, Scene},
};

impl Scene<'_> {
    /// The subjects of a name: one, or those of a group. None where nobody has it, which is reported.
    pub(crate) fn subjects(&self, name: &Located<String>, mistakes: &mut Mistakes<'_>) -> Option<Vec<Subject>> {
        let found = self.find_subjects(&name.value);
        if found.is_none() {
            self.report_subject(name, mistakes);
        }
        found
    }

    /// The subject of a name. None where nobody has it, which is reported.
    pub(crate) fn subject(&self, name: &Located<String>, mistakes: &mut Mistakes<'_>) -> Option<Subject> {
        let found = self.find_subject(&name.value);
        if found.is_none() {
            self.report_subject(name, mistakes);
        }
        found
    }

    /// As [`Scene::subjects`], without a report.
    pub(crate) fn find_subjects(&self, name: &str) -> Option<Vec<Subject>> {
        match self.groups.iter().find(|(group, _)| group == name) {
            Some((_, people)) => Some(people.clone()),
            None => self.find_subject(name).map(|one| vec![one]),
        }
    }

    /// The subject of a name; a team and everybody (`*`) need not be among the people.
    fn find_subject(&self, name: &str) -> Option<Subject> {
        if let Some(person) = self.people.iter().find(|person| person.name == name) {
            return Some(person.subject.clone());
        }
        if name == OPERATOR {
            return Some(operator());
        }
        let subject = self.subject_types.read(name);
        let is_known = subject.as_ref().is_everybody() || self.is_team(&subject) || self.person(&subject).is_some();
        is_known.then_some(subject)
    }

    fn report_subject(&self, name: &Located<String>, mistakes: &mut Mistakes<'_>) {
        let subject = self.subject_types.read(&name.value);
        if self.left_out.iter().any(|person| person.name == name.value || person.subject == subject) {
            let message = format!("`{}` is left out of this case", name.value);
            return mistakes.push(Diagnostic::new(message, name.span.clone(), "named in its `without`"));
        }
        // Two ways of writing one name are one name.
        let canonical = Located::new(subject.to_string(), name.span.clone());
        mistakes.wrong_name(NameKind::Subject, "", &canonical, || {
            let teams = self.resources.iter().map(|declared| declared.key.to_string());
            let teams = teams.zip(&self.resources).filter(|(_, declared)| self.is_team_type(&declared.key.kind));
            let teams: Vec<String> = teams.map(|(team, _)| team).collect();
            let people = self.people.iter().map(|person| &person.name);
            let known = people.chain(self.groups.iter().map(|(group, _)| group)).chain(&teams);
            let diagnostic = unknown("subject", name, known.map(String::as_str));
            match split(&name.value) {
                Some((kind, _)) if self.subject_types.split(&name.value).is_none() => Diagnostic {
                    label: format!("nobody is named so, and `{kind}` is no type of subjects"),
                    ..diagnostic
                },
                _ => diagnostic,
            }
        });
    }

    fn is_team_type(&self, kind: &str) -> bool {
        self.policy.find_type(kind).is_ok_and(ResourceType::is_team_type)
    }

    /// Whether a subject is a team that the file declares.
    fn is_team(&self, subject: &Subject) -> bool {
        let named = |declared: &&DeclaredResource| declared.key.kind == subject.kind && declared.key.id == subject.id;
        self.policy.is_team(subject.as_ref()) && self.resources.iter().any(|declared| named(&declared))
    }

    /// Leaves some people out of the facts. Names that nobody has are reported.
    pub(crate) fn leave_out(&mut self, names: &[Located<String>], mistakes: &mut Mistakes<'_>) {
        let gone: HashSet<Subject> = names.iter().filter_map(|name| self.subjects(name, mistakes)).flatten().collect();
        let stays = |subject: &Subject| !gone.contains(subject);
        (self.people, self.left_out) = self.people.drain(..).partition(|person| stays(&person.subject));
        for (_, people) in &mut self.groups {
            people.retain(stays);
        }
    }

    pub(crate) fn person(&self, subject: &Subject) -> Option<&Person> {
        self.people.iter().find(|person| person.subject == *subject)
    }

    /// The roles that a subject holds at a resource by bindings that have not ended, in the order of the policy.
    pub(crate) fn roles_at(&self, subject: &Subject, at: &ResourceKey) -> Vec<AssignedRole> {
        let assigned_roles = self.person(subject).map_or(&[][..], |person| &person.roles);
        let counts = |assigned: &&AssignedRole| {
            assigned.at == *at && assigned.until.is_none_or(|end| self.now.is_none_or(|now| end > now))
        };
        let mut roles: Vec<AssignedRole> = assigned_roles.iter().filter(counts).cloned().collect();
        roles.sort_unstable_by_key(|assigned| assigned.role);
        roles
    }
}
