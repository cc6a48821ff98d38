//! The roles that somebody holds, found by walking down from the root with the texts of random policies: whoever holds a
//! role holds it below, with what it implies there, and at a resource of the role's own type if it reaches down.

#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    unreachable_pub,
    missing_docs,
    reason = "a test fails by panicking, and nobody imports it"
)]

#[path = "stated_parents/random.rs"]
mod random;
mod support;

use std::collections::{BTreeMap, BTreeSet};

use rollcall_engine::{
    Explanation, Facts, MemberKey, MemberStatus, Node, Question, ResourceKey, ResourceRef, StatedFacts, SubjectRef,
    View, ancestor_nodes, decide, explain, locate, name_of,
};
use toml::de::{DeTable, DeValue};

use random::{Random, policy_text, tenant, type_of};
use support::{TenantFacts, compiled, key, subject};

/// The roles of a policy as its text has them, each as `TYPE.ROLE`.
struct RoleTexts {
    implied: BTreeMap<String, Vec<String>>,
    reaching_down: BTreeSet<String>,
}

impl RoleTexts {
    fn read(text: &str) -> Self {
        let table = DeTable::parse(text).unwrap();
        let mut roles = Self { implied: BTreeMap::new(), reaching_down: BTreeSet::new() };
        for (type_name, value) in table.get_ref() {
            let of_type = value.get_ref().as_table().and_then(|table| table.get("roles")?.get_ref().as_table());
            for (role, value) in of_type.into_iter().flatten() {
                let name = format!("{}.{}", type_name.get_ref(), role.get_ref());
                let fields = value.get_ref().as_table().unwrap();
                let implied = fields["implies"].get_ref().as_array().unwrap().iter();
                let implied = implied.map(|name| name.get_ref().as_str().unwrap().to_owned()).collect();
                roles.implied.insert(name.clone(), implied);
                if matches!(fields["reaches_down"].get_ref(), DeValue::Boolean(true)) {
                    roles.reaching_down.insert(name);
                }
            }
        }
        roles
    }

    /// The roles that whoever is one of these principals holds at a resource, of its type and those above.
    fn held_at(&self, view: &View, principals: &[MemberKey], node: Node) -> BTreeSet<String> {
        let policy = view.policy();
        let resource_type = name_of(view, node).kind;
        let above =
            view.resource(node).parent.map_or_else(BTreeSet::new, |parent| self.held_at(view, principals, parent));
        let is_of_type = |role: &String| role.split_once('.').unwrap().0 == resource_type;
        let mut roles: BTreeSet<String> =
            above.into_iter().filter(|role| !is_of_type(role) || self.reaching_down.contains(role)).collect();
        for member in principals {
            roles.extend(policy.roles_in(view.assigned_roles(*member, node)).map(|role| policy.qualified(role)));
        }
        let mut next: Vec<String> = roles.iter().cloned().collect();
        while let Some(role) = next.pop() {
            next.extend(self.implied[&role].iter().filter(|implied| roles.insert((*implied).clone())).cloned());
        }
        let types = policy.ancestors(policy.find_type(resource_type).unwrap());
        roles.retain(|role| types.iter().any(|above| above.name() == role.split_once('.').unwrap().0));
        roles
    }
}

/// The roles that a decision finds somebody to hold, of the target's type and those above.
fn decided(view: &View, who: SubjectRef<'_>, name: &str) -> BTreeSet<String> {
    let policy = view.policy();
    let resource_type = type_of(policy, name);
    let id = key(name).id;
    let target = locate(view, resource_type, &id, StatedFacts::default());
    let decision = decide(view, &Question::new(who, &resource_type.actions()[0], target));
    let types = policy.ancestors(resource_type);
    let roles = policy.roles_in(decision.effective_roles);
    let roles = roles.filter(|role| types.iter().any(|above| above.id() == role.resource_type()));
    roles.map(|role| policy.qualified(role)).collect()
}

/// Whether a role is assigned to one of these principals at a resource or above it.
fn is_assigned(view: &View, principals: &[MemberKey], node: Node, role: &str) -> bool {
    let is_assigned = |(at, member): (Node, &MemberKey)| {
        let mut roles = view.policy().roles_in(view.assigned_roles(*member, at));
        roles.any(|assigned| view.policy().qualified(assigned) == role)
    };
    ancestor_nodes(view, node).flat_map(|at| principals.iter().map(move |member| (at, member))).any(is_assigned)
}

#[test]
fn whoever_holds_a_role_holds_it_below_as_far_as_it_reaches_down() {
    let (mut found, mut implied) = (0, 0);
    for seed in 0..1_000 {
        let random = &mut Random(seed);
        let text = policy_text(random);
        let (policy, roles) = (compiled(&text), RoleTexts::read(&text));
        let (facts, names) = tenant(&policy, random);
        let view = facts.view();
        for who in ["u0", "u1", "u2", "u3"].map(subject) {
            let state = view.member_state(who.as_ref()).unwrap();
            if state.status != MemberStatus::Active || state.locked {
                continue;
            }
            let principals: Vec<MemberKey> = view.everybody("user").into_iter().chain([state.member]).collect();
            for name in &names {
                let node = view.find(type_of(&policy, name).id(), &key(name).id).unwrap();
                let expected = roles.held_at(&view, &principals, node);
                assert_eq!(decided(&view, who.as_ref(), name), expected, "{who} at {name}\n{text}");
                found += expected.len();
                let reaching = expected.iter().filter(|role| roles.reaching_down.contains(*role));
                implied += reaching.filter(|role| !is_assigned(&view, &principals, node, role)).count();
            }
        }
    }
    assert!(implied > 1_000 && implied * 20 > found, "{implied} of {found} roles reach down and are only implied");
}

const FOLDERS: &str = include_str!("edition_1/inheritance.toml");

/// The explanation of a decision about an action on what is stated to be below these.
fn explained(who: &str, action: &str, name: &str, parents: &[&str]) -> Explanation {
    let facts = TenantFacts::of(&compiled(FOLDERS))
        .resource("folder:top", "drive:acme", None, false)
        .active("pia", &[("folder:top", "proprietor")])
        .active("nora", &[]);
    let (view, who, name) = (facts.view(), subject(who), key(name));
    let parents: Vec<ResourceKey> = parents.iter().map(|name| key(name)).collect();
    let parents: Vec<ResourceRef<'_>> = parents.iter().map(ResourceKey::as_ref).collect();
    let resource_type = view.policy().find_type(&name.kind).unwrap();
    let target = locate(&view, resource_type, &name.id, StatedFacts { parents: &parents, owner: None });
    let question = Question::new(who.as_ref(), resource_type.find_action(action).unwrap(), target);
    explain(&view, &question, resource_type, &name, &decide(&view, &question))
}

#[test]
fn what_is_held_below_is_explained_by_the_binding_above() {
    let explanation = explained("pia", "folder.share", "folder:new", &["folder:top"]);
    let roles: Vec<&str> = explanation.held_roles.iter().map(|role| role.role.as_str()).collect();
    assert_eq!(roles, ["folder.sharer", "folder.viewer", "paper.reader"], "the proprietor above is none here");
    let words = "`folder.sharer` held at `folder:top`, implied by `folder.proprietor`";
    assert!(explanation.summary.contains(words), "{}", explanation.summary);
}

#[test]
fn a_role_that_brings_one_that_reaches_down_is_a_way_in_from_above() {
    let ways = |action: &str, parents: &[&str]| -> Vec<String> {
        explained("nora", action, "stamp:new", parents).ways_in.into_iter().map(|way| way.role).collect()
    };
    let (within, below) = (["paper:new", "folder:top"], ["paper:new", "folder:new", "folder:top"]);
    let sharers =
        ["folder.sharer", "folder.clerk", "folder.proprietor", "folder.deputy", "folder.manager", "drive.admin"];
    assert_eq!(ways("stamp.move", &within), sharers);
    assert_eq!(ways("stamp.move", &below), sharers);
    let signers = ["drive.signer", "folder.proprietor", "folder.manager", "drive.admin"];
    assert_eq!(ways("stamp.use", &within), signers);
    assert_eq!(ways("stamp.use", &below), ["drive.signer", "drive.admin"], "a proprietor above signs nothing there");
}
