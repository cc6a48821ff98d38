//! Two servers over one database write to one tenant at once: each plans its writes by what the other has just changed.

use tokio::task::JoinSet;

use crate::{
    stage::Stage,
    support::{WireTenant, db::Db, error::reason_of, repetitions, store::postgres_url},
};

/// Who changes themselves at each server.
const MEMBERS: [[&str; 3]; 2] = [["amy", "ben", "cleo"], ["dan", "eve", "fay"]];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_write_is_given_up_because_of_another_servers() {
    let stage = Stage::new(&[]).await;
    let beside = stage.beside().await;
    let here = WireTenant::depot(&stage.api, "acme", &MEMBERS.concat()).await;
    let there = WireTenant { api: beside.api().await, ..here.clone() };
    let before = here.revision().await;
    let writes = usize::try_from(repetitions("writes_of_two_servers", 30, 300)).unwrap();
    let mut writing = JoinSet::new();
    for (world, members) in [here.clone(), there].into_iter().zip(MEMBERS) {
        for member in members {
            let world = world.clone();
            writing.spawn(async move {
                for number in 0..writes {
                    let change = world.change("ada", member, "depot:", ["keeper", "hand"][number % 2]);
                    let made = world.api.write(change).await;
                    made.map_err(|status| format!("{member} {number}: {}", reason_of(&status))).unwrap();
                }
            });
        }
    }
    writing.join_all().await;
    let db = Db::over(postgres_url(stage.dir.path())).await;
    let made = i64::try_from(MEMBERS.concat().len() * writes).unwrap();
    assert_eq!(db.revision("acme").await, before + made, "each was made once");
    db.close().await;
}
