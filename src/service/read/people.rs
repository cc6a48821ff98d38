//! The subjects that questions name by email, as the members that have the addresses.

use std::collections::HashMap;

use rollcall_engine::{StatedFacts, Subject, SubjectRef, kind};

use crate::service::{Service, error::Result, read::question::CheckQuestion};

/// Whoever the emails of a request are of; one that nobody has is not in here.
#[derive(Debug, Default)]
pub(super) struct ResolvedSubjects(HashMap<String, Subject>);

impl ResolvedSubjects {
    /// The member who has the address that a subject names; another subject as it is.
    pub(super) fn subject<'a>(&'a self, subject: SubjectRef<'a>) -> SubjectRef<'a> {
        if subject.kind != kind::EMAIL {
            return subject;
        }
        self.0.get(subject.id).map_or(subject, Subject::as_ref)
    }

    /// A question about the same people.
    pub(super) fn in_question<'a>(&'a self, question: &CheckQuestion<'a>) -> CheckQuestion<'a> {
        if self.0.is_empty() {
            return *question;
        }
        let owner = question.stated.owner.map(|owner| self.subject(owner));
        CheckQuestion {
            subject: self.subject(question.subject),
            stated: StatedFacts { owner, ..question.stated },
            ..*question
        }
    }
}

impl Service {
    /// The members that these questions name by email, as the store has them now. Costs nothing where none does.
    pub(super) async fn resolved<'q>(
        &self,
        tenant: &str,
        questions: impl IntoIterator<Item = &'q CheckQuestion<'q>>,
    ) -> Result<ResolvedSubjects> {
        let subjects = questions.into_iter().flat_map(|question| [Some(question.subject), question.stated.owner]);
        self.resolved_subjects(tenant, subjects).await
    }

    /// The members that these subjects name by email, as the store has them now.
    pub(super) async fn resolved_subjects<'q>(
        &self,
        tenant: &str,
        subjects: impl IntoIterator<Item = Option<SubjectRef<'q>>>,
    ) -> Result<ResolvedSubjects> {
        let by_email = subjects.into_iter().flatten().filter(|subject| subject.kind == kind::EMAIL);
        let mut emails: Vec<&str> = by_email.map(|subject| subject.id).collect();
        let mut found = ResolvedSubjects::default();
        if emails.is_empty() {
            return Ok(found);
        }
        emails.sort_unstable();
        emails.dedup();
        let Some(mut snapshot) = self.store.snapshot(tenant).await? else { return Ok(found) };
        for email in emails {
            if let Some(member) = snapshot.subject_of_email(email).await? {
                found.0.insert(email.to_owned(), member);
            }
        }
        Ok(found)
    }
}
