//! Asks both sides the same, and counts.

use std::{str::FromStr, sync::Arc};

use cedar_policy::{Authorizer, Context, Decision, Entities, PolicySet, Request};
use rollcall_engine::Snapshot;
use rollcall_engine::{ResourceKey, Revision, Subject, Tenant, Timestamp, Library, Policy, Stated, compile, decide, locate, Loading, View};

use crate::{model::Model, random::Random, translate::action_id, world::{Found, Question, TENANT, World}, entities};

const QUESTIONS_OF_A_TENANT: usize = 250;

/// How it came out.
#[derive(Debug, Default)]
pub struct Tally {
    /// How many tenants were made.
    pub tenants: usize,
    /// How many requests Rollcall allowed.
    pub allowed: usize,
    /// How many it denied.
    pub denied: usize,
    /// The requests that Cedar answered otherwise, or with an error.
    pub disagreements: Vec<String>,
}

/// When to stop asking.
#[derive(Clone, Copy, Debug)]
pub struct Until {
    /// After this many requests.
    pub requests: usize,
    /// After this many disagreements.
    pub disagreements: usize,
}

/// Asks Rollcall under a policy file, and Cedar under a model's roles and a Cedar text, about random tenants.
///
/// # Errors
/// When either side can't read its text or is told what it does not understand.
pub fn compare(file: &str, model: &Model, cedar: &str, seed: u64, until: Until) -> Result<Tally, String> {
    let mut library = Library::default();
    library.insert(compile("policy", file).map_err(|error| format!("{error:?}"))?);
    let policy = library.iter().next().map(Arc::clone).ok_or("no policy")?;
    let cedar = PolicySet::from_str(cedar).map_err(|error| error.to_string())?;

    let mut random = Random::new(seed);
    let mut tally = Tally::default();
    while tally.asked() < until.requests && tally.disagreements.len() < until.disagreements {
        let world = World::random(model, &mut random)?;
        let view = view(&library, &policy, &world)?;
        let entities = entities::entities(model, &world)?;
        tally.tenants += 1;
        for _ in 0..QUESTIONS_OF_A_TENANT.min(until.requests - tally.asked()) {
            let question = world.question(model, &mut random).ok_or("there is nothing to ask")?;
            let rollcall = ask_rollcall(&view, &question)?;
            *(if rollcall { &mut tally.allowed } else { &mut tally.denied }) += 1;
            let cedar = ask_cedar(&cedar, &entities, &question)?;
            if cedar != Ok(rollcall) {
                tally.disagreements.push(format!("allowed by Rollcall: {rollcall}, by Cedar: {cedar:?}: {question:?}"));
            }
        }
    }
    Ok(tally)
}

impl Tally {
    /// How many requests there were.
    pub fn asked(&self) -> usize {
        self.allowed + self.denied
    }
}

fn view(library: &Library, policy: &Policy, world: &World) -> Result<View, String> {
    let mut loading = Loading::new(library);
    let tenant = Tenant {
        id: TENANT.to_owned(),
        display_name: String::new(),
        policy: policy.name().to_owned(),
        policy_version: policy.version(),
        created_at: Timestamp::default(),
    };
    loading.tenant(tenant, Revision(1));
    for place in world.places.iter().filter(|place| place.found == Found::Registered) {
        let above = place.above.and_then(|above| world.places.get(above)).map(|above| above.key.as_ref());
        loading.resource(place.key.as_ref(), above, place.owner.as_ref().map(Subject::as_ref), place.archived);
    }
    for member in &world.members {
        loading.member(member.subject.as_ref(), member.status, member.locked);
    }
    for (member, role, at) in &world.bindings {
        let (member, place) = world.members.get(*member).zip(world.places.get(*at)).ok_or("a binding of nobody")?;
        let (_, role) = role.split_once('.').ok_or("a role without its type")?;
        loading.binding(member.subject.as_ref(), place.key.as_ref(), role, None);
    }
    loading.finish().map_err(|error| format!("{error:?}"))?.ok_or_else(|| "no tenant".to_owned())
}

fn ask_rollcall(view: &View, question: &Question) -> Result<bool, String> {
    use rollcall_engine::Facts as _;
    let of = view.policy().find_type(&question.resource.kind).map_err(|error| format!("{error:?}"))?;
    let action = of.find_action(&question.action).map_err(|error| format!("{error:?}"))?;
    let stated = Stated {
        parent: question.stated_parent.as_ref().map(ResourceKey::as_ref),
        owner: question.stated_owner.as_ref().map(Subject::as_ref),
    };
    let target = locate(view, of, &question.resource.id, stated);
    Ok(decide(view, question.subject.as_ref(), action, target).allowed())
}

/// Cedar's answer, or what it stumbled over on the way to it.
fn ask_cedar(policies: &PolicySet, entities: &Entities, question: &Question) -> Result<Result<bool, String>, String> {
    let action = entities::uid("Action", &action_id(&question.resource.kind, &question.action))?;
    let (subject, resource) = (entities::subject(&question.subject)?, entities::resource(&question.resource)?);
    let request = Request::new(subject, action, resource, Context::empty(), None).map_err(|error| error.to_string())?;
    let response = Authorizer::new().is_authorized(&request, policies, entities);
    let stumbled = response.diagnostics().errors().next().map(ToString::to_string);
    Ok(stumbled.map_or(Ok(response.decision() == Decision::Allow), Err))
}
