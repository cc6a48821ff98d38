//! The tables of what is not personal: tenants and their facts, the log, and what the service keeps for itself.

use sea_orm_migration::{
    prelude::*,
    schema::{big_integer, big_integer_null, blob, blob_null, boolean, small_integer},
};

use super::columns::{Columns, TENANT, tenant_key};

/// Each after those that it refers to.
pub(super) fn all(columns: Columns) -> [TableCreateStatement; 14] {
    [
        owner(columns),
        tenant(columns),
        member(columns),
        resource(columns),
        binding(columns),
        tombstone(columns),
        invitation(columns),
        invitation_link(columns),
        log_commit(columns),
        log_change(columns),
        request(columns),
        checkpoint(columns),
        policy_text(columns),
        lease(columns),
    ]
}

/// `file` tells the file that the store is in from its copies, where it is in a file; `process` is drawn by each process
/// that takes the store over, and `epoch` counts these; `barriers` counts commits that are made for nothing but to have been made.
fn owner(columns: Columns) -> TableCreateStatement {
    Table::create()
        .table("owner")
        .col(small_integer("id").primary_key())
        .col(blob("store_id"))
        .col(blob("page_key"))
        .col(small_integer("min_reader"))
        .col(small_integer("min_writer"))
        .col(columns.string_null("file"))
        .col(blob_null("process"))
        .col(big_integer("epoch"))
        .col(big_integer("barriers"))
        .take()
}

/// `head` is the id of the write that made the newest revision.
fn tenant(columns: Columns) -> TableCreateStatement {
    Table::create()
        .table("tenant")
        .col(columns.string(TENANT).primary_key())
        .col(columns.string("display_name"))
        .col(columns.string("policy"))
        .col(big_integer("policy_version"))
        .col(columns.string("root_type"))
        .col(big_integer("revision"))
        .col(blob("head"))
        .col(big_integer("created_at"))
        .take()
}

fn member(columns: Columns) -> TableCreateStatement {
    columns
        .table("member", &["member_id"])
        .col(small_integer("status"))
        .col(boolean("locked"))
        .col(big_integer("revision"))
        .col(blob("write_id"))
        .col(big_integer("created_at"))
        .take()
}

fn resource(columns: Columns) -> TableCreateStatement {
    let mut parent = ForeignKey::create()
        .name("resource_parent")
        .from("resource", (TENANT, "parent_type", "parent_id"))
        .to("resource", (TENANT, "resource_type", "resource_id"))
        .take();
    columns
        .table("resource", &["resource_type", "resource_id"])
        .col(columns.string_null("parent_type"))
        .col(columns.string_null("parent_id"))
        .col(columns.string_null("owner"))
        .col(boolean("archived"))
        .col(columns.string("display_name"))
        .col(big_integer("revision"))
        .col(blob("write_id"))
        .col(big_integer("created_at"))
        .foreign_key(&mut parent)
        .take()
}

/// Who gave it, by which line and when; `offer_ends_at` is when a pending one ends by itself, and `begins_at` is not used.
fn binding(columns: Columns) -> TableCreateStatement {
    let mut member = ForeignKey::create()
        .name("binding_member")
        .from("binding", (TENANT, "holder"))
        .to("member", (TENANT, "member_id"))
        .take();
    let mut resource = ForeignKey::create()
        .name("binding_resource")
        .from("binding", (TENANT, "resource_type", "resource_id"))
        .to("resource", (TENANT, "resource_type", "resource_id"))
        .take();
    columns
        .table("binding", &["holder", "resource_type", "resource_id", "role"])
        .col(big_integer_null("begins_at"))
        .col(big_integer_null("expires_at"))
        .col(big_integer_null("offer_ends_at"))
        .col(columns.string("granted_by"))
        .col(columns.string("rule"))
        .col(big_integer("granted_at"))
        .foreign_key(&mut member)
        .foreign_key(&mut resource)
        .take()
}

/// Ids of resources that were deleted, until they are registered anew.
fn tombstone(columns: Columns) -> TableCreateStatement {
    columns
        .table("tombstone", &["resource_type", "resource_id"])
        .col(big_integer("revision"))
        .col(big_integer("deleted_at"))
        .take()
}

fn invitation(columns: Columns) -> TableCreateStatement {
    columns
        .table("invitation", &["invitation_id"])
        .col(columns.string("member_id"))
        .col(columns.string("address_id"))
        .col(columns.string("inviter"))
        .col(small_integer("status"))
        .col(big_integer("expires_at"))
        .col(big_integer_null("remind_at"))
        .col(big_integer_null("due_at"))
        .col(big_integer("issued_at"))
        .col(big_integer("created_at"))
        .col(columns.string_null("accepter"))
        .col(big_integer_null("accepted_at"))
        .col(big_integer("revision"))
        .col(blob("write_id"))
        .take()
}

/// By what an invitation can be accepted: of each secret the hash only.
fn invitation_link(columns: Columns) -> TableCreateStatement {
    let mut invitation = ForeignKey::create()
        .name("invitation_link_invitation")
        .from("invitation_link", (TENANT, "invitation_id"))
        .to("invitation", (TENANT, "invitation_id"))
        .take();
    columns
        .table("invitation_link", &["token_hash"])
        .col(columns.string("invitation_id"))
        .col(big_integer("issued_at"))
        .foreign_key(&mut invitation)
        .take()
}

/// `digest` covers the commit, its changes, and the digest before it; `feed_position` is empty until it is given.
fn log_commit(columns: Columns) -> TableCreateStatement {
    let mut key = Index::create().col(TENANT).col("revision").take();
    Table::create()
        .table("log_commit")
        .col(columns.string(TENANT))
        .col(big_integer("revision"))
        .col(blob("write_id"))
        .col(big_integer("at"))
        .col(columns.string("actor"))
        .col(columns.string("caller"))
        .col(columns.string_null("trace_id"))
        .col(small_integer("format"))
        .col(blob("digest"))
        .col(big_integer_null("feed_position"))
        .primary_key(&mut key)
        .foreign_key(&mut tenant_key("log_commit"))
        .take()
}

/// `actor` and `at` are the commit's, for the indexes; `about` is the id of the member or the address that it is about.
fn log_change(columns: Columns) -> TableCreateStatement {
    let mut key = Index::create().col(TENANT).col("revision").col("seq").take();
    let mut commit = ForeignKey::create()
        .name("log_change_commit")
        .from("log_change", (TENANT, "revision"))
        .to("log_commit", (TENANT, "revision"))
        .take();
    Table::create()
        .table("log_change")
        .col(columns.string(TENANT))
        .col(big_integer("revision"))
        .col(big_integer("seq"))
        .col(columns.string("kind"))
        .col(big_integer("at"))
        .col(columns.string("actor"))
        .col(columns.string("rule"))
        .col(columns.string_null("about"))
        .col(columns.string_null("resource_type"))
        .col(columns.string_null("resource_id"))
        .col(columns.text("data"))
        .primary_key(&mut key)
        .foreign_key(&mut commit)
        .take()
}

/// Answers of writes, sealed, by the hash of their request ids.
fn request(columns: Columns) -> TableCreateStatement {
    columns
        .table("request", &["request_hash"])
        .col(columns.string("body_hash"))
        .col(blob("answer"))
        .col(big_integer("revision"))
        .col(big_integer("at"))
        .take()
}

/// A tenant's facts as they were after a revision, from which a shortened log goes on.
fn checkpoint(columns: Columns) -> TableCreateStatement {
    let mut key = Index::create().col(TENANT).col("revision").take();
    Table::create()
        .table("checkpoint")
        .col(columns.string(TENANT))
        .col(big_integer("revision"))
        .col(small_integer("format"))
        .col(blob("digest"))
        .col(blob("data"))
        .col(big_integer("at"))
        .primary_key(&mut key)
        .foreign_key(&mut tenant_key("checkpoint"))
        .take()
}

/// Texts of policies, which never change once they are here.
fn policy_text(columns: Columns) -> TableCreateStatement {
    let mut key = Index::create().col("name").col("version").take();
    Table::create()
        .table("policy_text")
        .col(columns.string("name"))
        .col(big_integer("version"))
        .col(blob("digest"))
        .col(columns.text("text"))
        .col(big_integer("published_at"))
        .primary_key(&mut key)
        .take()
}

/// Work that one process at a time does, such as migrating.
fn lease(columns: Columns) -> TableCreateStatement {
    Table::create()
        .table("lease")
        // Whoever migrates may have made it, to be the only one.
        .if_not_exists()
        .col(columns.string("name").primary_key())
        .col(blob("holder"))
        .col(big_integer("ends_at"))
        .take()
}
