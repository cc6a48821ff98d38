//! Archiving a resource, and restoring it.

use async_trait::async_trait;
use rollcall_engine::{Change, Resource, ResourceKey, Subject};

use crate::service::{
    error::{Error, ErrorKind, Result},
    write::{
        engine::{
            answers::ResourceAnswer,
            context::WriteContext,
            plan::{Plan, Write},
        },
        resources::resource_permission::{ResourceOperation, not_the_root},
    },
};

const ARCHIVE: ResourceOperation =
    ResourceOperation { name: "archive_resource", action_names: &["archive"], description: "archive" };
/// Whoever may archive may also restore, unless the policy has an action of its own for it.
const RESTORE: ResourceOperation =
    ResourceOperation { name: "restore_resource", action_names: &["restore", "archive"], description: "restore" };

/// Archives a resource or restores it. Permitted by the actions `TYPE.archive` and `TYPE.restore`. What is archived, or
/// below it, allows only actions that are `when_archived`; membership writes go on.
#[derive(Clone, Debug)]
pub struct SetArchived {
    /// The registered resource (`RESOURCE_NOT_FOUND`), other than the root.
    pub resource: ResourceKey,
    /// True to archive, false to restore.
    pub archived: bool,
    /// The resource's etag as the caller read it; an outdated one is refused with `ETAG_MISMATCH`. Empty: not compared.
    pub etag: String,
}

#[async_trait]
impl Write for SetArchived {
    type Answer = ResourceAnswer;

    fn subjects(&mut self) -> Vec<&mut Subject> {
        Vec::new()
    }

    async fn plan(&self, context: &mut WriteContext<'_>) -> Result<Plan<ResourceAnswer>> {
        let resource_node = context.resource_node(&self.resource, "resource")?;
        not_the_root(resource_node, &self.resource)?;
        let rule = if self.archived { ARCHIVE } else { RESTORE }.permit(context, resource_node)?;
        let record = context.resource(&self.resource).await?;
        if record.resource.archived == self.archived {
            let (reason, what) = if self.archived {
                ("ALREADY_ARCHIVED", "is archived already")
            } else {
                ("NOT_ARCHIVED", "is not archived")
            };
            let message = format!("`{}` {what}", self.resource);
            return Err(
                Error::new(ErrorKind::FailedPrecondition, reason, message).with("resource", self.resource.to_string())
            );
        }
        context.check_resource_etag(&record, &self.etag)?;
        let resource = self.resource.clone();
        let change =
            if self.archived { Change::ResourceArchived { resource } } else { Change::ResourceRestored { resource } };
        let resource = Resource { archived: self.archived, ..record.resource };
        Ok(Plan::by(&rule, [change], context.resource_answer(resource)))
    }
}
