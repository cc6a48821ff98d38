//! Writes to tenants, and what comes due in them.

pub(crate) mod create_tenant;
pub(crate) mod incompatibilities;
pub(crate) mod set_policy;
pub(crate) mod sweep;
