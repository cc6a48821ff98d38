//! What is read from a file of cases: each case with its facts, and a single question for each thing that must or must
//! not be allowed.

use std::sync::Arc;

use rollcall_engine::{Change, MembershipWrite, ResourceKey, Subject, Timestamp};

/// A case with its facts, expanded to single questions.
#[derive(Clone, Debug)]
pub struct Case {
    /// What the case shows, as the author of the file puts it; need not be unique.
    pub name: String,
    /// The tenant's facts as changes, in an order in which a view can apply them: parents before what is below them,
    /// members before their roles.
    pub facts: Vec<Change>,
    /// The instant at which the questions are asked: roles that end then or before count no more. None: before every
    /// end.
    pub now: Option<Timestamp>,
    /// The questions about actions, in the order of the file.
    pub checks: Vec<CheckCase>,
    /// The questions about membership writes, in the order of the file.
    pub writes: Vec<WriteCase>,
}

/// The outcome that a row of a case demands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expected {
    /// The line of the row in the file, counted from 1.
    pub line: u32,
    /// Whether the answer must be that it is allowed.
    pub allowed: bool,
    /// For a denial, the code that the reason must have, such as `NOT_GRANTED`; none where any will do, and where it
    /// must be allowed.
    pub reason: Option<String>,
}

/// A question about an action: may this subject do it on this resource?
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckCase {
    /// The outcome that the file demands.
    pub expected: Expected,
    /// Who would act: somebody whom the file names, a team or the operator; need not be a member.
    pub subject: Subject,
    /// The name of an action; the type of the resource has one of that name.
    pub action: String,
    /// What it would be done to; its type is in the policy, but it need not be registered.
    pub resource: ResourceKey,
    /// What the file declares above it, the nearest first, up to the first resource that is registered: what a request
    /// states for a resource that is not. Empty for the root, and for a resource that the file does not declare.
    pub parents: Arc<[ResourceKey]>,
    /// The owner that the file declares, which a request states for a resource that is not registered.
    pub owner: Option<Subject>,
}

/// A question about a membership write: may this actor make it?
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WriteCase {
    /// The outcome that the file demands.
    pub expected: Expected,
    /// Who would make the write: somebody whom the file names, a team or the operator.
    pub actor: Subject,
    /// The write: its kind, the roles that it removes and grants, and when those that it grants end.
    pub operation: MembershipWrite,
    /// The member written to, or the person invited.
    pub target: Subject,
    /// The resource at which it would be made; it is registered.
    pub at: ResourceKey,
}
