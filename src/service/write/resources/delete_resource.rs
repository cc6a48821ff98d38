//! Deletion of a resource with its subtree.

use async_trait::async_trait;
use rollcall_engine::{Change, Grant, ResourceKey, ResourceType, Subject};

use crate::service::{
    error::{Error, ErrorKind, Result},
    write::{
        engine::{
            answers::DeletedResources,
            context::WriteContext,
            plan::{Plan, Write},
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
        let mut found = context.snapshot()?.resources_below(self.resource.as_ref(), MAX_DELETED + 1).await?;
        if found.len() > MAX_DELETED {
            return Err(self.too_large(found.len()));
        }
        // Children before their parents.
        found.reverse();
        let resources: Vec<ResourceKey> = found.iter().map(|resource| resource.key.clone()).collect();
        let teams: Vec<Subject> = context.with_facts(|facts| {
            let is_team =
                |key: &&ResourceKey| facts.policy().type_named(&key.kind).is_some_and(ResourceType::is_team_type);
            Ok(resources.iter().filter(is_team).map(|key| Subject::new(&key.kind, &key.id)).collect())
        })?;
        let mut bindings = context.snapshot()?.bindings_at(&resources, MAX_DELETED + 1).await?;
        if bindings.len() > MAX_DELETED {
            return Err(self.too_large(bindings.len()));
        }
        // A deleted team loses the roles that it holds elsewhere too.
        let mut team_members = Vec::new();
        for team in &teams {
            let record = context.member(team).await?;
            let elsewhere = record.plain_grants().into_iter().filter(|grant| !resources.contains(&grant.resource));
            bindings.extend(elsewhere.map(|grant| (team.clone(), grant)));
            team_members.push(record.member);
        }
        let mut changes: Vec<Change> =
            bindings.iter().map(|(holder, grant): &(Subject, Grant)| Change::revoked(holder, grant)).collect();
        changes.extend(team_members.into_iter().map(|member| Change::MemberRemoved { member }));
        changes.extend(found.into_iter().map(|resource| Change::ResourceDeleted { resource }));
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
