//! The holders that roles with `at_least` must keep.

use std::collections::BTreeMap;

use crate::{
    domain::{MemberStatus, SubjectRef},
    facts::{Facts, Node},
    model::{RoleId, mask::Mask},
};

/// Whose holders a write takes, or gives: a role with `at_least`, where, and how many.
#[derive(Clone, Debug, Default)]
pub struct HolderCounts(BTreeMap<(Node, RoleId), i64>);

/// A role that a write would leave with fewer holders at a resource than it must keep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LackingRole {
    /// The role that must keep its holders.
    pub role: RoleId,
    /// The resource at which they hold it.
    pub at: Node,
}

impl HolderCounts {
    /// Notes that a member loses roles at a resource.
    pub fn lose<F: Facts + ?Sized>(&mut self, facts: &F, member: SubjectRef<'_>, at: Node, roles: Mask) {
        let Some(state) = facts.member_state(member) else { return };
        self.add(facts, at, roles & facts.counting_roles(state.member, at), -1);
    }

    /// Notes that a member loses every role that they have, or can't act by any of them.
    pub fn lose_all<F: Facts + ?Sized>(&mut self, facts: &F, member: SubjectRef<'_>) {
        let Some(state) = facts.member_state(member) else { return };
        facts.each_assignment(state.member, &mut |at, roles| {
            self.add(facts, at, roles & facts.counting_roles(state.member, at), -1);
        });
    }

    /// Notes that a member gets a role for good at a resource, where they did not count as a holder of it.
    pub fn gain<F: Facts + ?Sized>(&mut self, facts: &F, member: SubjectRef<'_>, at: Node, role: RoleId) {
        let state = facts.member_state(member).filter(|_| facts.policy().is_type_of_people(member.kind));
        if state.is_some_and(|state| state.status == MemberStatus::Active && !state.locked) && !member.is_everybody() {
            self.add(facts, at, role.mask(), 1);
        }
    }

    fn add<F: Facts + ?Sized>(&mut self, facts: &F, at: Node, roles: Mask, count: i64) {
        for role in facts.policy().roles_in(roles).filter(|role| role.at_least() > 0) {
            *self.0.entry((at, role.id())).or_default() += count;
        }
    }

    /// Whether it takes a holder of this role there.
    pub fn takes(&self, lacking: &LackingRole) -> bool {
        self.0.get(&(lacking.at, lacking.role)).is_some_and(|change| *change < 0)
    }

    /// The roles that would be left with too few holders, in the order of resources.
    ///
    /// INVARIANT (last holder): every write that takes roles away, or lets a holder act no more, asks this first, about all
    /// that it does at once.
    pub fn lacking<F: Facts + ?Sized>(&self, facts: &F) -> Vec<LackingRole> {
        let lacks = |((at, role), change): (&(Node, RoleId), &i64)| {
            let left = i64::from(facts.counted_holders(*at, *role)) + change;
            let is_lacking = *change < 0 && left < i64::from(facts.policy().role(*role).at_least());
            is_lacking.then_some(LackingRole { role: *role, at: *at })
        };
        self.0.iter().filter_map(lacks).collect()
    }
}
