//! Counts the cells of a policy's table that were asked about, and says in words which questions are left.

use rollcall_engine::{
    Mask, Policy, ResourceType, Term, WriteKind, join_words,
    writes::{self, WriteGroup},
};

use crate::{
    coverage::{
        demand::{CoverageRow, Demand, When},
        observations::{Coverage, CoveredOperation},
    },
    table::{cell::cell, column::columns},
};

/// How much of a policy's table was asked about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// How many cells the table has, those left out that nobody can ask about. Each pair of roles that a membership
    /// write removes and grants has a row of its own, and each demand of a row beside its cells counts as a cell.
    pub cells: usize,
    /// How many of them were asked about in full: a cell with a condition by one who fulfils it and by one who does
    /// not.
    pub covered: usize,
    /// What is left to ask, a line each without its line break, with names in backticks; in the order of the table, and
    /// empty when all cells are covered.
    pub gaps: Vec<String>,
}

/// The row of one write, and what was not asked.
type UncoveredWrite = (WriteGroup, Vec<String>);

impl Coverage<'_> {
    /// Counts what was recorded so far against the policy's table.
    pub fn report(&self) -> Report {
        let mut report = Report::default();
        for resource_type in self.policy.types() {
            actions(self, resource_type, &mut report);
            members(self, resource_type, &mut report);
        }
        report
    }
}

fn actions(coverage: &Coverage<'_>, resource_type: &ResourceType, report: &mut Report) {
    let policy = coverage.policy;
    let terms: Vec<Vec<Term>> = resource_type.actions().iter().map(|action| action.rule().terms().to_vec()).collect();
    let columns = bits(policy, resource_type, &terms);
    for ((at, action), terms) in resource_type.actions().iter().enumerate().zip(terms) {
        let row =
            CoverageRow { policy, resource_type, operation: CoveredOperation::Action(at), terms, whom: String::new() };
        for gap in gaps_of(coverage, &row, &columns, report) {
            report.gaps.push(format!("`{}` on `{}`: {gap}", action.name(), resource_type.name()));
        }
    }
}

fn members(coverage: &Coverage<'_>, resource_type: &ResourceType, report: &mut Report) {
    let policy = coverage.policy;
    let rows: Vec<WriteRow> = WriteKind::ALL.into_iter().flat_map(|kind| write_rows(resource_type, kind)).collect();
    let all: Vec<Vec<Term>> = rows.iter().map(|row| row.terms.clone()).collect();
    let columns = bits(policy, resource_type, &all);
    for kind in WriteKind::ALL {
        let of_row = |WriteRow { write, whom_index, terms }: &WriteRow| {
            let WriteGroup { kind, from, to, whom } = write.clone();
            let operation = CoveredOperation::Write { kind, from, to, whom: *whom_index };
            let row = CoverageRow { policy, resource_type, operation, terms: terms.clone(), whom };
            (write.clone(), gaps_of(coverage, &row, &columns, report))
        };
        let uncovered: Vec<UncoveredWrite> = rows.iter().filter(|row| row.write.kind == kind).map(of_row).collect();
        for (write, gap) in joined(&uncovered) {
            report.gaps.push(format!(
                "{} on `{}`: {gap}",
                write.description(policy, resource_type),
                resource_type.name()
            ));
        }
    }
}

/// A membership write as a row: from and to one role each, and to whom.
struct WriteRow {
    write: WriteGroup,
    whom_index: usize,
    terms: Vec<Term>,
}

/// The rows of a kind of write at a type; none where the type has no rules of the kind.
fn write_rows(resource_type: &ResourceType, kind: WriteKind) -> Vec<WriteRow> {
    let has_rules = resource_type.members().of_kind(kind).next().is_some();
    let pairs = writes::role_pairs(kind, resource_type).filter(|_| has_rules);
    let rows = pairs.flat_map(|(from, to)| {
        let choices = writes::whom_choices(kind, resource_type, from, to).into_iter().enumerate();
        choices.map(move |(whom_index, whom)| WriteRow {
            terms: writes::terms_to(kind, resource_type, from, to, &whom),
            write: WriteGroup { kind, from, to, whom },
            whom_index,
        })
    });
    rows.collect()
}

fn bits(policy: &Policy, resource_type: &ResourceType, terms: &[Vec<Term>]) -> Vec<Mask> {
    columns(policy, resource_type, terms).into_iter().map(|column| column.who).collect()
}

/// What is left to ask in a row, whose cells are counted.
fn gaps_of(coverage: &Coverage<'_>, row: &CoverageRow<'_>, columns: &[Mask], report: &mut Report) -> Vec<String> {
    let observations = coverage.observations(row.resource_type, row.operation);
    let mut cells: Vec<(Mask, Vec<Demand>)> = columns.iter().map(|column| (*column, row.demands(*column))).collect();
    let of_cells: Vec<Demand> = cells.iter().flat_map(|(_, demands)| demands.clone()).collect();
    cells.extend(row.own_demands(&of_cells).into_iter().map(|demand| (Mask::EMPTY, vec![demand])));
    let mut gaps: Vec<String> = Vec::new();
    for (column, demands) in cells.iter().filter(|(_, demands)| !demands.is_empty()) {
        let is_open = |demand: &&Demand| !observations.iter().any(|observation| row.meets(*observation, demand));
        let open: Vec<String> = demands.iter().filter(is_open).map(|demand| words(row, *column, demand)).collect();
        report.cells += 1;
        report.covered += usize::from(open.is_empty());
        // Two cells of a row may demand the same.
        for gap in open {
            if !gaps.contains(&gap) {
                gaps.push(gap);
            }
        }
    }
    gaps
}

/// Gaps of writes of one kind, those with the same text in one line. A line takes in another pair of roles only where
/// every write from one of its roles to another has the gap.
fn joined(uncovered: &[UncoveredWrite]) -> Vec<(WriteGroup, String)> {
    let mut lines: Vec<(WriteGroup, String)> = Vec::new();
    for (write, gap) in uncovered.iter().flat_map(|(write, gaps)| gaps.iter().map(move |gap| (write, gap))) {
        let lacks = |wider: &WriteGroup| {
            let is_within = |other: &WriteGroup| {
                wider.from.contains(other.from) && wider.to.contains(other.to) && wider.whom == other.whom
            };
            uncovered.iter().filter(|(other, _)| is_within(other)).all(|(_, gaps)| gaps.contains(gap))
        };
        let with =
            |line: &WriteGroup| WriteGroup { from: line.from | write.from, to: line.to | write.to, ..line.clone() };
        let is_alike = |line: &WriteGroup, known: &String| known == gap && line.whom == write.whom;
        match lines.iter_mut().find(|(line, known)| is_alike(line, known) && lacks(&with(line))) {
            Some((line, _)) => *line = with(line),
            None => lines.push((write.clone(), gap.clone())),
        }
    }
    lines
}

fn words(row: &CoverageRow<'_>, column: Mask, demand: &Demand) -> String {
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
        format!(" (they may {})", cell(row.policy, &row.terms, column).words(row.policy, row.resource_type))
    };
    format!("{who} {how}{when}{may}")
}

/// Who has not asked yet.
fn who(row: &CoverageRow<'_>, mask: Mask) -> String {
    if mask.contains(Mask::OPERATOR) {
        return "no operator".to_owned();
    }
    let roles: Vec<String> =
        row.policy.roles_in(mask).map(|role| format!("`{}`", row.policy.name_at(row.resource_type, role))).collect();
    let anybody = if mask == Mask::ANYONE { "no active member" } else { "nobody" };
    let with = if roles.is_empty() { String::new() } else { format!(" with {}", join_words(&roles, "and")) };
    let themselves = match row.operation {
        CoveredOperation::Action(_) => " on their own record",
        CoveredOperation::Write { .. } => " writing to themselves",
    };
    let owning = if mask.contains(Mask::OWNER) { " who owns it" } else { "" };
    let themselves = if mask.contains(Mask::SELF) { themselves } else { "" };
    format!("{anybody}{with}{owning}{themselves}")
}
