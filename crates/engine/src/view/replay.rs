//! Applies changes of an earlier time to a view under today's policy.

use std::borrow::Cow;

use crate::{
    domain::{Change, Commit, Resource, ResourceKey},
    facts::{Facts as _, name_of},
    view::{apply::Diverged, facts::View},
};

impl View {
    /// Applies one commit of an earlier time. The tenant may have run another policy then than this view's: roles and
    /// types that this one does not have were removed before the tenant could move to it, so they are ignored.
    ///
    /// # Errors
    /// When the commit does not follow on what the view has.
    pub fn replay(&mut self, commit: &Commit) -> Result<(), Diverged> {
        if commit.head.revision != self.head.revision.next() {
            return Err(Diverged);
        }
        for change in &commit.changes {
            if let Some(change) = self.translated(change) {
                self.apply(&change)?;
            }
        }
        self.head = commit.head;
        Ok(())
    }

    /// A change as it applies under this view's policy; none if it has no effect there.
    fn translated<'c>(&self, change: &'c Change) -> Option<Cow<'c, Change>> {
        let is_type = |key: &ResourceKey| self.policy.type_named(&key.kind).is_some();
        let is_role = |key: &ResourceKey, role: &str| {
            self.policy
                .type_named(&key.kind)
                .is_some_and(|resource_type| self.policy.find_role(resource_type, role).is_ok())
        };
        // What was below a resource of an unknown type was moved before that one was deleted; until then it is below
        // the root.
        let parent = |key: &ResourceKey| if is_type(key) { key.clone() } else { name_of(self, self.root()).to_key() };
        let is_known = match change {
            Change::PolicySet { .. } => false,
            Change::ResourceCreated { resource } if is_type(&resource.key) => {
                let parent = resource.parent.as_ref().map(parent);
                let resource = Resource { parent, ..resource.clone() };
                return Some(Cow::Owned(Change::ResourceCreated { resource }));
            }
            Change::ResourceMoved { resource, from, to } if is_type(resource) => {
                let (resource, from, to) = (resource.clone(), parent(from), parent(to));
                return Some(Cow::Owned(Change::ResourceMoved { resource, from, to }));
            }
            Change::ResourceCreated { resource } | Change::ResourceDeleted { resource } => is_type(&resource.key),
            Change::ResourceArchived { resource }
            | Change::ResourceRestored { resource }
            | Change::ResourceMoved { resource, .. }
            | Change::OwnerChanged { resource, .. } => is_type(resource),
            Change::RoleGranted { resource, role, .. }
            | Change::RoleRevoked { resource, role, .. }
            | Change::RoleExpired { resource, role, .. } => is_role(resource, role),
            Change::RoleChanged { subject, resource, from, to, expires_at, .. } => {
                match (is_role(resource, from), is_role(resource, to)) {
                    (true, true) => true,
                    (false, false) => false,
                    (true, false) => {
                        let (subject, resource, role) = (subject.clone(), resource.clone(), from.clone());
                        return Some(Cow::Owned(Change::RoleRevoked { subject, resource, role }));
                    }
                    (false, true) => {
                        let (subject, resource, role) = (subject.clone(), resource.clone(), to.clone());
                        let expires_at = *expires_at;
                        return Some(Cow::Owned(Change::RoleGranted {
                            subject,
                            resource,
                            role,
                            expires_at,
                            granted_by: None,
                            offer_ends_at: None,
                        }));
                    }
                }
            }
            _ => true,
        };
        is_known.then_some(Cow::Borrowed(change))
    }
}
