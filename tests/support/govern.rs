use tonic::Status;
use tonic_types::StatusExt as _;

use super::{Answer, Stage, World, Write, code_of, error::reason_of};

impl World {
    /// Does a write that must be allowed: first as a question, which must give the same answer and change nothing.
    pub async fn allowed(&self, write: Write) -> Answer {
        match self.decided(write.clone()).await {
            Ok(answer) => answer,
            Err(status) => panic!("refused as {}: {write:?}\n{status:?}", reason_of(&status)),
        }
    }

    /// Tries a write that must be refused for one of the reasons, split by `/`: as a question and for real, with
    /// the same answer and nothing changed.
    pub async fn refused(&self, write: Write, reasons: &str) -> Status {
        match self.decided(write.clone()).await {
            Ok(answer) => panic!("allowed, and {reasons} expected: {write:?}\n{answer:?}"),
            Err(status) => {
                let reason = reason_of(&status);
                assert!(reasons.split('/').any(|wanted| wanted == reason), "{reason}, not {reasons}: {write:?}");
                assert_eq!(status.code(), code_of(&reason), "{status:?}");
                status
            }
        }
    }

    /// Does a write after asking for it, and holds both answers against each other and what they changed.
    pub async fn decided(&self, write: Write) -> Result<Answer, Status> {
        let before = self.sight().await;
        let dry = self.api.write(write.clone().dry()).await;
        assert_eq!(self.sight().await, before, "a dry run changes nothing: {write:?}");
        let real = self.api.write(write.clone()).await;
        match (&dry, &real) {
            (Ok(dry), Ok(real)) => {
                assert_eq!(dry.clone().settled(), real.clone().settled(), "a dry run answers as the write: {write:?}");
                assert_eq!(self.revision().await, real.revision(&self.tenant), "{write:?}");
                if let Answer::Invite(dry) = dry {
                    assert!(dry.results.iter().all(|result| result.invitation_token.is_empty()), "{dry:?}");
                }
                if let Answer::ResendInvitation(dry) = dry {
                    assert!(dry.invitation_token.is_empty(), "{dry:?}");
                }
            }
            (Err(dry), Err(real)) => {
                let told = |status: &Status| {
                    let details = status.get_error_details();
                    let info = details.error_info().cloned().map(|info| (info.reason, info.metadata));
                    let fields = details.bad_request().map(|bad| format!("{bad:?}"));
                    (status.code(), status.message().to_owned(), info, fields)
                };
                assert_eq!(told(dry), told(real), "a dry run is refused as the write: {write:?}");
                assert_eq!(self.sight().await, before, "a refused write changes nothing: {write:?}");
            }
            _ => panic!("a dry run and the write differ: {write:?}\n{dry:?}\n{real:?}"),
        }
        real
    }
}

/// What a cell of a [`matrix`] stands for: the reasons of a refusal, or none for what is allowed.
fn reasons(cell: &str) -> Option<String> {
    let name = |short: &str| match short {
        "permit" => "NOT_PERMITTED",
        "guard" => "MEMBER_PROTECTED",
        "norole" => "NO_ROLE_HERE",
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
    (cell != "ok").then(|| cell.split('/').map(name).collect::<Vec<_>>().join("/"))
}

/// Tries a write by every actor (the rows) on every target (the columns) of a table and holds the answer against
/// the cell. What is allowed happens in a furnished tenant that nothing has happened in.
pub async fn matrix(stage: &Stage, table: &str, write: impl Fn(&World, &str, &str) -> Write) {
    let mut lines = table.lines().map(str::split_whitespace).filter(|line| line.clone().next().is_some());
    let targets = lines.next().expect("a table has a head").collect::<Vec<_>>();
    let mut world = stage.world().await;
    for mut line in lines {
        let actor = line.next().expect("a row has an actor");
        let cells = line.collect::<Vec<_>>();
        assert_eq!(cells.len(), targets.len(), "the row of `{actor}` is whole");
        for (target, cell) in targets.iter().zip(cells) {
            let attempt = write(&world, actor, target);
            eprintln!("{actor} on {target}: {cell}");
            if let Some(reasons) = reasons(cell) {
                world.refused(attempt, &reasons).await;
            } else {
                world.allowed(attempt).await;
                world = stage.world().await;
            }
        }
    }
}
