//! Until when somebody may still do what they may do now: the first instant at which, by the ends of roles that are known,
//! they may no more.

use crate::{
    domain::{SubjectRef, Timestamp},
    facts::{Facts, MemberKey, Node, ancestors_with_mask, name_of},
    model::{Role, RoleId, mask::Mask},
};

/// The first instant at which what an actor holds at a resource lets them do no more what it lets them do now; none when
/// that never comes. Counts their own roles, and those of their teams for as long as they belong to them.
pub(super) fn right_ends<F: Facts + ?Sized>(
    facts: &F,
    actor: SubjectRef<'_>,
    node: Node,
    lets: &dyn Fn(Mask) -> bool,
) -> Option<Timestamp> {
    // An operator has no roles that could end.
    let member = facts.member_state(actor)?.member;
    let actor = Actor { facts, subject: actor, member };
    actor.ends(node).into_iter().find(|end| !lets(actor.held(node, *end)))
}

struct Actor<'a, F: ?Sized> {
    facts: &'a F,
    subject: SubjectRef<'a>,
    member: MemberKey,
}

impl<F: Facts + ?Sized> Actor<'_, F> {
    /// What they hold at a resource from an instant on, for as long as nothing else ends.
    fn held(&self, node: Node, from: Timestamp) -> Mask {
        let holders = self.holders(from);
        let mut held = Mask::ANYONE;
        if self.facts.resource(node).owner == Some(self.subject) {
            held |= Mask::OWNER;
        }
        for (at, _, counts) in ancestors_with_mask(self.facts, node, None) {
            for holder in &holders {
                let lasting = self
                    .roles(self.facts.assigned_roles(*holder, at))
                    .filter(|role| self.lasts(*holder, at, *role, from));
                held |= lasting.map(RoleId::mask).collect::<Mask>() & counts;
            }
        }
        self.facts.policy().closure(held)
    }

    /// Those whose roles count for them: they themselves, the teams that they still belong to then, and everybody.
    fn holders(&self, from: Timestamp) -> Vec<MemberKey> {
        let mut holders = vec![self.member];
        // Whoever belongs to no team now belongs to none later.
        let mut next = usize::from(self.facts.teams(self.member).is_empty());
        while let Some(holder) = holders.get(next).copied() {
            next += 1;
            self.facts.each_assignment(holder, &mut |at, roles| {
                let belongs = || self.roles(roles).any(|role| self.lasts(holder, at, role, from));
                if let Some(team) = self.team_at(at).filter(|team| !holders.contains(team) && belongs()) {
                    holders.push(team);
                }
            });
        }
        holders.extend(self.facts.everybody(self.subject.kind));
        holders
    }

    /// Every end that can matter at a resource, the first one first: of what they and their teams hold on the way up from
    /// it, and of their places in teams.
    fn ends(&self, node: Node) -> Vec<Timestamp> {
        let way: Vec<Node> = ancestors_with_mask(self.facts, node, None).map(|(at, ..)| at).collect();
        let mut ends = Vec::new();
        let teams = self.facts.teams(self.member).iter().copied();
        for holder in teams.chain([self.member]).chain(self.facts.everybody(self.subject.kind)) {
            self.facts.each_assignment(holder, &mut |at, roles| {
                if way.contains(&at) || self.is_team(at) {
                    ends.extend(self.roles(roles).filter_map(|role| self.facts.role_expiry(holder, at, role)));
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

    fn lasts(&self, holder: MemberKey, at: Node, role: RoleId, from: Timestamp) -> bool {
        self.facts.role_expiry(holder, at, role).is_none_or(|end| end > from)
    }

    fn is_team(&self, node: Node) -> bool {
        self.facts.policy().resource_type(self.facts.resource(node).of).is_teams()
    }

    /// The member that the team at a resource is.
    fn team_at(&self, node: Node) -> Option<MemberKey> {
        let team = name_of(self.facts, node);
        let team = SubjectRef { kind: team.kind, id: team.id };
        self.is_team(node).then(|| self.facts.member_state(team)).flatten().map(|standing| standing.member)
    }
}
