//! Roles that are assigned to teams, to everybody, and until an end.

mod accepting;
mod driver;
mod expiry;
mod last_holder;
mod nested_teams;
mod outlasting;
mod team_depth;
mod team_filter;

use rollcall::proto::Reason;

use self::driver::{explained, join, listed, start, through_teams};
use crate::support::{TestServer, WireTenant, Write, db::audited, subject};

#[tokio::test]
async fn a_team_holds_roles_for_whoever_belongs_to_it() {
    let (_server, drive) = start(&[]).await;
    assert!(!drive.may("carl", "folder.list", "folder:plans").await);
    drive.does(drive.invite("ada", "group:crew", "folder:plans", "viewer")).await;
    let answer = explained(&drive, "carl", "folder.list", "folder:plans").await;
    let explanation = answer.explanation.unwrap();
    assert!(answer.allowed && explanation.summary.contains("through `group:crew`"), "{}", explanation.summary);
    let decisive = explanation.effective_roles.iter().find(|role| role.decisive).unwrap();
    assert_eq!(decisive.through.as_ref().unwrap().id, "crew");
    assert!(!drive.may("omar", "folder.list", "folder:plans").await);
    assert!(!drive.may("carl", "folder.rename", "folder:plans").await);
    let lines = listed(&drive, "folder:plans").await;
    assert_eq!(lines[1..], ["carl: folder.viewer by crew", "crew: folder.viewer", "gwen: folder.viewer by crew"]);
    assert!(lines[0].starts_with("ada: folder.editor, "), "{lines:?}");
    let own = listed(&drive, "drive:").await;
    assert!(!own.iter().any(|line| line.starts_with("crew")), "who belongs to the tenant are people: {own:?}");

    drive.does(drive.remove("carl", "carl", "group:crew")).await;
    assert!(!drive.may("carl", "folder.list", "folder:plans").await, "who leaves the team loses its roles");
    assert!(drive.may("gwen", "folder.list", "folder:plans").await);
    drive.does(drive.remove("ada", "group:crew", "folder:plans")).await;
    assert!(!drive.may("gwen", "folder.list", "folder:plans").await, "and all do with the team's role");
}

#[tokio::test]
async fn teams_in_teams_pass_their_roles_on_and_make_no_circle() {
    let (server, drive) = start(&[]).await;
    drive.does(drive.invite("ada", "group:crew", "folder:plans", "editor")).await;
    drive.does(drive.invite("ada", "omar", "group:night", "person")).await;
    assert!(!drive.may("omar", "folder.rename", "folder:plans").await);
    drive.does(drive.invite("gwen", "group:night", "group:crew", "person")).await;
    assert!(drive.may("omar", "folder.rename", "folder:plans").await);
    assert!(
        listed(&drive, "folder:plans").await.contains(&"omar: folder.editor by crew, folder.viewer by crew".into())
    );
    assert_eq!(through_teams(&drive, "omar").await, ["crew: folder.editor at plans", "night: group.person at crew"]);
    assert_eq!(through_teams(&drive, "gwen").await, ["crew: folder.editor at plans"]);
    join(&drive, "zoe").await;
    assert_eq!(through_teams(&drive, "zoe").await, Vec::<String>::new());
    for at in ["group:night", "group:crew"] {
        let refused = drive.tried(drive.invite("ada", "group:crew", at, "person")).await;
        assert_eq!(refused, Err("TEAM_CYCLE".into()), "{at}");
    }
    let refused = drive.tried(drive.invite("ada", "group:crew", "folder:plans", "poster")).await;
    assert_eq!(refused, Err("SUBJECT_NOT_ELIGIBLE".into()));
    let refused = drive.tried(drive.invite("group:crew", "omar", "folder:plans", "viewer")).await;
    assert_eq!(refused, Err("ACTOR_NOT_A_MEMBER".into()), "a team acts through its members only");
    drive.does(drive.remove("gwen", "group:night", "group:crew")).await;
    assert!(!drive.may("omar", "folder.rename", "folder:plans").await);

    // The same from the store, after a new start.
    drive.does(drive.invite("gwen", "group:night", "group:crew", "person")).await;
    let TestServer { server, dir, .. } = server;
    server.terminate().await;
    audited(dir.path(), "acme").await;
    let server = TestServer::over(dir, &[&driver::drive().policies()]).await;
    let drive = WireTenant { api: server.api.clone(), ..drive };
    assert!(drive.may("omar", "folder.rename", "folder:plans").await);
}

#[tokio::test]
async fn what_is_published_is_everybodys() {
    let (server, drive) = start(&[]).await;
    let refused = drive.tried(drive.invite("omar", "user:*", "folder:plans", "viewer")).await;
    assert_eq!(refused, Err("NOT_PERMITTED".into()));
    let refused = drive.tried(drive.invite("ada", "user:*", "folder:plans", "editor")).await;
    assert_eq!(refused, Err("NOT_PERMITTED".into()));
    assert_eq!(drive.check("stranger", "folder.list", "folder:plans").await.1, Reason::NotAMember);
    drive.does(drive.invite("ada", "user:*", "folder:plans", "viewer")).await;
    for reader in ["stranger", "omar", "carl"] {
        let answer = explained(&drive, reader, "folder.list", "folder:plans").await;
        assert!(answer.allowed && answer.explanation.unwrap().summary.contains("through `user:*`"));
        assert!(!drive.may(reader, "folder.rename", "folder:plans").await);
    }
    assert!(drive.may("user:*", "folder.list", "folder:plans").await);
    assert!(
        drive.may("omar", "folder.create", "drive:").await && !drive.may("user:*", "folder.create", "drive:").await
    );
    assert!(!drive.may("service:indexer", "folder.list", "folder:plans").await, "everybody of one type is not all");
    assert!(!drive.may("stranger", "folder.create", "drive:acme").await, "what any member may is not public");
    let twice = drive.tried(drive.invite("ada", "user:*", "folder:plans", "viewer")).await;
    assert_eq!(twice, Err("ALREADY_A_MEMBER".into()));
    let change = drive.change("ada", "user:*", "folder:plans", "editor");
    assert_eq!(drive.tried(change).await, Err("SUBJECT_NOT_ELIGIBLE".into()));
    drive.does(drive.remove("ada", "user:*", "folder:plans")).await;
    assert!(!drive.may("stranger", "folder.list", "folder:plans").await);
    audited(server.dir.path(), "acme").await;
}

#[tokio::test]
async fn no_tenant_begins_with_a_team_or_with_everybody() {
    let server = TestServer::with(&[&driver::drive().policies()]).await;
    let tenant = WireTenant { api: server.api.clone(), tenant: "acme".into() };
    for first in ["user:*", "group:crew"] {
        let Write::CreateTenant(mut request) = tenant.create_tenant_on(("folders", 0), "ada") else { unreachable!() };
        request.first_member = Some(subject(first));
        let refused = tenant.tried(request).await;
        assert_eq!(refused, Err("FIELD_INVALID".into()), "{first}");
    }
}
