mod write;

use std::{io, path::PathBuf};

use clap::{
    Args,
    builder::{PossibleValuesParser, TypedValueParser},
};

use rollcall_engine::{Action, Mask, Policy, ResourceType, Role, Rule, Unknown, WriteKind};
use rollcall_policy_tools::table::{Question, ask, who_may};

use crate::cli::policy::{
    Output,
    file::{self, Mistake},
};

/// `rollcall policy explain`.
#[derive(Clone, Debug, Args)]
#[command(group = clap::ArgGroup::new("what").args(["action", "write"]).required(true))]
pub struct ExplainArgs {
    /// A policy file
    pub file: PathBuf,
    /// The type of the resource
    #[arg(long = "type", value_name = "TYPE")]
    pub of: String,
    /// What is to be done with it
    #[arg(long)]
    pub action: Option<String>,
    /// The kind of membership write that is to be made there
    #[arg(long, value_name = "KIND", value_parser = kinds())]
    pub write: Option<WriteKind>,
    /// The role that the write takes; every one when not given
    #[arg(long, value_name = "ROLE", requires = "write", conflicts_with = "action")]
    pub from: Option<String>,
    /// The role that the write gives; every one when not given
    #[arg(long, value_name = "ROLE", requires = "write", conflicts_with = "action")]
    pub to: Option<String>,
    /// A role that is held: of the type, or of one above it; may be given several times
    #[arg(long = "role", value_name = "ROLE")]
    pub roles: Vec<String>,
    /// The resource is their own
    #[arg(long)]
    pub owner: bool,
    /// The record, or the membership that is written, is their own
    #[arg(long = "self")]
    pub itself: bool,
}

/// One line of an answer: what it is about, and what is said.
type Line = (&'static str, String);

fn kinds() -> impl TypedValueParser<Value = WriteKind> {
    PossibleValuesParser::new(WriteKind::ALL.map(WriteKind::name))
        .try_map(|name| WriteKind::of_name(&name).ok_or_else(|| format!("no kind of write is called `{name}`")))
}

/// Explains one action, or writes of one kind; whether there was anything to explain.
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
    let mut held: Mask = args.roles.iter().map(|name| Ok(role(&policy, of, name)?.mask())).collect::<Result<_, _>>()?;
    for (given, relation) in [(args.owner, Mask::OWNER), (args.itself, Mask::SELF)] {
        held = if given { held | relation } else { held };
    }
    if let Some(verb) = args.write {
        let writes = write::asked(&policy, of, verb, args)?;
        let explained = writes.iter().map(|write| write::explained(&policy, of, write, held));
        return Ok(explained.collect::<Vec<_>>().join("\n"));
    }
    let name = args.action.as_deref().unwrap_or_default();
    let what = format!("action of `{}`", of.name());
    let actions: Vec<String> = of.actions().iter().map(|action| action.name().to_owned()).collect();
    let action = of.find_action(name).map_err(|unknown| mistake(&what, &unknown, &actions))?;
    Ok(of_action(&policy, of, action, held))
}

fn of_action(policy: &Policy, of: &ResourceType, action: &Action, held: Mask) -> String {
    let survives = |survives: bool| if survives { "all the same" } else { "not" };
    let archived = "when it is archived, or something above it";
    let bounds = vec![
        ("locked", format!("{} while the member is locked", survives(action.survives_a_lock()))),
        ("archived", format!("{} {archived}", survives(action.survives_an_archive()))),
    ];
    let may = if held.is_empty() { "" } else { "do " };
    let words = format!("{may}`{}` on `{}`", action.name(), of.name());
    let rules = vec![("rule", rule(action.rule()))];
    about(policy, of, Question::Action(action), (&words, held), rules, bounds)
}

/// Tells who may do something, or whether one who holds something may: between the rules and what holds besides.
fn about(
    policy: &Policy,
    of: &ResourceType,
    question: Question<'_>,
    (what, held): (&str, Mask),
    rules: Vec<Line>,
    bounds: Vec<Line>,
) -> String {
    let (head, answer) = if held.is_empty() {
        (what.to_owned(), whoever(policy, of, question))
    } else {
        holder(policy, of, question, (what, held))
    };
    let lines = rules.into_iter().chain(answer).chain(bounds);
    let lines = lines.map(|(label, words)| format!("  {label:10}{words}\n"));
    format!("{head}\n{}", lines.collect::<String>())
}

/// A rule, and where it is.
fn rule(rule: &Rule) -> String {
    format!("line {}: `{}`", rule.line(), rule.text())
}

/// Who may, when nothing was said about who asks.
fn whoever(policy: &Policy, of: &ResourceType, question: Question<'_>) -> Vec<Line> {
    let who = who_may(policy, of, question);
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
    lines
}

/// Whether one who holds this may.
fn holder(
    policy: &Policy,
    of: &ResourceType,
    question: Question<'_>,
    (what, held): (&str, Mask),
) -> (String, Vec<Line>) {
    let answer = ask(policy, of, question, held);
    let roles: Vec<String> = policy.roles_in(held).map(|role| format!("`{}`", policy.name_at(of, role))).collect();
    let itself = if matches!(question, Question::Write(_)) { "to themselves" } else { "whose own it is" };
    let relations = [(Mask::OWNER, "who owns it"), (Mask::SELF, itself)];
    let relations = relations.iter().filter(|(relation, _)| held.contains(*relation)).map(|(_, words)| *words);
    let who = if roles.is_empty() { "a member".to_owned() } else { roles.join(" with ") };
    let who = std::iter::once(who.as_str()).chain(relations).collect::<Vec<_>>().join(", ");
    let may = if answer.rule.is_some() { "may" } else { "may not" };
    let mut lines = vec![("because", answer.because)];
    if let (Some(rule), Question::Write(_)) = (answer.rule, question) {
        lines.push(("by", format!("line {}", rule.line())));
    }
    lines.extend(answer.unless.map(|words| ("unless", words)));
    lines.extend(answer.ways_in.into_iter().map(|words| ("way in", words)));
    (format!("{who}: {may} {what}"), lines)
}

/// The role that a rule at this type would mean by a name.
fn role<'p>(policy: &'p Policy, of: &'p ResourceType, name: &str) -> Result<&'p Role, Mistake> {
    let way = policy.ancestors(of);
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
