//! Registration of resources, teams included.

use async_trait::async_trait;
use rollcall_engine::{
    self as engine, Action, Change, Facts, Grant, Member, MemberStatus, Node, Profile, Registration, Resource,
    ResourceKey, ResourceType, Subject, Timestamp,
};

use crate::service::{
    error::{Error, ErrorKind, Result},
    input::id_required,
    resolve::{not_found::no_resource, types::find_type},
    write::{
        engine::{
            answers::ResourceAnswer,
            context::WriteContext,
            plan::{Plan, Write},
        },
        resources::{depth, resource_permission::permit_by_action},
    },
};

/// Registers a resource. Permitted by the type's `create_actions`, `TYPE.create` where it names none, at the parent.
/// The actor becomes its owner and gets its `creator_role`, where the type has these and the actor is a member.
#[derive(Clone, Debug)]
pub struct CreateResource {
    /// Its type, which must be one that is registered, and its id, which must not be registered yet
    /// (`RESOURCE_EXISTS`).
    pub resource: ResourceKey,
    /// The registered parent; may be left out where the type's parent is the root type.
    pub parent: Option<ResourceKey>,
    /// The name shown to people; may be empty.
    pub display_name: String,
}

#[async_trait]
impl Write for CreateResource {
    type Answer = ResourceAnswer;

    fn subjects(&mut self) -> Vec<&mut Subject> {
        Vec::new()
    }

    async fn plan(&self, context: &mut WriteContext<'_>) -> Result<Plan<ResourceAnswer>> {
        context.tenant()?;
        let (now, request, commit) = (context.now(), context.request, context.commit());
        context.with_facts(|facts| {
            let policy = facts.policy();
            let resource_type = find_type(policy, &self.resource.kind, "resource.type")?;
            let parent = parent_node(facts, resource_type, self.parent.as_ref())?;
            let above = policy.resource_type(facts.resource(parent).resource_type);
            let actions: Vec<&Action> = policy.create_actions(resource_type, above).collect();
            // Whoever may create for a time alone has a role by it for that time; what they own is theirs.
            let expires_at = engine::action_end(facts, request.actor.as_ref(), parent, &actions);
            let what = format!("create a `{}` at `{}`", resource_type.name(), engine::name_of(facts, parent));
            let rule = permit_by_action(facts, request, parent, actions, "create_resource", &what)?;
            depth::check(facts, parent, 0)?;
            if facts.find(resource_type.id(), &self.resource.id).is_some() {
                let message = format!("`{}` is registered already", self.resource);
                return Err(Error::new(ErrorKind::AlreadyExists, "RESOURCE_EXISTS", message)
                    .with("resource", self.resource.to_string()));
            }
            let is_member = facts.member_state(request.actor.as_ref()).is_some();
            let resource = Resource {
                key: self.resource.clone(),
                parent: Some(engine::name_of(facts, parent).to_key()),
                owner: (resource_type.is_owned() && is_member).then(|| request.actor.clone()),
                archived: false,
                display_name: self.display_name.clone(),
                created_at: now,
            };
            let mut changes = vec![Change::ResourceCreated { resource: resource.clone() }];
            if resource_type.is_team_type() {
                changes.push(Change::MemberAdded { member: self.team(now) });
            }
            changes.extend(resource_type.creator_role().filter(|_| is_member).map(|role| {
                let grant = Grant { expires_at, ..Grant::permanent(self.resource.clone(), policy.role(role).name()) };
                Change::granted(&request.actor, &grant)
            }));
            Ok(Plan::by(&rule, changes, ResourceAnswer { resource, changed_at: commit }))
        })
    }
}

impl CreateResource {
    /// The member record of a resource that is a team.
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

/// The registered resource that is the parent of one of this type: the tenant where the request names none.
pub(crate) fn parent_node(
    facts: &dyn Facts,
    resource_type: &ResourceType,
    parent: Option<&ResourceKey>,
) -> Result<Node> {
    let policy = facts.policy();
    if resource_type.registration() == Registration::Never {
        let description =
            format!("resources of type `{}` are not registered: questions state them", resource_type.name());
        return Err(Error::field("FIELD_INVALID", "resource.type", description));
    }
    let above = resource_type.parent().map(|above| policy.resource_type(above));
    let Some(above) = above.filter(|_| !resource_type.has_member_records()) else {
        let description =
            format!("resources of type `{}` are not registered: they exist by themselves", resource_type.name());
        return Err(Error::field("FIELD_INVALID", "resource.type", description));
    };
    let wrong_type = |found: &str| {
        let description =
            format!("is of type `{found}`; the parent of a `{}` is a `{}`", resource_type.name(), above.name());
        Error::field("FIELD_INVALID", "parent.type", description)
    };
    match parent {
        None if above.parent().is_none() => Ok(facts.root()),
        None => {
            let description = format!("is missing; the parent of a `{}` is a `{}`", resource_type.name(), above.name());
            Err(Error::field("FIELD_REQUIRED", "parent", description))
        }
        Some(parent) => {
            let named = find_type(policy, &parent.kind, "parent.type")?;
            if !resource_type.may_be_below(named.id()) {
                return Err(wrong_type(&parent.kind));
            }
            if parent.id.is_empty() && named.parent().is_none() {
                return Ok(facts.root());
            }
            if parent.id.is_empty() {
                return Err(id_required("parent", named.name()));
            }
            facts.find(named.id(), &parent.id).ok_or_else(|| no_resource(parent.as_ref(), "parent"))
        }
    }
}
