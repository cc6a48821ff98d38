//! What one call gives, some order of calls gives too: each role is decided about for whoever has those before it.

use super::{Stage, accept, invite};
use crate::support::{Answer, WireTenant, Write, names::email_of};

/// Nobody pays what they approve; and only who is a clerk sits at a desk.
const OFFICE: &str = r#"
edition = 1
policy  = "office"
version = 1
root    = "office"

[office]
creator_role  = "boss"
several_roles = true

[office.roles]
boss     = {}
clerk    = {}
trainee  = {}
payer    = {}
approver = {}

[office.actions]
"desk.create" = "boss"

[office.members]
invite = [
  { by = "boss", to = ["boss", "clerk", "trainee"] },
  { by = "boss", to = ["payer"], whom = "!approver" },
  { by = "boss", to = ["approver"], whom = "!payer" },
]
change = [
  { by = "boss", from = ["clerk", "trainee"], to = ["payer"], whom = "!approver" },
  { by = "boss", from = ["clerk", "trainee"], to = ["approver"], whom = "!payer" },
]
remove = [{ by = "boss", from = ["anyone"] }]

[desk]
parent = "office"

[desk.roles]
keeper = {}

[desk.members]
invite = [{ by = "office.boss", to = ["keeper"], whom = "office.clerk" }]
"#;

const BOTH: [(&str, &str); 2] = [("office:", "payer"), ("office:", "approver")];

async fn office() -> Stage {
    let stage =
        Stage::new(OFFICE, |office| office.person("ada", "boss").people(&["cy", "di"], "clerk").resource("desk:one"))
            .await;
    stage.world.does(stage.world.invite("ada", "user:cy", "office:", "trainee")).await;
    stage
}

#[tokio::test]
async fn one_call_combines_nothing_that_no_order_of_calls_does() {
    let stage = office().await;
    let world = &stage.world;
    let swapped = [BOTH[1], BOTH[0]];
    for grants in [BOTH, swapped] {
        for who in ["user:di", "new@acme.test"] {
            world.refused(world.invite_all("ada", &[who], &grants), "NOT_PERMITTED").await;
        }
        let changes = [["cy", "office:", grants[0].1], ["cy", "office:", grants[1].1]];
        let Write::BatchChangeRole(mut both) = world.change_all("ada", &changes) else { panic!("it changes") };
        for (change, from) in both.changes.iter_mut().zip(["clerk", "trainee"]) {
            from.clone_into(&mut change.from_role);
        }
        world.refused(both.into(), "NOT_PERMITTED").await;
    }
    // To two people, it is no combination.
    world
        .allowed(world.invite_each("ada", &[["user:cy", "office:", "payer"], ["user:di", "office:", "approver"]]))
        .await;
}

#[tokio::test]
async fn nor_refuses_what_some_order_of_calls_gives() {
    let stage = office().await;
    let world = &stage.world;
    let grants = [("office:", "clerk"), ("desk:one", "keeper")];
    let given = |answer: Answer| answer.invite().results[0].invitation_token.clone();
    let token = given(world.allowed(world.invite_all("ada", &[&email_of("eve")], &grants)).await);
    assert_takes_both(world, "eve", &token).await;
    // Not the other way round.
    world.refused(world.invite_all("ada", &[&email_of("gil")], &[grants[1], grants[0]]), "NOT_PERMITTED").await;
    // One after the other, while they are pending.
    invite(world, "ada", "hal", "office:", "clerk").await;
    let token = invite(world, "ada", "hal", "desk:one", "keeper").await;
    assert_takes_both(world, "hal", &token).await;
}

async fn assert_takes_both(world: &WireTenant, who: &str, token: &str) {
    let (given, failed) = accept(world, who, who, token).await;
    assert_eq!((given, failed), (vec!["one keeper".into(), "acme clerk".into()], vec![]), "{who}");
}
