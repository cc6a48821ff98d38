//! The first tables: the store's key, tenants, members, resources, bindings, invitations, suppressed addresses, the change log and the
//! stored responses. Every key of a tenant's table begins with the tenant, so that a database can be distributed by it.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, big_integer_null, blob, boolean, small_integer, string, string_null, text,
};

/// Makes all tables and indexes in one transaction.
#[derive(DeriveMigrationName)]
pub(super) struct Migration;

const TENANT: &str = "tenant_id";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let tables = [
            store_key(),
            tenant(),
            member(),
            resource(),
            binding(),
            invitation(),
            suppressed_address(),
            change(),
            request(),
        ];
        for table in tables {
            manager.create_table(table).await?;
        }
        let mut page_key = vec![0; 32];
        getrandom::fill(&mut page_key).map_err(|error| DbErr::Custom(error.to_string()))?;
        let key = Query::insert()
            .into_table("store_key")
            .columns(["id", "page_key"])
            .values_panic([1.into(), page_key.into()])
            .take();
        manager.execute(key).await?;
        for index in indexes() {
            manager.create_index(index).await?;
        }
        // The statement builder can't put an expression into an index; both databases take this one.
        manager
            .get_connection()
            .execute_unprepared(
                "CREATE INDEX member_by_email ON member (tenant_id, (COALESCE(email, '')), subject_type, subject_id)",
            )
            .await?;
        Ok(())
    }
}

/// One row, made with the tables.
fn store_key() -> TableCreateStatement {
    Table::create().table("store_key").col(small_integer("id").primary_key()).col(blob("page_key")).take()
}

fn tenant() -> TableCreateStatement {
    Table::create()
        .table("tenant")
        .col(string(TENANT).primary_key())
        .col(string("display_name"))
        .col(string("policy"))
        .col(big_integer("policy_version"))
        .col(big_integer("revision"))
        .col(big_integer("created_at"))
        .take()
}

fn member() -> TableCreateStatement {
    table("member", &["subject_type", "subject_id"])
        .col(small_integer("status"))
        .col(boolean("locked"))
        .col(string("display_name"))
        .col(string("name_key"))
        .col(string_null("email"))
        .col(string_null("username"))
        .col(string_null("phone"))
        .col(big_integer("revision"))
        .col(big_integer("created_at"))
        .take()
}

fn resource() -> TableCreateStatement {
    table("resource", &["resource_type", "resource_id"])
        .col(string_null("parent_type"))
        .col(string_null("parent_id"))
        .col(string_null("owner_type"))
        .col(string_null("owner_id"))
        .col(boolean("archived"))
        .col(string("display_name"))
        .col(big_integer("revision"))
        .col(big_integer("created_at"))
        .take()
}

fn binding() -> TableCreateStatement {
    let mut member = ForeignKey::create()
        .name("binding_member")
        .from("binding", (TENANT, "holder_type", "holder_id"))
        .to("member", (TENANT, "subject_type", "subject_id"))
        .take();
    let mut resource = ForeignKey::create()
        .name("binding_resource")
        .from("binding", (TENANT, "resource_type", "resource_id"))
        .to("resource", (TENANT, "resource_type", "resource_id"))
        .take();
    table("binding", &["holder_type", "holder_id", "resource_type", "resource_id", "role"])
        .col(big_integer_null("expires_at"))
        .foreign_key(&mut member)
        .foreign_key(&mut resource)
        .take()
}

fn invitation() -> TableCreateStatement {
    table("invitation", &["invitation_id"])
        .col(string("email"))
        .col(string("token_hash"))
        .col(string("inviter_type"))
        .col(string("inviter_id"))
        .col(small_integer("status"))
        .col(big_integer("expires_at"))
        .col(big_integer_null("remind_at"))
        .col(big_integer_null("due_at"))
        .col(big_integer("issued_at"))
        .col(big_integer("created_at"))
        .col(string_null("accepter_type"))
        .col(string_null("accepter_id"))
        .col(big_integer_null("accepted_at"))
        .col(big_integer("revision"))
        .take()
}

fn suppressed_address() -> TableCreateStatement {
    table("suppressed_address", &["email"]).col(string("detail")).col(big_integer("created_at")).take()
}

fn change() -> TableCreateStatement {
    let mut key = Index::create().col(TENANT).col("revision").col("seq").take();
    Table::create()
        .table("change")
        .col(string(TENANT))
        .col(big_integer("revision"))
        .col(big_integer("seq"))
        .col(string("kind"))
        .col(big_integer("at"))
        .col(string("actor_type"))
        .col(string("actor_id"))
        .col(string("caller"))
        .col(string("rule"))
        .col(string_null("trace_id"))
        .col(string_null("subject_type"))
        .col(string_null("subject_id"))
        .col(string_null("resource_type"))
        .col(string_null("resource_id"))
        .col(text("data"))
        .primary_key(&mut key)
        .foreign_key(&mut tenant_key("change"))
        .take()
}

fn request() -> TableCreateStatement {
    table("request", &["request_id"])
        .col(string("body"))
        .col(text("answer"))
        .col(big_integer("revision"))
        .col(big_integer("at"))
        .take()
}

fn indexes() -> Vec<IndexCreateStatement> {
    let subject = ["subject_type", "subject_id"];
    vec![
        index("member_by_name", "member", &[TENANT, "name_key", subject[0], subject[1]]),
        index("member_by_status", "member", &[TENANT, "status", subject[0], subject[1]]),
        index("member_email", "member", &[TENANT, "email"]).unique().take(),
        index("member_username", "member", &[TENANT, "username"]).unique().take(),
        index("member_phone", "member", &[TENANT, "phone"]).unique().take(),
        // With the holder, so that a database that keeps no statistics prefers it to the primary key.
        index(
            "binding_by_resource",
            "binding",
            &[TENANT, "resource_type", "resource_id", "role", "holder_type", "holder_id"],
        ),
        // Across tenants, for the search for bindings that have ended.
        index("binding_end", "binding", &["expires_at", TENANT])
            .and_where(Expr::col("expires_at").is_not_null())
            .take(),
        // Each ends with the position in the log, so that a page of what it finds starts where the one before ended.
        index("change_by_actor", "change", &[TENANT, "actor_type", "actor_id", "revision", "seq"]),
        index("change_by_subject", "change", &[TENANT, subject[0], subject[1], "revision", "seq"]),
        index("change_by_resource", "change", &[TENANT, "resource_type", "resource_id", "revision", "seq"]),
        index("change_by_kind", "change", &[TENANT, "kind", "revision", "seq"]),
        index("change_by_time", "change", &[TENANT, "at", "revision"]),
        index("invitation_token", "invitation", &[TENANT, "token_hash"]).unique().take(),
        index("invitation_open", "invitation", &[TENANT, "email"])
            .unique()
            .and_where(Expr::col("status").is_in([1, 5]))
            .take(),
        index("invitation_by_email", "invitation", &[TENANT, "email", "invitation_id"]),
        index("invitation_by_creation", "invitation", &[TENANT, "created_at", "invitation_id"]),
        index("invitation_by_expiry", "invitation", &[TENANT, "expires_at", "invitation_id"]),
        // Across tenants, for the search for invitations that are due.
        index("invitation_due", "invitation", &["due_at", TENANT]).and_where(Expr::col("due_at").is_not_null()).take(),
        // How many invitations a tenant issued lately.
        index("change_issued", "change", &[TENANT, "at"]).and_where(Expr::col("kind").eq("invitation_issued")).take(),
    ]
}

/// A table of things within a tenant, keyed by strings.
fn table(name: &'static str, key: &[&'static str]) -> TableCreateStatement {
    let mut table = Table::create().table(name).col(string(TENANT)).take();
    let mut primary = Index::create().col(TENANT).take();
    for column in key {
        table.col(string(*column));
        primary.col(*column);
    }
    table.primary_key(&mut primary).foreign_key(&mut tenant_key(name)).take()
}

fn tenant_key(table: &'static str) -> ForeignKeyCreateStatement {
    ForeignKey::create().name(format!("{table}_tenant")).from(table, TENANT).to("tenant", TENANT).take()
}

fn index(name: &str, table: &'static str, columns: &[&'static str]) -> IndexCreateStatement {
    let mut index = Index::create().name(name).table(table).take();
    for column in columns {
        index.col(*column);
    }
    index
}
