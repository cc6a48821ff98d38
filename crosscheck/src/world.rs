//! A random tenant and random requests about it, from which the input of both engines is made.

use rollcall_engine::{EVERYBODY, MemberStatus, ResourceKey, Subject, kind};

use crate::{
    model::{Model, Role, Type},
    random::Random,
};

/// The id of the tenant, and of its root resource.
pub const TENANT: &str = "acme";
const NOWHERE: &str = "nowhere";
const USERS: usize = 8;
const OF_EACH_TYPE: usize = 3;

/// A tenant, and what callers may state beside it.
pub struct World {
    /// The members: users, and one of each other kind; then the teams, and everybody where roles can be published.
    pub members: Vec<Member>,
    /// Every resource that can be found; the root comes first, and each comes after its parent.
    pub nodes: Vec<Node>,
    /// The bindings: the index of the member, the role (`job_site.editor`), and the index of the node.
    pub bindings: Vec<(usize, String, usize)>,
}

/// A member of the tenant.
pub struct Member {
    /// The subject who is the member; unique.
    pub subject: Subject,
    /// Active, invited or deactivated.
    pub status: MemberStatus,
    /// Whether they are locked.
    pub locked: bool,
}

impl Member {
    fn active(subject: Subject) -> Self {
        Self { subject, status: MemberStatus::Active, locked: false }
    }
}

/// A resource that can be found.
pub struct Node {
    /// Its type and id.
    pub key: ResourceKey,
    /// The index of its parent; none for the root, and for one whose type of parent has no resource.
    pub parent: Option<usize>,
    /// Its owner, registered or stated; need not be a member.
    pub owner: Option<Subject>,
    /// Whether it is archived itself.
    pub archived: bool,
    /// How the engines come to know it.
    pub lookup: Lookup,
}

/// How an engine comes to know a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lookup {
    /// It is registered.
    Registered,
    /// Whoever asks states its parent and owner.
    Stated,
    /// It is a member's record.
    Record,
}

/// A request: may the subject do the action on the resource?
#[derive(Debug)]
pub struct CheckRequest {
    /// Who would act; need not be a member.
    pub subject: Subject,
    /// The name of an action of the resource's type.
    pub action: String,
    /// What it would be done to; need not exist.
    pub resource: ResourceKey,
    /// The parent that the request states, if any; one with an empty id is the root.
    pub stated_parent: Option<ResourceKey>,
    /// The owner that the request states, if any.
    pub stated_owner: Option<Subject>,
}

impl World {
    /// A random tenant of this model.
    ///
    /// # Errors
    /// When the model has no root type.
    pub fn random(model: &Model, random: &mut Random) -> Result<Self, String> {
        let mut world = Self { members: members(random), nodes: Vec::new(), bindings: Vec::new() };
        let root = ResourceKey::new(&model.root()?.name, TENANT);
        world.nodes.push(Node { key: root, parent: None, owner: None, archived: false, lookup: Lookup::Registered });
        let mut rest: Vec<&Type> = model.types.iter().filter(|resource_type| resource_type.parent.is_some()).collect();
        // Types from the top down, so that there is something to hang each resource from.
        rest.sort_by_key(|resource_type| model.ancestors(resource_type).count());
        for resource_type in rest {
            if resource_type.member_records {
                world.add_records(resource_type);
            } else {
                world.add_nodes(resource_type, random);
            }
        }
        world.add_teams(model);
        if model.types.iter().any(|resource_type| resource_type.members.contains_key("publish")) {
            world.members.push(Member::active(Subject::user(EVERYBODY)));
        }
        world.bind(model, random);
        Ok(world)
    }

    fn add_teams(&mut self, model: &Model) {
        let is_team = |node: &&Node| model.is_team_type(&node.key.kind) && node.lookup == Lookup::Registered;
        let teams = self.nodes.iter().filter(is_team).map(|node| Subject::new(&node.key.kind, node.key.id.as_str()));
        self.members.extend(teams.map(Member::active));
    }

    fn add_records(&mut self, resource_type: &Type) {
        for member in self.members.iter().filter(|member| member.subject.kind == kind::USER) {
            let key = ResourceKey::new(&resource_type.name, member.subject.id.as_str());
            let node = Node { key, parent: Some(0), owner: None, archived: false, lookup: Lookup::Record };
            self.nodes.push(node);
        }
    }

    fn add_nodes(&mut self, resource_type: &Type, random: &mut Random) {
        let is_parent =
            |node: &Node| node.lookup == Lookup::Registered && Some(&node.key.kind) == resource_type.parent.as_ref();
        let parents: Vec<usize> =
            self.nodes.iter().enumerate().filter(|(_, node)| is_parent(node)).map(|(at, _)| at).collect();
        for (lookup, word) in [(Lookup::Registered, "is"), (Lookup::Stated, "said")] {
            for number in 0..OF_EACH_TYPE {
                let node = Node {
                    key: ResourceKey::new(&resource_type.name, format!("{word}-{number}")),
                    parent: random.pick(&parents).copied(),
                    owner: if random.percent(75) { Some(self.any_subject(random)) } else { None },
                    archived: lookup == Lookup::Registered && random.percent(20),
                    lookup,
                };
                self.nodes.push(node);
            }
        }
    }

    fn bind(&mut self, model: &Model, random: &mut Random) {
        for member in 0..self.members.len() {
            for at in self.registered() {
                let roles = self.roles_for(model, member, at);
                let (chance, second) = if at == 0 { (45, 10) } else { (25, 10) };
                if random.percent(chance) {
                    let count = 1 + usize::from(random.percent(second));
                    let assigned_roles = (0..count).filter_map(|_| random.pick(&roles));
                    self.bindings.extend(assigned_roles.map(|role| (member, role.name.clone(), at)));
                }
            }
        }
    }

    /// The roles that a member may be bound to at a node. A team is in those teams alone that come before it, so that
    /// there is no circle; and everybody is in none, for nobody belongs to a team by that.
    fn roles_for<'m>(&self, model: &'m Model, member: usize, at: usize) -> Vec<&'m Role> {
        let (Some(member), Some(node)) = (self.members.get(member), self.nodes.get(at)) else { return Vec::new() };
        let roles = model.find(&node.key.kind).map(|resource_type| resource_type.roles.iter()).into_iter().flatten();
        let at_team = model.is_team_type(&node.key.kind);
        if model.is_team_type(&member.subject.kind) {
            let own = self.nodes.iter().position(|node| is_same(&node.key, &member.subject));
            return roles.filter(|role| role.for_teams && (!at_team || own.is_some_and(|own| at < own))).collect();
        }
        roles.filter(|_| !(at_team && member.subject.id == EVERYBODY)).collect()
    }

    /// The indices of the registered nodes.
    pub fn registered(&self) -> Vec<usize> {
        let is_registered = |(_, node): &(usize, &Node)| node.lookup == Lookup::Registered;
        self.nodes.iter().enumerate().filter(is_registered).map(|(at, _)| at).collect()
    }

    /// A node and those above it, each with its index.
    pub fn ancestors(&self, from: usize) -> impl Iterator<Item = (usize, &Node)> {
        let node = |at: usize| self.nodes.get(at).map(|node| (at, node));
        std::iter::successors(node(from), move |(_, below)| below.parent.and_then(node))
    }

    /// A subject: mostly a member, at times a stranger or an operator.
    pub fn any_subject(&self, random: &mut Random) -> Subject {
        let member = random.pick(&self.members).map(|member| member.subject.clone());
        match random.below(100) {
            0..5 => Subject::user("stranger"),
            5..12 => Subject::new(kind::OPERATOR, "u0"),
            _ => member.unwrap_or_else(|| Subject::user("stranger")),
        }
    }

    /// A random request; none when the model has no actions.
    pub fn request(&self, model: &Model, random: &mut Random) -> Option<CheckRequest> {
        let actions: Vec<(&Type, &str)> = model
            .types
            .iter()
            .flat_map(|resource_type| resource_type.actions.iter().map(move |action| (resource_type, &*action.name)))
            .collect();
        let (resource_type, action) = random.pick(&actions)?;
        let mut request = CheckRequest {
            subject: self.any_subject(random),
            action: (*action).to_owned(),
            resource: ResourceKey::new(&resource_type.name, NOWHERE),
            stated_parent: None,
            stated_owner: None,
        };
        let nodes: Vec<&Node> = self.nodes.iter().filter(|node| node.key.kind == resource_type.name).collect();
        match random.pick(&nodes).filter(|_| random.percent(92)) {
            Some(node) => self.ask_about(node, &mut request, random),
            None => self.ask_about_nothing(resource_type, &mut request, random),
        }
        Some(request)
    }

    fn ask_about(&self, node: &Node, request: &mut CheckRequest, random: &mut Random) {
        request.resource = node.key.clone();
        let owner_or_self =
            if node.lookup == Lookup::Record { Some(Subject::user(node.key.id.as_str())) } else { node.owner.clone() };
        if let Some(owner_or_self) = owner_or_self.filter(|_| random.percent(25)) {
            request.subject = owner_or_self;
        }
        if node.lookup == Lookup::Stated {
            request.stated_owner.clone_from(&node.owner);
            request.stated_parent =
                node.parent.and_then(|parent| self.nodes.get(parent)).map(|parent| parent.key.clone());
            if let Some(parent) = request.stated_parent.as_mut().filter(|key| key.id == TENANT && random.percent(50)) {
                parent.id.clear();
            }
        } else if random.percent(25) {
            // What is stated of a resource that is registered, or of a record, counts for nothing.
            request.stated_owner = Some(request.subject.clone());
            request.stated_parent = random.pick(&self.nodes).map(|node| node.key.clone());
        }
    }

    /// Asks about a resource that does not exist, with no parent, one that is not registered, or one of a wrong type.
    fn ask_about_nothing(&self, resource_type: &Type, request: &mut CheckRequest, random: &mut Random) {
        let unsuitable_parents: Vec<&Node> = self
            .nodes
            .iter()
            .filter(|node| node.lookup != Lookup::Registered || Some(&node.key.kind) != resource_type.parent.as_ref())
            .collect();
        request.stated_owner = Some(request.subject.clone());
        request.stated_parent = match random.below(3) {
            0 => None,
            1 => resource_type.parent.as_ref().map(|kind| ResourceKey::new(kind, NOWHERE)),
            _ => random.pick(&unsuitable_parents).map(|node| node.key.clone()),
        };
    }
}

fn is_same(key: &ResourceKey, subject: &Subject) -> bool {
    key.kind == subject.kind && key.id == subject.id
}

/// Users, and beside them members of other kinds whose ids are the same.
fn members(random: &mut Random) -> Vec<Member> {
    let users = (0..USERS).map(|number| Subject::user(format!("u{number}")));
    let others = [Subject::new(kind::SERVICE, "u1"), Subject::new(kind::EMAIL, "u2")];
    let member = |subject| {
        let status = match random.below(100) {
            0..80 => MemberStatus::Active,
            80..90 => MemberStatus::Invited,
            _ => MemberStatus::Deactivated,
        };
        Member { subject, status, locked: random.percent(15) }
    };
    users.chain(others).map(member).collect()
}
