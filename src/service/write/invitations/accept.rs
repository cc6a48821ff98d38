//! Acceptance of an invitation, by which its roles pass to the actor.

use async_trait::async_trait;
use rollcall_engine::{
    self as engine, Change, Facts, FailedGrant, HolderCounts, Invitation, Member, MemberStatus, Profile, Subject,
};

use crate::service::{
    error::{Error, ErrorKind, Result},
    hidden::Hidden,
    ports::{MemberBy, MemberRecord, StoredGrant},
    write::{
        engine::{
            answers::{AcceptedInvitation, MemberAnswer},
            context::WriteContext,
            plan::{Plan, Write},
            refuse,
        },
        invitations::{
            invitation,
            judged::{self, Judged},
            pending,
        },
    },
};

/// Accepts an invitation: the actor becomes a member, or stays one, and gets the roles of the invited member, who is
/// removed. Permitted to whoever has the token and the email.
#[derive(Clone, Debug)]
pub struct AcceptInvitation {
    /// The token of the invitation, as its issuer got it.
    pub token: Hidden<String>,
    /// The person's profile, normalised. Its email, which the caller has verified, must be the invitation's.
    pub profile: Profile,
}

#[async_trait]
impl Write for AcceptInvitation {
    type Answer = AcceptedInvitation;

    fn subjects(&mut self) -> Vec<&mut Subject> {
        Vec::new()
    }

    async fn plan(&self, context: &mut WriteContext<'_>) -> Result<Plan<AcceptedInvitation>> {
        context.tenant()?;
        let invitation = invitation::by_token(context, self.token.expose(), self.profile.email.as_deref()).await?;
        let invited = context.member(&invitation.member).await?;
        let actor = context.request.actor.clone();
        check_person(context, &actor)?;
        let existing = context.snapshot()?.member(MemberBy::Subject(actor.as_ref())).await?;
        let is_new = existing.is_none();
        let mut changes = invitation::invited_member_removed(&invited);
        // A lock of the invited member passes to the actor.
        let mut unchanged_since = None;
        let member = if let Some(record) = existing {
            let changed_at = record.changed_at;
            let before = member_able_to_act(record)?;
            let member = Member { locked: invited.member.locked, ..before.clone() };
            if member.locked {
                changes.push(Change::updated(&before, member.clone()));
            } else {
                unchanged_since = Some(changed_at);
            }
            member
        } else {
            let member = self.new_member(context, &invited).await?;
            changes.push(Change::MemberAdded { member: member.clone() });
            member
        };
        let own_ends = pending::offered_grants(context, &invited).filter_map(|stored| stored.offer_ends_at);
        if let Some(end) = own_ends.min() {
            context.rely_until(end);
        }
        let (offered, untakable) = takable(context, &actor, &invited)?;
        let Judged { given, mut failed, refusal } =
            judged::permit_offered(context, (&invited.member.subject, &actor), offered).await?;
        // Nobody becomes a member by an invitation that gives nothing.
        if given.is_empty() && (refusal.is_some() || is_new) {
            return Err(void(&invitation, refusal));
        }
        failed.extend(untakable);
        if member.locked {
            check_last_holder(context, &actor)?;
        }
        let grants = given.iter().map(|(grant, _)| grant.clone()).collect::<Vec<_>>();
        changes.extend(given.into_iter().map(|(grant, by)| Change::passed_on(&actor, &grant, by)));
        changes.push(Change::InvitationAccepted {
            id: invitation.id.clone(),
            email: invitation.email,
            subject: actor.clone(),
            at: context.now(),
            failed: failed.clone(),
        });
        let rule = format!("invitation:{}", invitation.id);
        // Without a new role the acceptance leaves a member as they were.
        let member = match unchanged_since.filter(|_| grants.is_empty()) {
            Some(changed_at) => MemberAnswer { member, changed_at },
            None => context.member_answer(member),
        };
        Ok(Plan::by(&rule, changes, AcceptedInvitation { member, grants, failed }))
    }
}

impl AcceptInvitation {
    /// The member record of an actor who is no member yet.
    async fn new_member(&self, context: &mut WriteContext<'_>, invited: &MemberRecord) -> Result<Member> {
        context.check_subject_type(&context.request.actor, "actor.type")?;
        // The invited member's own identifiers pass to the actor.
        let owner = Some(&invited.member.subject);
        if let Some(username) = &self.profile.username {
            context.check_identifier_free(MemberBy::Username(username), "profile.username", owner).await?;
        }
        if let Some(phone) = &self.profile.phone {
            context.check_identifier_free(MemberBy::Phone(phone), "profile.phone", owner).await?;
        }
        let mut profile = self.profile.clone();
        if profile.display_name.is_empty() {
            profile.display_name.clone_from(&invited.member.profile.display_name);
        }
        Ok(Member {
            subject: context.request.actor.clone(),
            profile,
            status: MemberStatus::Active,
            locked: invited.member.locked,
            created_at: context.now(),
        })
    }
}

/// Refuses an actor that is a team or everybody.
fn check_person(context: &WriteContext<'_>, actor: &Subject) -> Result<()> {
    if context.with_facts(|facts| Ok(facts.policy().is_person(actor.as_ref())))? {
        return Ok(());
    }
    Err(Error::field("FIELD_INVALID", "actor", format!("`{actor}` can't accept anything; it must be a person")))
}

/// Refuses an actor who would be locked by this, and is the last who can act in a role that must be held.
fn check_last_holder(context: &WriteContext<'_>, actor: &Subject) -> Result<()> {
    context.with_facts(|facts| {
        let mut counts = HolderCounts::default();
        counts.lose_all(facts, actor.as_ref());
        let lacking = counts.lacking(facts);
        if lacking.is_empty() { Ok(()) } else { Err(refuse::last_holder(facts, actor, &lacking)) }
    })
}

/// The error of an invitation that gives nothing any more, and why the first of its roles is not given, if it has any.
fn void(invitation: &Invitation, refusal: Option<Error>) -> Error {
    let (why, refused) = refusal.map_or_else(
        || ("its roles have ended or were taken back".to_owned(), "ROLE_NOT_BOUND"),
        |refusal| (refusal.message, refusal.reason),
    );
    let message = format!(
        "nothing of the invitation can be given any more: {why}; ask somebody who may give it to invite you again"
    );
    Error::new(ErrorKind::FailedPrecondition, "INVITATION_VOID", message)
        .with("invitation", invitation.id.clone())
        .with("refused", refused)
}

/// The member who accepts a further invitation; refused if they are deactivated or locked.
fn member_able_to_act(record: MemberRecord) -> Result<Member> {
    let refused = |reason, why: &str| {
        let message = format!("`{}` {why}", record.member.subject);
        Err(Error::new(ErrorKind::PermissionDenied, reason, message).with("actor", record.member.subject.to_string()))
    };
    match record.member.status {
        MemberStatus::Deactivated => refused("ACTOR_DEACTIVATED", "is deactivated; reactivate them first"),
        _ if record.member.locked => refused("ACTOR_LOCKED", "is locked; unlock them first"),
        _ => Ok(record.member),
    }
}

/// The offered roles that have not ended and that the actor can take, and those that they can't: at a resource where they
/// are protected from above, or have another role already and can't have this one beside it. What they have is neither.
fn takable(
    context: &WriteContext<'_>,
    actor: &Subject,
    invited: &MemberRecord,
) -> Result<(Vec<StoredGrant>, Vec<FailedGrant>)> {
    let (mut takable, mut untakable) = (Vec::new(), Vec::new());
    let offered: Vec<&StoredGrant> = pending::offered_grants(context, invited).collect();
    context.with_facts(|facts: &dyn Facts| {
        let policy = facts.policy();
        for stored in offered {
            let resource_type = policy.type_named(&stored.resource.kind);
            let node = resource_type.and_then(|resource_type| facts.find(resource_type.id(), &stored.resource.id));
            let (Some(state), Some(resource_type), Some(node)) =
                (facts.member_state(actor.as_ref()), resource_type, node)
            else {
                takable.push(stored.clone());
                continue;
            };
            let assigned_roles = facts.assigned_roles(state.member, node);
            let role = policy.find_role(resource_type, &stored.role).map(engine::Role::mask).unwrap_or_default();
            let reason = if assigned_roles.contains(role) {
                continue;
            } else if engine::is_protected(facts, node, actor.as_ref()) {
                "MEMBER_PROTECTED"
            } else if !assigned_roles.is_empty() && !resource_type.allows_several_roles() {
                "ALREADY_A_MEMBER"
            } else {
                takable.push(stored.clone());
                continue;
            };
            let (resource, role) = (stored.resource.clone(), stored.role.clone());
            untakable.push(FailedGrant { resource, role, reason: reason.to_owned() });
        }
        Ok(())
    })?;
    Ok((takable, untakable))
}
