//! A tenant as a store loads it, and as the changes of its log say that it must be.

use std::collections::{BTreeMap, BTreeSet};

use rollcall::service::ports::{Snapshot, StoredGrant};
use rollcall_engine::{
    Acceptance, Change, Commit, Grant, Head, Invitation, InvitationStatus, Member, MemberStatus, Resource, ResourceKey,
    ResourceRef, Revision, SnapshotSink, Subject, SubjectRef, SuppressedAddress, Tenant, Timestamp,
};

/// What a load gives to its sink; of the model, what it should give.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LoadedFacts {
    pub tenant: Option<(Tenant, Head)>,
    pub resources: BTreeMap<ResourceKey, (Option<ResourceKey>, Option<Subject>, bool)>,
    pub members: BTreeMap<Subject, (MemberStatus, bool)>,
    pub bindings: BTreeSet<(Subject, Grant)>,
    /// The resources of [`TYPES_WITH_DELETED`] that were deleted, and not registered again.
    pub deleted: BTreeSet<ResourceKey>,
}

/// The types of which a load tells what was deleted.
const TYPES_WITH_DELETED: [&str; 1] = ["job_site"];

impl LoadedFacts {
    pub async fn loaded(snapshot: &mut dyn Snapshot) -> Self {
        let mut facts = Self::default();
        snapshot.load(&mut facts).await.unwrap();
        facts
    }

    fn register(&mut self, resource: &Resource) {
        let row = (resource.parent.clone(), resource.owner.clone(), resource.archived);
        self.resources.insert(resource.key.clone(), row);
        self.deleted.remove(&resource.key);
    }

    fn delete(&mut self, key: &ResourceKey) {
        self.resources.remove(key);
        if TYPES_WITH_DELETED.contains(&&*key.kind) {
            self.deleted.insert(key.clone());
        }
    }

    fn unbind(&mut self, subject: &Subject, grant: &Grant) {
        self.bindings.retain(|(holder, assigned)| holder != subject || !assigned.is_same_role(grant));
    }
}

impl SnapshotSink for LoadedFacts {
    fn tenant(&mut self, tenant: Tenant, head: Head) {
        assert_eq!(*self, Self::default(), "the tenant comes first, and once");
        self.tenant = Some((tenant, head));
    }

    fn resource(
        &mut self,
        key: ResourceRef<'_>,
        parent: Option<ResourceRef<'_>>,
        owner: Option<SubjectRef<'_>>,
        archived: bool,
    ) {
        let facts = (parent.map(|parent| parent.to_key()), owner.map(|owner| owner.to_subject()), archived);
        assert_eq!(self.resources.insert(key.to_key(), facts), None);
    }

    fn types_with_deleted(&self) -> Vec<String> {
        TYPES_WITH_DELETED.map(str::to_owned).to_vec()
    }

    fn deleted_resource(&mut self, key: ResourceRef<'_>) {
        assert!(TYPES_WITH_DELETED.contains(&key.kind) && self.deleted.insert(key.to_key()));
    }

    fn member(&mut self, subject: SubjectRef<'_>, status: MemberStatus, locked: bool) {
        assert_eq!(self.members.insert(subject.to_subject(), (status, locked)), None);
    }

    fn binding(
        &mut self,
        holder: SubjectRef<'_>,
        resource: ResourceRef<'_>,
        role: &str,
        expires_at: Option<Timestamp>,
    ) {
        let grant = Grant { resource: resource.to_key(), role: role.into(), expires_at };
        assert!(self.bindings.insert((holder.to_subject(), grant)));
    }
}

/// Everything that the log says of a tenant, in plain maps.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Model {
    pub facts: LoadedFacts,
    pub resources: BTreeMap<ResourceKey, (Resource, Revision)>,
    pub members: BTreeMap<Subject, (Member, Revision)>,
    pub invitations: BTreeMap<String, Invitation>,
    pub suppressed: BTreeMap<String, SuppressedAddress>,
}

impl Model {
    pub fn replayed(commits: &[Commit]) -> Self {
        let mut model = Self::default();
        for commit in commits {
            for change in &commit.changes {
                model.apply(commit.head, change);
            }
        }
        model
    }

    pub fn apply(&mut self, head: Head, change: &Change) {
        let (facts, revision) = (&mut self.facts, head.revision);
        match change {
            Change::TenantCreated { tenant } => facts.tenant = Some((tenant.clone(), head)),
            Change::PolicySet { policy, from, to } => {
                let (tenant, _) = facts.tenant.as_mut().unwrap();
                assert_eq!((&tenant.policy, tenant.policy_version), (policy, *from));
                tenant.policy_version = *to;
            }
            Change::ResourceCreated { resource } => {
                facts.register(resource);
                self.resources.insert(resource.key.clone(), (resource.clone(), revision));
            }
            Change::ResourceArchived { resource } => self.resource(resource, revision, |it| it.archived = true),
            Change::ResourceRestored { resource } => self.resource(resource, revision, |it| it.archived = false),
            Change::ResourceMoved { resource, to, .. } => {
                self.resource(resource, revision, |it| it.parent = Some(to.clone()));
            }
            Change::OwnerChanged { resource, to, .. } => {
                self.resource(resource, revision, |it| it.owner.clone_from(to));
            }
            Change::ResourceDeleted { resource } => {
                assert_eq!(self.resources.remove(&resource.key).map(|(found, _)| found).as_ref(), Some(resource));
                facts.delete(&resource.key);
            }
            Change::MemberAdded { member } | Change::MemberUpdated { member, .. } => {
                facts.members.insert(member.subject.clone(), (member.status, member.locked));
                self.members.insert(member.subject.clone(), (member.clone(), revision));
            }
            Change::MemberRemoved { member } => {
                facts.members.remove(&member.subject);
                self.members.remove(&member.subject);
            }
            Change::RoleGranted { subject, resource, role, expires_at, .. } => {
                facts.unbind(subject, &grant(resource, role));
                facts.bindings.insert((subject.clone(), Grant { expires_at: *expires_at, ..grant(resource, role) }));
                self.touch(subject, revision);
            }
            Change::RoleChanged { subject, resource, from, to, expires_at, .. } => {
                facts.unbind(subject, &grant(resource, from));
                facts.unbind(subject, &grant(resource, to));
                facts.bindings.insert((subject.clone(), Grant { expires_at: *expires_at, ..grant(resource, to) }));
                self.touch(subject, revision);
            }
            Change::RoleRevoked { subject, resource, role } | Change::RoleExpired { subject, resource, role, .. } => {
                facts.unbind(subject, &grant(resource, role));
                self.touch(subject, revision);
            }
            Change::InvitationIssued { invitation, .. } => {
                self.invitations.insert(invitation.id.clone(), invitation.clone());
            }
            Change::InvitationAccepted { id, subject, at, .. } => self.accept(id, subject, *at),
            Change::InvitationRevoked { id, .. } => self.close(id, InvitationStatus::Revoked),
            Change::InvitationDeclined { id, .. } => self.close(id, InvitationStatus::Declined),
            Change::InvitationExpired { id, .. } => self.close(id, InvitationStatus::Expired),
            Change::InvitationReminderDue { id, remind_at, .. } => {
                self.invitations.get_mut(id).unwrap().remind_at = *remind_at;
            }
            Change::AddressSuppressed { address } => {
                self.suppressed.insert(address.email.clone(), address.clone());
                let pending = |row: &&mut Invitation| row.status == InvitationStatus::Pending;
                let to_it = self.invitations.values_mut().filter(|row| row.email == address.email).filter(pending);
                to_it.for_each(|row| row.remind_at = None);
            }
            Change::AddressCleared { email } => drop(self.suppressed.remove(email)),
            Change::Unknown { kind } => panic!("the store knows no `{kind}`"),
        }
        if let Some((_, newest)) = &mut self.facts.tenant {
            *newest = head;
        }
    }

    pub fn grants_of(&self, subject: &Subject) -> Vec<Grant> {
        self.facts.bindings.iter().filter(|(holder, _)| holder == subject).map(|(_, grant)| grant.clone()).collect()
    }

    fn resource(&mut self, key: &ResourceKey, revision: Revision, change: impl FnOnce(&mut Resource)) {
        let (resource, changed_at) = self.resources.get_mut(key).unwrap();
        change(resource);
        *changed_at = revision;
        let row = (resource.parent.clone(), resource.owner.clone(), resource.archived);
        self.facts.resources.insert(key.clone(), row);
    }

    fn touch(&mut self, subject: &Subject, revision: Revision) {
        self.members.get_mut(subject).unwrap().1 = revision;
    }

    fn accept(&mut self, id: &str, subject: &Subject, at: Timestamp) {
        self.close(id, InvitationStatus::Accepted);
        self.invitations.get_mut(id).unwrap().acceptance = Some(Acceptance { subject: subject.clone(), at });
    }

    fn close(&mut self, id: &str, status: InvitationStatus) {
        let invitation = self.invitations.get_mut(id).unwrap();
        invitation.status = status;
        invitation.remind_at = None;
    }
}

/// Grants without who gave them.
pub fn plain(grants: &[StoredGrant]) -> Vec<Grant> {
    grants.iter().map(|stored| stored.grant.clone()).collect()
}

pub fn grant(resource: &ResourceKey, role: &str) -> Grant {
    Grant::permanent(resource.clone(), role)
}
