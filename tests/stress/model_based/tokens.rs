//! The tokens that a run was given, as an application that sends the invitations has them.

use rollcall::proto;

use crate::support::Answer;

/// The tokens of invitations in the order of issue, each with the id of its invitation.
#[derive(Default)]
pub struct Tokens(pub Vec<(String, String)>);

impl Tokens {
    /// Keeps the tokens of a response.
    pub fn learn(&mut self, answer: &Answer) {
        match answer {
            Answer::Invite(answer) => {
                for result in &answer.results {
                    self.keep(&result.invitation_token, result.invitation.as_ref());
                }
            }
            Answer::ResendInvitation(answer) => self.keep(&answer.invitation_token, answer.invitation.as_ref()),
            _ => {}
        }
    }

    fn keep(&mut self, token: &str, invitation: Option<&proto::Invitation>) {
        self.0.extend(invitation.map(|invitation| (token.to_owned(), invitation.id.clone())));
    }

    /// The invitation that a token opens: a newer one of the same invitation makes it worthless.
    pub fn opens(&self, token: &str) -> Option<String> {
        let (_, id) = self.0.iter().find(|(issued, _)| issued == token)?;
        let newest = self.0.iter().rfind(|(_, issued_for)| issued_for == id)?;
        (newest.0 == token).then(|| id.clone())
    }
}
