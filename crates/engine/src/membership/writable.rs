//! Which memberships may this member write here?

use crate::{
    decision::decide::Target,
    domain::SubjectRef,
    facts::Facts,
    membership::{
        rules::actor_roles,
        writes::{WriteGroup, pairs},
    },
    model::{MemberRule, Policy, ResourceType, mask::Mask, rules_about::rules_about, write_kind::WriteKind},
};

/// Every membership write of a policy that some rule lets somebody make, by type. Made once, to ask about many members.
pub(crate) struct Writable<'p> {
    types: Vec<Vec<Row<'p>>>,
}

/// One write.
struct Row<'p> {
    /// In words, without backticks: `change viewer to editor`.
    words: String,
    /// The same for whoever may make it to nobody but themselves.
    own_words: String,
    verb: WriteKind,
    from: Mask,
    rules: Vec<&'p MemberRule>,
}

impl<'p> Writable<'p> {
    pub(crate) fn of(policy: &'p Policy) -> Self {
        Self { types: policy.types().iter().map(|of| rows(policy, of)).collect() }
    }

    /// The writes that a member may make at a target, in the order of the file: to others, or only to themselves.
    pub(crate) fn by(
        &self,
        facts: &dyn Facts,
        member: SubjectRef<'_>,
        of: &ResourceType,
        target: Target<'_>,
    ) -> Vec<&str> {
        let rows = self.types.get(usize::from(of.id())).map_or(&[][..], Vec::as_slice);
        let (Some(standing), Ok(held), false) =
            (facts.member_state(member), actor_roles(facts, member, target), rows.is_empty())
        else {
            return Vec::new();
        };
        let bound = match target {
            Target::Absent => return Vec::new(),
            Target::Registered(node) => facts.assigned_roles(standing.member, node),
            Target::Stated { .. } | Target::Record(_) => Mask::EMPTY,
        };
        rows.iter().filter_map(|row| row.by(held, bound)).collect()
    }
}

impl Row<'_> {
    /// The write in words, if one who has these bits, and holds `bound` at the place itself, may make it.
    fn by(&self, held: Mask, bound: Mask) -> Option<&str> {
        let lets = |held: Mask| self.rules.iter().any(|rule| rule.by().satisfied_by(held));
        // What somebody does not hold can't be taken from them, and nobody is everybody.
        let has = || match self.from {
            _ if self.verb == WriteKind::Publish => false,
            _ if !self.verb.removes_roles() => true,
            Mask::ANYONE => bound.is_empty(),
            from => bound.contains(from),
        };
        if lets(held) {
            return Some(&self.words);
        }
        (has() && lets(held | Mask::SELF)).then_some(self.own_words.as_str())
    }
}

fn rows<'p>(policy: &'p Policy, of: &'p ResourceType) -> Vec<Row<'p>> {
    let mut rows = Vec::new();
    for verb in WriteKind::ALL {
        for (from, to) in pairs(verb, of) {
            let rules: Vec<&MemberRule> = rules_about(of, verb, from, to).collect();
            if !rules.is_empty() {
                let words = WriteGroup { verb, from, to }.plain_words(policy, of);
                rows.push(Row { own_words: format!("{words} (self)"), words, verb, from, rules });
            }
        }
    }
    rows
}
