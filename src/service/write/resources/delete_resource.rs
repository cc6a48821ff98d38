//! Deletion of a resource with its subtree.

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
    ResourceOperation { name: "delete_resource", action_names: &["delete"], description: "delete" };

/// The most resources that one write deletes, and the most roles assigned at them.
const MAX_DELETED: usize = 1000;

/// Deletes a resource and everything below it, with every role assigned there. Permitted by the action `TYPE.delete`. A
/// subtree of more than 1,000 resources or roles is refused with `SUBTREE_TOO_LARGE`.
#[derive(Clone, Debug)]
pub struct DeleteResource {
    /// The registered resource (`RESOURCE_NOT_FOUND`), other than the root.
    pub resource: ResourceKey,
    /// The resource's etag as the caller read it; an outdated one is refused with `ETAG_MISMATCH`. Empty: not compared.
    pub etag: String,
}

#[async_trait]
impl Write for DeleteResource {
    type Answer = DeletedResources;

    fn subjects(&mut self) -> Vec<&mut Subject> {
        Vec::new()
    }

    async fn plan(&self, context: &mut WriteContext<'_>) -> Result<Plan<DeletedResources>> {
        let resource = context.resource_node(&self.resource, "resource")?;
        not_the_root(resource, &self.resource)?;
        let rule = DELETE.permit(context, resource)?;
        let record = context.resource(&self.resource).await?;
        context.check_resource_etag(&record, &self.etag)?;
        let (resources, teams) = context.with_facts(|facts| Ok(subtree(facts, resource.node)))?;
        if resources.len() > MAX_DELETED {
            return Err(self.too_large(resources.len()));
        }
        let mut bindings = context.snapshot()?.bindings_at(&resources, MAX_DELETED + 1).await?;
        if bindings.len() > MAX_DELETED {
            return Err(self.too_large(bindings.len()));
        }
        // A deleted team loses the roles that it holds elsewhere too.
        let mut team_members = Vec::new();
        for team in &teams {
            let record = context.member(team).await?;
            let elsewhere = record.grants.into_iter().filter(|grant| !resources.contains(&grant.resource));
            bindings.extend(elsewhere.map(|grant| (team.clone(), grant)));
            team_members.push(record.member);
        }
        let mut changes: Vec<Change> =
            bindings.iter().map(|(holder, grant): &(Subject, Grant)| Change::revoked(holder, grant)).collect();
        changes.extend(team_members.into_iter().map(|member| Change::MemberRemoved { member }));
        for key in &resources {
            changes.push(Change::ResourceDeleted { resource: context.resource(key).await?.resource });
        }
        Ok(Plan::by(&rule, changes, DeletedResources { resources }))
    }
}

impl DeleteResource {
    fn too_large(&self, count: usize) -> Error {
        let message = format!(
            "`{}` has {count} or more resources or roles below it, and {MAX_DELETED} can be deleted at once; \
             delete what is below first",
            self.resource
        );
        Error::new(ErrorKind::FailedPrecondition, "SUBTREE_TOO_LARGE", message)
            .with("resource", self.resource.to_string())
            .with("limit", MAX_DELETED.to_string())
    }
}

/// A resource and everything below it, children before parents; and the teams among them.
fn subtree(facts: &dyn Facts, top: Node) -> (Vec<ResourceKey>, Vec<Subject>) {
    let policy = facts.policy();
    let mut found: Vec<(usize, Node)> = Vec::new();
    for node in policy.types().iter().flat_map(|resource_type| facts.resources_of_type(resource_type.id())) {
        found.extend(engine::ancestor_nodes(facts, *node).position(|above| above == top).map(|depth| (depth, *node)));
    }
    found.sort_by_key(|(depth, _)| std::cmp::Reverse(*depth));
    let key = |node: &Node| engine::name_of(facts, *node).to_key();
    let teams =
        found.iter().filter(|(_, node)| policy.resource_type(facts.resource(*node).resource_type).is_team_type());
    let teams = teams.map(|(_, node)| key(node)).map(|team| Subject::new(team.kind, team.id)).collect();
    (found.iter().map(|(_, node)| key(node)).collect(), teams)
}
