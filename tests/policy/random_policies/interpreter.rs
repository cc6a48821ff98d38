//! The reference interpreter: it decides by walking a rule's tree and a tenant's lists. It knows no masks, terms or
//! closures, so it can't be wrong in the way in which the compiled policy is.

use rollcall_engine::{MemberStatus, Subject, WriteKind};

use super::{
    policy::{Expr, ROOT},
    tenant::RandomTenant,
};

/// The resource that an action is asked about.
#[derive(Clone, Debug)]
pub enum ActionTarget {
    /// The resource of this index.
    Registered(usize),
    /// Not registered: its owner is stated, and what is above it, up to this registered resource.
    Stated(usize, Option<Subject>),
    MemberRecord(Subject),
    Unknown,
}

impl RandomTenant {
    /// Whether one role is another or implies it, by way of others too.
    fn implies(&self, role: usize, implied: usize, seen: &mut Vec<usize>) -> bool {
        if role == implied {
            return true;
        }
        if seen.contains(&role) {
            return false;
        }
        seen.push(role);
        self.policy.roles[role].implies.iter().any(|next| self.implies(*next, implied, seen))
    }

    fn holds(&self, subject: &Subject, role: usize, resource: usize) -> bool {
        let ancestors = self.ancestors(resource);
        self.member(subject).is_some_and(|member| {
            let confers = |(at, assigned): &(usize, usize)| {
                ancestors.contains(at) && self.implies(*assigned, role, &mut Vec::new())
            };
            member.assigned_roles.iter().any(confers)
        })
    }

    /// Whether an active member fulfils a rule.
    fn fulfils(&self, subject: &Subject, expr: &Expr, resource: usize, is_owner: bool, is_self: bool) -> bool {
        let part = |expr: &Expr| self.fulfils(subject, expr, resource, is_owner, is_self);
        match expr {
            Expr::Role(role) => self.holds(subject, *role, resource),
            Expr::Owner => is_owner,
            Expr::OneSelf => is_self,
            Expr::Operator => false,
            Expr::Anyone => true,
            Expr::Not(inner) => !part(inner),
            Expr::All(parts) => parts.iter().all(part),
            Expr::Any(parts) => parts.iter().any(part),
        }
    }

    /// Whether the subject may do the action of this index on a target of this type.
    pub fn decide(&self, subject: &Subject, type_index: usize, action: usize, target: &ActionTarget) -> bool {
        let action = &self.policy.types[type_index].actions[action];
        let (resource, owner) = match target {
            ActionTarget::Registered(resource) => (*resource, self.resources[*resource].owner.as_ref()),
            ActionTarget::Stated(above, owner) => (*above, owner.as_ref()),
            ActionTarget::MemberRecord(_) => (ROOT, None),
            ActionTarget::Unknown => return false,
        };
        if !action.when_archived && self.ancestors(resource).iter().any(|above| self.resources[*above].archived) {
            return false;
        }
        if subject.kind == "operator" {
            return operator_access(&action.rule, true) == OperatorAccess::Named;
        }
        let is_self = matches!(target, ActionTarget::MemberRecord(whose) if whose == subject);
        self.member(subject).is_some_and(|member| {
            member.status == MemberStatus::Active
                && (action.when_locked || !member.locked)
                && self.fulfils(subject, &action.rule, resource, owner == Some(subject), is_self)
        })
    }

    /// Whether the actor may take a target from one role to another at a resource; none for no role.
    pub fn permit(
        &self,
        actor: &Subject,
        kind: WriteKind,
        target: &Subject,
        resource: usize,
        (from, to): (Option<usize>, Option<usize>),
    ) -> bool {
        let protects = |(above, role): &(usize, usize)| {
            *above != resource && self.ancestors(resource).contains(above) && self.policy.roles[*role].protected_below
        };
        if self.member(target).is_some_and(|member| member.assigned_roles.iter().any(protects)) {
            return false;
        }
        let allows = |by: &Expr| {
            if actor.kind == "operator" {
                return operator_access(by, true) == OperatorAccess::Named;
            }
            let is_owner = self.resources[resource].owner.as_ref() == Some(actor);
            self.member(actor).is_some_and(|member| {
                member.status == MemberStatus::Active
                    && !member.locked
                    && self.fulfils(actor, by, resource, is_owner, actor == target)
            })
        };
        let rules = &self.policy.types[self.resources[resource].type_index].member_rules;
        rules.iter().any(|(of_kind, rule)| {
            let fits = |roles: &[usize], role: Option<usize>| role.is_none_or(|role| roles.contains(&role));
            *of_kind == kind && fits(&rule.from, from) && fits(&rule.to, to) && allows(&rule.by)
        })
    }
}

/// What a rule says of an operator, for whom no role and no other relation holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum OperatorAccess {
    /// It keeps them out.
    Excluded,
    /// It holds because of what they are not, which is not enough.
    Unnamed,
    /// It lets them in by name.
    Named,
}

fn operator_access(expr: &Expr, positive: bool) -> OperatorAccess {
    let parts = |parts: &[Expr], all: bool| {
        let parts = parts.iter().map(|part| operator_access(part, positive));
        let start = (OperatorAccess::Named, OperatorAccess::Excluded);
        let (least, most) = parts.fold(start, |(least, most), part| (least.min(part), most.max(part)));
        if all && least == OperatorAccess::Excluded { OperatorAccess::Excluded } else { most }
    };
    match expr {
        Expr::Operator if positive => OperatorAccess::Named,
        Expr::Operator => OperatorAccess::Excluded,
        Expr::Role(_) | Expr::Owner | Expr::OneSelf | Expr::Anyone if positive => OperatorAccess::Excluded,
        Expr::Role(_) | Expr::Owner | Expr::OneSelf | Expr::Anyone => OperatorAccess::Unnamed,
        Expr::Not(inner) => operator_access(inner, !positive),
        Expr::All(inner) => parts(inner, positive),
        Expr::Any(inner) => parts(inner, !positive),
    }
}
