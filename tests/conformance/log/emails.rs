//! The log about an email: about whoever has it, everybody who was invited by it, and its suppression.

use rollcall::service::ports::LogFilter;
use rollcall_engine::{Change, Subject};

use super::{filtered, read, seed};
use crate::{
    changes::{
        granted, invitation, invited, invited_subject, issued, member_added, member_with_email, root, suppressed,
    },
    harness::Harness,
};

conformance! {
    a_log_about_an_email_is_about_all_who_had_to_do_with_it:
        "LogFilter::subject: One of type `email` stands for whoever has the address, for everybody who was invited by \
         it, and for its suppression.";
}

/// The kinds of the changes about an email, each with the id of the subject that it is about.
async fn about(harness: &Harness, email: &str) -> Vec<(String, Option<String>)> {
    let subject = Subject::email(email);
    let filter = LogFilter { subject: Some(subject.as_ref()), ..LogFilter::default() };
    let found = read(harness, &filtered(filter)).await;
    let id = |change: &Change| change.subject().map(|subject| subject.id.clone());
    found.iter().map(|logged| (logged.change.kind().to_owned(), id(&logged.change))).collect()
}

async fn a_log_about_an_email_is_about_all_who_had_to_do_with_it(harness: &Harness) {
    seed(harness).await;
    // Invited a second time, and then the email of a member who is there already.
    harness.write(&[member_added(&invited("i2", "guest@x.y")), issued(&invitation("i2", "guest@x.y"))]).await;
    let by_invitation =
        Change::InvitationRevoked { id: "i2".into(), member: invited_subject("i2"), email: "guest@x.y".into() };
    let removed = Change::MemberRemoved { member: invited("i2", "guest@x.y") };
    harness.write(&[by_invitation, removed, suppressed("guest@x.y", "bounced")]).await;
    harness.write(&[member_added(&member_with_email("ed", "Ed", "guest@x.y")), granted("ed", &root(), "user")]).await;

    let [first, second, ed] = [invited_subject("i1").id, invited_subject("i2").id, "ed".to_owned()].map(Some);
    let expected = [
        ("member_added", &first),
        ("role_granted", &first),
        ("invitation_issued", &first),
        ("invitation_declined", &first),
        ("role_revoked", &first),
        ("member_removed", &first),
        ("member_added", &second),
        ("invitation_issued", &second),
        ("invitation_revoked", &second),
        ("member_removed", &second),
        ("address_suppressed", &None),
        ("member_added", &ed),
        ("role_granted", &ed),
    ];
    let expected = expected.map(|(kind, id)| (kind.to_owned(), id.clone()));
    assert_eq!(about(harness, "guest@x.y").await, expected);
    let expected = ["address_suppressed", "address_cleared"].map(|kind| (kind.to_owned(), None));
    assert_eq!(about(harness, "bad@x.y").await, expected);
    assert_eq!(about(harness, "Guest@x.y").await, [], "in its normalised form only");
    assert_eq!(about(harness, "nobody@x.y").await, []);
}
