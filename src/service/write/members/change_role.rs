//! Changes of roles: one, or a batch of them that happens as a whole or not at all.

use std::collections::HashSet;

use async_trait::async_trait;
use rollcall_engine::{
    Change, HolderCounts, Mask, MemberStatus, MembershipWrite, Node, ResourceKey, RoleId, Subject, Timestamp, WriteKind,
};

use crate::service::{
    error::{Error, Result},
    ports::{AllowedChange, StoredGrant},
    resolve::{
        ends::earlier,
        rules::{changing, coming_along},
    },
    write::{
        engine::{
            answers::{ChangedRole, ChangedRoles},
            context::WriteContext,
            plan::{Plan, Write},
            refuse::{self, Refusals},
        },
        invitations::{joining::JoiningRole, pending},
    },
};

/// Replaces a role of a member at a resource by another, or changes when it expires. Permitted by the `change` rules of
/// the resource's type.
#[derive(Clone, Debug)]
pub struct ChangeRole {
    /// The member, who must exist (`MEMBER_NOT_FOUND`).
    pub member: Subject,
    /// The registered resource at which the role is assigned.
    pub resource: ResourceKey,
    /// The short name of the role to replace; empty for the only one that the member holds there (`ROLE_AMBIGUOUS` if
    /// there are several).
    pub from: String,
    /// The short name of the new role, as the resource's type has it (`UNKNOWN_ROLE`).
    pub role: String,
    /// When the new role expires, which must be in the future; none: it does not expire.
    pub expires_at: Option<Timestamp>,
    /// The member's etag as the caller read it; an outdated one is refused with `ETAG_MISMATCH`. Empty: not compared.
    pub etag: String,
}

/// Several changes of roles, all or nothing. Each is decided on the facts before the write, but that whom a rule is about has what
/// those before it give the same member; and no two may touch the same role of a member at a resource.
#[derive(Clone, Debug)]
pub struct ChangeRoles {
    /// The changes of roles; refusals name them by index: `changes[0].role`.
    pub changes: Vec<ChangeRole>,
}

/// A change of a role that is permitted.
struct RoleExchange {
    change: Change,
    rule: String,
    answer: ChangedRole,
    member: Subject,
    node: Node,
    to: RoleId,
    /// The removed roles and the new one.
    roles: Vec<RoleId>,
    /// The roles that lose the member as a holder.
    removed: Mask,
    /// The role that the member gets for good.
    gained: Option<RoleId>,
    is_at_root: bool,
    /// The roles of the member before, but for those that have ended.
    current: Vec<StoredGrant>,
    /// The joining role that goes on with the new role.
    joining: Option<JoiningRole>,
}

#[async_trait]
impl Write for ChangeRole {
    type Answer = ChangedRole;

    fn subjects(&mut self) -> Vec<&mut Subject> {
        vec![&mut self.member]
    }

    async fn plan(&self, context: &mut WriteContext<'_>) -> Result<Plan<ChangedRole>> {
        let exchange = self.exchange(context, "", None).await?;
        let followers = followers(std::slice::from_ref(&exchange));
        let (change, answer) = exchange.into_parts();
        Ok(Plan { changes: [change].into_iter().chain(followers).collect(), answer, more: false })
    }
}

#[async_trait]
impl Write for ChangeRoles {
    type Answer = ChangedRoles;

    fn subjects(&mut self) -> Vec<&mut Subject> {
        self.changes.iter_mut().map(|change| &mut change.member).collect()
    }

    async fn plan(&self, context: &mut WriteContext<'_>) -> Result<Plan<ChangedRoles>> {
        context.tenant()?;
        let mut seen = HashSet::new();
        let (mut exchanges, mut refusals) = (Vec::new(), Refusals::default());
        for (index, change) in self.changes.iter().enumerate() {
            let field = format!("changes[{index}]");
            let earlier = exchanges.iter().filter(|other: &&RoleExchange| other.member == change.member);
            let beside = earlier.map(|other| (other.node, other.to)).collect::<Vec<_>>();
            match change.exchange(context, &format!("{field}."), Some(&beside)).await {
                Ok(exchange) if !exchange.touched_roles().into_iter().all(|role| seen.insert(role)) => {
                    let description = "takes or gives a role that an earlier change takes or gives";
                    return Err(Error::field("FIELD_INVALID", field, description));
                }
                Ok(exchange) => exchanges.push(exchange),
                Err(error) => refusals.add(field, error),
            }
        }
        if refusals.is_empty() {
            for (field, error) in Self::missing_holders(context, &exchanges)? {
                refusals.add(field, error);
            }
        }
        if let Some(refused) = refusals.into_error() {
            return Err(refused);
        }
        let followers = followers(&exchanges);
        let (mut changes, results): (Vec<_>, _) = exchanges.into_iter().map(RoleExchange::into_parts).unzip();
        changes.extend(followers);
        Ok(Plan { changes, answer: ChangedRoles { results }, more: false })
    }
}

impl ChangeRole {
    /// Decides about one change; errors name its fields with `prefix` before them. One of several has what those before it give
    /// the member; whether roles keep their holders is then left to be decided.
    async fn exchange(
        &self,
        context: &mut WriteContext<'_>,
        prefix: &str,
        beside: Option<&[(Node, RoleId)]>,
    ) -> Result<RoleExchange> {
        let field = |name: &str| format!("{prefix}{name}");
        let record = context.member(&self.member).await?;
        let resource = context.resource_node(&self.resource, &field("resource"))?;
        let to = context.role(resource, &self.role, &field("role"))?;
        let from =
            if self.from.is_empty() { None } else { Some(context.role(resource, &self.from, &field("from_role"))?) };
        context.check_not_past(self.expires_at, &field("expire_time"))?;
        let changes_expiry = context.assigned_grant(&record, resource, to)?.expires_at != self.expires_at;
        let write = MembershipWrite {
            changes_expiry,
            is_one_of_several: beside.is_some(),
            ..MembershipWrite::giving(WriteKind::Change, to).taking(from).until(self.expires_at)
        };
        let permitted = context.permit_beside(resource, &self.member, write, beside.unwrap_or_default())?;
        context.check_member_etag(&record, &self.etag)?;
        let removed_role = permitted.removed_roles.first().copied().unwrap_or(to);
        let before = context.assigned_grant(&record, resource, removed_role)?;
        let after = context.grant(resource, to)?;
        let change = Change::RoleChanged {
            subject: self.member.clone(),
            resource: before.resource,
            from: before.role.clone(),
            from_expires_at: before.expires_at,
            to: after.role,
            expires_at: self.expires_at,
        };
        let (member, node) = (self.member.clone(), resource.node);
        let removed = permitted.removed_roles.iter().map(|role| role.mask()).collect();
        let gained = self.expires_at.is_none().then_some(to);
        let current = pending::unexpired_grants(context, &record).cloned().collect();
        let joining = JoiningRole::beside(context, resource, earlier(self.expires_at, permitted.until))?;
        let is_offer = record.member.status == MemberStatus::Invited;
        let answer = ChangedRole { member: context.member_answer(record.member), previous_role: before.role };
        let roles = permitted.removed_roles.into_iter().chain([to]).collect();
        let rule = if is_offer { changing(&permitted.rule) } else { permitted.rule };
        let is_at_root = resource.is_root;
        Ok(RoleExchange {
            change,
            rule,
            answer,
            member,
            node,
            to,
            roles,
            removed,
            gained,
            is_at_root,
            current,
            joining,
        })
    }
}

impl RoleExchange {
    fn into_parts(self) -> (AllowedChange, ChangedRole) {
        (AllowedChange { change: self.change, rule: self.rule }, self.answer)
    }

    /// The roles of a member at a resource that this removes or assigns, and that no other change of the batch may.
    fn touched_roles(&self) -> HashSet<(Subject, Node, RoleId)> {
        self.roles.iter().map(|role| (self.member.clone(), self.node, *role)).collect()
    }
}

/// The changes by which joining roles go on as long as a role that they came with, each role once for each member: by what
/// allows that.
fn followers(exchanges: &[RoleExchange]) -> Vec<AllowedChange> {
    let mut latest: Vec<(&RoleExchange, &JoiningRole)> = Vec::new();
    for (exchange, joining) in exchanges.iter().filter_map(|exchange| Some((exchange, exchange.joining.as_ref()?))) {
        match latest.iter_mut().find(|other| other.0.member == exchange.member && other.1.is_same_role(joining)) {
            Some(other) if joining.outlasts(other.1) => *other = (exchange, joining),
            Some(_) => {}
            None => latest.push((exchange, joining)),
        }
    }
    let follower = |(exchange, joining): (&RoleExchange, &JoiningRole)| {
        // One that is changed itself is as that makes it.
        let is_changed = exchanges.iter().any(|other| other.is_at_root && other.member == exchange.member);
        let change = joining.extension(&exchange.member, &exchange.current, &[]).filter(|_| !is_changed)?;
        Some(AllowedChange { change, rule: coming_along(&exchange.rule) })
    };
    latest.into_iter().filter_map(follower).collect()
}

impl ChangeRoles {
    /// Refuses the changes that together leave a role with too few holders: those with which it gets there, in their order.
    fn missing_holders(context: &WriteContext<'_>, exchanges: &[RoleExchange]) -> Result<Vec<(String, Error)>> {
        context.with_facts(|facts| {
            let mut counts = HolderCounts::default();
            for RoleExchange { member, node, gained, .. } in exchanges {
                if let Some(role) = gained {
                    counts.gain(facts, member.as_ref(), *node, *role);
                }
            }
            let mut refusals = Vec::new();
            for (index, RoleExchange { member, node, removed, .. }) in exchanges.iter().enumerate() {
                let mut own = HolderCounts::default();
                own.lose(facts, member.as_ref(), *node, *removed);
                counts.lose(facts, member.as_ref(), *node, *removed);
                let lacking: Vec<_> = counts.lacking(facts).into_iter().filter(|role| own.takes(role)).collect();
                if !lacking.is_empty() {
                    refusals.push((format!("changes[{index}]"), refuse::last_holder(facts, member, &lacking)));
                }
            }
            Ok(refusals)
        })
    }
}
