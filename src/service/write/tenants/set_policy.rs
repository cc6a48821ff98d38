use async_trait::async_trait;
use rollcall_engine::{self as engine, Change, Tenant};

use crate::service::{
    error::{Error, ErrorKind, Result},
    write::{
        engine::{
            answers::PolicyChange,
            context::WriteContext,
            run::{Plan, Write},
        },
        tenants::incompatibilities::PolicyIncompatibilities,
    },
};

/// The most effects that an answer has.
const MAX_EFFECTS: usize = 1000;

/// Moves a tenant to another version of its policy, and tells who gains and loses what. An operator's write.
#[derive(Clone, Debug)]
pub struct SetPolicy {
    /// The name of the tenant's policy, or empty.
    pub policy: String,
    /// The version to run; 0 for the newest.
    pub version: u32,
}

#[async_trait]
impl Write for SetPolicy {
    type Answer = PolicyChange;

    async fn plan(&self, session: &mut WriteContext<'_>) -> Result<Plan<PolicyChange>> {
        session.operators_only("set_policy", "move a tenant to another version of its policy")?;
        let tenant = session.tenant()?.clone();
        if !self.policy.is_empty() && self.policy != tenant.policy {
            let description = format!(
                "is `{}`; a tenant that runs `{}` can be moved to another version of that only",
                self.policy, tenant.policy
            );
            return Err(Error::field("FIELD_INVALID", "policy", description));
        }
        let policy = session.loaded_policy(&tenant.policy, self.version, "policy_version")?;
        let (from, to) = (tenant.policy_version, policy.version());
        if from == to {
            let message = format!("tenant `{}` runs policy `{}` version {to} already", tenant.id, policy.name());
            return Err(Error::new(ErrorKind::FailedPrecondition, "POLICY_UNCHANGED", message)
                .with("tenant", tenant.id)
                .with("policy", policy.name())
                .with("version", to.to_string()));
        }
        let mut misfits = PolicyIncompatibilities::of(&policy);
        session.store.load(&tenant.id, &mut misfits).await?;
        misfits.finish(&tenant)?;
        let (before, after) = (session.view()?, session.under(&policy).await?);
        let told = tenant.clone();
        // A look at every member takes a while where there are many, and this thread has others to serve.
        let compared = tokio::task::spawn_blocking(move || {
            before.with(|before, _| {
                after.with(|after, _| {
                    let mut misfits = PolicyIncompatibilities::of(after.policy());
                    misfits.compare(before, after);
                    misfits.finish(&told).map(|()| engine::effects(before, after, MAX_EFFECTS))
                })
            })
        });
        let effects = compared.await.map_err(Error::internal)??;
        let answer = PolicyChange {
            tenant: Tenant { policy_version: to, ..tenant.clone() },
            root_type: policy.root().name().to_owned(),
            effects: effects.first,
            total: effects.total,
        };
        let changes = vec![Change::PolicySet { policy: tenant.policy, from, to }];
        Ok(Plan { changes, rule: "operator".to_owned(), answer })
    }
}
