//! A random change that makes sense after those before it.

use rollcall_engine::{
    Change, Grant, Invitation, InvitationStatus, Member, MemberStatus, ResourceKey, Subject, Timestamp, kind,
};

use crate::{
    changes::{
        invitation, invitation_accepted, invitation_declined, invitation_expired, invitation_revoked, invited, issued,
        member, resource_created, root, site, suppressed,
    },
    model::{Model, grant},
};

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
    /// The email of somebody who is or may be invited.
    email: String,
    role: &'static str,
    other_role: &'static str,
}

/// A change that makes sense after those that made `model`, if the roll names one.
pub fn possible_change(model: &Model, (kind, who, at, role): Roll) -> Option<Change> {
    let email = format!("guest{}@x.y", who % 3);
    let guest = member_of_email(model, &email).filter(|_| who.is_multiple_of(4));
    let subject = guest.map_or_else(|| Subject::user(format!("u{}", who % 6)), |guest| guest.subject.clone());
    let resource = match at % 4 {
        0 => root(),
        number => site(&format!("s{number}")),
    };
    let [role, other_role] = if role.is_multiple_of(2) { ["editor", "viewer"] } else { ["viewer", "editor"] };
    let draw = Draw { model, who, at, subject, resource, email, role, other_role };
    match kind % 14 {
        0 => draw.creation(),
        1 | 2 => draw.new_member(),
        3 => draw.member_update(),
        4 => draw.member_removal(),
        5 | 6 => draw.grant(),
        7 => draw.role_change().or_else(|| draw.revocation()),
        8 => draw.role_expiry().or_else(|| draw.revocation()),
        9 | 10 => draw.invitation_change(),
        11 => draw.policy_version().filter(|_| at.is_multiple_of(2)).or_else(|| draw.reminder()),
        12 => draw.resource_change(),
        _ => Some(draw.suppression()),
    }
}

fn member_of_email<'m>(model: &'m Model, email: &str) -> Option<&'m Member> {
    model.members.values().map(|(member, _)| member).find(|member| member.profile.email.as_deref() == Some(email))
}

impl Draw<'_> {
    fn member(&self) -> Option<&Member> {
        self.model.members.get(&self.subject).map(|(member, _)| member)
    }

    fn is_registered(&self) -> bool {
        self.model.resources.contains_key(&self.resource)
    }

    /// The role of this name that the subject has at the resource.
    fn assigned(&self, role: &str) -> Option<Grant> {
        let grants = self.model.grants_of(&self.subject);
        grants.into_iter().find(|assigned| assigned.is_same_role(&grant(&self.resource, role)))
    }

    fn end(&self) -> Option<Timestamp> {
        (self.at.is_multiple_of(3)).then_some(Timestamp(i64::from(self.who)))
    }

    fn invitation(&self, status: InvitationStatus) -> Option<&Invitation> {
        self.model.invitations.values().find(|found| found.email == self.email && found.status == status)
    }

    fn creation(&self) -> Option<Change> {
        let owner = self.at.is_multiple_of(2).then(|| self.subject.clone());
        (!self.is_registered()).then(|| resource_created(&self.resource, owner))
    }

    fn new_member(&self) -> Option<Change> {
        self.member().is_none().then(|| Change::MemberAdded { member: member(&self.subject.id, "New") })
    }

    fn member_update(&self) -> Option<Change> {
        let before = self.member()?;
        let mut member = before.clone();
        member.profile.display_name = format!("Name {}", self.at);
        member.locked = self.at.is_multiple_of(2);
        if self.subject.kind == kind::USER {
            let id = &self.subject.id;
            member.profile.email = self.at.is_multiple_of(3).then(|| format!("{id}@x.y"));
            member.profile.username = self.at.is_multiple_of(5).then(|| format!("{id}_login"));
            member.profile.phone = self.at.is_multiple_of(7).then(|| id.replace('u', "+4912345"));
            let is_active = !self.at.is_multiple_of(11);
            member.status = if is_active { MemberStatus::Active } else { MemberStatus::Deactivated };
        }
        Some(Change::updated(before, member))
    }

    fn member_removal(&self) -> Option<Change> {
        let member = self.member()?.clone();
        self.model.grants_of(&self.subject).is_empty().then_some(Change::MemberRemoved { member })
    }

    fn grant(&self) -> Option<Change> {
        let is_free = self.assigned(self.role).is_none_or(|assigned| assigned.expires_at.is_some());
        let is_possible = self.member().is_some() && self.is_registered() && is_free;
        let expires_at = self.end();
        is_possible.then(|| Change::granted(&self.subject, &Grant { expires_at, ..grant(&self.resource, self.role) }))
    }

    fn role_change(&self) -> Option<Change> {
        let from = self.assigned(self.role)?;
        // One that has ended gives way.
        let is_free = self.assigned(self.other_role).is_none_or(|assigned| assigned.expires_at.is_some());
        is_free.then(|| Change::RoleChanged {
            subject: self.subject.clone(),
            resource: self.resource.clone(),
            from: self.role.into(),
            from_expires_at: from.expires_at,
            to: self.other_role.into(),
            expires_at: self.end(),
        })
    }

    fn role_expiry(&self) -> Option<Change> {
        self.assigned(self.role)?.expires_at?;
        let (subject, resource) = (self.subject.clone(), self.resource.clone());
        Some(Change::RoleExpired { subject, resource, role: self.role.into(), is_last: self.at.is_multiple_of(2) })
    }

    fn revocation(&self) -> Option<Change> {
        self.assigned(self.role).map(|assigned| Change::revoked(&self.subject, &assigned))
    }

    /// A step of the life of an invitation. Whoever was invited by one that is closed goes before another is issued.
    fn invitation_change(&self) -> Option<Change> {
        let pending = self.invitation(InvitationStatus::Pending);
        let Some(found) = pending.or_else(|| self.invitation(InvitationStatus::Expired)) else {
            let earlier = self.model.invitations.values().filter(|found| found.email == self.email).count();
            let next = format!("i{earlier}g{}", self.who % 3);
            let guest = invited(&next, &self.email);
            return match member_of_email(self.model, &self.email) {
                None => Some(Change::MemberAdded { member: guest }),
                Some(there) if there.subject == guest.subject => Some(issued(&invitation(&next, &self.email))),
                Some(there) => {
                    let is_free = self.model.grants_of(&there.subject).is_empty();
                    is_free.then(|| Change::MemberRemoved { member: there.clone() })
                }
            };
        };
        Some(match self.at % 5 {
            0 => invitation_revoked(found),
            1 if pending.is_some() => invitation_expired(found),
            2 if pending.is_some() => invitation_accepted(found, &format!("u{}", self.who % 6)),
            4 if pending.is_some() => invitation_declined(found),
            _ => {
                let mut anew = found.clone();
                anew.token_hash = format!("{} again", anew.token_hash);
                anew.status = InvitationStatus::Pending;
                Change::InvitationIssued { before: Some(found.clone()), invitation: anew }
            }
        })
    }

    fn policy_version(&self) -> Option<Change> {
        let (tenant, _) = self.model.facts.tenant.as_ref()?;
        let to = u32::from(self.at % 4 + 1);
        let policy = tenant.policy.clone();
        (to != tenant.policy_version).then_some(Change::PolicySet { policy, from: tenant.policy_version, to })
    }

    /// A change of a resource that is not the root.
    fn resource_change(&self) -> Option<Change> {
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
                let has_grants = self.model.facts.bindings.iter().any(|(_, grant)| grant.resource == resource);
                let has_children =
                    self.model.resources.values().any(|(child, _)| child.parent.as_ref() == Some(&resource));
                (!has_grants && !has_children).then(|| Change::ResourceDeleted { resource: found.clone() })
            }
        }
    }

    fn suppression(&self) -> Change {
        if self.model.suppressed.contains_key(&self.email) {
            return Change::AddressCleared { email: self.email.clone() };
        }
        suppressed(&self.email, &format!("bounce {}", self.at))
    }

    fn reminder(&self) -> Option<Change> {
        let Invitation { id, member, email, .. } = self.invitation(InvitationStatus::Pending)?.clone();
        let remind_at = (self.at.is_multiple_of(2)).then_some(Timestamp(8_500));
        let is_withheld = self.at.is_multiple_of(3);
        Some(Change::InvitationReminderDue { id, member, email, remind_at, is_withheld })
    }
}
