//! Until when an actor may do what they may do now: the first instant at which they may no more, by the ends of roles
//! that are known.

use crate::{
    domain::{SubjectRef, Timestamp},
    facts::{Facts, MemberKey, Node, ancestor_nodes, ancestors_with_inheritance},
    membership::nesting::team_at,
    model::{Action, Role, RoleId, TypeSet, mask::Mask},
};

/// The first instant at which an actor's effective roles at a resource do not satisfy `permits` any more, as those of
/// now do; none when that never comes. Counts their own roles, and those of their teams for as long as they belong to
/// them.
pub(super) fn right_end<F: Facts + ?Sized>(
    facts: &F,
    actor: SubjectRef<'_>,
    node: Node,
    permits: &dyn Fn(Mask) -> bool,
) -> Option<Timestamp> {
    // An operator has no roles that could end.
    let member = facts.member_state(actor)?.member;
    let actor = Actor { facts, subject: actor, member };
    actor.relevant_ends(node).into_iter().find(|end| !permits(actor.effective_roles(node, *end)))
}

/// The first instant at which an actor may do none of these actions any more at a resource, as they may do one now; none when
/// that never comes, as far as ends of roles are known.
pub fn action_end<F: Facts + ?Sized>(
    facts: &F,
    actor: SubjectRef<'_>,
    node: Node,
    actions: &[&Action],
) -> Option<Timestamp> {
    right_end(facts, actor, node, &|bits| actions.iter().any(|action| action.rule().allows(bits)))
}

struct Actor<'a, F: ?Sized> {
    facts: &'a F,
    subject: SubjectRef<'a>,
    member: MemberKey,
}

impl<F: Facts + ?Sized> Actor<'_, F> {
    /// Their roles and relations at a resource from an instant on, for as long as nothing else ends.
    fn effective_roles(&self, node: Node, from: Timestamp) -> Mask {
        let principals = self.principals(from);
        let mut assigned_roles = Mask::ANYONE;
        if self.facts.resource(node).owner == Some(self.subject) {
            assigned_roles |= Mask::OWNER;
        }
        for (at, _, inheritance) in ancestors_with_inheritance(self.facts, node, TypeSet::EMPTY) {
            for principal in &principals {
                let remaining_roles = self
                    .roles(self.facts.assigned_roles(*principal, at))
                    .filter(|role| self.holds_beyond(*principal, at, *role, from));
                let remaining_roles = remaining_roles.map(RoleId::mask).collect();
                assigned_roles |= inheritance.roles(self.facts.policy(), remaining_roles);
            }
        }
        self.facts.policy().closure(assigned_roles)
    }

    /// The members whose roles count for them from an instant on: they themselves, the teams that they still belong to
    /// then, and everybody of their type.
    fn principals(&self, from: Timestamp) -> Vec<MemberKey> {
        let mut principals = vec![self.member];
        // Whoever belongs to no team now belongs to none later.
        let mut next = usize::from(self.facts.teams(self.member).is_empty());
        while let Some(principal) = principals.get(next).copied() {
            next += 1;
            self.facts.each_assignment(principal, &mut |at, roles| {
                let belongs = || self.roles(roles).any(|role| self.holds_beyond(principal, at, role, from));
                if let Some(team) = team_at(self.facts, at).filter(|team| !principals.contains(team) && belongs()) {
                    principals.push(team);
                }
            });
        }
        principals.extend(self.facts.everybody(self.subject.kind));
        principals
    }

    /// Every end that can matter at a resource, in ascending order: of the roles of their principals at it and above
    /// it, and in teams.
    fn relevant_ends(&self, node: Node) -> Vec<Timestamp> {
        let ancestors: Vec<Node> = ancestor_nodes(self.facts, node).collect();
        let mut ends = Vec::new();
        let teams = self.facts.teams(self.member).iter().copied();
        for principal in teams.chain([self.member]).chain(self.facts.everybody(self.subject.kind)) {
            self.facts.each_assignment(principal, &mut |at, roles| {
                if ancestors.contains(&at) || self.is_team(at) {
                    ends.extend(self.roles(roles).filter_map(|role| self.facts.role_expiry(principal, at, role)));
                }
            });
        }
        ends.sort_unstable();
        ends.dedup();
        ends
    }

    fn roles(&self, mask: Mask) -> impl Iterator<Item = RoleId> {
        self.facts.policy().roles_in(mask).map(Role::id)
    }

    /// Whether a role that is assigned to a principal does not end at `from` or before.
    fn holds_beyond(&self, principal: MemberKey, at: Node, role: RoleId, from: Timestamp) -> bool {
        self.facts.role_expiry(principal, at, role).is_none_or(|end| end > from)
    }

    fn is_team(&self, node: Node) -> bool {
        self.facts.policy().resource_type(self.facts.resource(node).resource_type).is_team_type()
    }
}
