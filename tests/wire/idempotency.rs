//! Retries with a request id: the response is the stored one, and the write happens once.

use crate::support::{
    Answer, Server, TestServer, WireTenant, Write,
    db::audited,
    wire_tenant::{OPERATOR, fixture, profile},
};

/// One write of every kind, each allowed in the seeded tenant whichever of the others have happened.
async fn every_kind(world: &WireTenant) -> Vec<Write> {
    let invited = world.api.write(world.invite("ada", "new@acme.test", "workspace", "user")).await;
    let token = invited.expect("an admin may").invite().results[0].invitation_token.clone();
    let mut others = Vec::new();
    for name in ["declining", "resent", "revoked"] {
        let invited = world.api.write(world.invite("ada", &format!("{name}@acme.test"), "workspace", "user")).await;
        others.extend(invited.expect("an admin may").invite().results);
    }
    let id = |index: usize| others[index].invitation.as_ref().expect("is in the response").id.clone();
    vec![
        world.decline("declining", &others[0].invitation_token),
        world.resend("ada", &id(1)),
        world.revoke("ada", &id(2)),
        world.suppress(OPERATOR, "bounced@acme.test"),
        world.clear(OPERATOR, "bounced@acme.test"),
        world.create_site("olga", "pier"),
        world.invite_all("edith", &["olga", "newer@acme.test"], &[("harbour", "viewer")]),
        world.accept("new", &token),
        world.change("edith", "victor", "harbour", "editor"),
        world.remove("vera", "vera", "harbour"),
        world.lock("ada", "emil"),
        world.unlock(OPERATOR, "lars"),
        world.update("olga", "olga", rollcall::proto::Profile { phone: "+4930123456".into(), ..profile("olga") }),
    ]
}

async fn sent(world: &WireTenant, write: &Write) -> Answer {
    world.api.write(write.clone()).await.unwrap_or_else(|status| panic!("{write:?}: {status:?}"))
}

#[tokio::test]
async fn a_retry_is_answered_as_the_first_time_and_happens_once() {
    let (stage, world) = fixture().await;
    for (number, write) in every_kind(&world).await.into_iter().enumerate() {
        let write = write.under(&format!("a-random-request-{number}"));
        let before = world.revision().await;
        let first = sent(&world, &write).await;
        let after = world.observed_state().await;
        assert_eq!(after.revision, before + 1, "{write:?}");
        for _ in 0..2 {
            assert_eq!(sent(&world, &write).await, first, "{write:?}");
        }
        assert_eq!(world.observed_state().await, after, "{write:?}");
    }
    audited(stage.dir.path(), &world.tenant).await;
}

#[tokio::test]
async fn a_retry_of_a_new_tenant_is_answered_as_the_first_time() {
    let stage = TestServer::new().await;
    let world = WireTenant { api: stage.api.clone(), tenant: "globex".into() };
    let write = world.create_tenant("ada").under("a-random-request-1");
    let first = sent(&world, &write).await;
    assert_eq!(sent(&world, &write).await, first);
    assert_eq!(world.revision().await, 1);
}

#[tokio::test]
async fn a_retry_gets_the_invitations_secret_again_and_it_is_good() {
    let (_stage, world) = fixture().await;
    let write =
        world.invite_all("ada", &["a@acme.test", "b@acme.test"], &[("workspace", "user")]).under("a-random-request-1");
    let secrets =
        |answer: Answer| answer.invite().results.into_iter().map(|result| result.invitation_token).collect::<Vec<_>>();
    let first = secrets(sent(&world, &write).await);
    assert!(!first[0].is_empty() && first[0] != first[1], "a secret each");
    assert_eq!(secrets(sent(&world, &write).await), first);
    sent(&world, &world.accept("a", &first[0])).await;
    sent(&world, &world.accept("b", &first[1])).await;
    assert_eq!(secrets(sent(&world, &write).await), first, "even after they were used");
}

#[tokio::test]
async fn a_retry_gets_the_secret_of_an_invitation_that_was_sent_again() {
    let (_stage, world) = fixture().await;
    let id = world.invitation_of("nina@acme.test").await.id;
    let write = world.resend("edith", &id).under("a-random-request-1");
    let first = sent(&world, &write).await;
    assert_eq!(sent(&world, &write).await, first);
    sent(&world, &world.accept("nina", &first.resend_invitation().invitation_token)).await;
}

#[tokio::test]
async fn a_retry_is_answered_whatever_has_happened_since() {
    let (_stage, world) = fixture().await;
    let write = world.invite("edith", "olga", "harbour", "viewer").under("a-random-request-1");
    let first = sent(&world, &write).await;
    sent(&world, &world.remove("ada", "edith", "workspace")).await;
    sent(&world, &world.remove("olga", "olga", "harbour")).await;
    assert_eq!(sent(&world, &write).await, first);
    assert_eq!(world.grants("olga").await, ["workspace user"], "and does not happen again");
}

#[tokio::test]
async fn a_retry_is_answered_after_a_new_start() {
    let (stage, world) = fixture().await;
    let mut responses = Vec::new();
    for (number, write) in every_kind(&world).await.into_iter().enumerate() {
        let write = write.under(&format!("a-random-request-{number}"));
        let first = sent(&world, &write).await;
        responses.push((write, first));
    }
    let TestServer { server, dir, .. } = stage;
    server.terminate().await;

    let server = Server::start(dir.path()).await;
    let world = WireTenant { api: server.api().await, ..world };
    let before = world.revision().await;
    for (write, first) in responses {
        assert_eq!(sent(&world, &write).await, first, "{write:?}");
    }
    assert_eq!(world.revision().await, before);
}

#[tokio::test]
async fn duplicates_at_the_same_time_happen_once() {
    let (stage, world) = fixture().await;
    for (number, write) in every_kind(&world).await.into_iter().enumerate() {
        let write = write.under(&format!("a-random-request-{number}"));
        let before = world.revision().await;
        let mut calls = Vec::new();
        for _ in 0..8 {
            let (api, write) = (stage.server.api().await, write.clone());
            calls.push(tokio::spawn(async move { api.write(write).await }));
        }
        let mut answers = Vec::new();
        for call in calls {
            let answer = call.await.expect("no panic");
            answers.push(answer.unwrap_or_else(|status| panic!("{write:?}: {status:?}")));
        }
        assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
        assert_eq!(world.revision().await, before + 1, "{write:?}");
    }
    audited(stage.dir.path(), &world.tenant).await;
}

#[tokio::test]
async fn a_refused_write_may_be_tried_again_under_its_id() {
    let (_stage, world) = fixture().await;
    let write = world.change("olga", "victor", "harbour", "editor").under("a-random-request-1");
    assert!(world.api.write(write.clone()).await.is_err());
    sent(&world, &world.invite("edith", "olga", "harbour", "editor")).await;
    sent(&world, &write).await;
}

#[tokio::test]
async fn a_dry_run_does_not_use_its_request_id_up() {
    let (_stage, world) = fixture().await;
    let write = world.create_site("olga", "pier").under("a-random-request-1");
    sent(&world, &write.clone().dry()).await;
    let first = sent(&world, &write).await;
    assert_eq!(sent(&world, &write).await, first);
    assert_eq!(world.sites("olga", "data.edit").await, ["pier"]);
}

#[tokio::test]
async fn without_a_request_id_a_retry_is_a_new_request() {
    let (_stage, world) = fixture().await;
    let write = world.create_site("olga", "pier");
    sent(&world, &write).await;
    world.refused(write, "RESOURCE_EXISTS").await;
}

#[tokio::test]
async fn a_request_id_is_of_its_tenant() {
    let (stage, world) = fixture().await;
    let other = WireTenant::seeded(&stage.api, "globex").await;
    sent(&world, &world.create_site("olga", "pier").under("a-random-request-1")).await;
    sent(&other, &other.create_site("edith", "dock").under("a-random-request-1")).await;
}
