//! Who could ever come to hold each role, and through which writes by whom.
//!
//! A policy is finite, so this is computed: from what somebody holds at the start, every write that a rule allows is
//! made, again and again, until nobody gets a new role. Any number of people act together, each with whatever has been
//! reached so far; what a rule excludes (`!`) never stops them, for another of them may lack it. So what is found
//! unreachable is unreachable, and what is found reachable may in rare cases need more people than there are.

use crate::model::{
    MemberRule, Policy, ResourceType, Role, RoleId, Rule,
    mask::{Mask, Term},
    write_kind::WriteKind,
};

/// The roles that a set of people can come to hold, and by which writes.
#[derive(Debug)]
pub struct Reachability<'p> {
    policy: &'p Policy,
    /// The roles and relations that somebody has by now, or had at the start, without those that they imply.
    assigned_roles: Mask,
    /// The first step that grants each role, in the order of the policy's roles; none for one that no step grants.
    first_steps: Vec<Option<GrantStep>>,
}

/// The writes that are possible at one time, before any of them is made.
struct Round {
    /// The roles and relations that somebody has when the round begins, with all that they imply.
    effective_roles: Mask,
    /// The roles that somebody has when the round begins, or gets by one of its steps.
    known_roles: Mask,
    /// The first step to each role that nobody had before.
    steps: Vec<GrantStep>,
}

/// One write by which somebody comes to hold a role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GrantStep {
    /// The kind of write that it is.
    pub kind: GrantKind,
    /// The role that the write grants.
    pub role: RoleId,
    /// The roles that must be held before: one set that suffices for whoever makes the write and, where a role is
    /// changed, the role before. Empty when the rule asks for no role.
    pub required_roles: Vec<RoleId>,
    /// The rule that allows the write, as the policy file has it.
    pub rule_text: String,
    /// The line of that rule in the policy file, counted from 1.
    pub line: u32,
}

/// The kinds of writes that grant a role.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GrantKind {
    /// A resource is created, and its creator gets the role.
    Create,
    /// Somebody is invited to the role.
    Invite,
    /// Somebody new is invited below the root, and gets the role at the root beside.
    Join,
    /// Everybody of a subject type gets the role.
    Publish,
    /// Somebody is invited, as this role, to a team that holds the role.
    Team(RoleId),
    /// Somebody's role is changed from this one.
    Change(RoleId),
}

impl<'p> Reachability<'p> {
    /// Computes what people can come to hold who hold only `roles` at the start; with `operators`, operators may help
    /// them.
    pub fn new(policy: &'p Policy, roles: Mask, operators: bool) -> Self {
        let relations = Mask::ANYONE | Mask::SELF | Mask::OWNER;
        let start = roles | relations | if operators { Mask::OPERATOR } else { Mask::EMPTY };
        let mut reachability = Self { policy, assigned_roles: start, first_steps: vec![None; policy.roles().len()] };
        while reachability.make_round() {}
        reachability
    }

    /// Whether anybody comes to hold this role, or held it at the start, directly or through a role that implies it.
    pub fn is_reachable(&self, role: &Role) -> bool {
        self.policy.closure(self.assigned_roles).contains(role.mask())
    }

    /// The writes by which this role is first reached, in the order in which they are made. Empty when it is held at
    /// the start, is only implied, or is never reached.
    pub fn path(&self, role: &Role) -> Vec<&GrantStep> {
        let mut path = Vec::new();
        self.add_path(role.id(), &mut path);
        path
    }

    fn add_path<'s>(&'s self, role: RoleId, path: &mut Vec<&'s GrantStep>) {
        let Some(step) = self.first_steps.get(usize::from(role)).and_then(Option::as_ref) else { return };
        if path.contains(&step) {
            return;
        }
        for required in &step.required_roles {
            self.add_path(*required, path);
        }
        path.push(step);
    }

    /// Makes every write that is possible now; whether anybody got a role that nobody had before.
    fn make_round(&mut self) -> bool {
        let effective_roles = self.policy.closure(self.assigned_roles);
        let mut round = Round { effective_roles, known_roles: self.assigned_roles, steps: Vec::new() };
        for resource_type in self.policy.types() {
            self.add_creations(resource_type, &mut round);
            for rule in resource_type.members.of_kind(WriteKind::Invite) {
                self.add_invitations(resource_type, rule, &mut round);
            }
            for rule in resource_type.members.of_kind(WriteKind::Publish) {
                if let Some(required) = self.required_roles(rule.by.terms(), round.effective_roles) {
                    self.add_steps(rule.to, GrantKind::Publish, &required, &rule.by, &mut round);
                }
            }
            for rule in resource_type.members.of_kind(WriteKind::Change) {
                self.add_changes(rule, &mut round);
            }
        }
        let is_progress = !round.steps.is_empty();
        for step in round.steps {
            self.assigned_roles |= step.role.mask();
            if let Some(first) = self.first_steps.get_mut(usize::from(step.role)) {
                *first = Some(step);
            }
        }
        is_progress
    }

    fn add_creations(&self, resource_type: &ResourceType, round: &mut Round) {
        let Some(creator_role) = resource_type.creator_role() else { return };
        let parent = resource_type.parent().map(|parent| self.policy.resource_type(parent));
        let parents = parent.into_iter().chain(resource_type.is_nested().then_some(resource_type));
        for action in parents.flat_map(|parent| self.policy.create_actions(resource_type, parent)) {
            if let Some(required) = self.required_roles(action.rule().terms(), round.effective_roles) {
                self.add_steps(creator_role.mask(), GrantKind::Create, &required, action.rule(), round);
            }
        }
    }

    fn add_changes(&self, rule: &MemberRule, round: &mut Round) {
        if round.known_roles.contains(rule.to) || !is_about_somebody(rule, round) {
            return;
        }
        let from = self.policy.roles_in(rule.from).find(|role| self.assigned_roles.contains(role.mask()));
        let required = self.required_roles(rule.by.terms(), round.effective_roles);
        let Some((from, required)) = from.zip(required) else { return };
        let required: Vec<RoleId> = [from.id()].into_iter().chain(required).collect();
        self.add_steps(rule.to, GrantKind::Change(from.id()), &required, &rule.by, round);
    }

    fn add_invitations(&self, resource_type: &ResourceType, rule: &MemberRule, round: &mut Round) {
        let joins_as = resource_type.joins_as().map_or(Mask::EMPTY, RoleId::mask);
        let into = self.policy.roles_in(rule.to).next().filter(|_| resource_type.is_team_type());
        // Whichever team it is may hold whatever teams may hold.
        let by_teams: Mask = match into {
            Some(_) => self.policy.roles().iter().filter(|role| role.is_for_teams()).map(Role::mask).collect(),
            None => Mask::EMPTY,
        };
        if round.known_roles.contains(rule.to | by_teams | joins_as) || !is_about_somebody(rule, round) {
            return;
        }
        let Some(required) = self.required_roles(rule.by.terms(), round.effective_roles) else { return };
        self.add_steps(rule.to, GrantKind::Invite, &required, &rule.by, round);
        if let Some(into) = into {
            self.add_steps(by_teams, GrantKind::Team(into.id()), &required, &rule.by, round);
        }
        self.add_steps(joins_as, GrantKind::Join, &required, &rule.by, round);
    }

    /// Adds a step to each of the roles `to` that nobody had before.
    fn add_steps(&self, to: Mask, kind: GrantKind, required_roles: &[RoleId], rule: &Rule, round: &mut Round) {
        let step = |role: &Role| GrantStep {
            kind,
            role: role.id(),
            required_roles: required_roles.to_vec(),
            rule_text: rule.text().to_owned(),
            line: rule.line(),
        };
        round.steps.extend(self.policy.roles_in(to.without(round.known_roles)).map(step));
        round.known_roles |= to;
    }

    /// The roles that somebody must hold to satisfy one of these terms; none when nobody can.
    fn required_roles(&self, terms: &[Term], effective_roles: Mask) -> Option<Vec<RoleId>> {
        let possible = terms.iter().filter(|term| effective_roles.contains(term.need));
        let term = possible.min_by_key(|term| term.need.roles().count())?;
        // For each role that is needed, the assigned one that it is, or else the first that implies it.
        let source = |needed: &Role| {
            let itself = self.assigned_roles.contains(needed.mask()).then_some(needed);
            let implying =
                || self.policy.roles_in(self.assigned_roles).find(|role| role.closure().contains(needed.mask()));
            itself.or_else(implying).map(Role::id)
        };
        Some(self.policy.roles_in(term.need).filter_map(source).collect())
    }
}

/// Whether somebody may hold what a rule asks of whom the write is made to; what it excludes stops nobody.
fn is_about_somebody(rule: &MemberRule, round: &Round) -> bool {
    let holds = |term: &Term| round.effective_roles.contains(term.need);
    rule.whom.as_ref().is_none_or(|whom| whom.terms().iter().any(holds))
}

impl GrantStep {
    /// The write as a sentence without a full stop, such as "`admin` (line 12) invites somebody as `site.editor`".
    pub fn in_words(&self, policy: &Policy) -> String {
        let name = |role: RoleId| policy.qualified(policy.role(role));
        let resource_type = policy.resource_type(policy.role(self.role).resource_type());
        let (by, role) = (format!("`{}` (line {})", self.rule_text, self.line), name(self.role));
        match self.kind {
            GrantKind::Create => format!("{by} creates a `{}` and becomes `{role}` of it", resource_type.name()),
            GrantKind::Invite => format!("{by} invites somebody as `{role}`"),
            GrantKind::Join => format!("{by} invites somebody new, who joins as `{role}`"),
            GrantKind::Publish => format!("{by} gives everybody `{role}`"),
            GrantKind::Team(into) => {
                format!("{by} invites somebody as `{}` to a team that is `{role}`", name(into))
            }
            GrantKind::Change(from) => format!("{by} changes somebody from `{}` to `{role}`", name(from)),
        }
    }
}
