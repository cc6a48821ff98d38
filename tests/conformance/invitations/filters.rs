//! The filters of a list of invitations: each leaves those that meet it, and several those that meet all.

use rollcall::service::ports::InvitationQuery;
use rollcall_engine::{Change, Invitation, InvitationStatus, ResourceRef, Subject, SubjectRef, kind};

use super::{all, ids, list};
use crate::{
    changes::{
        invitation, invitation_declined, invitation_expired, invited, invited_subject, issued, member_added,
        resource_created, root, site,
    },
    harness::Harness,
    model::grant,
};

conformance! {
    each_filter_leaves_the_invitations_that_meet_it:
        "InvitationQuery: Which invitations to list; those that meet every condition.",
        "InvitationQuery::statuses: Only those with one of these statuses.",
        "InvitationQuery::statuses: Empty: all.",
        "InvitationQuery::email: Only those to this normalised email; none: to any.",
        "InvitationQuery::inviter: Only those by this inviter; none: by any.",
        "InvitationQuery::resource: None: all.",
        "InvitationQuery::text: Only those whose email, or while they are open the display name of whose invited \
         member, contains this, which is in lower case.",
        "InvitationQuery::text: Empty: all.";
    invitations_are_those_to_the_very_resource:
        "InvitationQuery::resource: Only open ones whose invited member holds a role at this very resource, and not \
         above or below it.",
        "InvitationQuery::resource: None: all.";
    invitations_are_listed_with_what_is_known_of_them:
        "Snapshot::list_invitations: A page of invitations, at most `query.limit` of them in the order of \
         `query.order`.",
        "InvitationRecord: An invitation as the store has it, with what its invited member is called and holds.";
    a_list_of_invitations_returns_no_more_than_its_limit:
        "Snapshot::list_invitations: A page of invitations, at most `query.limit` of them in the order of \
         `query.order`.",
        "InvitationQuery::limit: The most invitations to return; 0 returns none.";
}

/// Writes four invitations: `i1` is pending, `i2` too and by another inviter, `i3` has expired, `i4` was declined.
async fn seed(harness: &Harness) {
    let mut changes = vec![resource_created(&site("s1"), None), resource_created(&site("s2"), None)];
    let emails = ["anna@x.y", "bert_1@x.y", "ÇELIK@x.y", "anna@z.y"];
    let sent = ["i1", "i2", "i3", "i4"].into_iter().zip(emails).map(|(id, email)| invitation(id, email));
    let mut sent: Vec<Invitation> = sent.collect();
    sent[1].inviter = Subject::user("bo");
    for sent in &sent {
        changes.extend([member_added(&invited(&sent.id, &sent.email)), issued(sent)]);
    }
    for (id, resource) in [("i1", root()), ("i2", site("s1")), ("i2", root()), ("i3", site("s2")), ("i4", site("s1"))] {
        changes.push(Change::granted(&invited_subject(id), &grant(&resource, "viewer")));
    }
    harness.write(&changes).await;
    harness.write(&[invitation_expired(&sent[2]), invitation_declined(&sent[3])]).await;
}

async fn each_filter_leaves_the_invitations_that_meet_it(harness: &Harness) {
    use InvitationStatus::{Accepted, Declined, Expired, Pending};
    seed(harness).await;
    let statuses = |statuses: &[InvitationStatus]| InvitationQuery { statuses: statuses.to_vec(), ..all() };
    let text = |text: &str| InvitationQuery { text: text.into(), ..all() };
    let inviter = |id| InvitationQuery { inviter: Some(SubjectRef { kind: kind::USER, id }), ..all() };
    let email = |email| InvitationQuery { email: Some(email), ..all() };
    for (query, expected) in [
        (all(), vec!["i4", "i3", "i2", "i1"]),
        (statuses(&[Pending]), vec!["i2", "i1"]),
        (statuses(&[Declined, Expired]), vec!["i4", "i3"]),
        (statuses(&[Accepted]), vec![]),
        (email("anna@x.y"), vec!["i1"]),
        (email("Anna@x.y"), vec![]),
        (email("nobody@x.y"), vec![]),
        (inviter("ada"), vec!["i4", "i3", "i1"]),
        (inviter("bo"), vec!["i2"]),
        (inviter("Bo"), vec![]),
        (text("anna"), vec!["i4", "i1"]),
        (text("çelik"), vec!["i3"]),
        (text("t_1@"), vec!["i2"]),
        (text("t%1"), vec![]),
        (text("guest i"), vec!["i3", "i2", "i1"]),
        (text("guest i4"), vec![]),
        (text("nobody"), vec![]),
        (InvitationQuery { text: "anna".into(), ..statuses(&[Pending]) }, vec!["i1"]),
        (InvitationQuery { text: "guest".into(), ..inviter("ada") }, vec!["i3", "i1"]),
    ] {
        assert_eq!(ids(harness, &query).await, expected, "{query:?}");
    }
}

async fn invitations_are_those_to_the_very_resource(harness: &Harness) {
    seed(harness).await;
    let (root, s1, s2, other) = (root(), site("s1"), site("s2"), site("S1"));
    let at = |resource| InvitationQuery { resource: Some(resource), ..all() };
    for (query, expected) in [
        (at(root.as_ref()), vec!["i2", "i1"]),
        (at(s1.as_ref()), vec!["i2"]),
        (at(s2.as_ref()), vec!["i3"]),
        (at(other.as_ref()), vec![]),
        (at(ResourceRef { kind: "workspace", id: "s1" }), vec![]),
        (InvitationQuery { text: "bert".into(), ..at(root.as_ref()) }, vec!["i2"]),
    ] {
        assert_eq!(ids(harness, &query).await, expected, "{query:?}");
    }
}

async fn invitations_are_listed_with_what_is_known_of_them(harness: &Harness) {
    seed(harness).await;
    for listed in list(harness, &all()).await {
        let id = &listed.invitation.id;
        let found = harness.snapshot().await.invitation(id).await.unwrap().unwrap();
        assert_eq!(format!("{listed:?}"), format!("{found:?}"), "`{id}` is listed as it is found");
    }
}

async fn a_list_of_invitations_returns_no_more_than_its_limit(harness: &Harness) {
    seed(harness).await;
    for (limit, expected) in [(0, vec![]), (1, vec!["i4"]), (3, vec!["i4", "i3", "i2"])] {
        assert_eq!(ids(harness, &InvitationQuery { limit, ..all() }).await, expected);
    }
}
