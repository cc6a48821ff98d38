//! Explains membership writes: which are asked about, and who may make them.

use rollcall_engine::{
    Mask, Policy, ResourceType, Role, RoleId, WriteKind, WriteScope,
    writes::{WriteGroup, write_groups},
};
use rollcall_policy_tools::table::Operation;

use crate::cli::policy::{
    explain::{
        args::ExplainArgs,
        lines::{Line, explanation, rule},
        lookup::unknown_name,
    },
    file::Mistake,
};

/// The writes that are asked about: all of this kind, or those that remove and grant the roles of the arguments.
pub(super) fn requested_writes(
    policy: &Policy,
    resource_type: &ResourceType,
    kind: WriteKind,
    args: &ExplainArgs,
) -> Result<Vec<WriteGroup>, Mistake> {
    let (kind_name, at) = (kind.name(), resource_type.name());
    let refuse = |why: String| Err(Mistake::Unknown(why));
    match kind.scope() {
        WriteScope::AtTheRoot if resource_type.parent().is_some() => {
            let root = policy.root().name();
            return refuse(format!("`{kind_name}` is done to a member of the whole tenant; ask about `--type {root}`"));
        }
        WriteScope::WhereOwned if !resource_type.is_owned() => {
            return refuse(format!("a `{at}` has no owner, so nobody transfers it"));
        }
        WriteScope::Anywhere if resource_type.roles().is_empty() => {
            return refuse(format!("a `{at}` has no roles, so there is nothing to {kind_name}"));
        }
        _ => {}
    }
    let find_role = |name: Option<&String>, flag: &str, is_applicable: bool| -> Result<Option<RoleId>, Mistake> {
        let Some(name) = name else { return Ok(None) };
        if !is_applicable {
            let effect = if flag == "from" { "removes" } else { "grants" };
            return Err(Mistake::Unknown(format!("`{kind_name}` {effect} no role; leave out `--{flag}`")));
        }
        let known: Vec<String> = resource_type.roles().iter().map(|id| policy.role(*id).name().to_owned()).collect();
        let role = policy
            .find_role(resource_type, name)
            .map_err(|unknown| unknown_name(&format!("role of `{at}`"), &unknown, &known))?;
        Ok(Some(role.id()))
    };
    let (from, to) = (
        find_role(args.from.as_ref(), "from", kind.removes_roles())?,
        find_role(args.to.as_ref(), "to", kind.grants_roles())?,
    );
    let groups = write_groups(resource_type, kind, from, to);
    if groups.is_empty() {
        return refuse("exchanging a role for itself changes its expiry at most; name another role".to_owned());
    }
    Ok(groups)
}

/// Explains writes to which the same rules apply: who may make them, or whether one who holds something may.
pub(super) fn write_explanation(
    policy: &Policy,
    resource_type: &ResourceType,
    write: &WriteGroup,
    assigned_roles: Mask,
) -> String {
    let operation = Operation::Write(write);
    let mut lines: Vec<Line> = operation.rules(resource_type).into_iter().map(|found| ("rule", rule(found))).collect();
    if lines.is_empty() {
        lines.push(("rule", "none".to_owned()));
    }
    let words = format!("{} at `{}`", write.description(policy, resource_type), resource_type.name());
    explanation(policy, resource_type, operation, (&words, assigned_roles), lines, bounds(policy, resource_type, write))
}

/// The limits that apply whatever the rules say.
fn bounds(policy: &Policy, resource_type: &ResourceType, write: &WriteGroup) -> Vec<Line> {
    let mut lines = vec![("locked", "not while whoever makes it is locked".to_owned())];
    let names = |roles: Vec<&Role>| -> String {
        let names: Vec<String> =
            roles.into_iter().map(|role| format!("`{}`", policy.name_at(resource_type, role))).collect();
        names.join(" or ")
    };
    let protecting: Vec<&Role> = policy
        .ancestors(resource_type)
        .into_iter()
        .skip(1)
        .flat_map(ResourceType::roles)
        .map(|id| policy.role(*id))
        .filter(|role| role.protects_below())
        .collect();
    if (write.kind.removes_roles() || write.kind.grants_roles()) && !protecting.is_empty() {
        lines.push(("protected", format!("not to whoever is {}, whoever asks", names(protecting))));
    }
    // Whoever leaves the tenant, or can't act any more, takes every role along.
    let leaves = matches!(write.kind, WriteKind::Deactivate | WriteKind::Lock)
        || (write.kind == WriteKind::Remove && resource_type.parent().is_none());
    let removed_roles = if leaves { !Mask::EMPTY } else { write.from };
    let with_minimum: Vec<&Role> = policy.roles_in(removed_roles).filter(|role| role.at_least() > 0).collect();
    if !with_minimum.is_empty() {
        lines.push(("last", format!("not to the last who are {}, whoever asks", names(with_minimum))));
    }
    if write.kind == WriteKind::Invite && resource_type.members().of_kind(WriteKind::Resend).next().is_some() {
        lines.push(("again", "the rules of `resend` too, for whoever is invited to that role already".to_owned()));
    }
    lines
}
