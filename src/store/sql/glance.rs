//! A look at a tenant that is over at once: its newest commit, and what a plan is likely to need.

use rollcall_engine::Subject;
use sea_orm::{ConnectionTrait, EntityTrait as _, FromQueryResult as _, QuerySelect as _, sea_query::Expr};

use crate::{
    service::ports::{Glance, MemberBy, MemberRecord, StoreResult, StoredResponse},
    store::sql::{
        entity::request,
        member,
        newest::{self, Newest},
        read,
        script::{Script, TABLE},
    },
};

/// The most members that are read. With them all is run at a time.
const MEMBERS: usize = 8;
const TENANT: i32 = -2;
const RESPONSE: i32 = -1;

/// What was seen of a tenant, all of it as of one instant.
pub(in crate::store) struct Seen {
    pub(super) newest: Newest,
    /// The response under the hash that was looked for; none: for no hash.
    pub(super) response: Option<(String, Option<StoredResponse>)>,
    pub(super) members: Vec<(Subject, Option<MemberRecord>)>,
}

/// Looks at a tenant in a transaction, which is ended; none where there is no such tenant.
pub(in crate::store) async fn glance(
    db: &impl ConnectionTrait,
    tenant: &str,
    at: &Glance<'_>,
) -> StoreResult<Option<Seen>> {
    let mut script = Script::new(db);
    newest::look_up(tenant, TENANT, &mut script);
    if let Some(hash) = at.response {
        let query = request::Entity::find_by_id((tenant.to_owned(), hash.to_owned()));
        script.push(&query.expr_as(Expr::value(RESPONSE), TABLE));
    }
    let subjects = at.members.get(..MEMBERS).unwrap_or(at.members);
    for (number, subject) in (0..).zip(subjects) {
        member::look_up(tenant, MemberBy::Subject(subject.as_ref()), number * member::TABLES, &mut script);
    }
    let (mut newest, mut response, mut members) = (None, None, Vec::new());
    members.resize_with(subjects.len(), member::Found::default);
    for row in script.find_and_end(db).await? {
        match row.try_get("", TABLE)? {
            TENANT => newest = Some(Newest::of(&row)?),
            RESPONSE => response = Some(read::into_response(request::Model::from_query_result(&row, "")?)),
            table => {
                let number = usize::try_from(table / member::TABLES).unwrap_or_default();
                if let Some(member) = members.get_mut(number) {
                    member.note(table % member::TABLES, &row)?;
                }
            }
        }
    }
    let Some(newest) = newest else { return Ok(None) };
    let seen = |(subject, found): (&Subject, member::Found)| Ok((subject.clone(), found.into_record()?));
    let members = subjects.iter().zip(members).map(seen).collect::<StoreResult<_>>()?;
    Ok(Some(Seen { newest, response: at.response.map(|hash| (hash.to_owned(), response)), members }))
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
