//! The reference interpreter: it decides by walking a rule's tree and a tenant's lists. It knows no masks, terms or
//! closures, so it can't be wrong in the way in which the compiled policy is.

use rollcall_engine::{MemberStatus, Subject, WriteKind};

use super::{
    policy::{Expr, ROOT},
    tenant::RandomTenant,
};

/// What holds of a subject beside their roles.
#[derive(Clone, Copy)]
struct Relations {
    is_owner: bool,
    is_self: bool,
    is_active: bool,
}

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

    /// Whether a subject fulfils a rule.
    fn fulfils(&self, subject: &Subject, expr: &Expr, resource: usize, relations: Relations) -> bool {
        let part = |expr: &Expr| self.fulfils(subject, expr, resource, relations);
        match expr {
            Expr::Role(role) => self.holds(subject, *role, resource),
            Expr::Owner => relations.is_owner,
            Expr::OneSelf => relations.is_self,
            Expr::Operator => false,
            Expr::Anyone => relations.is_active,
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
            ActionTarget::Stated(above, owner) => {
                // So must be whatever is stated between the two.
                let registered = self.resources[*above].type_index;
                let mut stated =
                    self.policy.ancestors(type_index).into_iter().take_while(|between| *between != registered);
                if stated.any(|between| !self.policy.types[between].may_be_stated) {
                    return false;
                }
                (*above, owner.as_ref())
            }
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
        let relations = Relations { is_owner: owner == Some(subject), is_self, is_active: true };
        self.member(subject).is_some_and(|member| {
            member.status == MemberStatus::Active
                && (action.when_locked || !member.locked)
                && self.fulfils(subject, &action.rule, resource, relations)
        })
    }

    /// Whether the actor may take a target from one role to another at a resource; none for no role. A write that takes no
    /// role is about each that the target holds there.
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
            let relations = Relations { is_owner, is_self: actor == target, is_active: true };
            self.member(actor).is_some_and(|member| {
                member.status == MemberStatus::Active && !member.locked && self.fulfils(actor, by, resource, relations)
            })
        };
        let is_about = |whom: &Expr| {
            let is_owner = self.resources[resource].owner.as_ref() == Some(target);
            let is_active = self.member(target).is_some_and(|member| member.status == MemberStatus::Active);
            self.fulfils(target, whom, resource, Relations { is_owner, is_self: false, is_active })
        };
        let rules = &self.policy.types[self.resources[resource].type_index].member_rules;
        let permits = |from: Option<usize>| {
            rules.iter().filter(|(of_kind, _)| *of_kind == kind).any(|(_, rule)| {
                let takes = match from {
                    _ if kind != WriteKind::Change && kind != WriteKind::Remove && rule.from.is_empty() => true,
                    None => rule.or_none,
                    Some(from) => rule.or_none || rule.from.contains(&from),
                };
                let is_given = to.is_none_or(|to| rule.to.contains(&to));
                takes && is_given && allows(&rule.by) && rule.whom.as_ref().is_none_or(is_about)
            })
        };
        if from.is_some() {
            return permits(from);
        }
        let assigned_roles: Vec<usize> = self.member(target).map_or(Vec::new(), |member| {
            let here = member.assigned_roles.iter().filter(|(at, _)| *at == resource);
            here.map(|(_, role)| *role).collect()
        });
        if assigned_roles.is_empty() {
            permits(None)
        } else {
            assigned_roles.into_iter().all(|role| permits(Some(role)))
        }
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
