//! A write on its way into the store.

use rollcall_engine::Head;

use crate::service::ports::Batch;

/// A write that is to be committed if the tenant's newest commit is `expected`.
pub(in crate::store) struct Pending<'a> {
    pub(in crate::store) tenant: &'a str,
    pub(in crate::store) expected: Option<Head>,
    pub(in crate::store) batch: Batch<'a>,
}

impl Pending<'_> {
    /// The commit that it makes.
    pub(super) fn head(&self) -> Head {
        Head { revision: self.expected.unwrap_or_default().revision.next(), write_id: self.batch.write_id }
    }
}
