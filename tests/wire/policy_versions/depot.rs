//! A tenant of shelves and boxes with two versions of its policy, and what its members may do under each.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

use crate::support::{Server, WireTenant, fixture::tenant_on};
use rollcall::proto::GetTenantRequest;
use tempfile::TempDir;

/// Version 1 of the policy `depot`.
pub(super) const FIRST: &str = r#"
edition = 1
policy  = "depot"
version = 1
root    = "workspace"

[workspace]
creator_role = "boss"

[workspace.roles]
boss  = { implies = ["shelf.keeper"], at_least = 1 }
clerk = {}

[workspace.actions]
"shelf.create" = "boss | clerk"
"books.view"   = "boss"
"books.burn"   = "boss"
"door.open"    = "anyone"

[workspace.members]
invite = [{ by = "boss", to = ["boss", "clerk"] }]
lock   = [{ by = "boss" }]

[shelf]
parent = "workspace"
registered = "optional"
owned  = true

[shelf.roles]
keeper = {}
viewer = {}

[shelf.actions]
"box.create" = "keeper | clerk"
"shelf.see"  = "keeper | viewer"
"shelf.fill" = "keeper"
"shelf.sell" = "owner"

[shelf.members]
invite = [{ by = "keeper | boss", to = ["keeper", "viewer"] }]

[box]
parent = "shelf"
registered = "optional"

[box.roles]
packer = {}

[box.actions]
"box.open" = "keeper | viewer | packer"
"box.burn" = "nobody"

[box.members]
invite = [{ by = "boss", to = ["packer"] }]

[card]
parent         = "workspace"
member_records = true

[card.actions]
"card.read"  = "anyone"
"card.write" = "self"
"#;

/// Version 2 of [`FIRST`]: at every resource type somebody gains or loses an action or a write, and there is a new
/// type.
pub(super) fn second() -> String {
    let mut text = FIRST.to_owned();
    for (from, to) in [
        ("version = 1", "version = 2"),
        (r#""books.view"   = "boss""#, r#""books.view"   = "boss | clerk""#),
        ("\"books.burn\"   = \"boss\"\n", "\"books.keep\"   = \"boss\"\n"),
        (r#""shelf.fill" = "keeper""#, r#""shelf.fill" = "keeper & boss | viewer""#),
        (r#""shelf.sell" = "owner""#, r#""shelf.sell" = "nobody""#),
        (r#""box.open" = "keeper | viewer | packer""#, r#""box.open" = "keeper | packer""#),
        (
            r#"{ by = "keeper | boss", to = ["keeper", "viewer"] }"#,
            r#"{ by = "boss", to = ["keeper", "viewer"] }, { by = "keeper", to = ["viewer"] }"#,
        ),
        (r#"lock   = [{ by = "boss" }]"#, r#"lock   = [{ by = "boss & !self" }, { by = "clerk & self" }]"#),
        (r#""box.burn" = "nobody""#, r#""box.burn" = "packer""#),
        (r#""card.read"  = "anyone""#, r#""card.read"  = "self""#),
        (r#""card.write" = "self""#, r#""card.write" = "anyone & !clerk""#),
    ] {
        assert!(text.contains(from), "{from}");
        text = text.replacen(from, to, 1);
    }
    text + "\n[till]\nparent = \"workspace\"\nregistered = \"optional\"\n\n[till.actions]\n\"till.count\" = \"clerk\"\n"
}

/// A tenant on `depot`, its server, and the directory of their store and policy files.
pub(super) struct Depot {
    pub(super) dir: TempDir,
    pub(super) server: Server,
    pub(super) world: WireTenant,
}

impl Depot {
    /// The tenant on version 1, on a server that has these further policy files:
    ///
    /// - `ada`: boss, keeper of `s1`
    /// - `carl`: clerk, created and owns `s2`
    /// - `kim`: clerk, keeper of `s1`; `vera`: clerk, viewer of `s1`
    /// - `paul`: clerk, packer of the box `b1` in `s1`, viewer of `s1`
    /// - `lars`: clerk, locked
    /// - `nina@acme.test`: invited as a clerk
    pub(super) async fn with(others: &[&str]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        for (number, text) in [FIRST].iter().chain(others).enumerate() {
            fs::write(dir.path().join(format!("depot-{number}.toml")), text).unwrap();
        }
        let server = Self::start(&dir).await;
        let depot = tenant_on(FIRST).person("ada", "boss").people(&["carl", "kim", "vera", "paul", "lars"], "clerk");
        let depot = depot.resource("shelf:s1").by("carl").resource("shelf:s2").by("ada");
        let depot = depot
            .roles(&["ada", "kim"], "shelf:s1", "keeper")
            .roles(&["vera", "paul"], "shelf:s1", "viewer")
            .resource_in("box:b1", "shelf:s1")
            .resource_in("box:b2", "shelf:s2")
            .role("paul", "box:b1", "packer")
            .role("nina@acme.test", "workspace:", "clerk")
            .locked("lars");
        let world = depot.wire_on(&server.api().await).await;
        Self { dir, server, world }
    }

    /// A server on the store and the policy files of a directory.
    pub(super) async fn start(dir: &TempDir) -> Server {
        let policies = format!("policies.dir={}", dir.path().display());
        Server::start_with(dir.path(), &[&policies, "policies.poll=0"]).await
    }

    /// The version of the policy that the tenant runs.
    pub(super) async fn version(&self) -> u32 {
        let request = GetTenantRequest { tenant: "acme".into(), consistency: None };
        self.world.api.get_tenant(request).await.unwrap().tenant.unwrap().policy_version
    }
}

const PEOPLE: [&str; 7] = ["ada", "carl", "kim", "lars", "paul", "vera", "nina@acme.test"];
const RESOURCES: [&str; 5] = ["workspace", "shelf:s1", "shelf:s2", "box:b1", "box:b2"];

/// The actions that each of [`PEOPLE`] may do at each resource, by person and resource.
pub(super) async fn allowed_actions(world: &WireTenant) -> BTreeMap<(String, String), BTreeSet<String>> {
    let mut allowed = BTreeMap::new();
    // Whoever was invited by email has no record yet.
    let cards: Vec<String> = PEOPLE[..6].iter().map(|who| format!("card:{who}")).collect();
    for who in PEOPLE {
        for resource in RESOURCES.iter().copied().chain(cards.iter().map(String::as_str)) {
            let actions = world.actions(who, resource).await.into_iter().collect();
            allowed.insert((who.to_owned(), resource.to_owned()), actions);
        }
    }
    allowed
}
