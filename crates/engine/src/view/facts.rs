use std::{collections::HashMap, sync::Arc};

use rustc_hash::FxBuildHasher;

use crate::{
    domain::{MemberStatus, Revision, Subject, SubjectRef, Timestamp},
    facts::{Facts, MemberKey, MemberState, Node, ResourceState},
    model::{Policy, RoleId, TypeId, mask::Mask},
    view::{
        expirations::{Assignment, Expirations},
        index::RowIndex,
    },
};

/// One tenant's facts at one revision, laid out for decisions: a resource or member is found by one hash look-up,
/// and a member's bindings lie side by side.
#[derive(Debug)]
pub struct View {
    pub(crate) policy: Arc<Policy>,
    pub(crate) revision: Revision,
    pub(crate) nodes: Vec<NodeRow>,
    pub(crate) node_index: RowIndex,
    pub(crate) free_nodes: Vec<u32>,
    /// The nodes of each type, in order of their id.
    pub(crate) ordered: Vec<Vec<Node>>,
    pub(crate) members: Vec<MemberRow>,
    pub(crate) member_index: RowIndex,
    pub(crate) free_members: Vec<u32>,
    /// The subject types that members have; a row keeps a place in here.
    pub(crate) kinds: Vec<SubjectType>,
    /// The teams that members belong to, through other teams too; those who belong to none are not in here.
    pub(crate) teams: HashMap<u32, Box<[MemberKey]>, FxBuildHasher>,
    pub(crate) ends: Expirations,
    /// How many active people lastingly hold each role that must keep a holder.
    pub(crate) holders: HashMap<(Node, RoleId), u32, FxBuildHasher>,
}

/// A subject type that members have.
#[derive(Debug)]
pub(crate) struct SubjectType {
    pub(crate) name: Box<str>,
    /// Whether its subjects are teams.
    pub(crate) teams: bool,
    /// Who holds what everybody of the type holds.
    pub(crate) everybody: Option<MemberKey>,
}

#[derive(Debug)]
pub(crate) struct NodeRow {
    pub(crate) id: Box<str>,
    pub(crate) owner: Option<Box<Subject>>,
    pub(crate) parent: Option<Node>,
    pub(crate) of: TypeId,
    pub(crate) archived: bool,
}

#[derive(Debug)]
pub(crate) struct MemberRow {
    pub(crate) id: Box<str>,
    /// In the order of node and role.
    pub(crate) assignments: Vec<Assignment>,
    pub(crate) kind: u16,
    pub(crate) status: MemberStatus,
    pub(crate) locked: bool,
}

impl View {
    /// A view without resources or members, of a tenant that runs this policy.
    pub fn new(policy: Arc<Policy>, revision: Revision) -> Self {
        let types = policy.types().len();
        Self {
            policy,
            revision,
            nodes: Vec::new(),
            node_index: RowIndex::default(),
            free_nodes: Vec::new(),
            ordered: vec![Vec::new(); types],
            members: Vec::new(),
            member_index: RowIndex::default(),
            free_members: Vec::new(),
            kinds: Vec::new(),
            teams: HashMap::default(),
            ends: Expirations::default(),
            holders: HashMap::default(),
        }
    }

    /// The revision that the facts are of.
    pub fn revision(&self) -> Revision {
        self.revision
    }

    /// The policy that the facts are under.
    pub fn policy_handle(&self) -> &Arc<Policy> {
        &self.policy
    }

    /// When the next of the assigned roles ends; none when every one lasts.
    pub fn next_expiry(&self) -> Option<Timestamp> {
        self.ends.next()
    }

    pub(crate) fn find_member(&self, subject: SubjectRef<'_>) -> Option<u32> {
        let kind = self.kind_of(subject.kind)?;
        self.member_index.find((kind, subject.id), |row| {
            self.members.get(row as usize).is_some_and(|member| member.kind == kind && *member.id == *subject.id)
        })
    }

    pub(crate) fn kind_of(&self, kind: &str) -> Option<u16> {
        self.kinds.iter().position(|known| *known.name == *kind).and_then(|at| u16::try_from(at).ok())
    }

    pub(crate) fn member_key<'a>(members: &'a [MemberRow]) -> impl Fn(u32) -> (u16, &'a str) {
        |row| members.get(row as usize).map_or((0, ""), |member| (member.kind, &*member.id))
    }

    pub(crate) fn node_key<'a>(nodes: &'a [NodeRow]) -> impl Fn(u32) -> (TypeId, &'a str) {
        |row| nodes.get(row as usize).map_or((TypeId::default(), ""), |node| (node.of, &*node.id))
    }

    #[expect(clippy::indexing_slicing, reason = "a node is made by this view, and its rows are never taken out")]
    fn node(&self, node: Node) -> &NodeRow {
        &self.nodes[node.0 as usize]
    }

    #[expect(clippy::indexing_slicing, reason = "a member key is made by this view, and its rows are never taken out")]
    fn member(&self, member: MemberKey) -> &MemberRow {
        &self.members[member.0 as usize]
    }
}

impl MemberRow {
    /// The roles bound at one node.
    pub(crate) fn bound_at(&self, node: Node) -> impl Iterator<Item = RoleId> {
        let start = self.assignments.partition_point(|bound| bound.node < node);
        let rest = self.assignments.get(start..).unwrap_or_default();
        rest.iter().take_while(move |bound| bound.node == node).map(|bound| bound.role)
    }
}

impl Facts for View {
    fn policy(&self) -> &Policy {
        &self.policy
    }

    fn root(&self) -> Node {
        Node(0)
    }

    fn find(&self, of: TypeId, id: &str) -> Option<Node> {
        self.node_index
            .find((of, id), |row| self.nodes.get(row as usize).is_some_and(|node| node.of == of && *node.id == *id))
            .map(Node)
    }

    fn resource(&self, node: Node) -> ResourceState<'_> {
        let row = self.node(node);
        ResourceState {
            of: row.of,
            parent: row.parent,
            owner: row.owner.as_deref().map(Subject::as_ref),
            archived: row.archived,
        }
    }

    fn id(&self, node: Node) -> &str {
        &self.node(node).id
    }

    fn member_state(&self, subject: SubjectRef<'_>) -> Option<MemberState> {
        let row = self.find_member(subject)?;
        let member = self.member(MemberKey(row));
        Some(MemberState { member: MemberKey(row), status: member.status, locked: member.locked })
    }

    fn subject(&self, member: MemberKey) -> SubjectRef<'_> {
        let row = self.member(member);
        let kind = self.kinds.get(usize::from(row.kind)).map_or("", |kind| &*kind.name);
        SubjectRef { kind, id: &row.id }
    }

    fn each_member<'f>(&'f self, visit: &mut dyn FnMut(SubjectRef<'f>, MemberState)) {
        for (row, member) in (0..).zip(&self.members) {
            // The row of a member who was removed has no id.
            if let Some(kind) = self.kinds.get(usize::from(member.kind)).filter(|_| !member.id.is_empty()) {
                let standing = MemberState { member: MemberKey(row), status: member.status, locked: member.locked };
                visit(SubjectRef { kind: &kind.name, id: &member.id }, standing);
            }
        }
    }

    fn assigned_roles(&self, member: MemberKey, node: Node) -> Mask {
        self.member(member).bound_at(node).map(RoleId::mask).collect()
    }

    fn permanent_roles(&self, member: MemberKey, node: Node) -> Mask {
        let lasts = |role: &RoleId| self.lasts(member.0, Assignment { node, role: *role });
        self.member(member).bound_at(node).filter(lasts).map(RoleId::mask).collect()
    }

    fn role_expiry(&self, member: MemberKey, node: Node, role: RoleId) -> Option<Timestamp> {
        self.ends.of(member.0, Assignment { node, role })
    }

    fn teams(&self, member: MemberKey) -> &[MemberKey] {
        if self.teams.is_empty() { &[] } else { self.teams.get(&member.0).map_or(&[], |teams| teams) }
    }

    fn everybody(&self, kind: &str) -> Option<MemberKey> {
        self.kinds.iter().find(|known| *known.name == *kind)?.everybody
    }

    fn each_assignment(&self, member: MemberKey, visit: &mut dyn FnMut(Node, Mask)) {
        for group in self.member(member).assignments.chunk_by(|a, b| a.node == b.node) {
            if let Some(first) = group.first() {
                visit(first.node, group.iter().map(|bound| bound.role.mask()).collect());
            }
        }
    }

    fn resources_of_type(&self, of: TypeId) -> &[Node] {
        self.ordered.get(usize::from(of)).map_or(&[], Vec::as_slice)
    }

    fn active_holders(&self, node: Node, role: RoleId) -> u32 {
        self.holders.get(&(node, role)).copied().unwrap_or(0)
    }
}
