//! `rollcall policy explain`: which rules decide about one action or membership write, for whom, and why.

mod args;
mod lines;
mod lookup;
mod write;

use std::io;

use rollcall_engine::{Action, Mask, Policy, ResourceType};
use rollcall_policy_tools::table::Operation;

use crate::cli::policy::{
    file::{self, Mistake},
    output::Output,
};

pub use args::ExplainArgs;

use lines::{explanation, rule};
use lookup::{role, unknown_name};

/// Explains one action, or writes of one kind; false after a mistake in the file or in the arguments.
pub(crate) fn run(args: &ExplainArgs, output: &mut Output<'_>) -> io::Result<bool> {
    match explained(args) {
        Ok(text) => output.out.write_all(text.as_bytes()).map(|()| true),
        Err(mistake) => output.mistake(&mistake).map(|()| false),
    }
}

fn explained(args: &ExplainArgs) -> Result<String, Mistake> {
    let policy = file::policy(&args.file)?;
    let types: Vec<String> = policy.types().iter().map(|resource_type| resource_type.name().to_owned()).collect();
    let resource_type =
        policy.find_type(&args.resource_type).map_err(|unknown| unknown_name("resource type", &unknown, &types))?;
    let mut assigned_roles: Mask =
        args.roles.iter().map(|name| Ok(role(&policy, resource_type, name)?.mask())).collect::<Result<_, _>>()?;
    for (given, relation) in [(args.owner, Mask::OWNER), (args.itself, Mask::SELF)] {
        assigned_roles = if given { assigned_roles | relation } else { assigned_roles };
    }
    if let Some(kind) = args.write {
        let writes = write::requested_writes(&policy, resource_type, kind, args)?;
        let explained =
            writes.iter().map(|write| write::write_explanation(&policy, resource_type, write, assigned_roles));
        return Ok(explained.collect::<Vec<_>>().join("\n"));
    }
    let name = args.action.as_deref().unwrap_or_default();
    let what = format!("action of `{}`", resource_type.name());
    let actions: Vec<String> = resource_type.actions().iter().map(|action| action.name().to_owned()).collect();
    let action = resource_type.find_action(name).map_err(|unknown| unknown_name(&what, &unknown, &actions))?;
    Ok(action_explanation(&policy, resource_type, action, assigned_roles))
}

fn action_explanation(policy: &Policy, resource_type: &ResourceType, action: &Action, assigned_roles: Mask) -> String {
    let allowed = |allowed: bool| if allowed { "all the same" } else { "not" };
    let archived = "when it is archived, or something above it";
    let bounds = vec![
        ("locked", format!("{} while the member is locked", allowed(action.is_allowed_when_locked()))),
        ("archived", format!("{} {archived}", allowed(action.is_allowed_when_archived()))),
    ];
    let may = if assigned_roles.is_empty() { "" } else { "do " };
    let words = format!("{may}`{}` on `{}`", action.name(), resource_type.name());
    let rules = vec![("rule", rule(action.rule()))];
    explanation(policy, resource_type, Operation::Action(action), (&words, assigned_roles), rules, bounds)
}
