//! What every write asks of its request: that what it names exists and fits the policy.

use std::collections::BTreeSet;

use super::{
    facts::{Key, Member, ModelFacts, Profile},
    rules::Evaluation,
};

impl Evaluation<'_> {
    /// The refusals of one check, without effect on this evaluation.
    pub fn refusals_of(&self, check: impl FnOnce(&mut Self)) -> BTreeSet<&'static str> {
        let mut evaluation = Self { refusals: BTreeSet::new(), after: ModelFacts::default(), ..*self };
        check(&mut evaluation);
        evaluation.refusals
    }

    pub fn root(&self) -> Key {
        let mut roots = self.facts.resources.keys().filter(|key| key.0 == self.policy.root);
        roots.next().expect("there is a root").clone()
    }

    pub fn member(&self, subject: &Key) -> Option<&Member> {
        self.facts.members.get(subject)
    }

    /// No other member may have one of the profile's identifiers.
    pub fn require_free_identifiers(&mut self, owner: &Key, profile: &Profile) {
        let clash = |a: &Option<String>, b: &Option<String>| a.is_some() && a == b;
        let is_taken = self.facts.members.iter().filter(|(subject, _)| *subject != owner).any(|(_, row)| {
            let has = &row.profile;
            let names = clash(&has.username, &profile.username) || clash(&has.phone, &profile.phone);
            names || clash(&has.email, &profile.email)
        });
        self.refuse_if(is_taken, "IDENTIFIER_TAKEN");
    }

    /// Refuses a resource that is not registered; whether it is.
    pub fn exists(&mut self, resource: &Key) -> bool {
        let exists = self.facts.resources.contains_key(resource);
        self.refuse_if(!exists, "RESOURCE_NOT_FOUND");
        exists
    }

    /// Refuses the root and what is not registered; whether it was neither.
    pub fn below_the_root(&mut self, resource: &Key) -> bool {
        let exists = self.exists(resource);
        self.refuse_if(exists && resource.0 == self.policy.root, "FIELD_INVALID");
        exists && resource.0 != self.policy.root
    }

    /// Refuses a role that the resource's type does not have; whether both exist.
    pub fn has_role(&mut self, at: &Key, role: &str) -> bool {
        let known = self.policy.resource_type(&at.0).roles.contains_key(role);
        self.refuse_if(!known, "UNKNOWN_ROLE");
        self.exists(at) && known
    }

    /// The parent that a resource of a type would have.
    pub fn parent_of(&mut self, resource_type: &str, parent: Option<&Key>) -> Option<Key> {
        let (name, resource_type) = (resource_type, self.policy.resource_type(resource_type));
        let Some(above) = resource_type.parent.as_ref().filter(|_| !resource_type.member_records) else {
            self.refuse_if(true, "FIELD_INVALID");
            return None;
        };
        assert_ne!(name, self.policy.root);
        let root = self.root();
        let parent = match parent {
            None if *above == self.policy.root => &root,
            None => {
                self.refuse_if(true, "FIELD_REQUIRED");
                return None;
            }
            Some(parent) => parent,
        };
        self.refuse_if(parent.0 != *above, "FIELD_INVALID");
        (parent.0 == *above && self.exists(parent)).then(|| parent.clone())
    }

    pub fn is_operator(&self) -> bool {
        self.actor.0 == "operator"
    }

    pub fn refuse_if(&mut self, wrong: bool, reason: &'static str) {
        if wrong {
            self.refusals.insert(reason);
        }
    }
}
