//! The projection of a write's changes onto the tables: what each does to their rows. Replaying a tenant's log from its
//! first revision makes the same rows again.

mod bindings;
mod invitations;
mod members;
mod resources;

use std::collections::BTreeSet;

use rollcall_engine::{Change, Head, Subject, Timestamp};
use sea_orm::{
    ActiveValue, ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryTrait as _, Value, sea_query::Expr,
};

use crate::{
    service::ports::{AllowedChange, Batch, StoreResult},
    store::{
        error::defect,
        schema::people::Ids,
        sql::{
            entity::{binding, member, resource, tenant},
            script::{Otherwise, Script},
            statements::IDS_PER_STATEMENT,
            template::Template,
        },
    },
};

/// What all changes of a write share.
pub(super) struct Write<'a> {
    pub(super) tenant: &'a str,
    pub(super) head: Head,
    pub(super) at: Timestamp,
    pub(super) ids: &'a Ids,
}

/// Has a script apply the changes of a write to the tables, in order.
pub(super) fn apply<'a>(script: &mut Script<'a>, write: &Write<'_>, batch: &Batch<'a>) -> StoreResult<()> {
    let granter = write.member(&batch.actor.to_subject())?;
    let mut projection =
        Projection { script, write, granter, inserts: Inserts::default(), changed_holders: BTreeSet::new() };
    for allowed in batch.changes {
        projection.project(allowed)?;
    }
    projection.flush_inserts()?;
    projection.stamp_changed_holders();
    Ok(())
}

impl Write<'_> {
    /// The id of a subject that the write names.
    fn member(&self, subject: &Subject) -> StoreResult<String> {
        self.ids.members.get(subject).cloned().ok_or_else(|| defect("a change names a subject without an id"))
    }

    /// The id of the write, as rows have it.
    fn write_id(&self) -> Vec<u8> {
        self.head.write_id.0.to_vec()
    }

    /// The id of an address that the write names.
    fn address(&self, email: &str) -> StoreResult<String> {
        self.ids.addresses.get(email).cloned().ok_or_else(|| defect("a change names an address without an id"))
    }
}

/// A write's changes on their way to the tables.
struct Projection<'a, 's> {
    script: &'s mut Script<'a>,
    write: &'s Write<'s>,
    /// The id of the actor, who gives what is granted.
    granter: String,
    inserts: Inserts,
    /// The ids of the members whose bindings changed.
    changed_holders: BTreeSet<String>,
}

/// Rows to insert before anything else happens. Bindings refer to members and resources, and those to nothing that comes
/// later, so inserting table by table gives the same rows as inserting in the order of the changes.
#[derive(Default)]
struct Inserts {
    resources: Vec<resource::ActiveModel>,
    members: Vec<member::ActiveModel>,
    /// The members as they are added, whose profiles are written after their rows.
    profiles: Vec<rollcall_engine::Member>,
    bindings: Vec<binding::ActiveModel>,
}

impl<'a> Projection<'a, '_> {
    /// Applies one change. Inserts of resources, members and bindings are deferred until something else comes.
    fn project(&mut self, allowed: &'a AllowedChange) -> StoreResult<()> {
        let change = &allowed.change;
        if self.defer_insert(allowed)? {
            return Ok(());
        }
        self.flush_inserts()?;
        match change {
            // The row of the tenant is made first of all, and inserts are deferred.
            Change::TenantCreated { .. }
            | Change::ResourceCreated { .. }
            | Change::MemberAdded { .. }
            | Change::RoleGranted { .. } => Ok(()),
            Change::PolicySet { policy, from, to } => {
                self.set_policy_version(change, policy, *from, *to);
                Ok(())
            }
            Change::ResourceArchived { .. }
            | Change::ResourceRestored { .. }
            | Change::ResourceMoved { .. }
            | Change::OwnerChanged { .. }
            | Change::ResourceDeleted { .. } => self.project_resource(change),
            Change::MemberUpdated { .. } | Change::MemberRemoved { .. } => self.project_member(change),
            Change::RoleChanged { .. } | Change::RoleRevoked { .. } | Change::RoleExpired { .. } => {
                self.project_role(allowed)
            }
            Change::InvitationIssued { .. }
            | Change::InvitationAccepted { .. }
            | Change::InvitationRevoked { .. }
            | Change::InvitationDeclined { .. }
            | Change::InvitationExpired { .. }
            | Change::InvitationReminderDue { .. }
            | Change::AddressSuppressed { .. }
            | Change::AddressCleared { .. } => self.project_invitation(change),
            Change::Unknown { kind } => Err(defect(format!("a change of the unknown kind `{kind}` can't be applied"))),
        }
    }

    /// Keeps the row of a change that is an insert of a resource, member or binding; whether it is one.
    fn defer_insert(&mut self, allowed: &AllowedChange) -> StoreResult<bool> {
        match &allowed.change {
            Change::ResourceCreated { resource } => {
                let row = self.resource_row(resource)?;
                self.inserts.resources.push(row);
            }
            Change::MemberAdded { member } => {
                let row = self.member_row(member)?;
                self.inserts.members.push(row);
                self.inserts.profiles.push(member.clone());
            }
            Change::RoleGranted { subject, resource, role, expires_at, granted_by, offer_ends_at } => {
                let mut row = self.binding_row(subject, resource, (role, *expires_at))?;
                row.offer_ends_at = ActiveValue::Set(offer_ends_at.map(|end| end.0));
                let row = self.given(row, &allowed.rule, granted_by.as_ref())?;
                self.mark_changed(subject)?;
                self.inserts.bindings.push(row);
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn set_policy_version(&mut self, change: &'a Change, policy: &str, from: u32, to: u32) {
        let update = tenant::Entity::update_many()
            .col_expr(tenant::Column::PolicyVersion, Expr::value(i64::from(to)))
            .filter(tenant::Column::TenantId.eq(self.write.tenant))
            .filter(tenant::Column::Policy.eq(policy))
            .filter(tenant::Column::PolicyVersion.eq(i64::from(from)));
        self.script.push_one(update, Otherwise::NoRow(change.kind()));
    }

    fn flush_inserts(&mut self) -> StoreResult<()> {
        let Inserts { resources, members, profiles, bindings } = std::mem::take(&mut self.inserts);
        self.insert_resources(resources);
        self.script.insert(members);
        for member in &profiles {
            self.set_profile(member)?;
        }
        self.upsert_bindings(bindings);
        Ok(())
    }

    /// Has the member stamped with the revision at the end.
    fn mark_changed(&mut self, subject: &Subject) -> StoreResult<()> {
        let member = self.write.member(subject)?;
        self.changed_holders.insert(member);
        Ok(())
    }

    /// Sets the revision of the members whose bindings changed; those that were removed have no row.
    fn stamp_changed_holders(self) {
        static TEMPLATE: Template = Template::new();
        let holders: Vec<&str> = self.changed_holders.iter().map(String::as_str).collect();
        for holders in holders.chunks(IDS_PER_STATEMENT) {
            let revision = self.write.head.revision.0;
            let mut arguments: Vec<Value> =
                vec![revision.into(), self.write.write_id().into(), self.write.tenant.into()];
            arguments.extend(holders.iter().copied().map(Value::from));
            // Some are named twice, so that there are few texts.
            let more = holders.len().next_power_of_two() - holders.len();
            arguments.extend(holders.iter().copied().take(more).map(Value::from));
            self.script.fill_many(&TEMPLATE, &arguments, "", |marks| {
                let mut marks = marks.into_iter();
                let mut next = || marks.next().unwrap_or_default();
                member::Entity::update_many()
                    .col_expr(member::Column::Revision, Expr::value(next()))
                    .col_expr(member::Column::WriteId, Expr::value(next()))
                    .filter(member::Column::TenantId.eq(next()))
                    .filter(member::Column::MemberId.is_in(marks))
                    .into_query()
            });
        }
    }
}
