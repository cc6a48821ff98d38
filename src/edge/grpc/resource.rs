//! `ResourceService`: the life of registered resources, from creation to deletion, and their owners.

use rollcall_engine::ResourceKey;
use tonic::{Request, Response, Status};

use crate::{
    edge::grpc::{
        Handler, MAX_OPAQUE,
        convert::{request_context, resource_key, resource_ref, subject, to_resource, to_resource_ref, to_token},
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
        let mut validator = Validator::default();
        let context = request_context(&mut validator, caller, request);
        let resource = resource_key(request.resource.as_ref());
        validator.resource("resource", resource.as_ref());
        validator.required("resource.id", &resource.id);
        if let Some(parent) = &request.parent {
            validator.resource("parent", resource_ref(Some(parent)));
        }
        validator.display_name("display_name", &request.display_name);
        validator.finish()?;
        let write = CreateResource {
            resource,
            parent: request.parent.as_ref().map(|parent| resource_key(Some(parent))),
            display_name: request.display_name.clone(),
        };
        let (resource, token) = self.written_resource(context, write).await?;
        Ok(Response::new(CreateResourceResponse { resource: Some(resource), token }))
    }

    async fn archive_resource(
        &self,
        request: Request<ArchiveResourceRequest>,
    ) -> Result<Response<ArchiveResourceResponse>, Status> {
        let caller = self.callers.identify(request.metadata())?;
        let request = request.get_ref();
        let mut validator = Validator::default();
        let context = request_context(&mut validator, caller, request);
        let resource = existing(&mut validator, request.resource.as_ref(), &request.etag);
        validator.finish()?;
        let write = SetArchived { resource, archived: true, etag: request.etag.clone() };
        let (resource, token) = self.written_resource(context, write).await?;
        Ok(Response::new(ArchiveResourceResponse { resource: Some(resource), token }))
    }

    async fn restore_resource(
        &self,
        request: Request<RestoreResourceRequest>,
    ) -> Result<Response<RestoreResourceResponse>, Status> {
        let caller = self.callers.identify(request.metadata())?;
        let request = request.get_ref();
        let mut validator = Validator::default();
        let context = request_context(&mut validator, caller, request);
        let resource = existing(&mut validator, request.resource.as_ref(), &request.etag);
        validator.finish()?;
        let write = SetArchived { resource, archived: false, etag: request.etag.clone() };
        let (resource, token) = self.written_resource(context, write).await?;
        Ok(Response::new(RestoreResourceResponse { resource: Some(resource), token }))
    }

    async fn delete_resource(
        &self,
        request: Request<DeleteResourceRequest>,
    ) -> Result<Response<DeleteResourceResponse>, Status> {
        let caller = self.callers.identify(request.metadata())?;
        let request = request.get_ref();
        let mut validator = Validator::default();
        let context = request_context(&mut validator, caller, request);
        let resource = existing(&mut validator, request.resource.as_ref(), &request.etag);
        validator.finish()?;
        let tenant = context.tenant.clone();
        let written = self.service.write(context, DeleteResource { resource, etag: request.etag.clone() }).await?;
        let deleted = written.answer.resources.into_iter().map(to_resource_ref).collect();
        Ok(Response::new(DeleteResourceResponse { deleted, token: to_token(&tenant, written.revision) }))
    }

    async fn move_resource(
        &self,
        request: Request<MoveResourceRequest>,
    ) -> Result<Response<MoveResourceResponse>, Status> {
        let caller = self.callers.identify(request.metadata())?;
        let request = request.get_ref();
        let mut validator = Validator::default();
        let context = request_context(&mut validator, caller, request);
        let resource = existing(&mut validator, request.resource.as_ref(), &request.etag);
        let parent = resource_key(request.parent.as_ref());
        validator.resource("parent", parent.as_ref());
        validator.finish()?;
        let write = MoveResource { resource, parent, etag: request.etag.clone() };
        let (resource, token) = self.written_resource(context, write).await?;
        Ok(Response::new(MoveResourceResponse { resource: Some(resource), token }))
    }

    async fn transfer_ownership(
        &self,
        request: Request<TransferOwnershipRequest>,
    ) -> Result<Response<TransferOwnershipResponse>, Status> {
        let caller = self.callers.identify(request.metadata())?;
        let request = request.get_ref();
        let mut validator = Validator::default();
        let context = request_context(&mut validator, caller, request);
        let resource = existing(&mut validator, request.resource.as_ref(), &request.etag);
        let owner = subject(request.owner.as_ref());
        validator.subject("owner", owner.as_ref());
        validator.finish()?;
        let write = TransferOwnership { resource, owner, etag: request.etag.clone() };
        let (resource, token) = self.written_resource(context, write).await?;
        Ok(Response::new(TransferOwnershipResponse { resource: Some(resource), token }))
    }

    async fn get_resource(
        &self,
        request: Request<GetResourceRequest>,
    ) -> Result<Response<GetResourceResponse>, Status> {
        self.callers.identify(request.metadata())?;
        let request = request.get_ref();
        let resource = resource_ref(request.resource.as_ref());
        let mut validator = Validator::default();
        validator.tenant(&request.tenant);
        validator.resource("resource", resource);
        validator.required("resource.id", resource.id);
        validator.finish()?;
        let (found, revision) = self.service.resource(&request.tenant, resource).await?;
        let answer = ResourceAnswer { resource: found.resource, changed_at: found.changed_at };
        Ok(Response::new(GetResourceResponse {
            resource: Some(to_resource(&request.tenant, answer)),
            token: to_token(&request.tenant, revision),
        }))
    }
}

impl Handler {
    /// Executes a write that returns a resource, and converts the resource and the token.
    async fn written_resource<W>(&self, context: RequestContext, write: W) -> Result<(proto::Resource, String), Status>
    where
        W: Write<Answer = ResourceAnswer>,
    {
        let tenant = context.tenant.clone();
        let written = self.service.write(context, write).await?;
        Ok((to_resource(&tenant, written.answer), to_token(&tenant, written.revision)))
    }
}

/// Reads the registered resource that a write is about, and validates the etag.
fn existing(validator: &mut Validator, resource: Option<&proto::ResourceRef>, etag: &str) -> ResourceKey {
    let resource = resource_key(resource);
    validator.resource("resource", resource.as_ref());
    validator.max_bytes("etag", etag, MAX_OPAQUE);
    resource
}
