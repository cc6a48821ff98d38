//! One random tenant, decided by the engine and by the reference interpreter: every action and every kind of write.

use std::sync::Arc;

use rollcall_engine::{
    Facts, MembershipWrite, Node, Policy, Question, ResourceKey, ResourceRef, ResourceType, RoleId, Search,
    StatedFacts, Subject, View, WriteKind, decide, explain, find_rule, locate,
};

use super::{
    interpreter::ActionTarget,
    policy::ROOT,
    tenant::{RandomTenant, Resource},
};
use crate::description::tenant_under;

/// The id of what is not registered, but stated.
const NEW: &str = "new";

/// How often both were asked, and how often both said yes.
#[derive(Clone, Copy, Default)]
pub struct Counts {
    pub questions: usize,
    pub granted: usize,
}

impl Counts {
    fn count(&mut self, granted: bool) {
        self.questions += 1;
        self.granted += usize::from(granted);
    }
}

/// A tenant twice, with the text of its policy for messages.
pub struct Comparison<'a> {
    tenant: &'a RandomTenant,
    view: View,
    text: &'a str,
}

impl<'a> Comparison<'a> {
    pub fn new(policy: Policy, tenant: &'a RandomTenant, text: &'a str) -> Self {
        Self { tenant, view: view(Arc::new(policy), tenant), text }
    }

    fn resource_type(&self, type_index: usize) -> &ResourceType {
        self.view.policy().find_type(&format!("t{type_index}")).unwrap()
    }

    fn node(&self, resource: usize) -> Node {
        let Resource { type_index, id, .. } = &self.tenant.resources[resource];
        self.view.find(self.resource_type(*type_index).id(), id).unwrap()
    }

    fn role(&self, role: usize) -> RoleId {
        let resource_type = self.resource_type(self.tenant.policy.roles[role].type_index);
        self.view.policy().find_role(resource_type, &format!("r{role}")).unwrap().id()
    }

    /// What actions of a type are asked about, each with the id that the question has.
    fn targets(&self, type_index: usize) -> Vec<(String, ActionTarget)> {
        let (tenant, random_type) = (self.tenant, &self.tenant.policy.types[type_index]);
        if random_type.member_records {
            let records = tenant.subjects.iter().filter(|subject| subject.kind == "user").map(|subject| {
                let known = tenant.member(subject).is_some();
                let target = if known { ActionTarget::MemberRecord(subject.clone()) } else { ActionTarget::Unknown };
                (subject.id.clone(), target)
            });
            return records.collect();
        }
        let mut targets = vec![("nowhere".to_owned(), ActionTarget::Unknown)];
        for (at, resource) in tenant.resources.iter().enumerate() {
            if resource.type_index == type_index {
                targets.push((resource.id.clone(), ActionTarget::Registered(at)));
            }
            if tenant.policy.ancestors(type_index)[1..].contains(&resource.type_index) {
                let owner = (at % 2 == 0).then(|| tenant.subjects[0].clone());
                targets.push((NEW.to_owned(), ActionTarget::Stated(at, owner)));
            }
        }
        targets
    }

    /// Compares every action for every subject and target.
    pub fn compare_actions(&self) -> Counts {
        let mut counts = Counts::default();
        for (type_index, random_type) in self.tenant.policy.types.iter().enumerate() {
            for index in 0..random_type.actions.len() {
                for subject in &self.tenant.subjects {
                    for (id, target) in self.targets(type_index) {
                        let expected = self.tenant.decide(subject, type_index, index, &target);
                        let found = self.decide(subject, type_index, index, &id, &target);
                        assert_eq!(found, expected, "{subject} a{index} {target:?} of t{type_index}\n{}", self.text);
                        counts.count(found);
                    }
                    self.compare_list(subject, type_index, index);
                }
            }
        }
        counts
    }

    /// The engine's decision, which its explanation must agree with.
    fn decide(&self, subject: &Subject, type_index: usize, index: usize, id: &str, target: &ActionTarget) -> bool {
        let resource_type = self.resource_type(type_index);
        let action = resource_type.find_action(&format!("a{index}")).unwrap();
        let (parents, owner) = match target {
            ActionTarget::Stated(above, owner) => (self.stated_parents(type_index, *above), owner.as_ref()),
            _ => (Vec::new(), None),
        };
        let parents: Vec<ResourceRef<'_>> = parents.iter().map(ResourceKey::as_ref).collect();
        let stated = StatedFacts { parents: &parents, owner: owner.map(Subject::as_ref) };
        let target = locate(&self.view, resource_type, id, stated);
        let question = Question::new(subject.as_ref(), action, target);
        let decision = decide(&self.view, &question);
        let named = ResourceKey::new(resource_type.name(), id);
        let explained = explain(&self.view, &question, resource_type, &named, &decision);
        assert_eq!(explained.summary.contains("may not"), !decision.allowed(), "{}", explained.summary);
        decision.allowed()
    }

    /// What is stated above a resource of a type that is not registered, up to a resource that is.
    fn stated_parents(&self, type_index: usize, above: usize) -> Vec<ResourceKey> {
        let registered = self.tenant.resources[above].type_index;
        let ancestors = self.tenant.policy.ancestors(type_index).into_iter().skip(1);
        let between = ancestors.take_while(|parent| *parent != registered);
        let between = between.map(|parent| ResourceKey::new(format!("t{parent}"), NEW));
        between.chain([key(self.tenant, above)]).collect()
    }

    /// A list of resources is what the single questions come to.
    fn compare_list(&self, subject: &Subject, type_index: usize, index: usize) {
        let resource_type = self.resource_type(type_index);
        let action = resource_type.find_action(&format!("a{index}")).unwrap();
        let mut search = Search::new(&self.view, subject.as_ref(), (resource_type, action), None, 100);
        let (nodes, more) = loop {
            if let Some((nodes, more)) = search.advance(&self.view, action, 2) {
                break (nodes.to_vec(), more);
            }
        };
        let found: Vec<&str> = nodes.iter().map(|node| self.view.id(*node)).collect();
        let allowed = |(at, resource): &(usize, &Resource)| {
            resource.type_index == type_index
                && self.tenant.decide(subject, type_index, index, &ActionTarget::Registered(*at))
        };
        let mut expected: Vec<&str> = Vec::new();
        if !self.tenant.policy.types[type_index].member_records {
            expected.extend(self.tenant.resources.iter().enumerate().filter(allowed).map(|(_, it)| it.id.as_str()));
        }
        expected.sort_unstable();
        assert!(!more);
        assert_eq!(found, expected, "{subject} a{index} of t{type_index}\n{}", self.text);
    }

    /// Compares writes at every resource, by every actor, to everybody but the operator.
    pub fn compare_writes(&self) -> Counts {
        let mut counts = Counts::default();
        for (resource, Resource { type_index, .. }) in self.tenant.resources.iter().enumerate() {
            let roles = self.tenant.policy.roles_of(*type_index);
            let (first, last) = (roles[0], roles[roles.len() - 1]);
            for actor in &self.tenant.subjects {
                for target in &self.tenant.subjects[..self.tenant.subjects.len() - 1] {
                    for (kind, from, to) in [
                        (WriteKind::Invite, None, Some(first)),
                        (WriteKind::Invite, None, Some(last)),
                        (WriteKind::Change, Some(first), Some(last)),
                        (WriteKind::Change, Some(last), Some(first)),
                        (WriteKind::Remove, Some(first), None),
                        (WriteKind::Remove, Some(last), None),
                        (WriteKind::Lock, None, None),
                    ] {
                        // Members are locked at the root.
                        if kind == WriteKind::Lock && resource != ROOT {
                            continue;
                        }
                        let expected = self.tenant.permit(actor, kind, target, resource, (from, to));
                        let write = self.membership_write(kind, from, to);
                        let node = self.node(resource);
                        let found = find_rule(&self.view, actor.as_ref(), node, target.as_ref(), write);
                        assert_eq!(
                            found.is_ok(),
                            expected,
                            "{actor} {write:?} {target} at {}: {found:?}\n{}",
                            key(self.tenant, resource),
                            self.text
                        );
                        counts.count(found.is_ok());
                    }
                }
            }
        }
        counts
    }

    fn membership_write(&self, kind: WriteKind, from: Option<usize>, to: Option<usize>) -> MembershipWrite {
        let (from, to) = (from.map(|role| self.role(role)), to.map(|role| self.role(role)));
        MembershipWrite { from, to, ..MembershipWrite::plain(kind) }
    }
}

fn view(policy: Arc<Policy>, tenant: &RandomTenant) -> View {
    let mut fixture = tenant_under(policy);
    for (at, resource) in tenant.resources.iter().enumerate().filter(|(at, _)| *at != ROOT) {
        let parent = key(tenant, resource.parent.expect("all but the root have a parent"));
        fixture = fixture.resource_in(&key(tenant, at).to_string(), &parent.to_string());
        if let Some(owner) = &resource.owner {
            fixture = fixture.owned_by(&owner.to_string());
        }
        if resource.archived {
            fixture = fixture.archived();
        }
    }
    for member in &tenant.members {
        let subject = member.subject.to_string();
        fixture = fixture.member(&subject, member.status);
        if member.locked {
            fixture = fixture.locked(&subject);
        }
        for (resource, role) in &member.assigned_roles {
            fixture = fixture.role(&subject, &key(tenant, *resource).to_string(), &format!("r{role}"));
        }
    }
    fixture.facts()
}

fn key(tenant: &RandomTenant, resource: usize) -> ResourceKey {
    let Resource { type_index, id, .. } = &tenant.resources[resource];
    ResourceKey::new(format!("t{type_index}"), id)
}
