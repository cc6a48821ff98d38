//! Builds a view from a store's rows, which come in any order.

use crate::{
    domain::{Head, MemberStatus, ResourceKey, ResourceRef, Subject, SubjectRef, Tenant, Timestamp},
    facts::{Facts, Node},
    model::{Registration, policy_source::PolicySource},
    view::{
        facts::{NodeRow, View},
        snapshot::SnapshotSink,
    },
};

/// The error of a load: the policy that the tenant runs is not among those that are loaded.
#[derive(Debug, thiserror::Error)]
#[error("policy `{name}` version {version} is not loaded")]
pub struct UnknownPolicy {
    /// The name of the policy that the tenant runs.
    pub name: String,
    /// The version of that policy.
    pub version: u32,
}

/// A view that is being built, from what a store sends to it as a [`SnapshotSink`].
pub struct ViewBuilder<'a> {
    source: Box<dyn PolicySource + 'a>,
    state: State,
    /// Rows that name something not loaded yet: linked when all is there.
    parents: Vec<(Node, ResourceKey)>,
    bindings: Vec<(Subject, ResourceKey, String, Option<Timestamp>)>,
    root: Option<ResourceKey>,
}

enum State {
    /// No tenant was received yet.
    Empty,
    UnknownPolicy {
        name: String,
        version: u32,
    },
    Open(Box<View>),
}

impl<'a> ViewBuilder<'a> {
    /// An empty view, under the policy that `source` has for its tenant: one of a [`PolicySet`](crate::PolicySet), or
    /// a policy whichever the tenant runs.
    pub fn new(source: impl PolicySource + 'a) -> Self {
        let source = Box::new(source);
        Self { source, state: State::Empty, parents: Vec::new(), bindings: Vec::new(), root: None }
    }

    /// The finished view; none when there was no tenant. Bindings that name something missing and resources of an
    /// unknown type are logged and left out.
    ///
    /// # Errors
    /// When the tenant's policy is not loaded.
    pub fn finish(mut self) -> Result<Option<View>, UnknownPolicy> {
        let mut view = match self.state {
            State::Empty => return Ok(None),
            State::UnknownPolicy { name, version } => return Err(UnknownPolicy { name, version }),
            State::Open(view) => *view,
        };
        for (node, parent) in std::mem::take(&mut self.parents) {
            let resource_type = view.policy.type_named(&parent.kind).map(crate::model::ResourceType::id);
            let parent = resource_type.and_then(|resource_type| view.find(resource_type, &parent.id));
            // A resource whose parent is missing goes below the root: it keeps its own bindings and gains none.
            view.set_parent(node, Some(parent.unwrap_or(view.root())));
        }
        for (holder, resource, role, expires_at) in std::mem::take(&mut self.bindings) {
            if view.bind(holder.as_ref(), resource.as_ref(), &role, expires_at).is_err() {
                tracing::warn!(
                    holder_type = %holder.kind, at = %resource, role,
                    "a binding names something that does not exist; it grants nothing"
                );
            }
        }
        view.refresh_all_teams();
        view.compact();
        Ok(Some(view))
    }
}

impl View {
    /// Orders what was loaded and frees spare memory.
    fn compact(&mut self) {
        let nodes = &self.nodes;
        let id = |node: &Node| nodes.get(node.0 as usize).map(|row: &NodeRow| row.id.clone());
        for (row, node) in nodes.iter().enumerate() {
            if let (Some(list), Ok(row)) =
                (self.nodes_by_type.get_mut(usize::from(node.resource_type)), u32::try_from(row))
            {
                list.push(Node(row));
            }
        }
        for list in &mut self.nodes_by_type {
            list.sort_by_cached_key(id);
            list.shrink_to_fit();
        }
        for member in &mut self.members {
            member.assignments.shrink_to_fit();
        }
        self.members.shrink_to_fit();
        self.nodes.shrink_to_fit();
        self.node_index.shrink(Self::node_key(&self.nodes));
        self.member_index.shrink(Self::member_key(&self.members));
    }
}

impl SnapshotSink for ViewBuilder<'_> {
    fn tenant(&mut self, tenant: Tenant, head: Head) {
        self.state = match self.source.policy_of(&tenant) {
            Some(policy) => {
                let root = ResourceKey::new(policy.root().name(), tenant.id);
                let mut view = View::new(policy, head);
                // The root is node 0, whenever its row comes.
                view.add_node(root.as_ref(), None, false);
                self.root = Some(root);
                State::Open(Box::new(view))
            }
            None => State::UnknownPolicy { name: tenant.policy, version: tenant.policy_version },
        };
    }

    fn resource(
        &mut self,
        key: ResourceRef<'_>,
        parent: Option<ResourceRef<'_>>,
        owner: Option<SubjectRef<'_>>,
        archived: bool,
    ) {
        let State::Open(view) = &mut self.state else { return };
        if self.root.as_ref().is_some_and(|root| root.as_ref() == key) {
            return;
        }
        match (view.add_node(key, owner.map(|owner| owner.to_subject()), archived), parent) {
            (Some(node), Some(parent)) => self.parents.push((node, parent.to_key())),
            (Some(node), None) => view.set_parent(node, Some(Node(0))),
            (None, _) => {
                tracing::warn!(resource = %key, "a resource has a type that is not in its policy; it was ignored");
            }
        }
    }

    fn types_with_deleted(&self) -> Vec<String> {
        let State::Open(view) = &self.state else { return Vec::new() };
        let types = view.policy.types().iter().filter(|known| known.registration() == Registration::Optional);
        types.map(|known| known.name().to_owned()).collect()
    }

    fn deleted_resource(&mut self, key: ResourceRef<'_>) {
        if let State::Open(view) = &mut self.state {
            view.add_deleted(key);
        }
    }

    fn member(&mut self, subject: SubjectRef<'_>, status: MemberStatus, locked: bool) {
        if let State::Open(view) = &mut self.state {
            view.add_member(subject, status, locked);
        }
    }

    fn binding(
        &mut self,
        holder: SubjectRef<'_>,
        resource: ResourceRef<'_>,
        role: &str,
        expires_at: Option<Timestamp>,
    ) {
        let State::Open(view) = &mut self.state else { return };
        // Stores send bindings last, so nearly all of them find their member and resource at once.
        if view.bind(holder, resource, role, expires_at).is_err() {
            self.bindings.push((holder.to_subject(), resource.to_key(), role.to_owned(), expires_at));
        }
    }
}
