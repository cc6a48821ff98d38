//! A decision in words: what was decided, by which rule, on which roles, and what would change a denial.

use crate::{
    decision::reason::Reason,
    domain::{ResourceKey, Subject, SubjectRef},
};

/// A decision in words, and what it rests on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// The whole matter in one sentence, without a full stop; names are in backticks.
    pub summary: String,
    /// The name of the policy that decided, as its file has it.
    pub policy: String,
    /// The version of that policy, from 1 to 1,000,000.
    pub version: u32,
    /// The line of the action's rule in the policy's file, counted from 1.
    pub line: u32,
    /// The action's rule as the file has it.
    pub rule: String,
    /// The roles that the subject holds at the resource and above it, with those that they imply, from the resource up
    /// to the root. A role is here once for each assignment that brings it. Empty for an operator, and where neither
    /// the resource nor anything that is stated above it is registered.
    pub held_roles: Vec<HeldRole>,
    /// What would turn a denial into a grant, the nearest first: a role of the resource's own type before one of a type
    /// above, and one that implies less before one that implies more. Only for [`Reason::NotGranted`],
    /// [`Reason::NotAMember`] and [`Reason::MemberInvited`]; else empty, as it is where nothing that can be given would
    /// do.
    pub ways_in: Vec<WayIn>,
}

/// A role that a subject holds, and from where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldRole {
    /// The role with its type: `job_site.editor`.
    pub role: String,
    /// The assigned role that implies it, with its type; none when the role itself is assigned.
    pub implied_by: Option<String>,
    /// The resource at which the role, or the one that implies it, is assigned.
    pub at: ResourceKey,
    /// The member to whom it is assigned on the subject's behalf: a team that they belong to, or everybody of their
    /// type. None when it is assigned to the subject.
    pub through: Option<Subject>,
    /// Whether the term of the rule that let the subject through needs it. Always false in a denial.
    pub decisive: bool,
}

/// A role or relation that would let a subject through who is denied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WayIn {
    /// The role to be given with its type, `job_site.editor`, or the relation `owner`.
    pub role: String,
    /// The resource at which they would have to hold it.
    pub at: ResourceKey,
    /// Who could give the role: the rules about it at its type as the file has them, those about invitations first.
    /// Empty for a relation, and for a role that nobody may give.
    pub given_by: Vec<String>,
}

impl Explanation {
    /// The summary of an explanation that is otherwise complete; `absence` says why the resource is absent, if it is.
    pub(super) fn summarize(
        &self,
        subject: SubjectRef<'_>,
        resource: &ResourceKey,
        action: &str,
        (reason, absence): (Reason, &str),
    ) -> String {
        let may = format!("`{subject}` may do `{action}` on `{resource}`");
        let may_not = format!("`{subject}` may not do `{action}` on `{resource}`");
        let rule = format!("policy `{}` line {}: `{}`", self.policy, self.line, self.rule);
        match reason {
            Reason::GrantedByRole => {
                let decisive_roles = self.held_roles.iter().filter(|role| role.decisive);
                let roles: Vec<String> = decisive_roles.map(describe_role).collect();
                format!("{may}: {} ({rule})", roles.join(" and "))
            }
            Reason::GrantedByRelation => format!("{may} through their relation to it ({rule})"),
            Reason::GrantedToAnyone => {
                let without = if self.held_roles.is_empty() { ", though they hold no role here" } else { "" };
                format!("{may}, as every active member may{without} ({rule})")
            }
            Reason::GrantedToOperator => format!("{may}, as an operator may ({rule})"),
            Reason::NotAMember => format!("{may_not}: they are no member of this tenant"),
            Reason::MemberInvited => format!("{may_not}: they have not accepted their invitation"),
            Reason::MemberDeactivated => format!("{may_not}: their membership is deactivated"),
            Reason::MemberLocked => {
                format!("{may_not}: they are locked, and `{action}` is not allowed to locked members")
            }
            Reason::ResourceNotFound => format!("{may_not}: {absence}"),
            Reason::ResourceArchived => {
                format!("{may_not}: it is archived, and `{action}` is not allowed on archived resources")
            }
            Reason::Excluded => format!("{may_not}: they hold a role or relation that the rule excludes ({rule})"),
            Reason::NotGranted => {
                let roles = describe_roles(&self.held_roles);
                let way_in = self.ways_in.first().map_or(String::new(), describe_way_in);
                format!("{may_not}: {roles} ({rule}){way_in}")
            }
        }
    }
}

/// The roles that did not suffice, each once.
fn describe_roles(held_roles: &[HeldRole]) -> String {
    if held_roles.is_empty() {
        return "they hold no role there or above".to_owned();
    }
    let mut names: Vec<String> = Vec::new();
    for name in held_roles.iter().map(|role| format!("`{}`", role.role)) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    format!("they hold only {}", names.join(", "))
}

fn describe_role(held_role: &HeldRole) -> String {
    let implied = held_role.implied_by.as_ref().map_or(String::new(), |by| format!(", implied by `{by}`"));
    let through = held_role.through.as_ref().map_or(String::new(), |principal| format!(" through `{principal}`"));
    format!("`{}` held at `{}`{through}{implied}", held_role.role, held_role.at)
}

fn describe_way_in(way_in: &WayIn) -> String {
    let rules: Vec<String> = way_in.given_by.iter().map(|by| format!("`{by}`")).collect();
    let givers = if rules.is_empty() { String::new() } else { format!(", which {} may give", rules.join(" or ")) };
    format!("; `{}` at `{}` would let them{givers}", way_in.role, way_in.at)
}
