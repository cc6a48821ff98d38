//! Builds a view from a store's rows, which come in any order.

use std::sync::Arc;

use crate::{
    domain::{MemberStatus, ResourceKey, ResourceRef, Revision, Subject, SubjectRef, Tenant, Timestamp},
    facts::{Facts, Node},
    model::{Policy, policy_set::PolicySet},
    view::{
        facts::{NodeRow, View},
        snapshot::Snapshot,
    },
};

/// The policy that a tenant runs is not among those that are loaded.
#[derive(Debug, thiserror::Error)]
#[error("policy `{name}` version {version} is not loaded")]
pub struct UnknownPolicy {
    /// The policy's name.
    pub name: String,
    /// The policy's version.
    pub version: u32,
}

/// A view in the making.
pub struct Loading<'a> {
    policies: Policies<'a>,
    state: State,
    /// Rows that name something not loaded yet: linked when all is there.
    parents: Vec<(Node, ResourceKey)>,
    bindings: Vec<(Subject, ResourceKey, String, Option<Timestamp>)>,
    root: Option<ResourceKey>,
}

/// Where the tenant's policy comes from.
enum Policies<'a> {
    Loaded(&'a PolicySet),
    /// This one, whichever the tenant runs.
    Given(Arc<Policy>),
}

enum State {
    Untold,
    NoPolicy { name: String, version: u32 },
    Open(Box<View>),
}

impl<'a> Loading<'a> {
    /// A view that has been told nothing; its tenant will run one of these policies.
    pub fn new(policies: &'a PolicySet) -> Self {
        Self::with(Policies::Loaded(policies))
    }

    /// A view that has been told nothing, and will be of this policy, whichever its tenant runs.
    pub fn under(policy: Arc<Policy>) -> Self {
        Self::with(Policies::Given(policy))
    }

    fn with(policies: Policies<'a>) -> Self {
        Self { policies, state: State::Untold, parents: Vec::new(), bindings: Vec::new(), root: None }
    }

    /// The finished view; none when there was no tenant.
    ///
    /// # Errors
    /// When the tenant's policy is not loaded.
    pub fn finish(mut self) -> Result<Option<View>, UnknownPolicy> {
        let mut view = match self.state {
            State::Untold => return Ok(None),
            State::NoPolicy { name, version } => return Err(UnknownPolicy { name, version }),
            State::Open(view) => *view,
        };
        for (node, parent) in std::mem::take(&mut self.parents) {
            let of = view.policy.find_type(&parent.kind).ok().map(crate::model::ResourceType::id);
            let parent = of.and_then(|of| view.find(of, &parent.id));
            // A row whose parent is missing hangs from the root: it keeps its own bindings and gains nothing.
            view.set_parent(node, Some(parent.unwrap_or(view.root())));
        }
        for (holder, at, role, expires_at) in std::mem::take(&mut self.bindings) {
            if view.bind(holder.as_ref(), at.as_ref(), &role, expires_at).is_err() {
                tracing::warn!(%holder, %at, role, "a binding names something that does not exist; it grants nothing");
            }
        }
        view.regroup_all();
        view.settle();
        Ok(Some(view))
    }
}

impl View {
    /// Orders what was loaded and gives back spare room.
    fn settle(&mut self) {
        let nodes = &self.nodes;
        let id = |node: &Node| nodes.get(node.0 as usize).map(|row: &NodeRow| row.id.clone());
        for (row, node) in nodes.iter().enumerate() {
            if let (Some(list), Ok(row)) = (self.ordered.get_mut(usize::from(node.of)), u32::try_from(row)) {
                list.push(Node(row));
            }
        }
        for list in &mut self.ordered {
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

impl Snapshot for Loading<'_> {
    fn tenant(&mut self, tenant: Tenant, revision: Revision) {
        let policy = match &self.policies {
            Policies::Loaded(policies) => policies.get(&tenant.policy, tenant.policy_version),
            Policies::Given(policy) => Some(policy),
        };
        self.state = match policy {
            Some(policy) => {
                let root = ResourceKey::new(policy.root().name(), tenant.id);
                let mut view = View::new(Arc::clone(policy), revision);
                // The root is node 0, whenever its row comes.
                view.add_node(root.as_ref(), None, false);
                self.root = Some(root);
                State::Open(Box::new(view))
            }
            None => State::NoPolicy { name: tenant.policy, version: tenant.policy_version },
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
            (None, _) => tracing::warn!(resource = %key, "a resource is of a type that its policy has not"),
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
        // Stores send bindings last, so this is the way that nearly all of them take.
        if view.bind(holder, resource, role, expires_at).is_err() {
            self.bindings.push((holder.to_subject(), resource.to_key(), role.to_owned(), expires_at));
        }
    }
}
