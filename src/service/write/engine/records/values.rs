//! The parts of stored answers. Times are microseconds since 1970, statuses the numbers that the tables have.

pub(super) use rollcall_engine::{
    Acceptance, Effect, FailedGrant, Grant, Head, Invitation, InvitationStatus, Member, MemberStatus, Profile,
    Resource, ResourceKey, Revision, Subject, SuppressedAddress, Tenant, Timestamp, WriteId,
};
use serde::{Deserialize, Serialize};

use crate::service::{
    error::{Error, Result},
    write::engine::recorded::{Recorded, records},
};

records! {
    pub TenantRecord of Tenant {
        id: String,
        display_name: String,
        policy: String,
        policy_version: u32,
        root_type: String,
        created_at: Timestamp,
    }
    pub SubjectRecord of Subject { kind as "type": String, id: String }
    pub ResourceKeyRecord of ResourceKey { kind as "type": String, id: String }
    pub ResourceRecord of Resource {
        key: ResourceKey,
        parent: Option<ResourceKey>,
        owner: Option<Subject>,
        archived: bool,
        display_name: String,
        created_at: Timestamp,
    }
    pub GrantRecord of Grant { resource: ResourceKey, role: String, expires_at: Option<Timestamp> }
    pub FailedGrantRecord of FailedGrant { resource: ResourceKey, role: String, reason: String }
    pub ProfileRecord of Profile {
        display_name: String,
        email: Option<String>,
        username: Option<String>,
        phone: Option<String>,
    }
    pub MemberRecord of Member {
        subject: Subject,
        profile: Profile,
        status: MemberStatus,
        locked: bool,
        created_at: Timestamp,
    }
    pub InvitationRecord of Invitation {
        id: String,
        member: Subject,
        email: String,
        token_hash: String,
        inviter: Subject,
        status: InvitationStatus,
        expires_at: Timestamp,
        remind_at: Option<Timestamp>,
        issued_at: Timestamp,
        created_at: Timestamp,
        acceptance: Option<Acceptance>,
    }
    pub HeadRecord of Head { revision: Revision, write_id: WriteId }
    pub AcceptanceRecord of Acceptance { subject: Subject, at: Timestamp }
    pub SuppressedAddressRecord of SuppressedAddress { email: String, detail: String, created_at: Timestamp }
    pub EffectRecord of Effect {
        member: Subject,
        resource: ResourceKey,
        below: Option<ResourceKey>,
        gained: Vec<String>,
        lost: Vec<String>,
        gained_writes: Vec<String>,
        lost_writes: Vec<String>,
    }
}

/// What is its own record.
macro_rules! as_it_is {
    ($($plain:ty),+) => {$(
        impl Recorded for $plain {
            type Record = Self;

            fn to_record(&self) -> Self {
                self.clone()
            }

            fn from_record(record: Self) -> Result<Self> {
                Ok(record)
            }
        }
    )+};
}

as_it_is!(String, bool, u32, u64);

impl<T: Recorded> Recorded for Vec<T> {
    type Record = Vec<T::Record>;

    fn to_record(&self) -> Self::Record {
        self.iter().map(T::to_record).collect()
    }

    fn from_record(record: Self::Record) -> Result<Self> {
        record.into_iter().map(T::from_record).collect()
    }
}

impl<T: Recorded> Recorded for Option<T> {
    type Record = Option<T::Record>;

    fn to_record(&self) -> Self::Record {
        self.as_ref().map(T::to_record)
    }

    fn from_record(record: Self::Record) -> Result<Self> {
        record.map(T::from_record).transpose()
    }
}

impl Recorded for Timestamp {
    type Record = i64;

    fn to_record(&self) -> i64 {
        self.0
    }

    fn from_record(record: i64) -> Result<Self> {
        Ok(Self(record))
    }
}

impl Recorded for Revision {
    type Record = i64;

    fn to_record(&self) -> i64 {
        self.0
    }

    fn from_record(record: i64) -> Result<Self> {
        Ok(Self(record))
    }
}

impl Recorded for WriteId {
    type Record = i64;

    fn to_record(&self) -> i64 {
        i64::from_be_bytes(self.0)
    }

    fn from_record(record: i64) -> Result<Self> {
        Ok(Self(record.to_be_bytes()))
    }
}

/// A status as its number.
macro_rules! numbered {
    ($($status:ident),+) => {$(
        impl Recorded for $status {
            type Record = i16;

            fn to_record(&self) -> i16 {
                self.code()
            }

            fn from_record(record: i16) -> Result<Self> {
                Self::from_code(record)
                    .ok_or_else(|| Error::internal(format!("a stored answer has the unknown status {record}")))
            }
        }
    )+};
}

numbered!(MemberStatus, InvitationStatus);
