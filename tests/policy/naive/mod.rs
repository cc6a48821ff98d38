//! The compiled policy against a naive interpreter, on random policies and random facts.

pub mod model;
pub mod tape;
mod world;

use std::cell::Cell;

use proptest::{
    prelude::any,
    test_runner::{Config, TestRunner},
};
use rollcall_engine::Snapshot;
use rollcall_engine::{
    self as engine, Facts, Loading, MembershipWrite, Node, Policy, PolicySet, ResourceKey, ResourceType, Revision,
    RoleId, Search, Stated, Subject, Tenant, Timestamp, View, compile, decide, explain, find_rule, locate,
};

use self::{
    model::{Model, ROOT, Verb},
    tape::Tape,
    world::{Place, World},
};

const RUNS: u32 = 1_500;
const LEAST_DECISIONS: usize = 100_000;

#[test]
fn compiled_rules_decide_as_the_naive_interpreter() {
    let (decisions, grants, writes, written) = (Cell::new(0), Cell::new(0), Cell::new(0), Cell::new(0));
    let mut runner = TestRunner::new(Config { cases: RUNS, failure_persistence: None, ..Config::default() });
    let strategy = proptest::collection::vec(any::<u8>(), 200..900);
    let outcome = runner.run(&strategy, |bytes| {
        let tape = &mut Tape::new(&bytes);
        let model = Model::random(tape);
        let world = World::random(model, tape);
        let text = world.model.text(tape);
        let policy = compile("random.toml", &text).unwrap_or_else(|wrong| panic!("{}", wrong.render(false)));
        let mut library = PolicySet::default();
        library.insert(policy);
        let view = view(&library, &world);
        let bench = Bench { world: &world, view: &view, text: &text };
        let (asked, granted) = bench.actions();
        decisions.set(decisions.get() + asked);
        grants.set(grants.get() + granted);
        let (asked, granted) = bench.writes();
        writes.set(writes.get() + asked);
        written.set(written.get() + granted);
        Ok(())
    });
    outcome.unwrap();
    assert!(decisions.get() >= LEAST_DECISIONS, "{} decisions", decisions.get());
    assert!(writes.get() >= LEAST_DECISIONS, "{} writes", writes.get());
    // Were nearly all denied, or all allowed, the two would agree without having understood each other.
    for (granted, asked) in [(&grants, &decisions), (&written, &writes)] {
        let share = granted.get() * 100 / asked.get();
        assert!((5..95).contains(&share), "{share} % are allowed");
    }
}

fn view(library: &PolicySet, world: &World) -> View {
    let mut loading = Loading::new(library);
    let tenant = Tenant {
        id: "acme".to_owned(),
        display_name: String::new(),
        policy: "random".to_owned(),
        policy_version: 1,
        created_at: Timestamp::default(),
    };
    loading.tenant(tenant, Revision(1));
    for resource in &world.resources {
        let parent = resource.parent.map(|parent| key(world, parent));
        let owner = resource.owner.as_ref().map(Subject::as_ref);
        let (kind, id) = (format!("t{}", resource.kind), &resource.id);
        let parent = parent.as_ref().map(ResourceKey::as_ref);
        loading.resource(ResourceKey::new(kind, id).as_ref(), parent, owner, resource.archived);
    }
    for member in &world.members {
        loading.member(member.subject.as_ref(), member.status, member.locked);
    }
    for member in &world.members {
        for (at, role) in &member.bound {
            loading.binding(member.subject.as_ref(), key(world, *at).as_ref(), &format!("r{role}"), None);
        }
    }
    loading.finish().unwrap().unwrap()
}

fn key(world: &World, at: usize) -> ResourceKey {
    ResourceKey::new(format!("t{}", world.resources[at].kind), &world.resources[at].id)
}

struct Bench<'a> {
    world: &'a World,
    view: &'a View,
    text: &'a str,
}

impl Bench<'_> {
    fn policy(&self) -> &Policy {
        self.view.policy()
    }

    fn kind(&self, kind: usize) -> &ResourceType {
        self.policy().find_type(&format!("t{kind}")).unwrap()
    }

    fn node(&self, at: usize) -> Node {
        let of = self.kind(self.world.resources[at].kind).id();
        self.view.find(of, &self.world.resources[at].id).unwrap()
    }

    fn role(&self, role: usize) -> RoleId {
        let of = self.kind(self.world.model.roles[role].of);
        self.policy().find_role(of, &format!("r{role}")).unwrap().id()
    }

    /// The places at which actions of a type are asked.
    fn places(&self, kind: usize) -> Vec<(String, Place)> {
        let (world, of) = (self.world, &self.world.model.kinds[kind]);
        if of.records {
            let records = world.subjects.iter().filter(|subject| subject.kind == "user").map(|subject| {
                let known = world.members.iter().any(|member| member.subject == *subject);
                (subject.id.clone(), if known { Place::Record(subject.clone()) } else { Place::Nowhere })
            });
            return records.collect();
        }
        let mut places = vec![("nowhere".to_owned(), Place::Nowhere)];
        for (at, resource) in world.resources.iter().enumerate() {
            if resource.kind == kind {
                places.push((resource.id.clone(), Place::Registered(at)));
            }
            if Some(resource.kind) == of.parent {
                let owner = (at % 2 == 0).then(|| world.subjects[0].clone());
                places.push(("new".to_owned(), Place::Stated(at, owner)));
            }
        }
        places
    }

    fn actions(&self) -> (usize, usize) {
        let (mut asked, mut granted) = (0, 0);
        for kind in 0..self.world.model.kinds.len() {
            for index in 0..self.world.model.kinds[kind].actions.len() {
                for subject in &self.world.subjects {
                    for (id, place) in self.places(kind) {
                        let expected = self.world.may(subject, kind, index, &place);
                        let found = self.decide(subject, kind, index, &id, &place);
                        assert_eq!(found, expected, "{subject} a{index} {place:?} of t{kind}\n{}", self.text);
                        asked += 1;
                        granted += usize::from(found);
                    }
                    self.listed(subject, kind, index);
                }
            }
        }
        (asked, granted)
    }

    fn decide(&self, subject: &Subject, kind: usize, index: usize, id: &str, place: &Place) -> bool {
        let of = self.kind(kind);
        let action = of.find_action(&format!("a{index}")).unwrap();
        let (parent, owner) = match place {
            Place::Stated(parent, owner) => (Some(key(self.world, *parent)), owner.as_ref()),
            _ => (None, None),
        };
        let stated = Stated { parent: parent.as_ref().map(ResourceKey::as_ref), owner: owner.map(Subject::as_ref) };
        let target = locate(self.view, of, id, stated);
        let decision = decide(self.view, subject.as_ref(), action, target);
        let named = ResourceKey::new(of.name(), id);
        let explained = explain(self.view, subject.as_ref(), of, &named, action, target, &decision);
        assert_eq!(explained.summary.contains("may not"), !decision.allowed(), "{}", explained.summary);
        decision.allowed()
    }

    /// A list of resources is what the single questions come to.
    fn listed(&self, subject: &Subject, kind: usize, index: usize) {
        let of = self.kind(kind);
        let action = of.find_action(&format!("a{index}")).unwrap();
        let mut search = Search::new(self.view, subject.as_ref(), (of, action), None, 100);
        let (nodes, more) = loop {
            if let Some((nodes, more)) = search.go_on(self.view, action, 2) {
                break (nodes.to_vec(), more);
            }
        };
        let found: Vec<&str> = nodes.iter().map(|node| self.view.id(*node)).collect();
        let allowed = |(at, resource): &(usize, &world::Resource)| {
            resource.kind == kind && self.world.may(subject, kind, index, &Place::Registered(*at))
        };
        let mut expected: Vec<&str> = Vec::new();
        if !self.world.model.kinds[kind].records {
            expected.extend(self.world.resources.iter().enumerate().filter(allowed).map(|(_, it)| it.id.as_str()));
        }
        expected.sort_unstable();
        assert!(!more);
        assert_eq!(found, expected, "{subject} a{index} of t{kind}\n{}", self.text);
    }

    fn writes(&self) -> (usize, usize) {
        let (mut asked, mut granted) = (0, 0);
        for (at, resource) in self.world.resources.iter().enumerate() {
            let roles = self.world.model.roles_of(resource.kind);
            let (first, last) = (roles[0], roles[roles.len() - 1]);
            for actor in &self.world.subjects {
                for target in &self.world.subjects[..self.world.subjects.len() - 1] {
                    for (verb, from, to) in [
                        (Verb::Invite, None, Some(first)),
                        (Verb::Invite, None, Some(last)),
                        (Verb::Change, Some(first), Some(last)),
                        (Verb::Change, Some(last), Some(first)),
                        (Verb::Remove, Some(first), None),
                        (Verb::Remove, Some(last), None),
                    ] {
                        let expected = self.world.may_write(actor, verb, target, at, (from, to));
                        let kind = match (from, to) {
                            (Some(_), Some(_)) => engine::WriteKind::Change,
                            (Some(_), None) => engine::WriteKind::Remove,
                            (None, _) => engine::WriteKind::Invite,
                        };
                        let role = |index: Option<usize>| index.map(|index| self.role(index));
                        let operation = MembershipWrite {
                            kind,
                            from: role(from),
                            to: role(to),
                            expires_at: None,
                            changes_expiry: false,
                        };
                        let found = find_rule(self.view, actor.as_ref(), self.node(at), target.as_ref(), operation);
                        let place = key(self.world, at);
                        assert_eq!(
                            found.is_ok(),
                            expected,
                            "{actor} {operation:?} {target} at {place}: {found:?}\n{}",
                            self.text
                        );
                        asked += 1;
                        granted += usize::from(found.is_ok());
                    }
                }
            }
        }
        (asked, granted)
    }
}

/// The root is the first of the types and of the resources: the interpreter builds on it.
#[test]
fn the_root_comes_first() {
    let world = World::random(Model::random(&mut Tape::new(&[])), &mut Tape::new(&[]));
    assert!(world.resources[ROOT].parent.is_none() && world.model.kinds[ROOT].parent.is_none());
}
