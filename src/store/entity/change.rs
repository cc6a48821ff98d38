//! The change log: one row for each change, by tenant, revision and place within the revision.

use rollcall_engine::{Change, LogPosition, LoggedChange, Revision, Subject, Timestamp};
use sea_orm::{ActiveValue::Set, entity::prelude::*};

use crate::service::ports::{LogEntry, StoreError, StoreResult};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "change")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub revision: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub seq: i64,
    pub kind: String,
    pub at: i64,
    pub actor_type: String,
    pub actor_id: String,
    pub caller: String,
    pub rule: String,
    pub trace_id: Option<String>,
    pub subject_type: Option<String>,
    pub subject_id: Option<String>,
    pub resource_type: Option<String>,
    pub resource_id: Option<String>,
    pub data: String,
}

impl ActiveModelBehavior for ActiveModel {}

impl ActiveModel {
    pub fn of(tenant: &str, revision: Revision, seq: i64, entry: &LogEntry<'_>, change: &Change) -> StoreResult<Self> {
        let (subject_type, subject_id) = change.subject().map(|subject| (subject.kind, subject.id)).unzip();
        let (resource_type, resource_id) =
            change.resource().map(|resource| (resource.kind.clone(), resource.id.clone())).unzip();
        Ok(Self {
            tenant_id: Set(tenant.to_owned()),
            revision: Set(revision.0),
            seq: Set(seq),
            kind: Set(change.kind().to_owned()),
            at: Set(entry.at.0),
            actor_type: Set(entry.actor.kind.to_owned()),
            actor_id: Set(entry.actor.id.to_owned()),
            caller: Set(entry.caller.to_owned()),
            rule: Set(entry.rule.to_owned()),
            trace_id: Set(entry.trace_id.map(str::to_owned)),
            subject_type: Set(subject_type),
            subject_id: Set(subject_id),
            resource_type: Set(resource_type),
            resource_id: Set(resource_id),
            data: Set(serde_json::to_string(change).map_err(|error| StoreError::Broken(Box::new(error)))?),
        })
    }
}

impl Model {
    pub fn into_logged(self) -> StoreResult<LoggedChange> {
        Ok(LoggedChange {
            position: LogPosition { revision: Revision(self.revision), seq: self.seq },
            change: parse(&self.data)?,
            actor: Subject { kind: self.actor_type, id: self.actor_id },
            caller: self.caller,
            at: Timestamp(self.at),
            rule: self.rule,
            trace_id: self.trace_id,
        })
    }
}

/// The change that a row's `data` stands for.
pub fn parse(data: &str) -> StoreResult<Change> {
    serde_json::from_str(data).map_err(|error| StoreError::Broken(Box::new(error)))
}
