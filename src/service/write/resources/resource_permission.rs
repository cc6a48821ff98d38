//! Whether the actor may write to a resource: that is an action of the policy, like any other on the resource.

use rollcall_engine::{
    self as engine, Action, Decision, Facts, Node, Policy, Question, Reason, ResourceKey, ResourceType, Target,
};

use crate::service::{
    error::{Error, ErrorKind, Result},
    resolve::rules::rule_name,
    write::engine::{
        context::{ResourceNode, WriteContext},
        refuse,
        request_context::RequestContext,
    },
};

/// An operation on a resource, with its names in errors and in the policy.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ResourceOperation {
    /// The `operation` of errors: `archive_resource`.
    pub(crate) name: &'static str,
    /// The names that its action may have after the type's: `archive` of `project.archive`. The first that the policy
    /// has decides.
    pub(crate) action_names: &'static [&'static str],
    /// The verb of messages, after "may not".
    pub(crate) description: &'static str,
}

impl ResourceOperation {
    /// The policy line by which the actor may do this to a registered resource: of an action of its own type, or else
    /// of an action that its parent's type has, at the parent.
    pub(crate) fn permit(self, context: &WriteContext<'_>, resource: ResourceNode) -> Result<String> {
        context.with_facts(|facts| {
            let what = format!("{} `{}`", self.description, engine::name_of(facts, resource.node));
            let state = facts.resource(resource.node);
            let resource_type = facts.policy().resource_type(state.resource_type);
            let own_action = self.action(resource_type, resource_type);
            let parent_action = state.parent.and_then(|parent| {
                let parent_type = facts.policy().resource_type(facts.resource(parent).resource_type);
                Some((parent, self.action(resource_type, parent_type)?))
            });
            let (node, action) = match (own_action, parent_action) {
                (Some(action), _) => (resource.node, Some(action)),
                (None, Some((parent, action))) => (parent, Some(action)),
                (None, None) => (resource.node, None),
            };
            permit_by_action(facts, context.request, node, action.into_iter().collect(), self.name, &what)
        })
    }

    /// The action of the type `at` for doing this to a resource of this type.
    fn action<'p>(self, resource_type: &ResourceType, at: &'p ResourceType) -> Option<&'p Action> {
        self.action_names.iter().find_map(|name| at.find_action(&format!("{}.{name}", resource_type.name())).ok())
    }
}

/// The policy line by which the actor may do one of these actions on a registered resource. `what` completes the
/// message "may not" of a refusal.
pub(crate) fn permit_by_action(
    facts: &dyn Facts,
    request: &RequestContext,
    node: Node,
    actions: Vec<&Action>,
    operation: &'static str,
    what: &str,
) -> Result<String> {
    let actor = request.actor.as_ref();
    let (policy, resource) = (facts.policy(), engine::name_of(facts, node));
    let refused = |why: &str, permitted_to: &str| {
        let message = format!("`{actor}` may not {what}: {why}");
        Error::new(ErrorKind::PermissionDenied, "NOT_PERMITTED", message)
            .with("actor", actor.to_string())
            .with("operation", operation)
            .with("resource", resource.to_string())
            .with("permitted_to", permitted_to)
    };
    engine::active_actor(facts, actor).map_err(|reason| refuse::inactive_actor(&request.actor, reason))?;
    let target = Target::Registered(node);
    let decide = |action| (action, engine::decide(facts, &Question::new(actor, action, target)));
    let decided: Vec<(&Action, Decision)> = actions.into_iter().map(decide).collect();
    if let Some((action, _)) = decided.iter().find(|(_, decision)| decision.allowed()) {
        return Ok(rule_of(policy, action));
    }
    let Some((action, decision)) = decided.first() else {
        return Err(refused(&format!("policy `{}` lets nobody do that", policy.name()), ""));
    };
    if decision.reason == Reason::ResourceArchived {
        return Err(archived(facts, node, &format!("`{actor}` may not {what}")));
    }
    let resource_type = policy.resource_type(facts.resource(node).resource_type);
    let explained =
        engine::explain(facts, &Question::new(actor, action, target), resource_type, &resource.to_key(), decision);
    Err(refused(&explained.summary, action.rule().text()))
}

/// The refusal of an operation on a resource that is archived, or below one that is.
fn archived(facts: &dyn Facts, node: Node, may_not: &str) -> Error {
    let archived = engine::ancestor_nodes(facts, node).find(|above| facts.resource(*above).archived).unwrap_or(node);
    let archived = engine::name_of(facts, archived);
    Error::new(
        ErrorKind::FailedPrecondition,
        "RESOURCE_ARCHIVED",
        format!("{may_not}: `{archived}` is archived; restore it first"),
    )
    .with("resource", archived.to_string())
}

fn rule_of(policy: &Policy, action: &Action) -> String {
    rule_name(policy, action.rule().line())
}

/// Refuses an operation that can't be done to the root resource.
pub(crate) fn not_the_root(resource: ResourceNode, key: &ResourceKey) -> Result<()> {
    if resource.is_root {
        let description = format!("is the tenant itself; a `{}` can't be archived, moved or deleted", key.kind);
        return Err(Error::field("FIELD_INVALID", "resource", description));
    }
    Ok(())
}
