//! A store that somebody changes by hand under a running server: callers get an error that reveals nothing of it, and
//! the server goes on.

use rollcall::proto::ListChangesRequest;
use tonic::Code;

use crate::support::{db::Db, expect_error, golden, wire_tenant::fixture};

#[tokio::test]
async fn a_log_that_is_no_json_is_a_defect_and_questions_are_answered() {
    let (stage, world) = fixture().await;
    let db = Db::open(stage.dir.path()).await;
    db.execute("UPDATE change SET data = 'x'").await;
    db.close().await;
    let request = ListChangesRequest { tenant: world.tenant.clone(), ..Default::default() };
    let failed = world.api.list_changes(request).await.expect_err("the log is broken");
    golden::error(&failed);
    let metadata = expect_error::<()>(Err(failed), Code::Internal, "INTERNAL");
    assert!(metadata.is_empty(), "the caller learns nothing of the store: {metadata:?}");
    assert!(world.may("edith", "data.edit", "harbour").await);
    assert_eq!(world.names(world.members_at("workspace")).await.len(), 9);
}

#[tokio::test]
async fn a_view_that_the_log_does_not_bring_up_to_date_is_loaded_anew() {
    let (stage, world) = fixture().await;
    let before = world.revision().await;
    assert!(world.may("edith", "data.edit", "harbour").await, "the view is loaded");
    let db = Db::open(stage.dir.path()).await;
    db.execute("UPDATE tenant SET revision = revision + 1").await;
    db.close().await;
    let refused = world.api.write(world.create_site("olga", "pier")).await.expect_err("the view is behind");
    golden::error(&refused);
    expect_error::<()>(Err(refused), Code::Unavailable, "VIEW_RELOADING");
    let answer = world.does(world.create_site("olga", "pier")).await;
    assert_eq!(answer.revision(&world.tenant), before + 2, "nothing was written at first");
}
