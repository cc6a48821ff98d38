use async_trait::async_trait;
use rollcall_engine::{Change, Resource, ResourceKey};

use crate::service::{
    error::{Error, ErrorKind, Result},
    write::{
        engine::{
            answers::ResourceAnswer,
            context::WriteContext,
            run::{Plan, Write},
        },
        resources::resource_permission::{ResourceOperation, not_the_root},
    },
};

const ARCHIVE: ResourceOperation =
    ResourceOperation { operation: "archive_resource", words: &["archive"], description: "archive" };
/// Who archives may undo it, where the policy has no action of its own for that.
const RESTORE: ResourceOperation =
    ResourceOperation { operation: "restore_resource", words: &["restore", "archive"], description: "restore" };

/// Archives a resource, or ends that. Governed by the actions `TYPE.archive` and `TYPE.restore`.
#[derive(Clone, Debug)]
pub struct SetArchived {
    /// Which.
    pub resource: ResourceKey,
    /// True to archive, false to restore.
    pub archived: bool,
    /// The etag that the caller read, or empty.
    pub etag: String,
}

#[async_trait]
impl Write for SetArchived {
    type Answer = ResourceAnswer;

    async fn plan(&self, session: &mut WriteContext<'_>) -> Result<Plan<ResourceAnswer>> {
        let place = session.resource_node(&self.resource, "resource")?;
        not_the_root(place, &self.resource)?;
        let rule = if self.archived { ARCHIVE } else { RESTORE }.permitted(session, place)?;
        let record = session.resource(&self.resource).await?;
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
        session.resource_unchanged(&record, &self.etag)?;
        let resource = self.resource.clone();
        let change =
            if self.archived { Change::ResourceArchived { resource } } else { Change::ResourceRestored { resource } };
        let resource = Resource { archived: self.archived, ..record.resource };
        Ok(Plan { changes: vec![change], rule, answer: session.resource_answer(resource) })
    }
}
