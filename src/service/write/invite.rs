use std::collections::HashSet;

use async_trait::async_trait;

use crate::{
    domain::{Change, Grant, Member, MemberStatus, Profile, Subject, Timestamp},
    policy::{self, Operation, RoleId, Verb},
};

use super::{
    super::{
        error::{Error, Result},
        lookup::no_member,
        ports::{MemberBy, MemberRecord},
    },
    answers::{Invited, InviteeResult, MemberAnswer},
    invitation::{self, Renewal},
    refuse::all_refused,
    run::{Plan, Write},
    session::{Place, Session},
};

/// Gives several people several roles, all or nothing.
#[derive(Clone, Debug)]
pub struct Invite {
    /// The people.
    pub invitees: Vec<Invitee>,
    /// The roles that each of them gets.
    pub grants: Vec<Grant>,
}

/// Somebody to invite.
#[derive(Clone, Debug)]
pub struct Invitee {
    /// Who.
    pub who: Who,
    /// For somebody new, what people call them.
    pub display_name: String,
}

/// How an invitee is named.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Who {
    /// By normalised email: a member who has it, or somebody new.
    Email(String),
    /// A member by subject.
    Member(Subject),
}

/// A role to be given, looked up.
struct Offered {
    place: Place,
    role: RoleId,
    grant: Grant,
}

/// What brings somebody into the tenant: the roles asked for, and until when the actor may give them, if not for good.
struct Joining<'a> {
    wanted: &'a [Offered],
    until: Option<Timestamp>,
}

/// A pair that the policy or the state does not allow.
struct Refused {
    invitee: usize,
    grant: usize,
    error: Error,
}

/// What all invitees come to, while they are gone through.
#[derive(Default)]
struct Progress {
    changes: Vec<Change>,
    results: Vec<InviteeResult>,
    rules: Vec<String>,
    refusals: Vec<Refused>,
    seen: HashSet<Subject>,
    /// How many invitations are issued.
    issued: u64,
}

#[async_trait]
impl Write for Invite {
    type Answer = Invited;

    async fn plan(&self, session: &mut Session<'_>) -> Result<Plan<Invited>> {
        session.tenant()?;
        let wanted = self.wanted(session)?;
        let mut progress = Progress::default();
        for (index, invitee) in self.invitees.iter().enumerate() {
            progress.invite(session, index, invitee, &wanted).await?;
        }
        if let Some(refused) = all_refusals(progress.refusals) {
            return Err(refused);
        }
        session.room_to_issue(progress.issued).await?;
        progress.rules.dedup();
        Ok(Plan {
            changes: progress.changes,
            rule: progress.rules.join(" "),
            answer: Invited { results: progress.results },
        })
    }
}

impl Invite {
    fn wanted(&self, session: &Session<'_>) -> Result<Vec<Offered>> {
        let mut places = HashSet::new();
        let look_up = |(index, grant): (usize, &Grant)| {
            let field = format!("grants[{index}]");
            let place = session.place(&grant.resource, &format!("{field}.resource"))?;
            let role = session.role(place, &grant.role, &format!("{field}.role"))?;
            let several =
                session.with(|facts| Ok(facts.policy().resource_type(facts.place(place.node).of).holds_several()))?;
            if !places.insert((place.node, several.then_some(role))) {
                let description = "names what an earlier grant names; a member holds one role a resource, unless the \
                                   policy says `several_roles`";
                return Err(Error::field("FIELD_INVALID", format!("{field}.resource"), description));
            }
            session.not_over(grant.expires_at, &format!("{field}.expire_time"))?;
            let named = session.grant(place, role)?;
            Ok(Offered { place, role, grant: Grant { expires_at: grant.expires_at, ..named } })
        };
        self.grants.iter().enumerate().map(look_up).collect()
    }
}

impl Progress {
    async fn invite(
        &mut self,
        session: &mut Session<'_>,
        index: usize,
        invitee: &Invitee,
        wanted: &[Offered],
    ) -> Result<()> {
        let known = match &invitee.who {
            Who::Email(email) => session.tx.member(MemberBy::Email(email)).await?,
            Who::Member(subject) => {
                let found = session.tx.member(MemberBy::Subject(subject.as_ref())).await?;
                if found.is_none() && !subject.as_ref().is_everybody() {
                    return Err(no_member(&subject.to_string()));
                }
                found
            }
        };
        let target = match (&known, &invitee.who) {
            (Some(record), _) => record.member.subject.clone(),
            (None, Who::Email(email)) => Subject::email(email),
            (None, Who::Member(subject)) => subject.clone(),
        };
        if !self.seen.insert(target.clone()) {
            let description = format!("names `{target}`, whom an earlier invitee names");
            return Err(Error::field("FIELD_INVALID", format!("invitees[{index}]"), description));
        }
        let status = known.as_ref().map(|record| record.member.status);
        let offers = matches!(status, None | Some(MemberStatus::Invited));
        let suppressed = offers && session.tx.suppressed(&target.id).await?.is_some();
        let (mut given, mut ends) = (Vec::new(), Vec::new());
        for (at, wanted) in wanted.iter().enumerate() {
            let invite = Operation::giving(Verb::Invite, wanted.role).until(wanted.grant.expires_at);
            match session.judge(wanted.place, &target, invite) {
                Ok(_) if suppressed => {
                    let error = invitation::suppressed(&target.id);
                    self.refusals.push(Refused { invitee: index, grant: at, error });
                }
                Ok(allowed) => {
                    self.rules.push(allowed.rule);
                    ends.push(allowed.until);
                    // Inviting a pending person to what they are invited to already only sends them a new secret.
                    given.extend(allowed.gives.then(|| wanted.grant.clone()));
                }
                Err(error) => self.refusals.push(Refused { invitee: index, grant: at, error }),
            }
        }
        let joining = Joining {
            wanted,
            until: ends.into_iter().collect::<Option<Vec<_>>>().and_then(|ends| ends.into_iter().max()),
        };
        let added = match known.as_ref().map(|record| &record.member) {
            Some(member) if member.status == MemberStatus::Active => Some(member.clone()),
            Some(before) if before.status == MemberStatus::Deactivated => {
                let member = Member { status: MemberStatus::Active, ..before.clone() };
                self.changes.push(Change::MemberUpdated { before: before.clone(), member: member.clone() });
                given.extend(joining.grant(session, &target, &[])?);
                Some(member)
            }
            None if target.as_ref().is_everybody() => {
                let member = everybody(&target, session.now());
                self.changes.push(Change::MemberAdded { member: member.clone() });
                Some(member)
            }
            _ => None,
        };
        if let Some(member) = added {
            self.bind(&target, &given);
            self.results.push(InviteeResult { member: session.answer(member), grants: given, offer: None });
            return Ok(());
        }
        if suppressed {
            return Ok(());
        }
        self.offer(session, invitee, target, known, (given, joining)).await
    }

    fn bind(&mut self, target: &Subject, grants: &[Grant]) {
        self.changes.extend(grants.iter().map(|grant| Change::granted(target, grant)));
    }

    /// Makes or renews the invitation of somebody who is not active yet.
    async fn offer(
        &mut self,
        session: &mut Session<'_>,
        invitee: &Invitee,
        target: Subject,
        known: Option<MemberRecord>,
        (mut given, joining): (Vec<Grant>, Joining<'_>),
    ) -> Result<()> {
        let email = target.id.clone();
        let is_new = known.is_none();
        let unchanged = known.as_ref().map(|record| record.changed_at);
        let open = session.tx.open_invitation(&email).await?;
        let renewal = match (&known, &open) {
            (Some(invited), Some(open)) => Renewal::of(session, invited, open, &given)?,
            _ => Renewal::default(),
        };
        given.extend(joining.grant(session, &target, &renewal.run_out)?);
        let member = known.map_or_else(
            || Member {
                subject: target.clone(),
                profile: Profile {
                    display_name: invitee.display_name.clone(),
                    email: Some(email.clone()),
                    ..Profile::default()
                },
                status: MemberStatus::Invited,
                locked: false,
                created_at: session.now(),
            },
            |record| record.member,
        );
        if is_new {
            self.changes.push(Change::MemberAdded { member: member.clone() });
        }
        self.changes.extend(renewal.changes(&target));
        self.bind(&target, &given);
        // Only sending the invitation again leaves the member as they were.
        let answer = match unchanged.filter(|_| given.is_empty() && renewal.run_out.is_empty()) {
            Some(changed_at) => MemberAnswer { member, changed_at },
            None => session.answer(member),
        };
        let offer = invitation::issue(session, &email, session.call.actor.clone(), open.as_ref(), &renewal)?;
        self.issued += 1;
        self.changes.push(Change::InvitationIssued { before: open, invitation: offer.invitation.invitation.clone() });
        self.results.push(InviteeResult { member: answer, grants: given, offer: Some(offer) });
        Ok(())
    }
}

/// Who holds what is public, when it is the first thing that is.
fn everybody(subject: &Subject, now: Timestamp) -> Member {
    let (subject, profile) = (subject.clone(), Profile::default());
    Member { subject, profile, status: MemberStatus::Active, locked: false, created_at: now }
}

impl Joining<'_> {
    /// The role of the root type that somebody gets beside those that they are invited to, if they hold none there but
    /// what is `gone`.
    fn grant(&self, session: &Session<'_>, target: &Subject, gone: &[Grant]) -> Result<Option<Grant>> {
        session.with(|facts| {
            let (policy, root) = (facts.policy(), facts.root());
            let resource = policy::name_of(facts, root).to_key();
            let is_gone =
                |role: &policy::Role| gone.iter().any(|grant| grant.resource == resource && grant.role == role.name());
            let bound = facts.standing(target.as_ref()).map(|it| facts.bound(it.member, root));
            let holds = bound.is_some_and(|bound| policy.roles_in(bound).any(|role| !is_gone(role)));
            if holds || self.wanted.iter().any(|wanted| wanted.place.is_root) {
                return Ok(None);
            }
            let of = |wanted: &Offered| policy.resource_type(facts.place(wanted.place.node).of);
            let role = self.wanted.iter().find_map(|wanted| of(wanted).joins_as());
            let named = |role| Grant::lasting(resource.clone(), policy.role(role).name());
            Ok(role.map(|role| Grant { expires_at: self.until, ..named(role) }))
        })
    }
}

/// One error for all refused pairs, by their names in the request.
fn all_refusals(refusals: Vec<Refused>) -> Option<Error> {
    let pairs: Vec<String> = refusals.iter().map(|refused| format!("{}:{}", refused.invitee, refused.grant)).collect();
    let named =
        |refused: Refused| (format!("invitees[{}] x grants[{}]", refused.invitee, refused.grant), refused.error);
    let error = all_refused(refusals.into_iter().map(named).collect())?;
    Some(error.with("refused", pairs.join(" ")))
}
