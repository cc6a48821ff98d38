//! A tenant in which every cell of a guide can be asked: of each type a resource `here` and another one `there`, and of
//! types with owners, at each place, one for each column to own and one of somebody else.

use std::sync::Arc;

use rollcall_engine::Snapshot as _;
use rollcall_engine::{
    Facts as _, Loading, MemberStatus, MembershipWrite, Node, Policy, PolicySet, ResourceRef, ResourceType, Revision,
    RoleId, Stated, Subject, Tenant, Timestamp, View, WriteKind, decide, locate, permit,
};

use super::{Ask, Column, Whom};

const ROOT: &str = "root";
const IDLE: &str = "idle";
const LOCKED: &str = "locked";
const GONE: &str = "gone";

/// Where a cell is asked.
#[derive(Clone, Debug)]
pub struct Spot {
    pub id: String,
    /// Whether a column holds its roles here, or above.
    pub here: bool,
    /// Whether it is the column's own.
    pub own: bool,
}

pub struct Scene {
    view: View,
    policy: Arc<Policy>,
}

impl Scene {
    /// Who may do nothing in any product: no member, and an invited and a deactivated holder of everything.
    pub const OUTSIDERS: [&str; 3] = ["new", "invited to all", "out of all"];

    pub fn new(policy: Policy, columns: &[Column]) -> Self {
        let name = policy.name().to_owned();
        let mut library = PolicySet::default();
        library.insert(policy);
        let policy = Arc::clone(library.newest(&name).unwrap());
        let mut building = Building { policy: &policy, loading: Loading::new(&library), places: Vec::new() };
        building.tenant();
        for of in policy.types().iter().filter(|of| of.parent().is_some() && !of.has_member_records()) {
            building.resources_of(of, columns);
        }
        building.people(columns);
        let view = building.loading.finish().unwrap().unwrap();
        Self { view, policy }
    }

    /// The resources of a type that somebody is asked about.
    pub fn spots(&self, of: &str, column: &str) -> Vec<Spot> {
        let of = self.policy.find_type(of).unwrap();
        let spot = |id: String, here, own| Spot { id, here, own };
        if of.parent().is_none() {
            return vec![spot(ROOT.to_owned(), true, false)];
        }
        if of.has_member_records() {
            return vec![spot(column.to_owned(), true, true), spot(IDLE.to_owned(), true, false)];
        }
        let above_is_root = of.parent() == Some(self.policy.root().id());
        let mut spots = Vec::new();
        for place in places(of, above_is_root) {
            let here = *place != "there";
            if of.is_owned() {
                spots.push(spot(format!("{column} {place}"), here, true));
                spots.push(spot(format!("{IDLE} {place}"), here, false));
            } else {
                spots.push(spot((*place).to_owned(), here, false));
            }
        }
        spots
    }

    pub fn allows(&self, who: &str, spot: &Spot, ask: Ask) -> bool {
        let actor = Subject::user(who);
        let of = self.policy.find_type(ask.of()).unwrap();
        match ask {
            Ask::Act(_, action) => {
                let target = locate(&self.view, of, &spot.id, Stated::default());
                decide(&self.view, actor.as_ref(), of.find_action(action).unwrap(), target).allowed()
            }
            Ask::Write(_, verb, to, whom) => {
                let target = match whom {
                    Whom::New => Subject::user("somebody new"),
                    Whom::Idle => Subject::user(IDLE),
                    Whom::Locked => Subject::user(LOCKED),
                    Whom::Gone => Subject::user(GONE),
                    Whom::Oneself => actor.clone(),
                    Whom::Holder(role) => Subject::user(role),
                    Whom::Invited(role) => Subject::user(format!("{role}, invited")),
                };
                let node = self.view.find(of.id(), &spot.id).unwrap();
                let to = match to {
                    Some(to) => Some(self.policy.find_role(of, to).unwrap().id()),
                    None if verb == WriteKind::Change => self.another(of, node, &target),
                    None => None,
                };
                permit(
                    &self.view,
                    actor.as_ref(),
                    node,
                    target.as_ref(),
                    MembershipWrite { kind: verb, from: None, to, expires_at: None, changes_expiry: false },
                )
                .is_ok()
            }
        }
    }

    /// A role that somebody does not hold at a resource.
    fn another(&self, of: &ResourceType, node: Node, target: &Subject) -> Option<RoleId> {
        let standing = self.view.member_state(target.as_ref());
        let bound = standing.map(|standing| self.view.assigned_roles(standing.member, node));
        of.roles().iter().copied().find(|role| bound.is_none_or(|bound| !bound.contains(role.mask())))
    }

    /// Every action of the policy, and every kind of write that it lets anybody do.
    pub fn declared(&self) -> Vec<(&str, &str)> {
        let mut declared: Vec<(&str, &str)> = Vec::new();
        for of in self.policy.types() {
            let verbs = WriteKind::ALL.into_iter().filter(|verb| of.members().of(*verb).next().is_some());
            declared.extend(of.actions().iter().map(|action| (of.name(), action.name())));
            declared.extend(verbs.map(|verb| (of.name(), verb.name())));
        }
        declared
    }
}

/// The places of a type: two, but for what is owned right below the root, which is one place.
fn places(of: &ResourceType, above_is_root: bool) -> &'static [&'static str] {
    if of.is_owned() && above_is_root { &["in the tenant"] } else { &["here", "there"] }
}

struct Building<'a> {
    policy: &'a Policy,
    loading: Loading<'a>,
    /// Every resource with roles of its own: its type, its id, and whether it is `here`.
    places: Vec<(&'a str, String, bool)>,
}

impl<'a> Building<'a> {
    fn tenant(&mut self) {
        let tenant = Tenant {
            id: ROOT.to_owned(),
            display_name: String::new(),
            policy: self.policy.name().to_owned(),
            policy_version: self.policy.version(),
            created_at: Timestamp::default(),
        };
        self.loading.tenant(tenant, Revision(1));
        self.places.push((self.policy.root().name(), ROOT.to_owned(), true));
    }

    fn resources_of(&mut self, of: &'a ResourceType, columns: &[Column]) {
        let above = self.policy.resource_type(of.parent().unwrap());
        let above_is_root = above.parent().is_none();
        for place in places(of, above_is_root) {
            let parent = ResourceRef { kind: above.name(), id: if above_is_root { ROOT } else { place } };
            let owners: Vec<Option<&str>> = if of.is_owned() {
                columns.iter().map(|column| column.name).chain([IDLE]).chain(Scene::OUTSIDERS).map(Some).collect()
            } else {
                vec![None]
            };
            for owner in owners {
                let id = owner.map_or_else(|| (*place).to_owned(), |owner| format!("{owner} {place}"));
                let owner = owner.map(Subject::user);
                let owner = owner.as_ref().map(Subject::as_ref);
                self.loading.resource(ResourceRef { kind: of.name(), id: &id }, Some(parent), owner, false);
                self.places.push((of.name(), id, *place != "there"));
            }
        }
    }

    fn people(&mut self, columns: &[Column]) {
        for column in columns {
            self.member(column.name, MemberStatus::Active);
            for role in column.holds {
                self.bind(column.name, role, !column.everywhere);
            }
        }
        self.member(IDLE, MemberStatus::Active);
        self.member(GONE, MemberStatus::Deactivated);
        self.loading.member(Subject::user(LOCKED).as_ref(), MemberStatus::Active, true);
        let [_, invited, out] = Scene::OUTSIDERS;
        self.member(invited, MemberStatus::Invited);
        self.member(out, MemberStatus::Deactivated);
        for role in self.policy.roles() {
            let role = self.policy.qualified(role);
            let pending = format!("{role}, invited");
            for (name, status) in [(&role, MemberStatus::Active), (&pending, MemberStatus::Invited)] {
                self.member(name, status);
                self.bind(name, &role, false);
            }
            self.bind(invited, &role, false);
            self.bind(out, &role, false);
        }
    }

    fn member(&mut self, name: &str, status: MemberStatus) {
        self.loading.member(Subject::user(name).as_ref(), status, false);
    }

    /// Gives somebody a role at every resource of its type, or only `here`.
    fn bind(&mut self, name: &str, role: &str, only_here: bool) {
        let (kind, short) = role.split_once('.').unwrap();
        let subject = Subject::user(name);
        for (_, id, _) in self.places.iter().filter(|(of, _, here)| *of == kind && (*here || !only_here)) {
            self.loading.binding(subject.as_ref(), ResourceRef { kind, id }, short, None);
        }
    }
}
