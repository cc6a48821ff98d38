//! A database that takes no writes says so, and takes them again as soon as it may.

use std::time::{Duration, Instant};

use sea_orm::{ConnectionTrait as _, Database};
use tokio::time::sleep;

use crate::{
    stage::Stage,
    support::{WireTenant, error::reason_of, store::postgres_url},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_takes_no_writes_is_told_from_one_that_is_away() {
    let stage = Stage::new(&[]).await;
    let world = WireTenant::depot(&stage.api, "acme", &["otto"]).await;
    let url = postgres_url(stage.dir.path());
    let (server, name) = url.rsplit_once('/').expect("it names a database");
    let owner = Database::connect(format!("{server}/postgres")).await.expect("the server takes connections");
    let set = async |read_only: &str| {
        let sql = format!("ALTER DATABASE {name} SET default_transaction_read_only = {read_only}");
        owner.execute_unprepared(&sql).await.expect("the test is the owner");
        // Sessions have what was said when they began.
        stage.proxy.refuse();
        stage.proxy.restore();
    };
    set("on").await;
    let refused = world.api.write(world.change("ada", "otto", "depot:", "keeper")).await.unwrap_err();
    assert_eq!(reason_of(&refused), "STORE_READ_ONLY", "{refused:?}");
    assert!(world.may("ada", "box.create", "depot:").await && !world.grants("otto").await.is_empty());
    set("off").await;
    let begun = Instant::now();
    while let Err(status) = world.api.write(world.change("ada", "otto", "depot:", "keeper")).await {
        assert!(begun.elapsed() < Duration::from_secs(10), "{status:?}");
        sleep(Duration::from_millis(20)).await;
    }
}
