//! Warnings about rules by which somebody gives more than they have: a role that lets its holder do what they may not do
//! themselves, as Kubernetes refuses it of whoever may not `escalate`; or a role for good by a right that ends.

use crate::{
    language::{diagnostic::Diagnostic, rules::RuleDecl},
    model::{
        MemberRule, Policy, ResourceType, Role, RoleId,
        mask::{Mask, Term},
    },
};

/// The warnings about a membership rule of a type.
pub(crate) fn warnings(
    written: &RuleDecl,
    rule: &MemberRule,
    resource_type: &ResourceType,
    policy: &Policy,
) -> Vec<Diagnostic> {
    let givers: Vec<&Term> = rule.by.terms().iter().filter(|term| !term.need.contains(Mask::OPERATOR)).collect();
    let roles = || resource_type.roles().iter().map(|id| policy.role(*id)).filter(|role| rule.to.contains(role.mask()));
    let beyond = givers.iter().find_map(|term| {
        roles().find_map(|role| Some((*term, role)).zip(beyond(policy, resource_type, bits(policy, term), role)))
    });
    let escalates = beyond.map(|((term, role), (action, at))| {
        let message = format!(
            "{} can give `{}`, which may do `{action}` on `{at}`, as they may not",
            whoever(policy, resource_type, term),
            role.name()
        );
        let help = "give another role by this rule, or let its giver do that too";
        Diagnostic::new(message, written.by.span.clone(), "this lets them give more than they have").help(help)
    });
    let outlasts = givers.first().filter(|_| rule.may_outlast).map(|term| {
        // What gives no role gives ownership.
        let given = roles().next().map_or("ownership".to_owned(), |role| format!("`{}`", role.name()));
        let message = format!("{} for a time can give {given} for good", whoever(policy, resource_type, term));
        let help = "take out `may_outlast`, unless that is meant";
        Diagnostic::new(message, written.by.span.clone(), "this lets them give what outlasts their right").help(help)
    });
    escalates.into_iter().chain(outlasts).collect()
}

/// What somebody has who just satisfies a term.
fn bits(policy: &Policy, term: &Term) -> Mask {
    policy.closure(term.need.without(Mask::SELF)) | Mask::ANYONE
}

/// An action that a role lets its holder do at its type or below, and that these bits do not; with its type.
fn beyond<'p>(policy: &'p Policy, at: &ResourceType, bits: Mask, role: &Role) -> Option<(&'p str, &'p str)> {
    let is_below = |other: &&ResourceType| policy.ancestors(other).iter().any(|above| above.id() == at.id());
    policy.types().iter().filter(is_below).find_map(|other| {
        let is_beyond = |rule: &crate::model::Rule| rule.allows(role.closure() | Mask::ANYONE) && !rule.allows(bits);
        let action = other.actions().iter().find(|action| is_beyond(action.rule()))?;
        Some((action.name(), other.name()))
    })
}

/// Who satisfies a term, in words.
fn whoever(policy: &Policy, resource_type: &ResourceType, term: &Term) -> String {
    let roles = policy.roles_in(term.need).map(Role::id);
    let names = roles.map(|id: RoleId| format!("`{}`", policy.name_at(resource_type, policy.role(id))));
    let relations = [(Mask::OWNER, "the owner")].into_iter().filter(|(relation, _)| term.need.contains(*relation));
    let names: Vec<String> = relations.map(|(_, words)| words.to_owned()).chain(names).collect();
    if names.is_empty() { "whoever is a member".to_owned() } else { format!("whoever is {}", names.join(" and ")) }
}
