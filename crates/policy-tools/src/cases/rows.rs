//! Reads the cases of a file and their rows as they are written, names not yet looked up.

use rollcall_engine::{
    Diagnostic, Timestamp,
    reader::{Fields, Located, Span, one_or_more, string},
};

use crate::cases::{instant::instant, mistakes::Mistakes};

/// The fields of a case.
const CASE_FIELDS: [&str; 6] = ["name", "on", "without", "now", "actions", "writes"];
/// The fields of a row of `actions`.
const ACTION_FIELDS: [&str; 4] = ["who", "may", "may_not", "reason"];
/// The fields of a row of `writes`.
const WRITE_FIELDS: [&str; 8] = ["who", "may", "may_not", "whom", "from", "to", "until", "reason"];

/// A case as the file has it.
pub(crate) struct WrittenCase {
    pub(crate) name: String,
    pub(crate) on: Vec<Located<String>>,
    /// People who are left out of the facts.
    pub(crate) without: Vec<Located<String>>,
    /// When its questions are asked, where the case says so itself.
    pub(crate) now: Option<Timestamp>,
    pub(crate) actions: Vec<CaseRow>,
    pub(crate) writes: Vec<CaseRow>,
}

/// A row of a case as the file has it; lists are empty where a field is missing.
pub(crate) struct CaseRow {
    pub(crate) line: u32,
    pub(crate) span: Span,
    pub(crate) who: Vec<Located<String>>,
    pub(crate) may: Vec<Located<String>>,
    pub(crate) may_not: Vec<Located<String>>,
    pub(crate) whom: Vec<Located<String>>,
    pub(crate) from: Option<Located<String>>,
    pub(crate) to: Vec<Located<String>>,
    /// When the roles that are given end.
    pub(crate) until: Option<Located<Timestamp>>,
    pub(crate) reason: Option<Located<String>>,
}

/// Reads a case; none when a field that it needs is missing or of another type.
pub(crate) fn read(mut fields: Fields<'_, '_>, mistakes: &mut Mistakes<'_>) -> Option<WrittenCase> {
    mistakes.check_fields("case", &mut fields, &CASE_FIELDS);
    let problems = mistakes.problems();
    let name =
        fields.require("name", "name = \"WHAT IT SHOWS\"", problems).and_then(|value| string(value, "name", problems));
    let on = fields.require("on", "on = \"RESOURCE\"", problems).and_then(|value| one_or_more(value, "on", problems));
    let without = fields.get("without").map_or(Some(Vec::new()), |value| one_or_more(value, "without", problems));
    let now = fields.get("now").and_then(|value| instant(value, "now", problems));
    let actions = fields.tables("actions", "a row of `actions`", problems);
    let writes = fields.tables("writes", "a row of `writes`", problems);
    if actions.is_empty() && writes.is_empty() {
        let help = "add `actions = [{ who = \"NAME\", may = \"ACTION\" }]`";
        problems.push(Diagnostic::new("a case without rows shows nothing", fields.span(), "this case").help(help));
    }
    let actions = actions.into_iter().filter_map(|fields| row(fields, false, mistakes)).collect();
    let writes = writes.into_iter().filter_map(|fields| row(fields, true, mistakes)).collect();
    let now = now.map(|now| now.value);
    Some(WrittenCase { name: name?.value, on: on?, without: without?, now, actions, writes })
}

fn row(mut fields: Fields<'_, '_>, is_write: bool, mistakes: &mut Mistakes<'_>) -> Option<CaseRow> {
    let span = fields.span();
    let line = mistakes.line_number(span.start);
    mistakes.check_fields("row", &mut fields, if is_write { &WRITE_FIELDS } else { &ACTION_FIELDS });
    let problems = mistakes.problems();
    let who = fields.require("who", "who = \"NAME\"", problems).and_then(|value| one_or_more(value, "who", problems));
    let mut words =
        |name: &'static str| fields.get(name).map_or(Some(Vec::new()), |value| one_or_more(value, name, problems));
    let (may, may_not) = (words("may"), words("may_not"));
    let (mut whom, mut to, mut from, mut until) = (Some(Vec::new()), Some(Vec::new()), None, None);
    if is_write {
        to = words("to");
        whom =
            fields.require("whom", "whom = \"NAME\"", problems).and_then(|value| one_or_more(value, "whom", problems));
        from = fields.string("from", problems);
        until = fields.get("until").and_then(|value| instant(value, "until", problems));
    }
    let reason = fields.string("reason", problems);
    let row =
        CaseRow { line, who: who?, may: may?, may_not: may_not?, whom: whom?, from, to: to?, until, reason, span };
    if row.may.is_empty() && row.may_not.is_empty() {
        let help = "add `may = \"…\"` or `may_not = \"…\"`";
        problems
            .push(Diagnostic::new("this row has neither `may` nor `may_not`", row.span.clone(), "this row").help(help));
        return None;
    }
    Some(row)
}
