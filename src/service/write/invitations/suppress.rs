//! Suppression of addresses to which nothing is sent.

use async_trait::async_trait;
use rollcall_engine::{Change, Subject, SuppressedAddress};

use crate::service::{
    error::{Error, ErrorKind, Result},
    write::engine::{
        answers::AddressAnswer,
        context::WriteContext,
        plan::{Plan, Write},
    },
};

/// Suppresses an address, so that no invitation is issued to it, or clears it. Only an operator may: it is the
/// platform's mail service that learns of bounces, and not a tenant's members.
#[derive(Clone, Debug)]
pub struct SetSuppressed {
    /// The normalised email; it need not be a member's.
    pub email: String,
    /// Why the address is suppressed, shown to people, possibly empty; none clears it.
    pub detail: Option<String>,
}

#[async_trait]
impl Write for SetSuppressed {
    type Answer = AddressAnswer;

    fn subjects(&mut self) -> Vec<&mut Subject> {
        Vec::new()
    }

    async fn plan(&self, context: &mut WriteContext<'_>) -> Result<Plan<AddressAnswer>> {
        match self.detail {
            Some(_) => context.operators_only("suppress_address", "suppress an address")?,
            None => context.operators_only("clear_address", "clear an address")?,
        }
        context.tenant()?;
        let before = context.snapshot()?.suppressed(&self.email).await?;
        let (address, change) = match (before, &self.detail) {
            (None, Some(detail)) => {
                let (email, detail) = (self.email.clone(), detail.clone());
                let address = SuppressedAddress { email, detail, created_at: context.now() };
                (address.clone(), Change::AddressSuppressed { address })
            }
            (Some(address), None) => (address, Change::AddressCleared { email: self.email.clone() }),
            (Some(_), Some(_)) => return Err(self.unchanged("ALREADY_SUPPRESSED", "is suppressed already")),
            (None, None) => return Err(self.unchanged("NOT_SUPPRESSED", "is not suppressed")),
        };
        Ok(Plan::by("operator", [change], AddressAnswer { address }))
    }
}

impl SetSuppressed {
    fn unchanged(&self, reason: &'static str, what: &str) -> Error {
        let message = format!("`{}` {what}", self.email);
        Error::new(ErrorKind::FailedPrecondition, reason, message).with("email", self.email.clone())
    }
}
