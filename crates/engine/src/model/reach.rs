//! Who could ever come to hold each role, and through which writes by whom.
//!
//! A policy is finite, so this is computed: from what somebody holds at the start, every write that a rule lets through
//! is made, again and again, until nothing new comes of it. Any number of people act together, each with whatever has
//! been reached so far; what a rule excludes (`!`) never stops them, for another of them may lack it. So what is found
//! unreachable is unreachable, and what is found reachable may in rare cases need more people than there are.

use crate::model::{
    MemberRule, Policy, ResourceType, Role, RoleId, Rule,
    mask::{Mask, Term},
    write_kind::WriteKind,
};

/// What a set of people can come to hold.
#[derive(Debug)]
pub struct Reach<'p> {
    policy: &'p Policy,
    /// What somebody is bound to by now, or was at the start, without what it implies.
    bound: Mask,
    /// How each role is first come by, in the order of the policy's roles; none for one that is not.
    first: Vec<Option<Step>>,
}

/// The writes of one round.
struct Steps {
    /// What could be held when it began.
    held: Mask,
    /// What somebody is bound to by then, and by these writes.
    known: Mask,
    /// The first to each role that nobody came by before.
    first: Vec<Step>,
}

/// One write by which somebody comes to hold a role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// What is done.
    pub deed: Deed,
    /// The role that comes of it.
    pub gives: RoleId,
    /// What the one who does it must hold, of roles: one way that suffices.
    pub needs: Vec<RoleId>,
    /// Who may do it, as the policy's line says it.
    pub by: String,
    /// That line, counted from 1.
    pub line: u32,
}

/// The kinds of writes by which a role is come by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// A resource is created, and its creator gets the role.
    Create,
    /// Somebody is invited to the role.
    Invite,
    /// Somebody new is invited below the root, and joins as this.
    Join,
    /// Everybody gets the role.
    Publish,
    /// Somebody is invited to a team that holds the role.
    Team(RoleId),
    /// Somebody's other role is changed to it.
    Change(RoleId),
}

impl<'p> Reach<'p> {
    /// What people can come to hold who hold these roles at the start; `operators` help them or not.
    pub fn from(policy: &'p Policy, roles: Mask, operators: bool) -> Self {
        let relations = Mask::ANYONE | Mask::SELF | Mask::OWNER;
        let start = roles | relations | if operators { Mask::OPERATOR } else { Mask::EMPTY };
        let mut reach = Self { policy, bound: start, first: vec![None; policy.roles().len()] };
        while reach.round() {}
        reach
    }

    /// Whether anybody comes to hold this role, or held it at the start, by itself or by what implies it.
    pub fn holds(&self, role: &Role) -> bool {
        self.policy.closure(self.bound).contains(role.mask())
    }

    /// The shortest way to a role, first write first; empty when it is held at the start or never.
    pub fn way(&self, role: &Role) -> Vec<&Step> {
        let mut way = Vec::new();
        self.add_way(role.id(), &mut way);
        way
    }

    fn add_way<'s>(&'s self, role: RoleId, way: &mut Vec<&'s Step>) {
        let Some(step) = self.first.get(usize::from(role)).and_then(Option::as_ref) else { return };
        if way.contains(&step) {
            return;
        }
        for need in &step.needs {
            self.add_way(*need, way);
        }
        way.push(step);
    }

    /// Makes every write that can be made now; whether anything new came of it.
    fn round(&mut self) -> bool {
        let mut steps = Steps { held: self.policy.closure(self.bound), known: self.bound, first: Vec::new() };
        for of in self.policy.types() {
            self.creations(of, &mut steps);
            for rule in of.members.of(WriteKind::Invite) {
                self.invitations(of, rule, &mut steps);
            }
            for rule in of.members.of(WriteKind::Publish) {
                if let Some(needs) = self.needs(rule.by.terms(), steps.held) {
                    self.given(rule.to, Deed::Publish, &needs, &rule.by, &mut steps);
                }
            }
            for rule in of.members.of(WriteKind::Change) {
                if steps.known.contains(rule.to) {
                    continue;
                }
                let from = self.policy.roles_in(rule.from).find(|role| self.bound.contains(role.mask()));
                let Some((from, needs)) = from.zip(self.needs(rule.by.terms(), steps.held)) else { continue };
                let needs = [from.id()].into_iter().chain(needs).collect::<Vec<_>>();
                self.given(rule.to, Deed::Change(from.id()), &needs, &rule.by, &mut steps);
            }
        }
        let anything = !steps.first.is_empty();
        for step in steps.first {
            self.bound |= step.gives.mask();
            if let Some(first) = self.first.get_mut(usize::from(step.gives)) {
                *first = Some(step);
            }
        }
        anything
    }

    fn creations(&self, of: &ResourceType, steps: &mut Steps) {
        let Some(gives) = of.creator_role() else { return };
        let above = of.parent().map(|above| self.policy.resource_type(above));
        let places = above.into_iter().chain(of.is_nested().then_some(of));
        for action in places.flat_map(|above| self.policy.create_actions(of, above)) {
            if let Some(needs) = self.needs(action.rule().terms(), steps.held) {
                self.given(gives.mask(), Deed::Create, &needs, action.rule(), steps);
            }
        }
    }

    fn invitations(&self, of: &ResourceType, rule: &MemberRule, steps: &mut Steps) {
        let joins = of.joins_as().map_or(Mask::EMPTY, RoleId::mask);
        let into = self.policy.roles_in(rule.to).next().filter(|_| of.is_teams());
        // Whichever team it is may hold whatever teams may hold.
        let by_teams: Mask = match into {
            Some(_) => self.policy.roles().iter().filter(|role| role.is_for_teams()).map(Role::mask).collect(),
            None => Mask::EMPTY,
        };
        if steps.known.contains(rule.to | by_teams | joins) {
            return;
        }
        let Some(needs) = self.needs(rule.by.terms(), steps.held) else { return };
        self.given(rule.to, Deed::Invite, &needs, &rule.by, steps);
        if let Some(into) = into {
            self.given(by_teams, Deed::Team(into.id()), &needs, &rule.by, steps);
        }
        self.given(joins, Deed::Join, &needs, &rule.by, steps);
    }

    /// Of the roles that a rule gives, those that nobody came by before.
    fn given(&self, to: Mask, deed: Deed, needs: &[RoleId], rule: &Rule, steps: &mut Steps) {
        let step = |role: &Role| Step {
            deed,
            gives: role.id(),
            needs: needs.to_vec(),
            by: rule.text().to_owned(),
            line: rule.line(),
        };
        steps.first.extend(self.policy.roles_in(to.without(steps.known)).map(step));
        steps.known |= to;
    }

    /// The roles that somebody must hold to be let through by these terms; none when nobody can be.
    fn needs(&self, terms: &[Term], held: Mask) -> Option<Vec<RoleId>> {
        let term = terms.iter().filter(|term| held.contains(term.need)).min_by_key(|term| term.need.roles().count())?;
        // For each role that is needed, one that is held and brings it.
        let bringing = |needed: &Role| {
            let own = self.bound.contains(needed.mask()).then_some(needed);
            let other = || self.policy.roles_in(self.bound).find(|role| role.closure().contains(needed.mask()));
            own.or_else(other).map(Role::id)
        };
        Some(self.policy.roles_in(term.need).filter_map(bringing).collect())
    }
}

impl Step {
    /// The write in words.
    pub fn in_words(&self, policy: &Policy) -> String {
        let name = |role: RoleId| policy.qualified(policy.role(role));
        let of = policy.resource_type(policy.role(self.gives).of());
        let (by, gives) = (format!("`{}` (line {})", self.by, self.line), name(self.gives));
        match self.deed {
            Deed::Create => format!("{by} creates a `{}` and becomes `{gives}` of it", of.name()),
            Deed::Invite => format!("{by} invites somebody as `{gives}`"),
            Deed::Join => format!("{by} invites somebody new, who joins as `{gives}`"),
            Deed::Publish => format!("{by} gives everybody `{gives}`"),
            Deed::Team(into) => {
                format!("{by} invites somebody as `{}` to a team that is `{gives}`", name(into))
            }
            Deed::Change(from) => format!("{by} changes somebody from `{}` to `{gives}`", name(from)),
        }
    }
}
