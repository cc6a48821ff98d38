//! Every line of the `lumicon` guide and every rule of its membership, allowed and denied, against the real server.
//!
//! Each governed write is first sent with `validate_only`, which must give the same answer and change nothing.

mod bulk_changes;
mod checks;
mod invitations;
mod job_sites;
mod lists;
mod lock;
mod profiles;
mod workspace;
