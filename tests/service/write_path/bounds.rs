//! Bounds of a tenant: how deep its resources are nested, and how many types its members have.

use rollcall::service::{CreateResource, MoveResource};
use rollcall_engine::{MAX_SUBJECT_TYPES, ResourceKey, Timestamp};

use crate::support::{
    clock::{self, ManualClock},
    fixture::{
        ServiceTenant,
        changes::{commit, member},
        tenant_on,
    },
    wire_tenant::OPERATOR,
};

const POLICY: &str = "edition = 1\npolicy = \"drive\"\nversion = 1\nroot = \"drive\"\n\
                      [drive]\ncreator_role = \"boss\"\n[drive.roles]\nboss = {}\nguest = {}\n\
                      [drive.actions]\n\"folder.create\" = \"boss\"\n\
                      [drive.members]\ninvite = [{ by = \"boss | operator\", to = [\"guest\"] }]\n\
                      [folder]\nparent = \"drive\"\nnested = true\n[folder.actions]\n\
                      \"folder.create\" = \"drive.boss\"\n\"folder.move\" = \"drive.boss\"\n";

fn folder(name: &str, level: usize) -> ResourceKey {
    ResourceKey::new("folder", format!("{name}-{level}"))
}

async fn create(drive: &ServiceTenant, name: &str, level: usize) -> Result<(), &'static str> {
    let parent = (level > 1).then(|| folder(name, level - 1));
    let create = CreateResource { resource: folder(name, level), parent, display_name: String::new() };
    drive.write("ada", create).await.map(drop)
}

#[tokio::test]
async fn a_tree_is_so_deep_and_no_deeper_by_whatever_write() {
    let drive = tenant_on(POLICY).named("acme").person("ada", "boss").service().await;
    for level in 1..=64 {
        create(&drive, "deep", level).await.expect("there is room");
    }
    assert_eq!(create(&drive, "deep", 65).await, Err("FIELD_INVALID"));
    for level in 1..=3 {
        create(&drive, "short", level).await.expect("there is room");
    }
    let put = |level| MoveResource { resource: folder("short", 1), parent: folder("deep", level), etag: String::new() };
    assert_eq!(drive.write("ada", put(62)).await.map(drop), Err("FIELD_INVALID"), "what is below it goes with it");
    drive.does("ada", put(61)).await;
}

#[tokio::test]
async fn members_are_of_so_many_types_and_no_more() {
    let (store, _dir) = clock::store().await;
    let drive = tenant_on(POLICY);
    let bots = (0..MAX_SUBJECT_TYPES - 2).map(|number| member(&format!("bot{number}:one")));
    let changes = drive.creation().into_iter().chain([member("ada")]).chain(bots);
    commit(&store, "acme", &changes.collect::<Vec<_>>()).await;
    let clock = std::sync::Arc::new(ManualClock::default());
    let service = std::sync::Arc::new(clock::service(&store, &clock, std::slice::from_ref(&drive.policy)).await);
    let tenant = ServiceTenant::of(&service, &clock, "acme");
    tenant.clock.set(Timestamp(1_795_676_400_000_000));
    // Whoever is invited is of a type of their own, the last for which there is room.
    let mut accepted = Vec::new();
    for who in ["bot0:two", "spider:one", "user:bo"] {
        let email = format!("{}@acme.test", who.replace(':', "."));
        let issued = tenant.invite(OPERATOR, &email, "drive", "guest", None).await;
        let Ok(Some(issued)) = issued else { panic!("an operator may not invite: {issued:?}") };
        accepted.push(tenant.accept(who, &email, issued.token.expose()).await.map(drop));
    }
    assert_eq!(accepted, [Ok(()), Err("FIELD_INVALID"), Ok(())]);
}
