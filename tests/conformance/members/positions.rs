//! Positions in a list of members, while its members change: they tell nothing but ids, and lists go on after whoever
//! stayed where they were.

use rollcall::service::ports::{MemberCursor, MemberOrder, MemberQuery, MemberScope, StoreError};
use rollcall_engine::{Change, Member, MemberStatus};

use super::{cursor, everybody, ids, in_scopes, list, person};
use crate::{
    changes::{granted, member, member_added, member_with_email, renamed, root},
    harness::Harness,
};

conformance! {
    a_list_goes_on_after_whoever_stayed_where_they_were:
        "MemberCursor: A position in a list of members: after the one who was returned last.",
        "MemberCursor::last: The ids of the last members returned, the very last first, at most `Self::ANCHORS`.",
        "MemberCursor::last: The next page begins after the first of them whose sort value is what it was, and leaves \
         those before it out, for they were returned.",
        "MemberCursor::revision: The revision at which they were returned.";
    a_list_goes_on_after_somebody_who_was_removed:
        "MemberQuery::after: Only members after this position in the order; none: from the first.",
        "MemberCursor::last: The next page begins after the first of them whose sort value is what it was, and leaves \
         those before it out, for they were returned.";
    a_list_by_a_number_goes_on_by_the_number_that_it_was:
        "MemberCursor::last: The next page begins after the first of them whose sort value is what it was, and leaves \
         those before it out, for they were returned.",
        "MemberCursor::number: The sort value of the very last where it is a number; none where it is text, which is \
         looked up.";
    a_position_of_which_all_changed_is_lost:
        "Snapshot::list_members: A position that can't be found any more ends in `StoreError::LostPosition`.",
        "StoreError::LostPosition: A list can't go on after the position that was given: what it names was erased, or \
         all of it was changed.",
        "MemberCursor::last: The next page begins after the first of them whose sort value is what it was, and leaves \
         those before it out, for they were returned.";
    a_position_of_somebody_erased_is_lost:
        "Snapshot::list_members: A position that can't be found any more ends in `StoreError::LostPosition`.",
        "StoreError::LostPosition: A list can't go on after the position that was given: what it names was erased, or \
         all of it was changed.";
    a_position_names_so_many_that_one_stays:
        "MemberCursor::last: The ids of the last members returned, the very last first, at most `Self::ANCHORS`.",
        "MemberCursor::ANCHORS: How many of the last members a position names: of so many in a row one is left as it \
         was, nearly always.";
    a_position_tells_nothing_but_ids:
        "MemberCursor: It tells nothing of them but their ids.",
        "MemberCursor::number: The sort value of the very last where it is a number; none where it is text, which is \
         looked up.";
}

/// Writes members `a` to `h`, who are called as their ids, with emails that begin with them.
async fn seed(harness: &Harness) -> Vec<Member> {
    let ids = ["a", "b", "c", "d", "e", "f", "g", "h"];
    let members: Vec<Member> = ids.map(|id| member_with_email(id, id, &format!("{id}@x.y"))).to_vec();
    harness.write(&members.iter().map(member_added).collect::<Vec<_>>()).await;
    members
}

/// The position after the first page of so many members.
async fn after(harness: &Harness, query: &MemberQuery, many: u32) -> MemberQuery {
    let revision = harness.snapshot().await.head().revision;
    let page = list(harness, &MemberQuery { limit: many, ..query.clone() }).await;
    assert_eq!(page.len(), usize::try_from(many).unwrap());
    MemberQuery { after: Some(cursor(query, &page, revision)), ..query.clone() }
}

fn by_email(before: &Member, email: &str) -> Change {
    Change::updated(before, member_with_email(&before.subject.id, &before.profile.display_name, email))
}

async fn a_list_goes_on_after_whoever_stayed_where_they_were(harness: &Harness) {
    let members = seed(harness).await;
    let by_name = after(harness, &everybody(), 4).await;
    let emails = MemberQuery { order: MemberOrder::Email, ..everybody() };
    let in_emails = after(harness, &emails, 4).await;
    assert_eq!(ids(harness, &by_name).await, ["e", "f", "g", "h"]);

    // The last goes to the end and the one before to the beginning; neither is returned again, and nobody is left out.
    harness.write(&[renamed(&members[3], "z"), renamed(&members[2], "0")]).await;
    assert_eq!(ids(harness, &by_name).await, ["e", "f", "g", "h"]);
    // Who comes between them and the last who stayed is new, and who comes before is not seen.
    harness.write(&[member_added(&member("bb", "bb")), member_added(&member("aa", "aa"))]).await;
    assert_eq!(ids(harness, &by_name).await, ["bb", "e", "f", "g", "h"]);

    let moved = [by_email(&members[1], "zz@x.y"), Change::updated(&members[0], members[0].clone())];
    harness.write(&moved).await;
    harness.write(&[by_email(&members[4], "0@x.y")]).await;
    let lost = harness.snapshot().await.list_members(&in_emails).await;
    assert!(matches!(lost, Err(StoreError::LostPosition)), "all four were written again: {lost:?}");
    let in_emails = after(harness, &emails, 4).await;
    let page = list(harness, &MemberQuery { limit: 4, ..emails }).await;
    assert_eq!(page.iter().map(|record| &*record.member.subject.id).collect::<Vec<_>>(), ["aa", "bb", "e", "a"]);
    assert_eq!(ids(harness, &in_emails).await, ["c", "d", "f", "g", "h", "b"]);
}

async fn a_list_goes_on_after_somebody_who_was_removed(harness: &Harness) {
    let members = seed(harness).await;
    for order in [MemberOrder::Name, MemberOrder::Email, MemberOrder::Status, MemberOrder::Role] {
        let query = MemberQuery { order, ..everybody() };
        let rest = after(harness, &query, 3).await;
        harness.write(&[Change::MemberRemoved { member: members[2].clone() }]).await;
        assert_eq!(ids(harness, &rest).await, ["d", "e", "f", "g", "h"], "{order:?}");
        harness.write(&[member_added(&members[2])]).await;
    }
}

async fn a_list_by_a_number_goes_on_by_the_number_that_it_was(harness: &Harness) {
    let members = seed(harness).await;
    let query = MemberQuery { order: MemberOrder::Status, ..everybody() };
    let rest = after(harness, &query, 3).await;
    // The last one's status comes before all others now.
    let invited = Member { status: MemberStatus::Invited, ..members[2].clone() };
    harness.write(&[Change::updated(&members[2], invited)]).await;
    assert_eq!(ids(harness, &rest).await, ["d", "e", "f", "g", "h"]);

    let scopes = ["admin", "user"].into_iter().zip(1..);
    let scopes = scopes.map(|(role, rank)| MemberScope { resource: root(), role: role.into(), rank }).collect();
    let query = MemberQuery { order: MemberOrder::Role, everybody: true, ..in_scopes(scopes) };
    let roles = ["a", "b", "c", "d"].map(|id| granted(id, &root(), "user"));
    harness.write(&roles).await;
    let rest = after(harness, &query, 2).await;
    assert_eq!(rest.after.as_ref().and_then(|after| after.number), Some(2));
    harness.write(&[granted("b", &root(), "admin")]).await;
    assert_eq!(ids(harness, &rest).await, ["c", "d", "e", "f", "g", "h"], "after rank 2 and `b`");
}

async fn a_position_of_which_all_changed_is_lost(harness: &Harness) {
    let members = seed(harness).await;
    let rest = after(harness, &everybody(), 3).await;
    harness.write(&[renamed(&members[1], "x"), renamed(&members[2], "y")]).await;
    assert_eq!(ids(harness, &rest).await, ["d", "e", "f", "g", "h"], "one stayed");
    harness.write(&[renamed(&members[0], "z")]).await;
    let lost = harness.snapshot().await.list_members(&rest).await;
    assert!(matches!(lost, Err(StoreError::LostPosition)), "{lost:?}");
}

async fn a_position_of_somebody_erased_is_lost(harness: &Harness) {
    seed(harness).await;
    for order in [MemberOrder::Name, MemberOrder::Status] {
        let query = MemberQuery { order, ..everybody() };
        let rest = after(harness, &query, 1).await;
        let first = list(harness, &MemberQuery { limit: 1, ..query }).await.remove(0);
        harness.write(&[Change::MemberRemoved { member: first.member }]).await;
        assert_eq!(ids(harness, &rest).await.len(), if order == MemberOrder::Name { 7 } else { 6 });
        harness.execute(&format!("DELETE FROM profile WHERE member_id = '{}'", first.id)).await;
        let lost = harness.snapshot().await.list_members(&rest).await;
        assert!(matches!(lost, Err(StoreError::LostPosition)), "{order:?}: {lost:?}");
    }
}

async fn a_position_names_so_many_that_one_stays(harness: &Harness) {
    let members = seed(harness).await;
    harness.write(&[member_added(&member("i", "i"))]).await;
    let rest = after(harness, &everybody(), 8).await;
    assert_eq!(rest.after.as_ref().unwrap().last.len(), MemberCursor::ANCHORS);
    // All but the farthest.
    let moved: Vec<_> = members[1..].iter().map(|member| renamed(member, "0")).collect();
    harness.write(&moved).await;
    assert_eq!(ids(harness, &rest).await, ["i"]);
}

async fn a_position_tells_nothing_but_ids(harness: &Harness) {
    let named = person("secret-id", "Secret Name", Some("secret@x.y"), MemberStatus::Active);
    harness.write(&[member_added(&named)]).await;
    let found = list(harness, &everybody()).await;
    for order in super::ORDERS {
        let query = MemberQuery { order, ..everybody() };
        let rest = after(harness, &query, 1).await;
        let text = format!("{:?}", rest.after);
        assert!(text.contains(&found[0].id), "{text}");
        assert!(!text.to_lowercase().contains("secret"), "{text}");
        assert_eq!(rest.after.unwrap().number.is_some(), !order.sorts_by_text(), "{order:?}");
    }
}
