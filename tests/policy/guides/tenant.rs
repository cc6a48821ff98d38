//! A tenant in which every cell of a guide can be asked about: of each type a resource `here` and another one `there`,
//! and of types with owners, beside each of them, one for each column to own and one of somebody else.

use std::sync::Arc;

use rollcall_engine::{
    Facts as _, MemberStatus, MembershipWrite, Node, Policy, Question, ResourceType, RoleId, StatedFacts, Subject,
    View, WriteKind, decide, locate, permit,
};

use super::table::{Column, GuideOperation, Whom};
use crate::description::{TenantFixture, tenant_under};

const ROOT: &str = "root";
const NO_ROLES: &str = "no roles";
const LOCKED: &str = "locked";
const DEACTIVATED: &str = "deactivated";

/// A resource that a cell is asked about.
#[derive(Clone, Debug)]
pub struct CellResource {
    pub id: String,
    /// Whether a column holds its roles here, or above.
    pub has_roles: bool,
    /// Whether it is the column's own.
    pub is_own: bool,
}

pub struct GuideTenant {
    view: View,
    policy: Arc<Policy>,
}

impl GuideTenant {
    /// Who may do nothing in any product: no member, and an invited and a deactivated holder of everything.
    pub const OUTSIDERS: [&str; 3] = ["new", "invited to all", "out of all"];

    pub fn new(policy: Policy, columns: &[Column]) -> Self {
        let policy = Arc::new(policy);
        let fixture = tenant_under(Arc::clone(&policy)).named(ROOT);
        let resources = vec![(policy.root().name(), ROOT.to_owned(), true)];
        let mut builder = TenantBuilder { policy: &policy, fixture, resources };
        for resource_type in policy.types() {
            if resource_type.parent().is_some() && !resource_type.has_member_records() {
                builder.add_resources(resource_type, columns);
            }
        }
        builder.add_members(columns);
        Self { view: builder.fixture.facts(), policy }
    }

    /// The resources of a type that a column is asked about.
    pub fn resources(&self, resource_type: &str, column: &str) -> Vec<CellResource> {
        let resource_type = self.policy.find_type(resource_type).unwrap();
        let resource = |id: String, has_roles, is_own| CellResource { id, has_roles, is_own };
        if resource_type.parent().is_none() {
            return vec![resource(ROOT.to_owned(), true, false)];
        }
        if resource_type.has_member_records() {
            return vec![resource(column.to_owned(), true, true), resource(NO_ROLES.to_owned(), true, false)];
        }
        let below_root = resource_type.parent() == Some(self.policy.root().id());
        let mut resources = Vec::new();
        for branch in branches(resource_type, below_root) {
            let has_roles = *branch != "there";
            if resource_type.is_owned() {
                resources.push(resource(format!("{column} {branch}"), has_roles, true));
                resources.push(resource(format!("{NO_ROLES} {branch}"), has_roles, false));
            } else {
                resources.push(resource((*branch).to_owned(), has_roles, false));
            }
        }
        resources
    }

    /// Whether the user of this id may do an operation at a resource.
    pub fn allows(&self, user: &str, resource: &CellResource, operation: GuideOperation) -> bool {
        let actor = Subject::user(user);
        let resource_type = self.policy.find_type(operation.resource_type()).unwrap();
        match operation {
            GuideOperation::Act(_, action) => {
                let target = locate(&self.view, resource_type, &resource.id, StatedFacts::default());
                let action = resource_type.find_action(action).unwrap();
                decide(&self.view, &Question::new(actor.as_ref(), action, target)).allowed()
            }
            GuideOperation::Write(_, kind, to, whom) => {
                let target = match whom {
                    Whom::New => Subject::user("somebody new"),
                    Whom::NoRoles => Subject::user(NO_ROLES),
                    Whom::Locked => Subject::user(LOCKED),
                    Whom::Deactivated => Subject::user(DEACTIVATED),
                    Whom::Oneself => actor.clone(),
                    Whom::Holder(role) => Subject::user(role),
                    Whom::Invited(role) => Subject::user(format!("{role}, invited")),
                };
                let node = self.view.find(resource_type.id(), &resource.id).unwrap();
                let to = match to {
                    Some(to) => Some(self.policy.find_role(resource_type, to).unwrap().id()),
                    None if kind == WriteKind::Change => self.another_role(resource_type, node, &target),
                    None => None,
                };
                let write = MembershipWrite { from: None, to, ..MembershipWrite::plain(kind) };
                permit(&self.view, actor.as_ref(), node, target.as_ref(), write).is_ok()
            }
        }
    }

    /// A role that somebody does not hold at a resource.
    fn another_role(&self, resource_type: &ResourceType, node: Node, target: &Subject) -> Option<RoleId> {
        let state = self.view.member_state(target.as_ref());
        let assigned = state.map(|state| self.view.assigned_roles(state.member, node));
        let is_other = |role: &RoleId| assigned.is_none_or(|assigned| !assigned.contains(role.mask()));
        resource_type.roles().iter().copied().find(is_other)
    }

    /// Every action of the policy, and every kind of write that it lets anybody do, each with its type.
    pub fn declared(&self) -> Vec<(&str, &str)> {
        let mut declared: Vec<(&str, &str)> = Vec::new();
        for resource_type in self.policy.types() {
            let kinds =
                WriteKind::ALL.into_iter().filter(|kind| resource_type.members().of_kind(*kind).next().is_some());
            declared.extend(resource_type.actions().iter().map(|action| (resource_type.name(), action.name())));
            declared.extend(kinds.map(|kind| (resource_type.name(), kind.name())));
        }
        declared
    }
}

/// Where resources of a type are: `here` and `there`. What is owned and right below the root is in one place.
fn branches(resource_type: &ResourceType, below_root: bool) -> &'static [&'static str] {
    if resource_type.is_owned() && below_root { &["in the tenant"] } else { &["here", "there"] }
}

struct TenantBuilder<'a> {
    policy: &'a Policy,
    fixture: TenantFixture,
    /// Every resource: its type, its id, and whether it is `here`.
    resources: Vec<(&'a str, String, bool)>,
}

impl<'a> TenantBuilder<'a> {
    fn add_resources(&mut self, resource_type: &'a ResourceType, columns: &[Column]) {
        let parent_type = self.policy.resource_type(resource_type.parent().unwrap());
        let below_root = parent_type.parent().is_none();
        for branch in branches(resource_type, below_root) {
            let parent = format!("{}:{}", parent_type.name(), if below_root { ROOT } else { *branch });
            let owners: Vec<Option<&str>> = if resource_type.is_owned() {
                let columns = columns.iter().map(|column| column.name);
                columns.chain([NO_ROLES]).chain(GuideTenant::OUTSIDERS).map(Some).collect()
            } else {
                vec![None]
            };
            for owner in owners {
                let id = owner.map_or_else(|| (*branch).to_owned(), |owner| format!("{owner} {branch}"));
                self.describe(|fixture| {
                    let fixture = fixture.resource_in(&format!("{}:{id}", resource_type.name()), &parent);
                    match owner {
                        Some(owner) => fixture.owned_by(owner),
                        None => fixture,
                    }
                });
                self.resources.push((resource_type.name(), id, *branch != "there"));
            }
        }
    }

    fn add_members(&mut self, columns: &[Column]) {
        for column in columns {
            self.add_member(column.name, MemberStatus::Active);
            for role in column.roles {
                self.assign(column.name, role, !column.everywhere);
            }
        }
        self.add_member(NO_ROLES, MemberStatus::Active);
        self.add_member(DEACTIVATED, MemberStatus::Deactivated);
        self.add_member(LOCKED, MemberStatus::Active);
        self.describe(|fixture| fixture.locked(LOCKED));
        let [_, invited, deactivated] = GuideTenant::OUTSIDERS;
        self.add_member(invited, MemberStatus::Invited);
        self.add_member(deactivated, MemberStatus::Deactivated);
        for role in self.policy.roles() {
            let role = self.policy.qualified(role);
            let pending = format!("{role}, invited");
            for (name, status) in [(&role, MemberStatus::Active), (&pending, MemberStatus::Invited)] {
                self.add_member(name, status);
                self.assign(name, &role, false);
            }
            self.assign(invited, &role, false);
            self.assign(deactivated, &role, false);
        }
    }

    fn add_member(&mut self, name: &str, status: MemberStatus) {
        self.describe(|fixture| fixture.member(name, status));
    }

    /// Assigns a role to somebody at every resource of its type, or only `here`.
    fn assign(&mut self, name: &str, role: &str, only_here: bool) {
        let (type_name, role_name) = role.split_once('.').unwrap();
        let resources: Vec<String> = self
            .resources
            .iter()
            .filter(|(resource_type, _, is_here)| *resource_type == type_name && (*is_here || !only_here))
            .map(|(_, id, _)| format!("{type_name}:{id}"))
            .collect();
        for resource in resources {
            self.describe(|fixture| fixture.role(name, &resource, role_name));
        }
    }

    fn describe(&mut self, step: impl FnOnce(TenantFixture) -> TenantFixture) {
        let empty = tenant_under(Arc::clone(&self.fixture.policy));
        self.fixture = step(std::mem::replace(&mut self.fixture, empty));
    }
}
