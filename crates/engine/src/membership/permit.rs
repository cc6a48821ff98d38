//! May this actor make this membership write? One decision of five steps, for real writes, their dry runs and the cases
//! beside a policy alike.

use crate::{
    domain::{SubjectRef, Timestamp},
    facts::{Facts, Node},
    membership::{
        expiry::permitted_until, refusal::Refusal, request::Request, state::check_state, write::MembershipWrite,
    },
    model::{MemberRule, RoleId, mask::Mask},
};

/// A permitted membership write, and what it comes to.
#[derive(Clone, Debug)]
pub struct Permission<'f> {
    /// The first rule of the policy, in the order of the file, that permits it.
    pub rule: &'f MemberRule,
    /// The roles that it takes from the target at the resource; empty for a kind that takes none.
    pub removed_roles: Mask,
    /// Whether the target does not have the role yet that the write gives. False for an invitation to a role that is
    /// pending: it is only sent again.
    pub is_new_role: bool,
    /// The first instant at which the actor may do this no more, as far as ends of roles are known; none when that never
    /// comes. What the write gives ends no later.
    pub until: Option<Timestamp>,
}

/// Decides about one membership write at a registered resource.
///
/// The steps, and which refusal comes before which, are a contract:
///
/// 1. **The target exists**: as a member, unless the write is what makes them one. Else [`Refusal::NoMember`].
/// 2. **Roles taken**: what the write takes from the target, which they must hold. Else [`Refusal::RoleNotBound`] or
///    [`Refusal::RoleAmbiguous`].
/// 3. **The target is eligible**: somebody to whom this can be done. Else [`Refusal::SubjectNotEligible`].
/// 4. **Permitted**: the actor may act at all ([`Refusal::Actor`]), no role above protects the target
///    ([`Refusal::Protected`]), and for each role taken some rule lets the actor do it ([`Refusal::NotPermitted`]).
/// 5. **The state allows it**: it would change something, keeps who must be kept, and outlasts nobody. Else one of the
///    refusals that remain.
///
/// A refusal of step 2 or 3 gives way to one about an actor who may not act, or a target who is protected.
///
/// # Errors
/// The first refusal in this order.
pub fn permit<'f, F: Facts + ?Sized>(
    facts: &'f F,
    actor: SubjectRef<'_>,
    node: Node,
    target: SubjectRef<'_>,
    write: MembershipWrite,
) -> Result<Permission<'f>, Refusal> {
    permit_beside(facts, actor, node, target, write, &[])
}

/// As [`permit`], where the same write gives the target other roles beside, and before: whom a rule is about holds these, too.
///
/// # Errors
/// As [`permit`].
pub fn permit_beside<'f, F: Facts + ?Sized>(
    facts: &'f F,
    actor: SubjectRef<'_>,
    node: Node,
    target: SubjectRef<'_>,
    write: MembershipWrite,
    beside: &[(Node, RoleId)],
) -> Result<Permission<'f>, Refusal> {
    let request = Request::new(facts, actor, node, target, write, beside);
    request.target_exists()?;
    let removed_roles = request.removed_roles().map_err(|refusal| request.unless_barred(refusal))?;
    request.target_eligible().map_err(|refusal| request.unless_barred(refusal))?;
    let rule = request.permitting_rule(removed_roles)?;
    let until = permitted_until(&request, removed_roles);
    check_state(&request, removed_roles, until)?;
    Ok(Permission { rule, removed_roles, is_new_role: !request.has_new_role(), until })
}
