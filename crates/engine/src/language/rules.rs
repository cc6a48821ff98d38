//! Reads the membership rules of a type.

use crate::{
    language::{
        diagnostic::{Diagnostic, Problems},
        reader::{Fields, Value, string, strings},
        span::Located,
    },
    model::write_kind::WriteKind,
};

/// The membership rules of a type: the table `[TYPE.members]`.
#[derive(Default)]
pub(crate) struct MembersDecl {
    pub(crate) joins_as: Option<Located<String>>,
    pub(crate) rules: Vec<(WriteKind, RuleDecl)>,
}

/// A membership rule. `from` and `to` are empty where it says nothing of them.
pub(crate) struct RuleDecl {
    pub(crate) by: Located<String>,
    pub(crate) from: Vec<Located<String>>,
    pub(crate) to: Vec<Located<String>>,
    pub(crate) whom: Option<Located<String>>,
    pub(crate) may_outlast: bool,
}

/// Whether the rules of some kind have a field.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Presence {
    Required,
    Optional,
    Absent,
}

impl Presence {
    fn of_from(kind: WriteKind) -> Self {
        match kind {
            _ if kind.removes_roles() => Self::Required,
            _ if kind.says_whom() => Self::Optional,
            _ => Self::Absent,
        }
    }

    fn of_to(kind: WriteKind) -> Self {
        if kind.grants_roles() { Self::Required } else { Self::Absent }
    }
}

/// Reads a table `[TYPE.members]`. None where it is no table, which is reported.
pub(crate) fn read(value: Value<'_, '_>, problems: &mut Problems) -> Option<MembersDecl> {
    let mut fields = Fields::from_value(value, "`members`", problems)?;
    let joins_as = fields.string("joins_as", problems);
    let mut declared = MembersDecl { joins_as, rules: Vec::new() };
    for write_kind in WriteKind::ALL {
        let tables = fields.tables(write_kind.name(), &format!("a rule of `{}`", write_kind.name()), problems);
        let rules = tables.into_iter().filter_map(|table| Some((write_kind, rule(table, write_kind, problems)?)));
        declared.rules.extend(rules);
    }
    fields.finish(problems);
    Some(declared)
}

fn rule(mut fields: Fields<'_, '_>, write_kind: WriteKind, problems: &mut Problems) -> Option<RuleDecl> {
    let by = fields.require("by", "by = \"ROLE\"", problems).and_then(|value| string(value, "by", problems));
    let from = roles(&mut fields, "from", Presence::of_from(write_kind), problems);
    let to = roles(&mut fields, "to", Presence::of_to(write_kind), problems);
    let whom = if write_kind.says_whom() { fields.string("whom", problems) } else { None };
    // Only what is given can last.
    let may_outlast = write_kind.can_outlast() && fields.flag("may_outlast", problems);
    fields.finish(problems);
    Some(RuleDecl { by: by?, from: from?, to: to?, whom, may_outlast })
}

/// The roles in a field, of which there must be one if it is there. None where something is wrong, which is reported.
fn roles(
    fields: &mut Fields<'_, '_>,
    name: &'static str,
    presence: Presence,
    problems: &mut Problems,
) -> Option<Vec<Located<String>>> {
    let value = match presence {
        Presence::Required => fields.require(name, &format!("{name} = [\"ROLE\"]"), problems)?,
        Presence::Optional => match fields.get(name) {
            Some(value) => value,
            None => return Some(Vec::new()),
        },
        Presence::Absent => return Some(Vec::new()),
    };
    let roles = strings(value, name, problems)?;
    if roles.is_empty() {
        let message = format!("a rule's `{name}` names no role, so the rule lets nobody do anything");
        problems.push(Diagnostic::new(message, value.span(), "empty").help("name a role, or take the rule out"));
    }
    Some(roles)
}
