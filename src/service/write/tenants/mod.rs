//! Writes to tenants: creation, the switch of policies, and the sweep of what has come due.

pub(crate) mod create_tenant;
pub(crate) mod incompatibilities;
pub(crate) mod set_policy;
pub(crate) mod sweep;
