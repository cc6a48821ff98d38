//! The tables of what is personal: whom a random id stands for, how they are called and reached, and what was said.

use sea_orm_migration::{
    prelude::*,
    schema::{big_integer, big_integer_null, boolean},
};

use super::columns::{Columns, TENANT, tenant_key};

pub(super) fn all(columns: Columns) -> [TableCreateStatement; 3] {
    [profile(columns), address(columns), reason(columns)]
}

/// Whoever the tenant's facts or its log name: members, those who were removed, and actors who never were members.
fn profile(columns: Columns) -> TableCreateStatement {
    columns
        .table("profile", &["member_id"])
        .col(columns.string("subject_type"))
        .col(columns.string("subject_id"))
        .col(columns.string_null("external_id"))
        .col(columns.string("display_name"))
        // The name in lower case and the email, empty where there is none: what lists are sorted by.
        .col(columns.string("name_key"))
        .col(columns.string("email_key"))
        // Name, email and user name in lower case, with line breaks between them: what lists are searched in.
        .col(columns.string("search_key"))
        .col(columns.string_null("username"))
        .col(columns.string_null("phone"))
        // When the profile changed last, so that a position in a list is known to be where it was.
        .col(big_integer("revision"))
        .take()
}

/// Email addresses by their own random id, each once in a tenant, whoever's they are.
fn address(columns: Columns) -> TableCreateStatement {
    columns
        .table("address", &["address_id"])
        .col(columns.string("email"))
        // The email in lower case.
        .col(columns.string("search_key"))
        .col(columns.string_null("member_id"))
        .col(boolean("verified"))
        .col(big_integer_null("suppressed_at"))
        .col(columns.string_null("suppressed_for"))
        .take()
}

/// Why a write was made, in the words of its request.
fn reason(columns: Columns) -> TableCreateStatement {
    let mut key = Index::create().col(TENANT).col("revision").take();
    Table::create()
        .table("reason")
        .col(columns.string(TENANT))
        .col(big_integer("revision"))
        .col(columns.text("text"))
        .primary_key(&mut key)
        .foreign_key(&mut tenant_key("reason"))
        .take()
}
