//! What a cell of the table demands: questions that must have been asked, and with which outcome.

use rollcall_engine::{Mask, Policy, ResourceType, Role, Term, WriteKind, writes};

use crate::{
    coverage::observations::{CoveredOperation, Observation},
    table::cell::{Cell, Condition, allowed, cell},
};

/// A question that must have been asked, with the outcome that it must have had.
#[derive(Clone, Debug)]
pub(crate) struct Demand {
    /// What the column says, and what the subject must hold besides; empty for anybody at all.
    pub(crate) who: Mask,
    /// Whether they must have been allowed.
    pub(crate) allowed: bool,
    /// For a denial, the subject must not have held any of these as a whole.
    pub(crate) lacking: Vec<Mask>,
    /// What the column says: the role that they must hold by a binding, or the relation.
    column: Mask,
    pub(crate) when: When,
}

/// In which state the question must have been asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum When {
    Any,
    Locked,
    Archived,
}

/// A row of the table, and the terms of the rules that decide in it.
pub(crate) struct CoverageRow<'p> {
    pub(crate) policy: &'p Policy,
    pub(crate) resource_type: &'p ResourceType,
    pub(crate) operation: CoveredOperation,
    pub(crate) terms: Vec<Term>,
    /// Of a membership write, whom it is made to, as the rules have it.
    pub(crate) whom: String,
}

impl Demand {
    fn new(column: Mask, with: Mask, allowed: bool) -> Self {
        Self { who: column | with, allowed, lacking: Vec::new(), column, when: When::Any }
    }

    /// A question by anybody, in some state.
    fn of_anybody(allowed: bool, when: When) -> Self {
        Self { when, ..Self::new(Mask::EMPTY, Mask::EMPTY, allowed) }
    }
}

impl CoverageRow<'_> {
    /// What the cell of a column demands: for a `✔` a subject who is allowed, for a `✘` one who is denied, for a
    /// condition both. What can't come about is not demanded.
    pub(crate) fn demands(&self, column: Mask) -> Vec<Demand> {
        let demands = match cell(self.policy, &self.terms, column) {
            Cell::Yes => vec![Demand::new(column, Mask::EMPTY, true)],
            Cell::No => vec![Demand::new(column, Mask::EMPTY, false)],
            Cell::If(conditions) => {
                let lacking = conditions.iter().map(|condition| condition.with).collect();
                let without = Demand { lacking, ..Demand::new(column, Mask::EMPTY, false) };
                conditions.iter().flat_map(|condition| of_condition(column, condition)).chain([without]).collect()
            }
        };
        demands.into_iter().filter(|demand| self.can_be_met(demand)).collect()
    }

    /// What the row demands beside its cells, given what those demand: a subject who is denied, where anybody can be,
    /// and one who is allowed in each state in which the action is still allowed.
    pub(crate) fn own_demands(&self, of_cells: &[Demand]) -> Vec<Demand> {
        let mut demands = Vec::new();
        let everybody = allowed(&self.terms, Mask::ANYONE);
        if !everybody && of_cells.iter().all(|demand| demand.allowed) {
            demands.push(Demand::of_anybody(false, When::Any));
        }
        let CoveredOperation::Action(at) = self.operation else { return demands };
        let Some(action) = self.resource_type.actions().get(at) else { return demands };
        let mut may = of_cells.iter().filter(|demand| demand.allowed).map(|demand| demand.who);
        if action.is_allowed_when_archived() && may.clone().next().is_some() {
            demands.push(Demand::of_anybody(true, When::Archived));
        }
        // An operator is never locked.
        if action.is_allowed_when_locked() && may.any(|who| who != Mask::OPERATOR) {
            demands.push(Demand::of_anybody(true, When::Locked));
        }
        demands
    }

    /// Whether a question that was asked meets a demand.
    pub(crate) fn meets(&self, observation: Observation, demand: &Demand) -> bool {
        let bits = self.policy.bits(observation.assigned_roles);
        let holds =
            (observation.assigned_roles | bits & Mask::ANYONE).contains(demand.column) && bits.contains(demand.who);
        let state = match demand.when {
            When::Any => true,
            When::Locked => observation.locked,
            When::Archived => observation.archived,
        };
        observation.allowed == demand.allowed
            && holds
            && state
            && !demand.lacking.iter().any(|condition| bits.contains(*condition))
            && (!demand.allowed || demand.who.is_empty() || self.rests_on(observation.assigned_roles, demand.who))
    }

    /// Whether the answer depends on `who`: the roles held besides would not have been enough.
    fn rests_on(&self, assigned_roles: Mask, who: Mask) -> bool {
        let rest = assigned_roles.without(self.policy.closure(self.least(who)));
        let by_itself = |bits: Mask| allowed(&self.terms, self.policy.bits(bits));
        by_itself(Mask::EMPTY) || !by_itself(rest)
    }

    /// The least that a subject with these roles and relations holds: one who removes a role from themselves holds it.
    fn least(&self, who: Mask) -> Mask {
        match self.operation {
            CoveredOperation::Write { from, .. } if who.contains(Mask::SELF) => who | from.without(Mask::ANYONE),
            _ => who,
        }
    }

    /// Whether a membership write to whoever has these bits is one of this row.
    fn is_to(&self, bits: Mask) -> bool {
        let CoveredOperation::Write { kind, from, to, .. } = self.operation else { return true };
        writes::is_to(self.resource_type, kind, (from, to), &self.whom, bits)
    }

    fn can_be_met(&self, demand: &Demand) -> bool {
        let least_roles = self.least(demand.who);
        let may = allowed(&self.terms, self.policy.bits(least_roles));
        let of_oneself = demand.who.contains(Mask::SELF);
        // The column's role must be held by a binding, and so must one that somebody removes from themselves.
        let removed_roles = least_roles.without(demand.who);
        may == demand.allowed
            && (!of_oneself || self.is_to(self.policy.bits(least_roles)))
            && self.can_be_held((demand.column, removed_roles), least_roles)
            && !(of_oneself && self.never_of_oneself(least_roles, demand.allowed))
    }

    /// Whether somebody can hold all these roles, the column's by a binding and the removed one by a binding at the
    /// resource itself, where a type allows one role a member.
    fn can_be_held(&self, (column, removed_roles): (Mask, Mask), all: Mask) -> bool {
        let ancestors = self.policy.ancestors(self.resource_type);
        ancestors.iter().filter(|resource_type| !resource_type.allows_several_roles()).all(|resource_type| {
            let roles = || resource_type.roles().iter().map(|id| self.policy.role(*id));
            // These may be held at one above of the same type, as many as there are.
            let elsewhere = reaching(self.policy, resource_type).without(removed_roles);
            let here = roles().map(Role::mask).collect::<Mask>().without(elsewhere);
            let (assigned_roles, all) = ((column | removed_roles) & here, all & here);
            let helped = |rest: Mask| {
                let mut others =
                    self.policy.roles().iter().filter(|role| {
                        ancestors.iter().any(|resource_type| resource_type.id() == role.resource_type())
                    });
                rest.is_empty() || others.any(|role| !here.contains(role.mask()) && role.closure().contains(rest))
            };
            let mut with_one = roles().filter(|role| role.mask().contains(assigned_roles)).map(Role::closure);
            (assigned_roles.is_empty() && helped(all)) || with_one.any(|closure| helped(all.without(closure)))
        })
    }

    /// Whether nobody with these roles can do it to themselves, or be denied it by a rule, whatever the rules say.
    fn never_of_oneself(&self, assigned_roles: Mask, allowed: bool) -> bool {
        let CoveredOperation::Write { kind, from, .. } = self.operation else { return false };
        let roles = || self.policy.roles_in(assigned_roles);
        let elsewhere = reaching(self.policy, self.resource_type);
        let holds_role_here =
            || roles().any(|role| role.resource_type() == self.resource_type.id() && !elsewhere.contains(role.mask()));
        let protected = (kind.removes_roles() || kind.grants_roles())
            && roles().any(|role| role.resource_type() != self.resource_type.id() && role.protects_below());
        let holds_none = from.contains(Mask::ANYONE) && holds_role_here();
        let state = match kind {
            WriteKind::Invite => holds_role_here() && !self.resource_type.allows_several_roles(),
            WriteKind::Resend | WriteKind::Unlock | WriteKind::Reactivate => true,
            WriteKind::Transfer => assigned_roles.contains(Mask::OWNER),
            _ => false,
        };
        // Nobody is everybody.
        protected || holds_none || kind == WriteKind::Publish || (allowed && state)
    }
}

/// The roles of a type that count at resources of it below the one where they are held.
fn reaching(policy: &Policy, resource_type: &ResourceType) -> Mask {
    let roles = resource_type.roles().iter().map(|id| policy.role(*id));
    roles.filter(|role| resource_type.is_nested() && role.reaches_down()).map(Role::mask).collect()
}

/// What a condition demands: a subject who fulfils it and is allowed, and for each exclusion one who is denied for it.
fn of_condition(column: Mask, condition: &Condition) -> Vec<Demand> {
    let unless = condition.unless.iter().map(|unless| Demand::new(column, condition.with | *unless, false));
    [Demand::new(column, condition.with, true)].into_iter().chain(unless).collect()
}
