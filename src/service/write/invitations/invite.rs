use std::collections::HashSet;

use async_trait::async_trait;
use rollcall_engine::{
    self as engine, Change, Grant, Invitation, Member, MemberStatus, MembershipWrite, Profile, RoleId, Subject,
    Timestamp, WriteKind,
};

use crate::service::{
    error::{Error, Result},
    ports::{MemberBy, MemberRecord},
    resolve::not_found::no_member,
    write::{
        engine::{
            answers::{InviteResults, InviteeResult, MemberAnswer},
            context::{ResourceNode, WriteContext},
            refuse::all_refused,
            run::{Plan, Write},
        },
        invitations::{
            invitation,
            renewal::{self, Renewal},
        },
    },
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
    place: ResourceNode,
    role: RoleId,
    grant: Grant,
}

/// The role of the root type that somebody gets beside those that they are invited to.
struct Joining {
    /// None where there is none, or one of the root type is asked for.
    role: Option<Grant>,
    /// Until when the actor may give what brings it, if not for good.
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
    type Answer = InviteResults;

    async fn plan(&self, session: &mut WriteContext<'_>) -> Result<Plan<InviteResults>> {
        session.tenant()?;
        let wanted = self.wanted(session)?;
        let mut progress = Progress::default();
        for (index, invitee) in self.invitees.iter().enumerate() {
            progress.invite(session, index, invitee, &wanted).await?;
        }
        if let Some(refused) = all_refusals(progress.refusals) {
            return Err(refused);
        }
        session.check_invitation_quota(progress.issued).await?;
        progress.rules.dedup();
        Ok(Plan {
            changes: progress.changes,
            rule: progress.rules.join(" "),
            answer: InviteResults { results: progress.results },
        })
    }
}

impl Invite {
    fn wanted(&self, session: &WriteContext<'_>) -> Result<Vec<Offered>> {
        let mut places = HashSet::new();
        let look_up = |(index, grant): (usize, &Grant)| {
            let field = format!("grants[{index}]");
            let place = session.resource_node(&grant.resource, &format!("{field}.resource"))?;
            let role = session.role(place, &grant.role, &format!("{field}.role"))?;
            let several = session
                .with(|facts| Ok(facts.policy().resource_type(facts.resource(place.node).of).holds_several()))?;
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
        session: &mut WriteContext<'_>,
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
        let open = if offers { session.tx.open_invitation(&target.id).await? } else { None };
        let held: Vec<Grant> = known.iter().flat_map(|record| invitation::giving(session, record)).cloned().collect();
        let (mut given, mut ends) = (Vec::new(), Vec::new());
        for (at, wanted) in wanted.iter().enumerate() {
            let invite = MembershipWrite::giving(WriteKind::Invite, wanted.role).until(wanted.grant.expires_at);
            match session.permit(wanted.place, &target, invite) {
                Ok(_) if suppressed => {
                    let error = invitation::suppressed(&target.id);
                    self.refusals.push(Refused { invitee: index, grant: at, error });
                }
                Ok(allowed) => {
                    self.rules.push(allowed.rule);
                    ends.push(allowed.until);
                    // Inviting a pending person to what they are invited to already only sends them a new secret, unless
                    // it has run out, and can only be given anew.
                    let pending = held.iter().find(|held| !allowed.gives && held.is_role_of(&wanted.grant));
                    match renewal::gone(session, &target, open.as_ref(), pending)? {
                        Some(error) if !invite.is_within(allowed.until) => {
                            self.refusals.push(Refused { invitee: index, grant: at, error });
                        }
                        gone => given.extend((allowed.gives || gone.is_some()).then(|| wanted.grant.clone())),
                    }
                }
                Err(error) => self.refusals.push(Refused { invitee: index, grant: at, error }),
            }
        }
        let joining = Joining::of(session, wanted, &ends)?;
        let added = match known.as_ref().map(|record| &record.member) {
            Some(member) if member.status == MemberStatus::Active => Some(member.clone()),
            Some(before) if before.status == MemberStatus::Deactivated => {
                let member = Member { status: MemberStatus::Active, ..before.clone() };
                self.changes.push(Change::MemberUpdated { before: before.clone(), member: member.clone() });
                given.extend(joining.grant(&held, &[]));
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
            self.changes.extend(joining.prolonged(&target, &held, &[]));
            self.bind(&target, &given);
            self.results.push(InviteeResult { member: session.answer(member), grants: given, issued: None });
            return Ok(());
        }
        if suppressed {
            return Ok(());
        }
        self.offer(session, invitee, &target, (known, open), (given, joining))
    }

    fn bind(&mut self, target: &Subject, grants: &[Grant]) {
        self.changes.extend(grants.iter().map(|grant| Change::granted(target, grant)));
    }

    /// Makes or renews the invitation of somebody who is not active yet.
    fn offer(
        &mut self,
        session: &WriteContext<'_>,
        invitee: &Invitee,
        target: &Subject,
        (known, open): (Option<MemberRecord>, Option<Invitation>),
        (mut given, joining): (Vec<Grant>, Joining),
    ) -> Result<()> {
        let email = target.id.clone();
        let is_new = known.is_none();
        let unchanged = known.as_ref().map(|record| record.changed_at);
        let renewal = match (&known, &open) {
            (Some(invited), Some(open)) => Renewal::of(session, invited, open, (&given, joining.until))?,
            _ => Renewal::default(),
        };
        let held: Vec<Grant> = known.iter().flat_map(|record| invitation::giving(session, record)).cloned().collect();
        given.extend(joining.grant(&held, &renewal.run_out));
        let prolonged = joining.prolonged(target, &held, &renewal.run_out);
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
        let is_resent = given.is_empty() && renewal.run_out.is_empty() && prolonged.is_none();
        self.changes.extend(renewal.changes(target).chain(prolonged));
        self.bind(target, &given);
        // Only sending the invitation again leaves the member as they were.
        let answer = match unchanged.filter(|_| is_resent) {
            Some(changed_at) => MemberAnswer { member, changed_at },
            None => session.answer(member),
        };
        let offer = invitation::issue(session, &email, session.call.actor.clone(), open.as_ref(), &renewal)?;
        self.issued += 1;
        self.changes.push(Change::InvitationIssued { before: open, invitation: offer.invitation.invitation.clone() });
        self.results.push(InviteeResult { member: answer, grants: given, issued: Some(offer) });
        Ok(())
    }
}

/// Who holds what is public, when it is the first thing that is.
fn everybody(subject: &Subject, now: Timestamp) -> Member {
    let (subject, profile) = (subject.clone(), Profile::default());
    Member { subject, profile, status: MemberStatus::Active, locked: false, created_at: now }
}

impl Joining {
    /// What comes with these roles, of which the actor may give each until then, if not for good.
    fn of(session: &WriteContext<'_>, wanted: &[Offered], ends: &[Option<Timestamp>]) -> Result<Self> {
        session.with(|facts| {
            let policy = facts.policy();
            let joins = |wanted: &Offered| policy.resource_type(facts.resource(wanted.place.node).of).joins_as();
            let role = wanted.iter().find_map(joins).filter(|_| !wanted.iter().any(|wanted| wanted.place.is_root));
            let bringing = wanted.iter().zip(ends).filter(|(wanted, _)| role.is_some() && joins(wanted) == role);
            let until =
                bringing.map(|(_, end)| *end).collect::<Option<Vec<_>>>().and_then(|ends| ends.into_iter().max());
            let root = engine::name_of(facts, facts.root()).to_key();
            let grant = |role| Grant { expires_at: until, ..Grant::lasting(root, policy.role(role).name()) };
            Ok(Self { role: role.map(grant), until })
        })
    }

    /// The role, for somebody who holds none of the root type but what is `gone`.
    fn grant(&self, held: &[Grant], gone: &[Grant]) -> Option<Grant> {
        let role = self.role.as_ref()?;
        let holds = held.iter().any(|held| held.resource == role.resource && !gone.contains(held));
        (!holds).then(|| role.clone())
    }

    /// The same role with a later end, for somebody who came by it through one who could not give it for as long.
    fn prolonged(&self, target: &Subject, held: &[Grant], gone: &[Grant]) -> Option<Change> {
        let role = self.role.as_ref()?;
        let held = held.iter().find(|held| held.resource == role.resource && !gone.contains(held))?;
        let ends_sooner = held.expires_at.is_some_and(|end| role.expires_at.is_none_or(|later| later > end));
        (held.role == role.role && ends_sooner).then(|| Change::RoleChanged {
            subject: target.clone(),
            resource: role.resource.clone(),
            from: held.role.clone(),
            from_expires_at: held.expires_at,
            to: role.role.clone(),
            expires_at: role.expires_at,
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
