//! From the email by which a request names somebody to the subject that has it.

use rollcall_engine::{Subject, kind};

use crate::service::{error::Result, ports::Snapshot};

/// Makes a subject of type `email` the member who has the address, invited or not. It stays as it is where nobody has.
pub(crate) async fn resolve(snapshot: &mut dyn Snapshot, subject: &mut Subject) -> Result<()> {
    if subject.kind == kind::EMAIL
        && let Some(member) = snapshot.subject_of_email(&subject.id).await?
    {
        *subject = member;
    }
    Ok(())
}
