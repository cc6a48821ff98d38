//! What a policy says must never come about: held against what can.

use std::collections::HashMap;

use crate::{
    language::{
        diagnostic::{Diagnostic, Problems},
        document::Document,
        span::At,
    },
    model::{Bound, Policy, Role, mask::Mask, nearest::suggestion, reach::Reach},
};

/// The bounds of a policy, compiled from this document.
///
/// # Errors
/// Those that do not hold, and names that the policy has not.
pub(crate) fn held(document: &Document, policy: &Policy) -> Result<Vec<Bound>, Problems> {
    let mut problems = Problems::default();
    let mut reaches: HashMap<Mask, Reach<'_>> = HashMap::new();
    let mut bounds = Vec::new();
    for bound in &document.never {
        let (Some(who), Some(becomes)) =
            (find(policy, &bound.who, &mut problems), find(policy, &bound.becomes, &mut problems))
        else {
            continue;
        };
        bounds.push(Bound { who: who.id(), becomes: becomes.id() });
        let reach = reaches.entry(who.mask()).or_insert_with(|| Reach::from(policy, who.mask(), false));
        if !reach.holds(becomes) {
            continue;
        }
        let message = format!("whoever is `{}` can come to be `{}`", bound.who.value, bound.becomes.value);
        let way: Vec<String> = reach.way(becomes).iter().map(|step| step.in_words(policy)).collect();
        let help = if way.is_empty() { "the one role implies the other".to_owned() } else { way.join("; then ") };
        problems.push(Diagnostic::new(message, bound.becomes.span.clone(), "this must never be").help(help));
    }
    if problems.is_empty() { Ok(bounds) } else { Err(problems) }
}

fn find<'p>(policy: &'p Policy, name: &At<String>, problems: &mut Problems) -> Option<&'p Role> {
    let found = policy.roles().iter().find(|role| policy.qualified(role) == name.value);
    if found.is_none() {
        let known: Vec<String> = policy.roles_in(!Mask::EMPTY).map(|role| policy.qualified(role)).collect();
        let message = format!("no role `{}`", name.value);
        let help = suggestion(&name.value, known.iter().map(String::as_str));
        problems.push(Diagnostic::new(message, name.span.clone(), "expected `TYPE.ROLE`").help(help));
    }
    found
}
