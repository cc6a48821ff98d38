//! A store with the tenant `acme`, and short makers of changes to write to it.

use rollcall::service::ports::{LogEntry, Store as _, StoreResult, WriteTx};
use rollcall::store::{Options, SqlStore};
use rollcall_engine::{
    Change, Grant, Invitation, InvitationStatus, Member, MemberStatus, Profile, Resource, ResourceKey, Revision,
    Subject, Tenant, Timestamp,
};
use tempfile::TempDir;

pub const ACME: &str = "acme";

/// A store in a directory that goes away with it.
pub struct Harness {
    pub store: SqlStore,
    directory: TempDir,
}

impl Harness {
    pub async fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let store = open(&directory).await;
        store.migrate().await.unwrap();
        Self { store, directory }
    }

    /// With the tenant `acme`, whose root resource is `workspace:acme`, at revision 1.
    pub async fn with_acme() -> Self {
        let harness = Self::new().await;
        assert_eq!(harness.write(&[tenant_created(ACME), resource_created(&root(), None)]).await, Revision(1));
        harness
    }

    /// The same database after a restart.
    pub async fn reopened(self) -> Self {
        self.store.close().await.unwrap();
        let store = open(&self.directory).await;
        store.migrate().await.unwrap();
        Self { store, directory: self.directory }
    }

    pub async fn write(&self, changes: &[Change]) -> Revision {
        self.try_write(changes).await.unwrap()
    }

    pub async fn try_write(&self, changes: &[Change]) -> StoreResult<Revision> {
        let mut tx = self.store.begin(ACME).await?;
        append(&mut *tx, changes).await?;
        let revision = tx.revision();
        tx.commit().await?;
        Ok(revision)
    }
}

async fn open(directory: &TempDir) -> SqlStore {
    let file = directory.path().join("data/rollcall.db");
    SqlStore::open(&Options::new(format!("sqlite:{}", file.display()))).await.unwrap()
}

pub async fn append(tx: &mut dyn WriteTx, changes: &[Change]) -> StoreResult<()> {
    let actor = Subject::user("ada");
    tx.append(&LogEntry {
        changes,
        actor: actor.as_ref(),
        caller: "web",
        at: Timestamp(7),
        rule: "lumicon@1:24",
        trace_id: None,
    })
    .await
}

pub fn tenant(id: &str) -> Tenant {
    Tenant {
        id: id.into(),
        display_name: "Acme Inc.".into(),
        policy: "lumicon".into(),
        policy_version: 3,
        created_at: Timestamp(1_700_000_000_000_001),
    }
}

pub fn tenant_created(id: &str) -> Change {
    Change::TenantCreated { tenant: tenant(id) }
}

pub fn root() -> ResourceKey {
    ResourceKey::new("workspace", ACME)
}

pub fn site(id: &str) -> ResourceKey {
    ResourceKey::new("job_site", id)
}

pub fn resource_created(key: &ResourceKey, owner: Option<Subject>) -> Change {
    let parent = (*key != root()).then(root);
    let resource = Resource {
        key: key.clone(),
        parent,
        owner,
        archived: false,
        display_name: format!("The {}", key.id),
        created_at: Timestamp(2),
    };
    Change::ResourceCreated { resource }
}

/// An active member with a name and nothing else.
pub fn member(id: &str, name: &str) -> Member {
    Member {
        subject: Subject::user(id),
        profile: Profile { display_name: name.into(), ..Profile::default() },
        status: MemberStatus::Active,
        locked: false,
        created_at: Timestamp(3),
    }
}

pub fn member_added(member: &Member) -> Change {
    Change::MemberAdded { member: member.clone() }
}

pub fn granted(id: &str, resource: &ResourceKey, role: &str) -> Change {
    Change::granted(&Subject::user(id), &Grant::permanent(resource.clone(), role))
}

pub fn revoked(id: &str, resource: &ResourceKey, role: &str) -> Change {
    Change::revoked(&Subject::user(id), &Grant::permanent(resource.clone(), role))
}

pub fn invitation(id: &str, email: &str) -> Invitation {
    Invitation {
        id: id.into(),
        email: email.into(),
        token_hash: format!("hash of {id}"),
        inviter: Subject::user("ada"),
        status: InvitationStatus::Pending,
        expires_at: Timestamp(9_000),
        remind_at: Some(Timestamp(8_000)),
        issued_at: Timestamp(5),
        created_at: Timestamp(4),
        acceptance: None,
    }
}

pub fn issued(invitation: &Invitation) -> Change {
    Change::InvitationIssued { before: None, invitation: invitation.clone() }
}
