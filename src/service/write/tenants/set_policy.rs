//! The switch of a tenant to another version of its policy.

use async_trait::async_trait;
use rollcall_engine::{self as engine, Change, Subject, Tenant};

use crate::service::{
    error::{Error, ErrorKind, Result},
    write::{
        engine::{
            answers::PolicyChange,
            context::WriteContext,
            plan::{Plan, Write},
        },
        tenants::incompatibilities::PolicyIncompatibilities,
    },
};

/// The most effects that an answer lists.
const MAX_EFFECTS: usize = 1000;

/// Moves a tenant to another version of its policy, and answers who gains and loses what. Only an operator may.
#[derive(Clone, Debug)]
pub struct SetPolicy {
    /// The name of the tenant's policy; another one is refused. Empty: not compared.
    pub policy: String,
    /// The loaded version to run, other than the present one (`POLICY_UNCHANGED`); 0 for the newest.
    pub version: u32,
}

#[async_trait]
impl Write for SetPolicy {
    type Answer = PolicyChange;

    const IS_LONG: bool = true;

    fn subjects(&mut self) -> Vec<&mut Subject> {
        Vec::new()
    }

    async fn plan(&self, context: &mut WriteContext<'_>) -> Result<Plan<PolicyChange>> {
        context.operators_only("set_policy", "move a tenant to another version of its policy")?;
        let tenant = context.tenant()?.clone();
        if !self.policy.is_empty() && self.policy != tenant.policy {
            let description = format!(
                "is `{}`; a tenant that runs `{}` can be moved to another version of that only",
                self.policy, tenant.policy
            );
            return Err(Error::field("FIELD_INVALID", "policy", description));
        }
        let policy = context.loaded_policy(&tenant.policy, self.version, "policy_version")?;
        let (from, to) = (tenant.policy_version, policy.version());
        if from == to {
            let message = format!("tenant `{}` runs policy `{}` version {to} already", tenant.id, policy.name());
            return Err(Error::new(ErrorKind::FailedPrecondition, "POLICY_UNCHANGED", message)
                .with("tenant", tenant.id)
                .with("policy", policy.name())
                .with("version", to.to_string()));
        }
        let mut incompatibilities = PolicyIncompatibilities::of(&policy);
        context.snapshot()?.load(&mut incompatibilities).await?;
        incompatibilities.finish(&tenant)?;
        let (before, after) = (context.copied_view()?, context.view_under(&policy).await?);
        let compared_tenant = tenant.clone();
        // It visits every member, which would block this thread's other tasks where there are many.
        let effects = context.compute(move |goes_on| {
            before.with(|before, _| {
                after.with(|after, _| {
                    let mut incompatibilities = PolicyIncompatibilities::of(after.policy());
                    incompatibilities.compare(before, after);
                    incompatibilities.finish(&compared_tenant)?;
                    Ok(engine::effects(before, after, MAX_EFFECTS, goes_on).unwrap_or_default())
                })
            })
        });
        let effects = effects.await?;
        let answer = PolicyChange {
            tenant: Tenant { policy_version: to, ..tenant.clone() },
            effects: effects.first,
            total: effects.total,
        };
        Ok(Plan::by("operator", [Change::PolicySet { policy: tenant.policy, from, to }], answer))
    }
}
