use std::{io, path::PathBuf};

use clap::Args;

use crate::policy::{
    Action, Mask, Policy, ResourceType, Role, Unknown,
    table::{ask, who_may},
};

use super::{
    Output,
    file::{self, Mistake},
};

/// `rollcall policy explain`.
#[derive(Clone, Debug, Args)]
pub struct ExplainArgs {
    /// A policy file
    pub file: PathBuf,
    /// The type of the resource
    #[arg(long = "type", value_name = "TYPE")]
    pub of: String,
    /// What is to be done with it
    #[arg(long)]
    pub action: String,
    /// A role that is held: of the type, or of one above it; may be given several times
    #[arg(long = "role", value_name = "ROLE")]
    pub roles: Vec<String>,
    /// The resource is their own
    #[arg(long)]
    pub owner: bool,
    /// The record is theirs
    #[arg(long = "self")]
    pub itself: bool,
}

/// Explains one action; whether there was anything to explain.
pub(crate) fn run(args: &ExplainArgs, output: &mut Output<'_>) -> io::Result<bool> {
    match explained(args) {
        Ok(text) => output.out.write_all(text.as_bytes()).map(|()| true),
        Err(mistake) => output.mistake(&mistake).map(|()| false),
    }
}

fn explained(args: &ExplainArgs) -> Result<String, Mistake> {
    let policy = file::policy(&args.file)?;
    let types: Vec<String> = policy.types().iter().map(|of| of.name().to_owned()).collect();
    let of = policy.find_type(&args.of).map_err(|unknown| mistake("resource type", &unknown, &types))?;
    let what = format!("action of `{}`", of.name());
    let actions: Vec<String> = of.actions().iter().map(|action| action.name().to_owned()).collect();
    let action = of.find_action(&args.action).map_err(|unknown| mistake(&what, &unknown, &actions))?;
    let mut held: Mask = args.roles.iter().map(|name| Ok(role(&policy, of, name)?.mask())).collect::<Result<_, _>>()?;
    for (given, relation) in [(args.owner, Mask::OWNER), (args.itself, Mask::ITSELF)] {
        held = if given { held | relation } else { held };
    }
    let (head, mut lines) =
        if held.is_empty() { whoever(&policy, of, action) } else { holder(&policy, of, action, held) };
    lines.insert(0, ("rule", format!("line {}: `{}`", action.rule().line(), action.rule().text())));
    let survives = |survives: bool| if survives { "all the same" } else { "not" };
    lines.push(("locked", format!("{} while the member is locked", survives(action.survives_a_lock()))));
    let archived = "when it is archived, or something above it";
    lines.push(("archived", format!("{} {archived}", survives(action.survives_an_archive()))));
    let lines = lines.into_iter().map(|(label, words)| format!("  {label:10}{words}\n"));
    Ok(format!("{head}\n{}", lines.collect::<String>()))
}

/// Who may, when nothing was said about who asks.
fn whoever(policy: &Policy, of: &ResourceType, action: &Action) -> (String, Vec<(&'static str, String)>) {
    let who = who_may(policy, of, action);
    let mut lines = Vec::new();
    if !who.may.is_empty() {
        lines.push(("may", who.may.join(", ")));
    }
    lines.extend(who.may_if.into_iter().map(|words| ("may", words)));
    if lines.is_empty() {
        lines.push(("may", "nobody".to_owned()));
    }
    if !who.may_not.is_empty() {
        lines.push(("may not", who.may_not.join(", ")));
    }
    (format!("`{}` on `{}`", action.name(), of.name()), lines)
}

/// Whether one who holds this may.
fn holder(policy: &Policy, of: &ResourceType, action: &Action, held: Mask) -> (String, Vec<(&'static str, String)>) {
    let answer = ask(policy, of, action, held);
    let roles: Vec<String> = policy.roles_in(held).map(|role| format!("`{}`", policy.name_at(of, role))).collect();
    let relations = [(Mask::OWNER, "who owns it"), (Mask::ITSELF, "whose own it is")];
    let relations = relations.iter().filter(|(relation, _)| held.contains(*relation)).map(|(_, words)| *words);
    let who = if roles.is_empty() { "a member".to_owned() } else { roles.join(" with ") };
    let who = std::iter::once(who.as_str()).chain(relations).collect::<Vec<_>>().join(", ");
    let may = if answer.allowed { "may" } else { "may not" };
    let mut lines = vec![("because", answer.because)];
    lines.extend(answer.unless.map(|words| ("unless", words)));
    lines.extend(answer.ways_in.into_iter().map(|words| ("way in", words)));
    (format!("{who}: {may} do `{}` on `{}`", action.name(), of.name()), lines)
}

/// The role that a rule at this type would mean by a name.
fn role<'p>(policy: &'p Policy, of: &'p ResourceType, name: &str) -> Result<&'p Role, Mistake> {
    let way = policy.way_up(of);
    let found: Vec<&Role> = way.iter().filter_map(|above| policy.find_role(above, name).ok()).collect();
    match found.as_slice() {
        [first, ..] if first.of() == of.id() => Ok(first),
        [only] => Ok(only),
        [] => {
            let what = format!("role of `{}` or of a type above it", of.name());
            let nearest = way.iter().filter_map(|above| policy.find_role(above, name).err());
            let nearest: Vec<String> = nearest.flat_map(|unknown| unknown.nearest).collect();
            let roles = way.iter().flat_map(|above| above.roles()).map(|id| policy.name_at(of, policy.role(*id)));
            Err(mistake(&what, &Unknown { name: name.to_owned(), nearest }, &roles.collect::<Vec<_>>()))
        }
        several => {
            let names: Vec<String> = several.iter().map(|role| format!("`{}`", policy.qualified(role))).collect();
            let why = format!("`{name}` could be any of several roles; write {}", names.join(" or "));
            Err(Mistake::Unknown(why))
        }
    }
}

fn mistake(what: &str, unknown: &Unknown, known: &[String]) -> Mistake {
    let quoted = |names: &[String]| names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>();
    let help = match (unknown.nearest.as_slice(), known) {
        ([], []) => "there is none".to_owned(),
        ([], known) => format!("known here: {}", quoted(known).join(", ")),
        (nearest, _) => format!("did you mean {}?", quoted(nearest).join(" or ")),
    };
    Mistake::Unknown(format!("no {what} is called `{}`; {help}", unknown.name))
}
