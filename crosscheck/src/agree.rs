//! Asks Rollcall and Cedar the same requests about random tenants, and counts where they disagree.

use std::{fmt::Debug, str::FromStr, sync::Arc};

use cedar_policy::{Authorizer, Context, Decision, Entities, PolicySet as CedarPolicies, Request};
use rollcall_engine::{
    Facts as _, Head, Policy, PolicySet, Question, ResourceKey, ResourceRef, Revision, SnapshotSink as _, StatedFacts,
    Subject, Tenant, Timestamp, View, ViewBuilder, WriteId, compile, decide, locate,
};

use crate::{
    entities,
    model::Model,
    random::Random,
    translate::action_id,
    uid,
    world::{CheckRequest, Lookup, TENANT, World},
};

const REQUESTS_PER_TENANT: usize = 250;

/// How many requests were made, and with which outcomes.
#[derive(Debug, Default)]
pub struct Summary {
    /// How many tenants were made.
    pub tenants: usize,
    /// How many requests Rollcall allowed.
    pub allowed: usize,
    /// How many requests Rollcall denied.
    pub denied: usize,
    /// The requests that Cedar answered differently, or with an error; each with both answers.
    pub disagreements: Vec<String>,
}

/// When to stop asking: as soon as one of the two is reached.
#[derive(Clone, Copy, Debug)]
pub struct StopCondition {
    /// After this many requests.
    pub requests: usize,
    /// After this many disagreements; more may be found with the last tenant.
    pub disagreements: usize,
}

/// Asks Rollcall under a policy file, and Cedar under a model's roles and a Cedar text, about random tenants.
///
/// # Errors
/// When either side can't read its text, or refuses the facts or a request.
pub fn compare(file: &str, model: &Model, cedar: &str, seed: u64, stop: StopCondition) -> Result<Summary, String> {
    let (policies, policy) = compiled(file)?;
    let cedar = CedarPolicies::from_str(cedar).map_err(|error| error.to_string())?;

    let mut random = Random::new(seed);
    let mut summary = Summary::default();
    while summary.requests() < stop.requests && summary.disagreements.len() < stop.disagreements {
        let world = World::random(model, &mut random)?;
        let view = view(&policies, &policy, &world)?;
        let entities = entities::entities(model, &world)?;
        summary.tenants += 1;
        for _ in 0..REQUESTS_PER_TENANT.min(stop.requests - summary.requests()) {
            let request = world.request(model, &mut random).ok_or("there is nothing to ask")?;
            let rollcall = ask_rollcall(&view, &request)?;
            summary.count(rollcall, &ask_cedar(&cedar, &entities, &request)?, &request);
        }
    }
    Ok(summary)
}

/// A policy file as Rollcall compiles it, alone in its set.
pub(crate) fn compiled(file: &str) -> Result<(PolicySet, Arc<Policy>), String> {
    let mut policies = PolicySet::default();
    policies.insert(compile("policy", file).map_err(|error| format!("{error:?}"))?);
    let policy = policies.iter().next().map(Arc::clone).ok_or("no policy")?;
    Ok((policies, policy))
}

impl Summary {
    /// How many requests were made.
    pub fn requests(&self) -> usize {
        self.allowed + self.denied
    }

    /// Counts a request that both have answered.
    pub(crate) fn count(&mut self, rollcall: bool, cedar: &Result<bool, String>, request: &impl Debug) {
        *(if rollcall { &mut self.allowed } else { &mut self.denied }) += 1;
        if *cedar != Ok(rollcall) {
            let disagreement = format!("allowed by Rollcall: {rollcall}, by Cedar: {cedar:?}: {request:?}");
            self.disagreements.push(disagreement);
        }
    }
}

/// The facts of a tenant, as Rollcall has them in memory.
pub(crate) fn view(policies: &PolicySet, policy: &Policy, world: &World) -> Result<View, String> {
    let mut builder = ViewBuilder::new(policies);
    let tenant = Tenant {
        id: TENANT.to_owned(),
        display_name: String::new(),
        policy: policy.name().to_owned(),
        policy_version: policy.version(),
        root_type: policy.root().name().to_owned(),
        created_at: Timestamp::default(),
    };
    builder.tenant(tenant, Head { revision: Revision(1), write_id: WriteId::default() });
    for node in world.nodes.iter().filter(|node| node.lookup == Lookup::Registered) {
        let parent = node.parent.and_then(|parent| world.nodes.get(parent)).map(|parent| parent.key.as_ref());
        builder.resource(node.key.as_ref(), parent, node.owner.as_ref().map(Subject::as_ref), node.archived);
    }
    for member in &world.members {
        builder.member(member.subject.as_ref(), member.status, member.locked);
    }
    for (member, role, at) in &world.bindings {
        let (member, node) = world.members.get(*member).zip(world.nodes.get(*at)).ok_or("a binding of nobody")?;
        let (_, role) = role.split_once('.').ok_or("a role without its type")?;
        builder.binding(member.subject.as_ref(), node.key.as_ref(), role, None);
    }
    builder.finish().map_err(|error| format!("{error:?}"))?.ok_or_else(|| "no tenant".to_owned())
}

fn ask_rollcall(view: &View, request: &CheckRequest) -> Result<bool, String> {
    let resource_type = view.policy().find_type(&request.resource.kind).map_err(|error| format!("{error:?}"))?;
    let action = resource_type.find_action(&request.action).map_err(|error| format!("{error:?}"))?;
    let parents: Vec<ResourceRef<'_>> = request.stated_parent.iter().map(ResourceKey::as_ref).collect();
    let stated = StatedFacts { parents: &parents, owner: request.stated_owner.as_ref().map(Subject::as_ref) };
    let target = locate(view, resource_type, &request.resource.id, stated);
    Ok(decide(view, &Question::new(request.subject.as_ref(), action, target)).allowed())
}

fn ask_cedar(
    policies: &CedarPolicies,
    entities: &Entities,
    request: &CheckRequest,
) -> Result<Result<bool, String>, String> {
    let action = uid::uid("Action", &action_id(&request.resource.kind, &request.action))?;
    let (subject, resource) = (uid::subject(&request.subject)?, uid::resource(&request.resource)?);
    let cedar_request =
        Request::new(subject, action, resource, Context::empty(), None).map_err(|error| error.to_string())?;
    Ok(answer(policies, entities, &cedar_request))
}

/// Cedar's answer, or the error of a policy that it could not evaluate.
pub(crate) fn answer(policies: &CedarPolicies, entities: &Entities, request: &Request) -> Result<bool, String> {
    let response = Authorizer::new().is_authorized(request, policies, entities);
    let error = response.diagnostics().errors().next().map(ToString::to_string);
    error.map_or(Ok(response.decision() == Decision::Allow), Err)
}
