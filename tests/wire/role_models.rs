//! Role models that `lumicon` does not have, over gRPC: several roles at one resource, and folders in folders.

use std::fs;

use rollcall::proto::{ChangeRoleRequest, ListMembersRequest, ListResourcesRequest};

use crate::support::{
    TestServer, Write, expect_error,
    fixture::{tenant, tenant_on},
    reads::name,
    subject,
};

#[tokio::test]
async fn a_member_holds_an_office_beside_the_usual() {
    let (_server, club) = tenant("club").person("cleo", "chair").person("tom", "member").wire().await;
    club.does(club.invite("cleo", "tom@acme.test", "club:", "treasurer")).await;
    assert!(club.may("tom", "minutes.read", "club:").await && club.may("tom", "till.open", "club:").await);

    let change = |from: &str| {
        let Write::ChangeRole(change) = club.change("cleo", "tom", "club:", "chair") else { unreachable!() };
        ChangeRoleRequest { from_role: from.into(), ..change }
    };
    assert_eq!(club.tried(change("")).await.unwrap_err(), "ROLE_AMBIGUOUS");
    assert_eq!(club.tried(change("chair")).await.unwrap_err(), "ROLE_NOT_BOUND");
    assert_eq!(club.tried(change("tresurer")).await.unwrap_err(), "UNKNOWN_ROLE");
    club.does(change("member")).await;
    assert!(club.may("tom", "room.create", "club:").await && club.may("tom", "till.open", "club:").await);

    club.does(club.demote("tom", "tom", "club:", "treasurer")).await;
    assert!(!club.may("tom", "till.open", "club:").await, "the office is laid down");
    assert!(club.may("tom", "minutes.read", "club:").await, "and nothing else");
}

#[tokio::test]
async fn a_role_reaches_down_where_it_says_so() {
    let drive = tenant("folders").person("cleo", "admin").resource("folder:plans");
    let drive = drive.resource_in("folder:drafts", "folder:plans").resource_in("folder:old", "folder:drafts");
    let drive = drive.joined("vera", "folder:plans", "viewer").joined("paul", "folder:plans", "poster");
    let (_server, drive) = drive.wire().await;
    for folder in ["plans", "drafts", "old"] {
        let resource = format!("folder:{folder}");
        assert!(drive.may("vera", "folder.list", &resource).await, "{folder}");
        assert_eq!(drive.may("paul", "folder.list", &resource).await, folder == "plans", "{folder}");
    }

    let list = |who: &str| ListResourcesRequest {
        tenant: drive.tenant.clone(),
        subject: Some(subject(who)),
        action: "folder.list".into(),
        resource_type: "folder".into(),
        ..ListResourcesRequest::default()
    };
    for (who, expected) in [("vera", vec!["drafts", "old", "plans"]), ("paul", vec!["plans"])] {
        let found = drive.api.list_resources(list(who)).await.expect("well formed").resources;
        assert_eq!(found.into_iter().map(|resource| resource.id).collect::<Vec<_>>(), expected, "{who}");
    }

    let listed = drive.names(drive.members_at("folder:old")).await;
    assert_eq!(listed, ["cleo", "vera"], "a poster of a folder above is nobody here");
}

/// Folders whose proprietors are sharers, and only a sharer's role reaches down.
const SHARED: &str = r#"
edition = 1
policy = "shared"
version = 1
root = "drive"

[drive]
creator_role = "admin"
[drive.roles]
admin  = {}
member = {}
[drive.actions]
"folder.create" = "admin"

[folder]
parent = "drive"
nested = true
[folder.roles]
proprietor = { implies = ["sharer"] }
sharer     = { reaches_down = true }
[folder.actions]
"folder.create" = "drive.admin"
"folder.own"    = "proprietor"
"folder.share"  = "sharer"
[folder.members]
joins_as = "member"
invite   = [{ by = "drive.admin", to = ["proprietor", "sharer"] }]
"#;

#[tokio::test]
async fn a_role_reaches_down_though_another_one_implies_it() {
    let policies = tempfile::tempdir().expect("there is room");
    fs::write(policies.path().join("shared.toml"), SHARED).expect("there is room");
    let server = TestServer::with(&[&format!("policies.dir={}", policies.path().display())]).await;
    let drive = tenant_on(SHARED).person("cleo", "admin").resource("folder:plans");
    let drive = drive.resource_in("folder:drafts", "folder:plans").joined("paul", "folder:plans", "proprietor");
    let drive = drive.joined("sue", "folder:plans", "sharer").wire_on(&server.api).await;
    assert!(drive.may("paul", "folder.own", "folder:plans").await);
    assert!(!drive.may("paul", "folder.own", "folder:drafts").await);
    for who in ["paul", "sue"] {
        assert!(drive.may(who, "folder.share", "folder:drafts").await, "{who}");
    }

    let listed = drive.list(drive.members_at("folder:drafts")).await;
    let roles = listed.iter().flat_map(|listed| {
        listed.memberships.iter().map(move |role| (name(listed), role.role.as_str(), role.implied_by.as_str()))
    });
    let expected = [("paul".to_owned(), "folder.sharer", "folder.proprietor"), ("sue".to_owned(), "folder.sharer", "")];
    assert_eq!(roles.collect::<Vec<_>>(), expected);
    for (at, expected) in [("folder:plans", &["paul"][..]), ("folder:drafts", &[])] {
        let proprietors = ListMembersRequest { roles: vec!["proprietor".into()], ..drive.members_at(at) };
        assert_eq!(drive.names(proprietors).await, expected, "{at}");
    }
}

#[tokio::test]
async fn folders_in_folders_go_along_to_another_version() {
    let policies = tempfile::tempdir().expect("there is room");
    let first = include_str!("../policy/models/folders.toml");
    let second = first.replacen("version = 1", "version = 2", 1);
    let flat = first.replacen("version = 1", "version = 3", 1).replace(", reaches_down = true", "");
    let flat = flat.replace("nested       = true\n", "");
    for (name, text) in [("first", first), ("second", second.as_str()), ("flat", flat.as_str())] {
        fs::write(policies.path().join(format!("{name}.toml")), text).expect("there is room");
    }
    let server = TestServer::with(&[&format!("policies.dir={}", policies.path().display())]).await;
    let drive = tenant_on(first).person("cleo", "admin").resource("folder:plans");
    let drive = drive.resource_in("folder:drafts", "folder:plans").wire_on(&server.api).await;
    drive.does(drive.set_policy(2)).await;
    assert!(drive.may("cleo", "folder.list", "folder:drafts").await);
    let refused = drive.tried(drive.set_policy(3)).await;
    assert_eq!(refused.unwrap_err(), "POLICY_INCOMPATIBLE", "it has no folders in folders");
}

#[tokio::test]
async fn a_folder_goes_where_folders_go() {
    let (_server, drive) = tenant("folders").person("cleo", "admin").wire().await;
    let reason = async |write: Write| drive.tried(write).await.unwrap_err();
    assert_eq!(reason(drive.create("cleo", "document:new", "drive:")).await, "FIELD_INVALID");
    assert_eq!(reason(drive.create_resource("cleo", "document:new", None)).await, "FIELD_REQUIRED");
    assert_eq!(reason(drive.create("cleo", "folder:new", "folder:nowhere")).await, "RESOURCE_NOT_FOUND");
    let itself = drive.api.write(drive.create("cleo", "folder:new", "folder:new")).await;
    let metadata = expect_error(itself, tonic::Code::NotFound, "RESOURCE_NOT_FOUND");
    assert_eq!(metadata["field"], "parent", "a folder is not below itself");
}
