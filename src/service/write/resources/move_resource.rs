use async_trait::async_trait;
use rollcall_engine::{self as engine, Change, Facts, Node, Resource, ResourceKey};

use crate::service::{
    error::{Error, ErrorKind, Result},
    write::{
        engine::{
            answers::ResourceAnswer,
            context::WriteContext,
            run::{Plan, Write},
        },
        resources::{
            create_resource::parent_node,
            resource_permission::{ResourceOperation, not_the_root, permit_by_action},
        },
    },
};

const MOVE: ResourceOperation = ResourceOperation { operation: "move_resource", words: &["move"], description: "move" };

/// Hangs a resource, with all that is below it, from another parent. Governed by the action `TYPE.move` of the resource,
/// and by what lets somebody create such a one at the new parent.
#[derive(Clone, Debug)]
pub struct MoveResource {
    /// Which.
    pub resource: ResourceKey,
    /// The parent to be.
    pub parent: ResourceKey,
    /// The etag that the caller read, or empty.
    pub etag: String,
}

#[async_trait]
impl Write for MoveResource {
    type Answer = ResourceAnswer;

    async fn plan(&self, session: &mut WriteContext<'_>) -> Result<Plan<ResourceAnswer>> {
        let place = session.resource_node(&self.resource, "resource")?;
        not_the_root(place, &self.resource)?;
        let (from, to, creates) = session.with(|facts| {
            let policy = facts.policy();
            let of = policy.resource_type(facts.resource(place.node).of);
            let parent = parent_node(facts, of, Some(&self.parent))?;
            let actions = policy.create_actions(of, policy.resource_type(facts.resource(parent).of)).collect();
            let what = format!("move a `{}` to `{}`", of.name(), engine::name_of(facts, parent));
            let creates = permit_by_action(facts, session.call, parent, actions, MOVE.operation, &what)?;
            Ok((self.place(facts, place.node, parent)?, engine::name_of(facts, parent).to_key(), creates))
        })?;
        let moves = MOVE.permitted(session, place)?;
        let record = session.resource(&self.resource).await?;
        session.resource_unchanged(&record, &self.etag)?;
        let change = Change::ResourceMoved { resource: record.resource.key.clone(), from, to: to.clone() };
        let resource = Resource { parent: Some(to), ..record.resource };
        Ok(Plan {
            changes: vec![change],
            rule: format!("{moves} {creates}"),
            answer: session.resource_answer(resource),
        })
    }
}

impl MoveResource {
    /// Where the resource is now, if it can go below the other.
    fn place(&self, facts: &dyn Facts, node: Node, parent: Node) -> Result<ResourceKey> {
        let refused = |reason, message: String| {
            Err(Error::new(ErrorKind::FailedPrecondition, reason, message).with("resource", self.resource.to_string()))
        };
        if engine::ancestor_nodes(facts, parent).any(|above| above == node) {
            return refused("RESOURCE_CYCLE", format!("`{}` is, or is below, `{}`", self.parent, self.resource));
        }
        let now = facts.resource(node).parent.unwrap_or(facts.root());
        if now == parent {
            return refused("PARENT_UNCHANGED", format!("`{}` is there already", self.resource));
        }
        Ok(engine::name_of(facts, now).to_key())
    }
}
