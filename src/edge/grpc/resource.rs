//! `ResourceService`: the life of registered resources, from creation to deletion, and their owners.

use rollcall_engine::ResourceKey;
use tonic::{Request, Response, Status};

use crate::{
    edge::grpc::{
        Handler, MAX_OPAQUE,
        convert::{
            MAX_GRANTS, resource_key, resource_ref, store_consistency, subject, to_count, to_resource, to_resource_ref,
        },
    },
    proto::{
        self, ArchiveResourceRequest, ArchiveResourceResponse, CreateResourceRequest, CreateResourceResponse,
        DeleteResourceRequest, DeleteResourceResponse, GetResourceRequest, GetResourceResponse, MoveResourceRequest,
        MoveResourceResponse, RestoreResourceRequest, RestoreResourceResponse, TransferOwnershipRequest,
        TransferOwnershipResponse, resource_service_server::ResourceService,
    },
    service::{
        CreateResource, DeleteResource, MoveResource, ResourceAnswer, SetArchived, TransferOwnership, input::Validator,
    },
};

#[tonic::async_trait]
impl ResourceService for Handler {
    async fn create_resource(
        &self,
        request: Request<CreateResourceRequest>,
    ) -> Result<Response<CreateResourceResponse>, Status> {
        self.write(&request, create, |tenant, answer| CreateResourceResponse {
            resource: Some(to_resource(tenant, answer)),
            ..Default::default()
        })
        .await
    }

    async fn archive_resource(
        &self,
        request: Request<ArchiveResourceRequest>,
    ) -> Result<Response<ArchiveResourceResponse>, Status> {
        self.write(
            &request,
            |validator, request| {
                let resource = existing(validator, request.resource.as_ref(), &request.etag);
                SetArchived { resource, archived: true, etag: request.etag.clone() }
            },
            |tenant, answer| ArchiveResourceResponse {
                resource: Some(to_resource(tenant, answer)),
                ..Default::default()
            },
        )
        .await
    }

    async fn restore_resource(
        &self,
        request: Request<RestoreResourceRequest>,
    ) -> Result<Response<RestoreResourceResponse>, Status> {
        self.write(
            &request,
            |validator, request| {
                let resource = existing(validator, request.resource.as_ref(), &request.etag);
                SetArchived { resource, archived: false, etag: request.etag.clone() }
            },
            |tenant, answer| RestoreResourceResponse {
                resource: Some(to_resource(tenant, answer)),
                ..Default::default()
            },
        )
        .await
    }

    async fn delete_resource(
        &self,
        request: Request<DeleteResourceRequest>,
    ) -> Result<Response<DeleteResourceResponse>, Status> {
        self.write(
            &request,
            |validator, request| {
                let resource = existing(validator, request.resource.as_ref(), &request.etag);
                DeleteResource { resource, etag: request.etag.clone() }
            },
            |_, answer| DeleteResourceResponse {
                total_deleted: to_count(answer.resources.len()),
                deleted: answer.resources.into_iter().take(MAX_GRANTS).map(to_resource_ref).collect(),
                ..Default::default()
            },
        )
        .await
    }

    async fn move_resource(
        &self,
        request: Request<MoveResourceRequest>,
    ) -> Result<Response<MoveResourceResponse>, Status> {
        self.write(
            &request,
            |validator, request| {
                let resource = existing(validator, request.resource.as_ref(), &request.etag);
                let parent = resource_key(request.parent.as_ref());
                validator.resource("parent", parent.as_ref());
                MoveResource { resource, parent, etag: request.etag.clone() }
            },
            |tenant, answer| MoveResourceResponse { resource: Some(to_resource(tenant, answer)), ..Default::default() },
        )
        .await
    }

    async fn transfer_ownership(
        &self,
        request: Request<TransferOwnershipRequest>,
    ) -> Result<Response<TransferOwnershipResponse>, Status> {
        self.write(
            &request,
            |validator, request| {
                let resource = existing(validator, request.resource.as_ref(), &request.etag);
                let owner = subject(validator, "owner", request.owner.as_ref());
                TransferOwnership { resource, owner, etag: request.etag.clone() }
            },
            |tenant, answer| TransferOwnershipResponse {
                resource: Some(to_resource(tenant, answer)),
                ..Default::default()
            },
        )
        .await
    }

    async fn get_resource(
        &self,
        request: Request<GetResourceRequest>,
    ) -> Result<Response<GetResourceResponse>, Status> {
        self.question(
            &request,
            |validator, message| {
                let resource = resource_ref(message.resource.as_ref());
                validator.resource("resource", resource);
                (resource, store_consistency(validator, message.consistency.as_ref()))
            },
            async |context, (resource, consistency)| {
                let (found, moment) = context.service.resource(context.tenant, resource, consistency).await?;
                let answer = ResourceAnswer { resource: found.resource, changed_at: found.changed_at };
                let resource = Some(to_resource(context.tenant, answer));
                Ok((GetResourceResponse { resource, ..Default::default() }, moment))
            },
        )
        .await
    }
}

fn create(validator: &mut Validator, request: &CreateResourceRequest) -> CreateResource {
    let resource = resource_key(request.resource.as_ref());
    validator.resource("resource", resource.as_ref());
    validator.required("resource.id", &resource.id);
    if let Some(parent) = &request.parent {
        validator.resource("parent", resource_ref(Some(parent)));
    }
    validator.display_name("display_name", &request.display_name);
    CreateResource {
        resource,
        parent: request.parent.as_ref().map(|parent| resource_key(Some(parent))),
        display_name: request.display_name.clone(),
    }
}

/// Reads the registered resource that a write is about, and validates the etag.
fn existing(validator: &mut Validator, resource: Option<&proto::ResourceRef>, etag: &str) -> ResourceKey {
    let resource = resource_key(resource);
    validator.resource("resource", resource.as_ref());
    validator.max_bytes("etag", etag, MAX_OPAQUE);
    resource
}
