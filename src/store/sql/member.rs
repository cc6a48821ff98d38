//! One member, read with what they hold.

use rollcall_engine::{SubjectRef, kind};
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, EntityTrait as _, FromQueryResult as _, QueryFilter as _, QueryResult,
    QuerySelect as _, QueryTrait as _, Select, Value,
    sea_query::{Expr, ExprTrait as _, Func, SelectStatement},
};

use crate::{
    service::ports::{MemberBy, MemberRecord, StoreResult},
    store::sql::{
        entity::{address, binding, member, profile},
        rows,
        script::{Script, TABLE},
        template::Template,
    },
};

const MEMBER: i32 = 0;
const PROFILE: i32 = 1;
const BINDING: i32 = 2;

/// The rows of a member that were found.
#[derive(Default)]
struct Found {
    member: Option<member::Model>,
    profile: Option<profile::Model>,
    grants: Vec<binding::Model>,
}

/// One member with all their grants, ended ones that have a row still included.
pub(super) async fn one(
    db: &impl ConnectionTrait,
    tenant: &str,
    by: MemberBy<'_>,
) -> StoreResult<Option<MemberRecord>> {
    let mut script = Script::of_tables(db);
    look_up(tenant, by, &mut script);
    let mut found = Found::default();
    for row in script.find(db).await? {
        found.note(row.try_get("", TABLE)?, &row)?;
    }
    found.into_record()
}

fn look_up(tenant: &str, by: MemberBy<'_>, script: &mut Script<'_>) {
    static BY_SUBJECT: [Template; 3] = [const { Template::new() }; 3];
    const PARTS: [i32; 3] = [MEMBER, PROFILE, BINDING];
    if let MemberBy::Subject(subject) = by
        && ![kind::EMAIL, kind::ERASED].contains(&subject.kind)
    {
        for (template, table) in BY_SUBJECT.iter().zip(PARTS) {
            let arguments = [tenant, subject.kind, subject.id].map(Value::from);
            script
                .fill(template, &arguments, |[tenant, kind, id]| part(&tenant, by_subject(&tenant, &kind, &id), table));
        }
        return;
    }
    let id = id_of(tenant, by);
    for table in PARTS {
        script.push_query(&part(tenant, id.clone(), table));
    }
}

/// Finds the rows of a member in one of the tables.
fn part(tenant: &str, id: Expr, table: i32) -> SelectStatement {
    let number = Expr::value(table);
    match table {
        MEMBER => {
            let query = member::Entity::find().filter(member::Column::TenantId.eq(tenant));
            query
                .filter(Expr::col((member::Entity, member::Column::MemberId)).eq(id))
                .expr_as(number, TABLE)
                .into_query()
        }
        PROFILE => {
            let query = profile::Entity::find().filter(profile::Column::TenantId.eq(tenant));
            query
                .filter(Expr::col((profile::Entity, profile::Column::MemberId)).eq(id))
                .expr_as(number, TABLE)
                .into_query()
        }
        _ => {
            let query = binding::Entity::find().filter(binding::Column::TenantId.eq(tenant));
            query
                .filter(Expr::col((binding::Entity, binding::Column::Holder)).eq(id))
                .expr_as(number, TABLE)
                .into_query()
        }
    }
}

impl Found {
    /// Takes a row of a table, numbered from 0.
    fn note(&mut self, table: i32, row: &QueryResult) -> StoreResult<()> {
        match table {
            MEMBER => self.member = Some(member::Model::from_query_result(row, "")?),
            PROFILE => self.profile = Some(profile::Model::from_query_result(row, "")?),
            _ => self.grants.push(binding::Model::from_query_result(row, "")?),
        }
        Ok(())
    }

    /// The member of the rows.
    fn into_record(self) -> StoreResult<Option<MemberRecord>> {
        let Self { member, profile, grants } = self;
        let grants = grants.into_iter().map(rows::into_stored_grant).collect();
        member.map(|member| rows::into_member(member, profile, grants)).transpose()
    }
}

/// What finds a member's id.
fn id_of(tenant: &str, by: MemberBy<'_>) -> Expr {
    let by_profile = |column: profile::Column, value: &str| profile_of(tenant).filter(column.eq(value)).into_query();
    match by {
        MemberBy::Subject(SubjectRef { kind: kind::EMAIL, id: email }) | MemberBy::Email(email) => {
            let query = address::Entity::find().select_only().column(address::Column::MemberId);
            let query = query.filter(address::Column::TenantId.eq(tenant)).filter(address::Column::Email.eq(email));
            query.into_query().into()
        }
        // Whoever was erased has no profile, and is known by the id.
        MemberBy::Subject(SubjectRef { kind: kind::ERASED, id }) => {
            Func::coalesce([by_subject(tenant, kind::ERASED, id), Expr::value(id)]).into()
        }
        MemberBy::Subject(subject) => by_subject(tenant, subject.kind, subject.id),
        MemberBy::Username(username) => by_profile(profile::Column::Username, username).into(),
        MemberBy::Phone(phone) => by_profile(profile::Column::Phone, phone).into(),
    }
}

fn by_subject(tenant: &str, kind: &str, id: &str) -> Expr {
    let query = profile_of(tenant).filter(profile::Column::SubjectType.eq(kind));
    query.filter(profile::Column::SubjectId.eq(id)).into_query().into()
}

/// The ids of those with a profile.
fn profile_of(tenant: &str) -> Select<profile::Entity> {
    let query = profile::Entity::find().select_only().column(profile::Column::MemberId);
    query.filter(profile::Column::TenantId.eq(tenant))
}
