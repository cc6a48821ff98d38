//! Reads the cases of a file and their rows as they are written, names not yet looked up.

use rollcall_engine::{
    Diagnostic,
    reader::{Fields, Lines, Located, Problems, Span, one_or_more, string},
};

/// A case as the file has it.
pub(crate) struct WrittenCase {
    pub(crate) name: String,
    pub(crate) on: Vec<Located<String>>,
    /// People who are left out of the facts.
    pub(crate) without: Vec<Located<String>>,
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
    pub(crate) reason: Option<Located<String>>,
}

/// Reads a case; none when a field that it needs is missing or of another type.
pub(crate) fn read(mut fields: Fields<'_, '_>, lines: &Lines, problems: &mut Problems) -> Option<WrittenCase> {
    let name =
        fields.require("name", "name = \"WHAT IT SHOWS\"", problems).and_then(|value| string(value, "name", problems));
    let on = fields.require("on", "on = \"RESOURCE\"", problems).and_then(|value| one_or_more(value, "on", problems));
    let without = fields.get("without").map_or(Some(Vec::new()), |value| one_or_more(value, "without", problems));
    let actions = fields.tables("actions", "a row of `actions`", problems);
    let writes = fields.tables("writes", "a row of `writes`", problems);
    if actions.is_empty() && writes.is_empty() {
        let help = "add `actions = [{ who = \"NAME\", may = \"ACTION\" }]`";
        problems.push(Diagnostic::new("a case without rows shows nothing", fields.span(), "this case").help(help));
    }
    fields.finish(problems);
    let actions = actions.into_iter().filter_map(|fields| row(fields, false, lines, problems)).collect();
    let writes = writes.into_iter().filter_map(|fields| row(fields, true, lines, problems)).collect();
    Some(WrittenCase { name: name?.value, on: on?, without: without?, actions, writes })
}

fn row(mut fields: Fields<'_, '_>, is_write: bool, lines: &Lines, problems: &mut Problems) -> Option<CaseRow> {
    let span = fields.span();
    let who = fields.require("who", "who = \"NAME\"", problems).and_then(|value| one_or_more(value, "who", problems));
    let mut words = |name: &'static str, problems: &mut Problems| {
        fields.get(name).map_or(Some(Vec::new()), |value| one_or_more(value, name, problems))
    };
    let (may, may_not) = (words("may", problems), words("may_not", problems));
    let (to, whom) = if is_write {
        let to = words("to", problems);
        let whom = fields.require("whom", "whom = \"NAME\"", problems);
        (to, whom.and_then(|value| one_or_more(value, "whom", problems)))
    } else {
        (Some(Vec::new()), Some(Vec::new()))
    };
    let from = if is_write { fields.string("from", problems) } else { None };
    let reason = fields.string("reason", problems);
    fields.finish(problems);
    let row = CaseRow {
        line: lines.line_number(span.start),
        who: who?,
        may: may?,
        may_not: may_not?,
        whom: whom?,
        from,
        to: to?,
        reason,
        span,
    };
    if row.may.is_empty() && row.may_not.is_empty() {
        let help = "add `may = \"…\"` or `may_not = \"…\"`";
        problems
            .push(Diagnostic::new("this row has neither `may` nor `may_not`", row.span.clone(), "this row").help(help));
        return None;
    }
    Some(row)
}
