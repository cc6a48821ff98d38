//! The questions that a cell of the table wants to have been asked.

use rollcall_engine::{Mask, Policy, ResourceType, Role, Term, WriteKind};

use crate::{
    coverage::{Asked, What},
    table::cell::{Cell, Way, allowed, cell},
};

/// A question that must have come out in one way.
#[derive(Clone, Debug)]
pub(crate) struct Demand {
    /// What the column says, and what whoever asks must have besides; none of it for anybody at all.
    pub(crate) who: Mask,
    /// Whether they may.
    pub(crate) allowed: bool,
    /// One who may not is to have none of these as a whole.
    pub(crate) lacking: Vec<Mask>,
    /// The bound role that they must have, or the relation: what the column says.
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

/// A row of the table, and what decides in it.
pub(crate) struct Row<'p> {
    pub(crate) policy: &'p Policy,
    pub(crate) of: &'p ResourceType,
    pub(crate) what: What,
    pub(crate) terms: Vec<Term>,
}

impl Demand {
    fn new(column: Mask, with: Mask, allowed: bool) -> Self {
        Self { who: column | with, allowed, lacking: Vec::new(), column, when: When::Any }
    }

    /// Anybody, in some state.
    fn of_anybody(allowed: bool, when: When) -> Self {
        Self { when, ..Self::new(Mask::EMPTY, Mask::EMPTY, allowed) }
    }
}

impl Row<'_> {
    /// What the cell of a column wants: of a `✔` one who may, of a `✘` one who may not, of a condition both. What can't
    /// come about is wanted of nobody.
    pub(crate) fn demands(&self, column: Mask) -> Vec<Demand> {
        let demands = match cell(self.policy, &self.terms, column) {
            Cell::Yes => vec![Demand::new(column, Mask::EMPTY, true)],
            Cell::No => vec![Demand::new(column, Mask::EMPTY, false)],
            Cell::If(ways) => {
                let lacking = ways.iter().map(|way| way.with).collect();
                let without = Demand { lacking, ..Demand::new(column, Mask::EMPTY, false) };
                ways.iter().flat_map(|way| of_way(column, way)).chain([without]).collect()
            }
        };
        demands.into_iter().filter(|demand| self.can_be_met(demand)).collect()
    }

    /// What the row wants beside its cells, given what those want: one who is refused, where anybody can be, and one who
    /// is let through in each state in which the action survives.
    pub(crate) fn own_demands(&self, of_cells: &[Demand]) -> Vec<Demand> {
        let mut demands = Vec::new();
        let everybody = allowed(&self.terms, Mask::ANYONE);
        if !everybody && of_cells.iter().all(|demand| demand.allowed) {
            demands.push(Demand::of_anybody(false, When::Any));
        }
        let What::Action(at) = self.what else { return demands };
        let Some(action) = self.of.actions().get(at) else { return demands };
        let mut may = of_cells.iter().filter(|demand| demand.allowed).map(|demand| demand.who);
        if action.survives_an_archive() && may.clone().next().is_some() {
            demands.push(Demand::of_anybody(true, When::Archived));
        }
        // An operator is never locked.
        if action.survives_a_lock() && may.any(|who| who != Mask::OPERATOR) {
            demands.push(Demand::of_anybody(true, When::Locked));
        }
        demands
    }

    /// Whether one who asked is one that a demand wants.
    pub(crate) fn meets(&self, asked: Asked, demand: &Demand) -> bool {
        let bits = self.policy.bits(asked.held);
        let holds = (asked.held | bits & Mask::ANYONE).contains(demand.column) && bits.contains(demand.who);
        let state = match demand.when {
            When::Any => true,
            When::Locked => asked.locked,
            When::Archived => asked.archived,
        };
        asked.allowed == demand.allowed
            && holds
            && state
            && !demand.lacking.iter().any(|way| bits.contains(*way))
            && (!demand.allowed || demand.who.is_empty() || self.rests_on(asked.held, demand.who))
    }

    /// Whether what is held beside `who` would not have let through by itself.
    fn rests_on(&self, held: Mask, who: Mask) -> bool {
        let rest = held.without(self.policy.closure(self.least(who)));
        let by_itself = |bits: Mask| allowed(&self.terms, self.policy.bits(bits));
        by_itself(Mask::EMPTY) || !by_itself(rest)
    }

    /// The least that one holds who holds this: who takes a role from themselves has it.
    fn least(&self, who: Mask) -> Mask {
        match self.what {
            What::Write { from, .. } if who.contains(Mask::SELF) => who | from.without(Mask::ANYONE),
            _ => who,
        }
    }

    fn can_be_met(&self, demand: &Demand) -> bool {
        let least = self.least(demand.who);
        let may = allowed(&self.terms, self.policy.bits(least));
        let of_oneself = demand.who.contains(Mask::SELF);
        // The column's role must be bound, and so must one that somebody takes from themselves.
        let taken = least.without(demand.who);
        may == demand.allowed
            && self.can_be_held((demand.column, taken), least)
            && !(of_oneself && self.never_of_oneself(least, demand.allowed))
    }

    /// Whether somebody can have all these roles, the column's by a binding and the one taken by one at the resource
    /// itself, where a type lets them hold one of its own.
    fn can_be_held(&self, (column, taken): (Mask, Mask), all: Mask) -> bool {
        let way_up = self.policy.ancestors(self.of);
        way_up.iter().filter(|of| !of.holds_several()).all(|of| {
            let roles = || of.roles().iter().map(|id| self.policy.role(*id));
            // These may be held at one above of the same type, as many as there are.
            let elsewhere = reaching(self.policy, of).without(taken);
            let here = roles().map(Role::mask).collect::<Mask>().without(elsewhere);
            let (bound, all) = ((column | taken) & here, all & here);
            let helped = |rest: Mask| {
                let mut others = self.policy.roles().iter().filter(|role| way_up.iter().any(|of| of.id() == role.of()));
                rest.is_empty() || others.any(|role| !here.contains(role.mask()) && role.closure().contains(rest))
            };
            let mut with_one = roles().filter(|role| role.mask().contains(bound)).map(Role::closure);
            (bound.is_empty() && helped(all)) || with_one.any(|closure| helped(all.without(closure)))
        })
    }

    /// What nobody can do to themselves, or be refused by a rule, whatever the rules say.
    fn never_of_oneself(&self, held: Mask, allowed: bool) -> bool {
        let What::Write { verb, from, .. } = self.what else { return false };
        let roles = || self.policy.roles_in(held);
        let elsewhere = reaching(self.policy, self.of);
        let own = || roles().any(|role| role.of() == self.of.id() && !elsewhere.contains(role.mask()));
        let protected = (verb.removes_roles() || verb.grants_roles())
            && roles().any(|role| role.of() != self.of.id() && role.protects_below());
        let holds_none = from.contains(Mask::ANYONE) && own();
        let state = match verb {
            WriteKind::Invite => own() && !self.of.holds_several(),
            WriteKind::Resend | WriteKind::Unlock | WriteKind::Reactivate => true,
            WriteKind::Transfer => held.contains(Mask::OWNER),
            _ => false,
        };
        // Nobody is everybody.
        protected || holds_none || verb == WriteKind::Publish || (allowed && state)
    }
}

/// The roles of a type that count at resources of it below the one where they are held.
fn reaching(policy: &Policy, of: &ResourceType) -> Mask {
    let roles = of.roles().iter().map(|id| policy.role(*id));
    roles.filter(|role| of.is_nested() && role.reaches_down()).map(Role::mask).collect()
}

/// What a condition wants: one who fulfils it and may, and for each of what shuts out one who may not for that.
fn of_way(column: Mask, way: &Way) -> Vec<Demand> {
    let unless = way.unless.iter().map(|unless| Demand::new(column, way.with | *unless, false));
    [Demand::new(column, way.with, true)].into_iter().chain(unless).collect()
}
