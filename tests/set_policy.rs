//! A tenant goes to another version of its policy, and what is told of that is what happens.

#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test fails loudly")]

mod support;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

use rollcall::proto::{
    CreateResourceRequest, CreateTenantRequest, GetTenantRequest, PolicyEffect, ResourceRef, SetPolicyRequest,
    SetPolicyResponse, StatedFacts,
};
use support::{Server, World, Write, db::audited, error::fields_of, expect_error, resource, subject, world::OPERATOR};
use tempfile::TempDir;
use tonic::Code;

const FIRST: &str = r#"
policy  = "depot"
version = 1
root    = "workspace"

[workspace]
creator_role = "boss"

[workspace.roles]
boss  = { implies = ["shelf.keeper"], at_least = 1 }
clerk = {}

[workspace.actions]
"shelf.create" = "boss | clerk"
"books.view"   = "boss"
"books.burn"   = "boss"
"door.open"    = "anyone"

[workspace.members]
invite = [{ by = "boss", to = ["boss", "clerk"] }]
lock   = [{ by = "boss" }]

[shelf]
parent = "workspace"
owned  = true

[shelf.roles]
keeper = {}
viewer = {}

[shelf.actions]
"box.create" = "keeper | clerk"
"shelf.see"  = "keeper | viewer"
"shelf.fill" = "keeper"
"shelf.sell" = "owner"

[shelf.members]
invite = [{ by = "keeper | boss", to = ["keeper", "viewer"] }]

[box]
parent = "shelf"

[box.roles]
packer = {}

[box.actions]
"box.open" = "keeper | viewer | packer"
"box.burn" = "nobody"

[box.members]
invite = [{ by = "boss", to = ["packer"] }]

[card]
parent         = "workspace"
member_records = true

[card.actions]
"card.read"  = "anyone"
"card.write" = "self"
"#;

/// The next version: rights come and go at every kind of place, and a type comes.
fn second() -> String {
    let mut text = FIRST.to_owned();
    for (from, to) in [
        ("version = 1", "version = 2"),
        (r#""books.view"   = "boss""#, r#""books.view"   = "boss | clerk""#),
        ("\"books.burn\"   = \"boss\"\n", "\"books.keep\"   = \"boss\"\n"),
        (r#""shelf.fill" = "keeper""#, r#""shelf.fill" = "keeper & boss | viewer""#),
        (r#""shelf.sell" = "owner""#, r#""shelf.sell" = "nobody""#),
        (r#""box.open" = "keeper | viewer | packer""#, r#""box.open" = "keeper | packer""#),
        (
            r#"{ by = "keeper | boss", to = ["keeper", "viewer"] }"#,
            r#"{ by = "boss", to = ["keeper", "viewer"] }, { by = "keeper", to = ["viewer"] }"#,
        ),
        (r#"lock   = [{ by = "boss" }]"#, r#"lock   = [{ by = "boss & !self" }, { by = "clerk & self" }]"#),
        (r#""box.burn" = "nobody""#, r#""box.burn" = "packer""#),
        (r#""card.read"  = "anyone""#, r#""card.read"  = "self""#),
        (r#""card.write" = "self""#, r#""card.write" = "anyone & !clerk""#),
    ] {
        assert!(text.contains(from), "{from}");
        text = text.replacen(from, to, 1);
    }
    text + "\n[till]\nparent = \"workspace\"\n\n[till.actions]\n\"till.count\" = \"clerk\"\n"
}

struct Depot {
    dir: TempDir,
    server: Server,
    world: World,
}

impl Depot {
    /// A tenant on version 1, on a server that has these further policy files:
    ///
    /// - `ada`: boss, keeper of `s1`
    /// - `carl`: clerk, created and owns `s2`
    /// - `kim`: clerk, keeper of `s1`; `vera`: clerk, viewer of `s1`
    /// - `paul`: clerk, packer of the box `b1` in `s1`, viewer of `s1`
    /// - `lars`: clerk, locked
    /// - `nina@acme.test`: invited as a clerk
    async fn with(others: &[&str]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        for (number, text) in [FIRST].iter().chain(others).enumerate() {
            fs::write(dir.path().join(format!("depot-{number}.toml")), text).unwrap();
        }
        let server = Self::start(&dir).await;
        let world = World { api: server.api().await, tenant: "acme".into() };
        let create = CreateTenantRequest {
            tenant: "acme".into(),
            actor: Some(subject(OPERATOR)),
            policy: "depot".into(),
            policy_version: 1,
            first_member: Some(subject("ada")),
            ..Default::default()
        };
        world.api.write(create.into()).await.expect("an operator may");
        world.join("ada", &["carl", "kim", "vera", "paul", "lars"], "clerk").await;
        for write in [
            created(&world, "ada", "shelf:s1", "workspace"),
            created(&world, "carl", "shelf:s2", "workspace"),
            world.invite_all("ada", &["ada", "kim"], &[("shelf:s1", "keeper")]),
            world.invite_all("ada", &["vera", "paul"], &[("shelf:s1", "viewer")]),
            created(&world, "ada", "box:b1", "shelf:s1"),
            created(&world, "ada", "box:b2", "shelf:s2"),
            world.invite("ada", "paul", "box:b1", "packer"),
            world.invite("ada", "nina@acme.test", "workspace", "clerk"),
            world.lock("ada", "lars"),
        ] {
            world.api.write(write.clone()).await.unwrap_or_else(|status| panic!("{write:?}: {status:?}"));
        }
        Self { dir, server, world }
    }

    async fn start(dir: &TempDir) -> Server {
        let policies = format!("policies.dir={}", dir.path().display());
        Server::start_with(dir.path(), &[&policies, "policies.poll=0"]).await
    }

    async fn version(&self) -> u32 {
        let asked = GetTenantRequest { tenant: "acme".into() };
        self.world.api.get_tenant(asked).await.unwrap().tenant.unwrap().policy_version
    }
}

/// The operator's write that moves the tenant to a version.
fn to(version: u32) -> Write {
    Write::from(SetPolicyRequest {
        tenant: "acme".into(),
        actor: Some(subject(OPERATOR)),
        policy_version: version,
        ..Default::default()
    })
}

fn created(world: &World, actor: &str, what: &str, parent: &str) -> Write {
    Write::from(CreateResourceRequest {
        tenant: world.tenant.clone(),
        actor: Some(subject(actor)),
        resource: Some(resource(&world.tenant, what)),
        parent: Some(resource(&world.tenant, parent)),
        ..Default::default()
    })
}

const PEOPLE: [&str; 7] = ["ada", "carl", "kim", "lars", "paul", "vera", "nina@acme.test"];
const PLACES: [&str; 5] = ["workspace", "shelf:s1", "shelf:s2", "box:b1", "box:b2"];

/// What everybody may do everywhere.
async fn rights(world: &World) -> BTreeMap<(String, String), BTreeSet<String>> {
    let mut rights = BTreeMap::new();
    // Who was invited by email has no record yet.
    let cards: Vec<String> = PEOPLE[..6].iter().map(|who| format!("card:{who}")).collect();
    for who in PEOPLE {
        for place in PLACES.iter().copied().chain(cards.iter().map(String::as_str)) {
            rights.insert((who.to_owned(), place.to_owned()), world.actions(who, place).await.into_iter().collect());
        }
    }
    rights
}

fn text(place: Option<&ResourceRef>) -> String {
    place.map_or(String::new(), |place| match place.r#type.as_str() {
        "workspace" => "workspace".to_owned(),
        kind => format!("{kind}:{}", place.id),
    })
}

/// The effects by member and place; one without an id as `TYPE: in PLACE`.
fn told(answer: &SetPolicyResponse) -> BTreeMap<(String, String), (Vec<String>, Vec<String>)> {
    let name = |effect: &PolicyEffect| {
        let (place, below) = (text(effect.resource.as_ref()), text(effect.below.as_ref()));
        let place = if below.is_empty() { place } else { format!("{place} in {below}") };
        (effect.member.as_ref().unwrap().id.clone(), place)
    };
    let effects: BTreeMap<_, _> =
        answer.effects.iter().map(|effect| (name(effect), (effect.gained.clone(), effect.lost.clone()))).collect();
    assert_eq!(effects.len(), answer.effects.len(), "one effect a member and place");
    effects
}

/// Where a member's own places are: there an effect is told by its id, elsewhere by the place above.
fn spot(who: &str, place: &str) -> String {
    let own: &[&str] = match who {
        "ada" | "kim" | "vera" => &["shelf:s1"],
        "carl" => &["shelf:s2"],
        "paul" => &["shelf:s1", "box:b1"],
        _ => &[],
    };
    let owned = who == "ada" && place == "shelf:s1";
    if place == "workspace" || own.contains(&place) || owned || place == format!("card:{who}") {
        return place.to_owned();
    }
    let kind = place.split(':').next().unwrap();
    let above = match place {
        "box:b1" => "shelf:s1",
        "box:b2" => "shelf:s2",
        _ => "workspace",
    };
    let above = if own.contains(&above) { above } else { "workspace" };
    format!("{kind}: in {above}")
}

#[tokio::test]
async fn what_is_told_beforehand_is_what_happens() {
    let depot = Depot::with(&[&second()]).await;
    let world = &depot.world;
    let before = rights(world).await;
    let sight = world.sight().await;
    world.api.write(world.invite("kim", "carl", "shelf:s1", "keeper").dry()).await.expect("a keeper may");
    let dry = world.api.write(to(2).dry()).await.expect("an operator may").set_policy();
    assert_eq!((world.sight().await, depot.version().await), (sight.clone(), 1), "a dry run changes nothing");
    assert_eq!(rights(world).await, before, "a dry run changes nothing");
    assert_eq!(dry.tenant.as_ref().map(|tenant| tenant.policy_version), Some(2));

    let real = world.api.write(to(2)).await.expect("an operator may").set_policy();
    let after = rights(world).await;
    assert_eq!(depot.version().await, 2);
    assert_eq!(world.sight().await, support::reads::Sight { revision: sight.revision + 1, ..sight });
    assert_eq!(SetPolicyResponse { token: dry.token.clone(), ..real.clone() }, dry);
    assert_eq!((real.total_effects, real.truncated), (real.effects.len() as u64, false));

    // Every difference is told, and nothing else is.
    let effects = told(&real);
    let (nobody, mut differences) = ((Vec::new(), Vec::new()), 0);
    for (key @ (who, place), had) in &before {
        let has = &after[key];
        let minus = |a: &BTreeSet<String>, b: &BTreeSet<String>| a.difference(b).cloned().collect::<BTreeSet<_>>();
        let (gained, lost) = effects.get(&(who.clone(), spot(who, place))).unwrap_or(&nobody);
        let told = (gained.iter().cloned().collect(), lost.iter().cloned().collect());
        assert_eq!((minus(has, had), minus(had, has)), told, "{who} at {place}");
        differences += usize::from(has != had);
    }
    assert!(differences > 20, "{differences}");
    let told = |who: &str, place: &str| effects.get(&(who.to_owned(), place.to_owned())).cloned().unwrap_or_default();
    let list = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(told("ada", "workspace"), (list("books.keep"), list("books.burn")));
    assert_eq!(told("carl", "shelf:s2"), (list(""), list("shelf.sell")));
    assert_eq!(told("vera", "shelf:s1"), (list("shelf.fill"), list("")));
    assert_eq!(told("vera", "box: in shelf:s1"), (list(""), list("box.open")));
    assert_eq!(told("paul", "box:b1"), (list("box.burn"), list("")));
    assert_eq!(told("kim", "till: in workspace"), (list("till.count"), list("")));
    assert_eq!(told("ada", "card: in workspace"), (list("card.write"), list("card.read")));
    // The same for membership writes: `kim` may invite nobody but viewers any more, each clerk may lock themselves.
    let writes = |who: &str, place: &str| -> (Vec<String>, Vec<String>) {
        let of = |effect: &&PolicyEffect| {
            let below = effect.below.is_none();
            effect.member.as_ref().unwrap().id == who && below && text(effect.resource.as_ref()) == place
        };
        real.effects.iter().find(of).map(|it| (it.gained_writes.clone(), it.lost_writes.clone())).unwrap_or_default()
    };
    assert_eq!(writes("kim", "shelf:s1"), (vec![], vec!["invite as keeper".to_owned()]));
    assert_eq!(writes("ada", "shelf:s1"), (vec![], vec![]));
    assert_eq!(writes("vera", "workspace"), (vec!["lock (self)".to_owned()], vec![]));
    assert_eq!(writes("ada", "workspace"), (vec![], vec![]));
    let inviting = |role: &str| world.invite("kim", "carl", "shelf:s1", role).dry();
    world.refused(inviting("keeper"), "NOT_PERMITTED").await;
    world.api.write(inviting("viewer")).await.expect("a keeper may");
    world.api.write(world.lock("vera", "vera").dry()).await.expect("a clerk may");
    for nobody in ["lars", "nina@acme.test"] {
        assert!(!effects.keys().any(|(who, _)| who == nobody), "{nobody} may do nothing before and after");
    }
    audited(depot.dir.path(), "acme").await;
}

#[tokio::test]
async fn checks_before_and_after_agree_with_each_effect() {
    let depot = Depot::with(&[&second()]).await;
    let world = &depot.world;
    let dry = world.api.write(to(2).dry()).await.expect("an operator may").set_policy();
    for after in [false, true] {
        for effect in &dry.effects {
            let (who, place) = (&effect.member.as_ref().unwrap().id, text(effect.resource.as_ref()));
            let actions = effect.gained.iter().map(|it| (it, true)).chain(effect.lost.iter().map(|it| (it, false)));
            for (action, gained) in actions {
                let mut asked = world.question(who, action, &place);
                if let Some(below) = &effect.below {
                    let asked_of = asked.resource.as_mut().unwrap();
                    asked_of.id = if asked_of.r#type == "card" { "kim" } else { "unregistered" }.to_owned();
                    if who == "kim" && asked_of.r#type == "card" {
                        asked_of.id = "vera".to_owned();
                    }
                    // Boxes in whatever shelf can't be stated: the parent of a box is one shelf.
                    if asked_of.r#type == "box" && below.r#type == "workspace" {
                        continue;
                    }
                    if asked_of.r#type != "card" {
                        asked.stated = Some(StatedFacts { parent: Some(below.clone()), owner: None });
                    }
                }
                // What one of the versions has not is an error there.
                let allowed = world.api.check(asked).await.is_ok_and(|answer| answer.allowed);
                assert_eq!(allowed, gained == after, "{who} {action} {place} {effect:?}");
            }
        }
        if !after {
            world.api.write(to(2)).await.expect("an operator may");
        }
    }
}

#[tokio::test]
async fn a_retry_is_answered_as_the_first_time_and_a_restart_keeps_the_version() {
    let depot = Depot::with(&[&second()]).await;
    let write = to(0).under("request-1");
    let first = depot.world.api.write(write.clone()).await.expect("an operator may");
    let revision = depot.world.revision().await;
    assert_eq!(depot.world.api.write(write.clone()).await.expect("it was answered"), first);
    // Back and forth: the retry is still the first answer.
    depot.world.api.write(to(1)).await.expect("an operator may");
    assert_eq!(depot.world.api.write(write.clone()).await.expect("it was answered"), first);
    assert_eq!((depot.world.revision().await, depot.version().await), (revision + 1, 1));
    depot.world.api.write(to(2)).await.expect("an operator may");
    let rights_before = rights(&depot.world).await;

    let Depot { dir, server, world } = depot;
    server.kill9();
    let server = Depot::start(&dir).await;
    let world = World { api: server.api().await, ..world };
    let depot = Depot { dir, server, world };
    assert_eq!(depot.version().await, 2);
    assert_eq!(rights(&depot.world).await, rights_before);
    assert_eq!(depot.world.api.write(write).await.expect("it was answered"), first);
    let (log, _) = audited(depot.dir.path(), "acme").await;
    let set: Vec<_> = log.iter().filter(|row| row.kind == "policy_set").map(|row| row.data.to_string()).collect();
    assert_eq!(set.len(), 3, "{set:?}");
}

#[tokio::test]
async fn going_there_and_back_undoes_every_effect() {
    let depot = Depot::with(&[&second()]).await;
    let before = rights(&depot.world).await;
    let there = depot.world.api.write(to(2)).await.expect("an operator may").set_policy();
    let back = depot.world.api.write(to(1)).await.expect("an operator may").set_policy();
    let swapped: BTreeMap<_, _> = told(&back).into_iter().map(|(key, (gained, lost))| (key, (lost, gained))).collect();
    assert_eq!(swapped, told(&there));
    assert_eq!(rights(&depot.world).await, before);
}

#[tokio::test]
async fn who_may_not_or_asks_wrongly_is_refused() {
    let depot = Depot::with(&[&second()]).await;
    let world = &depot.world;
    let Write::SetPolicy(asked) = to(2) else { unreachable!() };
    for actor in ["ada", "carl", "stranger"] {
        let write = Write::from(SetPolicyRequest { actor: Some(subject(actor)), ..asked.clone() });
        world.refused(write, "NOT_PERMITTED").await;
    }
    let other = Write::from(SetPolicyRequest { policy: "lumicon".into(), ..asked.clone() });
    assert_eq!(fields_of(&world.refused(other, "FIELD_INVALID").await), ["policy"]);
    assert_eq!(fields_of(&world.refused(to(7), "UNKNOWN_POLICY").await), ["policy_version"]);
    world.refused(to(1), "POLICY_UNCHANGED").await;
    let nowhere = Write::from(SetPolicyRequest { tenant: "nowhere".into(), ..asked.clone() });
    expect_error(world.api.write(nowhere).await, Code::NotFound, "TENANT_NOT_FOUND");
    let named = Write::from(SetPolicyRequest { policy: "depot".into(), ..asked });
    world.allowed(named).await;
}

#[tokio::test]
async fn a_version_that_facts_do_not_fit_is_refused() {
    let other = |version: u32, from: &str, to: &str| {
        assert!(FIRST.contains(from));
        FIRST.replacen("version = 1", &format!("version = {version}"), 1).replace(from, to)
    };
    let no_viewer = other(2, "viewer = {}\n", "").replace(" | viewer", "").replace(r#", "viewer""#, "");
    let boxes = FIRST.find("[box]").unwrap()..FIRST.find("[card]").unwrap();
    let mut no_box = other(3, r#""box.create" = "keeper | clerk""#, "");
    let at = no_box.find("[box]").unwrap();
    no_box.replace_range(at..at + boxes.len(), "");
    let two_bosses = other(4, "at_least = 1", "at_least = 2");
    let keepers = other(5, "keeper = {}", "keeper = { at_least = 1 }");
    let loose_boxes = other(6, "[box]\nparent = \"shelf\"", "[box]\nparent = \"workspace\"")
        .replace(r#""box.open" = "keeper | viewer | packer""#, r#""box.open" = "packer""#)
        .replace(r#""box.create" = "keeper | clerk""#, "");
    let teams = other(7, "owned  = true", "owned  = true\nteams = true");
    let depot = Depot::with(&[&no_viewer, &no_box, &two_bosses, &keepers, &loose_boxes, &teams]).await;
    for (version, key, value) in [
        (2, "roles", "shelf.viewer=2"),
        (3, "roles", "box.packer=1"),
        (3, "resources", "box=2"),
        (4, "at_least", "workspace.boss=1"),
        (5, "at_least", "shelf.keeper=1"),
        (6, "resources", "box=2"),
        (7, "teams", "shelf=2"),
    ] {
        depot.world.refused(to(version), "POLICY_INCOMPATIBLE").await;
        let refused = depot.world.api.write(to(version)).await;
        let metadata = expect_error(refused, Code::FailedPrecondition, "POLICY_INCOMPATIBLE");
        assert_eq!(metadata.get(key).map(String::as_str), Some(value), "{version}: {metadata:?}");
        assert_eq!(metadata["version"], version.to_string());
    }
    assert_eq!(depot.version().await, 1);
    // Once there is a second boss, and a keeper at the other shelf, the versions that want them fit.
    depot.world.join("ada", &["bea"], "boss").await;
    depot.world.api.write(to(4)).await.expect("two bosses");
    let keeper = depot.world.invite("ada", "carl", "shelf:s2", "keeper");
    depot.world.api.write(keeper).await.expect("a boss may");
    depot.world.api.write(to(5)).await.expect("a keeper each");
    audited(depot.dir.path(), "acme").await;
}

#[tokio::test]
async fn many_effects_are_counted_and_the_first_are_told() {
    let depot = Depot::with(&[&second()]).await;
    let users: Vec<String> = (0..450).map(|number| format!("zoe-{number:03}")).collect();
    for users in users.chunks(90) {
        let users: Vec<&str> = users.iter().map(String::as_str).collect();
        depot.world.join("ada", &users, "clerk").await;
    }
    let answer = depot.world.api.write(to(2).dry()).await.expect("an operator may").set_policy();
    assert_eq!((answer.effects.len(), answer.truncated), (1000, true));
    // A clerk's are four: books, cards (their own and others') and tills. They sort behind the furnished.
    let furnished = answer.effects.iter().filter(|it| !it.member.as_ref().unwrap().id.starts_with("zoe-")).count();
    assert_eq!(answer.total_effects, furnished as u64 + 4 * 450);
}

/// Writes and questions go on while the tenant goes back and forth: each is decided under one version, none is lost.
#[tokio::test]
async fn writes_go_on_while_the_version_changes() {
    let depot = Depot::with(&[&second()]).await;
    let before = depot.world.revision().await;
    let mut writers = Vec::new();
    for who in ["carl", "kim", "vera"] {
        let world = World { api: depot.server.api().await, ..depot.world.clone() };
        writers.push(tokio::spawn(async move {
            for number in 0..20 {
                let shelf = format!("shelf:{who}-{number}");
                let answer = world.api.write(created(&world, who, &shelf, "workspace")).await;
                answer.unwrap_or_else(|status| panic!("{shelf}: {status:?}"));
                // By either version, for a boss is a keeper of every shelf.
                assert!(world.may("ada", "shelf.see", &shelf).await, "a write is seen by the next question");
            }
        }));
    }
    for round in 0..20 {
        let version = 2 - round % 2;
        depot.world.api.write(to(version)).await.expect("an operator may");
        let may = depot.world.may("kim", "books.view", "workspace").await;
        assert_eq!(may, version == 2, "the version counts at once");
    }
    for writer in writers {
        writer.await.expect("no panic");
    }
    assert_eq!((depot.world.revision().await, depot.version().await), (before + 60 + 20, 1));
    audited(depot.dir.path(), "acme").await;
}
