use async_trait::async_trait;
use rollcall_engine::{Change, MembershipWrite, Resource, ResourceKey, Subject, WriteKind};

use crate::service::{
    error::Result,
    write::engine::{
        answers::ResourceAnswer,
        context::WriteContext,
        run::{Plan, Write},
    },
};

/// Makes another active member the owner of a resource. Governed by the type's `transfer` rules.
#[derive(Clone, Debug)]
pub struct TransferOwnership {
    /// Which.
    pub resource: ResourceKey,
    /// The owner to be.
    pub owner: Subject,
    /// The etag that the caller read, or empty.
    pub etag: String,
}

#[async_trait]
impl Write for TransferOwnership {
    type Answer = ResourceAnswer;

    async fn plan(&self, session: &mut WriteContext<'_>) -> Result<Plan<ResourceAnswer>> {
        let place = session.resource_node(&self.resource, "resource")?;
        let allowed = session.permit(place, &self.owner, MembershipWrite::plain(WriteKind::Transfer))?;
        let record = session.resource(&self.resource).await?;
        session.resource_unchanged(&record, &self.etag)?;
        let change = Change::OwnerChanged {
            resource: record.resource.key.clone(),
            from: record.resource.owner.clone(),
            to: Some(self.owner.clone()),
        };
        let resource = Resource { owner: Some(self.owner.clone()), ..record.resource };
        Ok(Plan { changes: vec![change], rule: allowed.rule, answer: session.resource_answer(resource) })
    }
}
