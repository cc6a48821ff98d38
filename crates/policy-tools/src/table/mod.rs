//! A policy as the table that a product's help page has: who may do what, and who may write which memberships.
//!
//! Everything in it is computed from the compiled rules, nothing from their text.

pub(crate) mod cell;
pub(crate) mod column;
pub(crate) mod html;
pub(crate) mod markdown;
pub(crate) mod notes;
pub(crate) mod question;
pub(crate) mod text;

pub use cell::{Cell, Way, cell, ways};
pub use column::{Column, RELATIONS};
pub use question::{Answer, Question, WhoMay, ask, who_may};

/// The head of what never comes about.
pub(crate) const NEVER: &str = "What never comes about, however many act together";

use rollcall_engine::{
    Mask, Policy, ResourceType, Rule, Term, WriteKind,
    writes::{self, WriteGroup},
};

/// A whole policy. In all its texts, names of the policy stand in backticks.
#[derive(Clone, Debug)]
pub struct Table {
    /// The policy's name.
    pub policy: String,
    /// Its version.
    pub version: u32,
    /// What holds everywhere, a sentence each.
    pub notes: Vec<String>,
    /// Its types, in the order of the file.
    pub sections: Vec<Section>,
    /// What never comes about, a sentence each.
    pub never: Vec<String>,
    /// The relations that some column is about, and what each means.
    pub legend: Vec<(String, String)>,
}

/// What a policy says about one type.
#[derive(Clone, Debug)]
pub struct Section {
    /// The type.
    pub of: String,
    /// What holds there beside the grids, a sentence each.
    pub notes: Vec<String>,
    /// Who may do which action; none when the type has no actions.
    pub actions: Option<Grid>,
    /// Who may write which memberships; none when nobody may any.
    pub members: Option<Grid>,
    /// The rules as the file has them.
    pub rules: Vec<Source>,
}

/// Rows against columns.
#[derive(Clone, Debug)]
pub struct Grid {
    /// What its rows are, for the head of the first column.
    pub rows_are: &'static str,
    /// What it shows, in one sentence.
    pub caption: String,
    /// Who may.
    pub columns: Vec<Column>,
    /// What they may.
    pub rows: Vec<Row>,
}

/// One row of a grid.
#[derive(Clone, Debug)]
pub struct Row {
    /// What may be done, in words.
    pub name: String,
    /// What may be done.
    pub what: What,
    /// When it may be done all the same: `locked`, `archived`.
    pub also_when: Vec<&'static str>,
    /// A cell for each column.
    pub cells: Vec<Entry>,
}

/// What a row is about.
#[derive(Clone, Debug)]
pub enum What {
    /// The action of this name.
    Action(String),
    /// Membership writes.
    Write(WriteGroup),
}

/// A cell, and its words.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The cell.
    pub cell: Cell,
    /// `yes`, `no`, or the condition: `if owner`.
    pub words: String,
}

/// A rule as the file has it.
#[derive(Clone, Debug)]
pub struct Source {
    /// What it is about.
    pub about: String,
    /// The rule.
    pub text: String,
    /// Its line in the file, counted from 1.
    pub line: u32,
}

impl Entry {
    /// Whether what the column says lets through as it is, and something else may shut out.
    fn lets_through_alone(&self) -> bool {
        matches!(&self.cell, Cell::If(ways) if ways.first().is_some_and(|way| way.with.is_empty()))
    }
}

/// The table of a policy.
pub fn table(policy: &Policy) -> Table {
    let sections: Vec<Section> = policy.types().iter().map(|of| section(policy, of)).collect();
    let grids = || sections.iter().flat_map(|section| section.actions.iter().chain(&section.members));
    let meanings = Mask::RELATIONS
        .iter()
        .filter(|(_, relation)| grids().flat_map(|grid| &grid.columns).any(|column| column.who == *relation));
    Table {
        policy: policy.name().to_owned(),
        version: policy.version(),
        notes: notes::of_policy(policy),
        legend: meanings.map(|(word, relation)| ((*word).to_owned(), notes::meaning(*relation).to_owned())).collect(),
        sections,
        never: notes::never(policy),
    }
}

fn section(policy: &Policy, of: &ResourceType) -> Section {
    Section {
        of: of.name().to_owned(),
        notes: notes::of_type(policy, of),
        actions: actions(policy, of),
        members: members(policy, of),
        rules: sources(policy, of),
    }
}

fn actions(policy: &Policy, of: &ResourceType) -> Option<Grid> {
    let rows = of.actions().iter().map(|action| Line {
        name: format!("`{}`", action.name()),
        what: What::Action(action.name().to_owned()),
        also_when: [(action.survives_a_lock(), "locked"), (action.survives_an_archive(), "archived")]
            .into_iter()
            .filter_map(|(survives, when)| survives.then_some(when))
            .collect(),
        terms: action.rule().terms().to_vec(),
    });
    let caption = format!("Who may do what on `{}`", of.name());
    grid(policy, of, "action", caption, rows.collect())
}

fn members(policy: &Policy, of: &ResourceType) -> Option<Grid> {
    let mut lines = Vec::new();
    for verb in WriteKind::ALL.into_iter().filter(|verb| of.members().of(*verb).next().is_some()) {
        let (taken, given) = (writes::taken(verb, of), writes::given(verb, of));
        let terms = |from: &Mask, to: &Mask| writes::terms(verb, of, *from, *to);
        for (from, to, terms) in writes::joined(verb, (&taken, &given), terms) {
            let write = WriteGroup { verb, from: from.into_iter().collect(), to: to.into_iter().collect() };
            lines.push(Line { name: write.words(policy, of), what: What::Write(write), also_when: Vec::new(), terms });
        }
    }
    let caption = format!("Who may write memberships of `{}`", of.name());
    grid(policy, of, "membership", caption, lines)
}

/// A row before its cells are computed.
struct Line {
    name: String,
    what: What,
    also_when: Vec<&'static str>,
    terms: Vec<Term>,
}

fn grid(policy: &Policy, of: &ResourceType, rows_are: &'static str, caption: String, lines: Vec<Line>) -> Option<Grid> {
    let terms: Vec<Vec<Term>> = lines.iter().map(|line| line.terms.clone()).collect();
    let columns = column::columns(policy, of, &terms);
    let entry = |terms: &[Term], column: &Column| {
        let cell = cell(policy, terms, column.who);
        Entry { words: cell.words(policy, of), cell }
    };
    let rows: Vec<Row> = lines
        .into_iter()
        .map(|Line { name, what, also_when, terms }| Row {
            cells: columns.iter().map(|column| entry(&terms, column)).collect(),
            name,
            what,
            also_when,
        })
        .collect();
    (!rows.is_empty()).then_some(Grid { rows_are, caption, columns, rows })
}

fn sources(policy: &Policy, of: &ResourceType) -> Vec<Source> {
    let source = |about: String, rule: &Rule| Source { about, text: rule.text().to_owned(), line: rule.line() };
    let mut sources: Vec<Source> =
        of.actions().iter().map(|action| source(format!("`{}`", action.name()), action.rule())).collect();
    for verb in WriteKind::ALL {
        sources.extend(of.members().of(verb).map(|rule| {
            let from = if rule.from().contains(Mask::ANYONE) {
                writes::taken(verb, of).into_iter().collect()
            } else {
                rule.from()
            };
            source(WriteGroup { verb, from, to: rule.to() }.words(policy, of), rule.by())
        }));
    }
    sources
}

/// The pieces of a text with names in backticks: whether it is a name, and its letters.
pub(crate) fn pieces(text: &str) -> impl Iterator<Item = (bool, &str)> {
    text.split('`').enumerate().map(|(at, piece)| (at % 2 == 1, piece)).filter(|(_, piece)| !piece.is_empty())
}
