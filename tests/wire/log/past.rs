//! Questions at an earlier token are answered as they were then, for as long a replay as the settings allow.

use std::fs;

use rollcall::proto::{
    BatchCheckRequest, CheckItem, CheckResult, Consistency, ListActionsRequest, ListResourcesRequest, SetPolicyRequest,
    consistency::Requirement,
};
use tonic::Code;

use super::ACTORS;
use crate::{
    driver::issued_invitations,
    oracle::Tokens,
    support::{
        Server, TestServer, WireTenant, Write, expect_error,
        names::{resource, subject},
        repetitions,
        rng::Rng,
        tokens::{at_revision, of_another_write},
        wire_tenant::{OPERATOR, fixture},
    },
};

const ACTIONS: [&str; 3] = ["data.view", "data.edit", "report.view"];

fn at(token: &str) -> Consistency {
    Consistency { requirement: Some(Requirement::AtExactSnapshot(token.to_owned())) }
}

/// The answers to a fixed set of questions about the people of [`ACTORS`] and a stranger. Nobody goes by their email, for
/// that is whoever has it now.
#[derive(Clone, Debug, PartialEq)]
struct Answers {
    checks: Vec<CheckResult>,
    actions: Vec<Vec<String>>,
    sites: Vec<Vec<String>>,
}

/// Asks them at a consistency, and returns the token of the answers.
async fn ask(world: &WireTenant, consistency: Option<Consistency>) -> (Answers, String) {
    let people: Vec<&str> = ACTORS.people.iter().copied().chain(["stranger"]).collect();
    let resources: Vec<_> =
        ACTORS.sites.iter().chain(&["workspace"]).map(|site| resource(&world.tenant, site)).collect();
    let mut items = Vec::new();
    for who in &people {
        for resource in &resources[..3] {
            for action in ACTIONS {
                items.push(CheckItem {
                    subject: Some(subject(who)),
                    action: action.into(),
                    resource: Some(resource.clone()),
                    stated: None,
                });
            }
        }
    }
    let batch = BatchCheckRequest { tenant: world.tenant.clone(), items, consistency: consistency.clone() };
    let batch = world.api.batch_check(batch).await.expect("the batch is well formed");
    let (mut actions, mut sites) = (Vec::new(), Vec::new());
    for who in people.iter().step_by(3) {
        let request = ListActionsRequest {
            tenant: world.tenant.clone(),
            subject: Some(subject(who)),
            resource: Some(resources[who.len() % resources.len()].clone()),
            consistency: consistency.clone(),
            ..Default::default()
        };
        actions.push(world.api.list_actions(request).await.expect("well formed").actions);
        let request = ListResourcesRequest {
            tenant: world.tenant.clone(),
            subject: Some(subject(who)),
            action: "data.view".into(),
            resource_type: "job_site".into(),
            consistency: consistency.clone(),
            ..Default::default()
        };
        let listed = world.api.list_resources(request).await.expect("well formed").resources;
        sites.push(listed.into_iter().map(|site| site.id).collect());
    }
    (Answers { checks: batch.results, actions, sites }, batch.token)
}

#[tokio::test]
async fn each_earlier_token_answers_as_it_did_then() {
    let seed = Rng::any_seed();
    eprintln!("TEST_SEED={seed}");
    let mut rng = Rng::new(seed);
    let policies = tempfile::tempdir().unwrap();
    let first = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/policies/lumicon.toml")).unwrap();
    let second = first.replacen("version = 1", "version = 2", 1).replace("\"editor | viewer\"", "\"editor\"");
    assert_ne!(second, first.replacen("version = 1", "version = 2", 1), "the second version decides otherwise");
    fs::write(policies.path().join("lumicon-1.toml"), &first).unwrap();
    fs::write(policies.path().join("lumicon-2.toml"), &second).unwrap();
    let settings = [format!("policies.dir={}", policies.path().display()), "snapshots.kept=2".into()];
    let settings: Vec<&str> = settings.iter().map(String::as_str).collect();
    let stage = TestServer::with(&settings).await;
    let world = stage.tenant().await;
    let (mut then, mut tokens) = (vec![ask(&world, None).await], Tokens::default());
    let revisions = usize::try_from(repetitions("past_revisions", 30, 120)).expect("few");
    // Some of what is asked later lies before a change of the policy, whatever is drawn.
    world.does(world.set_policy(2)).await;
    then.push(ask(&world, None).await);
    for _ in 0..revisions * 40 {
        let write = match rng.range(0, 15) {
            0 => Write::from(SetPolicyRequest {
                tenant: world.tenant.clone(),
                actor: Some(subject(OPERATOR)),
                policy_version: u32::try_from(rng.range(1, 3)).unwrap(),
                ..Default::default()
            }),
            // Otherwise nobody could do anything in the end.
            1 => world.unlock(OPERATOR, rng.pick::<&str>(ACTORS.people)),
            2 => world.change(OPERATOR, rng.pick::<&str>(ACTORS.people), "workspace", "admin"),
            _ => ACTORS.informed_operation(&mut rng, &tokens, &world.tenant).write(&world.tenant),
        };
        if let Ok(answer) = world.api.write(write).await {
            tokens.learn(&issued_invitations(&answer));
            let answers = ask(&world, None).await;
            assert_eq!(answers.1, answer.token());
            then.push(answers);
        }
        if then.len() == revisions {
            break;
        }
    }
    assert_eq!(then.len(), revisions, "the writes changed something");
    assert!(then.windows(2).filter(|pair| pair[0].0 != pair[1].0).count() > revisions / 6, "and the answers with it");
    for _ in 0..then.len() {
        let (answers, token) = rng.pick(&then);
        assert_eq!(ask(&world, Some(at(token))).await, (answers.clone(), token.clone()), "at {token}");
    }
    let TestServer { server, dir, .. } = stage;
    server.terminate().await;
    let server = Server::start_with(dir.path(), &settings).await;
    let world = WireTenant { api: server.api().await, ..world };
    for (answers, token) in then.iter().step_by(7) {
        assert_eq!(ask(&world, Some(at(token))).await, (answers.clone(), token.clone()), "at {token}");
    }
}

#[tokio::test]
async fn an_explanation_of_the_past_is_of_then() {
    let (_stage, world) = fixture().await;
    let before = world.token().await;
    world.api.write(world.change("edith", "victor", "harbour", "editor")).await.unwrap();
    let mut question = world.question("victor", "data.edit", "harbour");
    question.explain = true;
    let now = world.api.check(question.clone()).await.unwrap();
    question.consistency = Some(at(&before));
    let then = world.api.check(question).await.unwrap();
    assert!(now.allowed && !then.allowed, "{now:?} {then:?}");
    assert_eq!(then.token, before);
    assert!(!then.explanation.unwrap().ways_in.is_empty());
}

#[tokio::test]
async fn the_past_is_of_this_tenant_and_not_the_future() {
    let (stage, world) = fixture().await;
    let other = stage.tenant().await;
    let check = |token: String| {
        let question = world.question("edith", "data.edit", "harbour");
        world.api.check(rollcall::proto::CheckRequest { consistency: Some(at(&token)), ..question })
    };
    expect_error(check("x".into()).await, Code::InvalidArgument, "INVALID_TOKEN");
    expect_error(check(other.token().await).await, Code::InvalidArgument, "TOKEN_FOREIGN");
    let newest = world.revision().await;
    let token = world.token().await;
    let ahead = at_revision(&token, newest + 1);
    expect_error(check(ahead).await, Code::FailedPrecondition, "TOKEN_AHEAD");
    expect_error(check(at_revision(&token, 0)).await, Code::NotFound, "TENANT_NOT_FOUND");
    expect_error(check(of_another_write(&token)).await, Code::FailedPrecondition, "TOKEN_LOST");
    assert!(check(world.token().await).await.unwrap().allowed, "the present is a past as good as any");
}

#[tokio::test]
async fn only_so_much_is_replayed() {
    let stage = TestServer::with(&["snapshots.changes=1000"]).await;
    let world = stage.tenant().await;
    let early = world.token().await;
    for round in 0..4 {
        let names: Vec<String> = (0..100).map(|number| format!("guest-{round}-{number}@acme.test")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        world.api.write(world.invite_all("edith", &names, &[("harbour", "viewer")])).await.unwrap();
    }
    let mut question = world.question("edith", "data.edit", "harbour");
    question.consistency = Some(at(&world.token().await));
    let metadata =
        expect_error(world.api.check(question.clone()).await, Code::FailedPrecondition, "SNAPSHOT_TOO_LARGE");
    assert_eq!(metadata["limit"], "1000");
    question.consistency = Some(at(&early));
    assert!(world.api.check(question).await.unwrap().allowed);
}
