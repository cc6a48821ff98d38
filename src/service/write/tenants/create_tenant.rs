//! Creation of a tenant.

use async_trait::async_trait;
use rollcall_engine::{Change, Grant, Member, MemberStatus, Profile, Resource, ResourceKey, Subject, Tenant};

use crate::service::{
    error::{Error, ErrorKind, Result},
    write::engine::{
        answers::CreatedTenant,
        context::WriteContext,
        plan::{Plan, Write},
    },
};

/// Creates a tenant under the id of the request, with its root resource and first member. Only an operator may: there
/// is no policy yet that could permit it.
#[derive(Clone, Debug)]
pub struct CreateTenant {
    /// The name shown to people; may be empty.
    pub display_name: String,
    /// The name of a loaded policy (`UNKNOWN_POLICY`).
    pub policy: String,
    /// A loaded version of that policy; 0 for the newest.
    pub policy_version: u32,
    /// The first member, a person, who gets the `creator_role` of the root type, where it has one.
    pub first_member: Subject,
    /// The first member's profile, normalised.
    pub profile: Profile,
}

#[async_trait]
impl Write for CreateTenant {
    type Answer = CreatedTenant;

    fn subjects(&mut self) -> Vec<&mut Subject> {
        vec![&mut self.first_member]
    }

    async fn plan(&self, context: &mut WriteContext<'_>) -> Result<Plan<CreatedTenant>> {
        context.operators_only("create_tenant", "create a tenant")?;
        let id = &context.request.tenant;
        if context.tenant().is_ok() {
            let message = format!("there is a tenant `{id}` already; choose another id");
            return Err(Error::new(ErrorKind::AlreadyExists, "TENANT_EXISTS", message).with("tenant", id.clone()));
        }
        let policy = context.loaded_policy(&self.policy, self.policy_version, "policy")?;
        if !policy.is_person(self.first_member.as_ref()) {
            let description = format!("`{}` can't be the first member; it must be a person", self.first_member);
            return Err(Error::field("FIELD_INVALID", "first_member", description));
        }
        let created_at = context.now();
        let tenant = Tenant {
            id: id.clone(),
            display_name: self.display_name.clone(),
            policy: policy.name().to_owned(),
            policy_version: policy.version(),
            root_type: policy.root().name().to_owned(),
            created_at,
        };
        let root = ResourceKey::new(policy.root().name(), id);
        let member = Member {
            subject: self.first_member.clone(),
            profile: self.profile.clone(),
            status: MemberStatus::Active,
            locked: false,
            created_at,
        };
        let mut changes = vec![
            Change::TenantCreated { tenant: tenant.clone() },
            Change::ResourceCreated {
                resource: Resource {
                    key: root.clone(),
                    parent: None,
                    owner: None,
                    archived: false,
                    display_name: self.display_name.clone(),
                    created_at,
                },
            },
            Change::MemberAdded { member: member.clone() },
        ];
        changes.extend(
            policy
                .root()
                .creator_role()
                .map(|role| Change::granted(&self.first_member, &Grant::permanent(root, policy.role(role).name()))),
        );
        let answer = CreatedTenant { tenant, first_member: context.member_answer(member) };
        Ok(Plan::by("operator", changes, answer))
    }
}
