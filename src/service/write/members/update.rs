use async_trait::async_trait;
use rollcall_engine::{Change, Member, MemberStatus, MembershipWrite, Profile, Subject, WriteKind};

use crate::service::{
    error::{Error, ErrorKind, Result},
    ports::MemberBy,
    write::engine::{
        answers::MemberAnswer,
        context::WriteContext,
        run::{Plan, Write},
    },
};

/// Changes a member's profile.
#[derive(Clone, Debug)]
pub struct UpdateMember {
    /// Whose.
    pub member: Subject,
    /// The profile as it is to be, whole.
    pub profile: Profile,
    /// The etag that the caller read, or empty.
    pub etag: String,
}

#[async_trait]
impl Write for UpdateMember {
    type Answer = MemberAnswer;

    async fn plan(&self, session: &mut WriteContext<'_>) -> Result<Plan<MemberAnswer>> {
        let record = session.member(&self.member).await?;
        let allowed = session.permit(session.root()?, &self.member, MembershipWrite::plain(WriteKind::Update))?;
        session.unchanged(&record, &self.etag)?;
        if record.member.profile == self.profile {
            let message = format!("the profile of `{}` is like this already", self.member);
            let error = Error::new(ErrorKind::FailedPrecondition, "PROFILE_UNCHANGED", message);
            return Err(error.with("member", self.member.to_string()));
        }
        if record.member.status == MemberStatus::Invited && record.member.profile.email != self.profile.email {
            let description = "is what the invitation is bound to; invite the other email, and remove this member";
            return Err(Error::field("FIELD_INVALID", "profile.email", description));
        }
        let owner = Some(&self.member);
        if let Some(email) = &self.profile.email {
            session.check_identifier_free(MemberBy::Email(email), "profile.email", owner).await?;
        }
        if let Some(username) = &self.profile.username {
            session.check_identifier_free(MemberBy::Username(username), "profile.username", owner).await?;
        }
        if let Some(phone) = &self.profile.phone {
            session.check_identifier_free(MemberBy::Phone(phone), "profile.phone", owner).await?;
        }
        let member = Member { profile: self.profile.clone(), ..record.member.clone() };
        let changes = vec![Change::MemberUpdated { before: record.member, member: member.clone() }];
        Ok(Plan { changes, rule: allowed.rule, answer: session.answer(member) })
    }
}
