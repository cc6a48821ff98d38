//! Replays the changes that the log lists, and demands that each begins where the ones before it ended.

use std::collections::{BTreeMap, BTreeSet};

use rollcall::proto::{Change, ChangeKind, Invitation, Member, Profile, Subject, change::Change as Detail};

use crate::support::names::{named, short};

/// The kind of a listed change.
pub(super) fn kind_of(change: &Change) -> ChangeKind {
    match change.change.as_ref().expect("every kind has its message") {
        Detail::TenantCreated(_) => ChangeKind::TenantCreated,
        Detail::PolicySet(_) => ChangeKind::PolicySet,
        Detail::ResourceCreated(_) => ChangeKind::ResourceCreated,
        Detail::MemberAdded(_) => ChangeKind::MemberAdded,
        Detail::MemberUpdated(_) => ChangeKind::MemberUpdated,
        Detail::MemberRemoved(_) => ChangeKind::MemberRemoved,
        Detail::RoleGranted(_) => ChangeKind::RoleGranted,
        Detail::RoleChanged(_) => ChangeKind::RoleChanged,
        Detail::RoleRevoked(_) => ChangeKind::RoleRevoked,
        Detail::InvitationIssued(_) => ChangeKind::InvitationIssued,
        Detail::InvitationAccepted(_) => ChangeKind::InvitationAccepted,
        Detail::InvitationRevoked(_) => ChangeKind::InvitationRevoked,
        Detail::RoleExpired(_) => ChangeKind::RoleExpired,
        Detail::ResourceArchived(_) => ChangeKind::ResourceArchived,
        Detail::ResourceRestored(_) => ChangeKind::ResourceRestored,
        Detail::ResourceMoved(_) => ChangeKind::ResourceMoved,
        Detail::ResourceDeleted(_) => ChangeKind::ResourceDeleted,
        Detail::OwnerChanged(_) => ChangeKind::OwnerChanged,
        Detail::InvitationDeclined(_) => ChangeKind::InvitationDeclined,
        Detail::InvitationExpired(_) => ChangeKind::InvitationExpired,
        Detail::InvitationReminderDue(_) => ChangeKind::InvitationReminderDue,
        Detail::InvitationReminderWithheld(_) => ChangeKind::InvitationReminderWithheld,
        Detail::AddressSuppressed(_) => ChangeKind::AddressSuppressed,
        Detail::AddressCleared(_) => ChangeKind::AddressCleared,
    }
}

/// A member without what they are called and reached by, which is as it is when a change is read.
pub(super) fn without_profile(member: Member) -> Member {
    Member { profile: Some(Profile::default()), ..member }
}

/// A tenant on `lumicon`, as the changes of its log describe it.
#[derive(Default)]
pub(super) struct Replay {
    pub(super) version: u32,
    pub(super) members: BTreeMap<String, Member>,
    /// Member, resource id and role of each.
    pub(super) grants: BTreeSet<(String, String, String)>,
    /// Those that were not accepted, declined or revoked, by id.
    pub(super) invitations: BTreeMap<String, Invitation>,
    /// The ids of all resources.
    pub(super) resources: BTreeSet<String>,
    /// Suppressed addresses.
    suppressed: BTreeSet<String>,
    /// The emails of invited members, by their ids.
    invited: BTreeMap<String, String>,
}

impl Replay {
    /// Applies the next change.
    ///
    /// # Panics
    /// If what the change says of the state before it is not what the changes before it made.
    pub(super) fn apply(&mut self, change: &Change) {
        let described = format!("{change:?}");
        if let Some(Detail::MemberAdded(it)) = &change.change {
            let member = it.after.as_ref().expect("is there");
            let (subject, named) = (member.subject.clone().expect("names somebody"), named(member));
            self.invited.extend((subject != named).then_some((subject.id, named.id)));
        }
        let invited = self.invited.clone();
        let who = |who: &Option<Subject>| {
            let subject = who.as_ref().expect("names somebody");
            invited.get(&subject.id).cloned().unwrap_or_else(|| short(subject))
        };
        let at = |at: &Option<rollcall::proto::ResourceRef>| at.as_ref().expect("names a resource").id.clone();
        match change.change.clone().expect("every kind has its message") {
            Detail::TenantCreated(it) => {
                let tenant = it.tenant.expect("is there");
                assert_eq!((tenant.policy.as_str(), tenant.root_type.as_str()), ("lumicon", "workspace"));
                self.version = tenant.policy_version;
            }
            Detail::PolicySet(it) => {
                assert_eq!(it.previous_version, std::mem::replace(&mut self.version, it.version), "{described}");
            }
            Detail::ResourceCreated(it) => {
                assert!(self.resources.insert(at(&it.resource.expect("is there").key)), "{described}");
            }
            Detail::MemberAdded(it) => {
                let member = without_profile(it.after.expect("is there"));
                assert!(self.members.insert(who(&member.subject), member).is_none(), "{described}");
            }
            Detail::MemberUpdated(it) => {
                assert!(!it.changed_fields.is_empty(), "{described}");
                let (before, after) = (it.before.expect("is there"), it.after.expect("is there"));
                assert_eq!(before, without_profile(before.clone()), "the profile before is not kept: {described}");
                let known = self.members.insert(who(&after.subject), without_profile(after));
                assert_eq!(known, Some(without_profile(before)), "{described}");
            }
            Detail::MemberRemoved(it) => {
                let before = without_profile(it.before.expect("is there"));
                assert_eq!(self.members.remove(&who(&before.subject)), Some(before), "{described}");
            }
            Detail::RoleGranted(it) => {
                assert!(self.grants.insert((who(&it.member), at(&it.resource), it.role)), "{described}");
            }
            Detail::RoleChanged(it) => {
                assert!(self.grants.remove(&(who(&it.member), at(&it.resource), it.previous_role)), "{described}");
                assert!(self.grants.insert((who(&it.member), at(&it.resource), it.role)), "{described}");
            }
            Detail::RoleRevoked(it) => {
                assert!(self.grants.remove(&(who(&it.member), at(&it.resource), it.role)), "{described}");
            }
            Detail::RoleExpired(it) => {
                assert!(self.grants.remove(&(who(&it.member), at(&it.resource), it.role)), "{described}");
            }
            // `lumicon` lets nobody do that.
            Detail::ResourceArchived(_)
            | Detail::ResourceRestored(_)
            | Detail::ResourceMoved(_)
            | Detail::ResourceDeleted(_)
            | Detail::OwnerChanged(_) => panic!("{described}"),
            invitation @ (Detail::InvitationIssued(_)
            | Detail::InvitationAccepted(_)
            | Detail::InvitationRevoked(_)
            | Detail::InvitationDeclined(_)
            | Detail::InvitationExpired(_)
            | Detail::InvitationReminderDue(_)
            | Detail::InvitationReminderWithheld(_)) => self.apply_to_invitation(invitation, &described),
            Detail::AddressSuppressed(it) => {
                assert!(self.suppressed.insert(it.after.expect("is there").email), "{described}");
            }
            Detail::AddressCleared(it) => assert!(self.suppressed.remove(&it.email), "{described}"),
        }
    }

    fn remind_of(&mut self, id: &str, email: &str, next: Option<prost_types::Timestamp>) {
        let open = self.invitations.get_mut(id).expect("was open");
        assert_eq!(open.email, email, "the reminder of {id}");
        open.remind_time = next;
    }

    /// Applies a change of an invitation; `described` is all of it, for messages of failed assertions.
    fn apply_to_invitation(&mut self, change: Detail, described: &str) {
        match change {
            Detail::InvitationIssued(it) => {
                let after = it.after.expect("is there");
                assert_eq!(self.invitations.insert(after.id.clone(), after), it.before, "{described}");
            }
            Detail::InvitationAccepted(it) => {
                assert_eq!(self.invitations.remove(&it.id).expect("was open").email, it.email, "{described}");
                assert!(self.members.contains_key(&short(it.member.as_ref().expect("names somebody"))), "{described}");
            }
            Detail::InvitationRevoked(it) => {
                assert_eq!(self.invitations.remove(&it.id).expect("was open").email, it.email, "{described}");
            }
            Detail::InvitationDeclined(it) => {
                assert_eq!(self.invitations.remove(&it.id).expect("was open").email, it.email, "{described}");
            }
            Detail::InvitationExpired(it) => {
                assert_eq!(self.invitations[&it.id].email, it.email, "{described}");
            }
            Detail::InvitationReminderDue(it) => self.remind_of(&it.id, &it.email, it.next_remind_time),
            Detail::InvitationReminderWithheld(it) => self.remind_of(&it.id, &it.email, it.next_remind_time),
            other => panic!("no change of an invitation: {other:?}"),
        }
    }
}
