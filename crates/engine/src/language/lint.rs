//! What a policy may well say and hardly means: warnings.

use crate::{
    language::{
        diagnostic::{Diagnostic, Problems},
        document::{Document, RuleDecl, TypeDecl},
    },
    model::{
        Action, MemberRule, Policy, ResourceType, Role, Rule,
        mask::{Mask, NOBODY},
        write_kind::WriteKind,
    },
};

/// The warnings about a policy, compiled from this document.
pub(crate) fn warnings(document: &Document, policy: &Policy) -> Problems {
    let mut problems = Problems::default();
    let above = above(policy);
    for (declared, of) in document.types.iter().zip(policy.types()) {
        unreachable_roles(declared, of, policy, &mut problems);
        idle_actions(declared, of, policy, &mut problems);
        let rules: Vec<_> = declared.members.rules.iter().zip(&of.members.rules).collect();
        for (index, ((verb, written), (_, rule))) in rules.iter().enumerate() {
            let others = rules.iter().enumerate().filter(|(other, ((of, _), _))| *other != index && of == verb);
            let mut wider = others.filter(|(other, (_, (_, wide)))| {
                // Of two that say the same, the second is one too many.
                covers(wide, rule) && (*other < index || !covers(rule, wide))
            });
            if let Some((_, ((_, wide), _))) = wider.next() {
                problems.push(covered(*verb, written, wide));
            }
            if is_idle(&rule.by, policy) && written.by.value.trim() != NOBODY {
                problems.push(idle_rule(*verb, written));
            }
            if *verb == WriteKind::Change {
                problems.extend(raises(written, rule, of, policy, &above));
            }
        }
    }
    problems
}

/// Roles that no rule gives, nobody starts with, and nothing implies.
fn unreachable_roles(declared: &TypeDecl, of: &ResourceType, policy: &Policy, problems: &mut Problems) {
    for (written, role) in declared.roles.iter().zip(of.roles().iter().map(|id| policy.role(*id))) {
        let given = of.members.rules.iter().any(|(_, rule)| rule.to.contains(role.mask()));
        let starts = of.creator_role() == Some(role.id());
        let joins = policy.types().iter().any(|from| from.joins_as() == Some(role.id()) && of.parent().is_none());
        let implied =
            policy.roles().iter().any(|other| other.id() != role.id() && other.closure().contains(role.mask()));
        if !(given || starts || joins || implied) {
            let message = format!("nobody can ever hold `{}`", written.name.value);
            let help = format!("name it in an `invite` of `[{}.members]`, or take it out", of.name());
            problems.push(Diagnostic::new(message, written.name.span.clone(), "no rule gives this role").help(help));
        }
    }
}

/// Actions whose rule lets nobody through, though it does not say so.
fn idle_actions(declared: &TypeDecl, of: &ResourceType, policy: &Policy, problems: &mut Problems) {
    for (written, action) in declared.actions.iter().zip(of.actions()) {
        if is_idle(action.rule(), policy) && written.rule.value.trim() != NOBODY {
            let message = format!("nobody can ever do `{}`", written.name.value);
            let help = "if that is meant, write \"nobody\"";
            let label = "this contradicts itself";
            problems.push(Diagnostic::new(message, written.rule.span.clone(), label).help(help));
        }
    }
}

/// Whether nobody can be whom a rule lets through: what one must hold brings what one must not.
fn is_idle(rule: &Rule, policy: &Policy) -> bool {
    rule.terms().iter().all(|term| policy.closure(term.need).intersects(term.forbid))
}

/// Whether whatever `narrow` lets through, `wide` does too.
fn covers(wide: &MemberRule, narrow: &MemberRule) -> bool {
    let from = wide.from.contains(Mask::ANYONE) || wide.from.contains(narrow.from);
    let by = |term| wide.by.terms().iter().any(|other| other.covers(term));
    from && wide.to.contains(narrow.to) && narrow.by.terms().iter().all(by)
}

fn idle_rule(verb: WriteKind, written: &RuleDecl) -> Diagnostic {
    let message = format!("nobody can ever {} by this rule", verb.name());
    Diagnostic::new(message, written.by.span.clone(), "this contradicts itself").help("take it out")
}

fn covered(verb: WriteKind, written: &RuleDecl, wide: &RuleDecl) -> Diagnostic {
    let message = format!("another rule of `{}` lets through all that this one does", verb.name());
    let help = format!("take it out, or narrow the rule by `{}`", wide.by.value);
    Diagnostic::new(message, written.by.span.clone(), "this rule adds nothing").help(help)
}

/// A rule by which the holder of one role makes themselves the holder of another that lets them do more.
fn raises(
    written: &RuleDecl,
    rule: &MemberRule,
    of: &ResourceType,
    policy: &Policy,
    above: &[Mask],
) -> Option<Diagnostic> {
    let own = |mask: Mask| of.roles().iter().map(|id| policy.role(*id)).filter(move |role| mask.contains(role.mask()));
    let lets_through = |from: &&Role| rule.by.satisfied_by(from.closure() | Mask::ANYONE | Mask::SELF);
    let gains = |from: &Role| above.get(usize::from(from.id())).map_or(Mask::EMPTY, |above| *above & rule.to);
    let (from, to) = own(rule.from).filter(lets_through).find_map(|from| Some(from).zip(own(gains(from)).next()))?;
    let message = format!("whoever is `{}` can make themselves `{}`", from.name(), to.name());
    let help = "add `& !self` if they should not";
    Some(Diagnostic::new(message, written.by.span.clone(), "this lets them raise themselves").help(help))
}

/// For each role, those whose holders may do something that its own may not.
fn above(policy: &Policy) -> Vec<Mask> {
    let mut above = vec![Mask::EMPTY; policy.roles().len()];
    for rule in policy.types().iter().flat_map(ResourceType::actions).map(Action::rule) {
        let may = |role: &&Role| rule.satisfied_by(role.closure() | Mask::ANYONE);
        let allowed: Mask = policy.roles().iter().filter(may).map(Role::mask).collect();
        for role in (!allowed).roles() {
            above.get_mut(role).into_iter().for_each(|above| *above |= allowed);
        }
    }
    above
}
