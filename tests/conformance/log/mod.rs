//! The change log as it is read: page by page, and by what changes are about.

pub mod emails;
pub mod filters;
pub mod pages;

use rollcall::service::ports::{LogFilter, LogQuery};
use rollcall_engine::{Change, LoggedChange};

use crate::{
    changes::{
        granted, invitation, invitation_declined, invited, invited_subject, issued, member, member_added,
        member_with_email, renamed, resource_created, revoked, root, site, suppressed,
    },
    harness::Harness,
    model::grant,
};

/// The whole log, in order.
fn all() -> LogQuery<'static> {
    filtered(LogFilter::default())
}

/// What meets a filter, of the whole log and in order.
fn filtered(filter: LogFilter<'_>) -> LogQuery<'_> {
    LogQuery { filter, revisions: LogQuery::ALL, after: None, newest_first: false, limit: 1000 }
}

async fn read(harness: &Harness, query: &LogQuery<'_>) -> Vec<LoggedChange> {
    harness.snapshot().await.log(query).await.unwrap()
}

/// Writes a log of six revisions, at 7, 10, 10, 20, 30 and 40, about several people, resources and addresses.
async fn seed(harness: &Harness) {
    let (bo, cy) = (member("bo", "Bo"), member_with_email("cy", "Cy", "cy@x.y"));
    let guest = invitation("i1", "guest@x.y");
    let first = [
        member_added(&bo),
        granted("bo", &root(), "admin"),
        resource_created(&site("s1"), None),
        resource_created(&site("S1"), Some(bo.subject.clone())),
    ];
    harness.write_at(10, &first).await;
    harness.write_at(10, &[member_added(&cy), granted("cy", &site("s1"), "editor")]).await;
    let invite = [
        member_added(&invited("i1", "guest@x.y")),
        Change::granted(&invited_subject("i1"), &grant(&site("s1"), "viewer")),
        issued(&guest),
    ];
    harness.write_at(20, &invite).await;
    let second = [renamed(&cy, "Cyd"), suppressed("bad@x.y", "bounced"), revoked("cy", &site("s1"), "editor")];
    harness.write_at(30, &second).await;
    let last = [
        invitation_declined(&guest),
        Change::revoked(&invited_subject("i1"), &grant(&site("s1"), "viewer")),
        Change::MemberRemoved { member: invited("i1", "guest@x.y") },
        Change::AddressCleared { email: "bad@x.y".into() },
    ];
    harness.write_at(40, &last).await;
}
