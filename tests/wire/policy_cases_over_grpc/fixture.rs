//! Turns the facts of a case into those of a tenant that the service could have.
//!
//! A case names invited people by the subject that they will be; the service has them under their email, with an open
//! invitation. So each of them has a twin of type `email` with the same roles, which is the target of writes about
//! them. The person is a member too, invited, because an email never acts: they are the actor where a case has an
//! invited one.
//!
//! A case says who may send an invitation again at one resource, while the service allows it to whoever may at any of
//! the resources that somebody is invited to. So there is a further twin for each of these, invited to that resource
//! alone.

use std::collections::{BTreeMap, BTreeSet};

use rollcall_engine::{
    Change, Invitation, InvitationStatus, Member, MemberStatus, Profile, Resource, ResourceKey, Subject, Timestamp,
    kind,
};
use sha2::{Digest as _, Sha256};

/// No invitation of a case expires.
const NEVER: Timestamp = Timestamp(4_102_444_800_000_000);

/// A tenant with the facts of a case.
pub struct CaseTenant {
    /// Its id.
    pub name: String,
    /// Its facts, with the tenant's own name in place of the case's.
    pub facts: Vec<Change>,
    /// When the case is asked; `None` is before every end.
    pub now: Option<Timestamp>,
    /// The root resource, as the case names it.
    root: ResourceKey,
    /// The members of the case.
    members: BTreeMap<Subject, MemberStatus>,
}

impl CaseTenant {
    pub fn new(name: String, facts: &[Change], now: Option<Timestamp>) -> Self {
        let root = facts.iter().find_map(|change| match change {
            Change::ResourceCreated { resource } if resource.parent.is_none() => Some(resource.key.clone()),
            _ => None,
        });
        let members = facts.iter().filter_map(|change| match change {
            Change::MemberAdded { member } => Some((member.subject.clone(), member.status)),
            _ => None,
        });
        let root = root.expect("a tenant has a root resource");
        let mut tenant = Self { name, facts: Vec::new(), now, root, members: members.collect() };
        tenant.facts = tenant.tenant_facts(facts);
        tenant
    }

    /// A resource of the case, as this tenant names it.
    pub fn resource(&self, key: &ResourceKey) -> ResourceKey {
        if *key == self.root { ResourceKey::new(&key.kind, &self.name) } else { key.clone() }
    }

    /// Whether a role with this end has ended when the case is asked.
    pub fn has_ended(&self, end: Option<Timestamp>) -> bool {
        end.zip(self.now).is_some_and(|(end, now)| end <= now)
    }

    pub fn root(&self) -> ResourceKey {
        self.resource(&self.root)
    }

    pub fn is_member(&self, subject: &Subject) -> bool {
        self.members.contains_key(subject)
    }

    /// The member that a write about somebody of the case names: the twin of an invited person, anybody else
    /// themselves.
    pub fn target(&self, subject: &Subject) -> Subject {
        if self.is_invited(subject) { Subject::email(email(subject)) } else { subject.clone() }
    }

    /// The twin whose open invitation a write about somebody at a resource names: the one who is invited to that
    /// resource alone or, where the case has them invited elsewhere only, the one who is invited there. `None` for
    /// somebody who is not invited.
    pub fn invited(&self, subject: &Subject, at: &ResourceKey) -> Option<Subject> {
        let email_there = Subject::email(email_at(subject, at));
        let added = |change: &Change| matches!(change, Change::MemberAdded { member } if member.subject == email_there);
        if self.facts.iter().any(added) {
            return Some(email_there);
        }
        self.is_invited(subject).then(|| self.target(subject))
    }

    /// The facts as the service would store them: invited people go by ids that it makes up.
    pub fn stored_facts(&self) -> Vec<Change> {
        let stored_change = |change: &Change| match change.clone() {
            Change::MemberAdded { member } => {
                Change::MemberAdded { member: Member { subject: stored(&member.subject), ..member } }
            }
            Change::RoleGranted { subject, resource, role, expires_at, granted_by, offer_ends_at } => {
                let subject = stored(&subject);
                Change::RoleGranted { subject, resource, role, expires_at, granted_by, offer_ends_at }
            }
            Change::InvitationIssued { before, invitation } => Change::InvitationIssued {
                before,
                invitation: Invitation { member: stored(&invitation.member), ..invitation },
            },
            other => other,
        };
        self.facts.iter().map(stored_change).collect()
    }

    fn is_invited(&self, subject: &Subject) -> bool {
        self.members.get(subject) == Some(&MemberStatus::Invited)
    }

    /// The facts of the case under the tenant's own name, with the twins of invited people and their invitations.
    fn tenant_facts(&self, facts: &[Change]) -> Vec<Change> {
        let mut own_facts = Vec::new();
        let mut invited = BTreeSet::new();
        for change in facts {
            match change {
                Change::ResourceCreated { resource } => {
                    let parent = resource.parent.as_ref().map(|parent| self.resource(parent));
                    let key = self.resource(&resource.key);
                    own_facts.push(Change::ResourceCreated { resource: Resource { key, parent, ..resource.clone() } });
                }
                Change::MemberAdded { member } => {
                    own_facts.push(change.clone());
                    if member.status == MemberStatus::Invited {
                        own_facts.push(twin(member, email(&member.subject)));
                        invited.insert(email(&member.subject));
                    }
                }
                Change::RoleGranted { subject, resource, role, expires_at, .. } => {
                    let mut subjects = vec![subject.clone()];
                    if self.is_invited(subject) {
                        let email_there = email_at(subject, resource);
                        if invited.insert(email_there.clone()) {
                            own_facts.push(twin(member(facts, subject), email_there.clone()));
                        }
                        subjects.extend([self.target(subject), Subject::email(email_there)]);
                    }
                    own_facts.extend(subjects.into_iter().map(|subject| Change::RoleGranted {
                        subject,
                        resource: self.resource(resource),
                        role: role.clone(),
                        expires_at: *expires_at,
                        granted_by: None,
                        offer_ends_at: None,
                    }));
                }
                other => panic!("cases have no such facts: {other:?}"),
            }
        }
        let issued = |email| Change::InvitationIssued { before: None, invitation: pending(email) };
        own_facts.extend(invited.into_iter().map(issued));
        own_facts
    }
}

fn member<'f>(facts: &'f [Change], subject: &Subject) -> &'f Member {
    let found = facts.iter().find_map(|change| match change {
        Change::MemberAdded { member } if member.subject == *subject => Some(member),
        _ => None,
    });
    found.expect("whoever holds a role is a member")
}

/// The subject that the service makes up for somebody invited, who goes by their email here.
fn stored(subject: &Subject) -> Subject {
    if subject.kind != kind::EMAIL {
        return subject.clone();
    }
    let letters = Sha256::digest(&subject.id);
    let id = letters.iter().take(26).map(|byte| char::from(b'a' + byte % 26)).collect::<String>();
    Subject::new(kind::INVITED, id)
}

/// The email of somebody who is new or invited.
pub fn email(subject: &Subject) -> String {
    format!("{}@elsewhere.test", local_part(subject))
}

/// The name of a user before the `@`, or of anybody else with their type. An id may have signs that no email has.
fn local_part(subject: &Subject) -> String {
    let name = if subject.kind == kind::USER { subject.id.clone() } else { subject.to_string() };
    name.replace(|sign: char| !sign.is_ascii_alphanumeric(), "-")
}

/// The secret of the invitation that an email has in the facts.
pub fn token(email: &str) -> String {
    format!("secret of {email}")
}

fn email_at(subject: &Subject, at: &ResourceKey) -> String {
    let resource = at.to_string().replace(|sign: char| !sign.is_ascii_alphanumeric(), "-");
    format!("{}+{resource}@elsewhere.test", local_part(subject))
}

fn twin(member: &Member, email: String) -> Change {
    let profile = Profile { email: Some(email.clone()), ..member.profile.clone() };
    Change::MemberAdded { member: Member { subject: Subject::email(email), profile, ..member.clone() } }
}

fn pending(email: String) -> Invitation {
    let hash = Sha256::digest(token(&email)).iter().fold(String::new(), |hash, byte| format!("{hash}{byte:02x}"));
    Invitation {
        id: email.clone(),
        member: Subject::email(&email),
        email,
        token_hash: hash,
        inviter: Subject::user("nobody"),
        status: InvitationStatus::Pending,
        expires_at: NEVER,
        remind_at: None,
        issued_at: Timestamp::default(),
        created_at: Timestamp::default(),
        acceptance: None,
    }
}
