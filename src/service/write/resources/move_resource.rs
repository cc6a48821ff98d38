//! Moves of a resource to another parent.

use async_trait::async_trait;
use rollcall_engine::{self as engine, Change, Facts, Node, Resource, ResourceKey, Subject};

use crate::service::{
    error::{Error, ErrorKind, Result},
    resolve::rules::distinct,
    write::{
        engine::{
            answers::ResourceAnswer,
            context::WriteContext,
            plan::{Plan, Write},
        },
        resources::{
            create_resource::parent_node,
            depth,
            resource_permission::{ResourceOperation, not_the_root, permit_by_action},
        },
    },
};

const MOVE: ResourceOperation =
    ResourceOperation { name: "move_resource", action_names: &["move"], description: "move" };

/// Moves a resource, with everything below it, to another parent. Permitted to whoever has the action `TYPE.move` on
/// the resource and may create one of its type at the new parent.
#[derive(Clone, Debug)]
pub struct MoveResource {
    /// The registered resource (`RESOURCE_NOT_FOUND`), other than the root.
    pub resource: ResourceKey,
    /// The new parent, registered, of a type that the resource's type may be below.
    pub parent: ResourceKey,
    /// The resource's etag as the caller read it; an outdated one is refused with `ETAG_MISMATCH`. Empty: not compared.
    pub etag: String,
}

#[async_trait]
impl Write for MoveResource {
    type Answer = ResourceAnswer;

    fn subjects(&mut self) -> Vec<&mut Subject> {
        Vec::new()
    }

    async fn plan(&self, context: &mut WriteContext<'_>) -> Result<Plan<ResourceAnswer>> {
        let resource_node = context.resource_node(&self.resource, "resource")?;
        not_the_root(resource_node, &self.resource)?;
        let (from, to, create_rule) = context.with_facts(|facts| {
            let policy = facts.policy();
            let resource_type = policy.resource_type(facts.resource(resource_node.node).resource_type);
            let parent = parent_node(facts, resource_type, Some(&self.parent))?;
            let actions = policy
                .create_actions(resource_type, policy.resource_type(facts.resource(parent).resource_type))
                .collect();
            let what = format!("move a `{}` to `{}`", resource_type.name(), engine::name_of(facts, parent));
            let create_rule = permit_by_action(facts, context.request, parent, actions, MOVE.name, &what)?;
            Ok((
                self.current_parent(facts, resource_node.node, parent)?,
                engine::name_of(facts, parent).to_key(),
                create_rule,
            ))
        })?;
        let move_rule = MOVE.permit(context, resource_node)?;
        context.with_facts(|facts| {
            let resource_type = facts.policy().resource_type(facts.resource(resource_node.node).resource_type);
            let parent = parent_node(facts, resource_type, Some(&self.parent))?;
            depth::check(facts, parent, depth::levels_below(facts, resource_node.node))
        })?;
        let record = context.resource(&self.resource).await?;
        context.check_resource_etag(&record, &self.etag)?;
        let change = Change::ResourceMoved { resource: record.resource.key.clone(), from, to: to.clone() };
        let resource = Resource { parent: Some(to), ..record.resource };
        Ok(Plan::by(&distinct([move_rule, create_rule]), [change], context.resource_answer(resource)))
    }
}

impl MoveResource {
    /// The parent that the resource has now, if it can be moved below another: `RESOURCE_CYCLE`, `PARENT_UNCHANGED`.
    fn current_parent(&self, facts: &dyn Facts, node: Node, parent: Node) -> Result<ResourceKey> {
        let refused = |reason, message: String| {
            Err(Error::new(ErrorKind::FailedPrecondition, reason, message).with("resource", self.resource.to_string()))
        };
        if engine::ancestor_nodes(facts, parent).any(|above| above == node) {
            return refused("RESOURCE_CYCLE", format!("`{}` is, or is below, `{}`", self.parent, self.resource));
        }
        let current = facts.resource(node).parent.unwrap_or(facts.root());
        if current == parent {
            return refused("PARENT_UNCHANGED", format!("`{}` is below `{}` already", self.resource, self.parent));
        }
        Ok(engine::name_of(facts, current).to_key())
    }
}
