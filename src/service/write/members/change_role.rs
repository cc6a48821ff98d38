use std::collections::{HashMap, HashSet};

use async_trait::async_trait;
use rollcall_engine::{
    self as engine, Change, MembershipWrite, Node, ResourceKey, RoleId, Subject, Timestamp, WriteKind,
};

use crate::service::{
    error::{Error, Result},
    write::engine::{
        answers::{ChangedRole, ChangedRoles},
        context::WriteContext,
        refuse::{self, all_refused},
        run::{Plan, Write},
    },
};

/// Exchanges the role that a member holds at a resource for another.
#[derive(Clone, Debug)]
pub struct ChangeRole {
    /// Whose role.
    pub member: Subject,
    /// Where it is held.
    pub resource: ResourceKey,
    /// The role to exchange, where the member may hold several; empty for the one that they hold.
    pub from: String,
    /// The new role.
    pub role: String,
    /// From when on the new role counts no more; none for one that lasts.
    pub expires_at: Option<Timestamp>,
    /// The etag that the caller read, or empty.
    pub etag: String,
}

/// Several such exchanges, all or nothing. Each is decided as of the revision before.
#[derive(Clone, Debug)]
pub struct ChangeRoles {
    /// The exchanges.
    pub changes: Vec<ChangeRole>,
}

/// An exchange that is allowed.
struct Exchange {
    change: Change,
    rule: String,
    answer: ChangedRole,
    /// Whose it is, and where.
    member: Subject,
    node: Node,
    /// The roles taken and given.
    roles: Vec<RoleId>,
    /// The roles that a role's last holders would miss.
    lost: Vec<RoleId>,
}

#[async_trait]
impl Write for ChangeRole {
    type Answer = ChangedRole;

    async fn plan(&self, session: &mut WriteContext<'_>) -> Result<Plan<ChangedRole>> {
        let Exchange { change, rule, answer, .. } = self.exchange(session, "").await?;
        Ok(Plan { changes: vec![change], rule, answer })
    }
}

#[async_trait]
impl Write for ChangeRoles {
    type Answer = ChangedRoles;

    async fn plan(&self, session: &mut WriteContext<'_>) -> Result<Plan<ChangedRoles>> {
        session.tenant()?;
        let mut seen = HashSet::new();
        let (mut exchanges, mut refusals) = (Vec::new(), Vec::new());
        for (index, wanted) in self.changes.iter().enumerate() {
            let field = format!("changes[{index}]");
            match wanted.exchange(session, &format!("{field}.")).await {
                Ok(exchange) if !exchange.parts().into_iter().all(|part| seen.insert(part)) => {
                    let description = "takes or gives a role that an earlier change takes or gives";
                    return Err(Error::field("FIELD_INVALID", field, description));
                }
                Ok(exchange) => exchanges.push(exchange),
                Err(error) => refusals.push((field, error)),
            }
        }
        if refusals.is_empty() {
            refusals.extend(self.missed(session, &exchanges)?);
        }
        if let Some(refused) = all_refused(refusals) {
            return Err(refused);
        }
        let mut rules: Vec<String> = exchanges.iter().map(|exchange| exchange.rule.clone()).collect();
        rules.dedup();
        let (changes, results) = exchanges.into_iter().map(|exchange| (exchange.change, exchange.answer)).unzip();
        Ok(Plan { changes, rule: rules.join(" "), answer: ChangedRoles { results } })
    }
}

impl ChangeRole {
    /// What this comes to; the request has its fields at `prefix`.
    async fn exchange(&self, session: &mut WriteContext<'_>, prefix: &str) -> Result<Exchange> {
        let field = |name: &str| format!("{prefix}{name}");
        let record = session.member(&self.member).await?;
        let place = session.resource_node(&self.resource, &field("resource"))?;
        let to = session.role(place, &self.role, &field("role"))?;
        let from =
            if self.from.is_empty() { None } else { Some(session.role(place, &self.from, &field("from_role"))?) };
        session.not_over(self.expires_at, &field("expire_time"))?;
        let redates = session.held(&record, place, to)?.expires_at != self.expires_at;
        let wanted = MembershipWrite {
            changes_expiry: redates,
            ..MembershipWrite::giving(WriteKind::Change, to).taking(from).until(self.expires_at)
        };
        let allowed = session.permit(place, &self.member, wanted)?;
        session.unchanged(&record, &self.etag)?;
        let before = session.held(&record, place, allowed.taken.first().copied().unwrap_or(to))?;
        let after = session.grant(place, to)?;
        let change = Change::RoleChanged {
            subject: self.member.clone(),
            resource: before.resource,
            from: before.role.clone(),
            from_expires_at: before.expires_at,
            to: after.role,
            expires_at: self.expires_at,
        };
        let lost =
            session.with(|facts| Ok(engine::counted_roles(facts, self.member.as_ref(), place.node, &allowed.taken)))?;
        let answer = ChangedRole { member: session.answer(record.member), previous_role: before.role };
        let (member, node) = (self.member.clone(), place.node);
        let roles = allowed.taken.into_iter().chain([to]).collect();
        Ok(Exchange { change, rule: allowed.rule, answer, member, node, roles, lost })
    }
}

impl Exchange {
    /// What no other exchange may touch beside this one: a role of a member at a resource, taken or given.
    fn parts(&self) -> HashSet<(Subject, Node, RoleId)> {
        self.roles.iter().map(|role| (self.member.clone(), self.node, *role)).collect()
    }
}

impl ChangeRoles {
    /// The last holders that a role would lose: none of the changes takes them alone, but all of them together do.
    fn missed(&self, session: &WriteContext<'_>, exchanges: &[Exchange]) -> Result<Vec<(String, Error)>> {
        session.with(|facts| {
            let mut lost: HashMap<(Node, RoleId), u32> = HashMap::new();
            let mut missed = Vec::new();
            for (index, (wanted, exchange)) in self.changes.iter().zip(exchanges).enumerate() {
                for role in &exchange.lost {
                    let count = lost.entry((exchange.node, *role)).or_default();
                    *count += 1;
                    let role = facts.policy().role(*role);
                    if facts.active_holders(exchange.node, role.id()) < role.at_least() + *count {
                        let error = refuse::last_holder(facts, exchange.node, &wanted.member, role);
                        missed.push((format!("changes[{index}]"), error));
                    }
                }
            }
            Ok(missed)
        })
    }
}
