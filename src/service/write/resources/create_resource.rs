use async_trait::async_trait;
use rollcall_engine::{
    self as engine, Change, Facts, Grant, Member, MemberStatus, Node, Profile, Resource, ResourceKey, ResourceType,
    Subject, Timestamp,
};

use crate::service::{
    error::{Error, ErrorKind, Result},
    resolve::{not_found::no_resource, types::find_type},
    write::{
        engine::{
            answers::ResourceAnswer,
            context::WriteContext,
            run::{Plan, Write},
        },
        resources::resource_permission::permit_by_action,
    },
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
    type Answer = ResourceAnswer;

    async fn plan(&self, session: &mut WriteContext<'_>) -> Result<Plan<ResourceAnswer>> {
        session.tenant()?;
        let (now, call, revision) = (session.now(), session.call, session.revision());
        session.with(|facts| {
            let policy = facts.policy();
            let of = find_type(policy, &self.resource.kind, "resource.type")?;
            let parent = parent_node(facts, of, self.parent.as_ref())?;
            let above = policy.resource_type(facts.resource(parent).of);
            let actions = policy.create_actions(of, above).collect();
            let what = format!("create a `{}` at `{}`", of.name(), engine::name_of(facts, parent));
            let rule = permit_by_action(facts, call, parent, actions, "create_resource", &what)?;
            if facts.find(of.id(), &self.resource.id).is_some() {
                let message = format!("`{}` is registered already", self.resource);
                return Err(Error::new(ErrorKind::AlreadyExists, "RESOURCE_EXISTS", message)
                    .with("resource", self.resource.to_string()));
            }
            let is_member = facts.member_state(call.actor.as_ref()).is_some();
            let resource = Resource {
                key: self.resource.clone(),
                parent: Some(engine::name_of(facts, parent).to_key()),
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
            Ok(Plan { changes, rule, answer: ResourceAnswer { resource, changed_at: revision } })
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
}

/// The registered resource that one of type `of` hangs from: the tenant where the request names none.
pub(crate) fn parent_node(facts: &dyn Facts, of: &ResourceType, parent: Option<&ResourceKey>) -> Result<Node> {
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
    match parent {
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
