//! Which memberships a member may write at a target: every write that a policy has rules about, compiled once to ask
//! about many members.

use crate::{
    decision::target::Target,
    domain::SubjectRef,
    facts::Facts,
    membership::{
        actor::actor_roles,
        writes::{WriteGroup, role_pairs, rules_to, whom_choices},
    },
    model::{MemberRule, Policy, ResourceType, Rule, mask::Mask, write_kind::WriteKind},
};

/// Every membership write that some rule of a policy lets somebody make, by type.
pub(crate) struct PossibleWrites<'p> {
    /// In the order of the policy's types.
    by_type: Vec<Vec<PossibleWrite<'p>>>,
}

/// A membership write that takes one role and gives one, as far as its kind does.
struct PossibleWrite<'p> {
    /// In words, without backticks: `change viewer to editor`.
    description: String,
    /// The same for one that a member may make to nobody but themselves: `change viewer to editor (self)`.
    self_description: String,
    kind: WriteKind,
    from: Mask,
    /// Whom it is made to, if not anybody.
    whom: Option<&'p Rule>,
    rules: Vec<&'p MemberRule>,
}

impl<'p> PossibleWrites<'p> {
    pub(crate) fn of(policy: &'p Policy) -> Self {
        Self { by_type: policy.types().iter().map(|resource_type| possible_writes(policy, resource_type)).collect() }
    }

    /// The writes in words that a member may make at a target, in the order of the policy: to others, or only to
    /// themselves. None for whoever may not write at all, nor at what is absent.
    pub(crate) fn permitted(
        &self,
        facts: &dyn Facts,
        member: SubjectRef<'_>,
        resource_type: &ResourceType,
        target: Target<'_>,
    ) -> Vec<&str> {
        let writes = self.by_type.get(usize::from(resource_type.id())).map_or(&[][..], Vec::as_slice);
        let (Some(member_state), Ok(effective_roles), false) =
            (facts.member_state(member), actor_roles(facts, member, target), writes.is_empty())
        else {
            return Vec::new();
        };
        let assigned_roles = match target {
            Target::Absent => return Vec::new(),
            Target::Registered(node) => facts.assigned_roles(member_state.member, node),
            Target::Stated { .. } | Target::Record(_) => Mask::EMPTY,
        };
        writes.iter().filter_map(|write| write.permitted(effective_roles, assigned_roles)).collect()
    }
}

impl PossibleWrite<'_> {
    /// The write in words, if an actor may make it who has these effective roles, and of them is assigned
    /// `assigned_roles` at the target itself.
    fn permitted(&self, effective_roles: Mask, assigned_roles: Mask) -> Option<&str> {
        let permits = |bits: Mask| self.rules.iter().any(|rule| rule.by().allows(bits));
        // A role that a member does not hold can't be taken from them, and nobody is everybody.
        let applies_to_self = || match self.from {
            _ if self.kind == WriteKind::Publish => false,
            _ if self.whom.is_some_and(|whom| !whom.allows(effective_roles)) => false,
            Mask::EMPTY => true,
            Mask::ANYONE => assigned_roles.is_empty(),
            from => assigned_roles.contains(from),
        };
        if permits(effective_roles) {
            return Some(&self.description);
        }
        (applies_to_self() && permits(effective_roles | Mask::SELF)).then_some(self.self_description.as_str())
    }
}

fn possible_writes<'p>(policy: &'p Policy, resource_type: &'p ResourceType) -> Vec<PossibleWrite<'p>> {
    let mut writes = Vec::new();
    for kind in WriteKind::ALL {
        for (from, to) in role_pairs(kind, resource_type) {
            for whom in whom_choices(kind, resource_type, from, to) {
                let rules: Vec<&MemberRule> = rules_to(resource_type, kind, (from, to), &whom).collect();
                if rules.is_empty() {
                    continue;
                }
                let of_whom = rules.iter().find_map(|rule| rule.whom());
                let description = WriteGroup { kind, from, to, whom }.plain_description(policy, resource_type);
                let self_description = format!("{description} (self)");
                writes.push(PossibleWrite { description, self_description, kind, from, whom: of_whom, rules });
            }
        }
    }
    writes
}
