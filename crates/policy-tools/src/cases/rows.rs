//! Reads the cases of a file as they were written.

use rollcall_engine::{
    Diagnostic,
    reader::{At, Fields, Lines, Problems, Span, one_or_more, string},
};

/// A case as it was written.
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) on: Vec<At<String>>,
    /// People who are left out of the facts.
    pub(crate) without: Vec<At<String>>,
    pub(crate) actions: Vec<Row>,
    pub(crate) writes: Vec<Row>,
}

/// A row of a case as it was written; lists are empty where it says nothing.
pub(crate) struct Row {
    pub(crate) line: u32,
    pub(crate) span: Span,
    pub(crate) who: Vec<At<String>>,
    pub(crate) may: Vec<At<String>>,
    pub(crate) may_not: Vec<At<String>>,
    pub(crate) whom: Vec<At<String>>,
    pub(crate) from: Option<At<String>>,
    pub(crate) to: Vec<At<String>>,
    pub(crate) reason: Option<At<String>>,
}

/// Reads a case; none when it does not say what it is on.
pub(crate) fn read(mut fields: Fields<'_, '_>, lines: &Lines, problems: &mut Problems) -> Option<Case> {
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
    Some(Case { name: name?.value, on: on?, without: without?, actions, writes })
}

fn row(mut fields: Fields<'_, '_>, is_write: bool, lines: &Lines, problems: &mut Problems) -> Option<Row> {
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
    let row = Row {
        line: lines.of(span.start),
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
        problems.push(Diagnostic::new("a row says nothing", row.span.clone(), "this row").help(help));
        return None;
    }
    Some(row)
}
