//! Tenants with the facts of a case.
//!
//! A case has invited people under the subject that they will be; the service has them under their email, with an open
//! invitation. So each of them has a twin of type `email` who holds the same, and whom writes to them are done to. The
//! person is there too, invited, because an email never acts: what a case says of invited actors is asked of them.
//!
//! A case says who may send an invitation again at one place, while the service lets whoever may at any of the places
//! that somebody is invited to. So there is a further twin for each of these, invited to that place alone.

use std::collections::{BTreeMap, BTreeSet};

use rollcall_engine::{
    Change, Invitation, InvitationStatus, Member, MemberStatus, Profile, Resource, ResourceKey, Subject, Timestamp,
};
use sha2::{Digest as _, Sha256};

/// No invitation of a case expires.
const NEVER: Timestamp = Timestamp(4_102_444_800_000_000);

/// A tenant with the facts of a case.
pub struct Ground {
    pub tenant: String,
    /// Its facts, with the tenant's own name in place of the case's.
    pub facts: Vec<Change>,
    /// The root resource, as the case names it.
    root: ResourceKey,
    /// The members of the case.
    members: BTreeMap<Subject, MemberStatus>,
}

impl Ground {
    pub fn new(tenant: String, facts: &[Change]) -> Self {
        let root = facts.iter().find_map(|change| match change {
            Change::ResourceCreated { resource } if resource.parent.is_none() => Some(resource.key.clone()),
            _ => None,
        });
        let members = facts.iter().filter_map(|change| match change {
            Change::MemberAdded { member } => Some((member.subject.clone(), member.status)),
            _ => None,
        });
        let root = root.expect("a tenant has a root resource");
        let mut ground = Self { tenant, facts: Vec::new(), root, members: members.collect() };
        ground.facts = ground.own(facts);
        ground
    }

    /// A resource of the case, as this tenant names it.
    pub fn place(&self, key: &ResourceKey) -> ResourceKey {
        if *key == self.root { ResourceKey::new(&key.kind, &self.tenant) } else { key.clone() }
    }

    pub fn root(&self) -> ResourceKey {
        self.place(&self.root)
    }

    /// Whether this is the tenant itself, by the name that the case has for it.
    pub fn is_root(&self, key: &ResourceKey) -> bool {
        *key == self.root
    }

    pub fn is_member(&self, subject: &Subject) -> bool {
        self.members.contains_key(subject)
    }

    /// The member whom a write to somebody of the case is done to.
    pub fn target(&self, subject: &Subject) -> Subject {
        if self.is_invited(subject) { Subject::email(email(subject)) } else { subject.clone() }
    }

    /// Whom an invitation to somebody at a place is open for: the twin who is invited to that place alone; where the
    /// case has them invited elsewhere only, the one who is invited there. None for somebody who is not invited.
    pub fn invited(&self, subject: &Subject, at: &ResourceKey) -> Option<Subject> {
        let there = Subject::email(email_at(subject, at));
        let added = |change: &Change| matches!(change, Change::MemberAdded { member } if member.subject == there);
        if self.facts.iter().any(added) {
            return Some(there);
        }
        self.is_invited(subject).then(|| self.target(subject))
    }

    fn is_invited(&self, subject: &Subject) -> bool {
        self.members.get(subject) == Some(&MemberStatus::Invited)
    }

    fn own(&self, facts: &[Change]) -> Vec<Change> {
        let mut own = Vec::new();
        let mut invited = BTreeSet::new();
        for change in facts {
            match change {
                Change::ResourceCreated { resource } => {
                    let (key, parent) = (self.place(&resource.key), resource.parent.as_ref().map(|it| self.place(it)));
                    own.push(Change::ResourceCreated { resource: Resource { key, parent, ..resource.clone() } });
                }
                Change::MemberAdded { member } => {
                    own.push(change.clone());
                    if member.status == MemberStatus::Invited {
                        own.push(twin(member, email(&member.subject)));
                        invited.insert(email(&member.subject));
                    }
                }
                Change::RoleGranted { subject, resource, role, expires_at } => {
                    let mut holders = vec![subject.clone()];
                    if self.is_invited(subject) {
                        let there = email_at(subject, resource);
                        if invited.insert(there.clone()) {
                            own.push(twin(added(facts, subject), there.clone()));
                        }
                        holders.extend([self.target(subject), Subject::email(there)]);
                    }
                    own.extend(holders.into_iter().map(|subject| Change::RoleGranted {
                        subject,
                        resource: self.place(resource),
                        role: role.clone(),
                        expires_at: *expires_at,
                    }));
                }
                other => panic!("cases have no such facts: {other:?}"),
            }
        }
        own.extend(invited.into_iter().map(|email| Change::InvitationIssued { before: None, invitation: open(email) }));
        own
    }
}

fn added<'f>(facts: &'f [Change], subject: &Subject) -> &'f Member {
    let found = facts.iter().find_map(|change| match change {
        Change::MemberAdded { member } if member.subject == *subject => Some(member),
        _ => None,
    });
    found.expect("whoever holds a role is a member")
}

/// The email of somebody who is new or invited.
pub fn email(subject: &Subject) -> String {
    format!("{}@elsewhere.test", subject.id)
}

/// The secret of the invitation that an email has in the facts.
pub fn token(email: &str) -> String {
    format!("secret of {email}")
}

fn email_at(subject: &Subject, at: &ResourceKey) -> String {
    format!("{}+{}@elsewhere.test", subject.id, at.id)
}

fn twin(member: &Member, email: String) -> Change {
    let profile = Profile { email: Some(email.clone()), ..member.profile.clone() };
    Change::MemberAdded { member: Member { subject: Subject::email(email), profile, ..member.clone() } }
}

fn open(email: String) -> Invitation {
    let hash = Sha256::digest(token(&email)).iter().fold(String::new(), |hash, byte| format!("{hash}{byte:02x}"));
    Invitation {
        id: email.clone(),
        email,
        token_hash: hash,
        inviter: Subject::user("nobody"),
        status: InvitationStatus::Pending,
        expires_at: NEVER,
        remind_at: None,
        issued_at: Timestamp::default(),
        created_at: Timestamp::default(),
    }
}
