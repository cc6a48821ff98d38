use rollcall_engine::ResourceKey;
use tonic::{Request, Response, Status};

use crate::{
    edge::grpc::{
        Handler, MAX_OPAQUE, common,
        convert::{call, resource_key, resource_ref, subject, to_resource, to_resource_ref, to_token},
    },
    proto::{
        self, ArchiveResourceRequest, ArchiveResourceResponse, CreateResourceRequest, CreateResourceResponse,
        DeleteResourceRequest, DeleteResourceResponse, GetResourceRequest, GetResourceResponse, MoveResourceRequest,
        MoveResourceResponse, RestoreResourceRequest, RestoreResourceResponse, TransferOwnershipRequest,
        TransferOwnershipResponse, resource_service_server::ResourceService,
    },
    service::{
        CreateResource, DeleteResource, MoveResource, RequestContext, ResourceAnswer, SetArchived, TransferOwnership,
        Write, input::Validator,
    },
};

#[tonic::async_trait]
impl ResourceService for Handler {
    async fn create_resource(
        &self,
        request: Request<CreateResourceRequest>,
    ) -> Result<Response<CreateResourceResponse>, Status> {
        let caller = self.callers.identify(request.metadata())?;
        let request = request.get_ref();
        let mut checked = Validator::default();
        let call = call(&mut checked, caller, common!(request), "CreateResource", request);
        let resource = resource_key(request.resource.as_ref());
        checked.resource("resource", resource.as_ref());
        checked.required("resource.id", &resource.id);
        if let Some(parent) = &request.parent {
            checked.resource("parent", resource_ref(Some(parent)));
        }
        checked.display_name("display_name", &request.display_name);
        checked.finish()?;
        let write = CreateResource {
            resource,
            parent: request.parent.as_ref().map(|parent| resource_key(Some(parent))),
            display_name: request.display_name.clone(),
        };
        let (resource, token) = self.written_resource(call, write).await?;
        Ok(Response::new(CreateResourceResponse { resource: Some(resource), token }))
    }

    async fn archive_resource(
        &self,
        request: Request<ArchiveResourceRequest>,
    ) -> Result<Response<ArchiveResourceResponse>, Status> {
        let caller = self.callers.identify(request.metadata())?;
        let request = request.get_ref();
        let mut checked = Validator::default();
        let call = call(&mut checked, caller, common!(request), "ArchiveResource", request);
        let resource = existing(&mut checked, request.resource.as_ref(), &request.etag);
        checked.finish()?;
        let write = SetArchived { resource, archived: true, etag: request.etag.clone() };
        let (resource, token) = self.written_resource(call, write).await?;
        Ok(Response::new(ArchiveResourceResponse { resource: Some(resource), token }))
    }

    async fn restore_resource(
        &self,
        request: Request<RestoreResourceRequest>,
    ) -> Result<Response<RestoreResourceResponse>, Status> {
        let caller = self.callers.identify(request.metadata())?;
        let request = request.get_ref();
        let mut checked = Validator::default();
        let call = call(&mut checked, caller, common!(request), "RestoreResource", request);
        let resource = existing(&mut checked, request.resource.as_ref(), &request.etag);
        checked.finish()?;
        let write = SetArchived { resource, archived: false, etag: request.etag.clone() };
        let (resource, token) = self.written_resource(call, write).await?;
        Ok(Response::new(RestoreResourceResponse { resource: Some(resource), token }))
    }

    async fn delete_resource(
        &self,
        request: Request<DeleteResourceRequest>,
    ) -> Result<Response<DeleteResourceResponse>, Status> {
        let caller = self.callers.identify(request.metadata())?;
        let request = request.get_ref();
        let mut checked = Validator::default();
        let call = call(&mut checked, caller, common!(request), "DeleteResource", request);
        let resource = existing(&mut checked, request.resource.as_ref(), &request.etag);
        checked.finish()?;
        let tenant = call.tenant.clone();
        let written = self.service.write(call, DeleteResource { resource, etag: request.etag.clone() }).await?;
        let deleted = written.answer.resources.into_iter().map(to_resource_ref).collect();
        Ok(Response::new(DeleteResourceResponse { deleted, token: to_token(&tenant, written.revision) }))
    }

    async fn move_resource(
        &self,
        request: Request<MoveResourceRequest>,
    ) -> Result<Response<MoveResourceResponse>, Status> {
        let caller = self.callers.identify(request.metadata())?;
        let request = request.get_ref();
        let mut checked = Validator::default();
        let call = call(&mut checked, caller, common!(request), "MoveResource", request);
        let resource = existing(&mut checked, request.resource.as_ref(), &request.etag);
        let parent = resource_key(request.parent.as_ref());
        checked.resource("parent", parent.as_ref());
        checked.finish()?;
        let write = MoveResource { resource, parent, etag: request.etag.clone() };
        let (resource, token) = self.written_resource(call, write).await?;
        Ok(Response::new(MoveResourceResponse { resource: Some(resource), token }))
    }

    async fn transfer_ownership(
        &self,
        request: Request<TransferOwnershipRequest>,
    ) -> Result<Response<TransferOwnershipResponse>, Status> {
        let caller = self.callers.identify(request.metadata())?;
        let request = request.get_ref();
        let mut checked = Validator::default();
        let call = call(&mut checked, caller, common!(request), "TransferOwnership", request);
        let resource = existing(&mut checked, request.resource.as_ref(), &request.etag);
        let owner = subject(request.owner.as_ref());
        checked.subject("owner", owner.as_ref());
        checked.finish()?;
        let write = TransferOwnership { resource, owner, etag: request.etag.clone() };
        let (resource, token) = self.written_resource(call, write).await?;
        Ok(Response::new(TransferOwnershipResponse { resource: Some(resource), token }))
    }

    async fn get_resource(
        &self,
        request: Request<GetResourceRequest>,
    ) -> Result<Response<GetResourceResponse>, Status> {
        self.callers.identify(request.metadata())?;
        let asked = request.get_ref();
        let resource = resource_ref(asked.resource.as_ref());
        let mut checked = Validator::default();
        checked.tenant(&asked.tenant);
        checked.resource("resource", resource);
        checked.required("resource.id", resource.id);
        checked.finish()?;
        let (found, revision) = self.service.resource(&asked.tenant, resource).await?;
        let answer = ResourceAnswer { resource: found.resource, changed_at: found.changed_at };
        Ok(Response::new(GetResourceResponse {
            resource: Some(to_resource(&asked.tenant, answer)),
            token: to_token(&asked.tenant, revision),
        }))
    }
}

impl Handler {
    /// Does a write that answers with the resource, and makes the answer's parts.
    async fn written_resource<W>(&self, call: RequestContext, write: W) -> Result<(proto::Resource, String), Status>
    where
        W: Write<Answer = ResourceAnswer>,
    {
        let tenant = call.tenant.clone();
        let written = self.service.write(call, write).await?;
        Ok((to_resource(&tenant, written.answer), to_token(&tenant, written.revision)))
    }
}

/// The registered resource that a write is about.
fn existing(checked: &mut Validator, resource: Option<&proto::ResourceRef>, etag: &str) -> ResourceKey {
    let resource = resource_key(resource);
    checked.resource("resource", resource.as_ref());
    checked.at_most("etag", etag, MAX_OPAQUE);
    resource
}
