//! Looks at tenants, each of which is over at once: a tenant's newest commit, and what a plan is likely to need.

use rollcall_engine::{Grant, Subject, kind};
use sea_orm::{ConnectionTrait, FromQueryResult as _, QueryResult};

use crate::{
    service::ports::{Glance, MemberBy, MemberRecord, StoreResult, StoredResponse},
    store::{
        error::defect,
        sql::{
            entity::{binding, member, profile, request},
            member as members,
            newest::Newest,
            read, rows,
            script::{Script, TABLE},
            sought::{BINDINGS, MEMBERS, NUMBER, PROFILE, RESPONSES, Sought, TABLES, TENANTS},
        },
    },
};

/// The most members that are looked for in one tenant.
const MOST_MEMBERS: usize = 8;
/// The most bindings that are found in looks of several tenants.
const MOST_BINDINGS: usize = 1000;

/// What is looked for.
pub(in crate::store) struct Look {
    tenant: String,
    members: Vec<Subject>,
    response: Option<String>,
}

/// What looks came to.
pub(in crate::store) enum Looked {
    /// What each saw; none where there is no such tenant.
    Seen(Vec<Option<Seen>>),
    /// There is too much to be seen together: each had better look by itself.
    TooMuch,
}

/// What was seen of a tenant, all of it as of one instant.
pub(in crate::store) struct Seen {
    pub(super) newest: Newest,
    /// The response under the hash that was looked for; none: for no hash.
    response: Option<(String, Option<StoredResponse>)>,
    members: Vec<(Subject, Option<MemberRecord>)>,
}

/// What was found of what is sought, by its number.
#[derive(Default)]
struct Found {
    tenants: Vec<Option<Newest>>,
    responses: Vec<Option<StoredResponse>>,
    people: Vec<Option<(member::Model, profile::Model)>>,
    grants: Vec<Vec<Grant>>,
    bindings: usize,
    /// Those who are not found by their subject alone.
    others: Vec<members::Found>,
}

impl Look {
    pub(in crate::store) fn new(tenant: &str, at: &Glance<'_>) -> Self {
        let members = at.members.get(..MOST_MEMBERS).unwrap_or(at.members).to_vec();
        Self { tenant: tenant.to_owned(), members, response: at.response.map(str::to_owned) }
    }
}

/// Looks at a tenant in a transaction, which is ended; none where there is no such tenant.
pub(in crate::store) async fn alone(db: &impl ConnectionTrait, look: Look) -> StoreResult<Option<Seen>> {
    let found = find(db, std::slice::from_ref(&look), None).await?;
    Ok(see(vec![look], found)?.pop().flatten())
}

/// Looks at several tenants in a transaction, which is ended.
pub(in crate::store) async fn together(db: &impl ConnectionTrait, looks: Vec<Look>) -> StoreResult<Looked> {
    let found = find(db, &looks, Some(MOST_BINDINGS)).await?;
    if found.bindings > MOST_BINDINGS { Ok(Looked::TooMuch) } else { Ok(Looked::Seen(see(looks, found)?)) }
}

/// Finds what is looked for, up to one binding more than the most.
async fn find(db: &impl ConnectionTrait, looks: &[Look], most_bindings: Option<usize>) -> StoreResult<Found> {
    let (mut sought, mut others) = (Sought::default(), Vec::new());
    for look in looks {
        let response = look.response.as_deref();
        sought.tenants.push([&look.tenant]);
        sought.responses.extend(response.map(|hash| [&*look.tenant, hash]));
        for subject in &look.members {
            if is_found_by_subject(subject) {
                sought.people.push([&look.tenant, &subject.kind, &subject.id]);
            } else {
                others.push((&look.tenant, subject.as_ref()));
            }
        }
    }
    let mut script = Script::new(db);
    sought.look_up(most_bindings, &mut script);
    for (number, (tenant, subject)) in (0..).zip(&others) {
        members::look_up(tenant, MemberBy::Subject(*subject), TABLES + number * members::TABLES, &mut script);
    }
    let mut found = Found::default();
    found.tenants.resize_with(sought.tenants.len(), || None);
    found.responses.resize_with(sought.responses.len(), || None);
    found.people.resize_with(sought.people.len(), || None);
    found.grants.resize_with(sought.people.len(), Vec::new);
    found.others.resize_with(others.len(), members::Found::default);
    for row in script.find_and_end(db).await? {
        found.note(&row)?;
    }
    Ok(found)
}

/// What each of the looks saw.
fn see(looks: Vec<Look>, found: Found) -> StoreResult<Vec<Option<Seen>>> {
    let Found { tenants, responses, people, grants, others, .. } = found;
    let (mut responses, mut others) = (responses.into_iter(), others.into_iter());
    let mut people = people.into_iter().zip(grants);
    // In the order in which they were sought.
    let mut record = |subject: &Subject| {
        if !is_found_by_subject(subject) {
            return others.next().map_or(Ok(None), members::Found::into_record);
        }
        let (person, grants) = people.next().unwrap_or_default();
        person.map(|(member, profile)| rows::into_member(member, Some(profile), grants)).transpose()
    };
    let mut all = Vec::with_capacity(looks.len());
    for (look, newest) in looks.into_iter().zip(tenants) {
        let response = look.response.map(|hash| (hash, responses.next().flatten()));
        let mut members = Vec::with_capacity(look.members.len());
        for subject in look.members {
            let record = record(&subject)?;
            members.push((subject, record));
        }
        all.push(newest.map(|newest| Seen { newest, response, members }));
    }
    Ok(all)
}

/// Whether a member's profile has the subject as it is asked for.
fn is_found_by_subject(subject: &Subject) -> bool {
    ![kind::EMAIL, kind::ERASED].contains(&&*subject.kind)
}

impl Found {
    fn note(&mut self, row: &QueryResult) -> StoreResult<()> {
        let table: i32 = row.try_get("", TABLE)?;
        if table >= TABLES {
            let other = at(&mut self.others, (table - TABLES) / members::TABLES)?;
            return other.note((table - TABLES) % members::TABLES, row);
        }
        let number: i32 = row.try_get("", NUMBER)?;
        match table {
            TENANTS => *at(&mut self.tenants, number)? = Some(Newest::of(row)?),
            RESPONSES => {
                let response = read::into_response(request::Model::from_query_result(row, "")?);
                *at(&mut self.responses, number)? = Some(response);
            }
            MEMBERS => {
                let profile = profile::Model::from_query_result(row, PROFILE)?;
                *at(&mut self.people, number)? = Some((member::Model::from_query_result(row, "")?, profile));
            }
            BINDINGS => {
                self.bindings += 1;
                at(&mut self.grants, number)?.push(rows::into_grant(binding::Model::from_query_result(row, "")?));
            }
            _ => return Err(defect("a row is of no table")),
        }
        Ok(())
    }
}

/// What has a number.
fn at<T>(all: &mut [T], number: i32) -> StoreResult<&mut T> {
    let found = usize::try_from(number).ok().and_then(|number| all.get_mut(number));
    found.ok_or_else(|| defect("a row is of nothing that was looked for"))
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
