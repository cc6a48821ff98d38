//! How a decision was reached, and for a denial what would change it.

use crate::{
    decision::decide::{Decision, Reason, Target, lowest_registered, unregistered_type},
    domain::{ResourceKey, Subject, SubjectRef},
    facts::{Facts, Node, Principals, ancestors, ancestors_with_mask, name_of},
    model::{
        Action, ResourceType, Role, TypeId,
        mask::{Mask, Term},
        rules_about::givers,
    },
};

/// A decision in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// The whole matter in one sentence.
    pub summary: String,
    /// The policy's name.
    pub policy: String,
    /// The policy's version.
    pub version: u32,
    /// The line of the action's rule, counted from 1.
    pub line: u32,
    /// The rule as the file has it.
    pub rule: String,
    /// The roles that the subject holds on the way up.
    pub held: Vec<HeldRole>,
    /// What would turn a denial into a grant.
    pub ways_in: Vec<WayIn>,
}

/// A role that a subject holds, and where from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldRole {
    /// The role with its type.
    pub role: String,
    /// The bound role that implies it, when it is another.
    pub implied_by: Option<String>,
    /// Where the binding is.
    pub at: ResourceKey,
    /// Who holds it on their behalf: a team that they belong to, or everybody of their type; none for themselves.
    pub through: Option<Subject>,
    /// Whether the decision rests on it.
    pub decisive: bool,
}

/// A role that, once held, would let the subject through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WayIn {
    /// The role with its type, or the relation.
    pub role: String,
    /// Where it would have to be held.
    pub at: ResourceKey,
    /// Who could give it, as the policy's rules say it.
    pub given_by: Vec<String>,
}

/// Explains a decision about an action on a target of type `of`, which the request names `named`.
pub fn explain<F: Facts + ?Sized>(
    facts: &F,
    subject: SubjectRef<'_>,
    of: &ResourceType,
    named: &ResourceKey,
    action: &Action,
    target: Target<'_>,
    decision: &Decision,
) -> Explanation {
    let policy = facts.policy();
    let node = lowest_registered(facts, target);
    let held = node.map_or(Vec::new(), |node| held_roles(facts, subject, (node, unregistered_type(target)), decision));
    let ways_in = match (decision.reason, node) {
        // An operator holds no roles.
        (Reason::NotGranted | Reason::NotAMember | Reason::MemberInvited, Some(node)) if !subject.is_operator() => {
            ways_in(facts, named, node, of, action.rule.terms(), decision.effective_roles | Mask::ANYONE)
        }
        _ => Vec::new(),
    };
    let mut explanation = Explanation {
        summary: String::new(),
        policy: policy.name().to_owned(),
        version: policy.version(),
        line: action.rule.line(),
        rule: action.rule.text().to_owned(),
        held,
        ways_in,
    };
    explanation.summary = summary(&explanation, subject, named, action.name(), decision.reason);
    explanation
}

fn held_roles<F: Facts + ?Sized>(
    facts: &F,
    subject: SubjectRef<'_>,
    (node, below): (Node, Option<TypeId>),
    decision: &Decision,
) -> Vec<HeldRole> {
    let policy = facts.policy();
    let standing = facts.member_state(subject);
    let holders = standing.map(|standing| Principals::of(facts, subject, standing.member));
    let Some(holders) = holders.or_else(|| Principals::of_stranger(facts, subject)) else { return Vec::new() };
    let own = standing.map(|standing| standing.member);
    let needed = decision.term.map_or(Mask::EMPTY, |term| term.need);
    let mut held = Vec::new();
    for (above, _, counts) in ancestors_with_mask(facts, node, below) {
        for holder in holders.each() {
            let through = (Some(holder) != own).then(|| facts.subject(holder).to_subject());
            for bound in policy.roles_in(facts.assigned_roles(holder, above) & counts) {
                held.extend(policy.roles_in(bound.closure()).map(|role| HeldRole {
                    role: policy.qualified(role),
                    implied_by: (role.id() != bound.id()).then(|| policy.qualified(bound)),
                    at: name_of(facts, above).to_key(),
                    through: through.clone(),
                    decisive: needed.contains(role.mask()),
                }));
            }
        }
    }
    held
}

/// For each term that only lacks one role, the roles that bring it, at the resource that they belong to.
fn ways_in<F: Facts + ?Sized>(
    facts: &F,
    named: &ResourceKey,
    node: Node,
    of: &ResourceType,
    terms: &[Term],
    held: Mask,
) -> Vec<WayIn> {
    let policy = facts.policy();
    let mut ways = Vec::new();
    for term in terms {
        let missing = term.need.without(held);
        if missing.intersects(Mask::OPERATOR | Mask::SELF) || term.forbid.intersects(held) {
            continue;
        }
        if missing == Mask::OWNER {
            ways.push((0, WayIn { role: "owner".to_owned(), at: named.clone(), given_by: Vec::new() }));
            continue;
        }
        for role in policy.roles().iter().filter(|role| role.closure().contains(missing) && !missing.is_empty()) {
            ways.extend(way_in(facts, named, node, of, role).map(|way| (role.closure().roles().count(), way)));
        }
    }
    // The nearest first: a role of the resource's own type before one further up, and one that brings less before one
    // that brings more.
    ways.sort_by_key(|(brings, way): &(usize, WayIn)| (way.at != *named, *brings));
    let mut ways: Vec<WayIn> = ways.into_iter().map(|(_, way)| way).collect();
    ways.dedup();
    ways
}

fn way_in<F: Facts + ?Sized>(
    facts: &F,
    named: &ResourceKey,
    node: Node,
    of: &ResourceType,
    role: &Role,
) -> Option<WayIn> {
    let policy = facts.policy();
    let at = if role.of() == of.id() {
        named.clone()
    } else {
        let (above, _) = ancestors(facts, node).find(|(_, place)| place.of == role.of())?;
        name_of(facts, above).to_key()
    };
    let mut given_by: Vec<String> =
        givers(policy.resource_type(role.of()), role).map(|rule| rule.by().text().to_owned()).collect();
    given_by.dedup();
    Some(WayIn { role: policy.qualified(role), at, given_by })
}

fn summary(
    explanation: &Explanation,
    subject: SubjectRef<'_>,
    named: &ResourceKey,
    action: &str,
    reason: Reason,
) -> String {
    let may = format!("`{subject}` may do `{action}` on `{named}`");
    let may_not = format!("`{subject}` may not do `{action}` on `{named}`");
    let rule = format!("policy `{}` line {}: `{}`", explanation.policy, explanation.line, explanation.rule);
    match reason {
        Reason::GrantedByRole => {
            let held: Vec<String> = explanation.held.iter().filter(|held| held.decisive).map(through).collect();
            format!("{may}: {} ({rule})", held.join(" and "))
        }
        Reason::GrantedByRelation => format!("{may} through their relation to it ({rule})"),
        Reason::GrantedToAnyone => format!("{may}, as every active member may ({rule})"),
        Reason::GrantedToOperator => format!("{may}, as an operator may ({rule})"),
        Reason::NotAMember => format!("{may_not}: they are no member of this tenant"),
        Reason::MemberInvited => format!("{may_not}: they have not accepted their invitation"),
        Reason::MemberDeactivated => format!("{may_not}: their membership is deactivated"),
        Reason::MemberLocked => format!("{may_not}: they are locked, and `{action}` does not survive a lock"),
        Reason::ResourceNotFound => {
            format!("{may_not}: no such resource is registered, and no registered parent was stated for it")
        }
        Reason::ResourceArchived => format!("{may_not}: it is archived, and `{action}` does not survive that"),
        Reason::Excluded => format!("{may_not}: they hold something that the rule excludes ({rule})"),
        Reason::NotGranted => {
            let held = if explanation.held.is_empty() {
                "they hold no role there or above".to_owned()
            } else {
                let mut names: Vec<String> = Vec::new();
                for name in explanation.held.iter().map(|held| format!("`{}`", held.role)) {
                    if !names.contains(&name) {
                        names.push(name);
                    }
                }
                format!("they hold only {}", names.join(", "))
            };
            let way = explanation.ways_in.first().map_or(String::new(), way);
            format!("{may_not}: {held} ({rule}){way}")
        }
    }
}

fn way(way: &WayIn) -> String {
    let givers: Vec<String> = way.given_by.iter().map(|by| format!("`{by}`")).collect();
    let givers = if givers.is_empty() { String::new() } else { format!(", which {} may give", givers.join(" or ")) };
    format!("; `{}` at `{}` would let them{givers}", way.role, way.at)
}

fn through(held: &HeldRole) -> String {
    let implied = held.implied_by.as_ref().map_or(String::new(), |by| format!(", implied by `{by}`"));
    let through = held.through.as_ref().map_or(String::new(), |holder| format!(" through `{holder}`"));
    format!("`{}` held at `{}`{through}{implied}", held.role, held.at)
}
