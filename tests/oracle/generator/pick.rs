//! Random parts of operations, drawn from the facts and the policy so that many of them fit together.

use super::super::{
    facts::{Key, ModelFacts, Profile},
    names::{email_of, user},
    policy::{DAY, PolicyFile},
    tokens::Tokens,
};
use crate::support::rng::Rng;

pub(super) const PEOPLE: [&str; 12] =
    ["ada", "ben", "cleo", "dora", "emil", "finn", "gina", "hugo", "ines", "jack", "kira", "lars"];
/// Ends that no test run sees whose clock is the machine's, in microseconds since 1970.
const FAR_ENDS: [i64; 2] = [4_000_000_000_000_000, 4_100_000_000_000_000];
/// How long roles last where the test moves the clock, in days.
const DAYS: [i64; 4] = [1, 2, 9, 30];

/// Draws random operations on the facts of one tenant.
pub struct Generator<'a> {
    pub rng: &'a mut Rng,
    pub policy: &'a PolicyFile,
    pub facts: &'a ModelFacts,
    pub tokens: &'a Tokens,
}

impl Generator<'_> {
    /// Somebody deactivated, if anybody is.
    pub(super) fn deactivated(&mut self) -> Key {
        let members = self.facts.members.iter();
        let deactivated = members.filter(|(_, member)| member.status == "DEACTIVATED").map(|(who, _)| who.clone());
        let deactivated = deactivated.collect::<Vec<_>>();
        if deactivated.is_empty() { self.somebody() } else { self.rng.pick(&deactivated).clone() }
    }

    pub(super) fn email(&mut self) -> String {
        email_of(self.rng.pick::<&str>(&PEOPLE))
    }

    /// An email, mostly one to which nothing may be sent.
    pub(super) fn suppressed(&mut self) -> String {
        let suppressed = self.facts.suppressed.iter().cloned().collect::<Vec<_>>();
        if suppressed.is_empty() || self.maybe(4) { self.email() } else { self.rng.pick(&suppressed).clone() }
    }

    pub(super) fn profile(&mut self) -> Profile {
        let other = *self.rng.pick(&PEOPLE);
        Profile {
            display_name: (*self.rng.pick(&["", "Somebody", "Somebody Else"])).to_owned(),
            email: (*self.rng.pick(&[None, Some(email_of(other))])).clone(),
            username: self.rng.pick(&[None, Some(other.to_owned())]).clone(),
            phone: self.rng.pick(&[None, None, Some("+4930123456".to_owned())]).clone(),
        }
    }

    pub(super) fn somebody(&mut self) -> Key {
        match self.rng.range(0, 40) {
            0 => user("*"),
            1..=6 => user(self.rng.pick::<&str>(&PEOPLE)),
            _ if self.facts.members.is_empty() => user("ada"),
            _ => self.rng.pick(&self.facts.members.keys().cloned().collect::<Vec<_>>()).clone(),
        }
    }

    /// Somebody who offered a role to an email, by which they could take it themselves.
    pub(super) fn giver(&mut self, email: &str) -> Option<Key> {
        let offers = self.facts.bindings.iter().filter(|((holder, _), _)| holder.0 == "email" && holder.1 == email);
        let givers: Vec<Key> =
            offers.map(|(_, assigned)| assigned.by.clone()).filter(|by| by.0 != "operator").collect();
        if givers.is_empty() { None } else { Some(self.rng.pick(&givers).clone()) }
    }

    /// A subject and a resource: mostly one where they have a role.
    pub(super) fn binding(&mut self) -> (Key, Key) {
        if self.maybe(5) || self.facts.bindings.is_empty() {
            return (self.somebody(), self.resource());
        }
        self.rng.pick(&self.facts.bindings.keys().cloned().collect::<Vec<_>>()).clone()
    }

    pub(super) fn resource(&mut self) -> Key {
        if self.maybe(15) {
            return self.new_resource();
        }
        self.rng.pick(&self.facts.resources.keys().cloned().collect::<Vec<_>>()).clone()
    }

    /// A resource of any type, which may exist already.
    pub(super) fn new_resource(&mut self) -> Key {
        let resource_type = self.rng.pick(&self.policy.types.keys().cloned().collect::<Vec<_>>()).clone();
        (resource_type, (*self.rng.pick(&["north", "south", "east", "west"])).to_owned())
    }

    /// A parent for a resource of a type: mostly one that fits.
    pub(super) fn parent(&mut self, resource_type: &str) -> Option<Key> {
        let fits = |key: &&Key| self.policy.resource_type(resource_type).parent.as_ref() == Some(&key.0);
        let fitting = self.facts.resources.keys().filter(fits).cloned().collect::<Vec<_>>();
        match self.rng.range(0, 10) {
            0 => None,
            1 => Some(self.resource()),
            _ if fitting.is_empty() => None,
            _ => Some(self.rng.pick(&fitting).clone()),
        }
    }

    /// Mostly a role of the resource's type.
    pub(super) fn role(&mut self, at: &Key) -> String {
        let roles = self.policy.resource_type(&at.0).roles.keys().cloned().collect::<Vec<_>>();
        if roles.is_empty() || self.maybe(40) { "stranger".to_owned() } else { self.rng.pick(&roles).clone() }
    }

    pub(super) fn end(&mut self) -> Option<i64> {
        self.maybe(4).then(|| match self.facts.now {
            Some(now) => now + *self.rng.pick(&DAYS) * DAY,
            None => *self.rng.pick(&FAR_ENDS),
        })
    }

    /// A version of the policy, mostly another one than runs.
    pub(super) fn version(&mut self) -> u32 {
        let others = &self.policy.other_versions;
        if others.is_empty() || self.maybe(4) { self.policy.version } else { *self.rng.pick(others) }
    }

    /// True once in so many times.
    pub(super) fn maybe(&mut self, every: u64) -> bool {
        self.rng.range(0, every) == 0
    }
}
