use tonic::{Request, Response, Status};

use crate::{
    proto::{
        CreateResourceRequest, CreateResourceResponse, GetResourceRequest, GetResourceResponse,
        resource_service_server::ResourceService,
    },
    service::{CreateResource, input::Checked},
};

use super::{
    Handler,
    convert::{call, resource_key, resource_ref, to_resource, to_token},
};

#[tonic::async_trait]
impl ResourceService for Handler {
    async fn create_resource(
        &self,
        request: Request<CreateResourceRequest>,
    ) -> Result<Response<CreateResourceResponse>, Status> {
        let caller = self.callers.identify(request.metadata())?;
        let request = request.get_ref();
        let mut checked = Checked::default();
        let common = (&*request.tenant, request.actor.as_ref(), &*request.request_id, request.validate_only);
        let call = call(&mut checked, caller, common, "CreateResource", request);
        let resource = resource_key(request.resource.as_ref());
        checked.resource("resource", resource.as_ref());
        checked.required("resource.id", &resource.id);
        if let Some(parent) = &request.parent {
            checked.resource("parent", resource_ref(Some(parent)));
        }
        checked.display_name("display_name", &request.display_name);
        checked.finish()?;
        let tenant = call.tenant.clone();
        let write = CreateResource {
            resource,
            parent: request.parent.as_ref().map(|parent| resource_key(Some(parent))),
            display_name: request.display_name.clone(),
        };
        let written = self.service.write(call, write).await?;
        Ok(Response::new(CreateResourceResponse {
            resource: Some(to_resource(written.answer.resource)),
            token: to_token(&tenant, written.revision),
        }))
    }

    async fn get_resource(
        &self,
        request: Request<GetResourceRequest>,
    ) -> Result<Response<GetResourceResponse>, Status> {
        self.callers.identify(request.metadata())?;
        let asked = request.get_ref();
        let resource = resource_ref(asked.resource.as_ref());
        let mut checked = Checked::default();
        checked.tenant(&asked.tenant);
        checked.resource("resource", resource);
        checked.required("resource.id", resource.id);
        checked.finish()?;
        let (resource, revision) = self.service.resource(&asked.tenant, resource).await?;
        Ok(Response::new(GetResourceResponse {
            resource: Some(to_resource(resource)),
            token: to_token(&asked.tenant, revision),
        }))
    }
}
