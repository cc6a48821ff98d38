//! Expands a row about membership writes.

use rollcall_engine::{
    Diagnostic, MembershipWrite, ResourceKey, ResourceType, RoleId, Subject, Timestamp, WriteKind, WriteScope,
    reader::{Located, Span},
};

use crate::cases::{
    case::WriteCase,
    expand::{
        budget::QuestionBudget,
        row::ReadRow,
        words::{Words, pick},
    },
    mistakes::Mistakes,
    rows::CaseRow,
    scene::{AssignedRole, CaseResource, Scene},
};

/// The roles that a row names, and when those that it gives end.
struct RowRoles {
    from: Option<RoleId>,
    to: Vec<RoleId>,
    until: Option<Timestamp>,
}

/// The questions of a row at a resource; none where something is wrong, which is reported.
pub(super) fn writes_of(
    scene: &Scene<'_>,
    read: &ReadRow<'_>,
    (on, resource): (&Located<String>, &CaseResource<'_>),
    budget: &mut QuestionBudget,
    mistakes: &mut Mistakes<'_>,
) -> Option<Vec<WriteCase>> {
    let (true, Some(id)) = (resource.registered, &resource.id) else {
        // A resource that is declared wrong is not there either.
        if scene.is_sound {
            let message = format!("`{}` is not registered, so nobody is a member there", on.value);
            mistakes.push(Diagnostic::new(message, on.span.clone(), "take `writes` out of this case"));
        }
        return None;
    };
    let (row, resource_type) = (read.row, resource.resource_type);
    let at = ResourceKey::new(resource_type.name(), id);
    let names = |fits: &dyn Fn(WriteKind) -> bool| -> Vec<&str> {
        WriteKind::ALL.into_iter().filter(|kind| fits(*kind)).map(WriteKind::name).collect()
    };
    let known = names(&|kind| applies_to_type(kind, resource_type));
    let is_sound = Words::Writes.check(scene, row, (resource_type, &known), mistakes);
    let roles = roles(scene, resource_type, row, mistakes)?;
    if !is_sound || !read.is_sound {
        return None;
    }
    let mut writes = Vec::new();
    for actor in &read.actors {
        for target in read.targets(scene, actor) {
            let assigned_roles = scene.roles_at(&target, &at);
            check_is_assigned(scene, row, &roles, (&target, &at, &assigned_roles), mistakes)?;
            let usual = names(&|kind| applies_to_target(kind, resource_type, &target));
            for (words, others, allowed) in [(&row.may, &row.may_not, true), (&row.may_not, &row.may, false)] {
                for kind in pick(words, others, &usual).into_iter().filter_map(WriteKind::from_name) {
                    let operations = membership_writes(kind, resource_type, &roles, &assigned_roles);
                    budget.take(operations.len().max(1), row, mistakes)?;
                    writes.extend(operations.into_iter().map(|operation| WriteCase {
                        expected: read.expected(allowed),
                        actor: actor.clone(),
                        operation,
                        target: target.clone(),
                        at: at.clone(),
                    }));
                }
            }
        }
    }
    read.check_asks(writes.is_empty(), scene, mistakes);
    if scene.is_sound && !writes.is_empty() {
        check_is_used(row, &writes, mistakes);
    }
    Some(writes)
}

/// The roles of a row at a type. None where the type has no such role, which is reported.
fn roles(
    scene: &Scene<'_>,
    resource_type: &ResourceType,
    row: &CaseRow,
    mistakes: &mut Mistakes<'_>,
) -> Option<RowRoles> {
    let from = row.from.as_ref().map(|name| scene.role(resource_type, name, mistakes));
    let to: Vec<Option<RoleId>> = row.to.iter().map(|name| scene.role(resource_type, name, mistakes)).collect();
    let until = row.until.as_ref().map(|until| until.value);
    Some(RowRoles {
        from: from.map_or(Some(None), |found| found.map(Some))?,
        to: to.into_iter().collect::<Option<_>>()?,
        until,
    })
}

/// Whether a target has the role that a row takes. One who has not is reported, unless a declaration is wrong.
fn check_is_assigned(
    scene: &Scene<'_>,
    row: &CaseRow,
    roles: &RowRoles,
    (target, at, assigned_roles): (&Subject, &ResourceKey, &[AssignedRole]),
    mistakes: &mut Mistakes<'_>,
) -> Option<()> {
    let (Some(role), Some(name)) = (roles.from, &row.from) else { return Some(()) };
    if assigned_roles.iter().any(|assigned| assigned.role == role) {
        return Some(());
    }
    if scene.is_sound {
        let message = format!("`{target}` holds no `{}` at `{at}` in these facts", name.value);
        mistakes.push(Diagnostic::new(message, name.span.clone(), "not held"));
    }
    None
}

/// Reports a role, or an end, that no write of the row has a use for: it was meant for another kind of write.
fn check_is_used(row: &CaseRow, writes: &[WriteCase], mistakes: &mut Mistakes<'_>) {
    let removes = writes.iter().any(|write| write.operation.kind.removes_roles());
    let grants = writes.iter().any(|write| write.operation.kind.grants_roles());
    let mut unused = |message: &str, span: &Span| {
        mistakes.push(Diagnostic::new(message, span.clone(), "take this out"));
    };
    match (&row.from, row.to.first(), &row.until) {
        (Some(from), ..) if !removes => unused("no write of this row removes or grants this role", &from.span),
        (_, Some(to), _) if !grants => unused("no write of this row removes or grants this role", &to.span),
        (.., Some(until)) if !grants => unused("no write of this row grants a role that could end", &until.span),
        _ => {}
    }
}

/// The writes that a kind comes to in a row: one for each role that it grants.
fn membership_writes(
    kind: WriteKind,
    resource_type: &ResourceType,
    roles: &RowRoles,
    assigned_roles: &[AssignedRole],
) -> Vec<MembershipWrite> {
    let removed_role = roles.from.filter(|_| kind.removes_roles());
    if !kind.grants_roles() {
        return vec![MembershipWrite::plain(kind).taking(removed_role)];
    }
    let assigned = |role: RoleId| assigned_roles.iter().find(|assigned| assigned.role == role);
    let granted_roles: Vec<RoleId> = if roles.to.is_empty() {
        // "May change" without a role means to any other.
        let all = resource_type.roles().iter().copied();
        all.filter(|to| kind != WriteKind::Change || assigned(*to).is_none()).collect()
    } else {
        roles.to.clone()
    };
    let write = |to: RoleId| MembershipWrite {
        changes_expiry: kind == WriteKind::Change && assigned(to).and_then(|assigned| assigned.until) != roles.until,
        ..MembershipWrite::giving(kind, to).taking(removed_role).until(roles.until)
    };
    granted_roles.into_iter().map(write).collect()
}

/// Whether a kind of write can be made at a resource of this type.
fn applies_to_type(kind: WriteKind, resource_type: &ResourceType) -> bool {
    match kind.scope() {
        WriteScope::Anywhere => true,
        WriteScope::AtTheRoot => resource_type.parent().is_none(),
        WriteScope::WhereOwned => resource_type.is_owned(),
    }
}

/// Whether a kind of write can be made at a resource of this type to such a target.
fn applies_to_target(kind: WriteKind, resource_type: &ResourceType, target: &Subject) -> bool {
    let fits = match kind {
        WriteKind::Publish => target.as_ref().is_everybody(),
        WriteKind::Remove => true,
        _ => !target.as_ref().is_everybody(),
    };
    fits && applies_to_type(kind, resource_type)
}
