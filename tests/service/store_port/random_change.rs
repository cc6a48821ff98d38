//! A random change that makes sense after those before it.

use rollcall_engine::{
    Change, Grant, Invitation, InvitationStatus, MemberStatus, ResourceKey, Subject, SuppressedAddress, Timestamp,
};

use crate::store_port::harness::{invitation, issued, member, resource_created, root, site};
use crate::store_port::model::{Model, grant};

/// Four dice, which [`possible_change`] turns into a change that can be made: its kind, its subject, its resource, and
/// its role.
pub type Roll = (u8, u8, u8, u8);

/// What a roll names, in the tenant that it is rolled for.
struct Draw<'a> {
    model: &'a Model,
    /// The dice of the subject and the resource, which also decide what else is open.
    who: u8,
    at: u8,
    subject: Subject,
    resource: ResourceKey,
    email: String,
    role: &'static str,
    other_role: &'static str,
}

/// A change that makes sense after those that made `model`, if the roll names one.
pub fn possible_change(model: &Model, (kind, who, at, role): Roll) -> Option<Change> {
    let subject = Subject::user(format!("u{}", who % 6));
    let resource = match at % 4 {
        0 => root(),
        n => site(&format!("s{n}")),
    };
    let [role, other_role] = if role % 2 == 0 { ["editor", "viewer"] } else { ["viewer", "editor"] };
    let email = format!("guest{}@x.y", who % 3);
    let draw = Draw { model, who, at, subject, resource, email, role, other_role };
    match kind % 14 {
        0 => draw.creation(),
        1 | 2 => draw.new_member(),
        3 => draw.member_update(),
        4 => draw.member_removal(),
        5 | 6 => draw.grant(),
        7 => draw.role_change().or_else(|| draw.revocation()),
        8 => draw.role_expiry().or_else(|| draw.revocation()),
        9 => draw.invitation_change(),
        10 => draw.policy_version(),
        11 => draw.resource_change(),
        12 => Some(draw.suppression()),
        _ => draw.reminder(),
    }
}

impl Draw<'_> {
    fn is_member(&self) -> bool {
        self.model.members.contains_key(&self.subject)
    }

    fn is_registered(&self) -> bool {
        self.model.resources.contains_key(&self.resource)
    }

    fn has(&self, role: &str) -> bool {
        self.model.facts.holds(&self.subject, &grant(&self.resource, role))
    }

    /// Whether the subject has the role at the resource, and it has an end.
    fn has_until(&self, role: &str) -> bool {
        let grants = self.model.grants_of(&self.subject);
        grants.iter().any(|grant| grant.resource == self.resource && grant.role == role && grant.expires_at.is_some())
    }

    fn end(&self) -> Option<Timestamp> {
        (self.at.is_multiple_of(3)).then_some(Timestamp(i64::from(self.who)))
    }

    fn invitation(&self, status: InvitationStatus) -> Option<&Invitation> {
        self.model.invitations.values().find(|found| found.email == self.email && found.status == status)
    }

    fn creation(self) -> Option<Change> {
        (!self.is_registered())
            .then(|| resource_created(&self.resource, (self.at.is_multiple_of(2)).then(|| self.subject.clone())))
    }

    fn new_member(self) -> Option<Change> {
        if self.is_member() {
            return None;
        }
        let mut member = member(&self.subject.id, "New");
        member.status = MemberStatus::Invited;
        Some(Change::MemberAdded { member })
    }

    fn member_update(self) -> Option<Change> {
        let (before, _) = self.model.members.get(&self.subject)?.clone();
        let mut member = member(&self.subject.id, &format!("Name {}", self.at));
        member.locked = self.at.is_multiple_of(2);
        member.profile.email = (self.at.is_multiple_of(3)).then(|| format!("{}@x.y", self.subject.id));
        Some(Change::MemberUpdated { before, member })
    }

    fn member_removal(self) -> Option<Change> {
        let (member, _) = self.model.members.get(&self.subject)?.clone();
        self.model.grants_of(&self.subject).is_empty().then_some(Change::MemberRemoved { member })
    }

    fn grant(self) -> Option<Change> {
        let is_possible =
            self.is_member() && self.is_registered() && (!self.has(self.role) || self.has_until(self.role));
        let expires_at = self.end();
        is_possible.then(|| Change::granted(&self.subject, &Grant { expires_at, ..grant(&self.resource, self.role) }))
    }

    fn role_change(&self) -> Option<Change> {
        (self.has(self.role) && !self.has(self.other_role)).then(|| Change::RoleChanged {
            subject: self.subject.clone(),
            resource: self.resource.clone(),
            from: self.role.into(),
            from_expires_at: None,
            to: self.other_role.into(),
            expires_at: self.end(),
        })
    }

    fn role_expiry(&self) -> Option<Change> {
        let (subject, resource) = (self.subject.clone(), self.resource.clone());
        self.has_until(self.role).then(|| Change::RoleExpired { subject, resource, role: self.role.into() })
    }

    fn revocation(&self) -> Option<Change> {
        self.has(self.role).then(|| Change::revoked(&self.subject, &grant(&self.resource, self.role)))
    }

    fn invitation_change(self) -> Option<Change> {
        let (pending, expired) =
            (self.invitation(InvitationStatus::Pending), self.invitation(InvitationStatus::Expired));
        let Some(found) = pending.or(expired) else {
            return Some(issued(&invitation(&format!("i{}", self.model.invitations.len()), &self.email)));
        };
        let (id, email, is_pending) = (found.id.clone(), self.email.clone(), pending.is_some());
        if !is_pending && self.at.is_multiple_of(2) {
            return Some(Change::InvitationRevoked { id, email });
        }
        Some(match self.at % 5 {
            0 => Change::InvitationRevoked { id, email },
            2 => Change::InvitationAccepted { id, email, subject: self.subject.clone(), at: Timestamp(7) },
            4 => Change::InvitationDeclined { id, email },
            1 if is_pending => Change::InvitationExpired { id, email },
            _ => {
                let mut anew = found.clone();
                anew.token_hash = format!("{} again", anew.token_hash);
                anew.status = InvitationStatus::Pending;
                issued(&anew)
            }
        })
    }

    fn policy_version(self) -> Option<Change> {
        let (tenant, _) = self.model.facts.tenant.as_ref()?;
        let to = u32::from(self.at % 4 + 1);
        let policy = tenant.policy.clone();
        (to != tenant.policy_version).then_some(Change::PolicySet { policy, from: tenant.policy_version, to })
    }

    /// A change of a resource that is not the root.
    fn resource_change(self) -> Option<Change> {
        let (found, _) = self.model.resources.get(&self.resource).filter(|_| self.resource != root())?;
        let resource = self.resource.clone();
        match self.who % 5 {
            0 if !found.archived => Some(Change::ResourceArchived { resource }),
            0 => Some(Change::ResourceRestored { resource }),
            1 => {
                let to = (self.role == "editor").then(|| self.subject.clone());
                Some(Change::OwnerChanged { resource, from: found.owner.clone(), to })
            }
            2 => {
                let from = found.parent.clone()?;
                let to = site(if self.at % 4 == 1 { "s2" } else { "s1" });
                let is_possible = to != from && self.model.resources.contains_key(&to) && to != resource;
                is_possible.then_some(Change::ResourceMoved { resource, from, to })
            }
            _ => {
                let is_free = !self.model.facts.bindings.iter().any(|(_, grant)| grant.resource == resource);
                is_free.then(|| Change::ResourceDeleted { resource: found.clone() })
            }
        }
    }

    fn suppression(self) -> Change {
        if self.model.suppressed.contains_key(&self.email) {
            return Change::AddressCleared { email: self.email };
        }
        let detail = format!("bounce {}", self.at);
        Change::AddressSuppressed { address: SuppressedAddress { email: self.email, detail, created_at: Timestamp(6) } }
    }

    fn reminder(self) -> Option<Change> {
        let id = self.invitation(InvitationStatus::Pending)?.id.clone();
        let remind_at = (self.at.is_multiple_of(2)).then_some(Timestamp(8_500));
        Some(Change::InvitationReminderDue { id, email: self.email, remind_at })
    }
}
