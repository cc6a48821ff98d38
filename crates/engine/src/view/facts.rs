//! A tenant's facts as tables in memory, and the look-ups that decisions make in them.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use rustc_hash::FxBuildHasher;

use crate::{
    domain::{Head, MemberStatus, Moment, Revision, Subject, SubjectRef, Timestamp},
    facts::{Facts, MAX_SUBJECT_TYPES, MemberKey, MemberState, Node, ResourceState},
    model::{Policy, RoleId, TypeId, mask::Mask},
    view::{
        expirations::{Assignment, Expirations},
        index::RowIndex,
    },
};

/// One tenant's facts at one revision, laid out for decisions: a resource or member is found by one hash look-up, and a
/// member's assignments are adjacent.
#[derive(Clone, Debug)]
pub struct View {
    pub(crate) policy: Arc<Policy>,
    pub(crate) head: Head,
    /// The last end of a role that was taken away because it had passed.
    pub(crate) passed_end: Timestamp,
    pub(crate) nodes: Vec<NodeRow>,
    pub(crate) node_index: RowIndex,
    pub(crate) free_nodes: Vec<u32>,
    /// For each type, its nodes in the order of their ids.
    pub(crate) nodes_by_type: Vec<Vec<Node>>,
    /// The ids of deleted resources, by their type: of types alone whose resources need not be registered.
    pub(crate) deleted: HashMap<TypeId, HashSet<Box<str>, FxBuildHasher>, FxBuildHasher>,
    pub(crate) members: Vec<MemberRow>,
    pub(crate) member_index: RowIndex,
    pub(crate) free_members: Vec<u32>,
    /// The subject types that members have; the rows of members have positions in this list.
    pub(crate) subject_types: Vec<SubjectType>,
    /// The teams that members belong to, through other teams too, by the member's row; those who belong to none are not
    /// in here.
    pub(crate) teams: HashMap<u32, Box<[MemberKey]>, FxBuildHasher>,
    /// The teams to which roles are bound at a team, by that team's row; not those within these.
    pub(crate) inner_teams: HashMap<u32, Vec<MemberKey>, FxBuildHasher>,
    pub(crate) expirations: Expirations,
    /// How many members count as holders of each role with `at_least`.
    pub(crate) holder_counts: HashMap<(Node, RoleId), u32, FxBuildHasher>,
}

/// A subject type that members have.
#[derive(Clone, Debug)]
pub(crate) struct SubjectType {
    pub(crate) name: Box<str>,
    /// Whether its subjects are teams.
    pub(crate) is_team: bool,
    /// Whether its subjects are people.
    pub(crate) is_people: bool,
    /// The member that stands for everybody of the type.
    pub(crate) everybody: Option<MemberKey>,
}

/// A registered resource. The row of one that was deleted stays until another takes it.
#[derive(Clone, Debug)]
pub(crate) struct NodeRow {
    pub(crate) id: Box<str>,
    pub(crate) owner: Option<Box<Subject>>,
    pub(crate) parent: Option<Node>,
    pub(crate) resource_type: TypeId,
    pub(crate) archived: bool,
}

/// A member. The row of one who was removed has an empty id, until another member takes it.
#[derive(Clone, Debug)]
pub(crate) struct MemberRow {
    pub(crate) id: Box<str>,
    /// Ordered by node, then role.
    pub(crate) assignments: Vec<Assignment>,
    pub(crate) subject_type: u16,
    pub(crate) status: MemberStatus,
    pub(crate) locked: bool,
}

impl View {
    /// A view without resources or members, of a tenant that runs this policy.
    pub fn new(policy: Arc<Policy>, head: Head) -> Self {
        let types = policy.types().len();
        Self {
            policy,
            head,
            passed_end: Timestamp::default(),
            nodes: Vec::new(),
            node_index: RowIndex::default(),
            free_nodes: Vec::new(),
            nodes_by_type: vec![Vec::new(); types],
            deleted: HashMap::default(),
            members: Vec::new(),
            member_index: RowIndex::default(),
            free_members: Vec::new(),
            subject_types: Vec::new(),
            teams: HashMap::default(),
            inner_teams: HashMap::default(),
            expirations: Expirations::default(),
            holder_counts: HashMap::default(),
        }
    }

    /// The revision at which the facts are.
    pub fn revision(&self) -> Revision {
        self.head.revision
    }

    /// The commit at which the facts are.
    pub fn head(&self) -> Head {
        self.head
    }

    /// The moment that answers from these facts are of.
    pub fn moment(&self) -> Moment {
        Moment { passed_end: self.passed_end, ..self.head.moment() }
    }

    /// The policy that the tenant runs, for whoever keeps it longer than the view.
    pub fn policy_handle(&self) -> &Arc<Policy> {
        &self.policy
    }

    /// The row of the member that a subject is.
    pub(crate) fn find_member(&self, subject: SubjectRef<'_>) -> Option<u32> {
        let subject_type = self.find_subject_type(subject.kind)?;
        self.member_index.find((subject_type, subject.id), |row| {
            let member = self.members.get(row as usize);
            member.is_some_and(|member| member.subject_type == subject_type && *member.id == *subject.id)
        })
    }

    /// The position of a subject type; none if no member is of that type.
    pub(crate) fn find_subject_type(&self, name: &str) -> Option<u16> {
        let position = self.subject_types.iter().position(|known| *known.name == *name);
        position.and_then(|position| u16::try_from(position).ok())
    }

    /// The key by which the index of members finds the member of a row.
    pub(crate) fn member_key<'a>(members: &'a [MemberRow]) -> impl Fn(u32) -> (u16, &'a str) {
        |row| members.get(row as usize).map_or((0, ""), |member| (member.subject_type, &*member.id))
    }

    /// The key by which the index of nodes finds the node of a row.
    pub(crate) fn node_key<'a>(nodes: &'a [NodeRow]) -> impl Fn(u32) -> (TypeId, &'a str) {
        |row| nodes.get(row as usize).map_or((TypeId::default(), ""), |node| (node.resource_type, &*node.id))
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
    /// The roles that are bound to the member at one node.
    pub(crate) fn roles_at(&self, node: Node) -> impl Iterator<Item = RoleId> {
        let start = self.assignments.partition_point(|assignment| assignment.node < node);
        let rest = self.assignments.get(start..).unwrap_or_default();
        rest.iter().take_while(move |assignment| assignment.node == node).map(|assignment| assignment.role)
    }
}

impl Facts for View {
    fn policy(&self) -> &Policy {
        &self.policy
    }

    fn root(&self) -> Node {
        Node(0)
    }

    fn find(&self, resource_type: TypeId, id: &str) -> Option<Node> {
        let found = self.node_index.find((resource_type, id), |row| {
            let node = self.nodes.get(row as usize);
            node.is_some_and(|node| node.resource_type == resource_type && *node.id == *id)
        });
        found.map(Node)
    }

    fn is_deleted(&self, resource_type: TypeId, id: &str) -> bool {
        self.deleted.get(&resource_type).is_some_and(|ids| ids.contains(id))
    }

    fn resource(&self, node: Node) -> ResourceState<'_> {
        let row = self.node(node);
        ResourceState {
            resource_type: row.resource_type,
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
        let kind = self.subject_types.get(usize::from(row.subject_type)).map_or("", |known| &*known.name);
        SubjectRef { kind, id: &row.id }
    }

    fn takes_subject_type(&self, kind: &str) -> bool {
        self.find_subject_type(kind).is_some() || self.subject_types.len() < MAX_SUBJECT_TYPES
    }

    fn each_member<'f>(&'f self, visit: &mut dyn FnMut(SubjectRef<'f>, MemberState)) {
        for (row, member) in (0..).zip(&self.members) {
            // The row of a member who was removed has no id.
            if let Some(kind) =
                self.subject_types.get(usize::from(member.subject_type)).filter(|_| !member.id.is_empty())
            {
                let state = MemberState { member: MemberKey(row), status: member.status, locked: member.locked };
                visit(SubjectRef { kind: &kind.name, id: &member.id }, state);
            }
        }
    }

    fn assigned_roles(&self, member: MemberKey, node: Node) -> Mask {
        self.member(member).roles_at(node).map(RoleId::mask).collect()
    }

    fn counting_roles(&self, member: MemberKey, node: Node) -> Mask {
        if !self.may_count(member.0) {
            return Mask::EMPTY;
        }
        let is_permanent = |role: &RoleId| self.is_permanent(member.0, Assignment { node, role: *role });
        self.member(member).roles_at(node).filter(is_permanent).map(RoleId::mask).collect()
    }

    fn role_expiry(&self, member: MemberKey, node: Node, role: RoleId) -> Option<Timestamp> {
        self.expirations.expiry_of(member.0, Assignment { node, role })
    }

    fn teams(&self, member: MemberKey) -> &[MemberKey] {
        if self.teams.is_empty() { &[] } else { self.teams.get(&member.0).map_or(&[], |teams| teams) }
    }

    fn inner_teams(&self, team: MemberKey) -> &[MemberKey] {
        self.inner_teams.get(&team.0).map_or(&[], Vec::as_slice)
    }

    fn everybody(&self, kind: &str) -> Option<MemberKey> {
        self.subject_types.iter().find(|known| *known.name == *kind)?.everybody
    }

    fn each_assignment(&self, member: MemberKey, visit: &mut dyn FnMut(Node, Mask)) {
        for group in self.member(member).assignments.chunk_by(|a, b| a.node == b.node) {
            if let Some(first) = group.first() {
                visit(first.node, group.iter().map(|assignment| assignment.role.mask()).collect());
            }
        }
    }

    fn resources_of_type(&self, resource_type: TypeId) -> &[Node] {
        self.nodes_by_type.get(usize::from(resource_type)).map_or(&[], Vec::as_slice)
    }

    fn counted_holders(&self, node: Node, role: RoleId) -> u32 {
        self.holder_counts.get(&(node, role)).copied().unwrap_or(0)
    }

    fn next_expiry(&self) -> Option<Timestamp> {
        self.expirations.next_expiry()
    }
}
