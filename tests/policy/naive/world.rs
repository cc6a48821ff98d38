//! Random facts, and what the naive interpreter makes of them. Nothing here knows of masks, terms or closures.

use rollcall_engine::{MemberStatus, Subject};

use super::{
    model::{Expr, Model, ROOT, Verb},
    tape::Tape,
};

pub struct Resource {
    pub kind: usize,
    pub id: String,
    pub parent: Option<usize>,
    pub owner: Option<Subject>,
    pub archived: bool,
}

pub struct Member {
    pub subject: Subject,
    pub status: MemberStatus,
    pub locked: bool,
    /// Resource and role.
    pub bound: Vec<(usize, usize)>,
}

/// What an action is asked on.
#[derive(Clone, Debug)]
pub enum Place {
    Registered(usize),
    /// Not registered: its parent and owner are stated.
    Stated(usize, Option<Subject>),
    Record(Subject),
    Nowhere,
}

pub struct World {
    pub model: Model,
    /// The root first.
    pub resources: Vec<Resource>,
    pub members: Vec<Member>,
    /// The members, somebody who is none, and an operator.
    pub subjects: Vec<Subject>,
}

impl World {
    pub fn random(model: Model, tape: &mut Tape<'_>) -> Self {
        let users: Vec<Subject> = (0..3 + tape.below(3)).map(|user| Subject::user(format!("u{user}"))).collect();
        let mut resources =
            vec![Resource { kind: ROOT, id: "acme".to_owned(), parent: None, owner: None, archived: false }];
        for (kind, above) in model.kinds.iter().enumerate().filter(|(_, kind)| !kind.records) {
            let Some(above) = above.parent else { continue };
            let above: Vec<usize> = (0..resources.len()).filter(|at| resources[*at].kind == above).collect();
            for at in 0..2 + tape.below(2) {
                let owner = tape.one_in(2).then(|| tape.pick(&users).clone());
                let (parent, archived) = (Some(*tape.pick(&above)), tape.one_in(6));
                resources.push(Resource { kind, id: format!("x{at}"), parent, owner, archived });
            }
        }
        let member = |subject: &Subject, tape: &mut Tape<'_>| {
            let status = match tape.below(8) {
                6 => MemberStatus::Invited,
                7 => MemberStatus::Deactivated,
                _ => MemberStatus::Active,
            };
            let locked = tape.one_in(5);
            let mut bound = Vec::new();
            for _ in 0..tape.below(5) {
                let at = tape.below(resources.len());
                bound.push((at, *tape.pick(&model.roles_of(resources[at].kind))));
            }
            Member { subject: subject.clone(), status, locked, bound }
        };
        let members = users.iter().map(|user| member(user, tape)).collect();
        let mut subjects = users;
        subjects.extend([Subject::user("nobody"), Subject::new("operator", "op")]);
        Self { model, resources, members, subjects }
    }

    fn member(&self, subject: &Subject) -> Option<&Member> {
        self.members.iter().find(|member| member.subject == *subject)
    }

    /// A resource and those above it.
    pub fn way_up(&self, at: usize) -> Vec<usize> {
        std::iter::successors(Some(at), |at| self.resources[*at].parent).collect()
    }

    fn implied(&self, role: usize, wanted: usize, seen: &mut Vec<usize>) -> bool {
        if role == wanted {
            return true;
        }
        if seen.contains(&role) {
            return false;
        }
        seen.push(role);
        self.model.roles[role].implies.iter().any(|next| self.implied(*next, wanted, seen))
    }

    fn holds(&self, subject: &Subject, role: usize, at: usize) -> bool {
        let way_up = self.way_up(at);
        self.member(subject).is_some_and(|member| {
            member
                .bound
                .iter()
                .any(|(node, bound)| way_up.contains(node) && self.implied(*bound, role, &mut Vec::new()))
        })
    }

    /// Whether an active member fulfils a rule.
    fn fulfils(&self, subject: &Subject, expr: &Expr, at: usize, owns: bool, itself: bool) -> bool {
        let part = |expr: &Expr| self.fulfils(subject, expr, at, owns, itself);
        match expr {
            Expr::Role(role) => self.holds(subject, *role, at),
            Expr::Owner => owns,
            Expr::Itself => itself,
            Expr::Operator => false,
            Expr::Anyone => true,
            Expr::Not(inner) => !part(inner),
            Expr::All(parts) => parts.iter().all(part),
            Expr::Any(parts) => parts.iter().any(part),
        }
    }

    /// Whether the subject may do the action of this index on a place of this type.
    pub fn may(&self, subject: &Subject, kind: usize, action: usize, place: &Place) -> bool {
        let action = &self.model.kinds[kind].actions[action];
        let (at, owner) = match place {
            Place::Registered(at) => (*at, self.resources[*at].owner.as_ref()),
            Place::Stated(parent, owner) => (*parent, owner.as_ref()),
            Place::Record(_) => (ROOT, None),
            Place::Nowhere => return false,
        };
        if !action.when_archived && self.way_up(at).iter().any(|at| self.resources[*at].archived) {
            return false;
        }
        if subject.kind == "operator" {
            return operator(&action.rule, true) == Operator::Named;
        }
        let itself = matches!(place, Place::Record(whose) if whose == subject);
        self.member(subject).is_some_and(|member| {
            member.status == MemberStatus::Active
                && (action.when_locked || !member.locked)
                && self.fulfils(subject, &action.rule, at, owner == Some(subject), itself)
        })
    }

    /// Whether the actor may take a target from one role to another at a resource; none for no role.
    pub fn may_write(
        &self,
        actor: &Subject,
        verb: Verb,
        target: &Subject,
        at: usize,
        (from, to): (Option<usize>, Option<usize>),
    ) -> bool {
        let protects = |(node, role): &(usize, usize)| {
            *node != at && self.way_up(at).contains(node) && self.model.roles[*role].protected_below
        };
        if self.member(target).is_some_and(|member| member.bound.iter().any(protects)) {
            return false;
        }
        let by = |expr: &Expr| {
            if actor.kind == "operator" {
                return operator(expr, true) == Operator::Named;
            }
            let owns = self.resources[at].owner.as_ref() == Some(actor);
            self.member(actor).is_some_and(|member| {
                member.status == MemberStatus::Active
                    && !member.locked
                    && self.fulfils(actor, expr, at, owns, actor == target)
            })
        };
        let rules = &self.model.kinds[self.resources[at].kind].members;
        rules.iter().any(|(of, rule)| {
            let fits = |side: &[usize], role: Option<usize>| role.is_none_or(|role| side.contains(&role));
            *of == verb && fits(&rule.from, from) && fits(&rule.to, to) && by(&rule.by)
        })
    }
}

/// How a rule stands to an operator, who is nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Operator {
    /// It shuts them out.
    Shut,
    /// It would let them in for what they are not; that is not enough.
    Unnamed,
    /// It lets them in by name.
    Named,
}

fn operator(expr: &Expr, positive: bool) -> Operator {
    let parts = |parts: &[Expr], all: bool| {
        let parts = parts.iter().map(|part| operator(part, positive));
        let (least, most) =
            parts.fold((Operator::Named, Operator::Shut), |(least, most), part| (least.min(part), most.max(part)));
        if all && least == Operator::Shut { Operator::Shut } else { most }
    };
    match expr {
        Expr::Operator if positive => Operator::Named,
        Expr::Operator => Operator::Shut,
        Expr::Role(_) | Expr::Owner | Expr::Itself | Expr::Anyone if positive => Operator::Shut,
        Expr::Role(_) | Expr::Owner | Expr::Itself | Expr::Anyone => Operator::Unnamed,
        Expr::Not(inner) => operator(inner, !positive),
        Expr::All(inner) => parts(inner, positive),
        Expr::Any(inner) => parts(inner, !positive),
    }
}
