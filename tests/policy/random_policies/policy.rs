//! A random policy as a tree, which the reference interpreter reads; `policy_text` has it as a file for the compiler.

use rollcall_engine::WriteKind;

use super::byte_source::ByteSource;

/// The index of the root among a policy's types, and among a tenant's resources.
pub const ROOT: usize = 0;

/// The kinds of writes that random policies have rules about.
pub const WRITE_KINDS: [WriteKind; 4] = [WriteKind::Invite, WriteKind::Change, WriteKind::Remove, WriteKind::Lock];

#[derive(Clone, Debug)]
pub enum Expr {
    /// A role, by its index in the policy.
    Role(usize),
    Owner,
    /// The relation `self`.
    OneSelf,
    Operator,
    Anyone,
    Not(Box<Expr>),
    All(Vec<Expr>),
    Any(Vec<Expr>),
}

pub struct RandomType {
    /// The index of the type above; none for the root.
    pub parent: Option<usize>,
    pub member_records: bool,
    /// Whether one that is not registered can be stated.
    pub may_be_stated: bool,
    pub actions: Vec<Action>,
    pub member_rules: Vec<(WriteKind, MemberRule)>,
}

pub struct Role {
    /// The type that has it.
    pub type_index: usize,
    /// Roles, by their indexes in the policy.
    pub implies: Vec<usize>,
    pub protected_below: bool,
}

pub struct Action {
    pub rule: Expr,
    pub when_locked: bool,
    pub when_archived: bool,
}

/// A rule about membership writes: who may make them, and from and to which roles.
pub struct MemberRule {
    pub by: Expr,
    pub from: Vec<usize>,
    /// Whether `from` has `anyone` too: any role or none.
    pub or_none: bool,
    pub to: Vec<usize>,
    pub whom: Option<Expr>,
}

/// Types and roles stand for their indexes here: type 2 is `t2` in the file, and role 5 is `r5`.
pub struct RandomPolicy {
    pub types: Vec<RandomType>,
    pub roles: Vec<Role>,
}

impl RandomType {
    fn new(parent: Option<usize>, member_records: bool) -> Self {
        Self { parent, member_records, may_be_stated: false, actions: Vec::new(), member_rules: Vec::new() }
    }
}

impl RandomPolicy {
    pub fn generate(source: &mut ByteSource<'_>) -> Self {
        let mut types = vec![RandomType::new(None, false)];
        for type_index in 1..2 + source.below(3) {
            let parent = (0..type_index).rev().nth(source.below(type_index)).unwrap();
            types.push(RandomType { may_be_stated: !source.one_in(4), ..RandomType::new(Some(parent), false) });
        }
        types.push(RandomType::new(Some(ROOT), true));
        let mut policy = Self { types, roles: Vec::new() };
        policy.add_roles(source);
        for type_index in 0..policy.types.len() {
            policy.add_rules(type_index, source);
        }
        policy
    }

    /// The policy without what its rules say of whom they are about.
    pub fn about_anybody(mut self) -> Self {
        for (kind, rule) in self.types.iter_mut().flat_map(|random_type| &mut random_type.member_rules) {
            rule.whom = None;
            if matches!(kind, WriteKind::Invite | WriteKind::Lock) {
                rule.from.clear();
            }
        }
        self
    }

    fn add_roles(&mut self, source: &mut ByteSource<'_>) {
        for type_index in 0..self.types.len() - 1 {
            for _ in 0..=source.below(3) {
                let role = Role { type_index, implies: Vec::new(), protected_below: source.one_in(6) };
                self.roles.push(role);
            }
        }
        for role in 0..self.roles.len() {
            let type_index = self.roles[role].type_index;
            let below: Vec<usize> = (0..self.roles.len())
                .filter(|implied| self.ancestors(self.roles[*implied].type_index).contains(&type_index))
                .collect();
            self.roles[role].implies = (0..source.below(3)).map(|_| *source.pick(&below)).collect();
        }
    }

    fn add_rules(&mut self, type_index: usize, source: &mut ByteSource<'_>) {
        let member_records = self.types[type_index].member_records;
        for _ in 0..=source.below(3) {
            let relation = if member_records { Some(Expr::OneSelf) } else { Some(Expr::Owner) };
            let rule = self.expr(type_index, relation.filter(|_| type_index != ROOT).as_slice(), 3, source);
            let (when_locked, when_archived) = (source.one_in(4), source.one_in(4));
            self.types[type_index].actions.push(Action { rule, when_locked, when_archived });
        }
        if !member_records {
            for _ in 0..2 + source.below(5) {
                let rule = self.member_rule(type_index, source);
                self.types[type_index].member_rules.push(rule);
            }
        }
    }

    /// A type and those above it.
    pub fn ancestors(&self, type_index: usize) -> Vec<usize> {
        std::iter::successors(Some(type_index), |type_index| self.types[*type_index].parent).collect()
    }

    pub fn roles_of(&self, type_index: usize) -> Vec<usize> {
        (0..self.roles.len()).filter(|role| self.roles[*role].type_index == type_index).collect()
    }

    fn member_rule(&self, type_index: usize, source: &mut ByteSource<'_>) -> (WriteKind, MemberRule) {
        // Members are locked at the root.
        let kinds = if type_index == ROOT { &WRITE_KINDS[..] } else { &WRITE_KINDS[..3] };
        let kind = *source.pick(kinds);
        let roles = self.roles_of(type_index);
        let removes_roles = matches!(kind, WriteKind::Change | WriteKind::Remove);
        let says_from = removes_roles || source.one_in(5);
        let mut roles_if = |any: bool| if any { vec![*source.pick(&roles), *source.pick(&roles)] } else { Vec::new() };
        let (from, to) = (roles_if(says_from), roles_if(!matches!(kind, WriteKind::Remove | WriteKind::Lock)));
        let or_none = says_from && !removes_roles && source.one_in(3);
        let relations = [Expr::OneSelf, Expr::Owner];
        let relations = if type_index == ROOT { &relations[..1] } else { &relations };
        let by = self.expr(type_index, relations, 2, source);
        let owner = if type_index == ROOT { &[][..] } else { &relations[1..] };
        let whom = if source.one_in(4) { Some(self.expr_about(type_index, owner, true, 2, source)) } else { None };
        (kind, MemberRule { by, from, or_none, to, whom })
    }

    /// An expression about the roles of a type and of those above it, and these relations.
    fn expr(&self, type_index: usize, relations: &[Expr], depth: usize, source: &mut ByteSource<'_>) -> Expr {
        self.expr_about(type_index, relations, false, depth, source)
    }

    /// As [`RandomPolicy::expr`], about whoever acts, or about the target of a write, who is no operator.
    fn expr_about(
        &self,
        type_index: usize,
        relations: &[Expr],
        of_target: bool,
        depth: usize,
        source: &mut ByteSource<'_>,
    ) -> Expr {
        let part = |source: &mut ByteSource<'_>| self.expr_about(type_index, relations, of_target, depth - 1, source);
        let parts = |source: &mut ByteSource<'_>| (0..2 + source.below(2)).map(|_| part(source)).collect::<Vec<_>>();
        match if depth == 0 { 0 } else { source.below(6) } {
            1 | 2 => Expr::Any(parts(source)),
            3 | 4 => Expr::All(parts(source)),
            5 => Expr::Not(Box::new(part(source))),
            _ => {
                let ancestors = self.ancestors(type_index);
                let mut atoms: Vec<Expr> = (0..self.roles.len())
                    .filter(|role| ancestors.contains(&self.roles[*role].type_index))
                    .map(Expr::Role)
                    .collect();
                atoms.extend_from_slice(relations);
                atoms.push(Expr::Anyone);
                atoms.extend((!of_target).then_some(Expr::Operator));
                source.pick(&atoms).clone()
            }
        }
    }
}
