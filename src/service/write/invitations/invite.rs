//! Invitations of people to roles: active members get them at once, others an invitation to accept.

use std::collections::HashSet;

use async_trait::async_trait;
use rollcall_engine::{
    Change, FailedGrant, Grant, Invitation, Member, MemberStatus, MembershipWrite, Profile, Subject, Timestamp,
    WriteKind, kind, random_id,
};

use crate::service::{
    error::{Error, Result},
    ports::{AllowedChange, MemberBy, MemberRecord, StoredGrant},
    resolve::{
        ends::earlier,
        not_found::no_member,
        rules::{coming_along, distinct},
    },
    write::{
        engine::{
            answers::{InviteResults, InviteeResult, MemberAnswer},
            context::WriteContext,
            plan::{Plan, Write},
            refuse::Refusals,
        },
        invitations::{
            invitation,
            joining::JoiningRole,
            judged,
            nested_teams::NestedTeams,
            offered::{self, OfferedGrant},
            pending,
            renewal::{self, Renewal},
        },
    },
};

/// Gives several people several roles, all or nothing. Permitted by the `invite` rules of each resource's type, or the
/// `publish` rules where the invitee is everybody.
#[derive(Clone, Debug)]
pub struct Invite {
    /// The people, each named once. Refusals name them by index: `invitees[0].grants[1]`.
    pub invitees: Vec<Invitee>,
}

/// A person to invite, or everybody of a type of subjects.
#[derive(Clone, Debug)]
pub struct Invitee {
    /// The email or subject by which the invitee is named.
    pub who: Who,
    /// The name shown to people for an invitee who is no member yet; may be empty.
    pub display_name: String,
    /// The roles that they get, at most one a resource unless its type has `several_roles`. Expiries must be in the
    /// future.
    pub grants: Vec<Grant>,
}

/// How an invitee is named.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Who {
    /// By normalised email: the member whose profile has it, or somebody who is no member yet.
    Email(String),
    /// By subject: a member (`MEMBER_NOT_FOUND`), or everybody of a type.
    Member(Subject),
}

/// An invitee as the tenant knows them before the write.
struct InviteeState {
    subject: Subject,
    /// Where their invitation goes; empty for somebody who needs none.
    email: String,
    record: Option<MemberRecord>,
    /// Their pending or expired invitation.
    open: Option<Invitation>,
    /// Whether they would need an email, and their address is suppressed.
    is_suppressed: bool,
    /// Their roles that have not expired.
    current_grants: Vec<StoredGrant>,
    /// Those of these that are pending, and that who offered them may not give any more.
    void_grants: Vec<FailedGrant>,
}

/// The plan of the write as it grows from one invitee to the next.
#[derive(Default)]
struct InvitePlan {
    changes: Vec<AllowedChange>,
    results: Vec<InviteeResult>,
    /// The policy lines that permit what is planned for the present invitee, with the role that each permits.
    rules: Vec<(Grant, String)>,
    refusals: Refusals,
    /// The refused ones by their indexes in the request: `0:1` for the second grant of the first invitee, `0` for all.
    refused: Vec<String>,
    seen: HashSet<Subject>,
    nested_teams: NestedTeams,
    /// How many invitations are issued.
    issued: u64,
}

impl Who {
    fn member_by(&self) -> MemberBy<'_> {
        match self {
            Self::Email(email) => MemberBy::Email(email),
            Self::Member(subject) => MemberBy::Subject(subject.as_ref()),
        }
    }

    /// Whether there must be such a member already: an email may be of somebody new, and everybody becomes one.
    fn must_be_member(&self) -> bool {
        matches!(self, Self::Member(subject) if !subject.as_ref().is_everybody())
    }
}

#[async_trait]
impl Write for Invite {
    type Answer = InviteResults;

    fn subjects(&mut self) -> Vec<&mut Subject> {
        let named = self.invitees.iter_mut().filter_map(|invitee| match &mut invitee.who {
            Who::Email(_) => None,
            Who::Member(subject) => Some(subject),
        });
        named.collect()
    }

    async fn plan(&self, context: &mut WriteContext<'_>) -> Result<Plan<InviteResults>> {
        context.tenant()?;
        let look_up = |(index, invitee): (usize, &Invitee)| {
            offered::look_up(context, &invitee.grants, &format!("invitees[{index}]"))
        };
        let offered = self.invitees.iter().enumerate().map(look_up).collect::<Result<Vec<_>>>()?;
        let mut plan = InvitePlan::default();
        for (index, (invitee, offered)) in self.invitees.iter().zip(&offered).enumerate() {
            plan.invite(context, index, invitee, offered).await?;
        }
        if plan.refusals.is_empty() {
            for ((invitee, grant), error) in plan.nested_teams.refusals(context)? {
                plan.refuse(invitee, Some(grant), error);
            }
        }
        if let Some(refused) = plan.refusals.into_error() {
            return Err(refused.with("refused", plan.refused.join(" ")));
        }
        context.check_invitation_quota(plan.issued).await?;
        Ok(Plan { changes: plan.changes, answer: InviteResults { results: plan.results }, more: false })
    }
}

impl InviteeState {
    async fn read(
        context: &mut WriteContext<'_>,
        (subject, email): (Subject, Option<String>),
        record: Option<MemberRecord>,
    ) -> Result<Self> {
        let status = record.as_ref().map(|record| record.member.status);
        let needs_invitation = matches!(status, None | Some(MemberStatus::Invited));
        let email = email.filter(|_| needs_invitation).unwrap_or_default();
        let is_suppressed = context.snapshot()?.suppressed(&email).await?.is_some();
        let open = if needs_invitation { context.snapshot()?.open_invitation(&email).await? } else { None };
        let grants = record.iter().flat_map(|record| pending::unexpired_grants(context, record));
        let current_grants = grants.cloned().collect();
        let void_grants = match record.as_ref().filter(|record| record.member.status == MemberStatus::Invited) {
            Some(invited) => judged::void(context, invited).await?,
            None => Vec::new(),
        };
        Ok(Self { subject, email, record, open, is_suppressed, current_grants, void_grants })
    }
}

impl InvitePlan {
    /// Adds what the write does for one invitee.
    async fn invite(
        &mut self,
        context: &mut WriteContext<'_>,
        index: usize,
        invitee: &Invitee,
        offered: &[OfferedGrant],
    ) -> Result<()> {
        let record = context.snapshot()?.member(invitee.who.member_by()).await?;
        let subject = match (&record, &invitee.who) {
            (Some(record), _) => record.member.subject.clone(),
            (None, Who::Email(email)) => Subject::email(email),
            (None, Who::Member(subject)) => subject.clone(),
        };
        if record.is_none() && matches!(invitee.who, Who::Member(_)) {
            context.check_subject_type(&subject, &format!("invitees[{index}].subject.type"))?;
        }
        if !self.seen.insert(subject.clone()) {
            let description = format!("names `{subject}`, whom an earlier invitee names");
            return Err(Error::field("FIELD_INVALID", format!("invitees[{index}]"), description));
        }
        if record.is_none() && invitee.who.must_be_member() {
            self.refuse(index, None, no_member(&subject.to_string()));
            return Ok(());
        }
        let email = match (&record, &invitee.who) {
            (None, Who::Email(email)) => Some(email.clone()),
            (record, _) => record.as_ref().and_then(|record| record.member.profile.email.clone()),
        };
        let state = InviteeState::read(context, (subject, email), record).await?;
        self.rules.clear();
        let (mut new_grants, ends) = self.permit(context, index, &state, offered)?;
        let joining = JoiningRole::of(context, offered, &ends)?;
        let Some((member, is_reactivated)) = self.activate(&state, context.now()) else {
            if state.is_suppressed {
                return Ok(());
            }
            return self.issue(context, invitee, state, (new_grants, joining)).await;
        };
        if is_reactivated {
            new_grants.extend(joining.new_grant(&[], &[]));
        } else {
            self.add_along(joining.extension(&state.subject, &state.current_grants, &[]));
        }
        self.assign(&state.subject, &new_grants);
        self.results.push(InviteeResult { member: context.member_answer(member), grants: new_grants, issued: None });
        Ok(())
    }

    /// Decides about each offered role, of which whom a rule is about has those before. Returns those that the invitee is given, and when each permitted one ends, or the
    /// actor's right to give it.
    fn permit(
        &mut self,
        context: &WriteContext<'_>,
        invitee: usize,
        state: &InviteeState,
        offered: &[OfferedGrant],
    ) -> Result<(Vec<Grant>, Vec<Option<Timestamp>>)> {
        let (mut new_grants, mut ends, mut beside) = (Vec::new(), Vec::new(), Vec::new());
        for (grant, offered) in offered.iter().enumerate() {
            let write = MembershipWrite::giving(WriteKind::Invite, offered.role).until(offered.grant.expires_at);
            let permitted = context.permit_beside(offered.resource, &state.subject, write, &beside);
            beside.push((offered.resource.node, offered.role));
            match permitted {
                Ok(_) if state.is_suppressed => {
                    let error = invitation::suppressed(&state.email);
                    self.refuse(invitee, Some(grant), error);
                }
                Ok(permitted) => {
                    self.nested_teams.add(context, (invitee, grant), &state.subject, offered.resource, write)?;
                    self.rules.push((offered.grant.clone(), permitted.rule));
                    // Inviting a pending person to a role that they are invited to only sends them a new token, unless
                    // that role has expired and must be given anew.
                    let mut current = state.current_grants.iter();
                    let pending = current.find(|stored| !permitted.is_new_role && stored.is_same_role(&offered.grant));
                    // Who may give it takes over what nobody can give any more who offered it.
                    let is_void = state.void_grants.iter().any(|void| void.is_of(&offered.grant));
                    let outlasts = permitted.until.filter(|_| is_void && !write.is_within(permitted.until));
                    if let Some(latest) = outlasts {
                        self.refuse(
                            invitee,
                            Some(grant),
                            context.outlasts(offered.resource, &state.subject, write, latest)?,
                        );
                        continue;
                    }
                    match renewal::expired_refusal(context, &state.subject, state.open.as_ref(), pending)? {
                        Some(error) if !write.is_within(permitted.until) => {
                            self.refuse(invitee, Some(grant), error);
                        }
                        expired => {
                            let is_given = permitted.is_new_role || expired.is_some() || is_void;
                            let going_on = pending.filter(|_| !is_given).map(|stored| &stored.grant);
                            let given = going_on.unwrap_or(&offered.grant);
                            ends.push(earlier(given.expires_at, permitted.until));
                            new_grants.extend(is_given.then(|| offered.grant.clone()));
                        }
                    }
                }
                Err(error) => self.refuse(invitee, Some(grant), error),
            }
        }
        Ok((new_grants, ends))
    }

    /// Adds a refused grant of an invitee, or a refused invitee.
    fn refuse(&mut self, invitee: usize, grant: Option<usize>, error: Error) {
        let (part, field) = match grant {
            Some(grant) => (format!("{invitee}:{grant}"), format!("invitees[{invitee}].grants[{grant}]")),
            None => (invitee.to_string(), format!("invitees[{invitee}]")),
        };
        self.refused.push(part);
        self.refusals.add(field, error);
    }

    /// The member who needs no invitation, active after this write, and whether it reactivates them; none for the
    /// others.
    fn activate(&mut self, state: &InviteeState, now: Timestamp) -> Option<(Member, bool)> {
        match state.record.as_ref().map(|record| &record.member) {
            Some(member) if member.status == MemberStatus::Active => Some((member.clone(), false)),
            Some(before) if before.status == MemberStatus::Deactivated => {
                let member = Member { status: MemberStatus::Active, ..before.clone() };
                // What a removal left that has not come to its end does not come back.
                let left = state.record.iter().flat_map(|record| &record.grants);
                self.add(left.map(|grant| Change::revoked(&before.subject, grant)));
                self.add([Change::updated(before, member.clone())]);
                Some((member, true))
            }
            None if state.subject.as_ref().is_everybody() => {
                let member = everybody(&state.subject, now);
                self.add([Change::MemberAdded { member: member.clone() }]);
                Some((member, false))
            }
            _ => None,
        }
    }

    /// Adds changes that everything which is given to the present invitee permits.
    fn add(&mut self, changes: impl IntoIterator<Item = Change>) {
        self.changes.extend(AllowedChange::by(&self.rule(), changes));
    }

    /// Adds what happens to a role of the tenant that comes along with what is given to the present invitee.
    fn add_along(&mut self, changes: impl IntoIterator<Item = Change>) {
        self.changes.extend(AllowedChange::by(&coming_along(&self.rule()), changes));
    }

    /// The policy lines that permit what is given to the present invitee.
    fn rule(&self) -> String {
        distinct(self.rules.iter().map(|(_, rule)| rule.clone()))
    }

    /// Adds roles, each permitted by its own line; a joining role by those of the roles that bring it.
    fn assign(&mut self, subject: &Subject, grants: &[Grant]) {
        for grant in grants {
            let own =
                self.rules.iter().filter(|(offered, _)| offered.is_same_role(grant)).map(|(_, rule)| rule.clone());
            match distinct(own) {
                none if none.is_empty() => self.add_along([Change::granted(subject, grant)]),
                rule => self.changes.extend(AllowedChange::by(&rule, [Change::granted(subject, grant)])),
            }
        }
    }

    /// Issues the invitation of somebody who is not active yet: a first one, or the open one anew.
    async fn issue(
        &mut self,
        context: &mut WriteContext<'_>,
        invitee: &Invitee,
        state: InviteeState,
        (mut new_grants, joining): (Vec<Grant>, JoiningRole),
    ) -> Result<()> {
        let InviteeState { subject, email, record, open, current_grants, .. } = state;
        let is_new = record.is_none();
        // Somebody new goes by their email until they are a member.
        let subject = if is_new { Subject::new(kind::INVITED, random_id(context.random.bytes())) } else { subject };
        let last_changed_at = record.as_ref().map(|record| record.changed_at);
        let renewal = match (&record, &open) {
            (Some(invited), Some(open)) => Renewal::plan(context, invited, open, (&new_grants, joining.until)).await?,
            _ => Renewal::default(),
        };
        new_grants.extend(joining.new_grant(&current_grants, &renewal.expired_grants));
        let extension = joining.extension(&subject, &current_grants, &renewal.expired_grants);
        let member = record.map_or_else(
            || invited_member(&subject, &email, &invitee.display_name, context.now()),
            |record| record.member,
        );
        if is_new {
            self.add([Change::MemberAdded { member: member.clone() }]);
        }
        let is_only_resent = new_grants.is_empty() && !renewal.changes_grants() && extension.is_none();
        self.add(renewal.changes(&subject));
        self.add_along(extension);
        self.assign(&subject, &new_grants);
        // Only sending the invitation again leaves the member as they were.
        let member = match last_changed_at.filter(|_| is_only_resent) {
            Some(changed_at) => MemberAnswer { member, changed_at },
            None => context.member_answer(member),
        };
        let inviter = context.request.actor.clone();
        let issued = invitation::issue(context, &subject, &email, (inviter, open.as_ref()), &renewal)?;
        self.issued += 1;
        self.add([Change::InvitationIssued { before: open, invitation: issued.invitation.invitation.clone() }]);
        self.results.push(InviteeResult { member, grants: new_grants, issued: Some(issued) });
        Ok(())
    }
}

/// A new member who is invited by email and has not accepted yet.
fn invited_member(subject: &Subject, email: &str, display_name: &str, now: Timestamp) -> Member {
    let email = Some(email.to_owned());
    let profile = Profile { display_name: display_name.to_owned(), email, ..Profile::default() };
    Member { subject: subject.clone(), profile, status: MemberStatus::Invited, locked: false, created_at: now }
}

/// The member record of everybody of a type, which is made when the first role is published to them.
fn everybody(subject: &Subject, now: Timestamp) -> Member {
    let (subject, profile) = (subject.clone(), Profile::default());
    Member { subject, profile, status: MemberStatus::Active, locked: false, created_at: now }
}
