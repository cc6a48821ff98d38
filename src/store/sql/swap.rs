//! The swaps of the tenants' heads, which show whether each is what its write was planned at.

use rollcall_engine::{Change, Head};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait as _, ConnectionTrait, EntityTrait as _, QueryFilter as _, QueryResult, QuerySelect as _,
    QueryTrait as _, Value,
    sea_query::{Expr, ExprTrait as _, OnConflict, Query},
};

use crate::{
    service::ports::StoreResult,
    store::{
        error::defect,
        schema::{digest::GENESIS, people::Ids},
        sql::{
            entity::{log_commit, tenant},
            ids::{Lookup, Named},
            pending::Pending,
            script::Script,
            template::Template,
        },
    },
};

/// What a row says that shows a tenant's head, where others say whose id they are.
const HEAD: i32 = -1;

/// What was there before a write.
pub(in crate::store) struct Before<'a> {
    /// The digest of the commit before.
    pub(super) digest: Vec<u8>,
    /// Whom the write names.
    pub(super) named: Named<'a>,
    /// The ids that they have already.
    pub(super) ids: Ids,
}

/// Makes each write's commit the newest of its tenant, if the one that it expects is; none for those whose tenant has
/// another, or is there already. Whoever is about to do so too is waited for.
pub(super) async fn swap<'a>(
    db: &impl ConnectionTrait,
    writes: &[Pending<'a>],
) -> StoreResult<Vec<Option<Before<'a>>>> {
    let mut script = Script::new(db);
    for (number, write) in (0..).zip(writes) {
        if let Some(expected) = write.expected {
            swap_head(number, write.tenant, expected, write.head(), &mut script);
        } else if let Some(tenant) = created(write) {
            create(number, tenant, &mut script);
        }
    }
    let named: Vec<_> = writes.iter().map(|write| Named::by(&write.batch)).collect();
    let lookup = Lookup::of(writes, &named, &mut script);
    let (mut heads, mut ids) = (Vec::new(), Vec::new());
    heads.resize_with(writes.len(), || None);
    ids.resize_with(writes.len(), Ids::default);
    for row in script.find(db).await? {
        let (table, number): (i32, i32) = row.try_get_many_by_index()?;
        if table == HEAD {
            let head = usize::try_from(number).ok().and_then(|number| heads.get_mut(number));
            *head.ok_or_else(|| defect("a row is of no write"))? = Some(row);
        } else {
            lookup.note(&row, &mut ids)?;
        }
    }
    let before = |(((write, head), named), ids): (((&Pending<'a>, _), _), _)| {
        let digest = match (write.expected, head) {
            (Some(expected), Some(row)) => {
                let digest: Option<Vec<u8>> = QueryResult::try_get_by_index(&row, 3)?;
                digest.ok_or_else(|| defect(format!("the log has no commit {}", expected.revision.0)))?
            }
            (None, Some(_)) => GENESIS.to_vec(),
            _ => return Ok(None),
        };
        Ok(Some(Before { digest, named, ids }))
    };
    writes.iter().zip(heads).zip(named).zip(ids).map(before).collect()
}

/// Swaps the head, and finds the digest of the commit before.
fn swap_head(number: i32, tenant: &str, expected: Head, head: Head, script: &mut Script<'_>) {
    static TEMPLATE: Template = Template::new();
    let id = |head: Head| Value::from(head.write_id.0.to_vec());
    let [before, after] = [expected, head].map(|head| Value::from(head.revision.0));
    let arguments = [number.into(), tenant.into(), before, id(expected), after, id(head)];
    script.fill(&TEMPLATE, &arguments, |[number, tenant, before, expected, after, head]| {
        let digest = log_commit::Entity::find()
            .select_only()
            .column(log_commit::Column::Digest)
            .filter(log_commit::Column::TenantId.eq(&tenant))
            .filter(Expr::col((log_commit::Entity, log_commit::Column::Revision)).eq(Expr::value(&before)));
        let swap = tenant::Entity::update_many()
            .col_expr(tenant::Column::Revision, Expr::value(after))
            .col_expr(tenant::Column::Head, Expr::value(head))
            .filter(tenant::Column::TenantId.eq(tenant))
            .filter(Expr::col((tenant::Entity, tenant::Column::Revision)).eq(Expr::value(before)))
            .filter(Expr::col((tenant::Entity, tenant::Column::Head)).eq(Expr::value(expected)));

        let nothing = Expr::value(None::<String>);
        let found =
            Query::returning().exprs([Expr::value(HEAD), Expr::value(number), nothing, digest.into_query().into()]);
        let mut swap = swap.into_query();
        swap.returning(found);
        swap
    });
}

/// Inserts a tenant, unless there is one of its id.
fn create(number: i32, tenant: tenant::ActiveModel, script: &mut Script<'_>) {
    let is_there = OnConflict::column(tenant::Column::TenantId).do_nothing().to_owned();
    let mut create = tenant::Entity::insert(tenant).on_conflict(is_there).into_query();
    let nothing = [Expr::value(None::<String>), Expr::value(None::<Vec<u8>>)];
    create.returning(Query::returning().exprs([Expr::value(HEAD), Expr::value(number)].into_iter().chain(nothing)));
    script.push_query(&create);
}

/// The row of a tenant that a write creates.
fn created(write: &Pending<'_>) -> Option<tenant::ActiveModel> {
    let Change::TenantCreated { tenant } = &write.batch.changes.first()?.change else { return None };
    let head = write.head();
    Some(tenant::ActiveModel {
        tenant_id: Set(tenant.id.clone()),
        display_name: Set(tenant.display_name.clone()),
        policy: Set(tenant.policy.clone()),
        policy_version: Set(tenant.policy_version.into()),
        root_type: Set(tenant.root_type.clone()),
        revision: Set(head.revision.0),
        head: Set(head.write_id.0.to_vec()),
        created_at: Set(tenant.created_at.0),
    })
}
