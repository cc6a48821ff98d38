//! The guide's table of actions, cell by cell, by every method that answers questions.

use rollcall::proto::{
    BatchCheckRequest, CheckItem, Consistency, ErrorReason, Reason, check_result, consistency::Requirement,
};

use crate::support::{
    WireTenant, decision, is_allowed,
    names::{resource, subject},
    repetitions,
    wire_tenant::{OPERATOR, fixture},
};

/// Which actions are allowed (`y`). The columns are an admin, an editor, a viewer and a user outside of `harbour`, then
/// the invited one, the locked editor, a stranger and an operator.
const TABLE: &str = "
resource   action                       ada edith victor olga nina@acme.test lars stranger operator:root
workspace  job_site.create              y   y     y      y    -              -    -        -
workspace  user_management.view         y   -     -      -    -              -    -        -
workspace  user.force_password_reset    y   -     -      -    -              -    -        -
workspace  user.edit_memberships        y   -     -      -    -              -    -        -
harbour    data.view                    y   y     y      -    -              -    -        -
harbour    data.edit                    y   y     -      -    -              -    -        -
harbour    report.view                  y   y     y      -    -              -    -        -
harbour    report.edit                  y   y     -      -    -              -    -        -
harbour    member.view                  y   y     y      -    -              -    -        -
quarry     data.view                    y   -     -      -    -              -    -        -
quarry     data.edit                    y   -     -      -    -              -    -        -
quarry     report.view                  y   -     -      -    -              -    -        -
quarry     report.edit                  y   -     -      -    -              -    -        -
quarry     member.view                  y   -     -      -    -              -    -        -
own        account.update               y   y     y      y    -              -    -        -
own        units.update                 y   y     y      y    -              -    -        -
own        time_zone.update             y   y     y      y    -              -    -        -
own        password.change              y   y     y      y    -              y    -        -
another's  account.update               -   -     -      -    -              -    -        -
another's  units.update                 -   -     -      -    -              -    -        -
another's  time_zone.update             -   -     -      -    -              -    -        -
another's  password.change              -   -     -      -    -              -    -        -
nowhere    data.view                    -   -     -      -    -              -    -        -
";

/// One cell of the table.
struct Cell {
    who: &'static str,
    action: &'static str,
    resource: String,
    allowed: bool,
}

/// How often a role is changed while long questions are answered.
fn role_changes() -> u64 {
    repetitions("consistent_batches", 30, 120)
}

/// The table with `own` and `another's` spelt out as profiles.
fn cells() -> Vec<Cell> {
    let mut lines =
        TABLE.lines().map(|line| line.split_whitespace().collect::<Vec<_>>()).filter(|line| !line.is_empty());
    let people = lines.next().expect("the table has a head").split_off(2);
    let row = |line: Vec<&'static str>| {
        let resource = |who: &str| match line[0] {
            "own" => format!("profile:{who}"),
            "another's" => "profile:emil".into(),
            resource => resource.into(),
        };
        let people = people.iter().zip(&line[2..]);
        people
            .map(|(who, cell)| Cell { who, action: line[1], resource: resource(who), allowed: *cell == "y" })
            .collect::<Vec<_>>()
    };
    lines.flat_map(row).collect()
}

/// Whether a reason can be that of a cell.
fn is_plausible(cell: &Cell, reason: Reason) -> bool {
    use Reason::{
        GrantedByRelation, GrantedByRole, GrantedToAnyone, MemberInvited, MemberLocked, NotAMember, NotGranted,
        ResourceNotFound,
    };
    match (cell.who, cell.resource.as_str()) {
        _ if cell.allowed && cell.resource.starts_with("profile") => reason == GrantedByRelation,
        _ if cell.action == "job_site.create" && cell.allowed => matches!(reason, GrantedByRole | GrantedToAnyone),
        _ if cell.allowed => reason == GrantedByRole,
        (_, "nowhere") if reason == ResourceNotFound => true,
        ("nina@acme.test", _) => reason == MemberInvited,
        ("lars", _) => reason == MemberLocked || (reason == NotGranted && cell.action == "password.change"),
        ("stranger", _) => reason == NotAMember,
        (OPERATOR, _) => matches!(reason, NotAMember | NotGranted | ResourceNotFound),
        (_, "nowhere") => false,
        _ => reason == NotGranted,
    }
}

#[tokio::test]
async fn the_table_holds_cell_by_cell() {
    let (_stage, world) = fixture().await;
    let cells = cells();
    assert_eq!(cells.len(), 23 * 8);
    for cell in cells {
        let (allowed, reason) = world.check(cell.who, cell.action, &cell.resource).await;
        let context = format!("{} {} on {}: {reason:?}", cell.who, cell.action, cell.resource);
        assert_eq!(allowed, cell.allowed, "{context}");
        assert!(is_plausible(&cell, reason), "{context}");
    }
}

#[tokio::test]
async fn a_batch_answers_as_the_checks_do() {
    let (_stage, world) = fixture().await;
    let cells = cells();
    let item = |cell: &Cell| CheckItem {
        subject: Some(subject(cell.who)),
        action: cell.action.into(),
        resource: Some(resource(&world.tenant, &cell.resource)),
        stated: None,
    };
    let items = cells.iter().map(item).collect();
    let request = BatchCheckRequest { tenant: world.tenant.clone(), items, consistency: None };
    let answer = world.api.batch_check(request).await.expect("the batch is well formed");
    assert_eq!(answer.results.len(), cells.len());
    for (cell, result) in cells.iter().zip(answer.results) {
        let (allowed, reason) = world.check(cell.who, cell.action, &cell.resource).await;
        let decided = decision(&result).expect("the item is well formed");
        assert_eq!((decided.allowed, decided.reason()), (allowed, reason), "{} on {}", cell.action, cell.resource);
    }
    assert_eq!(answer.token, world.token().await);
}

#[tokio::test]
async fn a_long_batch_is_of_one_revision_while_writes_go_on() {
    let (_stage, world) = fixture().await;
    let item = CheckItem {
        subject: Some(subject("victor")),
        action: "data.edit".into(),
        resource: Some(resource(&world.tenant, "harbour")),
        stated: None,
    };
    let writer = {
        let world = world.clone();
        tokio::spawn(async move {
            for number in 0..role_changes() {
                let role = if number % 2 == 0 { "editor" } else { "viewer" };
                world.api.write(world.change("edith", "victor", "harbour", role)).await.expect("allowed");
            }
        })
    };
    while !writer.is_finished() {
        let items = vec![item.clone(); 3000];
        let request = BatchCheckRequest { tenant: world.tenant.clone(), items, consistency: None };
        let results = world.api.batch_check(request).await.expect("the batch is well formed").results;
        let first = is_allowed(results.first().expect("is there"));
        assert!(results.iter().all(|result| is_allowed(result) == first), "a batch of two revisions");
    }
    writer.await.expect("no panic");
}

#[tokio::test]
async fn an_item_far_down_a_batch_has_its_own_error() {
    let (_stage, world) = fixture().await;
    let item = |action: &str| CheckItem {
        subject: Some(subject("victor")),
        action: action.into(),
        resource: Some(resource(&world.tenant, "harbour")),
        stated: None,
    };
    let mut items = vec![item("data.view"); 700];
    items.push(item("data.veiw"));
    let request = BatchCheckRequest { tenant: world.tenant.clone(), items, consistency: None };
    let results = world.api.batch_check(request).await.expect("the others are decided").results;
    assert!(results[..700].iter().all(is_allowed));
    assert_eq!(decision(&results[700]), None);
}

#[tokio::test]
async fn the_first_wrong_items_of_a_batch_tell_what_was_meant() {
    let (_stage, world) = fixture().await;
    let item = |action: &str| CheckItem {
        subject: Some(subject("victor")),
        action: action.into(),
        resource: Some(resource(&world.tenant, "harbour")),
        stated: None,
    };
    let items = (0..60).map(|at| item(if at % 2 == 0 { "data.veiw" } else { "data.view" })).collect();
    let request = BatchCheckRequest { tenant: world.tenant.clone(), items, consistency: None };
    let results = world.api.batch_check(request).await.expect("the others are decided").results;
    let errors = results.into_iter().filter_map(|result| match result.result {
        Some(check_result::Result::Error(error)) => Some(error),
        _ => None,
    });
    let suggested: Vec<bool> = errors
        .map(|error| {
            assert_eq!(error.reason(), ErrorReason::UnknownAction);
            error.message.contains("`data.view`")
        })
        .collect();
    assert_eq!(suggested, [[true; 20].as_slice(), &[false; 10]].concat());
}

#[tokio::test]
async fn the_actions_listed_are_the_actions_allowed() {
    let (_stage, world) = fixture().await;
    let cells = cells();
    for first in &cells {
        let same = cells.iter().filter(|cell| cell.who == first.who && cell.resource == first.resource);
        let expected = same.filter(|cell| cell.allowed).map(|cell| cell.action).collect::<Vec<_>>();
        assert_eq!(world.actions(first.who, &first.resource).await, expected, "{} on {}", first.who, first.resource);
    }
}

#[tokio::test]
async fn only_the_sites_that_someone_is_in_are_listed() {
    let (_stage, world) = fixture().await;
    for (who, viewed, edited) in [
        ("ada", &["harbour", "quarry"][..], &["harbour", "quarry"][..]),
        ("emil", &["harbour", "quarry"], &["harbour", "quarry"]),
        ("edith", &["harbour"], &["harbour"]),
        ("victor", &["harbour"], &[]),
        ("olga", &[], &[]),
        ("nina@acme.test", &[], &[]),
        ("lars", &[], &[]),
        ("stranger", &[], &[]),
        (OPERATOR, &[], &[]),
    ] {
        assert_eq!(world.sites(who, "data.view").await, viewed, "{who}");
        assert_eq!(world.sites(who, "data.edit").await, edited, "{who}");
    }
}

#[tokio::test]
async fn sites_are_listed_page_by_page_in_order_of_their_id() {
    let (_stage, world) = fixture().await;
    let mut expected = vec!["harbour".to_owned(), "quarry".to_owned()];
    for number in 0..5 {
        let site = format!("site-{number}");
        world.allowed(world.create_site("olga", &site)).await;
        expected.push(site);
    }
    let mut request = rollcall::proto::ListResourcesRequest {
        tenant: world.tenant.clone(),
        subject: Some(subject("ada")),
        action: "data.view".into(),
        resource_type: "job_site".into(),
        page_size: 3,
        ..Default::default()
    };
    let mut listed = Vec::new();
    for size in [3, 3, 1] {
        let page = world.api.list_resources(request.clone()).await.expect("the request is well formed");
        assert_eq!(page.resources.len(), size);
        assert_eq!(page.next_page_token.is_empty(), size == 1);
        listed.extend(page.resources.into_iter().map(|site| site.id));
        request.page_token = page.next_page_token;
    }
    assert_eq!(listed, expected);
}

#[tokio::test]
async fn a_long_list_is_of_one_revision_while_writes_go_on() {
    let (_stage, world) = fixture().await;
    for number in 0..300 {
        world.does(world.create_site("ada", &format!("site-{number}"))).await;
    }
    let writer = {
        let world = world.clone();
        tokio::spawn(async move {
            for number in 0..role_changes() {
                let role = if number % 2 == 0 { "admin" } else { "user" };
                world.api.write(world.change(OPERATOR, "olga", "workspace", role)).await.expect("allowed");
            }
        })
    };
    let request = rollcall::proto::ListResourcesRequest {
        tenant: world.tenant.clone(),
        subject: Some(subject("olga")),
        action: "data.edit".into(),
        resource_type: "job_site".into(),
        page_size: 1000,
        ..Default::default()
    };
    let mut seen = std::collections::BTreeSet::new();
    while !writer.is_finished() {
        let page = world.api.list_resources(request.clone()).await.expect("the request is well formed");
        seen.insert(page.resources.len());
    }
    writer.await.expect("no panic");
    assert!(seen.iter().all(|count| [0, 302].contains(count)), "a list of two revisions: {seen:?}");
}

#[tokio::test]
async fn a_workspace_has_no_sites_of_its_own_name() {
    let (_stage, world) = fixture().await;
    assert!(!world.may("ada", "data.view", "job_site:acme").await);
    assert!(world.may("ada", "job_site.create", "workspace:").await, "the root's id may be left out");
    assert!(!world.may("ada", "job_site.create", "workspace:globex").await);
}

#[tokio::test]
async fn what_is_stated_of_a_site_counts_for_nothing() {
    let (_stage, world) = fixture().await;
    let mut question = world.question("ada", "data.edit", "unregistered");
    question.explain = true;
    question.stated =
        Some(rollcall::proto::StatedFacts { parents: vec![resource(&world.tenant, "workspace")], owner: None });
    let answer = world.api.check(question).await.expect("well formed");
    assert_eq!((answer.allowed, answer.reason()), (false, Reason::ResourceNotFound));
    let summary = answer.explanation.expect("asked for").summary;
    assert!(summary.ends_with("no such resource is registered, as every `job_site` must be"), "{summary}");
}

#[tokio::test]
async fn a_write_is_seen_with_its_token_and_by_default() {
    let (_stage, world) = fixture().await;
    let token = world.allowed(world.invite("ada", "olga", "harbour", "editor")).await.token().to_owned();
    let mut question = world.question("olga", "data.edit", "harbour");
    for requirement in [
        None,
        Some(Requirement::MinimizeLatency(true)),
        Some(Requirement::AtLeastAsFresh(token.clone())),
        Some(Requirement::FullyConsistent(true)),
    ] {
        question.consistency = Some(Consistency { requirement });
        let answer = world.api.check(question.clone()).await.expect("well formed");
        assert!(answer.allowed);
        assert_eq!(answer.token, token);
    }
}

#[tokio::test]
async fn an_answer_explains_itself_when_asked() {
    let (_stage, world) = fixture().await;
    let ask = async |who: &str, explain: bool| {
        let question = rollcall::proto::CheckRequest { explain, ..world.question(who, "data.edit", "harbour") };
        world.api.check(question).await.expect("well formed").explanation
    };
    assert_eq!(ask("ada", false).await, None);

    let granted = ask("ada", true).await.expect("asked for");
    let line = granted.policy_line.expect("the policy has a line for it");
    assert_eq!((line.policy.as_str(), line.version), ("lumicon", 1));
    assert!(line.line > 0 && !line.rule.is_empty() && !granted.summary.is_empty());
    let decisive = granted.effective_roles.iter().find(|role| role.decisive).expect("a role decides");
    assert_eq!((decisive.role.as_str(), decisive.implied_by.as_str()), ("job_site.editor", "workspace.admin"));

    let denied = ask("victor", true).await.expect("asked for");
    assert!(denied.effective_roles.iter().any(|role| role.role == "job_site.viewer" && !role.decisive), "{denied:?}");
    let editor = denied.ways_in.iter().find(|way| way.role == "job_site.editor").expect("an editor may");
    assert_eq!(editor.resource, Some(resource(&world.tenant, "harbour")));
    assert!(!editor.given_by.is_empty());
}

#[tokio::test]
async fn tenants_know_nothing_of_each_other() {
    let (stage, world) = fixture().await;
    let other = WireTenant::bare(&stage.api, "globex").await;
    assert!(!other.may("edith", "data.view", "harbour").await);
    assert!(other.may("ada", "user_management.view", "workspace").await);
    other.allowed(other.create_site("ada", "harbour")).await;
    assert!(!other.may("edith", "data.view", "harbour").await);
    assert!(other.member("edith").await.is_err());
    assert_eq!(world.names(world.members_at("workspace")).await.len(), 9);
}
