//! A rule says whom it is about: whoever may not take a role from somebody, or give them another, doesn't lock or deactivate
//! them instead, nor have them sent an invitation.

use rollcall::proto::{EmailAddress, Profile};

use super::{Stage, accept, assert_void, invite};
use crate::support::{WireTenant, Write};

/// A policy whose wardens see to fellows, and not to masters.
const GUILD: &str = include_str!("guild.toml");

/// A guild with masters (`hed` is one by what they are besides), two wardens and fellows, and the craft `wood` of `wil`.
async fn guild() -> Stage {
    Stage::new(GUILD, |guild| {
        guild
            .person("max", "master")
            .person("hed", "head")
            .people(&["wil", "wob"], "warden")
            .people(&["flo", "fin"], "fellow")
            .by("wil")
            .resource("craft:wood")
    })
    .await
}

fn named(name: &str) -> Profile {
    Profile { display_name: name.into(), ..Profile::default() }
}

/// What a warden may do to fellows alone, and not to other wardens.
fn to_fellows(world: &WireTenant, who: &str) -> Vec<Write> {
    vec![world.update("wil", who, named("Other")), world.remove("wil", who, "guild:")]
}

/// What a warden may do to whoever is no master.
fn to_all_but_masters(world: &WireTenant, who: &str) -> Vec<Write> {
    vec![world.lock("wil", who), world.deactivate("wil", who)]
}

#[tokio::test]
async fn an_admin_leaves_those_alone_whom_no_rule_is_about() {
    let stage = guild().await;
    let world = &stage.world;
    for master in ["max", "hed"] {
        for write in to_all_but_masters(world, master).into_iter().chain(to_fellows(world, master)) {
            world.refused(write, "NOT_PERMITTED").await;
        }
    }
    for write in to_fellows(world, "wob") {
        world.refused(write, "NOT_PERMITTED").await;
    }
    for write in to_all_but_masters(world, "wob") {
        world.allowed(write).await;
    }
    for write in to_fellows(world, "fin") {
        world.allowed(write).await;
    }
}

/// The last master is left to masters, even where one of two is gone already.
#[tokio::test]
async fn nobody_deactivates_one_owner_and_locks_the_last() {
    let stage = guild().await;
    let world = &stage.world;
    world.join_at("max", &["mia"], "guild:", "master").await;
    world.refused(world.deactivate("wil", "mia"), "NOT_PERMITTED").await;
    world.allowed(world.deactivate("max", "mia")).await;
    world.refused(world.lock("wil", "max"), "NOT_PERMITTED").await;
    world.refused(world.lock("max", "max"), "LAST_HOLDER").await;
}

#[tokio::test]
async fn what_is_undone_can_be_said_of_somebody_too() {
    let stage = guild().await;
    let world = &stage.world;
    for who in ["hed", "wob", "fin"] {
        world.allowed(world.lock("max", who)).await;
    }
    world.refused(world.unlock("wil", "hed"), "NOT_PERMITTED").await;
    world.refused(world.unlock("wil", "wob"), "NOT_PERMITTED").await;
    world.allowed(world.unlock("wil", "fin")).await;
    // Whoever is deactivated holds nothing.
    world.allowed(world.deactivate("max", "wob")).await;
    world.allowed(world.reactivate("wil", "wob")).await;
}

/// What somebody is invited to counts as if they had it.
#[tokio::test]
async fn who_is_invited_as_an_owner_is_one_to_a_rule() {
    let stage = guild().await;
    let world = &stage.world;
    for (role, outcome) in [("master", None), ("head", None), ("warden", Some(false)), ("fellow", Some(true))] {
        let who = format!("{role}@acme.test");
        let (invitation, _) = world.invited("max", &who, "guild:", role).await;
        for write in [world.resend("wil", &invitation.id), world.lock("wil", &who)] {
            match outcome {
                None => drop(world.refused(write, "NOT_PERMITTED").await),
                Some(_) => drop(world.allowed(write).await),
            }
        }
        let emails = vec![EmailAddress { email: who.clone(), ..EmailAddress::default() }];
        let update = world.update("wil", &who, Profile { emails, ..named("Other") });
        match outcome {
            Some(true) => drop(world.allowed(update).await),
            _ => drop(world.refused(update, "NOT_PERMITTED").await),
        }
    }
}

/// A role of a resource below, and whose the resource is, can be said as well.
#[tokio::test]
async fn roles_and_resources_of_those_alone_whom_a_rule_is_about() {
    let stage = guild().await;
    let world = &stage.world;
    for (who, role) in [("flo", "hand"), ("wob", "hand"), ("fin", "eye"), ("hed", "eye")] {
        world.allowed(world.invite("wob", &format!("user:{who}"), "craft:wood", role)).await;
    }
    for heir in ["wob", "fin", "hed"] {
        world.refused(world.give("wob", "craft:wood", heir), "NOT_PERMITTED").await;
    }
    world.allowed(world.give("wob", "craft:wood", "flo")).await;
    for kept in ["flo", "hed"] {
        world.refused(world.remove("wob", kept, "craft:wood"), "NOT_PERMITTED").await;
    }
    let changes = [["fin", "craft:wood", "hand"], ["hed", "craft:wood", "hand"]];
    world.refused(world.change("wob", "hed", "craft:wood", "hand"), "NOT_PERMITTED").await;
    world.refused(world.change_all("wob", &changes), "NOT_PERMITTED").await;
    world.allowed(world.change_all("wob", &changes[..1])).await;
    world.allowed(world.give("wob", "craft:wood", "fin")).await;
    world.allowed(world.remove("wob", "flo", "craft:wood")).await;
}

#[tokio::test]
async fn the_error_says_whom_the_rules_are_about() {
    let stage = guild().await;
    let world = &stage.world;
    let locked = world.refused(world.lock("wil", "max"), "NOT_PERMITTED").await;
    assert_eq!(
        locked.message(),
        "`user:wil` may not lock `user:max` at `guild:acme`: policy `guild` lets `master` (line 24) or `warden` (line 24, \
         only to whoever is `!master`) do that"
    );
    world.allowed(world.lock("max", "wob")).await;
    let refused = world.refused(world.unlock("wil", "wob"), "NOT_PERMITTED").await;
    assert_eq!(
        refused.message(),
        "`user:wil` may not unlock `user:wob`, who is `warden`, at `guild:acme`: policy `guild` lets `master` (line 25) do \
         that"
    );
}

/// Where invitations outlive their inviters, too, what is given is what somebody could give to this person.
#[tokio::test]
async fn no_second_mailbox_gets_what_no_rule_gives_its_owner() {
    let policy = GUILD.replace(
        r#"{ by = "guild.warden", to = ["hand", "eye"] }"#,
        r#"{ by = "guild.warden", to = ["hand"], whom = "!guild.master" }"#,
    );
    let stage = Stage::new(&format!("{policy}\n[invitations]\noutlive_inviter = true\n"), |guild| {
        guild.person("max", "master").person("hed", "head").person("wil", "warden").by("wil").resource("craft:wood")
    })
    .await;
    let world = &stage.world;
    for master in ["max", "hed"] {
        let token = invite(world, "wil", "second", "craft:wood", "hand").await;
        assert_void(world, master, "second", &token, "NOT_PERMITTED").await;
    }
    let token = invite(world, "wil", "friend", "craft:wood", "hand").await;
    world.allowed(world.remove("max", "wil", "guild:")).await;
    let (given, failed) = accept(world, "friend", "friend", &token).await;
    assert_eq!((given, failed), (vec!["wood hand".into()], vec![]));
}
