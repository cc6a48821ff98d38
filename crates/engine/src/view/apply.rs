//! Applies changes to a view: the same steps serve following the log and replaying it.

use crate::{
    domain::{Change, Commit},
    view::facts::View,
};

/// The changes can't be applied: they name something that the view does not have, leave a revision out, or are about
/// the policy. The view has diverged from the store and must be thrown away.
#[derive(Debug, PartialEq, Eq)]
pub struct Diverged;

impl View {
    /// Applies the commits after this view's, which must be in order and follow on it. Those up to its revision are
    /// skipped.
    ///
    /// # Errors
    /// When the commits do not follow on what the view has; it must then be thrown away.
    pub fn follow(&mut self, commits: &[Commit]) -> Result<(), Diverged> {
        let seen = self.head.revision;
        for commit in commits.iter().filter(|commit| commit.head.revision > seen) {
            if commit.head.revision != self.head.revision.next() {
                return Err(Diverged);
            }
            for change in &commit.changes {
                self.apply(change)?;
            }
            // What had ended when this was committed, or was shown as ended, has ended for whoever sees it, by any clock.
            self.expire_due(commit.at.max(self.passed_end));
            self.head = commit.head;
        }
        Ok(())
    }

    pub(crate) fn apply(&mut self, change: &Change) -> Result<(), Diverged> {
        match change {
            Change::ResourceCreated { resource } => self.add_resource(resource),
            Change::ResourceArchived { resource } => self.set_archived(resource, true),
            Change::ResourceRestored { resource } => self.set_archived(resource, false),
            Change::ResourceMoved { resource, to, .. } => self.move_resource(resource, to),
            Change::OwnerChanged { resource, to, .. } => self.set_owner(resource, to.clone()),
            Change::ResourceDeleted { resource } => self.remove_node(&resource.key),
            Change::MemberAdded { member } => {
                self.add_member(member.subject.as_ref(), member.status, member.locked);
                Ok(())
            }
            Change::MemberUpdated { member, .. } => self.update_member(member),
            Change::MemberRemoved { member } => self.remove_member(&member.subject),
            Change::RoleGranted { subject, resource, role, expires_at, .. } => {
                let row = self.bind(subject.as_ref(), resource.as_ref(), role, *expires_at)?;
                self.refresh_teams_at(row, resource.as_ref());
                Ok(())
            }
            Change::RoleChanged { subject, resource, from, to, expires_at, .. } => {
                self.unbind(subject.as_ref(), resource.as_ref(), from)?;
                let row = self.bind(subject.as_ref(), resource.as_ref(), to, *expires_at)?;
                self.refresh_teams_at(row, resource.as_ref());
                Ok(())
            }
            Change::RoleRevoked { subject, resource, role } | Change::RoleExpired { subject, resource, role, .. } => {
                let row = self.unbind(subject.as_ref(), resource.as_ref(), role)?;
                self.refresh_teams_at(row, resource.as_ref());
                Ok(())
            }
            // Rows have the positions of types and roles in their policy, so another policy needs another view; and what an
            // unknown change means is in the tables alone.
            Change::PolicySet { .. } | Change::Unknown { .. } => Err(Diverged),
            // A tenant's view begins after its creation, and invitations decide nothing: they stay in the store.
            Change::TenantCreated { .. }
            | Change::InvitationIssued { .. }
            | Change::InvitationAccepted { .. }
            | Change::InvitationRevoked { .. }
            | Change::InvitationDeclined { .. }
            | Change::InvitationExpired { .. }
            | Change::InvitationReminderDue { .. }
            | Change::AddressSuppressed { .. }
            | Change::AddressCleared { .. } => Ok(()),
        }
    }
}
