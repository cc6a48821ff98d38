//! Facts of a tenant on `lumicon` in plain form, and random writes to it.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Answer, WireTenant, Write,
    replay::{Key, State},
    rng::Rng,
    wire_tenant::OPERATOR,
};

/// What the rules of `lumicon` look at, by the short names of the tests: people by their id (an invited one by email),
/// places as `workspace` or the id of a job site.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Facts {
    pub members: BTreeMap<String, Standing>,
    pub roles: BTreeMap<(String, String), String>,
    pub sites: BTreeSet<String>,
}

/// A member's standing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Standing {
    pub active: bool,
    pub locked: bool,
}

/// A write in short form, and on whose behalf.
#[derive(Clone, Debug, PartialEq)]
pub struct Deed {
    pub actor: String,
    pub op: Op,
}

/// A write in short form.
#[derive(Clone, Debug, PartialEq)]
pub enum Op {
    CreateSite { site: String },
    Invite { whom: String, place: String, role: String },
    Accept { email: String, token: String },
    Change { member: String, place: String, role: String },
    Remove { member: String, place: String },
    Lock { member: String },
    Unlock { member: String },
}

/// Whose names random deeds are made of.
pub struct Cast<'a> {
    pub people: &'a [&'a str],
    /// Those who act more than the others.
    pub leaders: &'a [&'a str],
    pub sites: &'a [&'a str],
}

/// The secrets of invitations that are known, by email: the newest of each.
#[derive(Default)]
pub struct Secrets(BTreeMap<String, String>);

impl Secrets {
    /// The newest secret of an email.
    pub fn of(&self, email: &str) -> Option<&str> {
        self.0.get(email).map(String::as_str)
    }

    /// Keeps the secrets of an answer.
    pub fn learn(&mut self, answer: &Answer) {
        let Answer::Invite(answer) = answer else { return };
        for result in &answer.results {
            if let Some(invitation) = &result.invitation {
                self.0.insert(invitation.email.clone(), result.invitation_token.clone());
            }
        }
    }
}

impl From<&State> for Facts {
    fn from(state: &State) -> Self {
        let mut facts = Self::default();
        for (subject, row) in &state.members {
            let standing = Standing { active: row.status == "ACTIVE", locked: row.locked };
            facts.members.insert(short(subject), standing);
        }
        for (holder, resource, role) in state.bindings.keys() {
            facts.roles.insert((short(holder), place(resource)), role.clone());
        }
        let sites = state.resources.keys().filter(|key| key.0 == "job_site");
        facts.sites = sites.map(|key| key.1.clone()).collect();
        facts
    }
}

impl Facts {
    /// The role that is bound to a member at a place.
    pub fn role(&self, member: &str, place: &str) -> Option<&str> {
        self.roles.get(&(member.to_owned(), place.to_owned())).map(String::as_str)
    }

    /// Whether a member is an admin of the workspace.
    pub fn is_admin(&self, member: &str) -> bool {
        self.role(member, "workspace") == Some("admin")
    }

    /// Everybody who is an admin of the workspace.
    pub fn admins(&self) -> impl Iterator<Item = &str> {
        let admins = self.roles.iter().filter(|((_, place), role)| place == "workspace" && *role == "admin");
        admins.map(|((member, _), _)| member.as_str())
    }

    /// Binds a role.
    pub fn bind(&mut self, member: &str, place: &str, role: &str) {
        self.roles.insert((member.to_owned(), place.to_owned()), role.to_owned());
    }
}

impl Deed {
    /// The write that this stands for.
    pub fn write(&self, world: &WireTenant) -> Write {
        let actor = self.actor.as_str();
        match &self.op {
            Op::CreateSite { site } => world.create_site(actor, site),
            Op::Invite { whom, place, role } => world.invite(actor, whom, place, role),
            Op::Accept { token, .. } => world.accept(actor, token),
            Op::Change { member, place, role } => world.change(actor, member, place, role),
            Op::Remove { member, place } => world.remove(actor, member, place),
            Op::Lock { member } => world.lock(actor, member),
            Op::Unlock { member } => world.unlock(actor, member),
        }
    }

    /// Any deed of a cast; an acceptance only of an invitation whose secret is known.
    pub fn with_secret(rng: &mut Rng, cast: &Cast<'_>, secrets: &Secrets) -> Self {
        loop {
            let mut deed = Self::any(rng, cast);
            let Op::Accept { email, token } = &mut deed.op else { return deed };
            if let Some(secret) = secrets.of(email) {
                secret.clone_into(token);
                return deed;
            }
        }
    }

    /// Any deed of a cast. An acceptance names no token yet.
    pub fn any(rng: &mut Rng, cast: &Cast<'_>) -> Self {
        let mut actor = match rng.range(0, 100) {
            0..8 => OPERATOR,
            8..50 => rng.pick(cast.leaders),
            _ => rng.pick(cast.people),
        }
        .to_owned();
        let person = (*rng.pick(cast.people)).to_owned();
        let email = super::names::email_of(&person);
        let member = match rng.range(0, 10) {
            0 => email.clone(),
            1 => actor.clone(),
            _ => person.clone(),
        };
        let mut place = (*rng.pick(cast.sites)).to_owned();
        let mut role = (*rng.pick(&["editor", "viewer"])).to_owned();
        let op = match rng.range(0, 100) {
            0..5 => Op::CreateSite { site: place },
            5..35 => {
                if rng.range(0, 3) == 0 {
                    "workspace".clone_into(&mut place);
                    role = (*rng.pick(&["admin", "user", "user", "user"])).into();
                }
                let whom = if rng.range(0, 3) == 0 { person } else { email };
                Op::Invite { whom, place, role }
            }
            35..50 => {
                actor = person;
                Op::Accept { email, token: String::new() }
            }
            50..72 => {
                if actor == OPERATOR || rng.range(0, 10) == 0 {
                    "workspace".clone_into(&mut place);
                    role = (*rng.pick(&["admin", "user"])).into();
                }
                Op::Change { member, place, role }
            }
            72..92 => {
                if rng.range(0, 20) == 0 {
                    "workspace".clone_into(&mut place);
                }
                Op::Remove { member, place }
            }
            92..94 => Op::Lock { member },
            _ => {
                if rng.range(0, 2) == 0 {
                    OPERATOR.clone_into(&mut actor);
                }
                Op::Unlock { member }
            }
        };
        Self { actor, op }
    }
}

/// The short name of a subject in the log.
pub fn short(subject: &Key) -> String {
    match subject.0.as_str() {
        "user" | "email" => subject.1.clone(),
        kind => format!("{kind}:{}", subject.1),
    }
}

/// The short name of a resource in the log.
pub fn place(resource: &Key) -> String {
    if resource.0 == "workspace" { resource.0.clone() } else { resource.1.clone() }
}
