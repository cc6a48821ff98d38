//! Looks at several tenants at once: of each the newest commit, and what a plan is likely to need.

use sea_orm::{ConnectionTrait, FromQueryResult as _, QueryResult};

use crate::{
    service::ports::{StoreResult, StoredGrant, StoredResponse},
    store::{
        error::defect,
        sql::{
            entity::{binding, member, profile, request},
            look::{Look, PROFILE, Seen},
            newest::Newest,
            read, rows,
            script::Script,
            sought::{BINDINGS, MEMBERS, RESPONSES, Sought, TENANTS},
        },
    },
};

/// The most bindings that are found in looks of several tenants.
const MOST_BINDINGS: usize = 1000;

/// What looks came to.
pub(in crate::store) enum Looked {
    /// What each saw, or that it can't be read; none where there is no such tenant.
    Seen(Vec<StoreResult<Option<Seen>>>),
    /// There is too much to be seen together: each had better look by itself.
    TooMuch,
}

/// What was found of what is sought, by its number.
#[derive(Default)]
struct Found {
    tenants: Vec<Option<Newest>>,
    responses: Vec<Option<StoredResponse>>,
    people: Vec<Option<(member::Model, profile::Model)>>,
    grants: Vec<Vec<StoredGrant>>,
    bindings: usize,
}

/// Looks at several tenants in a transaction, which the statement ends.
pub(in crate::store) async fn together(db: &impl ConnectionTrait, looks: Vec<Look>, end: &str) -> StoreResult<Looked> {
    let found = find(db, &looks, end).await?;
    if found.bindings > MOST_BINDINGS { Ok(Looked::TooMuch) } else { Ok(Looked::Seen(see(looks, found))) }
}

/// Finds what is looked for, up to one binding more than the most.
async fn find(db: &impl ConnectionTrait, looks: &[Look], end: &str) -> StoreResult<Found> {
    let mut sought = Sought::default();
    for Look { tenant, members, response } in looks {
        sought.tenants.push([tenant]);
        sought.responses.extend(response.iter().map(|hash| [&**tenant, hash]));
        sought.people.extend(members.iter().map(|subject| [&**tenant, &subject.kind, &subject.id]));
    }
    let mut script = Script::of_tables(db);
    sought.look_up(MOST_BINDINGS, &mut script);
    let mut found = Found::default();
    found.tenants.resize_with(sought.tenants.len(), || None);
    found.responses.resize_with(sought.responses.len(), || None);
    found.people.resize_with(sought.people.len(), || None);
    found.grants.resize_with(sought.people.len(), Vec::new);
    for row in script.find_and_end(db, end).await? {
        found.note(&row)?;
    }
    Ok(found)
}

/// What each of the looks saw, or that a row of it can't be read.
fn see(looks: Vec<Look>, found: Found) -> Vec<StoreResult<Option<Seen>>> {
    let Found { tenants, responses, people, grants, .. } = found;
    // In the order in which they were sought.
    let (mut responses, mut people) = (responses.into_iter(), people.into_iter().zip(grants));
    let mut all = Vec::with_capacity(looks.len());
    for (look, newest) in looks.into_iter().zip(tenants) {
        let response = look.response.map(|hash| (hash, responses.next().flatten()));
        let rows: Vec<_> = look.members.into_iter().zip(people.by_ref()).collect();
        let records = rows.into_iter().map(|(subject, (person, grants))| {
            let record = person.map(|(member, profile)| rows::into_member(member, Some(profile), grants));
            Ok((subject, record.transpose()?))
        });
        let members: StoreResult<Vec<_>> = records.collect();
        all.push(members.map(|members| newest.map(|newest| Seen { newest, response, members })));
    }
    all
}

impl Found {
    fn note(&mut self, row: &QueryResult) -> StoreResult<()> {
        let (table, number): (i32, i32) = row.try_get_many_by_index()?;
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
                at(&mut self.grants, number)?
                    .push(rows::into_stored_grant(binding::Model::from_query_result(row, "")?));
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
