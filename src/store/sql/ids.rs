//! Ids for the people and the addresses that a write names: those that they have, and new ones for who is new.

use std::collections::{BTreeMap, BTreeSet};

use rollcall_engine::{Change, Subject, is_random_id, kind, random_id};
use sea_orm::{
    ActiveValue::Set, ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryResult, QuerySelect as _,
    sea_query::Expr,
};

use crate::{
    service::ports::{Batch, StoreResult},
    store::{
        error::defect,
        schema::people::Ids,
        sql::{
            entity::{address, profile},
            script::Script,
            statements::IDS_PER_STATEMENT,
        },
    },
};

/// What a row says that shows a tenant's head, after the number of its write.
pub(super) const HEAD: i32 = 0;
/// What a row with a member's id says: then come their subject's type and id.
const MEMBER: i32 = 1;
/// What a row with an address's id says: then comes the email.
const ADDRESS: i32 = 2;

/// Everybody and every address that a write names.
pub(super) struct Named<'a> {
    subjects: BTreeSet<Subject>,
    emails: BTreeSet<&'a str>,
}

/// The rows of whoever had none.
#[derive(Default)]
pub(super) struct Newcomers {
    people: Vec<profile::ActiveModel>,
    addresses: Vec<address::ActiveModel>,
}

impl<'a> Named<'a> {
    /// Those that the changes of a write name, and its actor.
    pub(super) fn by(batch: &Batch<'a>) -> Self {
        let mut named = Self { subjects: BTreeSet::from([batch.actor.to_subject()]), emails: BTreeSet::new() };
        batch.changes.iter().for_each(|allowed| named.note(&allowed.change));
        named
    }

    /// Looks the ids up, for the write of a number; [`note`] takes the rows.
    pub(super) fn look_up(&self, number: i32, tenant: &str, script: &mut Script<'_>) {
        let mut by_type: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for subject in &self.subjects {
            by_type.entry(&subject.kind).or_default().push(&subject.id);
        }
        for (kind, ids) in by_type {
            for ids in ids.chunks(IDS_PER_STATEMENT) {
                use profile::Column;
                let query = profile::Entity::find().select_only().exprs([number, MEMBER].map(Expr::value));
                let query = query.columns([Column::SubjectType, Column::SubjectId, Column::MemberId]);
                let query = query.filter(Column::TenantId.eq(tenant)).filter(Column::SubjectType.eq(kind));
                script.push(&query.filter(Column::SubjectId.is_in(ids.iter().copied())));
            }
        }
        let emails: Vec<&str> = self.emails.iter().copied().collect();
        for emails in emails.chunks(IDS_PER_STATEMENT) {
            use address::Column;
            let query = address::Entity::find().select_only().exprs([number, ADDRESS].map(Expr::value));
            let query = query.columns([Column::Email, Column::AddressId]).filter(Column::TenantId.eq(tenant));
            script.push(&query.filter(Column::Email.is_in(emails.iter().copied())));
        }
    }

    /// Gives an id, and a row, to everybody who has none among those that were found.
    pub(super) fn complete(self, tenant: &str, mut ids: Ids, newcomers: &mut Newcomers) -> StoreResult<Ids> {
        for subject in self.subjects {
            if ids.members.contains_key(&subject) {
                continue;
            }
            // Of those whom the log knows by an id already, that one.
            let is_own = [kind::INVITED, kind::ERASED].contains(&&*subject.kind) && is_random_id(&subject.id);
            let member = if is_own { subject.id.clone() } else { new_id()? };
            newcomers.people.push(new_profile(tenant, &member, &subject));
            ids.members.insert(subject, member);
        }
        for email in self.emails {
            if !ids.addresses.contains_key(email) {
                let id = new_id()?;
                newcomers.addresses.push(new_address(tenant, &id, email));
                ids.addresses.insert(email.to_owned(), id);
            }
        }
        Ok(ids)
    }
    fn note(&mut self, change: &'a Change) {
        let Self { subjects, emails } = self;
        subjects.extend(change.subject().cloned());
        match change {
            Change::ResourceCreated { resource } | Change::ResourceDeleted { resource } => {
                subjects.extend(resource.owner.clone());
            }
            Change::OwnerChanged { from, to, .. } => subjects.extend(from.iter().chain(to).cloned()),
            Change::MemberAdded { member } | Change::MemberUpdated { member, .. } => {
                emails.extend(member.profile.email.as_deref());
            }
            Change::InvitationIssued { before, invitation } => {
                for invitation in before.iter().chain([invitation]) {
                    subjects.extend([invitation.member.clone(), invitation.inviter.clone()]);
                    subjects.extend(invitation.acceptance.iter().map(|acceptance| acceptance.subject.clone()));
                    emails.insert(&invitation.email);
                }
            }
            Change::InvitationAccepted { email, .. }
            | Change::InvitationRevoked { email, .. }
            | Change::InvitationDeclined { email, .. }
            | Change::InvitationExpired { email, .. }
            | Change::InvitationReminderDue { email, .. }
            | Change::AddressCleared { email } => emails.extend([&**email]),
            Change::AddressSuppressed { address } => emails.extend([&*address.email]),
            _ => {}
        }
    }
}

impl Newcomers {
    /// Inserts them.
    pub(super) fn insert(self, script: &mut Script<'_>) {
        script.insert(self.people);
        script.insert(self.addresses);
    }
}

/// Takes the id in a row that was looked up.
pub(super) fn note(row: &QueryResult, ids: &mut Ids) -> StoreResult<()> {
    if row.try_get_by_index::<i32>(1)? == MEMBER {
        let (_, _, kind, id, member): (i32, i32, String, String, String) = row.try_get_many_by_index()?;
        ids.members.insert(Subject::new(kind, id), member);
    } else {
        let (_, _, email, address): (i32, i32, String, String) = row.try_get_many_by_index()?;
        ids.addresses.insert(email, address);
    }
    Ok(())
}

/// An id that nobody has yet.
fn new_id() -> StoreResult<String> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|error| defect(error.to_string()))?;
    Ok(random_id(bytes))
}

fn new_profile(tenant: &str, member: &str, subject: &Subject) -> profile::ActiveModel {
    profile::ActiveModel {
        tenant_id: Set(tenant.to_owned()),
        member_id: Set(member.to_owned()),
        subject_type: Set(subject.kind.clone()),
        subject_id: Set(subject.id.clone()),
        external_id: Set(None),
        display_name: Set(String::new()),
        name_key: Set(String::new()),
        email_key: Set(String::new()),
        search_key: Set(String::new()),
        username: Set(None),
        phone: Set(None),
        revision: Set(0),
    }
}

fn new_address(tenant: &str, id: &str, email: &str) -> address::ActiveModel {
    address::ActiveModel {
        tenant_id: Set(tenant.to_owned()),
        address_id: Set(id.to_owned()),
        email: Set(email.to_owned()),
        search_key: Set(email.to_lowercase()),
        member_id: Set(None),
        verified: Set(false),
        suppressed_at: Set(None),
        suppressed_for: Set(None),
    }
}
