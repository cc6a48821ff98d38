//! Allowed writes, done and read back.

use std::collections::BTreeSet;

use rollcall::proto::{
    AcceptInvitationRequest, GetMemberRequest, ListChangesRequest, Profile, get_member_request::Member as By,
};
use rollcall_engine::{Policy, ResourceKey, Subject};
use rollcall_policy_tools::cases::{Case, WriteCase as Wish};

use crate::{
    effects, fits,
    ground::{self, Ground},
    requests::{Request, proto, told},
    sight::{Sight, held},
    support::{Answer, Api, Write, error::reason_of},
};

/// Foresees a write that a case allows, does it in a tenant of its own, and reads back what it did. The lines of the
/// policy that let it through, as the log has them.
pub async fn done(api: &Api, policy: &Policy, ground: &Ground, case: &Case, wish: &Wish) -> BTreeSet<u32> {
    let what = format!("line {} of `{}`: {}", wish.expected.line, case.name, told(wish));
    let Request::Same(write) = ground.request(policy, wish) else { panic!("{what}: there is no invitation") };
    let target = effects::target(ground, wish);
    let old = ground::token(&target.id);
    if Sight::of(&ground.facts).invitations.contains_key(&target.id) {
        accepted(api, ground, &target, &old).await.unwrap_or_else(|reason| panic!("{what}: {reason} before"));
    }
    let dry = api.write(write.clone().dry()).await;
    fits(case, &wish.expected, &what, dry.as_ref().err().map(reason_of).as_deref());
    let real = api.write(write).await.unwrap_or_else(|status| panic!("{what}: a dry run says yes: {status:?}"));
    assert_eq!(dry.expect("it fits").settled(), real.clone().settled(), "{what}: a dry run answers as the write");
    let sight = Sight::read(api, ground).await;
    assert_eq!(sight, effects::after(policy, ground, wish), "{what}");
    assert_eq!(real.revision(&ground.tenant), sight.revision, "{what}");
    let named = GetMemberRequest { tenant: ground.tenant.clone(), member: Some(By::Subject(proto(&target))) };
    let named = api.get_member(named).await.map(|answer| held(answer.grants)).map_err(|status| reason_of(&status));
    let gone = || "MEMBER_NOT_FOUND".to_owned();
    assert_eq!(named, sight.members.get(&target).map(|seen| seen.roles.clone()).ok_or_else(gone), "{what}");
    if let Some(secret) = secret(&real) {
        let roles = &sight.members[&target].roles;
        assert_eq!(accepted(api, ground, &target, secret).await.as_ref(), Ok(roles), "{what}");
        let dead = accepted(api, ground, &target, &old).await;
        assert_eq!(dead, Err("INVITATION_NOT_FOUND".to_owned()), "{what}");
    }
    rules(api, policy, ground, wish, real.token()).await
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

/// The roles that somebody would hold who accepted the invitation of an email with this secret, or why they can't.
async fn accepted(
    api: &Api,
    ground: &Ground,
    invited: &Subject,
    secret: &str,
) -> Result<BTreeSet<(ResourceKey, String)>, String> {
    let write = Write::from(AcceptInvitationRequest {
        tenant: ground.tenant.clone(),
        actor: Some(proto(&Subject::user("newcomer"))),
        invitation_token: secret.to_owned(),
        profile: Some(Profile { email: invited.id.clone(), ..Profile::default() }),
        ..Default::default()
    });
    let answer = api.write(write.dry()).await.map_err(|status| reason_of(&status))?;
    Ok(held(answer.accept_invitation().grants))
}

/// The lines of the policy by which the log says that an actor, who has done nothing else, made the revision of a token.
async fn rules(api: &Api, policy: &Policy, ground: &Ground, wish: &Wish, token: &str) -> BTreeSet<u32> {
    let (tenant, actor) = (ground.tenant.clone(), Some(proto(&wish.actor)));
    let request = ListChangesRequest { tenant, actor, page_size: 100, ..Default::default() };
    let changes = api.list_changes(request).await.expect("the log is told").changes;
    assert!(!changes.is_empty() && changes.iter().all(|change| change.token == token), "{changes:?}");
    let named = format!("{}@{}:", policy.name(), policy.version());
    let lines = changes.iter().flat_map(|change| change.rule.split(' '));
    lines.map(|rule| rule.strip_prefix(&named).expect("a rule of the policy").parse().expect("a line")).collect()
}
