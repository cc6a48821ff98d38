//! Checks the `never` constraints of a policy against what its rules let people come to hold.

use std::collections::HashMap;

use crate::{
    language::{
        diagnostic::{Diagnostic, Problems},
        document::Document,
        span::Located,
    },
    model::{NeverConstraint, Policy, Role, mask::Mask, nearest::suggestion, reach::Reachability},
};

/// The `never` constraints of a policy that was compiled from this document.
///
/// # Errors
/// The constraints that do not hold, and the names in them that are not roles of the policy.
pub(crate) fn constraints(document: &Document, policy: &Policy) -> Result<Vec<NeverConstraint>, Problems> {
    let mut problems = Problems::default();
    let mut reachable_from: HashMap<Mask, Reachability<'_>> = HashMap::new();
    let mut constraints = Vec::new();
    for declared in &document.never {
        let (Some(who), Some(becomes)) =
            (find(policy, &declared.who, &mut problems), find(policy, &declared.becomes, &mut problems))
        else {
            continue;
        };
        constraints.push(NeverConstraint { who: who.id(), becomes: becomes.id() });
        let reachability =
            reachable_from.entry(who.mask()).or_insert_with(|| Reachability::new(policy, who.mask(), false));
        if !reachability.is_reachable(becomes) {
            continue;
        }
        let message = format!("whoever is `{}` can come to be `{}`", declared.who.value, declared.becomes.value);
        let path: Vec<String> = reachability.path(becomes).iter().map(|step| step.in_words(policy)).collect();
        let help = if path.is_empty() { "the one role implies the other".to_owned() } else { path.join("; then ") };
        problems.push(Diagnostic::new(message, declared.becomes.span.clone(), "this must never be").help(help));
    }
    if problems.is_empty() { Ok(constraints) } else { Err(problems) }
}

fn find<'p>(policy: &'p Policy, name: &Located<String>, problems: &mut Problems) -> Option<&'p Role> {
    let found = policy.roles().iter().find(|role| policy.qualified(role) == name.value);
    if found.is_none() {
        let known: Vec<String> = policy.roles_in(!Mask::EMPTY).map(|role| policy.qualified(role)).collect();
        let message = format!("no role `{}`", name.value);
        let help = suggestion(&name.value, known.iter().map(String::as_str));
        problems.push(Diagnostic::new(message, name.span.clone(), "expected `TYPE.ROLE`").help(help));
    }
    found
}
