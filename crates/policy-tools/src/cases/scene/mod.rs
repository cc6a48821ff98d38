//! The tenant that the cases of a file are about: its resources, members and groups, found by the names that the file
//! gives them.

mod facts;
mod people;
mod resources;

use rollcall_engine::{MemberStatus, Policy, ResourceKey, ResourceType, RoleId, Subject, Timestamp, kind};

use crate::cases::names::SubjectTypes;

/// The facts of a file of cases, by name.
#[derive(Clone)]
pub(crate) struct Scene<'p> {
    pub(crate) policy: &'p Policy,
    pub(crate) root: ResourceKey,
    pub(crate) subject_types: SubjectTypes,
    /// All but the root, parents before what is below them.
    pub(crate) resources: Vec<DeclaredResource>,
    /// Members, then those who are none, each in the order of the file.
    pub(crate) people: Vec<Person>,
    /// Groups: a name, and the subjects that it stands for.
    pub(crate) groups: Vec<(String, Vec<Subject>)>,
    /// People who are in the file but not in the case.
    pub(crate) left_out: Vec<Person>,
    /// When questions are asked; none is before every end.
    pub(crate) now: Option<Timestamp>,
    /// Whether no declaration of the file is wrong, so that what rows come to follows from the rows.
    pub(crate) is_sound: bool,
}

/// A resource that the file declares.
#[derive(Clone)]
pub(crate) struct DeclaredResource {
    pub(crate) name: String,
    pub(crate) key: ResourceKey,
    pub(crate) parent: ResourceKey,
    pub(crate) owner: Option<Subject>,
    pub(crate) archived: bool,
    pub(crate) registered: bool,
}

/// Somebody whom the file names.
#[derive(Clone)]
pub(crate) struct Person {
    pub(crate) name: String,
    pub(crate) subject: Subject,
    /// Their status, and whether they are locked; none for one who is no member.
    pub(crate) member_state: Option<(MemberStatus, bool)>,
    pub(crate) roles: Vec<AssignedRole>,
}

/// A role that a member has at a resource.
#[derive(Clone, Debug)]
pub(crate) struct AssignedRole {
    pub(crate) at: ResourceKey,
    pub(crate) role: RoleId,
    /// The instant from which on it counts no more; none if it is permanent.
    pub(crate) until: Option<Timestamp>,
}

/// The resource that a case is on.
pub(crate) struct CaseResource<'s> {
    pub(crate) resource_type: &'s ResourceType,
    /// Its id; none for the record of whoever acts.
    pub(crate) id: Option<String>,
    /// The declaration; none for the root, and for a resource that the file does not declare.
    pub(crate) declared: Option<&'s DeclaredResource>,
    pub(crate) registered: bool,
}

/// The id of the record that a subject has: a user's own id, and for anybody else one that nobody's record has.
pub(crate) fn record_id(subject: &Subject) -> String {
    if subject.kind == kind::USER { subject.id.clone() } else { subject.to_string() }
}
