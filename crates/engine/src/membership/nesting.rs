//! How deep teams are nested: which writes put a team in a team, and which of them are refused.

use std::collections::{HashMap, HashSet};

use crate::{
    domain::SubjectRef,
    facts::{Facts, MemberKey, Node, name_of},
    membership::refusal::Refusal,
};

/// The most teams that a chain has in which each team belongs to the next. What makes a longer one is refused with
/// [`Refusal::TeamsTooDeep`]. Facts may have longer ones, which were made before there was this limit: these count as ever,
/// and only further nestings are refused.
pub const MAX_TEAM_DEPTH: usize = 64;

/// The length of every chain that is too long, of one that has no end too.
const TOO_LONG: usize = MAX_TEAM_DEPTH + 1;

/// That a team is put in another, in which it is not by a role of its own yet.
#[derive(Clone, Copy, Debug)]
pub struct Nesting {
    inner: MemberKey,
    outer: MemberKey,
}

impl Nesting {
    /// What any role at a resource would make of the target; none unless it is a team, and in the team at the resource by
    /// no role yet.
    pub fn find<F: Facts + ?Sized>(facts: &F, node: Node, target: SubjectRef<'_>) -> Option<Self> {
        let outer = team_at(facts, node)?;
        let inner = facts.member_state(target).filter(|_| facts.policy().is_team(target))?.member;
        facts.assigned_roles(inner, node).is_empty().then_some(Self { inner, outer })
    }
}

/// Decides about teams that are put in teams by one write. Returns for each, in the same order, why it is refused, if it is:
/// with [`Refusal::TeamCycle`] if the outer team belongs to the inner one or is it, and with [`Refusal::TeamsTooDeep`] if
/// the two are in a chain of more than [`MAX_TEAM_DEPTH`] teams, both on the facts with all of these nestings.
pub fn nesting_refusals<F: Facts + ?Sized>(facts: &F, nestings: &[Nesting]) -> Vec<Option<Refusal>> {
    let graph = Graph { facts, nestings };
    let (mut inwards, mut outwards) = (HashMap::new(), HashMap::new());
    let mut refusal = |nesting: &Nesting| {
        let within = longest_chain(nesting.inner, &|team| graph.inner_teams(team), &mut inwards);
        let around = longest_chain(nesting.outer, &|team| graph.outer_teams(team), &mut outwards);
        if within + around <= MAX_TEAM_DEPTH {
            return None;
        }
        // A circle has no end, so it was found too long as well.
        let is_circle = graph.is_around(nesting.inner, nesting.outer);
        Some(if is_circle { Refusal::TeamCycle } else { Refusal::TeamsTooDeep })
    };
    nestings.iter().map(&mut refusal).collect()
}

/// The member that the team at a resource is; none if it is no team.
pub(super) fn team_at<F: Facts + ?Sized>(facts: &F, node: Node) -> Option<MemberKey> {
    if !facts.policy().resource_type(facts.resource(node).resource_type).is_team_type() {
        return None;
    }
    let team = name_of(facts, node);
    facts.member_state(SubjectRef { kind: team.kind, id: team.id }).map(|state| state.member)
}

/// Which teams are in which: those of the facts, and those of a write.
struct Graph<'a, F: ?Sized> {
    facts: &'a F,
    nestings: &'a [Nesting],
}

impl<F: Facts + ?Sized> Graph<'_, F> {
    /// The teams that are in a team by roles of their own.
    fn inner_teams(&self, team: MemberKey) -> Vec<MemberKey> {
        let added = self.nestings.iter().filter(|nesting| nesting.outer == team).map(|nesting| nesting.inner);
        self.facts.inner_teams(team).iter().copied().chain(added).collect()
    }

    /// The teams in which a team is by roles of its own.
    fn outer_teams(&self, team: MemberKey) -> Vec<MemberKey> {
        let added = self.nestings.iter().filter(|nesting| nesting.inner == team).map(|nesting| nesting.outer);
        let mut teams: Vec<MemberKey> = added.collect();
        // Most teams are in no other, and may have many roles.
        if !self.facts.teams(team).is_empty() {
            self.facts.each_assignment(team, &mut |node, _| teams.extend(team_at(self.facts, node)));
        }
        teams
    }

    /// Whether a team is another, or is around it, be it through further teams.
    fn is_around(&self, team: MemberKey, inner: MemberKey) -> bool {
        let (mut seen, mut next) = (HashSet::from([inner]), vec![inner]);
        while let Some(reached) = next.pop() {
            next.extend(self.outer_teams(reached).into_iter().filter(|outer| seen.insert(*outer)));
        }
        seen.contains(&team)
    }
}

/// A team on the way along a chain.
struct Step {
    team: MemberKey,
    /// The teams that may follow and were not looked at yet.
    remaining: Vec<MemberKey>,
    /// The longest chain that begins at one of those that were.
    longest: usize,
}

/// The number of teams in the longest chain that begins with a team: it and those that follow by `next`. [`TOO_LONG`] if
/// there are more, or no end. `known` has the lengths that were found before, so that no team is looked at twice.
fn longest_chain(
    first: MemberKey,
    next: &dyn Fn(MemberKey) -> Vec<MemberKey>,
    known: &mut HashMap<MemberKey, usize>,
) -> usize {
    // A chain may be longer than a stack is deep, so the way back is kept here.
    let mut path = Vec::new();
    let step = |team| Step { team, remaining: next(team), longest: 0 };
    if !known.contains_key(&first) {
        path.push(step(first));
    }
    while let Some(Step { team, remaining, longest }) = path.last_mut() {
        // What leads back here before this length is known is in a circle.
        known.entry(*team).or_insert(TOO_LONG);
        let Some(following) = remaining.last().copied() else {
            known.insert(*team, (*longest + 1).min(TOO_LONG));
            path.pop();
            continue;
        };
        match known.get(&following) {
            Some(length) => {
                *longest = (*longest).max(*length);
                remaining.pop();
            }
            None => path.push(step(following)),
        }
    }
    known.get(&first).copied().unwrap_or(TOO_LONG)
}
