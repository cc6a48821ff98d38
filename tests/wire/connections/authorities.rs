//! Each file of authorities changes by itself: a mistake in one keeps no authority in force that another file has no more.

use std::fs;

use tokio::time::{Duration, Instant, sleep};

use super::{TIMEOUT, certificates::Callers};
use crate::support::{
    Api,
    authority::{Authority, ClientLeaf},
    transport::TlsClient,
};

/// What is logged when a file has a mistake, and when one has none any more.
const MISTAKEN: &str = "certificates can't be used; they stay as they are";
const WAITS: &str = "the callers' file has a mistake; the callers stay as they are";

impl Callers {
    /// Whether a new connection of a client is let in, and its question answered.
    async fn lets_in(&self, client: &TlsClient) -> bool {
        match client.channel(self.secure.server.address()).await {
            Ok(channel) => Api::new(channel).check(self.question()).await.is_ok(),
            Err(_) => false,
        }
    }

    async fn eventually(&self, what: &str, is_so: impl AsyncFn() -> bool) {
        let deadline = Instant::now() + TIMEOUT;
        while !is_so().await {
            assert!(
                Instant::now() < deadline,
                "it never came to be that {what}:\n{}",
                self.secure.server.log().join("\n")
            );
            sleep(Duration::from_millis(20)).await;
        }
    }

    /// Waits until so many lines with a message were logged that name something.
    async fn logged(&self, message: &str, names: &str, times: usize) {
        let lines = || self.secure.server.log().into_iter();
        let is_it = |line: &String| line.contains(message) && line.contains(names);
        self.eventually("it is logged", async || lines().filter(is_it).count() >= times).await;
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.secure.dir.path().join(name), text).unwrap();
    }
}

#[tokio::test]
async fn a_mistake_in_one_file_keeps_no_authority_of_another_in_force() {
    let stage = Callers::start("required").await;
    let of_host =
        |authority: &Authority| stage.secure.client.showing(&authority.client(&ClientLeaf::new().host("web.internal")));
    let (compromised, next) = (of_host(&stage.hosts), Authority::new("next"));
    let theirs = stage.secure.client.showing(&stage.theirs.client(&ClientLeaf::new().uri("spiffe://theirs.test/sync")));
    assert!(stage.lets_in(&compromised).await && stage.lets_in(&theirs).await);
    // None, and one that stands for another trust domain.
    for (number, broken) in ["nonsense", &stage.ours.pem()].into_iter().enumerate() {
        stage.write("theirs.pem", broken);
        stage.logged(MISTAKEN, "theirs.test", number + 1).await;
        assert!(stage.lets_in(&theirs).await && stage.lets_in(&compromised).await);
    }
    stage.write("hosts.pem", &next.pem());
    stage.eventually("the other one counts", async || stage.lets_in(&of_host(&next)).await).await;
    assert!(!stage.lets_in(&compromised).await && stage.lets_in(&theirs).await);
    // What stands for another set already counts once it does not.
    stage.write("theirs.pem", &next.pem());
    stage.logged(MISTAKEN, "theirs.test", 3).await;
    assert!(stage.lets_in(&theirs).await);
    stage.write("hosts.pem", &Authority::new("other").pem());
    stage.eventually("it counts no more", async || !stage.lets_in(&theirs).await).await;
    let of_next = next.client(&ClientLeaf::new().uri("spiffe://theirs.test/sync"));
    stage.eventually("the next counts", async || stage.lets_in(&stage.secure.client.showing(&of_next)).await).await;
}

#[tokio::test]
async fn a_callers_file_counts_once_the_authorities_that_it_names_are_there() {
    let stage = Callers::start("required").await;
    let partners = Authority::new("partners");
    let web = partners.client(&ClientLeaf::new().uri("spiffe://partners.test/web"));
    let partner = stage.secure.client.showing(&web);
    let text = fs::read_to_string(stage.secure.dir.path().join("callers.toml")).unwrap();
    let text = text.replace("\"dns:web.internal\"", "\"spiffe://partners.test/web\"");
    stage.write(
        "callers.toml",
        &format!("{text}\n[[trust_domain]]\nname = \"partners.test\"\nauthorities = \"partners.pem\"\n"),
    );
    stage.logged(WAITS, "partners.pem", 1).await;
    let by_host = stage.secure.client.showing(&stage.hosts.client(&ClientLeaf::new().host("web.internal")));
    assert!(stage.lets_in(&by_host).await && !stage.lets_in(&partner).await);
    stage.write("partners.pem", &partners.pem());
    stage.eventually("its authority counts", async || stage.lets_in(&partner).await).await;
    assert!(!stage.lets_in(&by_host).await);
    // And one that it names no more counts no more.
    stage.write("callers.toml", &text.replace("\"spiffe://partners.test/web\"", "\"dns:web.internal\""));
    stage.eventually("it is gone", async || !stage.lets_in(&partner).await).await;
    assert!(stage.lets_in(&by_host).await);
}
