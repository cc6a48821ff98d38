//! The tables of what is not personal: tenants and their facts, the log, and what the service keeps for itself.

use sea_orm_migration::{
    prelude::*,
    schema::{big_integer, big_integer_null, blob, blob_null, boolean, small_integer, string, string_null, text},
};

use super::columns::{TENANT, table, tenant_key};

/// Each after those that it refers to.
pub(super) fn all() -> [TableCreateStatement; 14] {
    [
        owner(),
        tenant(),
        member(),
        resource(),
        binding(),
        tombstone(),
        invitation(),
        invitation_link(),
        log_commit(),
        log_change(),
        request(),
        checkpoint(),
        policy_text(),
        lease(),
    ]
}

/// `file` tells the file that the store is in from its copies, where it is in a file; `process` is drawn by each process
/// that takes the store over, and `epoch` counts these; `barriers` counts commits that are made for nothing but to have been made.
fn owner() -> TableCreateStatement {
    Table::create()
        .table("owner")
        .col(small_integer("id").primary_key())
        .col(blob("store_id"))
        .col(blob("page_key"))
        .col(small_integer("min_reader"))
        .col(small_integer("min_writer"))
        .col(string_null("file"))
        .col(blob_null("process"))
        .col(big_integer("epoch"))
        .col(big_integer("barriers"))
        .take()
}

/// `head` is the id of the write that made the newest revision.
fn tenant() -> TableCreateStatement {
    Table::create()
        .table("tenant")
        .col(string(TENANT).primary_key())
        .col(string("display_name"))
        .col(string("policy"))
        .col(big_integer("policy_version"))
        .col(string("root_type"))
        .col(big_integer("revision"))
        .col(blob("head"))
        .col(big_integer("created_at"))
        .take()
}

fn member() -> TableCreateStatement {
    table("member", &["member_id"])
        .col(small_integer("status"))
        .col(boolean("locked"))
        .col(big_integer("revision"))
        .col(blob("write_id"))
        .col(big_integer("created_at"))
        .take()
}

fn resource() -> TableCreateStatement {
    let mut parent = ForeignKey::create()
        .name("resource_parent")
        .from("resource", (TENANT, "parent_type", "parent_id"))
        .to("resource", (TENANT, "resource_type", "resource_id"))
        .take();
    table("resource", &["resource_type", "resource_id"])
        .col(string_null("parent_type"))
        .col(string_null("parent_id"))
        .col(string_null("owner"))
        .col(boolean("archived"))
        .col(string("display_name"))
        .col(big_integer("revision"))
        .col(blob("write_id"))
        .col(big_integer("created_at"))
        .foreign_key(&mut parent)
        .take()
}

/// Who gave it, by which line and when; `offer_ends_at` is when a pending one ends by itself, and `begins_at` is not used.
fn binding() -> TableCreateStatement {
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
    table("binding", &["holder", "resource_type", "resource_id", "role"])
        .col(big_integer_null("begins_at"))
        .col(big_integer_null("expires_at"))
        .col(big_integer_null("offer_ends_at"))
        .col(string("granted_by"))
        .col(string("rule"))
        .col(big_integer("granted_at"))
        .foreign_key(&mut member)
        .foreign_key(&mut resource)
        .take()
}

/// Ids of resources that were deleted, until they are registered anew.
fn tombstone() -> TableCreateStatement {
    table("tombstone", &["resource_type", "resource_id"])
        .col(big_integer("revision"))
        .col(big_integer("deleted_at"))
        .take()
}

fn invitation() -> TableCreateStatement {
    table("invitation", &["invitation_id"])
        .col(string("member_id"))
        .col(string("address_id"))
        .col(string("inviter"))
        .col(small_integer("status"))
        .col(big_integer("expires_at"))
        .col(big_integer_null("remind_at"))
        .col(big_integer_null("due_at"))
        .col(big_integer("issued_at"))
        .col(big_integer("created_at"))
        .col(string_null("accepter"))
        .col(big_integer_null("accepted_at"))
        .col(big_integer("revision"))
        .col(blob("write_id"))
        .take()
}

/// By what an invitation can be accepted: of each secret the hash only.
fn invitation_link() -> TableCreateStatement {
    let mut invitation = ForeignKey::create()
        .name("invitation_link_invitation")
        .from("invitation_link", (TENANT, "invitation_id"))
        .to("invitation", (TENANT, "invitation_id"))
        .take();
    table("invitation_link", &["token_hash"])
        .col(string("invitation_id"))
        .col(big_integer("issued_at"))
        .foreign_key(&mut invitation)
        .take()
}

/// `digest` covers the commit, its changes, and the digest before it; `feed_position` is empty until it is given.
fn log_commit() -> TableCreateStatement {
    let mut key = Index::create().col(TENANT).col("revision").take();
    Table::create()
        .table("log_commit")
        .col(string(TENANT))
        .col(big_integer("revision"))
        .col(blob("write_id"))
        .col(big_integer("at"))
        .col(string("actor"))
        .col(string("caller"))
        .col(string_null("trace_id"))
        .col(small_integer("format"))
        .col(blob("digest"))
        .col(big_integer_null("feed_position"))
        .primary_key(&mut key)
        .foreign_key(&mut tenant_key("log_commit"))
        .take()
}

/// `actor` and `at` are the commit's, for the indexes; `about` is the id of the member or the address that it is about.
fn log_change() -> TableCreateStatement {
    let mut key = Index::create().col(TENANT).col("revision").col("seq").take();
    let mut commit = ForeignKey::create()
        .name("log_change_commit")
        .from("log_change", (TENANT, "revision"))
        .to("log_commit", (TENANT, "revision"))
        .take();
    Table::create()
        .table("log_change")
        .col(string(TENANT))
        .col(big_integer("revision"))
        .col(big_integer("seq"))
        .col(string("kind"))
        .col(big_integer("at"))
        .col(string("actor"))
        .col(string("rule"))
        .col(string_null("about"))
        .col(string_null("resource_type"))
        .col(string_null("resource_id"))
        .col(text("data"))
        .primary_key(&mut key)
        .foreign_key(&mut commit)
        .take()
}

/// Answers of writes, sealed, by the hash of their request ids.
fn request() -> TableCreateStatement {
    table("request", &["request_hash"])
        .col(string("body_hash"))
        .col(blob("answer"))
        .col(big_integer("revision"))
        .col(big_integer("at"))
        .take()
}

/// A tenant's facts as they were after a revision, from which a shortened log goes on.
fn checkpoint() -> TableCreateStatement {
    let mut key = Index::create().col(TENANT).col("revision").take();
    Table::create()
        .table("checkpoint")
        .col(string(TENANT))
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
fn policy_text() -> TableCreateStatement {
    let mut key = Index::create().col("name").col("version").take();
    Table::create()
        .table("policy_text")
        .col(string("name"))
        .col(big_integer("version"))
        .col(blob("digest"))
        .col(text("text"))
        .col(big_integer("published_at"))
        .primary_key(&mut key)
        .take()
}

/// Work that one process at a time does, such as migrating.
fn lease() -> TableCreateStatement {
    Table::create()
        .table("lease")
        .col(string("name").primary_key())
        .col(blob("holder"))
        .col(big_integer("ends_at"))
        .take()
}
