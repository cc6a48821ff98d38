//! Writes that are sent as a dry run first, one by one or for every actor and target of a table: both must be answered
//! alike, and a dry run and a refused write must change nothing.

use tonic::Status;
use tonic_types::StatusExt as _;

use super::{Answer, TestServer, WireTenant, Write, code_of, error::reason_of, observation::Observer};

impl WireTenant {
    /// Sends a write that must be allowed: first as a dry run, which must get the same response and change nothing.
    pub async fn allowed(&self, write: Write) -> Answer {
        match self.decided(write.clone()).await {
            Ok(answer) => answer,
            Err(status) => panic!("refused as {}: {write:?}\n{status:?}", reason_of(&status)),
        }
    }

    /// Sends a write that must be refused for one of the reasons, which `/` separates: as a dry run and for real, with
    /// the same error and nothing changed.
    pub async fn refused(&self, write: Write, reasons: &str) -> Status {
        let before = self.observed_state().await;
        let status = self.refused_by_the_tables(write.clone(), reasons).await;
        assert_eq!(self.observed_state().await, before, "the API shows nothing of a refused write: {write:?}");
        status
    }

    /// As [`WireTenant::refused`], without a look at what the API shows.
    async fn refused_by_the_tables(&self, write: Write, reasons: &str) -> Status {
        match self.decided(write.clone()).await {
            Ok(answer) => panic!("allowed, and {reasons} expected: {write:?}\n{answer:?}"),
            Err(status) => {
                let reason = reason_of(&status);
                assert!(reasons.split('/').any(|expected| expected == reason), "{reason}, not {reasons}: {write:?}");
                assert_eq!(status.code(), code_of(&reason), "{status:?}");
                status
            }
        }
    }

    /// Sends a write after its dry run, and compares the two responses and what each of them changed, by the tables if
    /// the test has the store at hand.
    pub async fn decided(&self, write: Write) -> Result<Answer, Status> {
        let observer = Observer::of(self).await;
        let before = observer.observe().await;
        let dry = self.api.write(write.clone().dry()).await;
        let after = observer.observe().await;
        assert_eq!(after.changes_since(&before), [""; 0], "a dry run changes nothing: {write:?}");
        let real = self.api.write(write.clone()).await;
        let after = observer.observe().await;
        observer.close().await;
        match (&dry, &real) {
            (Ok(dry), Ok(real)) => {
                assert_eq!(dry.clone().settled(), real.clone().settled(), "a dry run answers as the write: {write:?}");
                assert_eq!(self.revision().await, real.revision(), "{write:?}");
                assert_eq!(after.revision(), real.revision(), "{write:?}");
                if let Answer::Invite(dry) = dry {
                    assert!(dry.results.iter().all(|result| result.invitation_token.is_empty()), "{dry:?}");
                }
                if let Answer::ResendInvitation(dry) = dry {
                    assert!(dry.invitation_token.is_empty(), "{dry:?}");
                }
            }
            (Err(dry), Err(real)) => {
                let error_parts = |status: &Status| {
                    let details = status.get_error_details();
                    let info = details.error_info().cloned().map(|info| (info.reason, info.metadata));
                    let fields = details.bad_request().map(|bad| format!("{bad:?}"));
                    (status.code(), status.message().to_owned(), info, fields)
                };
                assert_eq!(error_parts(dry), error_parts(real), "a dry run is refused as the write: {write:?}");
                assert_eq!(after.changes_since(&before), [""; 0], "a refused write changes nothing: {write:?}");
            }
            _ => panic!("a dry run and the write differ: {write:?}\n{dry:?}\n{real:?}"),
        }
        real
    }
}

/// The reasons of a refusal, separated by `/`, that a cell of a [`matrix`] abbreviates.
fn reasons(cell: &str) -> String {
    let name = |short: &str| match short {
        "permit" => "NOT_PERMITTED",
        "guard" => "MEMBER_PROTECTED",
        "norole" => "ROLE_NOT_BOUND",
        "absent" => "MEMBER_NOT_FOUND",
        "has" => "ALREADY_A_MEMBER",
        "same" => "ROLE_UNCHANGED",
        "relock" => "ALREADY_LOCKED",
        "unlocked" => "NOT_LOCKED",
        "outside" => "ACTOR_NOT_A_MEMBER",
        "locked" => "ACTOR_LOCKED",
        "invited" => "ACTOR_INVITED",
        other => panic!("`{other}` is no cell"),
    };
    cell.split('/').map(name).collect::<Vec<_>>().join("/")
}

/// Sends a write by every actor (the rows) on every target (the columns) of a table, and compares the outcome with the
/// cell: `ok`, or abbreviated reasons. Each allowed write has a seeded tenant of its own; the refused ones of a row
/// share one, which the API must show unchanged after them.
pub async fn matrix(server: &TestServer, table: &str, write: impl Fn(&WireTenant, &str, &str) -> Write) {
    let mut lines = table.lines().map(str::split_whitespace).filter(|line| line.clone().next().is_some());
    let targets = lines.next().expect("a table has a head").collect::<Vec<_>>();
    let mut tenant = server.tenant().await;
    for mut line in lines {
        let actor = line.next().expect("a row has an actor");
        let cells = line.collect::<Vec<_>>();
        assert_eq!(cells.len(), targets.len(), "the row of `{actor}` is whole");
        let (allowed, refused) = targets.iter().zip(cells).partition::<Vec<_>, _>(|(_, cell)| *cell == "ok");
        let before = tenant.observed_state().await;
        for (target, cell) in refused {
            eprintln!("{actor} on {target}: {cell}");
            tenant.refused_by_the_tables(write(&tenant, actor, target), &reasons(cell)).await;
        }
        assert_eq!(tenant.observed_state().await, before, "what `{actor}` was refused leaves nothing");
        for (target, _) in allowed {
            eprintln!("{actor} on {target}: ok");
            tenant.allowed(write(&tenant, actor, target)).await;
            tenant = server.tenant().await;
        }
    }
}
