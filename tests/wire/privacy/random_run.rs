//! Random writes and reads about people whose names, emails, phones and reasons nobody else has.

use rollcall::proto::{
    CheckRequest, Consistency, InvitationStatus, ListInvitationsRequest, ListMembersRequest, MemberStatus, Profile,
    Subject, consistency::Requirement, get_member_request::Member as By,
};

use crate::support::{
    Api, WireTenant, Write,
    names::{subject, verified},
    rng::Rng,
};

/// Everything personal that was sent, in lower case, with whose it is.
#[derive(Default)]
pub(super) struct PersonalData(Vec<(String, String)>);

impl PersonalData {
    fn note(&mut self, whose: &str, text: String) -> String {
        self.0.push((whose.to_owned(), text.to_lowercase()));
        text
    }

    pub(super) fn needles(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(_, text)| text.as_str())
    }

    /// What was said of one person.
    pub(super) fn of(&self, who: &str) -> Self {
        Self(self.0.iter().filter(|(whose, _)| whose == who).cloned().collect())
    }
}

/// The letters that are in all that is personal of somebody, and in nothing else.
pub(super) fn mark_of(who: &str) -> String {
    format!("q{}z", who.trim_start_matches('u').replace(|digit: char| !digit.is_ascii_digit(), "x"))
}

/// A tenant, and what was done and said in it.
pub(super) struct RandomRun {
    pub(super) world: WireTenant,
    pub(super) personal: PersonalData,
    pub(super) accepted: u64,
    pub(super) refused: u64,
    rng: Rng,
    /// Those who have accepted.
    members: Vec<String>,
    /// Who was invited, and their token.
    invited: Vec<(String, String)>,
    people: u64,
    requests: u64,
    tokens: Vec<String>,
}

impl RandomRun {
    pub(super) async fn begin(api: &Api, seed: u64) -> Self {
        let world = WireTenant { api: api.clone(), tenant: "works".into() };
        let mut run = Self {
            world: world.clone(),
            personal: PersonalData::default(),
            accepted: 0,
            refused: 0,
            rng: Rng::new(seed),
            members: vec!["u0".into()],
            invited: Vec::new(),
            people: 1,
            requests: 0,
            tokens: Vec::new(),
        };
        let Write::CreateTenant(mut create) = world.create_tenant_on(("depot", 1), "u0") else { unreachable!() };
        create.profile = Some(run.profile("u0"));
        run.send(create.into()).await;
        run.send(world.create_resource("u0", "box:b0", None)).await;
        run
    }

    fn profile(&mut self, who: &str) -> Profile {
        let email = self.email(who);
        let number = self.rng.range(0, 10);
        let name = self.personal.note(who, format!("N{}{number} Surname", mark_of(who)));
        let username = self.personal.note(who, format!("{}user{number}", mark_of(who)));
        // No other number has these digits, but by chance one in a million million.
        let digits = 100_000_000_000 + self.rng.range(0, 899_999_999_999);
        let phone = self.personal.note(who, format!("+{digits}"));
        Profile { display_name: name, emails: vec![verified(&email)], username, phone }
    }

    fn email(&mut self, who: &str) -> String {
        self.personal.note(who, format!("mail.{}@corp.example", mark_of(who)))
    }

    fn reason(&mut self, who: &str) -> String {
        let number = self.rng.range(0, 1000);
        self.personal.note(who, format!("{} had asked, {number} times", mark_of(who)))
    }

    fn one_of(&mut self, share: u64) -> bool {
        self.rng.range(0, share) == 0
    }

    async fn send(&mut self, write: Write) -> Option<crate::support::Answer> {
        self.requests += 1;
        let write = if self.one_of(2) { write.under(&format!("request-{:020}", self.requests)) } else { write };
        let answer = self.world.api.write(write.clone()).await;
        if self.one_of(4) {
            let _again = self.world.api.write(write).await;
        }
        if let Ok(answer) = answer {
            self.accepted += 1;
            self.tokens.push(answer.token().to_owned());
            Some(answer)
        } else {
            self.refused += 1;
            None
        }
    }

    /// One random write, or some reads.
    pub(super) async fn step(&mut self) {
        let world = self.world.clone();
        // The first member goes on as the keeper, so that the others have somebody to invite them.
        let actor = if self.one_of(2) { "u0".to_owned() } else { self.rng.pick(&self.members).clone() };
        let others = self.members.get(1..).filter(|others| !others.is_empty());
        let Some(member) = others.map(|others| self.rng.pick(others).clone()) else {
            self.invite("u0", "").await;
            return self.answer().await;
        };
        let reason = if self.one_of(2) { self.reason(&member) } else { String::new() };
        match self.rng.range(0, 14) {
            0..4 => self.invite(&actor, &reason).await,
            4 | 5 => self.answer().await,
            6 => {
                let profile = self.profile(&member);
                self.send(world.update(&member, &member, profile).because(&reason)).await;
            }
            7 => {
                let (at, role) = (["depot:works", "box:b0"], ["hand", "keeper", "packer"]);
                let (at, role) = (*self.rng.pick(&at), *self.rng.pick(&role));
                self.send(world.change("u0", &member, at, role).because(&reason)).await;
            }
            8 => {
                let at = *self.rng.pick(&["depot:works", "box:b0"]);
                self.send(world.remove(&actor, &member, at).because(&reason)).await;
            }
            9 => {
                let write = match self.rng.range(0, 4) {
                    0 => world.lock("u0", &member),
                    1 => world.unlock("u0", &member),
                    2 => world.deactivate("u0", &member),
                    _ => world.reactivate("u0", &member),
                };
                self.send(write.because(&reason)).await;
            }
            10 => self.suppress(&reason).await,
            11 => self.wrong(&actor, &member).await,
            _ => self.read(&member).await,
        }
    }

    async fn invite(&mut self, actor: &str, reason: &str) {
        let mut invitees = Vec::new();
        for _ in 0..self.rng.range(1, 4) {
            let who = format!("u{}", self.people);
            self.people += 1;
            let (email, name) = (self.email(&who), self.personal.note(&who, format!("Guest {}", mark_of(&who))));
            invitees.push((who, email, name));
        }
        let role = *self.rng.pick(&["hand", "keeper"]);
        let emails: Vec<&str> = invitees.iter().map(|(_, email, _)| email.as_str()).collect();
        let Write::Invite(mut request) = self.world.invite_all(actor, &emails, &[("depot:works", role)]) else {
            unreachable!()
        };
        for (sent, (_, _, name)) in request.invitees.iter_mut().zip(&invitees) {
            sent.display_name.clone_from(name);
        }
        let Some(answer) = self.send(Write::from(request).because(reason)).await else { return };
        let tokens = answer.invite().results.into_iter().map(|result| result.invitation_token);
        self.invited.extend(invitees.into_iter().map(|(who, ..)| who).zip(tokens));
    }

    /// Somebody who was invited accepts, declines, or is written to or withdrawn.
    async fn answer(&mut self) {
        if self.invited.is_empty() {
            return;
        }
        let index = usize::try_from(self.rng.range(0, self.invited.len() as u64)).unwrap();
        let (who, token) = self.invited.swap_remove(index);
        let (world, email) = (self.world.clone(), self.email(&who));
        match self.rng.range(0, 8) {
            0 => {
                let Write::DeclineInvitation(mut decline) = world.decline(&who, &token) else { unreachable!() };
                decline.actor = Some(self.who_declines(&who, &email));
                decline.email = email;
                self.send(decline.into()).await;
            }
            step @ 1..3 => {
                let invitations = world.api.list_invitations(ListInvitationsRequest {
                    tenant: world.tenant.clone(),
                    statuses: vec![InvitationStatus::Pending.into()],
                    text: email.clone(),
                    ..Default::default()
                });
                let found = invitations.await.ok().and_then(|page| page.invitations.into_iter().next());
                let Some(id) = found.and_then(|listed| listed.invitation).map(|invitation| invitation.id) else {
                    return;
                };
                self.send(if step == 1 { world.revoke("u0", &id) } else { world.resend("u0", &id) }).await;
            }
            _ => {
                let Write::AcceptInvitation(mut accept) = world.accept(&who, &token) else { unreachable!() };
                let mut profile = self.profile(&who);
                profile.emails = vec![verified(&email)];
                accept.profile = Some(profile);
                if self.send(accept.into()).await.is_some() {
                    self.members.push(who);
                }
            }
        }
    }

    /// Whoever declines without an account may be named in any way, an odd one too.
    fn who_declines(&mut self, who: &str, email: &str) -> Subject {
        match self.rng.range(0, 3) {
            0 => subject(email),
            1 => Subject { r#type: "invited".into(), id: email.into() },
            _ => subject(who),
        }
    }

    async fn suppress(&mut self, reason: &str) {
        let who = format!("u{}", self.rng.range(0, self.people));
        let (email, detail) = (self.email(&who), self.reason(&who));
        let write = if self.one_of(3) {
            self.world.clear("operator:root", &email)
        } else {
            let Write::SuppressAddress(mut request) = self.world.suppress("operator:root", &email) else {
                unreachable!()
            };
            request.detail = detail;
            request.into()
        };
        self.send(write.because(reason)).await;
    }

    /// What is refused, with a text about somebody in it.
    async fn wrong(&mut self, actor: &str, member: &str) {
        let (world, email) = (self.world.clone(), self.email(member));
        let bad = self.personal.note(member, format!("{}@@corp.example", mark_of(member)));
        let write = match self.rng.range(0, 4) {
            0 => world.invite(actor, &bad, "depot:works", "hand"),
            1 => world.invite(actor, &email, "depot:works", "packer"),
            2 => world.change(&email, member, "depot:works", &mark_of(member)),
            _ => world.remove(actor, &email, "box:nowhere"),
        };
        self.send(write).await;
    }

    async fn read(&mut self, member: &str) {
        let (world, email) = (self.world.clone(), self.email(member));
        let mut list = ListMembersRequest { text: mark_of(member), page_size: 1, ..world.members_at("depot:works") };
        while let Ok(page) = world.api.list_members(list.clone()).await {
            list.page_token = page.next_page_token;
            if list.page_token.is_empty() {
                break;
            }
        }
        let _found = world.member_by(By::Email(email.clone())).await;
        let _checked = world.api.check(world.question(&email, "box.create", "depot:works")).await;
        let mut statuses = ListMembersRequest { page_size: 2, ..world.members_at("depot:works") };
        statuses.statuses = vec![MemberStatus::Invited.into(), MemberStatus::Active.into()];
        let _page = world.api.list_members(statuses).await;
    }

    /// Somebody who has accepted, but not the first member.
    pub(super) fn somebody(&self) -> String {
        self.members.get(1).expect("somebody has accepted").clone()
    }

    /// At some moments of the run: who, and what they might do then.
    pub(super) async fn moments(&self) -> Vec<(String, String, Vec<bool>)> {
        let mut moments = Vec::new();
        let every = (self.tokens.len() / 8).max(1);
        for token in self.tokens.iter().step_by(every) {
            for who in self.members.iter().take(5) {
                moments.push((token.clone(), who.clone(), self.decided(&self.world, token, who).await));
            }
        }
        moments
    }

    /// What somebody might do at the moment of a token.
    pub(super) async fn decided(&self, world: &WireTenant, token: &str, who: &str) -> Vec<bool> {
        let mut decided = Vec::new();
        for (action, at) in [("box.create", "depot:works"), ("box.create", "box:b0"), ("box.move", "box:b0")] {
            let consistency = Some(Consistency { requirement: Some(Requirement::AtExactSnapshot(token.to_owned())) });
            let question = CheckRequest { consistency, ..world.question(who, action, at) };
            decided.push(world.api.check(question).await.unwrap().allowed);
        }
        decided
    }
}
