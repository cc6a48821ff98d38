//! What a change of the policy's version reports beforehand is what it does: actions and writes gained and lost, by
//! member and resource.

use std::collections::{BTreeMap, BTreeSet};

use super::depot::{Depot, allowed_actions, second};
use crate::support::{WireTenant, db::audited, reads::ObservedState, repetitions};
use rollcall::proto::{CheckRequest, PolicyEffect, ResourceRef, SetPolicyResponse, StatedFacts};

/// A resource as `TYPE:ID`, the root as `workspace`, none as an empty text.
fn text(resource: Option<&ResourceRef>) -> String {
    resource.map_or(String::new(), |resource| match resource.r#type.as_str() {
        "workspace" => "workspace".to_owned(),
        kind => format!("{kind}:{}", resource.id),
    })
}

/// The reported effects by member and resource; one for all unregistered resources below another is at `TYPE: in
/// PARENT`.
fn reported(response: &SetPolicyResponse) -> BTreeMap<(String, String), (Vec<String>, Vec<String>)> {
    let name = |effect: &PolicyEffect| {
        let (resource, below) = (text(effect.resource.as_ref()), text(effect.below.as_ref()));
        let resource = if below.is_empty() { resource } else { format!("{resource} in {below}") };
        (effect.member.as_ref().unwrap().id.clone(), resource)
    };
    let effects: BTreeMap<_, _> =
        response.effects.iter().map(|effect| (name(effect), (effect.gained.clone(), effect.lost.clone()))).collect();
    assert_eq!(effects.len(), response.effects.len(), "one effect per member and resource");
    effects
}

/// The key under which an effect on a member at a resource is reported: the resource itself where roles are assigned to
/// the member or it is their record, elsewhere its type below the nearest such resource above.
fn reported_at(who: &str, resource: &str) -> String {
    let assigned: &[&str] = match who {
        "ada" | "kim" | "vera" => &["shelf:s1"],
        "carl" => &["shelf:s2"],
        "paul" => &["shelf:s1", "box:b1"],
        _ => &[],
    };
    if resource == "workspace" || assigned.contains(&resource) || resource == format!("card:{who}") {
        return resource.to_owned();
    }
    let kind = resource.split(':').next().unwrap();
    let above = match resource {
        "box:b1" => "shelf:s1",
        "box:b2" => "shelf:s2",
        _ => "workspace",
    };
    let above = if assigned.contains(&above) { above } else { "workspace" };
    format!("{kind}: in {above}")
}

#[tokio::test]
async fn what_is_reported_beforehand_is_what_happens() {
    let depot = Depot::with(&[&second()]).await;
    let world = &depot.world;
    let before = allowed_actions(world).await;
    let observed = world.observed_state().await;
    world.api.write(world.invite("kim", "carl", "shelf:s1", "keeper").dry()).await.expect("a keeper may");
    let dry = world.api.write(world.set_policy(2).dry()).await.expect("an operator may").set_policy();
    assert_eq!(
        (world.observed_state().await, depot.version().await),
        (observed.clone(), 1),
        "a dry run changes nothing"
    );
    assert_eq!(allowed_actions(world).await, before, "a dry run changes nothing");
    assert_eq!(dry.tenant.as_ref().map(|tenant| tenant.policy_version), Some(2));

    let real = world.api.write(world.set_policy(2)).await.expect("an operator may").set_policy();
    let after = allowed_actions(world).await;
    assert_eq!(depot.version().await, 2);
    assert_eq!(world.observed_state().await, ObservedState { revision: observed.revision + 1, ..observed });
    assert_eq!(SetPolicyResponse { token: dry.token.clone(), ..real.clone() }, dry);
    assert_eq!(usize::try_from(real.total_effects), Ok(real.effects.len()));

    // Every difference is reported, and nothing else.
    let effects = reported(&real);
    let (nobody, mut differences) = ((Vec::new(), Vec::new()), 0);
    for (key @ (who, resource), had) in &before {
        let has = &after[key];
        let minus = |a: &BTreeSet<String>, b: &BTreeSet<String>| a.difference(b).cloned().collect::<BTreeSet<_>>();
        let (gained, lost) = effects.get(&(who.clone(), reported_at(who, resource))).unwrap_or(&nobody);
        let expected = (gained.iter().cloned().collect(), lost.iter().cloned().collect());
        assert_eq!((minus(has, had), minus(had, has)), expected, "{who} at {resource}");
        differences += usize::from(has != had);
    }
    assert!(differences > 20, "{differences}");
    let effect =
        |who: &str, resource: &str| effects.get(&(who.to_owned(), resource.to_owned())).cloned().unwrap_or_default();
    let list = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(effect("ada", "workspace"), (list("books.keep"), list("books.burn")));
    assert_eq!(effect("carl", "shelf:s2"), (list(""), list("shelf.sell")));
    assert_eq!(effect("vera", "shelf:s1"), (list("shelf.fill"), list("")));
    assert_eq!(effect("vera", "box: in shelf:s1"), (list(""), list("box.open")));
    assert_eq!(effect("paul", "box:b1"), (list("box.burn"), list("")));
    assert_eq!(effect("kim", "till: in workspace"), (list("till.count"), list("")));
    assert_eq!(effect("ada", "card: in workspace"), (list("card.write"), list("card.read")));
    assert_writes_are_reported(&real);
    // `kim` may invite nobody but viewers any more, each clerk may lock themselves.
    let inviting = |role: &str| world.invite("kim", "carl", "shelf:s1", role).dry();
    world.refused(inviting("keeper"), "NOT_PERMITTED").await;
    world.api.write(inviting("viewer")).await.expect("a keeper may");
    world.api.write(world.lock("vera", "vera").dry()).await.expect("a clerk may");
    for nobody in ["lars", "nina@acme.test"] {
        assert!(!effects.keys().any(|(who, _)| who == nobody), "{nobody} may do nothing before and after");
    }
    audited(depot.dir.path(), "acme").await;
}

/// Demands that the membership writes that members gain and lose are reported at the resources where they do.
fn assert_writes_are_reported(response: &SetPolicyResponse) {
    let writes = |who: &str, resource: &str| -> (Vec<String>, Vec<String>) {
        let is_effect = |effect: &&PolicyEffect| {
            let at_the_resource = effect.below.is_none() && text(effect.resource.as_ref()) == resource;
            effect.member.as_ref().unwrap().id == who && at_the_resource
        };
        let effect = response.effects.iter().find(is_effect);
        effect.map(|effect| (effect.gained_writes.clone(), effect.lost_writes.clone())).unwrap_or_default()
    };
    assert_eq!(writes("kim", "shelf:s1"), (vec![], vec!["invite as keeper".to_owned()]));
    assert_eq!(writes("ada", "shelf:s1"), (vec![], vec![]));
    assert_eq!(writes("vera", "workspace"), (vec!["lock (self)".to_owned()], vec![]));
    assert_eq!(writes("ada", "workspace"), (vec![], vec![]));
}

/// The question whether the member of an effect may do an action at a resource that the effect is about. `None` for
/// boxes below any shelf: a question states one parent, and theirs is one shelf.
fn question_about(world: &WireTenant, effect: &PolicyEffect, action: &str) -> Option<CheckRequest> {
    let who = &effect.member.as_ref().unwrap().id;
    let mut question = world.question(who, action, &text(effect.resource.as_ref()));
    let Some(parent) = &effect.below else { return Some(question) };
    let resource = question.resource.as_mut().unwrap();
    match resource.r#type.as_str() {
        "card" => resource.id = if who == "kim" { "vera" } else { "kim" }.into(),
        "box" if parent.r#type == "workspace" => return None,
        _ => {
            resource.id = "unregistered".into();
            question.stated = Some(StatedFacts { parents: vec![parent.clone()], owner: None });
        }
    }
    Some(question)
}

#[tokio::test]
async fn checks_before_and_after_agree_with_each_effect() {
    let depot = Depot::with(&[&second()]).await;
    let world = &depot.world;
    let dry = world.api.write(world.set_policy(2).dry()).await.expect("an operator may").set_policy();
    for after in [false, true] {
        for effect in &dry.effects {
            let who = &effect.member.as_ref().unwrap().id;
            let actions = effect.gained.iter().map(|it| (it, true)).chain(effect.lost.iter().map(|it| (it, false)));
            for (action, gained) in actions {
                let Some(question) = question_about(world, effect, action) else { continue };
                // An action or a type that one of the versions does not have is an error there.
                let allowed = world.api.check(question).await.is_ok_and(|answer| answer.allowed);
                assert_eq!(allowed, gained == after, "{who} {action} {effect:?}");
            }
        }
        if !after {
            world.api.write(world.set_policy(2)).await.expect("an operator may");
        }
    }
}

#[tokio::test]
async fn going_there_and_back_undoes_every_effect() {
    let depot = Depot::with(&[&second()]).await;
    let before = allowed_actions(&depot.world).await;
    let there = depot.world.api.write(depot.world.set_policy(2)).await.expect("an operator may").set_policy();
    let back = depot.world.api.write(depot.world.set_policy(1)).await.expect("an operator may").set_policy();
    let swapped: BTreeMap<_, _> =
        reported(&back).into_iter().map(|(key, (gained, lost))| (key, (lost, gained))).collect();
    assert_eq!(swapped, reported(&there));
    assert_eq!(allowed_actions(&depot.world).await, before);
}

#[tokio::test]
async fn many_effects_are_counted_and_the_first_are_reported() {
    let depot = Depot::with(&[&second()]).await;
    let users: Vec<String> =
        (0..repetitions("many_effects", 450, 450)).map(|number| format!("zoe-{number:03}")).collect();
    for users in users.chunks(90) {
        let users: Vec<&str> = users.iter().map(String::as_str).collect();
        depot.world.join("ada", &users, "clerk").await;
    }
    let answer = depot.world.api.write(depot.world.set_policy(2).dry()).await.expect("an operator may").set_policy();
    assert_eq!(answer.effects.len(), 1000);
    // A clerk's are four: books, cards (their own and others') and tills. They sort behind the members of the depot.
    let of_members = answer.effects.iter().filter(|it| !it.member.as_ref().unwrap().id.starts_with("zoe-")).count();
    assert_eq!(usize::try_from(answer.total_effects), Ok(of_members + 4 * users.len()));
}
