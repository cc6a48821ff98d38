//! One member, read with what they hold.

use rollcall_engine::{SubjectRef, kind};
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, EntityTrait as _, FromQueryResult as _, QueryFilter as _, QueryResult,
    QuerySelect as _, QueryTrait as _,
    sea_query::{Expr, ExprTrait as _, Func},
};

use crate::{
    service::ports::{MemberBy, MemberRecord, StoreResult},
    store::sql::{
        entity::{address, binding, member, profile},
        rows,
        script::{Script, TABLE},
    },
};

/// How many tables a member is read from.
pub(super) const TABLES: i32 = 3;
const MEMBER: i32 = 0;
const PROFILE: i32 = 1;

/// The rows of a member that were found.
#[derive(Default)]
pub(super) struct Found {
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
    let mut script = Script::new(db);
    look_up(tenant, by, 0, &mut script);
    let mut found = Found::default();
    for row in script.find(db).await? {
        found.note(row.try_get("", TABLE)?, &row)?;
    }
    found.into_record()
}

/// Looks a member up. The tables in the rows are numbered from `first`.
pub(super) fn look_up(tenant: &str, by: MemberBy<'_>, first: i32, script: &mut Script<'_>) {
    let id = id_of(tenant, by);
    let member = member::Entity::find().filter(member::Column::TenantId.eq(tenant));
    let member = member.filter(Expr::col((member::Entity, member::Column::MemberId)).eq(id.clone()));
    script.push(&member.expr_as(Expr::value(first + MEMBER), TABLE));
    let profile = profile::Entity::find().filter(profile::Column::TenantId.eq(tenant));
    let profile = profile.filter(Expr::col((profile::Entity, profile::Column::MemberId)).eq(id.clone()));
    script.push(&profile.expr_as(Expr::value(first + PROFILE), TABLE));
    let grants = binding::Entity::find().filter(binding::Column::TenantId.eq(tenant));
    let grants = grants.filter(Expr::col((binding::Entity, binding::Column::Holder)).eq(id));
    script.push(&grants.expr_as(Expr::value(first + TABLES - 1), TABLE));
}

impl Found {
    /// Takes a row of a table, numbered from 0.
    pub(super) fn note(&mut self, table: i32, row: &QueryResult) -> StoreResult<()> {
        match table {
            MEMBER => self.member = Some(member::Model::from_query_result(row, "")?),
            PROFILE => self.profile = Some(profile::Model::from_query_result(row, "")?),
            _ => self.grants.push(binding::Model::from_query_result(row, "")?),
        }
        Ok(())
    }

    /// The member of the rows.
    pub(super) fn into_record(self) -> StoreResult<Option<MemberRecord>> {
        let Self { member, profile, grants } = self;
        let grants = grants.into_iter().map(rows::into_grant).collect();
        member.map(|member| rows::into_member(member, profile, grants)).transpose()
    }
}

/// What finds a member's id.
fn id_of(tenant: &str, by: MemberBy<'_>) -> Expr {
    let by_profile = |column: profile::Column, value: &str| {
        let query = profile::Entity::find().select_only().column(profile::Column::MemberId);
        query.filter(profile::Column::TenantId.eq(tenant)).filter(column.eq(value))
    };
    let query = match by {
        MemberBy::Subject(SubjectRef { kind: kind::EMAIL, id: email }) | MemberBy::Email(email) => {
            let query = address::Entity::find().select_only().column(address::Column::MemberId);
            let query = query.filter(address::Column::TenantId.eq(tenant)).filter(address::Column::Email.eq(email));
            return query.into_query().into();
        }
        // Whoever was erased has no profile, and is known by the id.
        MemberBy::Subject(SubjectRef { kind: kind::ERASED, id }) => {
            let query = by_profile(profile::Column::SubjectId, id);
            let query = query.filter(profile::Column::SubjectType.eq(kind::ERASED)).into_query();
            return Func::coalesce([query.into(), Expr::value(id)]).into();
        }
        MemberBy::Subject(subject) => {
            by_profile(profile::Column::SubjectId, subject.id).filter(profile::Column::SubjectType.eq(subject.kind))
        }
        MemberBy::Username(username) => by_profile(profile::Column::Username, username),
        MemberBy::Phone(phone) => by_profile(profile::Column::Phone, phone),
    };
    query.into_query().into()
}
