//! The indexes of the first tables. Those across tenants do not begin with the tenant.

use sea_orm_migration::prelude::*;

use super::columns::{TENANT, ascending, index};

pub(super) fn all() -> Vec<IndexCreateStatement> {
    [people(), facts(), log()].concat()
}

fn people() -> Vec<IndexCreateStatement> {
    let subject = ["subject_type", "subject_id"];
    vec![
        index("profile_subject", "profile", &[TENANT, subject[0], subject[1]]).unique().take(),
        index("profile_external_id", "profile", &[TENANT, "external_id"]).unique().take(),
        index("profile_username", "profile", &[TENANT, "username"]).unique().take(),
        index("profile_phone", "profile", &[TENANT, "phone"]).unique().take(),
        index("profile_by_name", "profile", &[TENANT, "name_key", subject[0], subject[1]]),
        index("profile_by_email", "profile", &[TENANT, "email_key", subject[0], subject[1]]),
        index("address_email", "address", &[TENANT, "email"]).unique().take(),
        index("address_by_member", "address", &[TENANT, "member_id"]),
        index("address_suppressed", "address", &[TENANT, "email", "suppressed_at"])
            .and_where(Expr::col("suppressed_at").is_not_null())
            .take(),
    ]
}

fn facts() -> Vec<IndexCreateStatement> {
    vec![
        index("member_by_status", "member", &[TENANT, "status", "member_id"]),
        index("resource_by_parent", "resource", &[TENANT, "parent_type", "parent_id"]),
        // With the holder, so that a database that keeps no statistics prefers it to the primary key.
        index("binding_by_resource", "binding", &[TENANT, "resource_type", "resource_id", "role", "holder"]),
        // Across tenants, for the search for bindings that have ended.
        ascending("binding_end", "binding", &["expires_at", TENANT])
            .and_where(Expr::col("expires_at").is_not_null())
            .take(),
        index("invitation_open", "invitation", &[TENANT, "address_id"])
            .unique()
            .and_where(Expr::col("status").is_in([1, 5]))
            .take(),
        index("invitation_by_address", "invitation", &[TENANT, "address_id", "invitation_id"]),
        index("invitation_by_creation", "invitation", &[TENANT, "created_at", "invitation_id"]),
        index("invitation_by_expiry", "invitation", &[TENANT, "expires_at", "invitation_id"]),
        index("invitation_link_by_invitation", "invitation_link", &[TENANT, "invitation_id"]),
        // Across tenants, for the search for invitations that are due.
        ascending("invitation_due", "invitation", &["due_at", TENANT])
            .and_where(Expr::col("due_at").is_not_null())
            .take(),
    ]
}

fn log() -> Vec<IndexCreateStatement> {
    vec![
        index("log_commit_by_time", "log_commit", &[TENANT, "at", "revision"]),
        // Each ends with the position in the log, so that a page of what it finds starts where the one before ended.
        index("log_change_by_actor", "log_change", &[TENANT, "actor", "revision", "seq"]),
        index("log_change_by_about", "log_change", &[TENANT, "about", "revision", "seq"]),
        index("log_change_by_resource", "log_change", &[TENANT, "resource_type", "resource_id", "revision", "seq"]),
        index("log_change_by_kind", "log_change", &[TENANT, "kind", "revision", "seq"]),
        // How many invitations a tenant issued lately.
        index("log_change_issued", "log_change", &[TENANT, "at"])
            .and_where(Expr::col("kind").eq("invitation_issued"))
            .take(),
    ]
}
