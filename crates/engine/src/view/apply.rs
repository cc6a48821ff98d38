//! Makes changes visible in a view: the same steps serve loading and following the log.

use crate::{
    domain::{
        Change, EVERYBODY, Member, MemberStatus, Resource, ResourceKey, ResourceRef, Revision, Subject, SubjectRef,
        Timestamp,
    },
    facts::{Facts, MemberKey, Node},
    model::RoleId,
    view::{
        expirations::Assignment,
        facts::{MemberRow, NodeRow, SubjectType, View},
    },
};

/// The changes can't be made: they name something that the view has not got, or are about its policy, so the two have
/// parted.
#[derive(Debug, PartialEq, Eq)]
pub struct Diverged;

impl View {
    /// Makes the changes of the revisions after this view's visible.
    ///
    /// # Errors
    /// When the changes do not follow on what the view has; it must then be thrown away.
    pub fn follow(&mut self, changes: &[(Revision, Change)]) -> Result<(), Diverged> {
        let seen = self.revision;
        for (revision, change) in changes.iter().filter(|(revision, _)| *revision > seen) {
            if *revision > self.revision.next() {
                return Err(Diverged);
            }
            self.change(change)?;
            self.revision = *revision;
        }
        Ok(())
    }

    pub(crate) fn change(&mut self, change: &Change) -> Result<(), Diverged> {
        match change {
            Change::ResourceCreated { resource } => self.add_resource(resource),
            Change::ResourceArchived { resource } => self.archive(resource, true),
            Change::ResourceRestored { resource } => self.archive(resource, false),
            Change::ResourceMoved { resource, to, .. } => {
                let to = self.locate(to.as_ref()).ok_or(Diverged)?;
                self.node_row(resource)?.parent = Some(to);
                Ok(())
            }
            Change::OwnerChanged { resource, to, .. } => {
                self.node_row(resource)?.owner = to.clone().map(Box::new);
                Ok(())
            }
            Change::ResourceDeleted { resource } => self.remove_node(&resource.key),
            Change::MemberAdded { member } => {
                self.add_member(member.subject.as_ref(), member.status, member.locked);
                Ok(())
            }
            Change::MemberUpdated { member, .. } => self.update_member(member),
            Change::MemberRemoved { member } => self.remove_member(&member.subject),
            Change::RoleGranted { subject, resource, role, expires_at } => {
                let row = self.bind(subject.as_ref(), resource.as_ref(), role, *expires_at)?;
                self.moved(row, resource.as_ref());
                Ok(())
            }
            Change::RoleChanged { subject, resource, from, to, expires_at, .. } => {
                self.unbind(subject.as_ref(), resource.as_ref(), from)?;
                let row = self.bind(subject.as_ref(), resource.as_ref(), to, *expires_at)?;
                self.moved(row, resource.as_ref());
                Ok(())
            }
            Change::RoleRevoked { subject, resource, role } | Change::RoleExpired { subject, resource, role } => {
                let row = self.unbind(subject.as_ref(), resource.as_ref(), role)?;
                self.moved(row, resource.as_ref());
                Ok(())
            }
            // Rows keep the places that types and roles have in their policy, so another policy wants another view.
            Change::PolicySet { .. } => Err(Diverged),
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

    fn add_resource(&mut self, resource: &Resource) -> Result<(), Diverged> {
        let parent = match &resource.parent {
            Some(parent) => Some(self.locate(parent.as_ref()).ok_or(Diverged)?),
            None => None,
        };
        let node = self.add_node(resource.key.as_ref(), resource.owner.clone(), resource.archived).ok_or(Diverged)?;
        self.set_parent(node, parent);
        self.place_in_order(node);
        Ok(())
    }

    /// Adds a node without a parent. None when its type is not one of the policy's.
    pub(crate) fn add_node(&mut self, key: ResourceRef<'_>, owner: Option<Subject>, archived: bool) -> Option<Node> {
        let of = self.policy.find_type(key.kind).ok()?.id();
        let row = NodeRow { id: key.id.into(), owner: owner.map(Box::new), parent: None, of, archived };
        let at = match self.free_nodes.pop() {
            Some(free) => free,
            None => u32::try_from(self.nodes.len()).ok()?,
        };
        match self.nodes.get_mut(at as usize) {
            Some(slot) => *slot = row,
            None => self.nodes.push(row),
        }
        let row = at;
        self.node_index.insert((of, key.id), row, Self::node_key(&self.nodes));
        Some(Node(row))
    }

    fn node_row(&mut self, key: &ResourceKey) -> Result<&mut NodeRow, Diverged> {
        let node = self.locate(key.as_ref()).ok_or(Diverged)?;
        self.nodes.get_mut(node.0 as usize).ok_or(Diverged)
    }

    fn archive(&mut self, key: &ResourceKey, archived: bool) -> Result<(), Diverged> {
        self.node_row(key)?.archived = archived;
        Ok(())
    }

    /// Takes a resource out, at which nothing is bound any more and below which nothing is.
    fn remove_node(&mut self, key: &ResourceKey) -> Result<(), Diverged> {
        let node = self.locate(key.as_ref()).ok_or(Diverged)?;
        let of = self.resource(node).of;
        let id = |node: Node| self.nodes.get(node.0 as usize).map(|row| &*row.id);
        if let Some(ordered) = self.ordered.get_mut(usize::from(of)) {
            let at = ordered.partition_point(|other| id(*other) < Some(key.id.as_str()));
            if ordered.get(at) == Some(&node) {
                ordered.remove(at);
            }
        }
        self.node_index.remove((of, key.id.as_str()), node.0);
        self.free_nodes.push(node.0);
        Ok(())
    }

    pub(crate) fn set_parent(&mut self, node: Node, parent: Option<Node>) {
        if let Some(row) = self.nodes.get_mut(node.0 as usize) {
            row.parent = parent;
        }
    }

    fn place_in_order(&mut self, node: Node) {
        let (of, nodes) = (self.resource(node).of, &self.nodes);
        let id = |node: Node| nodes.get(node.0 as usize).map(|row| &*row.id);
        if let Some(ordered) = self.ordered.get_mut(usize::from(of)) {
            let at = ordered.partition_point(|other| id(*other) < id(node));
            ordered.insert(at, node);
        }
    }

    /// Adds a member who holds nothing yet.
    pub(crate) fn add_member(&mut self, subject: SubjectRef<'_>, status: MemberStatus, locked: bool) {
        let kind = self.kind_of(subject.kind).unwrap_or_else(|| {
            let teams = self.policy.is_team(subject);
            self.kinds.push(SubjectType { name: subject.kind.into(), teams, everybody: None });
            u16::try_from(self.kinds.len() - 1).unwrap_or(u16::MAX)
        });
        let row = MemberRow { id: subject.id.into(), assignments: Vec::new(), kind, status, locked };
        let free = self.free_members.pop();
        let at = free.or_else(|| u32::try_from(self.members.len()).ok()).unwrap_or(u32::MAX);
        match self.members.get_mut(at as usize) {
            Some(slot) => *slot = row,
            None => self.members.push(row),
        }
        self.member_index.insert((kind, subject.id), at, Self::member_key(&self.members));
        if let Some(kind) = self.kinds.get_mut(usize::from(kind)).filter(|_| subject.is_everybody()) {
            kind.everybody = Some(MemberKey(at));
        }
    }

    fn update_member(&mut self, member: &Member) -> Result<(), Diverged> {
        let row = self.find_member(member.subject.as_ref()).ok_or(Diverged)?;
        self.count_holder_everywhere(row, false);
        let slot = self.members.get_mut(row as usize).ok_or(Diverged)?;
        slot.status = member.status;
        slot.locked = member.locked;
        self.count_holder_everywhere(row, true);
        Ok(())
    }

    fn remove_member(&mut self, subject: &Subject) -> Result<(), Diverged> {
        let row = self.find_member(subject.as_ref()).ok_or(Diverged)?;
        self.count_holder_everywhere(row, false);
        let member = self.members.get_mut(row as usize).ok_or(Diverged)?;
        self.member_index.remove((member.kind, &*member.id), row);
        member.id = Box::default();
        for bound in std::mem::take(&mut member.assignments) {
            self.ends.forget(row, bound);
        }
        if let Some(kind) = self.kinds.get_mut(usize::from(member.kind)).filter(|_| subject.as_ref().is_everybody()) {
            kind.everybody = None;
        }
        self.teams.remove(&row);
        self.free_members.push(row);
        Ok(())
    }

    /// Binds a role, and tells the member's row. A role that the policy does not have is passed over: it can grant
    /// nothing.
    pub(crate) fn bind(
        &mut self,
        holder: SubjectRef<'_>,
        at: ResourceRef<'_>,
        role: &str,
        expires_at: Option<Timestamp>,
    ) -> Result<u32, Diverged> {
        let (row, node) = (self.find_member(holder).ok_or(Diverged)?, self.locate(at).ok_or(Diverged)?);
        let Some(role) = self.role(node, role) else { return Ok(row) };
        let bound = Assignment { node, role };
        // What has ended is bound anew before the log says that it has, and may be here still.
        let here = self.members.get(row as usize).ok_or(Diverged)?.assignments.binary_search(&bound);
        if here.is_ok() {
            self.count_holder(row, bound, false);
        }
        match expires_at {
            Some(end) => self.ends.set(row, bound, end),
            None => _ = self.ends.forget(row, bound),
        }
        if let (Err(place), Some(member)) = (here, self.members.get_mut(row as usize)) {
            member.assignments.insert(place, bound);
        }
        self.count_holder(row, bound, true);
        Ok(row)
    }

    fn unbind(&mut self, holder: SubjectRef<'_>, at: ResourceRef<'_>, role: &str) -> Result<u32, Diverged> {
        let (row, node) = (self.find_member(holder).ok_or(Diverged)?, self.locate(at).ok_or(Diverged)?);
        let Some(role) = self.role(node, role) else { return Ok(row) };
        let bound = Assignment { node, role };
        let member = self.members.get_mut(row as usize).ok_or(Diverged)?;
        match member.assignments.binary_search(&bound) {
            Ok(place) => {
                member.assignments.remove(place);
                self.count_holder(row, bound, false);
                self.ends.forget(row, bound);
            }
            // It has ended here already.
            Err(_) if self.ends.forget(row, bound) => {}
            Err(_) => return Err(Diverged),
        }
        Ok(row)
    }

    /// Takes away what has ended by `now`: before the log says so, for the log is written a little later.
    pub fn expire_due(&mut self, now: Timestamp) {
        while let Some((row, bound)) = self.ends.take_due(now) {
            let Some(member) = self.members.get_mut(row as usize) else { continue };
            if let Ok(place) = member.assignments.binary_search(&bound) {
                member.assignments.remove(place);
            }
            if self.is_team_node(bound.node) {
                self.regroup(row);
            }
        }
    }

    /// A member's bindings at a place are others: if it is a team, they belong to others.
    fn moved(&mut self, row: u32, at: ResourceRef<'_>) {
        if self.locate(at).is_some_and(|node| self.is_team_node(node)) {
            self.regroup(row);
        }
    }

    /// Whether a binding counts for a role that must keep a holder.
    pub(crate) fn lasts(&self, row: u32, bound: Assignment) -> bool {
        let somebody = self.members.get(row as usize).is_some_and(|member| *member.id != *EVERYBODY);
        somebody && !self.is_team(row) && self.ends.of(row, bound).is_none()
    }

    fn locate(&self, key: ResourceRef<'_>) -> Option<Node> {
        self.find(self.policy.find_type(key.kind).ok()?.id(), key.id)
    }

    fn role(&self, node: Node, name: &str) -> Option<RoleId> {
        let of = self.policy.resource_type(self.resource(node).of);
        self.policy.find_role(of, name).ok().map(crate::model::Role::id)
    }

    fn count_holder_everywhere(&mut self, row: u32, add: bool) {
        let bound = self.members.get(row as usize).map_or(Vec::new(), |member| member.assignments.clone());
        for bound in bound {
            self.count_holder(row, bound, add);
        }
    }

    /// Counts an active holder in or out, of a role that must keep one and lasts.
    fn count_holder(&mut self, row: u32, bound: Assignment, add: bool) {
        let active = self.members.get(row as usize).is_some_and(|member| member.status == MemberStatus::Active);
        if !active || self.policy.role(bound.role).at_least() == 0 || !self.lasts(row, bound) {
            return;
        }
        let count = self.holders.entry((bound.node, bound.role)).or_default();
        *count = if add { count.saturating_add(1) } else { count.saturating_sub(1) };
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::{
        domain::{Grant, Profile, ResourceKey},
        language::compile::compile,
    };

    const POLICY: &str =
        "policy = \"depot\"\nversion = 1\nroot = \"depot\"\n[depot.roles]\nboss = { at_least = 1 }\nhand = {}\n";

    /// How many bosses count after each of these bindings of `ada`, which end then or last.
    fn counted(ends: &[Option<i64>]) -> Vec<u32> {
        let policy = Arc::new(compile("depot.toml", POLICY).expect("a good policy"));
        let mut view = View::new(policy, Revision::default());
        let (root, ada) = (ResourceKey::new("depot", "acme"), Subject::user("ada"));
        view.add_node(root.as_ref(), None, false);
        let (subject, profile) = (ada.clone(), Profile::default());
        let (status, created_at) = (MemberStatus::Active, Timestamp::default());
        let member = Member { subject, profile, status, locked: false, created_at };
        let mut changes = vec![Change::MemberAdded { member }];
        changes.extend(ends.iter().map(|end| {
            let grant = Grant { expires_at: end.map(Timestamp), ..Grant::lasting(root.clone(), "boss") };
            Change::granted(&ada, &grant)
        }));
        let count = |change: &Change| {
            view.change(change).expect("the change can be made");
            let role = view.policy.roles().first().expect("there is one").id();
            view.active_holders(view.root(), role)
        };
        changes.iter().map(count).skip(1).collect()
    }

    #[test]
    fn only_what_lasts_counts_however_it_came() {
        assert_eq!(counted(&[None]), [1]);
        assert_eq!(counted(&[Some(5)]), [0]);
        assert_eq!(counted(&[Some(5), None]), [0, 1]);
        assert_eq!(counted(&[Some(5), None, Some(9)]), [0, 1, 0]);
    }
}
