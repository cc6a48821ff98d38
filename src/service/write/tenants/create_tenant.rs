use async_trait::async_trait;
use rollcall_engine::{Change, Grant, Member, MemberStatus, Profile, Resource, ResourceKey, Subject, Tenant};

use crate::service::{
    error::{Error, ErrorKind, Result},
    write::engine::{
        answers::CreatedTenant,
        context::WriteContext,
        run::{Plan, Write},
    },
};

/// Creates a tenant with its first member. An operator's write: there is no policy yet that could allow it.
#[derive(Clone, Debug)]
pub struct CreateTenant {
    /// What people call it.
    pub display_name: String,
    /// The name of a loaded policy.
    pub policy: String,
    /// That policy's version; 0 for the newest.
    pub policy_version: u32,
    /// The first member, who gets the role that the policy gives the creator of the root resource.
    pub first_member: Subject,
    /// The first member's profile.
    pub profile: Profile,
}

#[async_trait]
impl Write for CreateTenant {
    type Answer = CreatedTenant;

    async fn plan(&self, session: &mut WriteContext<'_>) -> Result<Plan<CreatedTenant>> {
        session.operators_only("create_tenant", "create a tenant")?;
        let id = &session.call.tenant;
        if session.tx.tenant().is_some() {
            let message = format!("there is a tenant `{id}` already; choose another id");
            return Err(Error::new(ErrorKind::AlreadyExists, "TENANT_EXISTS", message).with("tenant", id.clone()));
        }
        let policy = session.loaded_policy(&self.policy, self.policy_version, "policy")?;
        if !policy.is_person(self.first_member.as_ref()) {
            let description = format!("`{}` can't be the first member; it must be a person", self.first_member);
            return Err(Error::field("FIELD_INVALID", "first_member", description));
        }
        let created_at = session.now();
        let tenant = Tenant {
            id: id.clone(),
            display_name: self.display_name.clone(),
            policy: policy.name().to_owned(),
            policy_version: policy.version(),
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
                .map(|role| Change::granted(&self.first_member, &Grant::lasting(root, policy.role(role).name()))),
        );
        let answer =
            CreatedTenant { tenant, root_type: policy.root().name().to_owned(), first_member: session.answer(member) };
        Ok(Plan { changes, rule: "operator".to_owned(), answer })
    }
}
