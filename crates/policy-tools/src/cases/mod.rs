//! The cases of a policy: a tenant's facts, and what must and must not be let happen there.
//!
//! A file of cases says much in few words (several people, actions and resources a row, "anything else", "everybody
//! else"); what is read from it is spelt out, a [`Check`] or [`Write`] for each single question.

mod declare;
mod expand;
mod rows;
mod scene;

use expand::Left;
use rollcall_engine::{
    Change, Diagnostics, MembershipWrite, Policy, ResourceKey, Subject,
    reader::{Fields, Lines, read_file},
};

/// A case, spelt out.
#[derive(Clone, Debug)]
pub struct Case {
    /// What it shows.
    pub name: String,
    /// The tenant's facts, in an order in which a view can follow them.
    pub facts: Vec<Change>,
    /// The questions about actions, in the order of the file.
    pub checks: Vec<CheckCase>,
    /// The questions about membership writes, in the order of the file.
    pub writes: Vec<WriteCase>,
}

/// What a row says must come out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expected {
    /// The line of the row, counted from 1.
    pub line: u32,
    /// Whether it must be allowed.
    pub allowed: bool,
    /// For a denial, the code of the reason that it must have, where the case names one.
    pub reason: Option<String>,
}

/// May this subject do this here?
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckCase {
    /// What must come out.
    pub expected: Expected,
    /// Who acts.
    pub subject: Subject,
    /// An action of the resource's type.
    pub action: String,
    /// What it is done to.
    pub resource: ResourceKey,
    /// For a resource that is not registered, the parent that the request states.
    pub parent: Option<ResourceKey>,
    /// For a resource that is not registered, the owner that the request states.
    pub owner: Option<Subject>,
}

/// May this actor make this membership write?
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WriteCase {
    /// What must come out.
    pub expected: Expected,
    /// Who acts.
    pub actor: Subject,
    /// What is asked for.
    pub wanted: MembershipWrite,
    /// The member written to, or the person invited.
    pub target: Subject,
    /// The registered resource that it is done at.
    pub at: ResourceKey,
}

/// Reads the text of a file of cases, written for this policy; `path` is only shown in diagnostics.
///
/// # Errors
/// Every mistake in the file.
pub fn read(path: &str, text: &str, policy: &Policy) -> Result<Vec<Case>, Diagnostics> {
    read_file(path, text, |table, problems| {
        let mut fields = Fields::new(table, "a file of cases", 0..0);
        let scene = declare::read(&mut fields, policy, problems);
        let cases = fields.tables("case", "a case", problems);
        fields.finish(problems);
        let lines = Lines::new(text);
        let cases: Vec<_> = cases.into_iter().filter_map(|case| rows::read(case, &lines, problems)).collect();
        let scene = scene?;
        let mut left = Left::all();
        Some(cases.iter().filter_map(|case| expand::spelt_out(&scene, case, &mut left, problems)).collect())
    })
}
