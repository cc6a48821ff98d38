//! What the suite asks of a kind of database, to run on it.

use std::sync::Arc;

use async_trait::async_trait;
use sea_orm::DatabaseTransaction;

/// A test that a dialect does not pass.
#[derive(Clone, Copy, Debug)]
pub struct LeftOut {
    /// The name of the test.
    pub test: &'static str,
    /// Why the dialect can't do what it asks.
    pub reason: &'static str,
}

/// A kind of database, which every test of the suite runs on.
#[async_trait]
pub trait Dialect: Send + Sync {
    /// How messages call it.
    fn name(&self) -> &'static str;

    /// The tests that it leaves out. Each must be a test of the suite, and fail.
    fn left_out(&self) -> &'static [LeftOut];

    /// A new database without tables.
    async fn create(&self) -> Arc<dyn TestDatabase>;
}

/// A database that goes away with this.
#[async_trait]
pub trait TestDatabase: Send + Sync {
    /// Its url, for the store and for the tests' own SQL.
    fn url(&self) -> String;

    /// All rows of all tables that are of a tenant, as a text: equal texts are equal rows.
    async fn rows(&self, tenant: &str) -> String;

    /// Keeps everybody else from writing until the transaction ends.
    async fn hold_writes(&self) -> DatabaseTransaction;
}
