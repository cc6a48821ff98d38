//! Between people and the random ids that stand for them in records.

use std::collections::HashMap;

use rollcall_engine::{Profile, Subject, kind};

use crate::{service::ports::StoreResult, store::error::defect};

/// The ids of the subjects and emails that a write names.
#[derive(Debug, Default)]
pub(in crate::store) struct Ids {
    pub(in crate::store) members: HashMap<Subject, String>,
    pub(in crate::store) addresses: HashMap<String, String>,
}

/// The subjects, profiles and emails behind the ids that records name.
#[derive(Debug, Default)]
pub(in crate::store) struct Names {
    pub(in crate::store) people: HashMap<String, (Subject, Profile)>,
    pub(in crate::store) addresses: HashMap<String, Address>,
}

/// An email address, and why nothing may be sent there.
#[derive(Clone, Debug, Default)]
pub(in crate::store) struct Address {
    pub(in crate::store) email: String,
    pub(in crate::store) suppressed_for: String,
}

impl Ids {
    pub(super) fn member(&self, subject: &Subject) -> StoreResult<String> {
        self.members.get(subject).cloned().ok_or_else(|| defect("a change names a subject without an id"))
    }

    pub(super) fn address(&self, email: &str) -> StoreResult<String> {
        self.addresses.get(email).cloned().ok_or_else(|| defect("a change names an address without an id"))
    }
}

impl Names {
    /// The subject behind an id; one of type `erased` where there is none any more.
    pub(in crate::store) fn subject(&self, id: &str) -> Subject {
        self.people.get(id).map_or_else(|| Subject::new(kind::ERASED, id), |(subject, _)| subject.clone())
    }

    /// The profile behind an id; an empty one where there is none any more.
    pub(in crate::store) fn profile(&self, id: &str) -> Profile {
        self.people.get(id).map(|(_, profile)| profile.clone()).unwrap_or_default()
    }

    /// The email behind an id; empty where there is none any more.
    pub(in crate::store) fn email(&self, id: &str) -> String {
        self.address(id).email
    }

    /// The address behind an id; an empty one where there is none any more.
    pub(in crate::store) fn address(&self, id: &str) -> Address {
        self.addresses.get(id).cloned().unwrap_or_default()
    }
}
