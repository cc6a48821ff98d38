use async_trait::async_trait;
use rollcall_engine::{Change, SuppressedAddress};

use crate::service::{
    error::{Error, ErrorKind, Result},
    write::engine::{
        answers::AddressAnswer,
        context::WriteContext,
        run::{Plan, Write},
    },
};

/// Lets nothing be sent to an address any more, or again. An operator's write: a bounce is what the platform's mail
/// service saw, and no business of a tenant's own people.
#[derive(Clone, Debug)]
pub struct SetSuppressed {
    /// The normalised email.
    pub email: String,
    /// Why it is suppressed; none: it is not any more.
    pub detail: Option<String>,
}

#[async_trait]
impl Write for SetSuppressed {
    type Answer = AddressAnswer;

    async fn plan(&self, session: &mut WriteContext<'_>) -> Result<Plan<AddressAnswer>> {
        match self.detail {
            Some(_) => session.operators_only("suppress_address", "suppress an address")?,
            None => session.operators_only("clear_address", "clear an address")?,
        }
        session.tenant()?;
        let before = session.tx.suppressed(&self.email).await?;
        let (address, change) = match (before, &self.detail) {
            (None, Some(detail)) => {
                let (email, detail) = (self.email.clone(), detail.clone());
                let address = SuppressedAddress { email, detail, created_at: session.now() };
                (address.clone(), Change::AddressSuppressed { address })
            }
            (Some(address), None) => (address, Change::AddressCleared { email: self.email.clone() }),
            (Some(_), Some(_)) => return Err(self.unchanged("ALREADY_SUPPRESSED", "is suppressed already")),
            (None, None) => return Err(self.unchanged("NOT_SUPPRESSED", "is not suppressed")),
        };
        Ok(Plan { changes: vec![change], rule: "operator".to_owned(), answer: AddressAnswer { address } })
    }
}

impl SetSuppressed {
    fn unchanged(&self, reason: &'static str, what: &str) -> Error {
        let message = format!("`{}` {what}", self.email);
        Error::new(ErrorKind::FailedPrecondition, reason, message).with("email", self.email.clone())
    }
}
