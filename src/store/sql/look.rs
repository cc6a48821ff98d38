//! A look at one tenant: its newest commit, and what a plan is likely to need, by one statement.

use rollcall_engine::{Subject, kind};
use sea_orm::{
    ColumnTrait, ConnectionTrait, FromQueryResult, Iterable, QueryResult, Value,
    sea_query::{Condition, Expr, ExprTrait as _, Query, SelectStatement},
};

use crate::{
    service::ports::{Glance, MemberBy, MemberRecord, StoreResult, StoredGrant, StoredResponse},
    store::sql::{
        entity::{binding, member, profile, request, tenant},
        newest::{self, Newest},
        read, rows,
        script::Script,
        template::Template,
    },
};

/// The most members that are looked for in one tenant.
const MOST_MEMBERS: usize = 8;

/// What the columns of a table begin with, where those of others stand beside them.
const RESPONSE: &str = "response_";
const MEMBER: &str = "member_";
/// The same of a profile.
pub(super) const PROFILE: &str = "profile_";
const BINDING: &str = "binding_";

/// What is looked for.
pub(in crate::store) struct Look {
    pub(super) tenant: String,
    pub(super) members: Vec<Subject>,
    pub(super) response: Option<String>,
}

/// What was seen of a tenant, all of it as of one instant.
pub(in crate::store) struct Seen {
    pub(super) newest: Newest,
    /// The response under the hash that was looked for; none: for no hash.
    pub(super) response: Option<(String, Option<StoredResponse>)>,
    pub(super) members: Vec<(Subject, Option<MemberRecord>)>,
}

impl Look {
    pub(in crate::store) fn new(tenant: &str, at: &Glance<'_>) -> Self {
        let members = at.members.get(..MOST_MEMBERS).unwrap_or(at.members);
        // Others are found by more than their subject.
        let members = members.iter().filter(|subject| ![kind::EMAIL, kind::ERASED].contains(&&*subject.kind));
        let (tenant, members) = (tenant.to_owned(), members.cloned().collect());
        Self { tenant, members, response: at.response.map(str::to_owned) }
    }
}

/// Looks at a tenant; none where there is no such tenant.
pub(in crate::store) async fn alone(db: &impl ConnectionTrait, look: Look) -> StoreResult<Option<Seen>> {
    static TEMPLATES: [Template; 2] = [const { Template::new() }; 2];
    let [alone, with_members] = &TEMPLATES;
    let mut arguments = vec![Value::from(&*look.tenant), Value::String(look.response.clone())];
    arguments.extend(look.members.iter().flat_map(|subject| [&*subject.kind, &subject.id]).map(Value::from));
    let template = if look.members.is_empty() { alone } else { with_members };
    let mut script = Script::new(db);
    script.fill_many(template, &arguments, "", statement);
    see(look, &script.find(db).await?)
}

/// A row for each binding of the members that are sought, for each who has none, and one at least.
fn statement(marks: Vec<String>) -> SelectStatement {
    let mut marks = marks.into_iter();
    let mut next = || marks.next().unwrap_or_default();
    let is_of_tenant = |column: Expr| column.equals(tenant::Column::TenantId.as_column_ref());
    let (tenant, hash) = (next(), next());
    let mut query = Query::select();
    query.from(tenant::Entity).and_where(tenant::Column::TenantId.eq(tenant));
    newest::select(&mut query);
    let is_response = is_of_tenant(Expr::col(request::Column::TenantId.as_column_ref()));
    query.left_join(request::Entity, is_response.and(request::Column::RequestHash.eq(hash)));
    select_as::<request::Column>(&mut query, RESPONSE);
    let mut is_sought = Condition::any();
    while let Some(kind) = marks.next() {
        let is_it = profile::Column::SubjectType.eq(kind);
        is_sought = is_sought.add(is_it.and(profile::Column::SubjectId.eq(marks.next().unwrap_or_default())));
    }
    if is_sought.is_empty() {
        return query;
    }
    let is_profile = is_of_tenant(Expr::col(profile::Column::TenantId.as_column_ref()));
    query.left_join(profile::Entity, Condition::all().add(is_profile).add(is_sought));
    let is_same = |column: Expr, other: profile::Column| column.equals(other.as_column_ref());
    let is_member = is_same(Expr::col(member::Column::TenantId.as_column_ref()), profile::Column::TenantId)
        .and(is_same(Expr::col(member::Column::MemberId.as_column_ref()), profile::Column::MemberId));
    query.left_join(member::Entity, is_member);
    let is_binding = is_same(Expr::col(binding::Column::TenantId.as_column_ref()), profile::Column::TenantId)
        .and(is_same(Expr::col(binding::Column::Holder.as_column_ref()), profile::Column::MemberId));
    query.left_join(binding::Entity, is_binding);
    select_as::<profile::Column>(&mut query, PROFILE);
    select_as::<member::Column>(&mut query, MEMBER);
    select_as::<binding::Column>(&mut query, BINDING);
    query
}

/// Has a query say all columns of a table, by names that begin so.
pub(super) fn select_as<C: ColumnTrait + Iterable>(query: &mut SelectStatement, prefix: &str) {
    for column in C::iter() {
        query.expr_as(Expr::col(column.as_column_ref()), format!("{prefix}{}", column.to_string()));
    }
}

fn see(look: Look, found: &[QueryResult]) -> StoreResult<Option<Seen>> {
    let Some(first) = found.first() else { return Ok(None) };
    let response = look.response.map(|hash| {
        let row: Option<request::Model> = joined(first, RESPONSE, "request_hash")?;
        StoreResult::Ok((hash, row.map(read::into_response)))
    });
    let mut members: Vec<(Subject, Option<MemberRecord>)> =
        look.members.into_iter().map(|subject| (subject, None)).collect();
    if !members.is_empty() {
        note_members(found, &mut members)?;
    }
    Ok(Some(Seen { newest: Newest::of(first)?, response: response.transpose()?, members }))
}

/// What was joined of a table; none where there was nothing, which shows in a part of the key. What can't be read is an error,
/// and not nothing.
fn joined<M: FromQueryResult>(row: &QueryResult, prefix: &str, key: &str) -> StoreResult<Option<M>> {
    let is_there = row.try_get::<Option<String>>(prefix, key)?.is_some();
    Ok(if is_there { Some(M::from_query_result(row, prefix)?) } else { None })
}

/// Takes the members in rows, each with their bindings.
fn note_members(found: &[QueryResult], members: &mut [(Subject, Option<MemberRecord>)]) -> StoreResult<()> {
    let mut known: Vec<(profile::Model, member::Model, Vec<StoredGrant>)> = Vec::new();
    for row in found {
        let Some(member): Option<member::Model> = joined(row, MEMBER, "member_id")? else { continue };
        let grant = joined(row, BINDING, "holder")?.map(rows::into_stored_grant);
        if let Some((.., grants)) = known.iter_mut().find(|(profile, ..)| profile.member_id == member.member_id) {
            grants.extend(grant);
        } else {
            let profile = profile::Model::from_query_result(row, PROFILE)?;
            known.push((profile, member, grant.into_iter().collect()));
        }
    }
    for (profile, member, grants) in known {
        let is_it = |(subject, _): &&mut (Subject, _)| {
            (&subject.kind, &subject.id) == (&profile.subject_type, &profile.subject_id)
        };
        let places: Vec<_> = members.iter_mut().filter(is_it).collect();
        let record = rows::into_member(member, Some(profile), grants)?;
        for (_, found) in places {
            *found = Some(record.clone());
        }
    }
    Ok(())
}

impl Seen {
    /// The member, if it was looked for this one.
    pub(super) fn member(&self, by: MemberBy<'_>) -> Option<&Option<MemberRecord>> {
        let MemberBy::Subject(sought) = by else { return None };
        let is_it = |(subject, record): &&(Subject, Option<MemberRecord>)| {
            subject.as_ref() == sought || record.as_ref().is_some_and(|record| record.member.subject.as_ref() == sought)
        };
        self.members.iter().find(is_it).map(|(_, record)| record)
    }

    /// The response, if it was looked for this one.
    pub(super) fn response(&self, hash: &str) -> Option<&Option<StoredResponse>> {
        self.response.as_ref().filter(|(known, _)| known == hash).map(|(_, response)| response)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Options, SqlStore};

    #[tokio::test]
    async fn what_can_not_be_read_is_not_taken_for_nothing() {
        let directory = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", directory.path().join("rollcall.db").display());
        let store = SqlStore::open(&Options::new(&url)).await.unwrap();
        store.migrate().await.unwrap();
        let db = sea_orm::Database::connect(&url).await.unwrap();
        for row in [
            "INSERT INTO tenant VALUES ('acme', '', 'lumicon', 1, 'workspace', 0, x'0000000000000000', 0)",
            "INSERT INTO profile VALUES ('acme', 'a', 'user', 'ada', NULL, '', '', '', '', NULL, NULL, 0)",
            "INSERT INTO member VALUES ('acme', 'a', 2, 0, 1, x'0000000000000000', 0)",
        ] {
            db.execute_unprepared(row).await.unwrap();
        }
        let sought = [Subject::user("ada"), Subject::user("bo")];
        let look = || Look::new("acme", &Glance { members: &sought, response: Some("none") });
        let seen = alone(&db, look()).await.unwrap().unwrap();
        assert!(seen.response("none").is_some_and(Option::is_none));
        let found = |subject: &Subject| seen.member(MemberBy::Subject(subject.as_ref())).cloned().flatten();
        assert!(found(&sought[0]).is_some() && found(&sought[1]).is_none());
        db.execute_unprepared("UPDATE member SET created_at = 'never'").await.unwrap();
        assert!(alone(&db, look()).await.is_err(), "the member is there, and can't be read");
    }
}
