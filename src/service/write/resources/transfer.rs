//! Transfer of a resource to another owner.

use async_trait::async_trait;
use rollcall_engine::{Change, MembershipWrite, Resource, ResourceKey, Subject, WriteKind};

use crate::service::{
    error::Result,
    write::engine::{
        answers::ResourceAnswer,
        context::WriteContext,
        plan::{Plan, Write},
    },
};

/// Makes another active member the owner of a resource. Permitted by the type's `transfer` rules.
#[derive(Clone, Debug)]
pub struct TransferOwnership {
    /// The registered resource, of a type that has owners.
    pub resource: ResourceKey,
    /// The new owner: an active member other than the present owner.
    pub owner: Subject,
    /// The resource's etag as the caller read it; an outdated one is refused with `ETAG_MISMATCH`. Empty: not compared.
    pub etag: String,
}

#[async_trait]
impl Write for TransferOwnership {
    type Answer = ResourceAnswer;

    fn subjects(&mut self) -> Vec<&mut Subject> {
        vec![&mut self.owner]
    }

    async fn plan(&self, context: &mut WriteContext<'_>) -> Result<Plan<ResourceAnswer>> {
        let resource_node = context.resource_node(&self.resource, "resource")?;
        let permitted = context.permit(resource_node, &self.owner, MembershipWrite::plain(WriteKind::Transfer))?;
        let record = context.resource(&self.resource).await?;
        context.check_resource_etag(&record, &self.etag)?;
        let change = Change::OwnerChanged {
            resource: record.resource.key.clone(),
            from: record.resource.owner.clone(),
            to: Some(self.owner.clone()),
        };
        let resource = Resource { owner: Some(self.owner.clone()), ..record.resource };
        Ok(Plan::by(&permitted.rule, [change], context.resource_answer(resource)))
    }
}
