//! A tenant that is described once is the same at each level: what the engine decides of its facts, what a service in
//! this process answers, and what the real server does.

use rollcall::service::{CheckQuestion, Consistency};
use rollcall_engine::{Facts as _, Question, ResourceKey, StatedFacts, Subject, View, decide, locate};

use crate::support::fixture::{
    ServiceTenant, TenantFixture,
    description::{resource_key, subject},
    seeded, tenant,
};

/// Descriptions that have every kind of step, and of each the people and resources that are asked about.
fn descriptions() -> [(TenantFixture, &'static [&'static str], &'static [&'static str]); 3] {
    let drive = tenant("folders").person("ada", "admin").resource("folder:a").resource_in("folder:b", "folder:a");
    let drive = drive.resource("group:crew").joined("vera", "folder:a", "viewer").joined("omar", "folder:b", "poster");
    let drive = drive.role("vera", "group:crew", "person").role("group:crew", "folder:b", "editor");
    let lumi = tenant("lumi-1").person("ada", "account_admin").resource("project:film");
    let lumi = lumi.joined("paul", "project:film", "project_admin").joined("tom", "project:film", "team_member");
    [
        (
            seeded::lumicon(),
            &["ada", "alan", "edith", "emil", "victor", "vera", "olga", "lars", "stranger"],
            &["workspace:", "job_site:harbour", "job_site:quarry"],
        ),
        (
            drive.by("omar").resource_in("document:memo", "folder:b"),
            &["ada", "vera", "omar", "stranger"],
            &["drive:", "folder:a", "folder:b", "group:crew", "document:memo"],
        ),
        (
            lumi.by("paul").resource_in("vault:safe", "project:film"),
            &["ada", "paul", "tom", "stranger"],
            &["organization:", "project:film", "vault:safe"],
        ),
    ]
}

/// The actions that the engine allows somebody.
fn decided(facts: &View, who: &Subject, at: &ResourceKey) -> Vec<String> {
    let resource_type = facts.policy().find_type(&at.kind).unwrap();
    let may = |action: &&rollcall_engine::Action| {
        let target = locate(facts, resource_type, &at.id, StatedFacts::default());
        decide(facts, &Question::new(who.as_ref(), action, target)).allowed()
    };
    sorted(resource_type.actions().iter().filter(may).map(|action| action.name().to_owned()).collect())
}

/// The actions that a service allows somebody, of those that the type has.
async fn answered(tenant: &ServiceTenant, facts: &View, who: &Subject, at: &ResourceKey) -> Vec<String> {
    let mut allowed = Vec::new();
    for action in facts.policy().find_type(&at.kind).unwrap().actions() {
        let question = CheckQuestion {
            subject: who.as_ref(),
            action: action.name(),
            resource: at.as_ref(),
            stated: StatedFacts::default(),
        };
        let outcome = tenant.service.check(&tenant.id, Consistency::MinimizeLatency, &question, false).await;
        if outcome.unwrap().decision.allowed() {
            allowed.push(action.name().to_owned());
        }
    }
    sorted(allowed)
}

fn sorted(mut actions: Vec<String>) -> Vec<String> {
    actions.sort();
    actions
}

#[tokio::test]
async fn a_described_tenant_is_the_same_at_each_level() {
    for (description, people, resources) in descriptions() {
        let (facts, service) = (description.facts(), description.service().await);
        let (_server, wire) = description.wire().await;
        let mut granted = 0;
        for who in people {
            for at in resources {
                let (subject, key) = (subject(who), resource_key(&description.id, at));
                let expected = decided(&facts, &subject, &key);
                assert_eq!(answered(&service, &facts, &subject, &key).await, expected, "{who} at {at} in a service");
                assert_eq!(sorted(wire.actions(who, at).await), expected, "{who} at {at} over gRPC");
                granted += expected.len();
            }
        }
        assert!(granted > 10, "{granted} actions are allowed: the test tests something");
    }
}
