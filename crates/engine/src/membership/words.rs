//! A refused membership write in words: the one place for the server, the command line and the cases beside a policy.

use crate::{
    decision::reason::Reason,
    domain::{SubjectRef, kind},
    facts::{Facts, Node, name_of},
    membership::{
        holders::LackingRole,
        nesting::MAX_TEAM_DEPTH,
        refusal::{Refusal, RuleLine},
        write::MembershipWrite,
        write_words::join_words,
    },
    model::{RoleId, write_kind::WriteKind},
};

/// Says why a membership write is refused, and what would change that: names in backticks, no full stop.
pub fn describe_refusal(
    facts: &dyn Facts,
    actor: SubjectRef<'_>,
    node: Node,
    target: SubjectRef<'_>,
    write: MembershipWrite,
    refusal: &Refusal,
) -> String {
    let (policy, resource) = (facts.policy(), name_of(facts, node));
    match refusal {
        Refusal::Actor(reason) => describe_inactive_actor(actor, *reason),
        Refusal::NoMember => format!("`{target}` is no member of this tenant; invite them by email first"),
        Refusal::Deactivated => {
            format!("`{target}` is deactivated, and no invitation undoes that here; reactivate them instead")
        }
        Refusal::Protected { role, at } => format!(
            "`{target}` holds `{role}` at `{}`, which protects them from being invited, changed or removed at \
             `{resource}`; change that role first",
            name_of(facts, *at)
        ),
        Refusal::RoleNotBound => format!(
            "`{target}` holds no such role bound at `{resource}`: there is none to take; a role from above is taken above"
        ),
        Refusal::RoleAmbiguous => {
            format!("`{target}` holds several roles at `{resource}`; say which one in `from_role`")
        }
        Refusal::SubjectNotEligible => describe_ineligible(facts, target, write),
        Refusal::NotPermitted { write, rules } => {
            let remedy = if rules.is_empty() { "nobody".to_owned() } else { who_may(rules) };
            let what = describe_write(facts, target, *write);
            format!("`{actor}` may not {what} at `{resource}`: policy `{}` lets {remedy} do that", policy.name())
        }
        Refusal::OutlastsGranter { latest } if write.kind == WriteKind::Transfer => format!(
            "`{actor}` may make somebody the owner of `{resource}` only until {latest}, when a role that lets them do so \
             ends, and whoever owns it does so for good; have it done by somebody whose role lasts"
        ),
        Refusal::OutlastsGranter { latest } => format!(
            "`{actor}` may not {} at `{resource}` for longer than until {latest}, when a role that lets them do so ends; \
             give an `expire_time` no later than that",
            describe_write(facts, target, write)
        ),
        Refusal::AlreadyAMember => format!("`{target}` holds a role at `{resource}` already; change it instead"),
        Refusal::RoleUnchanged => format!("`{target}` holds that role at `{resource}` already"),
        Refusal::AlreadyLocked => format!("`{target}` is locked already"),
        Refusal::NotLocked => format!("`{target}` is not locked"),
        Refusal::NotInvited => format!("`{target}` has no pending invitation"),
        Refusal::NotActive => format!("`{target}` is not an active member"),
        Refusal::NotDeactivated => format!("`{target}` is not deactivated"),
        Refusal::OwnerUnchanged => format!("`{target}` owns `{resource}` already"),
        Refusal::TeamCycle => format!("`{resource}` belongs to `{target}`, or is it: take it out of there first"),
        Refusal::TeamsTooDeep => format!(
            "`{target}` in `{resource}` would make a chain of more than {MAX_TEAM_DEPTH} teams, each in the next, and teams \
             are nested at most {MAX_TEAM_DEPTH} deep: take a team out of that chain first"
        ),
        Refusal::LastHolder { lacking } => describe_last_holder(facts, target, lacking),
    }
}

/// Says why an actor may not write at all.
pub fn describe_inactive_actor(actor: SubjectRef<'_>, reason: Reason) -> String {
    let why = match reason {
        Reason::MemberInvited => "has not accepted their invitation",
        Reason::MemberDeactivated => "is deactivated",
        Reason::MemberLocked => "is locked until somebody unlocks them",
        _ => "is no member of this tenant",
    };
    format!("actor `{actor}` {why}")
}

/// Says which roles must keep a member, at which resources.
pub fn describe_last_holder(facts: &dyn Facts, member: SubjectRef<'_>, lacking: &[LackingRole]) -> String {
    let policy = facts.policy();
    let kept = |lacking: &LackingRole| {
        let role = policy.role(lacking.role);
        let resource = name_of(facts, lacking.at);
        format!("`{resource}` must keep as `{}` ({} at least)", policy.qualified(role), role.at_least())
    };
    let kept: Vec<String> = lacking.iter().map(kept).collect();
    let whom = if policy.people() == [kind::USER] { "" } else { " who is one of `people`" };
    format!(
        "`{member}` is the last that {}; give {} first to somebody else{whom} who is active and not locked",
        join_words(&kept, "and"),
        if kept.len() == 1 { "the role" } else { "these roles" }
    )
}

/// Why a write can't be done to a team, or to everybody.
fn describe_ineligible(facts: &dyn Facts, target: SubjectRef<'_>, write: MembershipWrite) -> String {
    let policy = facts.policy();
    let role = write.to.map(|to| policy.qualified(policy.role(to)));
    match role {
        Some(role) if policy.is_team(target) => format!("`{target}` is a team, and `{role}` is not a role `for_teams`"),
        Some(role) if write.kind == WriteKind::Publish => {
            format!("`{target}` is somebody, and to publish is to give `{role}` to everybody of a type: `user:*`")
        }
        _ => format!("`{target}` is not somebody whom one can {}; only roles are given and taken", write.kind.name()),
    }
}

fn who_may(rules: &[RuleLine]) -> String {
    let words = |rule: &RuleLine| match &rule.whom {
        None => format!("`{}` (line {})", rule.by, rule.line),
        Some(whom) => format!("`{}` (line {}, only to whoever is `{whom}`)", rule.by, rule.line),
    };
    rules.iter().map(words).collect::<Vec<_>>().join(" or ")
}

/// A membership write as a sentence has it after "may": ``change `user:ann` from `user` to `admin` ``.
fn describe_write(facts: &dyn Facts, target: SubjectRef<'_>, write: MembershipWrite) -> String {
    let role = |id: RoleId| facts.policy().role(id).name();
    let kind = write.kind.name();
    match (write.from, write.to) {
        (Some(from), Some(to)) if write.kind.removes_roles() => {
            format!("{kind} `{target}` from `{}` to `{}`", role(from), role(to))
        }
        (Some(from), Some(to)) => format!("{kind} `{target}`, who is `{}`, as `{}`", role(from), role(to)),
        (None, Some(to)) => format!("{kind} `{target}` as `{}`", role(to)),
        (Some(from), None) => format!("{kind} `{target}`, who is `{}`,", role(from)),
        (None, None) => format!("{kind} `{target}`"),
    }
}
