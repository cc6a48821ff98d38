//! What a test of the suite is, and how it runs on a dialect.

use std::{future::Future, pin::Pin, time::Duration};

use tokio::time::timeout;

use crate::{dialect::Dialect, harness::Harness};

/// A test that was left out counts as failed after this.
const LIMIT: Duration = Duration::from_mins(1);

/// What becomes of a test.
pub type TestFuture<'h> = Pin<Box<dyn Future<Output = ()> + Send + 'h>>;

/// One test of the suite.
pub struct Test {
    /// The name of its function, which no other test has.
    pub name: &'static str,
    /// The sentences of the contract that it holds the store to, as `contract::sentences` writes them.
    pub covers: &'static [&'static str],
    /// Runs it on a new store that has the tenant `acme`.
    pub run: for<'h> fn(&'h Harness) -> TestFuture<'h>,
}

/// Makes tests of functions that take a harness: a table of them with the sentences that they cover, and a test of each
/// for each dialect.
macro_rules! conformance {
    ($($name:ident: $($sentence:literal),+;)+) => {
        pub const TESTS: &[crate::suite::Test] = &[$(crate::suite::Test {
            name: stringify!($name),
            covers: &[$($sentence),+],
            run: |harness| Box::pin($name(harness)),
        }),+];

        mod sqlite {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $name() {
                    crate::suite::run(&crate::sqlite::Sqlite, super::TESTS, stringify!($name)).await;
                }
            )+
        }

        mod postgres {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $name() {
                    crate::suite::run(&crate::postgres::Postgres, super::TESTS, stringify!($name)).await;
                }
            )+
        }
    };
}

/// Runs one of `tests` on a dialect. One that the dialect leaves out must fail.
pub async fn run(dialect: &'static dyn Dialect, tests: &'static [Test], name: &str) {
    let test = tests.iter().find(|test| test.name == name).expect("the table has the test");
    let harness = Harness::create(dialect).await;
    let Some(left_out) = dialect.left_out().iter().find(|left_out| left_out.test == name) else {
        return (test.run)(&harness).await;
    };
    let outcome = tokio::spawn(async move { timeout(LIMIT, (test.run)(&harness)).await }).await;
    let passes = matches!(outcome, Ok(Ok(())));
    assert!(
        !passes,
        "{} leaves out `{name}` ({}), and passes it; take it off the list",
        dialect.name(),
        left_out.reason
    );
}
