//! How deep groups may be in groups, by one write after the other and by one alone.

use rollcall_engine::MAX_TEAM_DEPTH;
use tonic::Status;
use tonic_types::StatusExt as _;

use crate::support::{TestServer, WireTenant, Write, db::audited, fixture::tenant};

/// A drive in which `ada` keeps the groups `1`, `2` and so on, one more than a chain may have.
async fn start() -> (TestServer, WireTenant, Vec<String>) {
    let groups: Vec<String> = (1..=MAX_TEAM_DEPTH + 1).map(|number| format!("group:{number}")).collect();
    let drive = groups.iter().fold(tenant("folders").person("ada", "admin"), |drive, group| drive.resource(group));
    let (server, drive) = drive.wire().await;
    (server, drive, groups)
}

/// Each of the groups is put in the next, all in one write.
fn chained(drive: &WireTenant, groups: &[String]) -> Write {
    let nested: Vec<[&str; 3]> = groups.windows(2).map(|pair| [pair[0].as_str(), pair[1].as_str(), "person"]).collect();
    drive.invite_each("ada", &nested)
}

/// The grants of an `Invite` that an error refuses.
fn refused_grants(status: &Status) -> String {
    status.get_details_error_info().expect("every error has one").metadata["refused"].clone()
}

#[tokio::test]
async fn a_chain_of_groups_is_full_at_64() {
    let (server, drive, groups) = start().await;
    let (first, last, further) = (&groups[0], &groups[MAX_TEAM_DEPTH - 1], &groups[MAX_TEAM_DEPTH]);
    drive.allowed(chained(&drive, &groups[..MAX_TEAM_DEPTH])).await;
    let status = drive.refused(drive.invite("ada", further, first, "person"), "TEAMS_TOO_DEEP").await;
    assert!(status.message().contains("at most 64 deep"), "{}", status.message());
    drive.refused(drive.invite("ada", last, further, "person"), "TEAMS_TOO_DEEP").await;
    drive.refused(drive.invite("ada", last, first, "person"), "TEAM_CYCLE").await;
    // A branch beside the chain makes none that is longer.
    drive.allowed(drive.invite("ada", further, &groups[1], "person")).await;
    audited(server.dir.path(), "acme").await;
}

#[tokio::test]
async fn what_one_write_nests_counts_together() {
    let (server, drive, groups) = start().await;
    // Each of these would be allowed alone.
    let status = drive.refused(chained(&drive, &groups), "TEAMS_TOO_DEEP").await;
    assert!(refused_grants(&status).starts_with("0:0 1:0 2:0 "), "each grant of the chain is refused");
    assert!(status.message().ends_with("(and 63 more)"), "{}", status.message());
    let [one, two, three, four] = [0, 1, 2, 3].map(|group| groups[group].as_str());
    let beside = [three, four, "person"];
    let around = drive.invite_each("ada", &[[one, two, "person"], beside, [two, one, "person"]]);
    let status = drive.refused(around, "TEAM_CYCLE").await;
    assert_eq!(refused_grants(&status), "0:0 2:0");
    drive.allowed(drive.invite_each("ada", &[[one, two, "person"], beside])).await;
    audited(server.dir.path(), "acme").await;
}
