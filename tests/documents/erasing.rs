//! The erasing of somebody in docs/operations.md, as it is written there.

use std::fs;

use rollcall::proto::{ListChangesRequest, Profile};
use sea_orm::{ConnectionTrait as _, Database};

use crate::{
    markdown::of_language,
    support::{
        Server, WireTenant, Write,
        names::{email_of, verified},
        server::store_file,
    },
};

#[tokio::test]
async fn whoever_is_erased_is_in_the_log_without_a_name() {
    let dir = tempfile::tempdir().expect("there is room for a directory");
    let server = Server::start(dir.path()).await;
    let world = WireTenant::seeded(&server.api().await, "acme").await;
    let email = "zora@acme.example";
    let invited = world.does(world.invite("edith", email, "harbour", "viewer")).await.invite();
    let Write::AcceptInvitation(mut accept) = world.accept("zora", &invited.results[0].invitation_token) else {
        unreachable!()
    };
    let emails = vec![verified(email)];
    accept.profile = Some(Profile { display_name: "Zora Nobody".into(), emails, ..Profile::default() });
    world.does(accept).await;
    world.does(world.remove("ada", "zora", "workspace")).await;
    let all = ListChangesRequest { tenant: "acme".into(), page_size: 1000, ..Default::default() };
    let before = world.api.list_changes(all.clone()).await.expect("the log is there").changes;
    assert!(format!("{before:?}").contains("Zora Nobody"));
    assert_eq!(server.terminate().await.code(), Some(0));

    let blocks = of_language("docs/operations.md", "sh");
    let block = blocks.iter().find(|block| block.text.contains("secure_delete")).expect("there is how to erase");
    let (_, sql) = block.text.trim_end().split_once(' ').and_then(|(_, rest)| rest.split_once(' ')).expect("a command");
    let file = store_file(dir.path());
    let db = Database::connect(format!("sqlite:{}", file.display())).await.expect("the file opens");
    db.execute_unprepared(sql.trim_matches('"')).await.expect("the statements are good");
    db.close().await.expect("the file closes");
    let bytes = fs::read(&file).expect("the file is there");
    let has = |text: &str| bytes.windows(text.len()).any(|part| part.eq_ignore_ascii_case(text.as_bytes()));
    assert!(!has(email) && !has("Zora") && has(&email_of("edith")));

    let server = Server::start(dir.path()).await;
    let world = WireTenant { api: server.api().await, ..world };
    let after = world.api.list_changes(all).await.expect("the log is there").changes;
    let shown = format!("{after:?}");
    assert!(after.len() == before.len() && shown.contains("erased") && !shown.contains("zora"), "{shown}");
}
