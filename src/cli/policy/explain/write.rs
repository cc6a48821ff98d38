//! What is said of a membership write.

use rollcall_engine::{
    Mask, Policy, ResourceType, Role, RoleId, WriteKind, WriteScope,
    writes::{WriteGroup, write_groups},
};
use rollcall_policy_tools::table::Question;

use crate::cli::policy::{
    explain::{ExplainArgs, Line, about, mistake, rule},
    file::Mistake,
};

/// The writes that are asked about: all of this kind, or those that take and give what the arguments say.
pub(super) fn asked(
    policy: &Policy,
    of: &ResourceType,
    verb: WriteKind,
    args: &ExplainArgs,
) -> Result<Vec<WriteGroup>, Mistake> {
    let (kind, at) = (verb.name(), of.name());
    let nothing = |why: String| Err(Mistake::Unknown(why));
    match verb.scope() {
        WriteScope::AtTheRoot if of.parent().is_some() => {
            let root = policy.root().name();
            return nothing(format!("`{kind}` is done to a member of the whole tenant; ask about `--type {root}`"));
        }
        WriteScope::WhereOwned if !of.is_owned() => {
            return nothing(format!("a `{at}` has no owner, so nobody transfers it"));
        }
        WriteScope::Anywhere if of.roles().is_empty() => {
            return nothing(format!("a `{at}` has no roles, so there is nothing to {kind}"));
        }
        _ => {}
    }
    let side = |name: Option<&String>, flag: &str, wanted: bool| -> Result<Option<RoleId>, Mistake> {
        let Some(name) = name else { return Ok(None) };
        if !wanted {
            return Err(Mistake::Unknown(format!("`{kind}` has no roles of this side; leave out `--{flag}`")));
        }
        let known: Vec<String> = of.roles().iter().map(|id| policy.role(*id).name().to_owned()).collect();
        let role =
            policy.find_role(of, name).map_err(|unknown| mistake(&format!("role of `{at}`"), &unknown, &known))?;
        Ok(Some(role.id()))
    };
    let (from, to) =
        (side(args.from.as_ref(), "from", verb.removes_roles())?, side(args.to.as_ref(), "to", verb.grants_roles())?);
    let found = write_groups(of, verb, from, to);
    if found.is_empty() {
        return nothing("to exchange a role for itself moves its end at most; ask with another role".to_owned());
    }
    Ok(found)
}

/// Some writes to which the same rules apply: who may, or whether one who holds something may.
pub(super) fn explained(policy: &Policy, of: &ResourceType, write: &WriteGroup, held: Mask) -> String {
    let question = Question::Write(write);
    let mut lines: Vec<Line> = question.rules(of).into_iter().map(|found| ("rule", rule(found))).collect();
    if lines.is_empty() {
        lines.push(("rule", "none".to_owned()));
    }
    let words = format!("{} at `{}`", write.words(policy, of), of.name());
    about(policy, of, question, (&words, held), lines, bounds(policy, of, write))
}

/// What holds whatever the rules say.
fn bounds(policy: &Policy, of: &ResourceType, write: &WriteGroup) -> Vec<Line> {
    let mut lines = vec![("locked", "not while whoever makes it is locked".to_owned())];
    let names = |roles: Vec<&Role>| -> String {
        let names: Vec<String> = roles.into_iter().map(|role| format!("`{}`", policy.name_at(of, role))).collect();
        names.join(" or ")
    };
    let protecting: Vec<&Role> = policy
        .ancestors(of)
        .into_iter()
        .skip(1)
        .flat_map(ResourceType::roles)
        .map(|id| policy.role(*id))
        .filter(|role| role.protects_below())
        .collect();
    if (write.verb.removes_roles() || write.verb.grants_roles()) && !protecting.is_empty() {
        lines.push(("protected", format!("not to whoever is {}, whoever asks", names(protecting))));
    }
    // Whoever leaves the tenant, or is deactivated, takes every role along.
    let leaves = write.verb == WriteKind::Deactivate || (write.verb == WriteKind::Remove && of.parent().is_none());
    let taken = if leaves { !Mask::EMPTY } else { write.from };
    let kept: Vec<&Role> = policy.roles_in(taken).filter(|role| role.at_least() > 0).collect();
    if !kept.is_empty() {
        lines.push(("last", format!("not to the last who are {}, whoever asks", names(kept))));
    }
    if write.verb == WriteKind::Invite && of.members().of(WriteKind::Resend).next().is_some() {
        lines.push(("again", "the rules of `resend` too, for whoever is invited to that role already".to_owned()));
    }
    lines
}
