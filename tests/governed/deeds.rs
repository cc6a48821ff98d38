//! Random writes by random actors: any of them may be nonsense, and many are likely to be allowed.

use rollcall::proto;

use super::{
    facts::{Facts, Profile},
    policy::Policy,
    support::{Answer, replay::Key, rng::Rng},
};

const PEOPLE: [&str; 12] =
    ["ada", "ben", "cleo", "dora", "emil", "finn", "gina", "hugo", "ines", "jack", "kira", "lars"];
const KINDS: [&str; 46] = [
    "changes",
    "changes",
    "create",
    "create",
    "create",
    "archive",
    "archive",
    "restore",
    "restore",
    "delete",
    "move",
    "move",
    "move",
    "move",
    "move",
    "transfer",
    "transfer",
    "invite",
    "invite",
    "invite",
    "invite",
    "invite",
    "readmit",
    "readmit",
    "accept",
    "accept",
    "accept",
    "accept",
    "decline",
    "resend",
    "resend",
    "revoke",
    "suppress",
    "clear",
    "change",
    "change",
    "change",
    "remove",
    "remove",
    "lock",
    "unlock",
    "deactivate",
    "reactivate",
    "reactivate",
    "update",
    "update",
];
/// Ends that no test run sees, in microseconds since 1970.
const ENDS: [i64; 2] = [4_000_000_000_000_000, 4_100_000_000_000_000];

/// A write, and on whose behalf.
#[derive(Clone, Debug)]
pub struct Deed {
    pub actor: Key,
    pub op: Op,
}

/// A write, but for who makes it.
#[derive(Clone, Debug)]
pub enum Op {
    Create {
        resource: Key,
        parent: Option<Key>,
    },
    Archive {
        resource: Key,
    },
    Restore {
        resource: Key,
    },
    Delete {
        resource: Key,
    },
    Move {
        resource: Key,
        parent: Key,
    },
    Transfer {
        resource: Key,
        owner: Key,
    },
    Invite {
        invitees: Vec<Who>,
        grants: Vec<(Key, String, Option<i64>)>,
    },
    /// The invitation is the one that the token opens, if any does.
    Accept {
        token: String,
        invitation: Option<String>,
        profile: Profile,
    },
    Decline {
        token: String,
        invitation: Option<String>,
        email: String,
    },
    /// By id.
    Resend {
        invitation: String,
    },
    /// By id.
    Revoke {
        invitation: String,
    },
    Suppress {
        email: String,
    },
    Clear {
        email: String,
    },
    Change(Change),
    Changes(Vec<Change>),
    Remove {
        member: Key,
        resource: Key,
        role: Option<String>,
    },
    Lock {
        member: Key,
    },
    Unlock {
        member: Key,
    },
    Deactivate {
        member: Key,
    },
    Reactivate {
        member: Key,
    },
    Update {
        member: Key,
        profile: Profile,
    },
}

/// An exchange of a role for another.
#[derive(Clone, Debug)]
pub struct Change {
    pub member: Key,
    pub resource: Key,
    pub from: Option<String>,
    pub to: String,
    pub end: Option<i64>,
}

/// Somebody to invite.
#[derive(Clone, Debug)]
pub enum Who {
    Email(String),
    Subject(Key),
}

/// The tokens of invitations, in the order in which they were issued, with the ids of what they were issued for.
#[derive(Default)]
pub struct Tokens(Vec<(String, String)>);

impl Tokens {
    /// Keeps the tokens of an answer.
    pub fn learn(&mut self, answer: &Answer) {
        match answer {
            Answer::Invite(answer) => {
                for result in &answer.results {
                    self.keep(&result.invitation_token, result.invitation.as_ref());
                }
            }
            Answer::ResendInvitation(answer) => self.keep(&answer.invitation_token, answer.invitation.as_ref()),
            _ => {}
        }
    }

    fn keep(&mut self, token: &str, invitation: Option<&proto::Invitation>) {
        self.0.extend(invitation.map(|invitation| (token.to_owned(), invitation.id.clone())));
    }

    /// The invitation that a token opens: a newer one of the same invitation makes it worthless.
    fn opens(&self, token: &str) -> Option<String> {
        let (_, id) = self.0.iter().find(|(issued, _)| issued == token)?;
        let newest = self.0.iter().rfind(|(_, of)| of == id)?;
        (newest.0 == token).then(|| id.clone())
    }
}

/// What random deeds are made of.
pub struct Source<'a> {
    pub rng: &'a mut Rng,
    pub policy: &'a Policy,
    pub facts: &'a Facts,
    pub tokens: &'a Tokens,
}

impl<'a> Source<'a> {
    /// A kind of deed, each as often as it is in the list.
    pub fn kind(&mut self) -> &'static str {
        self.rng.pick::<&str>(&KINDS)
    }

    /// Any deed of a kind.
    pub fn deed(&mut self, kind: &str) -> Deed {
        let op = match kind {
            "create" => {
                let resource = self.new_resource();
                let parent = self.parent(&resource.0);
                Op::Create { resource, parent }
            }
            "archive" => Op::Archive { resource: self.resource() },
            "restore" => Op::Restore { resource: self.resource() },
            "delete" => Op::Delete { resource: self.resource() },
            "move" => {
                let resource = self.movable();
                let fitting = if self.maybe(3) { None } else { self.parent(&resource.0) };
                let parent = fitting.unwrap_or_else(|| self.resource());
                Op::Move { resource, parent }
            }
            "transfer" => Op::Transfer { resource: self.resource(), owner: self.somebody() },
            "invite" => self.invite(),
            "readmit" => self.readmit(),
            "accept" => return self.accept(),
            "decline" => {
                let (token, invitation, email) = self.token();
                Op::Decline { token, invitation, email }
            }
            "resend" => Op::Resend { invitation: self.invitation() },
            "revoke" => Op::Revoke { invitation: self.invitation() },
            "suppress" => Op::Suppress { email: self.email() },
            "clear" => Op::Clear { email: self.suppressed() },
            "change" => Op::Change(self.change()),
            "changes" => Op::Changes(self.changes()),
            "remove" => {
                let (member, resource) = self.binding();
                let role = self.maybe(4).then(|| self.role(&resource));
                Op::Remove { member, resource, role }
            }
            "lock" => Op::Lock { member: self.somebody() },
            "unlock" => Op::Unlock { member: self.somebody() },
            "deactivate" => Op::Deactivate { member: self.somebody() },
            "reactivate" => Op::Reactivate { member: self.deactivated() },
            _ => Op::Update { member: self.somebody(), profile: self.profile() },
        };
        Deed { actor: self.actor(&op), op }
    }

    /// Several exchanges; now and then two of the same role, which one of them names.
    fn changes(&mut self) -> Vec<Change> {
        let mut changes = (0..self.rng.range(1, 4)).map(|_| self.change()).collect::<Vec<_>>();
        if self.maybe(3) {
            let again = changes[0].clone();
            let held = self.facts.held(&again.member, &again.resource).map(|held| held.role.clone());
            changes.push(Change { from: held.filter(|_| again.from.is_none()), ..again });
        }
        changes
    }

    fn change(&mut self) -> Change {
        let (member, resource) = self.binding();
        let (from, to) = (self.maybe(4).then(|| self.role(&resource)), self.role(&resource));
        Change { member, resource, from, to, end: self.end() }
    }

    fn invite(&mut self) -> Op {
        let (people, places) = (self.rng.range(1, 4), self.rng.range(1, 4));
        let invitees = (0..people).map(|_| {
            let name = *self.rng.pick(&PEOPLE);
            if self.maybe(3) { Who::Subject(self.somebody()) } else { Who::Email(email_of(name)) }
        });
        let invitees = invitees.collect();
        let grants = (0..places).map(|_| {
            let at = self.resource();
            let role = self.role(&at);
            (at, role, self.end())
        });
        Op::Invite { invitees, grants: grants.collect() }
    }

    /// Mostly a resource that can hang elsewhere, if there is any.
    fn movable(&mut self) -> Key {
        let below_the_root = |key: &&Key| self.policy.of(&key.0).parent.as_ref() == Some(&self.policy.root);
        let resources = self.facts.resources.keys();
        let movable = resources.filter(|key| key.0 != self.policy.root && !below_the_root(key)).cloned();
        let movable = movable.collect::<Vec<_>>();
        if movable.is_empty() || self.maybe(4) { self.resource() } else { self.rng.pick(&movable).clone() }
    }

    /// Somebody deactivated, if anybody is.
    fn deactivated(&mut self) -> Key {
        let members = self.facts.members.iter();
        let gone = members.filter(|(_, member)| member.status == "DEACTIVATED").map(|(who, _)| who.clone());
        let gone = gone.collect::<Vec<_>>();
        if gone.is_empty() { self.somebody() } else { self.rng.pick(&gone).clone() }
    }

    fn readmit(&mut self) -> Op {
        let member = self.deactivated();
        let email = self.facts.members.get(&member).and_then(|member| member.profile.email.clone());
        let who = email.filter(|_| self.maybe(2)).map_or(Who::Subject(member), Who::Email);
        let at = self.resource();
        let role = self.role(&at);
        Op::Invite { invitees: vec![who], grants: vec![(at, role, self.end())] }
    }

    fn accept(&mut self) -> Deed {
        let (token, invitation, email) = self.token();
        let named = email.split('@').next().expect("a text has a first part").to_owned();
        let actor = if self.maybe(5) { self.somebody() } else { user(&named) };
        let mut profile = Profile { email: Some(email), ..self.profile() };
        if !self.maybe(5) {
            profile.username = Some(actor.1.clone());
        }
        Deed { actor, op: Op::Accept { token, invitation, profile } }
    }

    /// A token, mostly a new one, with the invitation that it opens and, mostly, its email.
    fn token(&mut self) -> (String, Option<String>, String) {
        let known = self.known();
        let token = if known.is_empty() { "no-such-token".to_owned() } else { self.rng.pick(known).0.clone() };
        let invitation = self.tokens.opens(&token);
        let bound = invitation.as_ref().map(|id| self.facts.invitations[id].email.clone());
        let email = bound.filter(|_| !self.maybe(12)).unwrap_or_else(|| self.email());
        (token, invitation, email)
    }

    /// The id of an invitation, mostly of a new one.
    fn invitation(&mut self) -> String {
        let known = self.known();
        if known.is_empty() { "no-such-id".to_owned() } else { self.rng.pick(known).1.clone() }
    }

    fn known(&mut self) -> &'a [(String, String)] {
        let newest = self.tokens.0.len().saturating_sub(12);
        if self.maybe(4) { &self.tokens.0 } else { &self.tokens.0[newest..] }
    }

    fn email(&mut self) -> String {
        email_of(self.rng.pick::<&str>(&PEOPLE))
    }

    /// An email, mostly one to which nothing may be sent.
    fn suppressed(&mut self) -> String {
        let suppressed = self.facts.suppressed.iter().cloned().collect::<Vec<_>>();
        if suppressed.is_empty() || self.maybe(4) { self.email() } else { self.rng.pick(&suppressed).clone() }
    }

    fn profile(&mut self) -> Profile {
        let other = *self.rng.pick(&PEOPLE);
        Profile {
            display_name: (*self.rng.pick(&["", "Somebody", "Somebody Else"])).to_owned(),
            email: (*self.rng.pick(&[None, Some(email_of(other))])).clone(),
            username: self.rng.pick(&[None, Some(other.to_owned())]).clone(),
            phone: self.rng.pick(&[None, None, Some("+4930123456".to_owned())]).clone(),
        }
    }

    /// Whoever makes it: mostly somebody of whom a rule might speak.
    fn actor(&mut self, op: &Op) -> Key {
        let written_to = match op {
            Op::Update { member, .. } | Op::Remove { member, .. } => Some(member.clone()),
            _ => None,
        };
        match self.rng.range(0, 10) {
            0 | 1 => written_to.unwrap_or_else(|| self.somebody()),
            2..=4 => ("operator".to_owned(), "root".to_owned()),
            5..=8 if !self.facts.bindings.is_empty() => {
                let holders = self.facts.bindings.keys().map(|(holder, _)| holder.clone()).collect::<Vec<_>>();
                self.rng.pick(&holders).clone()
            }
            _ => self.somebody(),
        }
    }

    fn somebody(&mut self) -> Key {
        match self.rng.range(0, 40) {
            0 => user("*"),
            1..=6 => user(self.rng.pick::<&str>(&PEOPLE)),
            _ if self.facts.members.is_empty() => user("ada"),
            _ => self.rng.pick(&self.facts.members.keys().cloned().collect::<Vec<_>>()).clone(),
        }
    }

    /// Somebody and a place: mostly where they hold a role.
    fn binding(&mut self) -> (Key, Key) {
        if self.maybe(5) || self.facts.bindings.is_empty() {
            return (self.somebody(), self.resource());
        }
        self.rng.pick(&self.facts.bindings.keys().cloned().collect::<Vec<_>>()).clone()
    }

    fn resource(&mut self) -> Key {
        if self.maybe(15) {
            return self.new_resource();
        }
        self.rng.pick(&self.facts.resources.keys().cloned().collect::<Vec<_>>()).clone()
    }

    /// A resource of any type, which may well be there.
    fn new_resource(&mut self) -> Key {
        let kind = self.rng.pick(&self.policy.types.keys().cloned().collect::<Vec<_>>()).clone();
        (kind, (*self.rng.pick(&["north", "south", "east", "west"])).to_owned())
    }

    /// Where one of a type may hang, or not.
    fn parent(&mut self, of: &str) -> Option<Key> {
        let fits = |key: &&Key| self.policy.of(of).parent.as_ref() == Some(&key.0);
        let fitting = self.facts.resources.keys().filter(fits).cloned().collect::<Vec<_>>();
        match self.rng.range(0, 10) {
            0 => None,
            1 => Some(self.resource()),
            _ if fitting.is_empty() => None,
            _ => Some(self.rng.pick(&fitting).clone()),
        }
    }

    /// Mostly a role of the resource's type.
    fn role(&mut self, at: &Key) -> String {
        let roles = self.policy.of(&at.0).roles.keys().cloned().collect::<Vec<_>>();
        if roles.is_empty() || self.maybe(40) { "stranger".to_owned() } else { self.rng.pick(&roles).clone() }
    }

    fn end(&mut self) -> Option<i64> {
        self.maybe(6).then(|| *self.rng.pick(&ENDS))
    }

    /// True once in so many times.
    fn maybe(&mut self, every: u64) -> bool {
        self.rng.range(0, every) == 0
    }
}

fn user(name: &str) -> Key {
    ("user".to_owned(), name.to_owned())
}

/// The email of a user.
pub fn email_of(name: &str) -> String {
    format!("{name}@acme.test")
}
