//! `TenantService`: creates tenants, moves them to another policy or version, and looks them up.

use rollcall_engine::{Effect, Tenant};
use tonic::{Request, Response, Status};

use crate::{
    edge::grpc::{
        Handler,
        convert::{profile, request_context, subject, to_member, to_resource_ref, to_subject, to_timestamp, to_token},
    },
    proto::{
        self, CreateTenantRequest, CreateTenantResponse, GetTenantRequest, GetTenantResponse, SetPolicyRequest,
        SetPolicyResponse, tenant_service_server::TenantService,
    },
    service::{CreateTenant, SetPolicy, input::Validator},
};

#[tonic::async_trait]
impl TenantService for Handler {
    async fn create_tenant(
        &self,
        request: Request<CreateTenantRequest>,
    ) -> Result<Response<CreateTenantResponse>, Status> {
        let caller = self.callers.identify(request.metadata())?;
        let request = request.get_ref();
        let mut validator = Validator::default();
        let context = request_context(&mut validator, caller, request);
        validator.new_tenant(&request.tenant);
        validator.display_name("display_name", &request.display_name);
        validator.name("policy", &request.policy);
        let first_member = subject(request.first_member.as_ref());
        validator.person("first_member", &first_member);
        let profile = validator.profile("profile", profile(request.profile.as_ref()));
        validator.finish()?;
        let tenant = context.tenant.clone();
        let write = CreateTenant {
            display_name: request.display_name.clone(),
            policy: request.policy.clone(),
            policy_version: request.policy_version,
            first_member,
            profile,
        };
        let written = self.service.write(context, write).await?;
        Ok(Response::new(CreateTenantResponse {
            tenant: Some(to_tenant(written.answer.tenant, written.answer.root_type)),
            first_member: Some(to_member(&tenant, written.answer.first_member)),
            token: to_token(&tenant, written.revision),
        }))
    }

    async fn set_policy(&self, request: Request<SetPolicyRequest>) -> Result<Response<SetPolicyResponse>, Status> {
        let caller = self.callers.identify(request.metadata())?;
        let request = request.get_ref();
        let mut validator = Validator::default();
        let context = request_context(&mut validator, caller, request);
        if !request.policy.is_empty() {
            validator.name("policy", &request.policy);
        }
        validator.finish()?;
        let write = SetPolicy { policy: request.policy.clone(), version: request.policy_version };
        let written = self.service.write(context, write).await?;
        let answer = written.answer;
        Ok(Response::new(SetPolicyResponse {
            truncated: answer.effects.len() as u64 != answer.total,
            total_effects: answer.total,
            effects: answer.effects.into_iter().map(to_effect).collect(),
            token: to_token(&answer.tenant.id, written.revision),
            tenant: Some(to_tenant(answer.tenant, answer.root_type)),
        }))
    }

    async fn get_tenant(&self, request: Request<GetTenantRequest>) -> Result<Response<GetTenantResponse>, Status> {
        self.callers.identify(request.metadata())?;
        let request = request.get_ref();
        let mut validator = Validator::default();
        validator.tenant(&request.tenant);
        validator.finish()?;
        let (tenant, revision) = self.service.tenant(&request.tenant).await?;
        let policies = self.service.policies();
        let policy = policies.get(&tenant.policy, tenant.policy_version);
        let root_type = policy.map_or(String::new(), |policy| policy.root().name().to_owned());
        Ok(Response::new(GetTenantResponse {
            tenant: Some(to_tenant(tenant, root_type)),
            token: to_token(&request.tenant, revision),
        }))
    }
}

fn to_effect(effect: Effect) -> proto::PolicyEffect {
    proto::PolicyEffect {
        member: Some(to_subject(effect.member)),
        resource: Some(to_resource_ref(effect.resource)),
        below: effect.below.map(to_resource_ref),
        gained: effect.gained,
        lost: effect.lost,
        gained_writes: effect.gained_writes,
        lost_writes: effect.lost_writes,
    }
}

pub(super) fn to_tenant(tenant: Tenant, root_type: String) -> proto::Tenant {
    proto::Tenant {
        tenant: tenant.id,
        display_name: tenant.display_name,
        policy: tenant.policy,
        policy_version: tenant.policy_version,
        root_type,
        create_time: Some(to_timestamp(tenant.created_at)),
    }
}
