//! A policy as the table that a product's help page has: who may do what, and who may write which memberships. Its
//! cells are computed from the compiled rules, not from their text.

pub(crate) mod cell;
pub(crate) mod column;
pub(crate) mod html;
pub(crate) mod markdown;
pub(crate) mod notes;
pub(crate) mod question;
pub(crate) mod text;

pub use cell::{Cell, Condition, cell, conditions};
pub use column::{Column, RELATIONS};
pub use question::{AccessExplanation, Operation, WhoMay, ask, who_may};

/// The heading of the bounds of a policy.
pub(crate) const NEVER: &str = "What never comes about, however many act together";

use rollcall_engine::{
    Mask, Policy, ResourceType, Rule, Term, WriteKind,
    writes::{self, WriteGroup},
};

/// The table of a whole policy. In all its sentences and captions, names of the policy stand in backticks.
#[derive(Clone, Debug)]
pub struct Table {
    /// The policy's name, as its file has it.
    pub policy: String,
    /// The policy's version, as its file has it.
    pub version: u32,
    /// What holds in the whole policy, a sentence each.
    pub notes: Vec<String>,
    /// A section for each resource type, in the order of the file.
    pub sections: Vec<Section>,
    /// The bounds (`never`) of the policy, a sentence each; empty when it has none.
    pub never: Vec<String>,
    /// The words of the relations that have a column in some grid, and what each means, with names of the policy in
    /// backticks.
    pub legend: Vec<(String, String)>,
}

/// What a policy says about one type.
#[derive(Clone, Debug)]
pub struct Section {
    /// The name of the resource type.
    pub resource_type: String,
    /// What holds for the type besides the grids, a sentence each.
    pub notes: Vec<String>,
    /// Who may do which action; none when the type has no actions.
    pub actions: Option<Grid>,
    /// Who may write which memberships; none when nobody may any.
    pub members: Option<Grid>,
    /// Its rules as the file has them: those of actions, then those of membership writes by kind.
    pub rules: Vec<Source>,
}

/// A grid: what may be done in its rows, who may in its columns.
#[derive(Clone, Debug)]
pub struct Grid {
    /// What its rows are, for the head of the first column: `action` or `membership`.
    pub rows_are: &'static str,
    /// What it shows, in one sentence.
    pub caption: String,
    /// The roles, from the root type down, then relations; the same for all rows.
    pub columns: Vec<Column>,
    /// A row for each action, or for each group of membership writes with the same rules; never empty.
    pub rows: Vec<Row>,
}

/// One row of a grid.
#[derive(Clone, Debug)]
pub struct Row {
    /// The operation in words, with names in backticks.
    pub name: String,
    /// The operation that the row is about.
    pub operation: RowOperation,
    /// In which states it is still allowed: any of `locked` and `archived`.
    pub also_when: Vec<&'static str>,
    /// A cell for each column of the grid, in that order.
    pub cells: Vec<Entry>,
}

/// What a row is about, by name.
#[derive(Clone, Debug)]
pub enum RowOperation {
    /// The action of this name.
    Action(String),
    /// Membership writes of one kind with the same cells.
    Write(WriteGroup),
}

/// A cell with its words.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Whether those of the column may do what the row says.
    pub cell: Cell,
    /// `yes`, `no`, or the condition: `if owner`.
    pub words: String,
}

/// A rule as the policy file has it.
#[derive(Clone, Debug)]
pub struct Source {
    /// The action or membership writes that it is about, in words with names in backticks.
    pub about: String,
    /// The text of the rule: an expression over roles and relations.
    pub text: String,
    /// The line of the rule in the file, counted from 1.
    pub line: u32,
}

impl Entry {
    /// Whether the column alone is enough, though there are exceptions.
    fn lets_through_alone(&self) -> bool {
        matches!(&self.cell, Cell::If(conditions) if conditions.first().is_some_and(|way| way.with.is_empty()))
    }
}

/// Computes the table of a policy.
pub fn table(policy: &Policy) -> Table {
    let sections: Vec<Section> = policy.types().iter().map(|resource_type| section(policy, resource_type)).collect();
    let grids = || sections.iter().flat_map(|section| section.actions.iter().chain(&section.members));
    let meanings = Mask::RELATIONS
        .iter()
        .filter(|(_, relation)| grids().flat_map(|grid| &grid.columns).any(|column| column.who == *relation));
    Table {
        policy: policy.name().to_owned(),
        version: policy.version(),
        notes: notes::of_policy(policy),
        legend: meanings.map(|(word, relation)| ((*word).to_owned(), notes::meaning(policy, *relation))).collect(),
        sections,
        never: notes::never(policy),
    }
}

fn section(policy: &Policy, resource_type: &ResourceType) -> Section {
    Section {
        resource_type: resource_type.name().to_owned(),
        notes: notes::of_type(policy, resource_type),
        actions: actions(policy, resource_type),
        members: members(policy, resource_type),
        rules: sources(policy, resource_type),
    }
}

fn actions(policy: &Policy, resource_type: &ResourceType) -> Option<Grid> {
    let rows = resource_type.actions().iter().map(|action| UncomputedRow {
        name: format!("`{}`", action.name()),
        operation: RowOperation::Action(action.name().to_owned()),
        also_when: [(action.is_allowed_when_locked(), "locked"), (action.is_allowed_when_archived(), "archived")]
            .into_iter()
            .filter_map(|(survives, when)| survives.then_some(when))
            .collect(),
        terms: action.rule().terms().to_vec(),
    });
    let caption = format!("Who may do what on `{}`", resource_type.name());
    grid(policy, resource_type, "action", caption, rows.collect())
}

fn members(policy: &Policy, resource_type: &ResourceType) -> Option<Grid> {
    let mut lines = Vec::new();
    for kind in WriteKind::ALL.into_iter().filter(|kind| resource_type.members().of_kind(*kind).next().is_some()) {
        let (removed, granted) =
            (writes::removable_roles(kind, resource_type), writes::grantable_roles(kind, resource_type));
        let terms = |from: &Mask, to: &Mask, whom: &str| writes::terms_to(kind, resource_type, *from, *to, whom);
        for (write, terms) in writes::group_writes(resource_type, kind, (&removed, &granted), terms) {
            lines.push(UncomputedRow {
                name: write.description(policy, resource_type),
                operation: RowOperation::Write(write),
                also_when: Vec::new(),
                terms,
            });
        }
    }
    let caption = format!("Who may write memberships of `{}`", resource_type.name());
    grid(policy, resource_type, "membership", caption, lines)
}

/// A row before its cells are computed.
struct UncomputedRow {
    name: String,
    operation: RowOperation,
    also_when: Vec<&'static str>,
    terms: Vec<Term>,
}

fn grid(
    policy: &Policy,
    resource_type: &ResourceType,
    rows_are: &'static str,
    caption: String,
    lines: Vec<UncomputedRow>,
) -> Option<Grid> {
    let terms: Vec<Vec<Term>> = lines.iter().map(|line| line.terms.clone()).collect();
    let columns = column::columns(policy, resource_type, &terms);
    let entry = |terms: &[Term], column: &Column| {
        let cell = cell(policy, terms, column.who);
        Entry { words: cell.words(policy, resource_type), cell }
    };
    let rows: Vec<Row> = lines
        .into_iter()
        .map(|UncomputedRow { name, operation: what, also_when, terms }| Row {
            cells: columns.iter().map(|column| entry(&terms, column)).collect(),
            name,
            operation: what,
            also_when,
        })
        .collect();
    (!rows.is_empty()).then_some(Grid { rows_are, caption, columns, rows })
}

fn sources(policy: &Policy, resource_type: &ResourceType) -> Vec<Source> {
    let source = |about: String, rule: &Rule| Source { about, text: rule.text().to_owned(), line: rule.line() };
    let mut sources: Vec<Source> =
        resource_type.actions().iter().map(|action| source(format!("`{}`", action.name()), action.rule())).collect();
    for kind in WriteKind::ALL {
        sources.extend(resource_type.members().of_kind(kind).map(|rule| {
            let from = if rule.from().contains(Mask::ANYONE) {
                writes::removable_roles(kind, resource_type).into_iter().collect()
            } else {
                rule.from()
            };
            let whom = rule.whom().map_or(String::new(), |whom| whom.text().to_owned());
            source(WriteGroup { kind, from, to: rule.to(), whom }.description(policy, resource_type), rule.by())
        }));
    }
    sources
}

/// The pieces of a text with names in backticks: whether it is a name, and its letters.
pub(crate) fn pieces(text: &str) -> impl Iterator<Item = (bool, &str)> {
    text.split('`').enumerate().map(|(at, piece)| (at % 2 == 1, piece)).filter(|(_, piece)| !piece.is_empty())
}
