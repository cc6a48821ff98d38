//! `TenantService`: creates tenants, moves them to another policy or version, and looks them up.

use prost::Message as _;
use rollcall_engine::{Effect, Tenant};
use tonic::{Request, Response, Status};

use crate::{
    edge::grpc::{
        Handler,
        convert::{
            store_consistency, subject_ref, to_member, to_resource_ref, to_subject, to_timestamp, verified_profile,
        },
    },
    proto::{
        self, CreateTenantRequest, CreateTenantResponse, GetTenantRequest, GetTenantResponse, SetPolicyRequest,
        SetPolicyResponse, tenant_service_server::TenantService,
    },
    service::{CreateTenant, PolicyChange, SetPolicy, input::Validator},
};

/// The most bytes of the effects in an answer: clients take messages of 4 MiB.
const MAX_EFFECT_BYTES: usize = 3 << 20;

#[tonic::async_trait]
impl TenantService for Handler {
    async fn create_tenant(
        &self,
        request: Request<CreateTenantRequest>,
    ) -> Result<Response<CreateTenantResponse>, Status> {
        self.write(&request, create, |tenant, answer| CreateTenantResponse {
            tenant: Some(to_tenant(answer.tenant)),
            first_member: Some(to_member(tenant, answer.first_member)),
            ..Default::default()
        })
        .await
    }

    async fn set_policy(&self, request: Request<SetPolicyRequest>) -> Result<Response<SetPolicyResponse>, Status> {
        self.write(
            &request,
            |validator, request| {
                if !request.policy.is_empty() {
                    validator.name("policy", &request.policy);
                }
                SetPolicy { policy: request.policy.clone(), version: request.policy_version }
            },
            |_, answer| to_policy_change(answer),
        )
        .await
    }

    async fn get_tenant(&self, request: Request<GetTenantRequest>) -> Result<Response<GetTenantResponse>, Status> {
        self.question(
            &request,
            |validator, message| store_consistency(validator, message.consistency.as_ref()),
            async |context, consistency| {
                let (tenant, moment) = context.service.tenant_at(context.tenant, consistency).await?;
                Ok((GetTenantResponse { tenant: Some(to_tenant(tenant)), ..Default::default() }, moment))
            },
        )
        .await
    }
}

fn create(validator: &mut Validator, request: &CreateTenantRequest) -> CreateTenant {
    validator.new_tenant(&request.tenant);
    validator.display_name("display_name", &request.display_name);
    validator.name("policy", &request.policy);
    let first_member = validator.person("first_member", subject_ref(request.first_member.as_ref()));
    CreateTenant {
        display_name: request.display_name.clone(),
        policy: request.policy.clone(),
        policy_version: request.policy_version,
        first_member,
        profile: verified_profile(validator, "profile", request.profile.as_ref()),
    }
}

fn to_policy_change(answer: PolicyChange) -> SetPolicyResponse {
    let mut bytes = 0;
    let effects = answer.effects.into_iter().map(to_effect).take_while(|effect| {
        bytes += effect.encoded_len();
        bytes <= MAX_EFFECT_BYTES
    });
    let effects: Vec<_> = effects.collect();
    SetPolicyResponse {
        tenant: Some(to_tenant(answer.tenant)),
        total_effects: u32::try_from(answer.total).unwrap_or(u32::MAX),
        effects,
        ..Default::default()
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

pub(super) fn to_tenant(tenant: Tenant) -> proto::Tenant {
    proto::Tenant {
        id: tenant.id,
        display_name: tenant.display_name,
        policy: tenant.policy,
        policy_version: tenant.policy_version,
        root_type: tenant.root_type,
        create_time: Some(to_timestamp(tenant.created_at)),
    }
}
