//! Writes to resources are governed by actions of the policy, as any other deed on a resource is.

use rollcall_engine::{
    self as engine, Action, Decision, Facts, Node, Policy, Reason, ResourceKey, ResourceType, Target,
};

use crate::service::{
    error::{Error, ErrorKind, Result},
    write::engine::{
        context::{ResourceNode, WriteContext, rule_name},
        refuse,
        request_context::RequestContext,
    },
};

/// What is done to a resource: its names in the log and in the policy.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ResourceOperation {
    /// As errors name it.
    pub(crate) operation: &'static str,
    /// The last parts of the action's name, the first that the policy has: `archive` of `project.archive`.
    pub(crate) words: &'static [&'static str],
    /// As a sentence goes on after "may not".
    pub(crate) description: &'static str,
}

impl ResourceOperation {
    /// The policy line that lets the actor do this to a registered resource: by an action of its own type, or by one of
    /// the type above, asked of its parent.
    pub(crate) fn permitted(self, session: &WriteContext<'_>, place: ResourceNode) -> Result<String> {
        session.with(|facts| {
            let what = format!("{} `{}`", self.description, engine::name_of(facts, place.node));
            let stands = facts.resource(place.node);
            let of = facts.policy().resource_type(stands.of);
            let own = self.action(of, of);
            let above = stands.parent.and_then(|parent| {
                let above = facts.policy().resource_type(facts.resource(parent).of);
                Some((parent, self.action(of, above)?))
            });
            let (node, action) = match (own, above) {
                (Some(action), _) => (place.node, Some(action)),
                (None, Some((parent, action))) => (parent, Some(action)),
                (None, None) => (place.node, None),
            };
            permit_by_action(facts, session.call, node, action.into_iter().collect(), self.operation, &what)
        })
    }

    /// The action of `at` that is about doing this to an `of`.
    fn action<'p>(self, of: &ResourceType, at: &'p ResourceType) -> Option<&'p Action> {
        self.words.iter().find_map(|word| at.find_action(&format!("{}.{word}", of.name())).ok())
    }
}

/// The policy line that lets the actor do one of these actions on a registered resource; `what` is told of who may not.
pub(crate) fn permit_by_action(
    facts: &dyn Facts,
    call: &RequestContext,
    node: Node,
    actions: Vec<&Action>,
    operation: &'static str,
    what: &str,
) -> Result<String> {
    let actor = call.actor.as_ref();
    let (policy, place) = (facts.policy(), engine::name_of(facts, node));
    let refused = |why: &str, permitted_to: &str| {
        let message = format!("`{actor}` may not {what}: {why}");
        Error::new(ErrorKind::PermissionDenied, "NOT_PERMITTED", message)
            .with("actor", actor.to_string())
            .with("operation", operation)
            .with("resource", place.to_string())
            .with("permitted_to", permitted_to)
    };
    engine::active_actor(facts, actor).map_err(|reason| refuse::actor(call, reason))?;
    let target = Target::Registered(node);
    let decide = |action| (action, engine::decide(facts, actor, action, target));
    let decided: Vec<(&Action, Decision)> = actions.into_iter().map(decide).collect();
    if let Some((action, _)) = decided.iter().find(|(_, decision)| decision.allowed()) {
        return Ok(line(policy, action));
    }
    let Some((action, decision)) = decided.first() else {
        return Err(refused(&format!("policy `{}` lets nobody do that", policy.name()), ""));
    };
    if decision.reason == Reason::ResourceArchived {
        return Err(archived(facts, node, &format!("`{actor}` may not {what}")));
    }
    let of = policy.resource_type(facts.resource(node).of);
    let explained = engine::explain(facts, actor, of, &place.to_key(), action, target, decision);
    Err(refused(&explained.summary, action.rule().text()))
}

/// Nothing of the kind is done to what is archived, or is below what is.
fn archived(facts: &dyn Facts, node: Node, may_not: &str) -> Error {
    let above = engine::ancestor_nodes(facts, node).find(|above| facts.resource(*above).archived).unwrap_or(node);
    let shut = engine::name_of(facts, above);
    Error::new(
        ErrorKind::FailedPrecondition,
        "RESOURCE_ARCHIVED",
        format!("{may_not}: `{shut}` is archived; restore it first"),
    )
    .with("resource", shut.to_string())
}

fn line(policy: &Policy, action: &Action) -> String {
    rule_name(policy, action.rule().line())
}

/// Refuses what can't be done to the tenant itself.
pub(crate) fn not_the_root(place: ResourceNode, key: &ResourceKey) -> Result<()> {
    if place.is_root {
        let description = format!("is the tenant itself; `{}` has no such thing done to it", key.kind);
        return Err(Error::field("FIELD_INVALID", "resource", description));
    }
    Ok(())
}
