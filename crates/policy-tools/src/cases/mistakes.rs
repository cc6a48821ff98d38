//! The mistakes of a file of cases, in which each wrong name is reported once: where it stands first, with the lines on
//! which it stands again.

use std::collections::{HashMap, HashSet};

use rollcall_engine::{
    Diagnostic,
    reader::{Fields, Lines, Located, Problems, Span, suggestion},
};

use crate::cases::names::split;

/// The most wrong names with a remedy, as many as are shown of a file; the others are counted.
const MAX_NAMES: usize = 100;
/// The most lines that are named on which a wrong name stands again.
const MAX_LINES: usize = 3;

/// What a name is the name of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum NameKind {
    /// A resource type of the policy.
    Type,
    /// A resource, the root among them.
    Resource,
    /// A person, a team or a group.
    Subject,
    /// A role of some type.
    Role,
    /// An action of some type.
    Action,
    /// A kind of membership write.
    Write,
    /// The code of a denial.
    Reason,
    /// The status of a member.
    Status,
    /// A field of a table that is called so.
    Field(&'static str),
}

/// Collects the mistakes while the file is read.
pub(crate) struct Mistakes<'a> {
    problems: &'a mut Problems,
    lines: &'a Lines,
    names: Vec<WrongName>,
    /// The position in `names` by what it is the name of, where it is not known, and the name itself.
    positions: HashMap<(NameKind, String, String), usize>,
    /// Where wrong names stand, so that one which is looked up again is not reported again.
    starts: HashSet<(NameKind, usize)>,
    /// Names whose declaration is wrong.
    excused: HashSet<(NameKind, String)>,
    /// Wrong names beyond those with a remedy.
    others: Vec<Diagnostic>,
}

/// A name that is not known, and everywhere that it stands.
struct WrongName {
    diagnostic: Diagnostic,
    spans: Vec<Span>,
}

impl<'a> Mistakes<'a> {
    /// Adds to these problems of a file with these lines.
    pub(crate) fn new(problems: &'a mut Problems, lines: &'a Lines) -> Self {
        let (positions, starts, excused) = Default::default();
        Self { problems, lines, names: Vec::new(), positions, starts, excused, others: Vec::new() }
    }

    /// What a reader of single values adds to.
    pub(crate) fn problems(&mut self) -> &mut Problems {
        self.problems
    }

    /// The number of the line that a byte of the file is in, counted from 1.
    pub(crate) fn line_number(&self, offset: usize) -> u32 {
        self.lines.line_number(offset)
    }

    /// Whether there is no mistake so far.
    pub(crate) fn is_empty(&self) -> bool {
        self.problems.is_empty() && self.names.is_empty()
    }

    pub(crate) fn push(&mut self, diagnostic: Diagnostic) {
        self.problems.push(diagnostic);
    }

    /// A name that is not known in a scope, such as a type that has no such role; the empty scope is the whole file.
    /// `diagnostic` is called where the name was not reported before.
    pub(crate) fn wrong_name(
        &mut self,
        kind: NameKind,
        scope: &str,
        name: &Located<String>,
        diagnostic: impl FnOnce() -> Diagnostic,
    ) {
        let names_excused = split(&name.value).is_some_and(|(_, id)| self.is_excused(kind, id));
        if names_excused || self.is_excused(kind, &name.value) || !self.starts.insert((kind, name.span.start)) {
            return;
        }
        let key = (kind, scope.to_owned(), name.value.clone());
        if let Some(known) = self.positions.get(&key).and_then(|position| self.names.get_mut(*position)) {
            known.spans.push(name.span.clone());
        } else if self.names.len() < MAX_NAMES {
            self.positions.insert(key, self.names.len());
            self.names.push(WrongName { diagnostic: diagnostic(), spans: vec![name.span.clone()] });
        } else {
            let message = format!("no such name as `{}`", name.value);
            self.others.push(Diagnostic::new(message, name.span.clone(), "not known here"));
        }
    }

    /// Notes that the declaration of a name or an id is wrong, which is reported: its uses, as `TYPE:ID` too, are not.
    pub(crate) fn excuse(&mut self, kind: NameKind, name: &str) {
        self.excused.insert((kind, name.to_owned()));
    }

    /// Whether the declaration of a name is wrong.
    pub(crate) fn is_excused(&self, kind: NameKind, name: &str) -> bool {
        self.excused.contains(&(kind, name.to_owned()))
    }

    /// Reports the fields of a table that have none of these names. `table` is what such tables are called.
    pub(crate) fn check_fields(&mut self, table: &'static str, fields: &mut Fields<'_, '_>, names: &[&'static str]) {
        for (name, diagnostic) in fields.misspelt(names) {
            self.wrong_name(NameKind::Field(table), "", &name, || diagnostic);
        }
    }

    /// Adds the wrong names to the problems.
    pub(crate) fn finish(self) {
        for WrongName { mut diagnostic, mut spans } in self.names {
            spans.sort_by_key(|span| span.start);
            let mut lines: Vec<u32> = spans.iter().map(|span| self.lines.line_number(span.start)).collect();
            lines.dedup();
            if let Some(first) = spans.into_iter().next() {
                diagnostic.span = first;
            }
            if let Some(again) = again(lines.get(1..).unwrap_or_default()) {
                diagnostic.label = format!("{}; {again}", diagnostic.label);
            }
            self.problems.push(diagnostic);
        }
        self.problems.extend(self.others);
    }
}

/// Says on which lines a name stands again; none when on none.
fn again(lines: &[u32]) -> Option<String> {
    let (named, more) = lines.split_at_checked(MAX_LINES).unwrap_or((lines, &[]));
    let named: Vec<String> = named.iter().map(u32::to_string).collect();
    match (named.as_slice(), more.len()) {
        ([], _) => None,
        ([line], _) => Some(format!("again on line {line}")),
        ([first @ .., last], 0) => Some(format!("again on lines {} and {last}", first.join(", "))),
        (named, more) => Some(format!("again on lines {} and {more} more", named.join(", "))),
    }
}

/// "no … `NAME`", with the nearest of the known names.
pub(crate) fn unknown<'a>(what: &str, name: &Located<String>, known: impl IntoIterator<Item = &'a str>) -> Diagnostic {
    let message = format!("no {what} `{}`", name.value);
    Diagnostic::new(message, name.span.clone(), "not known here").help(suggestion(&name.value, known))
}
