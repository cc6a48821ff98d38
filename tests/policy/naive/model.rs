//! A random policy: as a tree for the naive interpreter, and as text for the compiler.

use std::fmt::Write as _;

use super::tape::Tape;

pub const ROOT: usize = 0;

#[derive(Clone, Debug)]
pub enum Expr {
    Role(usize),
    Owner,
    Itself,
    Operator,
    Anyone,
    Not(Box<Expr>),
    All(Vec<Expr>),
    Any(Vec<Expr>),
}

pub struct Kind {
    pub parent: Option<usize>,
    pub records: bool,
    pub actions: Vec<Action>,
    pub members: Vec<(Verb, MemberRule)>,
}

pub struct Role {
    pub of: usize,
    pub implies: Vec<usize>,
    pub protected_below: bool,
}

pub struct Action {
    pub rule: Expr,
    pub when_locked: bool,
    pub when_archived: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    Invite,
    Change,
    Remove,
}

pub struct MemberRule {
    pub by: Expr,
    pub from: Vec<usize>,
    pub to: Vec<usize>,
}

pub struct Model {
    pub kinds: Vec<Kind>,
    pub roles: Vec<Role>,
}

impl Model {
    pub fn random(tape: &mut Tape<'_>) -> Self {
        let mut kinds = vec![Kind { parent: None, records: false, actions: Vec::new(), members: Vec::new() }];
        for kind in 1..2 + tape.below(3) {
            let parent = (0..kind).rev().nth(tape.below(kind)).unwrap();
            kinds.push(Kind { parent: Some(parent), records: false, actions: Vec::new(), members: Vec::new() });
        }
        kinds.push(Kind { parent: Some(ROOT), records: true, actions: Vec::new(), members: Vec::new() });
        let mut model = Self { kinds, roles: Vec::new() };
        for of in 0..model.kinds.len() - 1 {
            for _ in 0..=tape.below(3) {
                model.roles.push(Role { of, implies: Vec::new(), protected_below: tape.one_in(6) });
            }
        }
        for role in 0..model.roles.len() {
            let of = model.roles[role].of;
            let below: Vec<usize> =
                (0..model.roles.len()).filter(|implied| model.way_up(model.roles[*implied].of).contains(&of)).collect();
            model.roles[role].implies = (0..tape.below(3)).map(|_| *tape.pick(&below)).collect();
        }
        for kind in 0..model.kinds.len() {
            for _ in 0..=tape.below(3) {
                let relation = if model.kinds[kind].records { Some(Expr::Itself) } else { Some(Expr::Owner) };
                let rule = model.expr(kind, relation.filter(|_| kind != ROOT).as_slice(), 3, tape);
                let (when_locked, when_archived) = (tape.one_in(4), tape.one_in(4));
                model.kinds[kind].actions.push(Action { rule, when_locked, when_archived });
            }
            if !model.kinds[kind].records {
                for _ in 0..tape.below(5) {
                    let rule = model.member_rule(kind, tape);
                    model.kinds[kind].members.push(rule);
                }
            }
        }
        model
    }

    /// A type and those above it.
    pub fn way_up(&self, kind: usize) -> Vec<usize> {
        std::iter::successors(Some(kind), |kind| self.kinds[*kind].parent).collect()
    }

    pub fn roles_of(&self, kind: usize) -> Vec<usize> {
        (0..self.roles.len()).filter(|role| self.roles[*role].of == kind).collect()
    }

    fn member_rule(&self, kind: usize, tape: &mut Tape<'_>) -> (Verb, MemberRule) {
        let verb = *tape.pick(&[Verb::Invite, Verb::Change, Verb::Remove]);
        let roles = self.roles_of(kind);
        let mut side = |wanted: bool| if wanted { vec![*tape.pick(&roles), *tape.pick(&roles)] } else { Vec::new() };
        let (from, to) = (side(verb != Verb::Invite), side(verb != Verb::Remove));
        let relations = [Expr::Itself, Expr::Owner];
        let relations = if kind == ROOT { &relations[..1] } else { &relations };
        (verb, MemberRule { by: self.expr(kind, relations, 2, tape), from, to })
    }

    fn expr(&self, kind: usize, relations: &[Expr], depth: usize, tape: &mut Tape<'_>) -> Expr {
        let parts = |tape: &mut Tape<'_>| {
            (0..2 + tape.below(2)).map(|_| self.expr(kind, relations, depth - 1, tape)).collect::<Vec<_>>()
        };
        match if depth == 0 { 0 } else { tape.below(6) } {
            1 | 2 => Expr::Any(parts(tape)),
            3 | 4 => Expr::All(parts(tape)),
            5 => Expr::Not(Box::new(self.expr(kind, relations, depth - 1, tape))),
            _ => {
                let way_up = self.way_up(kind);
                let mut atoms: Vec<Expr> = (0..self.roles.len())
                    .filter(|role| way_up.contains(&self.roles[*role].of))
                    .map(Expr::Role)
                    .collect();
                atoms.extend_from_slice(relations);
                atoms.extend([Expr::Operator, Expr::Anyone]);
                tape.pick(&atoms).clone()
            }
        }
    }

    /// The policy as a file.
    pub fn text(&self, tape: &mut Tape<'_>) -> String {
        let mut text = "policy = \"random\"\nversion = 1\nroot = \"t0\"\n".to_owned();
        for (at, kind) in self.kinds.iter().enumerate() {
            write!(text, "\n[t{at}]\nmember_records = {}\n", kind.records).unwrap();
            if let Some(parent) = kind.parent {
                writeln!(text, "parent = \"t{parent}\"").unwrap();
            }
            writeln!(text, "[t{at}.roles]").unwrap();
            for role in self.roles_of(at) {
                let Role { implies, protected_below, .. } = &self.roles[role];
                let implies = self.names(implies);
                writeln!(text, "r{role} = {{ implies = [{implies}], protected_below = {protected_below} }}").unwrap();
            }
            writeln!(text, "[t{at}.actions]").unwrap();
            for (index, action) in kind.actions.iter().enumerate() {
                let Action { rule, when_locked, when_archived } = action;
                let rule = self.shown(rule, tape);
                writeln!(
                    text,
                    "a{index} = {{ rule = \"{rule}\", when_locked = {when_locked}, when_archived = {when_archived} }}"
                )
                .unwrap();
            }
            writeln!(text, "[t{at}.members]").unwrap();
            for verb in [Verb::Invite, Verb::Change, Verb::Remove] {
                let rules = kind.members.iter().filter(|(of, _)| *of == verb);
                let rules: Vec<String> = rules.map(|(_, rule)| self.member_rule_text(rule, tape)).collect();
                let name = format!("{verb:?}").to_lowercase();
                writeln!(text, "{name} = [{}]", rules.join(", ")).unwrap();
            }
        }
        text
    }

    fn member_rule_text(&self, rule: &MemberRule, tape: &mut Tape<'_>) -> String {
        let side = |name: &str, roles: &[usize]| {
            if roles.is_empty() { String::new() } else { format!(", {name} = [{}]", self.names(roles)) }
        };
        let by = self.shown(&rule.by, tape);
        format!("{{ by = \"{by}\"{}{} }}", side("from", &rule.from), side("to", &rule.to))
    }

    fn names(&self, roles: &[usize]) -> String {
        let names: Vec<String> = roles.iter().map(|role| format!("\"t{}.r{role}\"", self.roles[*role].of)).collect();
        names.join(", ")
    }

    /// A rule as text: with the brackets that it needs, and sometimes with more.
    fn shown(&self, expr: &Expr, tape: &mut Tape<'_>) -> String {
        let space = if tape.one_in(3) { "" } else { " " };
        let joined = |parts: &[Expr], sign: &str, tape: &mut Tape<'_>| {
            let parts: Vec<String> = parts
                .iter()
                .map(|part| {
                    let needed = matches!((sign, part), ("&", Expr::Any(_)));
                    let shown = self.shown(part, tape);
                    if needed || tape.one_in(4) { format!("({space}{shown})") } else { shown }
                })
                .collect();
            parts.join(&format!("{space}{sign}{space}"))
        };
        match expr {
            Expr::Role(role) if tape.one_in(2) => format!("t{}.r{role}", self.roles[*role].of),
            Expr::Role(role) => format!("r{role}"),
            Expr::Owner => "owner".to_owned(),
            Expr::Itself => "self".to_owned(),
            Expr::Operator => "operator".to_owned(),
            Expr::Anyone => "anyone".to_owned(),
            Expr::Not(inner) if matches!(**inner, Expr::All(_) | Expr::Any(_)) => {
                format!("!{space}({})", self.shown(inner, tape))
            }
            Expr::Not(inner) => format!("!{}", self.shown(inner, tape)),
            Expr::All(parts) => joined(parts, "&", tape),
            Expr::Any(parts) => joined(parts, "|", tape),
        }
    }
}
