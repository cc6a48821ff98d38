//! What is left to ask, in words.

use rollcall_engine::{Mask, Policy, ResourceType, Term, WriteKind, listed, writes};

use crate::{
    coverage::{
        Coverage, What,
        demand::{Demand, Row, When},
    },
    table::{cell::cell, column::columns},
};

/// How much of a policy's table was asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// How many cells the table has. Membership writes count for each role that they take and give. What a row wants
    /// beside its cells counts as one more.
    pub cells: usize,
    /// How many of them were asked in every sense that they have.
    pub asked: usize,
    /// What is left to ask, a line each, with names in backticks.
    pub gaps: Vec<String>,
}

/// The row of one write: the role taken, the role given, and what was not asked.
type Left = ((Mask, Mask), Vec<String>);

pub(crate) fn report(coverage: &Coverage<'_>) -> Report {
    let mut report = Report::default();
    for of in coverage.policy.types() {
        actions(coverage, of, &mut report);
        members(coverage, of, &mut report);
    }
    report
}

fn actions(coverage: &Coverage<'_>, of: &ResourceType, report: &mut Report) {
    let policy = coverage.policy;
    let terms: Vec<Vec<Term>> = of.actions().iter().map(|action| action.rule().terms().to_vec()).collect();
    let columns = bits(policy, of, &terms);
    for ((at, action), terms) in of.actions().iter().enumerate().zip(terms) {
        let row = Row { policy, of, what: What::Action(at), terms };
        for gap in left(coverage, &row, &columns, report) {
            report.gaps.push(format!("`{}` on `{}`: {gap}", action.name(), of.name()));
        }
    }
}

fn members(coverage: &Coverage<'_>, of: &ResourceType, report: &mut Report) {
    let policy = coverage.policy;
    let pairs = |verb: WriteKind| {
        let (taken, given) = (writes::taken(verb, of), writes::given(verb, of));
        let pair = move |from: Mask| given.clone().into_iter().map(move |to| (from, to));
        // What exchanges a role for itself is in no table.
        taken.into_iter().flat_map(pair).filter(|(from, to)| from != to || from.is_empty()).collect::<Vec<_>>()
    };
    let verbs: Vec<WriteKind> =
        WriteKind::ALL.into_iter().filter(|verb| of.members().of(*verb).next().is_some()).collect();
    let terms = |verb: WriteKind, (from, to): (Mask, Mask)| writes::terms(verb, of, from, to);
    let all: Vec<Vec<Term>> =
        verbs.iter().flat_map(|verb| pairs(*verb).into_iter().map(|pair| terms(*verb, pair))).collect();
    let columns = bits(policy, of, &all);
    for verb in verbs {
        let of_pair = |(from, to)| {
            let row = Row { policy, of, what: What::Write { verb, from, to }, terms: terms(verb, (from, to)) };
            ((from, to), left(coverage, &row, &columns, report))
        };
        let left: Vec<Left> = pairs(verb).into_iter().map(of_pair).collect();
        for (write, gap) in joined(verb, &left) {
            report.gaps.push(format!("{} on `{}`: {gap}", write.words(policy, of), of.name()));
        }
    }
}

fn bits(policy: &Policy, of: &ResourceType, terms: &[Vec<Term>]) -> Vec<Mask> {
    columns(policy, of, terms).into_iter().map(|column| column.who).collect()
}

/// What is left to ask in a row, whose cells are counted.
fn left(coverage: &Coverage<'_>, row: &Row<'_>, columns: &[Mask], report: &mut Report) -> Vec<String> {
    let asked = coverage.asked(row.of, row.what);
    let mut cells: Vec<(Mask, Vec<Demand>)> = columns.iter().map(|column| (*column, row.demands(*column))).collect();
    let of_cells: Vec<Demand> = cells.iter().flat_map(|(_, demands)| demands.clone()).collect();
    cells.extend(row.own_demands(&of_cells).into_iter().map(|demand| (Mask::EMPTY, vec![demand])));
    let mut gaps: Vec<String> = Vec::new();
    for (column, demands) in cells.iter().filter(|(_, demands)| !demands.is_empty()) {
        let is_open = |demand: &&Demand| !asked.iter().any(|asked| row.meets(*asked, demand));
        let open: Vec<String> = demands.iter().filter(is_open).map(|demand| words(row, *column, demand)).collect();
        report.cells += 1;
        report.asked += usize::from(open.is_empty());
        // Two cells of a row may want the same.
        for gap in open {
            if !gaps.contains(&gap) {
                gaps.push(gap);
            }
        }
    }
    gaps
}

/// Writes of one kind with the same left to ask, in one line where nothing else is from one of the same roles to one of
/// the same.
fn joined(verb: WriteKind, left: &[Left]) -> Vec<(writes::WriteGroup, String)> {
    let mut lines: Vec<(writes::WriteGroup, String)> = Vec::new();
    for ((from, to), gap) in left.iter().flat_map(|(pair, gaps)| gaps.iter().map(move |gap| (*pair, gap))) {
        let lacks = |wider: &writes::WriteGroup| {
            let within = |(some, other): &(Mask, Mask)| wider.from.contains(*some) && wider.to.contains(*other);
            left.iter().filter(|(pair, _)| within(pair)).all(|(_, gaps)| gaps.contains(gap))
        };
        let with = |line: &writes::WriteGroup| writes::WriteGroup { verb, from: line.from | from, to: line.to | to };
        match lines.iter_mut().find(|(line, known)| known == gap && lacks(&with(line))) {
            Some((line, _)) => *line = with(line),
            None => lines.push((writes::WriteGroup { verb, from, to }, gap.clone())),
        }
    }
    lines
}

fn words(row: &Row<'_>, column: Mask, demand: &Demand) -> String {
    let who = who(row, demand.who);
    let how = if demand.allowed { "is let through" } else { "is refused" };
    let when = match demand.when {
        When::Any => "",
        When::Locked => " while locked",
        When::Archived => " when it is archived",
    };
    let may = if demand.lacking.is_empty() {
        String::new()
    } else {
        format!(" (they may {})", cell(row.policy, &row.terms, column).words(row.policy, row.of))
    };
    format!("{who} {how}{when}{may}")
}

/// The one who was not asked.
fn who(row: &Row<'_>, mask: Mask) -> String {
    if mask.contains(Mask::OPERATOR) {
        return "no operator".to_owned();
    }
    let roles: Vec<String> =
        row.policy.roles_in(mask).map(|role| format!("`{}`", row.policy.name_at(row.of, role))).collect();
    let anybody = if mask == Mask::ANYONE { "no active member" } else { "nobody" };
    let with = if roles.is_empty() { String::new() } else { format!(" with {}", listed(&roles, "and")) };
    let themselves = match row.what {
        What::Action(_) => " on their own record",
        What::Write { .. } => " writing to themselves",
    };
    let owning = if mask.contains(Mask::OWNER) { " who owns it" } else { "" };
    let themselves = if mask.contains(Mask::SELF) { themselves } else { "" };
    format!("{anybody}{with}{owning}{themselves}")
}
