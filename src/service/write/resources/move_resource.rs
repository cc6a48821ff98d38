use async_trait::async_trait;
use rollcall_engine::{self as engine, Change, Facts, Node, Resource, ResourceKey};

use crate::service::{
    error::{Error, Kind, Result},
    write::{
        engine::{
            answers::ResourceAnswer,
            run::{Plan, Write},
            session::Session,
        },
        resources::{
            by_action::{Deed, by_action, not_the_root},
            create_resource::parent_node,
        },
    },
};

const MOVE: Deed = Deed { operation: "move_resource", words: &["move"], told: "move" };

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

    async fn plan(&self, session: &mut Session<'_>) -> Result<Plan<ResourceAnswer>> {
        let place = session.place(&self.resource, "resource")?;
        not_the_root(place, &self.resource)?;
        let (from, to, creates) = session.with(|facts| {
            let policy = facts.policy();
            let of = policy.resource_type(facts.place(place.node).of);
            let parent = parent_node(facts, of, Some(&self.parent))?;
            let actions = policy.create_actions(of, policy.resource_type(facts.place(parent).of)).collect();
            let what = format!("move a `{}` to `{}`", of.name(), engine::name_of(facts, parent));
            let creates = by_action(facts, session.call, parent, actions, MOVE.operation, &what)?;
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
            Err(Error::new(Kind::FailedPrecondition, reason, message).with("resource", self.resource.to_string()))
        };
        if engine::way_up(facts, parent).any(|above| above == node) {
            return refused("RESOURCE_CYCLE", format!("`{}` is, or is below, `{}`", self.parent, self.resource));
        }
        let now = facts.place(node).parent.unwrap_or(facts.root());
        if now == parent {
            return refused("PARENT_UNCHANGED", format!("`{}` is there already", self.resource));
        }
        Ok(engine::name_of(facts, now).to_key())
    }
}
