//! A store that somebody changes by hand under a running server: callers get an error that reveals nothing of it, and
//! the server goes on.

use rollcall::proto::ListChangesRequest;
use tonic::Code;

use crate::support::{db::Db, expect_error, golden, wire_tenant::fixture};

#[tokio::test]
async fn a_log_that_is_no_json_is_a_defect_and_questions_are_answered() {
    let (stage, world) = fixture().await;
    let db = Db::open(stage.dir.path()).await;
    db.execute("UPDATE log_change SET data = 'x'").await;
    db.close().await;
    let request = ListChangesRequest { tenant: world.tenant.clone(), ..Default::default() };
    let failed = world.api.list_changes(request).await.expect_err("the log is broken");
    golden::error(&failed);
    let metadata = expect_error::<()>(Err(failed), Code::Internal, "INTERNAL");
    assert!(metadata.is_empty(), "the caller learns nothing of the store: {metadata:?}");
    assert!(world.may("edith", "data.edit", "harbour").await);
    assert_eq!(world.names(world.members_at("workspace")).await.len(), 9);
}
