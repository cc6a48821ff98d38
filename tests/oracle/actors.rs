//! Random writes to a tenant on `lumicon` by a fixed set of people, drawn without a look at the facts: clients that
//! write at the same time know none, and a sequence of such writes shrinks well.

use super::{
    facts::{Key, Profile},
    names::{UNKNOWN_TOKEN, email_of, user},
    operations::{Operation, OperationKind, RoleChange, Who},
    tokens::Tokens,
};
use crate::support::rng::Rng;

/// Those whose names the writes are made of.
pub struct Actors<'a> {
    pub people: &'a [&'a str],
    /// Those who act more often than the others.
    pub leaders: &'a [&'a str],
    /// Job sites, which need not exist.
    pub sites: &'a [&'a str],
}

impl Actors<'_> {
    /// Any operation; an acceptance only with a token that was issued to its email.
    pub fn informed_operation(&self, rng: &mut Rng, tokens: &Tokens, tenant: &str) -> Operation {
        loop {
            let operation = self.operation(rng, tokens, tenant);
            let is_blind = matches!(&operation.kind, OperationKind::Accept { token, .. } if token == UNKNOWN_TOKEN);
            if !is_blind {
                return operation;
            }
        }
    }

    /// Any operation. An acceptance is of the newest token that was issued to its email, or of an unknown one.
    pub fn operation(&self, rng: &mut Rng, tokens: &Tokens, tenant: &str) -> Operation {
        let mut actor = match rng.range(0, 100) {
            0..8 => operator(),
            8..50 => user(rng.pick::<&str>(self.leaders)),
            _ => user(rng.pick::<&str>(self.people)),
        };
        let person = *rng.pick::<&str>(self.people);
        let email = email_of(person);
        let member = match rng.range(0, 10) {
            0 => ("email".to_owned(), email.clone()),
            1 => actor.clone(),
            _ => user(person),
        };
        let site = ("job_site".to_owned(), (*rng.pick::<&str>(self.sites)).to_owned());
        let site_role = *rng.pick(&["editor", "viewer"]);
        let root = ("workspace".to_owned(), tenant.to_owned());
        let kind = match rng.range(0, 100) {
            0..5 => OperationKind::Create { resource: site, parent: None },
            5..35 => {
                let at_root = rng.range(0, 3) == 0;
                let (at, role) =
                    if at_root { (root, *rng.pick(&["admin", "user", "user", "user"])) } else { (site, site_role) };
                let who = if rng.range(0, 3) == 0 { Who::Subject(user(person)) } else { Who::Email(email) };
                OperationKind::Invite { invitees: vec![who], grants: vec![(at, role.to_owned(), None)] }
            }
            35..50 => {
                actor = user(person);
                let token = tokens.newest(&email).unwrap_or(UNKNOWN_TOKEN).to_owned();
                OperationKind::Accept { token, profile: profile(person) }
            }
            50..72 => {
                let at_root = actor.0 == "operator" || rng.range(0, 10) == 0;
                let (resource, to) = if at_root { (root, *rng.pick(&["admin", "user"])) } else { (site, site_role) };
                OperationKind::ChangeRole(RoleChange { member, resource, from: None, to: to.to_owned(), end: None })
            }
            72..92 => {
                let resource = if rng.range(0, 20) == 0 { root } else { site };
                OperationKind::Remove { member, resource, role: None }
            }
            92..94 => OperationKind::Lock { member },
            _ => {
                if rng.range(0, 2) == 0 {
                    actor = operator();
                }
                OperationKind::Unlock { member }
            }
        };
        Operation { actor, kind }
    }
}

fn operator() -> Key {
    ("operator".to_owned(), "root".to_owned())
}

fn profile(person: &str) -> Profile {
    Profile {
        display_name: person.to_owned(),
        email: Some(email_of(person)),
        username: Some(person.to_owned()),
        phone: None,
    }
}
