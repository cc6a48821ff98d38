//! Warnings about a policy: what it may say but hardly means.

use crate::{
    language::{
        diagnostic::{Diagnostic, Problems},
        document::{Document, TypeDecl},
        escalation,
        rules::RuleDecl,
        span::Located,
    },
    model::{
        Action, MemberRule, Policy, ResourceType, Role, Rule,
        mask::{Mask, NOBODY},
        write_kind::WriteKind,
    },
};

/// What can be done with any resource by an action that is called after its type: `TYPE.create` and so on.
const VERBS: [&str; 5] = ["create", "archive", "restore", "move", "delete"];

/// The warnings about a policy, compiled from this document.
pub(crate) fn warnings(document: &Document, policy: &Policy) -> Problems {
    let mut problems = Problems::default();
    let stronger_roles = stronger_roles(policy);
    for (declared, resource_type) in document.types.iter().zip(policy.types()) {
        unreachable_roles(declared, resource_type, policy, &mut problems);
        idle_actions(declared, resource_type, policy, &mut problems);
        let above = resource_type.parent().and_then(|parent| document.types.get(usize::from(parent)));
        for actions_of in [Some(declared), above].into_iter().flatten() {
            verbs_in_another_case(declared, actions_of, &mut problems);
        }
        let rules: Vec<_> = declared.members.rules.iter().zip(&resource_type.members.rules).collect();
        for (index, ((write_kind, written), (_, rule))) in rules.iter().enumerate() {
            let others = rules
                .iter()
                .enumerate()
                .filter(|(other, ((other_kind, _), _))| *other != index && other_kind == write_kind);
            let mut wider = others.filter(|(other, (_, (_, wide)))| {
                // Of two that say the same, the second is one too many.
                covers(wide, rule) && (*other < index || !covers(rule, wide))
            });
            if let Some((_, ((_, wide), _))) = wider.next() {
                problems.push(covered(*write_kind, written, wide));
            }
            if is_idle(&rule.by, policy) && written.by.value.trim() != NOBODY {
                problems.push(idle_rule(*write_kind, written));
            }
            if let (Some(whom), Some(at)) = (&rule.whom, &written.whom)
                && is_idle(whom, policy)
            {
                problems.push(nobody_to_do_it_to(*write_kind, at));
            }
            problems.extend(escalation::warnings(written, rule, resource_type, policy));
            if *write_kind == WriteKind::Change {
                problems.extend(self_promotion(written, rule, resource_type, policy, &stronger_roles));
            }
        }
    }
    problems
}

/// Roles that no rule gives, nobody starts with, and nothing implies.
fn unreachable_roles(declared: &TypeDecl, resource_type: &ResourceType, policy: &Policy, problems: &mut Problems) {
    for (written, role) in declared.roles.iter().zip(resource_type.roles().iter().map(|id| policy.role(*id))) {
        let given = resource_type.members.rules.iter().any(|(_, rule)| rule.to.contains(role.mask()));
        let starts = resource_type.creator_role() == Some(role.id());
        let joins =
            policy.types().iter().any(|from| from.joins_as() == Some(role.id()) && resource_type.parent().is_none());
        let implied =
            policy.roles().iter().any(|other| other.id() != role.id() && other.closure().contains(role.mask()));
        if !(given || starts || joins || implied) {
            let message = format!("nobody can ever hold `{}`", written.name.value);
            let help = format!("name it in an `invite` of `[{}.members]`, or take it out", resource_type.name());
            problems.push(Diagnostic::new(message, written.name.span.clone(), "no rule gives this role").help(help));
        }
    }
}

/// Actions whose rule lets nobody through, though it does not say so.
fn idle_actions(declared: &TypeDecl, resource_type: &ResourceType, policy: &Policy, problems: &mut Problems) {
    for (written, action) in declared.actions.iter().zip(resource_type.actions()) {
        if is_idle(action.rule(), policy) && written.rule.value.trim() != NOBODY {
            let message = format!("nobody can ever do `{}`", written.name.value);
            let help = "if that is meant, write \"nobody\"";
            let label = "this contradicts itself";
            problems.push(Diagnostic::new(message, written.rule.span.clone(), label).help(help));
        }
    }
}

/// Actions of a type or the one above it that are called after the type but for the case, and so do nothing to it.
fn verbs_in_another_case(declared: &TypeDecl, actions_of: &TypeDecl, problems: &mut Problems) {
    let type_name = &declared.name.value;
    let verbs = VERBS.iter().filter(|verb| declared.create_actions.is_empty() || **verb != "create");
    for verb in verbs {
        let meant = format!("{type_name}.{verb}");
        let differs = |name: &str| name != meant && name.eq_ignore_ascii_case(&meant);
        for action in actions_of.actions.iter().filter(|action| differs(&action.name.value)) {
            let message = format!("whoever may do `{}` can't {verb} a `{type_name}` by that", action.name.value);
            let label = "the name of the type is written in another case";
            problems.push(Diagnostic::new(message, action.name.span.clone(), label).help(format!("write `{meant}`")));
        }
    }
}

/// Whether nobody can satisfy a rule: in each of its terms, what must be held implies what must not be.
fn is_idle(rule: &Rule, policy: &Policy) -> bool {
    rule.terms().iter().all(|term| policy.closure(term.need).intersects(term.forbid))
}

/// Whether `wide` allows every write that `narrow` does.
fn covers(wide: &MemberRule, narrow: &MemberRule) -> bool {
    let from = wide.from.contains(Mask::ANYONE) || wide.from.contains(narrow.from);
    let whom = match (&wide.whom, &narrow.whom) {
        (None, _) => true,
        (Some(wide), Some(narrow)) => allows_all_of(wide, narrow),
        (Some(_), None) => false,
    };
    let outlasts = wide.may_outlast || !narrow.may_outlast;
    from && whom && outlasts && wide.to.contains(narrow.to) && allows_all_of(&wide.by, &narrow.by)
}

/// Whether a rule lets through everybody whom another does.
fn allows_all_of(wide: &Rule, narrow: &Rule) -> bool {
    narrow.terms().iter().all(|term| wide.terms().iter().any(|other| other.covers(term)))
}

fn idle_rule(write_kind: WriteKind, written: &RuleDecl) -> Diagnostic {
    let message = format!("nobody can ever {} by this rule", write_kind.name());
    Diagnostic::new(message, written.by.span.clone(), "this contradicts itself").help("take it out")
}

fn nobody_to_do_it_to(write_kind: WriteKind, whom: &Located<String>) -> Diagnostic {
    let message = format!("there is nobody whom one can {} by this rule", write_kind.name());
    Diagnostic::new(message, whom.span.clone(), "nobody is that").help("take the rule out, or widen its `whom`")
}

fn covered(write_kind: WriteKind, written: &RuleDecl, wide: &RuleDecl) -> Diagnostic {
    let message = format!("another rule of `{}` lets through all that this one does", write_kind.name());
    let help = format!("take it out, or narrow the rule by `{}`", wide.by.value);
    Diagnostic::new(message, written.by.span.clone(), "this rule adds nothing").help(help)
}

/// The warning about a rule by which somebody can change their own role to one that allows more.
fn self_promotion(
    written: &RuleDecl,
    rule: &MemberRule,
    resource_type: &ResourceType,
    policy: &Policy,
    stronger_roles: &[Mask],
) -> Option<Diagnostic> {
    let own_roles = |mask: Mask| {
        resource_type.roles().iter().map(|id| policy.role(*id)).filter(move |role| mask.contains(role.mask()))
    };
    let may_change = |from: &&Role| {
        rule.by.allows(from.closure() | Mask::ANYONE | Mask::SELF) && rule.is_about(from.closure() | Mask::ANYONE)
    };
    let gains = |from: &Role| stronger_roles.get(usize::from(from.id())).map_or(Mask::EMPTY, |roles| *roles & rule.to);
    let (from, to) =
        own_roles(rule.from).filter(may_change).find_map(|from| Some(from).zip(own_roles(gains(from)).next()))?;
    let message = format!("whoever is `{}` can make themselves `{}`", from.name(), to.name());
    let help = "add `& !self` if they should not";
    Some(Diagnostic::new(message, written.by.span.clone(), "this lets them raise themselves").help(help))
}

/// For each role, those whose holders may do something that the holders of this one may not.
fn stronger_roles(policy: &Policy) -> Vec<Mask> {
    let mut stronger_roles = vec![Mask::EMPTY; policy.roles().len()];
    for rule in policy.types().iter().flat_map(ResourceType::actions).map(Action::rule) {
        let may = |role: &&Role| rule.allows(role.closure() | Mask::ANYONE);
        let allowed: Mask = policy.roles().iter().filter(may).map(Role::mask).collect();
        for role in (!allowed).roles() {
            stronger_roles.get_mut(role).into_iter().for_each(|roles| *roles |= allowed);
        }
    }
    stronger_roles
}
