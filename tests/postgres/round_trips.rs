//! How often a call goes to the database and back.

use crate::{
    stage::Stage,
    support::{Kind, WireTenant, error::reason_of, retry_case::RetryCase},
};

/// How often the server waits for the database during a call, by several of which the least counts: now and then it asks of
/// its own accord.
macro_rules! round_trips {
    ($stage:ident, $tries:expr, |$number:ident| $call:expr) => {{
        let mut least = usize::MAX;
        for $number in 0..$tries {
            $stage.proxy.record();
            $call;
            least = least.min($stage.proxy.round_trips());
        }
        $stage.proxy.disarm();
        least
    }};
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_go_to_the_database_few_times() {
    let stage =
        Stage::new(&["sweep.every=0s", "watch.poll=0s", "store.write_connections=1", "store.read_connections=1"]).await;
    let world = WireTenant::depot(&stage.api, "acme", &["otto", "olga"]).await;
    let roles = ["keeper", "hand"];
    // Statements are prepared once.
    for role in roles.iter().cycle().take(8) {
        world.does(world.change("ada", "otto", "depot:", role)).await;
    }
    let change =
        round_trips!(stage, 6, |number| { world.does(world.change("ada", "otto", "depot:", roles[number % 2])).await });
    let refusal = round_trips!(stage, 6, |_number| {
        let refused = world.api.write(world.change("olga", "ada", "depot:", "hand")).await.unwrap_err();
        assert_eq!(reason_of(&refused), "NOT_PERMITTED");
    });
    let check = round_trips!(stage, 6, |_number| assert!(world.may("ada", "box.create", "depot:").await));
    eprintln!("round trips: ChangeRole {change}, a refusal {refusal}, a warm Check {check}");
    assert!(change <= 8 && refusal <= 3 && check == 0, "{change} {refusal} {check}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_write_goes_to_the_database_few_times() {
    let stage =
        Stage::new(&["sweep.every=0s", "watch.poll=0s", "store.write_connections=1", "store.read_connections=1"]).await;
    let mut counted = Vec::new();
    for kind in Kind::ALL {
        let mut least = usize::MAX;
        for number in 0..3 {
            let case = RetryCase::new(*kind, stage.api.clone(), format!("{kind:?}-{number}").to_lowercase()).await;
            stage.proxy.record();
            case.world.does(case.write.clone()).await;
            least = least.min(stage.proxy.round_trips());
        }
        counted.push((least, *kind));
    }
    counted.sort_by_key(|(trips, _)| *trips);
    eprintln!("round trips: {counted:?}");
    assert!(counted.iter().all(|(trips, _)| *trips <= 40), "{counted:?}");
}
