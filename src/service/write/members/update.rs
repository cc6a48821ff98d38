//! Changes of a member's profile, whose email, username and phone number are unique in the tenant.

use async_trait::async_trait;
use rollcall_engine::{Change, Member, MemberStatus, MembershipWrite, Profile, Subject, WriteKind};

use crate::service::{
    error::{Error, ErrorKind, Result},
    input::unverified,
    ports::MemberBy,
    write::engine::{
        answers::MemberAnswer,
        context::WriteContext,
        plan::{Plan, Write},
    },
};

/// Replaces a member's profile. Permitted by the root type's `update` rules.
#[derive(Clone, Debug)]
pub struct UpdateMember {
    /// The member, who must exist (`MEMBER_NOT_FOUND`).
    pub member: Subject,
    /// The whole new profile, normalised: a field that is left out is cleared. Identifiers must be free
    /// (`IDENTIFIER_TAKEN`), and an invited member's email can't change.
    pub profile: Profile,
    /// Whether the caller has verified that the email is the member's. A new one must be.
    pub is_email_verified: bool,
    /// The member's etag as the caller read it; an outdated one is refused with `ETAG_MISMATCH`. Empty: not compared.
    pub etag: String,
}

#[async_trait]
impl Write for UpdateMember {
    type Answer = MemberAnswer;

    fn subjects(&mut self) -> Vec<&mut Subject> {
        vec![&mut self.member]
    }

    async fn plan(&self, context: &mut WriteContext<'_>) -> Result<Plan<MemberAnswer>> {
        let record = context.member(&self.member).await?;
        let permitted = context.permit(context.root()?, &self.member, MembershipWrite::plain(WriteKind::Update))?;
        context.check_member_etag(&record, &self.etag)?;
        self.check_verified(&record.member)?;
        if record.member.profile == self.profile {
            let message = format!("the profile of `{}` is like this already", self.member);
            let error = Error::new(ErrorKind::FailedPrecondition, "PROFILE_UNCHANGED", message);
            return Err(error.with("member", self.member.to_string()));
        }
        if record.member.status == MemberStatus::Invited && record.member.profile.email != self.profile.email {
            let description = "is what the invitation is bound to; invite the other email, and remove this member";
            return Err(Error::field("FIELD_INVALID", "profile.emails[0].email", description));
        }
        let owner = Some(&self.member);
        if let Some(email) = &self.profile.email {
            context.check_identifier_free(MemberBy::Email(email), "profile.emails[0].email", owner).await?;
        }
        if let Some(username) = &self.profile.username {
            context.check_identifier_free(MemberBy::Username(username), "profile.username", owner).await?;
        }
        if let Some(phone) = &self.profile.phone {
            context.check_identifier_free(MemberBy::Phone(phone), "profile.phone", owner).await?;
        }
        let member = Member { profile: self.profile.clone(), ..record.member.clone() };
        let change = Change::updated(&record.member, member.clone());
        Ok(Plan::by(&permitted.rule, [change], context.member_answer(member)))
    }
}

impl UpdateMember {
    /// Refuses a new email that is not verified, and another mark of the present one: who is invited verifies it by
    /// accepting, and who is a member has.
    fn check_verified(&self, member: &Member) -> Result<()> {
        let is_invited = member.status == MemberStatus::Invited;
        if self.profile.email.is_none() || self.is_email_verified != is_invited {
            return Ok(());
        }
        if !is_invited {
            return Err(unverified("profile.emails[0]"));
        }
        let description = "is true, and the address of somebody invited is verified by accepting; send false";
        Err(Error::field("FIELD_NOT_SUPPORTED", "profile.emails[0].verified", description))
    }
}
