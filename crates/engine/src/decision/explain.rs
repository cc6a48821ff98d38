//! Finds how a decision was reached, and for a denial what would change it.

use crate::{
    decision::{
        decide::{Decision, Question},
        explanation::{Explanation, HeldRole, WayIn},
        reason::Reason,
        target::{lowest_registered, types_below},
    },
    domain::ResourceKey,
    facts::{Facts, Node, Principals, ancestors, ancestors_with_inheritance, name_of},
    model::{
        Registration, ResourceType, Role, TypeSet,
        mask::{Mask, OWNER},
        rules_about::granting_rules,
    },
};

/// Explains a decision about a question. `resource_type` is the type of the question's target, `resource` its name as
/// the request has it, and `decision` the answer of [`decide`](super::decide::decide) to the question on the same
/// facts.
pub fn explain<F: Facts + ?Sized>(
    facts: &F,
    question: &Question<'_>,
    resource_type: &ResourceType,
    resource: &ResourceKey,
    decision: &Decision,
) -> Explanation {
    let (policy, rule) = (facts.policy(), question.action.rule());
    let node = lowest_registered(facts, question.target);
    let held_roles = node.map_or(Vec::new(), |node| held_roles(facts, question, node, decision));
    let ways_in = match (decision.reason, node) {
        // An operator holds no roles.
        (Reason::NotGranted | Reason::NotAMember | Reason::MemberInvited, Some(node))
            if !question.subject.is_operator() =>
        {
            ways_in(facts, question, resource, node, resource_type, decision.effective_roles | Mask::ANYONE)
        }
        _ => Vec::new(),
    };
    let mut explanation = Explanation {
        summary: String::new(),
        policy: policy.name().to_owned(),
        version: policy.version(),
        line: rule.line(),
        rule: rule.text().to_owned(),
        held_roles,
        ways_in,
    };
    let reason = (decision.reason, &*absence(facts, resource_type, &resource.id));
    explanation.summary = explanation.summarize(question.subject, resource, question.action.name(), reason);
    explanation
}

/// Why a resource is absent, if it is.
fn absence<F: Facts + ?Sized>(facts: &F, resource_type: &ResourceType, id: &str) -> String {
    let name = resource_type.name();
    match resource_type.registration() {
        _ if resource_type.has_member_records() => "nobody is a member under that id".to_owned(),
        Registration::Required => format!("no such resource is registered, as every `{name}` must be"),
        Registration::Optional if facts.is_deleted(resource_type.id(), id) => {
            "it was deleted, and is absent until it is registered again".to_owned()
        }
        _ => "no such resource is registered, and no registered parent was stated for it".to_owned(),
    }
}

/// What the subject holds at a resource and above it, and through whom.
fn held_roles<F: Facts + ?Sized>(facts: &F, question: &Question<'_>, node: Node, decision: &Decision) -> Vec<HeldRole> {
    let (policy, subject) = (facts.policy(), question.subject);
    let member = facts.member_state(subject).map(|state| state.member);
    let principals = member.map(|member| Principals::of_member(facts, subject, member));
    let Some(principals) = principals.or_else(|| Principals::of_non_member(facts, subject)) else { return Vec::new() };
    let term = decision.term.and_then(|index| question.action.rule().terms().get(index));
    let needed = term.map_or(Mask::EMPTY, |term| term.need);
    let mut held_roles = Vec::new();
    for (above, _, inheritance) in ancestors_with_inheritance(facts, node, types_below(question.target)) {
        for principal in principals.members() {
            let through = (Some(principal) != member).then(|| facts.subject(principal).to_subject());
            for assigned in policy.roles_in(facts.assigned_roles(principal, above)) {
                let effective_roles = policy.closure(inheritance.roles(policy, assigned.mask()));
                held_roles.extend(policy.roles_in(effective_roles).map(|role| HeldRole {
                    role: policy.qualified(role),
                    implied_by: (role.id() != assigned.id()).then(|| policy.qualified(assigned)),
                    at: name_of(facts, above).to_key(),
                    through: through.clone(),
                    decisive: needed.contains(role.mask()),
                }));
            }
        }
    }
    held_roles
}

/// For each term that a single role or the ownership would satisfy, those that do.
fn ways_in<F: Facts + ?Sized>(
    facts: &F,
    question: &Question<'_>,
    resource: &ResourceKey,
    node: Node,
    resource_type: &ResourceType,
    effective_roles: Mask,
) -> Vec<WayIn> {
    let (policy, types_below) = (facts.policy(), types_below(question.target));
    // Each with the number of roles that it brings.
    let mut ways_in = Vec::new();
    for term in question.action.rule().terms() {
        let missing = term.need.without(effective_roles);
        if missing.intersects(Mask::OPERATOR | Mask::SELF) || term.forbid.intersects(effective_roles) {
            continue;
        }
        if missing == Mask::OWNER {
            ways_in.push((0, WayIn { role: OWNER.to_owned(), at: resource.clone(), given_by: Vec::new() }));
            continue;
        }
        for role in policy.roles().iter().filter(|role| role.closure().contains(missing) && !missing.is_empty()) {
            let way_in = way_in(facts, (resource, resource_type), (node, types_below), role, missing);
            ways_in.extend(way_in.map(|way_in| (role.closure().roles().count(), way_in)));
        }
    }
    ways_in.sort_by_key(|(role_count, way_in): &(usize, WayIn)| (way_in.at != *resource, *role_count));
    let mut ways_in: Vec<WayIn> = ways_in.into_iter().map(|(_, way_in)| way_in).collect();
    ways_in.dedup();
    ways_in
}

/// A role as a way in, at the resource of its type that is the target or above it; none where there is no such
/// resource, or it would not bring what is missing from there to a target that is further below. `node` is the lowest
/// resource that is registered, and `types_below` are the types of those below it.
fn way_in<F: Facts + ?Sized>(
    facts: &F,
    (resource, resource_type): (&ResourceKey, &ResourceType),
    (node, types_below): (Node, TypeSet),
    role: &Role,
    missing: Mask,
) -> Option<WayIn> {
    let policy = facts.policy();
    let reaches = || policy.closure(role.reaching_roles()).contains(missing);
    let at = if role.resource_type() == resource_type.id() {
        resource.clone()
    } else if types_below.contains(role.resource_type()) && !reaches() {
        return None;
    } else {
        let (above, _) = ancestors(facts, node).find(|(_, state)| state.resource_type == role.resource_type())?;
        name_of(facts, above).to_key()
    };
    let mut given_by: Vec<String> = granting_rules(policy.resource_type(role.resource_type()), role)
        .map(|rule| rule.by().text().to_owned())
        .collect();
    given_by.dedup();
    Some(WayIn { role: policy.qualified(role), at, given_by })
}
