//! A random policy as the text of a file, with brackets that its rules don't need, and with less space, at random.

use std::fmt::Write as _;

use rollcall_engine::WriteKind;

use super::{
    byte_source::ByteSource,
    policy::{Action, Expr, MemberRule, ROOT, RandomPolicy, Role, WRITE_KINDS},
};

impl RandomPolicy {
    /// The policy as a file.
    pub fn text(&self, source: &mut ByteSource<'_>) -> String {
        let mut text = "edition = 1\npolicy = \"random\"\nversion = 1\nroot = \"t0\"\n".to_owned();
        for (type_index, random_type) in self.types.iter().enumerate() {
            write!(text, "\n[t{type_index}]\nmember_records = {}\n", random_type.member_records).unwrap();
            if let Some(parent) = random_type.parent {
                writeln!(text, "parent = \"t{parent}\"\nowned = {}", !random_type.member_records).unwrap();
                if random_type.may_be_stated {
                    writeln!(text, "registered = \"optional\"").unwrap();
                }
            }
            writeln!(text, "[t{type_index}.roles]").unwrap();
            for role in self.roles_of(type_index) {
                let Role { implies, protected_below, .. } = &self.roles[role];
                let implies = self.names(implies);
                writeln!(text, "r{role} = {{ implies = [{implies}], protected_below = {protected_below} }}").unwrap();
            }
            writeln!(text, "[t{type_index}.actions]").unwrap();
            for (index, action) in random_type.actions.iter().enumerate() {
                let Action { rule, when_locked, when_archived } = action;
                let rule = self.rule_text(rule, source);
                writeln!(
                    text,
                    "a{index} = {{ rule = \"{rule}\", when_locked = {when_locked}, when_archived = {when_archived} }}"
                )
                .unwrap();
            }
            writeln!(text, "[t{type_index}.members]").unwrap();
            for kind in WRITE_KINDS.into_iter().filter(|kind| type_index == ROOT || *kind != WriteKind::Lock) {
                let rules = random_type.member_rules.iter().filter(|(of_kind, _)| *of_kind == kind);
                let rules: Vec<String> = rules.map(|(_, rule)| self.member_rule_text(rule, source)).collect();
                writeln!(text, "{} = [{}]", kind.name(), rules.join(", ")).unwrap();
            }
        }
        text
    }

    fn member_rule_text(&self, rule: &MemberRule, source: &mut ByteSource<'_>) -> String {
        let list = |name: &str, roles: &[usize], more: &str| {
            if roles.is_empty() { String::new() } else { format!(", {name} = [{}{more}]", self.names(roles)) }
        };
        let by = self.rule_text(&rule.by, source);
        let whom = rule.whom.as_ref().map(|whom| format!(", whom = \"{}\"", self.rule_text(whom, source)));
        let from = list("from", &rule.from, if rule.or_none { ", \"anyone\"" } else { "" });
        format!("{{ by = \"{by}\"{from}{}{} }}", list("to", &rule.to, ""), whom.unwrap_or_default())
    }

    fn names(&self, roles: &[usize]) -> String {
        let names: Vec<String> =
            roles.iter().map(|role| format!("\"t{}.r{role}\"", self.roles[*role].type_index)).collect();
        names.join(", ")
    }

    /// A rule as text: with the brackets that it needs, and sometimes with more.
    fn rule_text(&self, expr: &Expr, source: &mut ByteSource<'_>) -> String {
        let space = if source.one_in(3) { "" } else { " " };
        let joined = |parts: &[Expr], sign: &str, source: &mut ByteSource<'_>| {
            let parts: Vec<String> = parts
                .iter()
                .map(|part| {
                    let needed = matches!((sign, part), ("&", Expr::Any(_)));
                    let text = self.rule_text(part, source);
                    if needed || source.one_in(4) { format!("({space}{text})") } else { text }
                })
                .collect();
            parts.join(&format!("{space}{sign}{space}"))
        };
        match expr {
            Expr::Role(role) if source.one_in(2) => format!("t{}.r{role}", self.roles[*role].type_index),
            Expr::Role(role) => format!("r{role}"),
            Expr::Owner => "owner".to_owned(),
            Expr::OneSelf => "self".to_owned(),
            Expr::Operator => "operator".to_owned(),
            Expr::Anyone => "anyone".to_owned(),
            Expr::Not(inner) if matches!(**inner, Expr::All(_) | Expr::Any(_)) => {
                format!("!{space}({})", self.rule_text(inner, source))
            }
            Expr::Not(inner) => format!("!{}", self.rule_text(inner, source)),
            Expr::All(parts) => joined(parts, "&", source),
            Expr::Any(parts) => joined(parts, "|", source),
        }
    }
}
