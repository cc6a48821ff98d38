//! Ids for the people and the addresses that a write names: those that they have, and new ones for who is new.

use std::collections::BTreeSet;

use rollcall_engine::{Change, Subject, is_random_id, kind, random_id};
use sea_orm::{ActiveValue::Set, QueryResult};

use crate::{
    service::ports::{Batch, StoreResult},
    store::{
        error::defect,
        schema::people::Ids,
        sql::{
            entity::{address, profile},
            pending::Pending,
            script::Script,
            sought::{self, ADDRESS_IDS, PERSON_IDS},
        },
    },
};

/// Everybody and every address that a write names.
pub(super) struct Named<'a> {
    subjects: BTreeSet<Subject>,
    emails: BTreeSet<&'a str>,
}

/// Whose ids are looked up, each with the number of the write that names them.
#[derive(Default)]
pub(super) struct Lookup<'n> {
    people: Vec<(usize, &'n Subject)>,
    addresses: Vec<(usize, &'n str)>,
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
            Change::RoleGranted { granted_by, .. } => {
                subjects.extend(granted_by.iter().map(|granted_by| granted_by.subject.clone()));
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

impl<'n> Lookup<'n> {
    /// Looks up whom writes name.
    pub(super) fn of(writes: &[Pending<'n>], named: &'n [Named<'_>], script: &mut Script<'_>) -> Self {
        let mut lookup = Self::default();
        let (mut people, mut addresses) = (Vec::new(), Vec::new());
        for (number, (write, named)) in writes.iter().zip(named).enumerate() {
            for subject in &named.subjects {
                people.push([write.tenant, &subject.kind, &subject.id]);
                lookup.people.push((number, subject));
            }
            for email in &named.emails {
                addresses.push([write.tenant, *email]);
                lookup.addresses.push((number, email));
            }
        }
        sought::look_up_ids(&people, &addresses, script);
        lookup
    }

    /// Takes the id in a row that was looked up, for one of the writes.
    pub(super) fn note(&self, row: &QueryResult, ids: &mut [Ids]) -> StoreResult<()> {
        let (table, number, id): (i32, i32, String) = row.try_get_many_by_index()?;
        let number = usize::try_from(number).unwrap_or(usize::MAX);
        let person = self.people.get(number).filter(|_| table == PERSON_IDS);
        let address = self.addresses.get(number).filter(|_| table == ADDRESS_IDS);
        if let Some((write, subject)) = person
            && let Some(ids) = ids.get_mut(*write)
        {
            ids.members.insert((*subject).clone(), id);
        } else if let Some((write, email)) = address
            && let Some(ids) = ids.get_mut(*write)
        {
            ids.addresses.insert((*email).to_owned(), id);
        } else {
            return Err(defect("an id is of nobody"));
        }
        Ok(())
    }
}

impl Newcomers {
    /// Inserts them.
    pub(super) fn insert(self, script: &mut Script<'_>) {
        script.insert(self.people);
        script.insert(self.addresses);
    }
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
