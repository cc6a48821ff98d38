use async_trait::async_trait;
use rollcall_engine::{self as engine, Change, Facts, Grant, Node, ResourceKey, Subject};

use crate::service::{
    error::{Error, ErrorKind, Result},
    write::{
        engine::{
            answers::DeletedResources,
            context::WriteContext,
            run::{Plan, Write},
        },
        resources::resource_permission::{ResourceOperation, not_the_root},
    },
};

const DELETE: ResourceOperation =
    ResourceOperation { operation: "delete_resource", words: &["delete"], description: "delete" };

/// The most that goes away in one write: resources, and roles bound at them.
const MOST: usize = 1000;

/// Deletes a resource and all that is below it, with every role bound there. Governed by the action `TYPE.delete`.
#[derive(Clone, Debug)]
pub struct DeleteResource {
    /// Which.
    pub resource: ResourceKey,
    /// The etag that the caller read, or empty.
    pub etag: String,
}

#[async_trait]
impl Write for DeleteResource {
    type Answer = DeletedResources;

    async fn plan(&self, session: &mut WriteContext<'_>) -> Result<Plan<DeletedResources>> {
        let place = session.resource_node(&self.resource, "resource")?;
        not_the_root(place, &self.resource)?;
        let rule = DELETE.permitted(session, place)?;
        let record = session.resource(&self.resource).await?;
        session.resource_unchanged(&record, &self.etag)?;
        let (resources, teams) = session.with(|facts| Ok(subtree(facts, place.node)))?;
        if resources.len() > MOST {
            return Err(self.too_large(resources.len()));
        }
        let mut bound = session.tx.bindings_at(&resources, MOST + 1).await?;
        if bound.len() > MOST {
            return Err(self.too_large(bound.len()));
        }
        // A team that goes away holds nothing elsewhere either.
        let mut gone = Vec::new();
        for team in &teams {
            let record = session.member(team).await?;
            let elsewhere = record.held.into_iter().filter(|grant| !resources.contains(&grant.resource));
            bound.extend(elsewhere.map(|grant| (team.clone(), grant)));
            gone.push(record.member);
        }
        let mut changes: Vec<Change> =
            bound.iter().map(|(holder, grant): &(Subject, Grant)| Change::revoked(holder, grant)).collect();
        changes.extend(gone.into_iter().map(|member| Change::MemberRemoved { member }));
        for key in &resources {
            changes.push(Change::ResourceDeleted { resource: session.resource(key).await?.resource });
        }
        Ok(Plan { changes, rule, answer: DeletedResources { resources } })
    }
}

impl DeleteResource {
    fn too_large(&self, count: usize) -> Error {
        let message = format!(
            "`{}` has {count} or more resources or roles below it, and {MOST} go at once; delete what is below first",
            self.resource
        );
        Error::new(ErrorKind::FailedPrecondition, "SUBTREE_TOO_LARGE", message)
            .with("resource", self.resource.to_string())
            .with("limit", MOST.to_string())
    }
}

/// A resource and all below it, what is below before what is above; and the teams among them.
fn subtree(facts: &dyn Facts, top: Node) -> (Vec<ResourceKey>, Vec<Subject>) {
    let policy = facts.policy();
    let mut found: Vec<(usize, Node)> = Vec::new();
    for node in policy.types().iter().flat_map(|of| facts.resources_of_type(of.id())) {
        found.extend(engine::ancestor_nodes(facts, *node).position(|above| above == top).map(|depth| (depth, *node)));
    }
    found.sort_by_key(|(depth, _)| std::cmp::Reverse(*depth));
    let key = |node: &Node| engine::name_of(facts, *node).to_key();
    let teams = found.iter().filter(|(_, node)| policy.resource_type(facts.resource(*node).of).is_teams());
    let teams = teams.map(|(_, node)| key(node)).map(|team| Subject::new(team.kind, team.id)).collect();
    (found.iter().map(|(_, node)| key(node)).collect(), teams)
}
