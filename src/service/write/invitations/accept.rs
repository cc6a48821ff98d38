use async_trait::async_trait;
use rollcall_engine::{
    self as engine, Change, Facts, Grant, Member, MemberStatus, MembershipWrite, Profile, Subject, WriteKind,
};

use crate::service::{
    error::{Error, ErrorKind, Result},
    ports::{MemberBy, MemberRecord},
    write::{
        engine::{
            answers::AcceptedInvitation,
            context::WriteContext,
            run::{Plan, Write},
        },
        invitations::invitation,
    },
};

/// Turns an invitation into a membership of the actor.
#[derive(Clone, Debug)]
pub struct AcceptInvitation {
    /// The secret that the invitation came with.
    pub token: String,
    /// The person's profile; its email is one that the caller has verified.
    pub profile: Profile,
}

#[async_trait]
impl Write for AcceptInvitation {
    type Answer = AcceptedInvitation;

    async fn plan(&self, session: &mut WriteContext<'_>) -> Result<Plan<AcceptedInvitation>> {
        session.tenant()?;
        let invitation = invitation::by_token(session, &self.token, self.profile.email.as_deref()).await?;
        let invited = session.member(&Subject::email(&invitation.email)).await?;
        let actor = session.call.actor.clone();
        somebody(session, &actor)?;
        let existing = session.tx.member(MemberBy::Subject(actor.as_ref())).await?;
        let mut changes = invitation::gone(&invited);
        // A lock set on the invited person is a lock on whoever they turn out to be.
        let member = if let Some(record) = existing {
            let before = may_join(record)?;
            let member = Member { locked: invited.member.locked, ..before.clone() };
            if member.locked {
                changes.push(Change::MemberUpdated { before, member: member.clone() });
            }
            member
        } else {
            let member = self.newcomer(session, &invited).await?;
            changes.push(Change::MemberAdded { member: member.clone() });
            member
        };
        let grants = takeable(session, &actor, invited.held)?;
        changes.extend(grants.iter().map(|grant| Change::granted(&actor, grant)));
        changes.push(Change::InvitationAccepted {
            id: invitation.id.clone(),
            email: invitation.email,
            subject: actor.clone(),
        });
        if invitation.inviter == actor {
            may_invite_themselves(session, &actor, &grants)?;
        }
        let rule = format!("invitation:{}", invitation.id);
        Ok(Plan { changes, rule, answer: AcceptedInvitation { member: session.answer(member), grants } })
    }
}

impl AcceptInvitation {
    async fn newcomer(&self, session: &mut WriteContext<'_>, invited: &MemberRecord) -> Result<Member> {
        // What the invited person was given already is theirs.
        let owner = Some(&invited.member.subject);
        if let Some(username) = &self.profile.username {
            session.check_identifier_free(MemberBy::Username(username), "profile.username", owner).await?;
        }
        if let Some(phone) = &self.profile.phone {
            session.check_identifier_free(MemberBy::Phone(phone), "profile.phone", owner).await?;
        }
        let mut profile = self.profile.clone();
        if profile.display_name.is_empty() {
            profile.display_name.clone_from(&invited.member.profile.display_name);
        }
        Ok(Member {
            subject: session.call.actor.clone(),
            profile,
            status: MemberStatus::Active,
            locked: invited.member.locked,
            created_at: session.now(),
        })
    }
}

/// Whoever accepts is a person, and neither a team nor everybody.
fn somebody(session: &WriteContext<'_>, actor: &Subject) -> Result<()> {
    if session.with(|facts| Ok(facts.policy().is_person(actor.as_ref())))? {
        return Ok(());
    }
    Err(Error::field("FIELD_INVALID", "actor", format!("`{actor}` can't accept anything; it must be a person")))
}

/// Whoever accepts what they themselves sent, to another email of theirs, must be one who may invite themselves. The
/// role that somebody new joins the tenant with comes with the others.
fn may_invite_themselves(session: &WriteContext<'_>, actor: &Subject, grants: &[Grant]) -> Result<()> {
    for grant in grants {
        let place = session.resource_node(&grant.resource, "invitation_token")?;
        let role = session.role(place, &grant.role, "invitation_token")?;
        let joins = session.with(|facts| {
            let policy = facts.policy();
            let mut types = grants.iter().filter_map(|other| policy.find_type(&other.resource.kind).ok());
            Ok(place.is_root && types.any(|of| of.joins_as() == Some(role)))
        })?;
        if !joins {
            session.permit(place, actor, MembershipWrite::giving(WriteKind::Invite, role).until(grant.expires_at))?;
        }
    }
    Ok(())
}

/// A member who accepts a further invitation must be able to act.
fn may_join(record: MemberRecord) -> Result<Member> {
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

/// The invited roles that the person can take: where they hold a role already, or are protected from above, that
/// stays as it is. What has ended meanwhile is not there to take.
fn takeable(session: &WriteContext<'_>, actor: &Subject, invited: Vec<Grant>) -> Result<Vec<Grant>> {
    let now = session.now();
    let invited: Vec<Grant> =
        invited.into_iter().filter(|grant| grant.expires_at.is_none_or(|end| end > now)).collect();
    session.with(|facts: &dyn Facts| {
        let Some(standing) = facts.member_state(actor.as_ref()) else { return Ok(invited) };
        let free = |grant: &Grant| {
            let of = facts.policy().find_type(&grant.resource.kind).ok();
            let node = of.and_then(|of| facts.find(of.id(), &grant.resource.id));
            node.is_some_and(|node| {
                let bound = facts.assigned_roles(standing.member, node);
                let of = facts.policy().resource_type(facts.resource(node).of);
                let role = facts.policy().find_role(of, &grant.role).map(engine::Role::mask).unwrap_or_default();
                let takes = bound.is_empty() || (of.holds_several() && !bound.contains(role));
                takes && !engine::is_protected(facts, node, actor.as_ref())
            })
        };
        Ok(invited.into_iter().filter(free).collect())
    })
}
