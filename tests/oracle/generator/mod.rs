//! Random writes by random actors: any of them may be nonsense, and many are likely to be allowed.

mod pick;

pub use self::pick::Generator;
use self::pick::PEOPLE;
use super::{
    facts::{Key, Profile},
    names::{UNKNOWN_TOKEN, email_of, user},
    operations::{Operation, OperationKind, RoleChange, Who},
    tokens::IssuedInvitation,
};

/// The kinds of operations, each as often as it is to be drawn.
const KINDS: [&str; 53] = [
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
    "disown",
    "disown",
    "disown",
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
    "policy",
    "prolong",
    "prolong",
    "accept",
];

impl<'a> Generator<'a> {
    /// A kind of operation, each as often as it is in the list.
    pub fn kind(&mut self) -> &'static str {
        self.rng.pick::<&str>(&KINDS)
    }

    /// Any operation of a kind.
    pub fn operation(&mut self, kind: &str) -> Operation {
        let kind = match kind {
            "create" => {
                let resource = self.new_resource();
                let parent = self.parent(&resource.0);
                OperationKind::Create { resource, parent }
            }
            "archive" => OperationKind::Archive { resource: self.resource() },
            "restore" => OperationKind::Restore { resource: self.resource() },
            "delete" => OperationKind::Delete { resource: self.resource() },
            "move" => {
                let resource = self.movable();
                let fitting = if self.maybe(3) { None } else { self.parent(&resource.0) };
                let parent = fitting.unwrap_or_else(|| self.resource());
                OperationKind::Move { resource, parent }
            }
            "transfer" => OperationKind::Transfer { resource: self.resource(), owner: self.somebody() },
            "invite" => self.invite(),
            "readmit" => self.readmit(),
            "accept" => return self.accept(),
            "prolong" => return self.prolong(),
            "disown" => self.disown(),
            "decline" => {
                let (token, email) = self.token();
                OperationKind::Decline { token, email }
            }
            "resend" => OperationKind::Resend { invitation: self.invitation() },
            "revoke" => OperationKind::Revoke { invitation: self.invitation() },
            "suppress" => OperationKind::Suppress { email: self.email() },
            "clear" => OperationKind::Clear { email: self.suppressed() },
            "change" => OperationKind::ChangeRole(self.change()),
            "changes" => OperationKind::ChangeRoles(self.changes()),
            "remove" => {
                let (member, resource) = self.binding();
                let role = self.maybe(4).then(|| self.role(&resource));
                OperationKind::Remove { member, resource, role }
            }
            "lock" => OperationKind::Lock { member: self.somebody() },
            "unlock" => OperationKind::Unlock { member: self.somebody() },
            "deactivate" => OperationKind::Deactivate { member: self.somebody() },
            "reactivate" => OperationKind::Reactivate { member: self.deactivated() },
            "policy" => OperationKind::SetPolicy { version: self.version() },
            _ => OperationKind::Update { member: self.somebody(), profile: self.profile() },
        };
        Operation { actor: self.actor(&kind), kind }
    }

    /// Several exchanges; now and then two of the same role, which one of them names.
    fn changes(&mut self) -> Vec<RoleChange> {
        let mut changes = (0..self.rng.range(1, 4)).map(|_| self.change()).collect::<Vec<_>>();
        if self.maybe(3) {
            let again = changes[0].clone();
            let assigned =
                self.facts.assigned_role(&again.member, &again.resource).map(|assigned| assigned.role.clone());
            changes.push(RoleChange { from: assigned.filter(|_| again.from.is_none()), ..again });
        }
        changes
    }

    fn change(&mut self) -> RoleChange {
        let (member, resource) = self.binding();
        let (from, to) = (self.maybe(4).then(|| self.role(&resource)), self.role(&resource));
        RoleChange { member, resource, from, to, end: self.end() }
    }

    fn invite(&mut self) -> OperationKind {
        let (people, resources) = (self.rng.range(1, 4), self.rng.range(1, 4));
        let invitees = (0..people).map(|_| {
            let name = *self.rng.pick(&PEOPLE);
            if self.maybe(3) { Who::Subject(self.somebody()) } else { Who::Email(email_of(name)) }
        });
        let invitees = invitees.collect();
        let grants = (0..resources).map(|_| {
            let at = self.resource();
            let role = self.role(&at);
            (at, role, self.end())
        });
        OperationKind::Invite { invitees, grants: grants.collect() }
    }

    /// Mostly a resource that can hang elsewhere, if there is any.
    fn movable(&mut self) -> Key {
        let below_the_root = |key: &&Key| self.policy.resource_type(&key.0).parent.as_ref() == Some(&self.policy.root);
        let resources = self.facts.resources.keys();
        let movable = resources.filter(|key| key.0 != self.policy.root && !below_the_root(key)).cloned();
        let movable = movable.collect::<Vec<_>>();
        if movable.is_empty() || self.maybe(4) { self.resource() } else { self.rng.pick(&movable).clone() }
    }

    fn readmit(&mut self) -> OperationKind {
        let member = self.deactivated();
        let email = self.facts.members.get(&member).and_then(|member| member.profile.email.clone());
        let who = email.filter(|_| self.maybe(2)).map_or(Who::Subject(member), Who::Email);
        let at = self.resource();
        let role = self.role(&at);
        OperationKind::Invite { invitees: vec![who], grants: vec![(at, role, self.end())] }
    }

    fn accept(&mut self) -> Operation {
        let (token, email) = self.token();
        let named = email.split('@').next().expect("a text has a first part").to_owned();
        let actor = match self.rng.range(0, 12) {
            0 | 1 => self.somebody(),
            2 => ("service".to_owned(), named),
            3..=8 => self.giver(&email).unwrap_or_else(|| user(&named)),
            _ => user(&named),
        };
        let mut profile = Profile { email: Some(email), ..self.profile() };
        if !self.maybe(5) {
            profile.username = Some(actor.1.clone());
        }
        Operation { actor, kind: OperationKind::Accept { token, profile } }
    }

    /// What takes their right from somebody who has offered a role.
    fn disown(&mut self) -> OperationKind {
        let email = self.email();
        let member = self.giver(&email).unwrap_or_else(|| self.somebody());
        let theirs = self.facts.bindings.keys().filter(|(holder, _)| *holder == member);
        let theirs = theirs.map(|(_, at)| at.clone()).collect::<Vec<_>>();
        let resource = if theirs.is_empty() { self.resource() } else { self.rng.pick(&theirs).clone() };
        match self.rng.range(0, 4) {
            0 => OperationKind::Lock { member },
            1 => OperationKind::Deactivate { member },
            2 => OperationKind::Remove { member, resource, role: None },
            _ => {
                let to = self.role(&resource);
                OperationKind::ChangeRole(RoleChange { member, resource, from: None, to, end: self.end() })
            }
        }
    }

    /// A holder of a role that ends, who has it or another of theirs go on, or somebody else's.
    fn prolong(&mut self) -> Operation {
        let ending = self.facts.bindings.iter().filter(|(_, assigned)| assigned.end.is_some());
        let holders = ending.map(|(binding, _)| binding.clone()).collect::<Vec<_>>();
        let actor = if holders.is_empty() { self.somebody() } else { self.rng.pick(&holders).0.clone() };
        let theirs = self.facts.bindings.keys().filter(|(holder, _)| *holder == actor).cloned().collect::<Vec<_>>();
        let (member, resource) =
            if theirs.is_empty() || self.maybe(3) { self.binding() } else { self.rng.pick(&theirs).clone() };
        let same = self.facts.assigned_role(&member, &resource).map(|assigned| assigned.role.clone());
        let to = same.filter(|_| !self.maybe(3)).unwrap_or_else(|| self.role(&resource));
        let end = if self.maybe(2) { None } else { self.end() };
        Operation { actor, kind: OperationKind::ChangeRole(RoleChange { member, resource, from: None, to, end }) }
    }

    /// A token, mostly a new one, and an email, mostly the one that it was issued to.
    fn token(&mut self) -> (String, String) {
        let known = self.known();
        let issued = if known.is_empty() { None } else { Some(self.rng.pick(known)) };
        let invited_email = issued.map(|issued| issued.email.clone()).filter(|_| !self.maybe(12));
        let email = invited_email.unwrap_or_else(|| self.email());
        (issued.map_or(UNKNOWN_TOKEN, |issued| issued.token.as_str()).to_owned(), email)
    }

    /// The id of an invitation, mostly of a new one.
    fn invitation(&mut self) -> String {
        let known = self.known();
        if known.is_empty() { "no-such-id".to_owned() } else { self.rng.pick(known).id.clone() }
    }

    fn known(&mut self) -> &'a [IssuedInvitation] {
        let newest = self.tokens.0.len().saturating_sub(12);
        if self.maybe(4) { &self.tokens.0 } else { &self.tokens.0[newest..] }
    }

    /// The actor: mostly somebody whom a rule might allow it.
    fn actor(&mut self, kind: &OperationKind) -> Key {
        let written_to = match kind {
            OperationKind::Update { member, .. } | OperationKind::Remove { member, .. } => Some(member.clone()),
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
}
