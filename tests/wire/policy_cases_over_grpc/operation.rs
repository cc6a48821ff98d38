//! Sends the writes that a case allows, and holds what they did against what the oracle foresees.

use std::collections::BTreeSet;

use rollcall::proto::{
    AcceptInvitationRequest, GetMemberRequest, ListChangesRequest, Profile, get_member_request::Member as By,
};
use rollcall_engine::{Policy, ResourceKey, Subject, Timestamp};
use rollcall_policy_tools::cases::{Case, WriteCase};

use super::{
    expectation::assert_matches,
    fixture::{self, CaseTenant},
    observed_state::{ObservedState, assigned_roles},
    requests::{Request, describe, proto},
};
use crate::{
    driver::issued_invitations,
    oracle::{ModelFacts, PolicyFile, Verdict, decide},
    support::{Answer, Api, Write, db::Db, error::reason_of, own_roles, tokens::revision_of, verified},
};

/// Sends a write that a case allows to a tenant of its own, first as a dry run, and reads back what it did: everything
/// from the tables, and over the API the root, the resource of the write, its target, and all invitations. Returns the
/// lines of the policy that allowed it, as the log has them.
pub async fn run_allowed_write(
    api: &Api,
    db: &Db,
    (policy, oracle_policy): (&Policy, &PolicyFile),
    tenant: &CaseTenant,
    case: &Case,
    write_case: &WriteCase,
) -> BTreeSet<u32> {
    let what = format!("line {} of `{}`: {}", write_case.expected.line, case.name, describe(write_case));
    let Request::Same(write) = tenant.request(policy, write_case) else { panic!("{what}: there is no invitation") };
    let target = tenant.affected_member(write_case);
    let before = ObservedState::stored(db, tenant).await;
    assert_eq!(before, ObservedState::of(tenant), "{what}: the tables have the facts of the case");
    let facts = model_facts(db, oracle_policy, tenant).await;
    let verdict = decide(oracle_policy, &facts, &tenant.oracle_operation(policy, write_case));
    let Verdict::Allowed(mut expected) = verdict else { panic!("{what}: by the oracle {verdict:?}") };
    let old_secret = fixture::token(&target.id);
    if before.invitations.contains_key(&target.id) {
        offered(api, tenant, &target, &old_secret).await.unwrap_or_else(|reason| panic!("{what}: {reason} before"));
    }
    let dry = api.write(write.clone().dry()).await;
    assert_matches(case, &write_case.expected, &what, dry.as_ref().err().map(reason_of).as_deref());
    let real = api.write(write).await.unwrap_or_else(|status| panic!("{what}: a dry run says yes: {status:?}"));
    assert_eq!(dry.expect("it fits").settled(), real.clone().settled(), "{what}: a dry run answers as the write");
    expected.learn(&issued_invitations(&real));
    assert_eq!(model_facts(db, oracle_policy, tenant).await, expected, "{what}");
    let stored = ObservedState::stored(db, tenant).await;
    assert_eq!(stored.revision, before.revision + 1, "{what}");
    assert_eq!(real.revision(), stored.revision, "{what}");
    let mut keys = BTreeSet::from([tenant.root(), tenant.resource(&write_case.at)]);
    keys.retain(|key| stored.owners.contains_key(key));
    let listed = ObservedState::read_at(api, tenant, &keys, Some(&stored)).await;
    assert_eq!(listed.at(&keys), stored.clone().at(&keys), "{what}");
    let request = GetMemberRequest {
        tenant: tenant.name.clone(),
        member: Some(By::Subject(proto(&target))),
        page_size: 1000,
        ..Default::default()
    };
    let shown = api.get_member(request).await.map(|answer| {
        let mut roles = assigned_roles(own_roles(answer));
        // A role that has ended is shown until it is swept.
        roles.retain(|(.., end)| !tenant.has_ended(*end));
        roles
    });
    let gone = || "MEMBER_NOT_FOUND".to_owned();
    let expected = stored.members.get(&target).map(|member| member.roles.clone()).ok_or_else(gone);
    assert_eq!(shown.map_err(|status| reason_of(&status)), expected, "{what}");
    if let Some(secret) = secret(&real) {
        let roles = stored.members[&target].roles.iter().map(|(at, role, _)| (at.clone(), role.clone())).collect();
        if let Some(offered) =
            offered(api, tenant, &target, secret).await.unwrap_or_else(|reason| panic!("{what}: {reason}"))
        {
            assert_eq!(offered, roles, "{what}");
        }
        let replaced = offered(api, tenant, &target, &old_secret).await.map(drop);
        assert_eq!(replaced, Err("INVITATION_NOT_FOUND".to_owned()), "{what}");
    }
    policy_lines(api, policy, tenant, write_case, real.token()).await
}

/// The facts that the tables have, without roles that have ended, of which the oracle knows nothing.
async fn model_facts(db: &Db, policy: &PolicyFile, tenant: &CaseTenant) -> ModelFacts {
    let mut tables = db.state(&tenant.name).await;
    tables.bindings.retain(|_, end| !tenant.has_ended(end.map(Timestamp)));
    ModelFacts::of(&tables, policy)
}

/// The secret of the invitation that a write issued.
fn secret(answer: &Answer) -> Option<&str> {
    let secret = match answer {
        Answer::Invite(answer) => &answer.results.first()?.invitation_token,
        Answer::ResendInvitation(answer) => &answer.invitation_token,
        _ => return None,
    };
    (!secret.is_empty()).then_some(secret)
}

/// The roles that the invitation of an email with this secret offers, given or not: of some cases, the one who offers may not
/// give them. None where nothing would be given; or the reason why nobody can accept it.
async fn offered(
    api: &Api,
    tenant: &CaseTenant,
    invited: &Subject,
    secret: &str,
) -> Result<Option<BTreeSet<(ResourceKey, String)>>, String> {
    let write = Write::from(AcceptInvitationRequest {
        tenant: tenant.name.clone(),
        actor: Some(proto(&Subject::user("newcomer"))),
        invitation_token: secret.to_owned(),
        profile: Some(Profile { emails: vec![verified(&invited.id)], ..Profile::default() }),
        ..Default::default()
    });
    let answer = match api.write(write.dry()).await.map_err(|status| reason_of(&status)) {
        Ok(answer) => answer.accept_invitation(),
        Err(reason) if reason == "INVITATION_VOID" => return Ok(None),
        Err(reason) => return Err(reason),
    };
    let given = assigned_roles(answer.grants).into_iter().map(|(at, role, _)| (at, role));
    let failed = answer.failed_grants.into_iter().map(|failed| {
        let at = failed.resource.expect("it is somewhere");
        (ResourceKey::new(at.r#type, at.id), failed.role)
    });
    Ok(Some(given.chain(failed).collect()))
}

/// The lines of the policy that the log names for the revision of a token, which must be the only one of its actor.
async fn policy_lines(
    api: &Api,
    policy: &Policy,
    tenant: &CaseTenant,
    write: &WriteCase,
    token: &str,
) -> BTreeSet<u32> {
    let (tenant, actor) = (tenant.name.clone(), Some(proto(&write.actor)));
    let request = ListChangesRequest { tenant, actor, page_size: 100, ..Default::default() };
    let changes = api.list_changes(request).await.expect("the log is listed").changes;
    assert!(
        !changes.is_empty() && changes.iter().all(|change| revision_of(&change.token) == revision_of(token)),
        "{changes:?}"
    );
    let prefix = format!("{}@{}:", policy.name(), policy.version());
    // Beside the lines it says of a role that it came along, or that it was another one while it was offered.
    let marks = ["joins_as", "changed"];
    let lines = changes.iter().flat_map(|change| &change.rules).filter(|rule| !marks.contains(&rule.as_str()));
    lines.map(|rule| rule.strip_prefix(&prefix).expect("a rule of the policy").parse().expect("a line")).collect()
}
