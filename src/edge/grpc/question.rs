//! The parts of a question: subject, action, resource, and what is stated about it.

use std::borrow::Cow;

use rollcall_engine::{ResourceRef, StatedFacts, SubjectRef};

use crate::{
    edge::grpc::convert::{MAX_PARENTS, resource_ref, subject_ref},
    proto,
    service::{Caller, CheckQuestion, Error, input::Validator},
};

/// A question as its message has it.
pub(super) struct ReadQuestion<'r> {
    subject: QuestionSubject<'r>,
    /// Empty for a question about every action.
    action: &'r str,
    resource: ResourceRef<'r>,
    /// The stated parents, the nearest first.
    parents: Vec<ResourceRef<'r>>,
    owner: Option<QuestionSubject<'r>>,
}

/// A subject that a question names.
pub(super) struct QuestionSubject<'r> {
    kind: &'r str,
    /// In the form that is compared, which is another than the request's for the email of somebody invited.
    id: Cow<'r, str>,
}

impl<'r> ReadQuestion<'r> {
    /// Reads a question about every action; the mistakes are noted.
    pub(super) fn new(
        validator: &mut Validator,
        subject: Option<&'r proto::Subject>,
        resource: Option<&'r proto::ResourceRef>,
        stated: Option<&'r proto::StatedFacts>,
    ) -> Self {
        let (subject, resource) = (QuestionSubject::read(validator, "subject", subject), resource_ref(resource));
        validator.resource("resource", resource);
        let (mut parents, mut owner) = (Vec::new(), None);
        if let Some(stated) = stated {
            validator.max_entries("stated.parents", stated.parents.len(), MAX_PARENTS);
            parents.extend(stated.parents.iter().take(MAX_PARENTS).map(|parent| resource_ref(Some(parent))));
            // A path is made for a wrong one only, and an item of a batch notes no second mistake.
            let mut wrong = parents.iter().enumerate().filter(|(_, parent)| !Validator::is_resource(**parent));
            while let Some((index, parent)) = wrong.next().filter(|_| !validator.is_done()) {
                validator.resource(&format!("stated.parents[{index}]"), *parent);
            }
            owner = stated.owner.as_ref().map(|owner| QuestionSubject::read(validator, "stated.owner", Some(owner)));
        }
        Self { subject, action: "", resource, parents, owner }
    }

    /// The same question about one action.
    pub(super) fn with_action(self, validator: &mut Validator, action: &'r str) -> Self {
        validator.name("action", action);
        Self { action, ..self }
    }

    /// Reads an item of a batch.
    ///
    /// # Errors
    /// What is wrong with it, or why this caller may not ask it.
    pub(super) fn of_item(item: &'r proto::CheckItem, caller: &Caller) -> Result<Self, Error> {
        let mut validator = Validator::of_first_mistake();
        let read = Self::new(&mut validator, item.subject.as_ref(), item.resource.as_ref(), item.stated.as_ref())
            .with_action(&mut validator, &item.action);
        validator.finish()?;
        caller.check_speaks_for(read.subject().kind)?;
        Ok(read)
    }

    pub(super) fn subject(&self) -> SubjectRef<'_> {
        self.subject.as_ref()
    }

    pub(super) fn question(&self) -> CheckQuestion<'_> {
        CheckQuestion {
            subject: self.subject(),
            action: self.action,
            resource: self.resource,
            stated: StatedFacts { parents: &self.parents, owner: self.owner.as_ref().map(QuestionSubject::as_ref) },
        }
    }
}

impl<'r> QuestionSubject<'r> {
    /// Reads a subject, whose parts are at `field.type` and `field.id`; mistakes are noted.
    pub(super) fn read(validator: &mut Validator, field: &str, message: Option<&'r proto::Subject>) -> Self {
        let read = subject_ref(message);
        Self { kind: read.kind, id: validator.subject(field, read) }
    }

    pub(super) fn as_ref(&self) -> SubjectRef<'_> {
        SubjectRef { kind: self.kind, id: &self.id }
    }
}
