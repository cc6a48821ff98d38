use async_trait::async_trait;

use crate::{
    domain::{Change, Grant, Member, MemberStatus, Profile, Resource, ResourceKey, Subject, Timestamp},
    policy::{self, Action, Decision, Facts, Node, ResourceType, Target},
};

use super::{
    super::{
        authorize::find_type,
        error::{Error, Kind, Result},
        lookup::no_resource,
    },
    answers::CreatedResource,
    call::Call,
    refuse,
    run::{Plan, Write},
    session::{Session, rule_name},
};

/// Registers a resource. Governed by the type's `create_actions`, `TYPE.create` where it names none.
#[derive(Clone, Debug)]
pub struct CreateResource {
    /// Its name.
    pub resource: ResourceKey,
    /// The resource above it; the tenant itself when none.
    pub parent: Option<ResourceKey>,
    /// What people call it.
    pub display_name: String,
}

#[async_trait]
impl Write for CreateResource {
    type Answer = CreatedResource;

    async fn plan(&self, session: &mut Session<'_>) -> Result<Plan<CreatedResource>> {
        session.tenant()?;
        let (now, call) = (session.now(), session.call);
        session.with(|facts| {
            let policy = facts.policy();
            let of = find_type(policy, &self.resource.kind, "resource.type")?;
            let parent = self.parent_node(facts, of)?;
            let rule = permitted(facts, of, parent, call)?;
            if facts.find(of.id(), &self.resource.id).is_some() {
                let message = format!("`{}` is registered already", self.resource);
                return Err(Error::new(Kind::AlreadyExists, "RESOURCE_EXISTS", message)
                    .with("resource", self.resource.to_string()));
            }
            let is_member = facts.standing(call.actor.as_ref()).is_some();
            let resource = Resource {
                key: self.resource.clone(),
                parent: Some(policy::name_of(facts, parent).to_key()),
                owner: (of.is_owned() && is_member).then(|| call.actor.clone()),
                archived: false,
                display_name: self.display_name.clone(),
                created_at: now,
            };
            let mut changes = vec![Change::ResourceCreated { resource: resource.clone() }];
            if of.is_teams() {
                changes.push(Change::MemberAdded { member: self.team(now) });
            }
            changes.extend(of.creator_role().filter(|_| is_member).map(|role| {
                let grant = Grant::lasting(self.resource.clone(), policy.role(role).name());
                Change::granted(&call.actor, &grant)
            }));
            Ok(Plan { changes, rule, answer: CreatedResource { resource } })
        })
    }
}

impl CreateResource {
    /// The team that the resource is, as a holder of roles.
    fn team(&self, now: Timestamp) -> Member {
        Member {
            subject: Subject::new(&self.resource.kind, &self.resource.id),
            profile: Profile { display_name: self.display_name.clone(), ..Profile::default() },
            status: MemberStatus::Active,
            locked: false,
            created_at: now,
        }
    }

    fn parent_node(&self, facts: &dyn Facts, of: &ResourceType) -> Result<Node> {
        let policy = facts.policy();
        let above = of.parent().map(|above| policy.resource_type(above));
        let Some(above) = above.filter(|_| !of.has_member_records()) else {
            let description = format!("resources of type `{}` are not registered: they exist by themselves", of.name());
            return Err(Error::field("FIELD_INVALID", "resource.type", description));
        };
        let wrong_type = |found: &str| {
            let description = format!("is of type `{found}`; the parent of a `{}` is a `{}`", of.name(), above.name());
            Error::field("FIELD_INVALID", "parent.type", description)
        };
        match &self.parent {
            None if above.parent().is_none() => Ok(facts.root()),
            None => {
                let description = format!("is missing; the parent of a `{}` is a `{}`", of.name(), above.name());
                Err(Error::field("FIELD_REQUIRED", "parent", description))
            }
            Some(parent) => {
                let named = find_type(policy, &parent.kind, "parent.type")?;
                if !of.may_be_below(named.id()) {
                    return Err(wrong_type(&parent.kind));
                }
                if parent.id.is_empty() && named.parent().is_none() {
                    return Ok(facts.root());
                }
                facts.find(named.id(), &parent.id).ok_or_else(|| no_resource(parent.as_ref(), "parent"))
            }
        }
    }
}

/// The policy line that lets the actor create a resource of this type below `parent`.
fn permitted(facts: &dyn Facts, of: &ResourceType, parent: Node, call: &Call) -> Result<String> {
    let actor = call.actor.as_ref();
    let (policy, place) = (facts.policy(), policy::name_of(facts, parent));
    let refused = |why: &str, permitted_to: &str| {
        let message = format!("`{actor}` may not create a `{}` at `{place}`: {why}", of.name());
        Error::new(Kind::PermissionDenied, "NOT_PERMITTED", message)
            .with("actor", actor.to_string())
            .with("operation", "create_resource")
            .with("resource", place.to_string())
            .with("permitted_to", permitted_to)
    };
    let target = Target::Registered(parent);
    let of_parent = policy.resource_type(facts.place(parent).of);
    let decided: Vec<(&Action, Decision)> = policy
        .create_actions(of, of_parent)
        .map(|action| (action, policy::decide(facts, actor, action, target)))
        .collect();
    if let Some((action, _)) = decided.iter().find(|(_, decision)| decision.allowed()) {
        return Ok(rule_name(policy, action.rule().line()));
    }
    let Some((action, decision)) = decided.first() else {
        return Err(refused(&format!("policy `{}` lets nobody do that", policy.name()), ""));
    };
    if decision.reason.bars_the_subject() {
        return Err(refuse::actor(call, decision.reason));
    }
    let explained = policy::explain(facts, actor, of_parent, &place.to_key(), action, target, decision);
    Err(refused(&explained.summary, action.rule().text()))
}
