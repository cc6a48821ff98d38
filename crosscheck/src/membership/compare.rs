//! Asks Rollcall and Cedar the same membership writes about random tenants, and counts where they disagree.

use std::str::FromStr;

use cedar_policy::{Context, Entities, PolicySet as CedarPolicies, Request, RestrictedExpression};
use rollcall_engine::{Facts as _, MembershipWrite, RoleId, View, WriteKind, permit};

use crate::{
    agree::{StopCondition, Summary, answer, compiled, view},
    bound::binding,
    entities,
    membership::{
        request::{WriteRequest, draw},
        translate::action_id,
    },
    model::Model,
    random::Random,
    uid,
    world::World,
};

const DRAWS_PER_TENANT: usize = 12;

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
        for _ in 0..DRAWS_PER_TENANT {
            for request in draw(model, &world, &mut random)? {
                let rollcall = ask_rollcall(&view, &request)?;
                summary.count(rollcall, &ask_cedar(&cedar, &entities, &request)?, &request);
            }
        }
    }
    Ok(summary)
}

fn ask_rollcall(view: &View, request: &WriteRequest) -> Result<bool, String> {
    let policy = view.policy();
    let resource_type = policy.find_type(&request.resource.kind).map_err(|error| format!("{error:?}"))?;
    let node = view.find(resource_type.id(), &request.resource.id).ok_or("no such resource")?;
    let role = |name: &Option<String>| -> Result<Option<RoleId>, String> {
        let Some((_, name)) = name.as_deref().and_then(|name| name.split_once('.')) else { return Ok(None) };
        policy.find_role(resource_type, name).map(|role| Some(role.id())).map_err(|error| format!("{error:?}"))
    };
    let kind = WriteKind::from_name(request.operation).ok_or("no such operation")?;
    let write = MembershipWrite { to: role(&request.to)?, ..MembershipWrite::plain(kind) }.taking(role(&request.from)?);
    Ok(permit(view, request.actor.as_ref(), node, request.target.as_ref(), write).is_ok())
}

/// Cedar's answer, or the error of a policy that it could not evaluate.
fn ask_cedar(
    policies: &CedarPolicies,
    entities: &Entities,
    request: &WriteRequest,
) -> Result<Result<bool, String>, String> {
    let action = uid::uid("Action", &action_id(&request.resource.kind, request.operation))?;
    let (actor, resource) = (uid::subject(&request.actor)?, uid::resource(&request.resource)?);
    let target = RestrictedExpression::new_entity_uid(uid::subject(&request.target)?);
    let mut pairs = vec![("target".to_owned(), target)];
    for (key, role) in [("from", &request.from), ("to", &request.to)] {
        if let Some(role) = role {
            let entity = RestrictedExpression::new_entity_uid(binding(role, &request.resource.id)?);
            pairs.push((key.to_owned(), entity));
        }
    }
    let context = Context::from_pairs(pairs).map_err(|error| error.to_string())?;
    let cedar_request = Request::new(actor, action, resource, context, None).map_err(|error| error.to_string())?;
    Ok(answer(policies, entities, &cedar_request))
}
