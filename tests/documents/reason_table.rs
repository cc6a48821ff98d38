//! The reasons whose errors a test has provoked, the first of each of which is kept.

use std::{cell::RefCell, collections::BTreeSet};

use tonic::Status;

use crate::support::{WireTenant, Write, error::reason_of, golden};

/// The reasons whose errors were provoked.
#[derive(Default)]
pub struct ReasonTable {
    pub checked: RefCell<BTreeSet<String>>,
}

impl ReasonTable {
    /// The result must be an error of this reason, with the code and the metadata that the contract gives it.
    pub fn check<T>(&self, reason: &str, result: Result<T, Status>) {
        let Err(status) = result else { panic!("{reason} expected, and the call succeeded") };
        assert_eq!(reason_of(&status), reason, "{status:?}");
        // The first one is kept.
        if self.checked.borrow_mut().insert(reason.to_owned()) {
            golden::error(&status);
        }
    }

    /// Sends a write that must be refused for this reason.
    pub async fn check_write(&self, reason: &str, tenant: &WireTenant, write: Write) {
        self.check(reason, tenant.api.write(write).await);
    }
}
