//! A tenant whose log has every kind of change that its policy allows.

use std::{fs, time::Duration};

use rollcall::proto::{InvitationStatus::Pending, Profile, SetPolicyRequest};

use crate::support::{
    TestServer, WireTenant, Write,
    db::Db,
    names::subject,
    wire_tenant::{OPERATOR, profile},
};

/// A server with two versions of the policy, and a tenant whose log has every kind of change that `lumicon` allows.
pub(super) async fn every_change() -> (TestServer, WireTenant) {
    let policies = tempfile::tempdir().unwrap().keep();
    let first = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/policies/lumicon.toml")).unwrap();
    fs::write(policies.join("lumicon-1.toml"), &first).unwrap();
    fs::write(policies.join("lumicon-2.toml"), first.replacen("version = 1", "version = 2", 1)).unwrap();
    let stage = TestServer::with(&[&format!("policies.dir={}", policies.display()), "sweep.every=20ms"]).await;
    let world = WireTenant { api: stage.api.clone(), tenant: "acme".into() };
    let Write::CreateTenant(mut create) = world.create_tenant("ada") else { unreachable!() };
    create.policy_version = 1;
    world.allowed_once(Write::from(create)).await;
    world.join(OPERATOR, &["alan"], "admin").await;
    world.join("ada", &["edith", "victor", "olga"], "user").await;
    let set_policy =
        SetPolicyRequest { tenant: world.tenant.clone(), actor: Some(subject(OPERATOR)), ..Default::default() };
    for write in [
        world.create_site("edith", "harbour"),
        world.invite("edith", "victor", "harbour", "viewer"),
        world.invite("edith", "nina@acme.test", "harbour", "viewer"),
        world.invite("ada", "nina@acme.test", "workspace", "user"),
        world.invite("edith", "nils@acme.test", "harbour", "editor"),
        world.change("edith", "victor", "harbour", "editor"),
        Write::from(set_policy),
        world.lock("ada", "olga"),
        world.update("victor", "victor", Profile { phone: "+4930123456".into(), ..profile("victor") }),
        world.remove("edith", "victor", "harbour"),
        world.remove("ada", "nina@acme.test", "workspace"),
        world.invite("ada", "dora@acme.test", "workspace", "user"),
        world.suppress(OPERATOR, "dora@acme.test"),
        world.clear(OPERATOR, "dora@acme.test"),
    ] {
        world.allowed_once(write).await;
    }
    let invited = world.api.write(world.invite("ada", "dirk@acme.test", "workspace", "user")).await.unwrap().invite();
    world.allowed_once(world.decline("dirk", &invited.results[0].invitation_token)).await;
    let db = Db::open(stage.dir.path()).await;
    let before = world.revision().await;
    db.remind(&world.tenant, "nils@acme.test").await;
    db.come_due(&world.tenant, "dora@acme.test").await;
    while world.revision().await == before || world.invitation_of("dora@acme.test").await.status() == Pending {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    db.close().await;
    let expired = world.invitation_of("dora@acme.test").await.id;
    world.allowed_once(world.revoke("ada", &expired)).await;
    (stage, world)
}

impl WireTenant {
    /// Sends a write that must be allowed, without a dry run before it.
    pub(super) async fn allowed_once(&self, write: Write) {
        self.api.write(write.clone()).await.unwrap_or_else(|status| panic!("{write:?}: {status:?}"));
    }
}
